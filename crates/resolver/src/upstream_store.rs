use crate::upstream::{Asked, Found, Lost};
use hickory_resolver::proto::op::Message;
use hickory_resolver::proto::rr::{RData, RecordType};
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

/// What upstreams said, free of any view, as bytes: a third of what parsed records take.
#[derive(Debug)]
pub(crate) struct UpstreamStore {
    entries: HashMap<Asked, Slot>,
    /// The order of coming in; an entry that was used since is passed over once.
    order: VecDeque<Asked>,
    most: usize,
    stale_millis: u64,
    failures: HashMap<Asked, u64>,
}

#[derive(Debug)]
struct Slot {
    kept: Rc<Kept>,
    used: bool,
}

/// One answer as bytes, with its time.
#[derive(Debug)]
pub(crate) struct Kept {
    wire: Box<[u8]>,
    born: u64,
    expires: u64,
    authentic: bool,
}

impl Kept {
    /// Takes an answer in; `None` when it cannot be put on the wire.
    pub(crate) fn new(
        message: Message,
        kind: RecordType,
        authentic: bool,
        now: u64,
    ) -> Option<Self> {
        let ttl = u64::from(time_to_live(&message, kind));
        Some(Self {
            wire: message.to_vec().ok()?.into(),
            born: now,
            expires: now.saturating_add(ttl * 1000),
            authentic,
        })
    }

    pub(crate) const fn is_fresh(&self, now: u64) -> bool {
        now < self.expires
    }

    pub(crate) fn found(&self, now: u64, stale: bool) -> Result<Found, Lost> {
        Ok(Found {
            message: Message::from_vec(&self.wire).map_err(|_| Lost)?,
            age: u32::try_from(now.saturating_sub(self.born) / 1000).unwrap_or(u32::MAX),
            stale,
            authentic: self.authentic,
        })
    }
}

impl UpstreamStore {
    pub(crate) fn new(most: usize, stale_seconds: u32) -> Self {
        Self {
            entries: HashMap::new(),
            order: VecDeque::new(),
            most,
            stale_millis: u64::from(stale_seconds) * 1000,
            failures: HashMap::new(),
        }
    }

    /// Finds an answer that is fresh or not yet too old to be given.
    pub(crate) fn get(&mut self, asked: &Asked, now: u64) -> Option<Rc<Kept>> {
        let slot = self.entries.get_mut(asked)?;
        if now >= slot.kept.expires.saturating_add(self.stale_millis) {
            return None;
        }
        slot.used = true;
        Some(Rc::clone(&slot.kept))
    }

    /// Keeps an answer; one without time serves those who wait and nobody after.
    pub(crate) fn put(&mut self, asked: &Asked, kept: &Rc<Kept>, now: u64) {
        self.failures.remove(asked);
        if !kept.is_fresh(now) || kept.wire.len() > MOST_KEPT {
            return;
        }
        let slot = Slot {
            kept: Rc::clone(kept),
            used: false,
        };
        if self.entries.insert(asked.clone(), slot).is_some() {
            return;
        }
        self.order.push_back(asked.clone());
        while self.entries.len() > self.most {
            self.evict();
        }
    }

    /// Remembers that nobody answered (RFC 9520).
    pub(crate) fn fail(&mut self, asked: &Asked, now: u64) {
        if self.failures.len() >= MOST_FAILURES {
            self.failures.retain(|_, until| *until > now);
        }
        if self.failures.len() < MOST_FAILURES {
            self.failures.insert(asked.clone(), now + FAILURE_MILLIS);
        }
    }

    pub(crate) fn has_failed(&self, asked: &Asked, now: u64) -> bool {
        self.failures.get(asked).is_some_and(|&until| now < until)
    }

    fn evict(&mut self) {
        let Some(oldest) = self.order.pop_front() else {
            self.entries.clear();
            return;
        };
        match self.entries.get_mut(&oldest) {
            Some(slot) if slot.used => {
                slot.used = false;
                self.order.push_back(oldest);
            }
            Some(_) => {
                self.entries.remove(&oldest);
            }
            None => {}
        }
    }
}

/// Seconds that an answer may be kept (RFC 2308, 5 for an absence).
fn time_to_live(message: &Message, kind: RecordType) -> u32 {
    let answered = message
        .answers
        .iter()
        .any(|record| record.record_type() == kind);
    let records = message.answers.iter().map(|record| record.ttl).min();
    if answered {
        return records.unwrap_or(0).min(LONGEST);
    }
    let absence = message
        .authorities
        .iter()
        .find_map(|record| match &record.data {
            RData::SOA(soa) => Some(record.ttl.min(soa.minimum)),
            _ => None,
        });
    absence
        .unwrap_or(UNSIGNED_ABSENCE)
        .min(LONGEST_ABSENCE)
        .min(records.unwrap_or(u32::MAX))
}

const LONGEST: u32 = 86_400;
const LONGEST_ABSENCE: u32 = 10_800;
/// An absence that no SOA bounds.
const UNSIGNED_ABSENCE: u32 = 30;
const FAILURE_MILLIS: u64 = 5000;
const MOST_FAILURES: usize = 4096;
/// The longest answer that is kept, in bytes.
const MOST_KEPT: usize = 16_384;
