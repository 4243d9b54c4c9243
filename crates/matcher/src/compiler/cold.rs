//! What is kept for people: names and texts that look-up does not read.

use super::closure::Closed;
use super::input::Input;
use super::out::{Out, offset};
use super::placing::Placed;
use super::report::CompileError;
use super::urls::Urls;
use crate::checksum::Checksum;
use crate::layout::Section;
use crate::list::is_floor;

/// Writes the name of each slot with the set of its own entries.
pub(super) fn write_names(
    placed: &Placed,
    closed: &Closed,
    withheld: &[bool],
    out: &mut Out,
) -> Result<(), CompileError> {
    let text = |name: u32| match withheld[closed.own[name as usize] as usize] {
        true => &[][..],
        false => placed.text(name),
    };
    out.section(Section::Cold);
    let mut at = 0usize;
    for names in placed.filled.by_bucket() {
        out.bytes.extend_from_slice(&offset(at)?.to_le_bytes());
        at += names.map(|name| 5 + text(name as u32).len()).sum::<usize>();
    }
    out.section(Section::ColdNames);
    out.bytes.reserve_exact(at + Checksum::BLOCK);
    for name in 0..placed.count() as u32 {
        let text = text(name);
        // A name has at most 253 bytes.
        out.bytes.push(text.len() as u8);
        out.bytes
            .extend_from_slice(&closed.own[name as usize].to_le_bytes());
        out.bytes.extend_from_slice(text);
    }
    Ok(())
}

/// What is kept of networks and URL rules for people.
pub(super) fn write_rest(input: &Input, urls: &Urls, out: &mut Out) -> Result<(), CompileError> {
    out.section(Section::ColdNetworks);
    for network in &input.networks {
        let meta = &input.lists[usize::from(network.list)];
        if !meta.categories.iter().all(is_floor) {
            out.bytes.extend_from_slice(&network.cold());
        }
    }
    out.section(Section::ColdUrls);
    let mut texts = Vec::new();
    for text in &urls.texts {
        out.bytes
            .extend_from_slice(&offset(texts.len())?.to_le_bytes());
        // A host and a beginning are far shorter than that.
        let text = text.as_deref().unwrap_or_default();
        texts.extend_from_slice(&(text.len() as u16).to_le_bytes());
        texts.extend_from_slice(text.as_bytes());
    }
    out.section(Section::ColdUrlTexts);
    out.bytes.extend_from_slice(&texts);
    Ok(())
}
