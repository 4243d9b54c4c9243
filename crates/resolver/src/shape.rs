use crate::plan::Plan;
use crate::question::{NameText, kind};
use gate::Judgement;
use hickory_resolver::proto::op::{Message, ResponseCode};
use hickory_resolver::proto::rr::rdata::SVCB;
use hickory_resolver::proto::rr::rdata::svcb::{
    Alpn, IpHint, Mandatory, SvcParamKey, SvcParamValue,
};
use hickory_resolver::proto::rr::{Name, RData, Record, RecordType};
use hickory_resolver::proto::serialize::binary::{BinEncodable, BinEncoder};
use std::net::IpAddr;

/// What an answer is shaped by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mould<'m> {
    /// The name that was asked for, or the one it was rewritten to.
    pub(crate) name: &'m Name,
    pub(crate) kind: RecordType,
    pub(crate) dnssec_ok: bool,
    /// Whether the group is filtered, so that ways around the filter are taken out.
    pub(crate) filtered: bool,
    /// Whether the name is the school's own and may have private addresses.
    pub(crate) local: bool,
    /// Seconds since the upstream gave the answer.
    pub(crate) age: u32,
    /// The most seconds that the answer may live.
    pub(crate) longest: u32,
}

/// An answer that may be given, or why it may not.
#[derive(Debug)]
pub(crate) struct Moulded {
    pub(crate) answers: Vec<Record>,
    pub(crate) authorities: Vec<Record>,
    pub(crate) rcode: ResponseCode,
    /// The verdict that closes a name this one points to.
    pub(crate) closed: Option<Judgement>,
    /// All names judged, for a later judging after a swap.
    pub(crate) targets: Vec<Box<str>>,
    /// Private addresses that were taken out.
    pub(crate) private: u64,
    /// Whether addresses were taken out and none is left.
    pub(crate) emptied: bool,
    /// Whether a record was altered or taken out, so that no signature holds any more.
    pub(crate) changed: bool,
}

impl Moulded {
    /// An answer of our own, which needs no shaping.
    pub(crate) fn own(answers: Vec<Record>, authorities: Vec<Record>, rcode: ResponseCode) -> Self {
        Self {
            answers,
            authorities,
            rcode,
            closed: None,
            targets: Vec::new(),
            private: 0,
            emptied: false,
            changed: true,
        }
    }

    /// No answer, because of a verdict.
    pub(crate) fn closed(judgement: Judgement) -> Self {
        Self {
            closed: Some(judgement),
            ..Self::own(Vec::new(), Vec::new(), ResponseCode::NoError)
        }
    }
}

/// An answer points to more names than one answer has business to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sprawl;

/// Shapes an upstream's answer.
///
/// Kept is the chain from the name asked for to its records; what stands beside the chain nobody
/// asked about, and it could smuggle. `judge` is asked about each name that the answer points to.
pub(crate) fn mould(
    message: Message,
    mould: &Mould<'_>,
    plan: &Plan,
    mut judge: impl FnMut(&NameText) -> Option<Judgement>,
) -> Result<Moulded, Sprawl> {
    let (answers, chain) = follow(message.answers, mould);
    let mut made = Moulded::own(answers, Vec::new(), message.metadata.response_code);
    made.changed = chain.stray;
    let mut text = NameText::new();
    for record in &made.answers {
        let Some(target) = target(record) else {
            continue;
        };
        if made.targets.len() >= MOST_TARGETS {
            return Err(Sprawl);
        }
        if !read_text(&target, &mut text) || text.bytes().is_empty() {
            continue;
        }
        if let Some(judgement) = judge(&text) {
            made.closed = Some(judgement);
            return Ok(made);
        }
        if let Ok(kept) = std::str::from_utf8(text.bytes()) {
            made.targets.push(kept.into());
        }
    }
    clean(&mut made, mould, plan);
    let negative = !made
        .answers
        .iter()
        .any(|record| record.record_type() == mould.kind);
    made.authorities = message
        .authorities
        .into_iter()
        .filter(|record| {
            belongs(
                record.record_type(),
                negative,
                mould.dnssec_ok,
                &chain.last,
                &record.name,
            )
        })
        .collect();
    if made.changed || !mould.dnssec_ok {
        let keep = |record: &Record| {
            !is_signature(record.record_type())
                || record.record_type() == mould.kind && !made.changed
        };
        made.answers.retain(keep);
        made.authorities
            .retain(|record| !is_signature(record.record_type()));
    }
    for record in made.answers.iter_mut().chain(&mut made.authorities) {
        record.ttl = record.ttl.saturating_sub(mould.age).min(mould.longest);
    }
    Ok(made)
}

struct Chain {
    /// The name that the chain ends at.
    last: Name,
    /// Whether records were left out that nobody asked for.
    stray: bool,
}

/// Keeps the records from the name asked for along its aliases to what was asked for.
fn follow(records: Vec<Record>, mould: &Mould<'_>) -> (Vec<Record>, Chain) {
    let mut left: Vec<Option<Record>> = records.into_iter().take(MOST_RECORDS).map(Some).collect();
    let mut kept = Vec::new();
    let mut last = mould.name.clone();
    for _ in 0..MOST_HOPS {
        let mut next = None;
        for place in &mut left {
            let fits = place.as_ref().is_some_and(|record| {
                let kind = record.record_type();
                let own = record.name == last
                    && (kind == mould.kind
                        || kind == RecordType::CNAME
                        || kind == RecordType::RRSIG);
                let above = kind == RecordType::DNAME || is_signature(kind);
                own || above
                    && record.name != last
                    && record.name.zone_of(&last)
                    && is_delegation(record)
            });
            if !fits {
                continue;
            }
            let Some(record) = place.take() else { continue };
            if let RData::CNAME(target) = &record.data
                && mould.kind != RecordType::CNAME
            {
                next = Some(target.0.clone());
            }
            kept.push(record);
        }
        match next {
            Some(name) => last = name,
            None => break,
        }
    }
    // Signatures and records of other types beside the chain are no loss.
    let stray = left
        .iter()
        .flatten()
        .any(|record| record.record_type() == mould.kind);
    (kept, Chain { last, stray })
}

/// Whether a record of a parent moves all names below it: a DNAME, or the signature of one.
fn is_delegation(record: &Record) -> bool {
    match record.record_type() {
        RecordType::DNAME => true,
        RecordType::RRSIG => covered(record) == Some(RecordType::DNAME),
        _ => false,
    }
}

fn covered(record: &Record) -> Option<RecordType> {
    use hickory_resolver::proto::dnssec::rdata::DNSSECRData;
    match &record.data {
        RData::DNSSEC(DNSSECRData::RRSIG(signature)) => Some(signature.input().type_covered),
        _ => None,
    }
}

/// The name that a record leads to, where it leads to one.
fn target(record: &Record) -> Option<Name> {
    match &record.data {
        RData::CNAME(name) => Some(name.0.clone()),
        RData::SRV(service) => Some(service.target.clone()),
        RData::MX(exchange) => Some(exchange.exchange.clone()),
        RData::HTTPS(service) => Some(service.0.target_name.clone()),
        RData::SVCB(service) => Some(service.target_name.clone()),
        // Carried as bytes: a name on the wire, never compressed (RFC 6672).
        RData::Unknown {
            code: RecordType::DNAME,
            rdata,
        } => {
            let mut text = NameText::new();
            text.read(&rdata.anything)?;
            name_of(text.bytes(), &rdata.anything)
        }
        _ => None,
    }
}

/// Makes a name from the wire.
fn name_of(text: &[u8], wire: &[u8]) -> Option<Name> {
    if text.is_empty() {
        return Some(Name::root());
    }
    let mut labels = Vec::new();
    let mut at = 0;
    while let Some(&length) = wire.get(at).filter(|&&length| length > 0) {
        labels.push(wire.get(at + 1..at + 1 + usize::from(length))?);
        at += 1 + usize::from(length);
    }
    Name::from_labels(labels).ok()
}

/// Makes a name from its lower-case wire form.
pub(crate) fn wire_name(wire: &[u8]) -> Option<Name> {
    let mut text = NameText::new();
    text.read(wire)?;
    name_of(text.bytes(), wire)
}

/// Puts a name on the wire, in lower case and without compression.
pub(crate) fn wire_of(name: &Name) -> Option<Box<[u8]>> {
    let mut wire = Vec::with_capacity(64);
    let mut encoder = BinEncoder::new(&mut wire);
    name.emit(&mut encoder).ok()?;
    wire.make_ascii_lowercase();
    Some(wire.into())
}

/// Brings a name into the text that the gate is asked about; gives back whether it could.
pub(crate) fn read_text(name: &Name, text: &mut NameText) -> bool {
    wire_of(name).is_some_and(|wire| text.read(&wire).is_some())
}

/// Takes out private addresses and the ways around the filter.
fn clean(made: &mut Moulded, mould: &Mould<'_>, plan: &Plan) {
    let before = made.answers.len();
    let allowed = |address: IpAddr| plan.allows(mould.local, address);
    made.answers
        .retain(|record| record.data.ip_addr().is_none_or(allowed));
    let dropped = before - made.answers.len();
    if dropped > 0 {
        made.changed = true;
        made.private += dropped as u64;
        made.emptied = !made
            .answers
            .iter()
            .any(|record| record.data.ip_addr().is_some());
    }
    let mut hints = 0;
    let mut changed = false;
    made.answers.retain_mut(|record| {
        let service = match &mut record.data {
            RData::HTTPS(service) => &mut service.0,
            RData::SVCB(service) => service,
            _ => return true,
        };
        let before = service.svc_params.clone();
        hints += drop_hints(service, &allowed);
        // The floor holds for everybody, so every group's TLS must say whom it is for.
        service
            .svc_params
            .retain(|(key, _)| *key != SvcParamKey::EchConfigList);
        let usable = !mould.filtered || drop_h3(service);
        mend_mandatory(service);
        changed |= service.svc_params != before;
        usable
    });
    made.private += hints;
    made.changed |= changed || before - dropped != made.answers.len();
}

/// Takes private addresses out of the hints; gives back how many there were.
fn drop_hints(service: &mut SVCB, allowed: &impl Fn(IpAddr) -> bool) -> u64 {
    let mut dropped = 0;
    let mut sift = |count: usize, left: usize| {
        dropped += (count - left) as u64;
        left > 0
    };
    service.svc_params.retain_mut(|(_, value)| match value {
        SvcParamValue::Ipv4Hint(IpHint(hints)) => {
            let count = hints.len();
            hints.retain(|hint| allowed(IpAddr::V4(hint.0)));
            sift(count, hints.len())
        }
        SvcParamValue::Ipv6Hint(IpHint(hints)) => {
            let count = hints.len();
            hints.retain(|hint| allowed(IpAddr::V6(hint.0)));
            sift(count, hints.len())
        }
        _ => true,
    });
    dropped
}

/// Takes HTTP/3 out of what a service offers; gives back whether anything usable is left.
fn drop_h3(service: &mut SVCB) -> bool {
    let mut offered = false;
    let mut left = false;
    for (_, value) in &mut service.svc_params {
        if let SvcParamValue::Alpn(Alpn(protocols)) = value {
            offered = !protocols.is_empty();
            protocols.retain(|protocol| protocol != "h3" && !protocol.starts_with("h3-"));
            left = !protocols.is_empty();
        }
    }
    if !offered || left {
        return true;
    }
    let only = service
        .svc_params
        .iter()
        .any(|(key, _)| *key == SvcParamKey::NoDefaultAlpn);
    service
        .svc_params
        .retain(|(key, _)| *key != SvcParamKey::Alpn && *key != SvcParamKey::NoDefaultAlpn);
    // It spoke HTTP/3 and nothing else.
    !only
}

/// Takes out of the list of mandatory keys what is not there any more (RFC 9460, 8).
fn mend_mandatory(service: &mut SVCB) {
    let keys: Vec<SvcParamKey> = service.svc_params.iter().map(|(key, _)| *key).collect();
    service.svc_params.retain_mut(|(_, value)| match value {
        SvcParamValue::Mandatory(Mandatory(mandatory)) => {
            mandatory.retain(|key| keys.contains(key));
            !mandatory.is_empty()
        }
        _ => true,
    });
}

/// The addresses that a record tells: its own, or those that a service hints at.
pub(crate) fn addresses_of(record: &Record) -> Vec<IpAddr> {
    let service = match &record.data {
        RData::HTTPS(service) => &service.0,
        RData::SVCB(service) => service,
        other => return other.ip_addr().into_iter().collect(),
    };
    let hints = service
        .svc_params
        .iter()
        .flat_map(|(_, value)| match value {
            SvcParamValue::Ipv4Hint(IpHint(hints)) => {
                hints.iter().map(|hint| IpAddr::V4(hint.0)).collect()
            }
            SvcParamValue::Ipv6Hint(IpHint(hints)) => {
                hints.iter().map(|hint| IpAddr::V6(hint.0)).collect()
            }
            _ => Vec::new(),
        });
    hints.collect()
}

/// Whether a record of the authority section is worth giving.
fn belongs(kind: RecordType, negative: bool, dnssec_ok: bool, last: &Name, owner: &Name) -> bool {
    match kind {
        RecordType::SOA => negative && owner.zone_of(last),
        _ if is_signature(kind) => dnssec_ok,
        _ => false,
    }
}

fn is_signature(kind: RecordType) -> bool {
    matches!(
        kind,
        RecordType::RRSIG | RecordType::NSEC | RecordType::NSEC3
    )
}

/// Whether an answer stops at an alias whose records are missing; then the alias.
pub(crate) fn dangling(message: &Message, name: &Name, kind: RecordType) -> Option<Name> {
    if message.metadata.response_code != ResponseCode::NoError
        || kind == RecordType::CNAME
        || message
            .authorities
            .iter()
            .any(|record| record.record_type() == RecordType::SOA)
    {
        return None;
    }
    let mut last = name;
    for _ in 0..MOST_HOPS {
        let next = message
            .answers
            .iter()
            .find_map(|record| match &record.data {
                RData::CNAME(target) if record.name == *last => Some(&target.0),
                _ => None,
            });
        match next {
            Some(target) => last = target,
            None => break,
        }
    }
    let settled = last == name
        || message
            .answers
            .iter()
            .any(|record| record.name == *last && record.record_type() == kind);
    (!settled).then(|| last.clone())
}

/// Turns the number of a type into the name the records know it by.
pub(crate) fn type_of(number: u16) -> RecordType {
    RecordType::from(number)
}

/// Whether a type is asked for on its own in the root zone.
pub(crate) const fn is_of_root(number: u16) -> bool {
    matches!(number, kind::NS | kind::SOA | 43 | 48)
}

/// Aliases followed in one answer.
const MOST_HOPS: usize = 16;

/// Records of one answer that are looked at.
const MOST_RECORDS: usize = 1024;

/// Names that one answer may point to.
const MOST_TARGETS: usize = 128;

#[cfg(test)]
#[path = "shape/tests.rs"]
mod tests;
