//! From finished tables to the bytes of the file.

use super::closure::Closed;
use super::cold;
use super::compiled::Compiled;
use super::input::Input;
use super::out::{Out, offset};
use super::placing::Placed;
use super::report::{CompileError, CompileReport};
use super::urls::Urls;
use crate::Coverage;
use crate::hash::lanes_of;
use crate::layout::{self, HEADER, Row, SPILLED, Section};
use crate::pattern::{Finder, Place};
use crate::probing::put_set;
use crate::{ListMeta, Secret};
use model::Digest;

/// What the header says besides counts and places.
pub(super) struct Head {
    pub(super) input: Digest,
    pub(super) attempt: u32,
}

/// Writes the sections in their order, the header last.
pub(super) fn write(
    input: &Input,
    secret: &Secret,
    head: &Head,
    mut placed: Placed,
    mut closed: Closed,
    urls: &Urls,
    mut report: CompileReport,
) -> Result<Compiled, CompileError> {
    let salted = salted_sets(input, &mut closed)?;
    let withheld = closed.withheld();
    let mut out = Out::new(placed.filled.buckets.len() * 64 * 9 / 8);
    write_buckets(&mut placed, &closed, &mut out);
    write_exact(&placed, &closed, &withheld, &mut out)?;
    write_addresses(&closed, &mut out);
    write_urls(urls, &mut out);
    write_salted(input, &salted, &mut out);
    write_lists(input, &mut out)?;
    report.hot_bytes = out.bytes.len();
    cold::write_names(&placed, &closed, &withheld, &mut out)?;
    cold::write_rest(input, urls, &mut out)?;
    out.end_sections();
    report.names = placed.count();
    report.addresses = input.networks.len();
    report.urls = urls.rows.len();
    report.patterns = input.patterns.len();
    let digests = input.salted.values();
    report.digests = digests.map(|one| one.names.len() + one.urls.len()).sum();
    report.sets = closed.sets.rows.len() - 1;
    report.bytes = out.bytes.len();
    drop(closed);
    write_head(input, head, &placed, urls, &mut out);
    drop(placed);
    let digest = out.seal(secret);
    Ok(Compiled {
        digest,
        report,
        bytes: out.bytes,
    })
}

fn write_head(input: &Input, head: &Head, placed: &Placed, urls: &Urls, out: &mut Out) {
    let length = out.bytes.len() as u64;
    out.put(0, &layout::MAGIC);
    out.put(8, &layout::VERSION.to_le_bytes());
    out.put(12, &(HEADER as u32).to_le_bytes());
    out.put(layout::LENGTH, &length.to_le_bytes());
    out.put(layout::NAMES, &(placed.count() as u64).to_le_bytes());
    out.put(layout::BUCKETS, &placed.filled.homes.to_le_bytes());
    out.put(layout::REACH, &placed.filled.reach.to_le_bytes());
    out.put(layout::ATTEMPT, &head.attempt.to_le_bytes());
    out.put(layout::DEPTHS, &placed.depths.to_le_bytes());
    out.put(layout::INPUT, &head.input.0);
    out.put(layout::VOCABULARY, &input.vocabulary.0);
    out.put(layout::URL_BUCKETS, &urls.homes.to_le_bytes());
    out.put(layout::URL_REACH, &urls.reach.to_le_bytes());
    out.put(layout::ALLOW, &input.allow.bits().to_le_bytes());
    out.put(layout::URL_DEPTHS, &urls.depths.to_le_bytes());
}

/// Puts the sets into the slots and takes the buckets over, then writes what the sets mean.
fn write_buckets(placed: &mut Placed, closed: &Closed, out: &mut Out) {
    let mut spill = Vec::new();
    let mut buckets = std::mem::take(&mut placed.filled.buckets);
    for ((at, bucket), names) in (0u32..).zip(&mut buckets).zip(placed.filled.by_bucket()) {
        for (place, name) in names.enumerate() {
            let set = closed.whole[name];
            let small = u16::try_from(set).ok().filter(|&set| set != SPILLED);
            put_set(bucket, place, small.unwrap_or(SPILLED));
            if small.is_none() {
                let slot = at * layout::SLOTS as u32 + place as u32;
                spill.extend_from_slice(&slot.to_le_bytes());
                spill.extend_from_slice(&set.to_le_bytes());
            }
        }
    }
    out.section(Section::Buckets);
    out.bytes.extend_from_slice(buckets.as_flattened());
    drop(buckets);
    out.section(Section::Rows);
    for row in &closed.sets.rows {
        row.write(&mut out.bytes);
    }
    out.section(Section::Members);
    for member in &closed.sets.members {
        out.bytes.extend_from_slice(&member.write());
    }
    out.section(Section::Spill);
    out.bytes.extend_from_slice(&spill);
}

/// The texts of names whose set opens something, found by slot.
fn write_exact(
    placed: &Placed,
    closed: &Closed,
    withheld: &[bool],
    out: &mut Out,
) -> Result<(), CompileError> {
    let mut names = Vec::new();
    out.section(Section::Exact);
    for (slot, name) in placed.filled.slots().zip(0u32..) {
        let set = closed.whole[name as usize] as usize;
        if closed.sets.rows[set].flags & Row::EXACT == 0 {
            continue;
        }
        let offset = offset(names.len())?;
        out.bytes.extend_from_slice(&slot.to_le_bytes());
        out.bytes.extend_from_slice(&offset.to_le_bytes());
        let text = placed.text(name);
        if withheld[closed.own[name as usize] as usize] {
            let lanes = lanes_of(text, placed.key);
            names.push(0);
            names.extend_from_slice(&lanes.bucket.to_le_bytes());
            names.extend_from_slice(&lanes.tag.to_le_bytes());
        } else {
            // A name has at most 253 bytes.
            names.push(text.len() as u8);
            names.extend_from_slice(text);
        }
    }
    out.section(Section::ExactNames);
    out.bytes.extend_from_slice(&names);
    Ok(())
}

fn write_addresses(closed: &Closed, out: &mut Out) {
    out.section(Section::V4);
    for (first, set) in &closed.addresses.v4 {
        out.bytes.extend_from_slice(&first.to_le_bytes());
        out.bytes.extend_from_slice(&set.to_le_bytes());
    }
    out.section(Section::V6);
    for (first, set) in &closed.addresses.v6 {
        out.bytes.extend_from_slice(&first.to_le_bytes());
        out.bytes.extend_from_slice(&set.to_le_bytes());
    }
}

fn write_urls(urls: &Urls, out: &mut Out) {
    out.section(Section::UrlHosts);
    for bucket in &urls.buckets {
        out.bytes.extend_from_slice(bucket);
    }
    out.section(Section::UrlStarts);
    for start in &urls.starts {
        out.bytes.extend_from_slice(&start.to_le_bytes());
    }
    out.section(Section::UrlRules);
    for row in &urls.rows {
        row.write(&mut out.bytes);
    }
}

/// The label set of each salted list, in the order of the lists.
fn salted_sets(input: &Input, closed: &mut Closed) -> Result<Vec<u32>, CompileError> {
    let mut sets = Vec::new();
    for (list, _) in input.salted.keys() {
        let mut members = Vec::new();
        input.members_of_list(*list, Coverage::NAME, &mut members);
        sets.push(closed.sets.number(&mut members, false)?);
    }
    Ok(sets)
}

fn write_salted(input: &Input, sets: &[u32], out: &mut Out) {
    out.section(Section::Salted);
    out.number(input.salted.len());
    for (((list, salt), digests), set) in input.salted.iter().zip(sets) {
        out.bytes.extend_from_slice(&list.to_le_bytes());
        out.number(salt.bytes().len());
        out.bytes.extend_from_slice(salt.bytes());
        out.number(digests.names.len());
        out.number(digests.urls.len());
        out.bytes.extend_from_slice(&set.to_le_bytes());
        for digest in digests.names.iter().chain(&digests.urls) {
            out.bytes.extend_from_slice(digest);
        }
    }
}

fn write_lists(input: &Input, out: &mut Out) -> Result<(), CompileError> {
    out.section(Section::Lists);
    out.number(input.lists.len());
    for list in &input.lists {
        out.text(&list.id);
        out.bytes
            .extend_from_slice(&list.categories.bits().to_le_bytes());
        out.bytes.push(list_flags(list));
        out.bytes.extend_from_slice(&list.digest.0);
        out.bytes.extend_from_slice(&list.entries.to_le_bytes());
    }
    out.section(Section::Exceptions);
    out.number(input.exceptions.len());
    for (name, exception) in &input.exceptions {
        out.text(name);
        out.bytes
            .push(exception.class.map_or(u8::MAX, |class| class.place() as u8));
        out.text(&exception.reason);
    }
    for (section, places) in [
        (Section::HostFinder, &[Place::Label, Place::Host][..]),
        (Section::UrlFinder, &[Place::Url]),
    ] {
        out.section(section);
        let finder = Finder::build(&input.patterns, places)?;
        if let Some(finder) = finder {
            finder.write(&mut out.bytes);
        }
    }
    out.section(Section::Patterns);
    out.number(input.patterns.len());
    for listed in &input.patterns {
        out.bytes.extend_from_slice(&listed.list.to_le_bytes());
        out.bytes.push(listed.pattern.place.code());
        out.bytes.push(listed.pattern.syntax.code());
        out.text(&listed.pattern.text);
    }
    Ok(())
}

fn list_flags(list: &ListMeta) -> u8 {
    u8::from(list.third_party)
        | u8::from(list.crosses_suffix) << 1
        | u8::from(list.established) << 2
        | u8::from(list.answers) << 3
}
