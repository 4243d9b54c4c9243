//! Stand-ins for chance and the clock, and a small ledger, for the tests of this crate.

use crate::decision_row::{DecisionRow, Known, Unknown};
use crate::disk::fault_disk::FaultDisk;
use crate::entry::{Actor, Entry, EntryKind, Pseudonym};
use crate::ledger::{Ledger, Opened};
use crate::ledger_error::OpenLedgerError;
use crate::transcript::Transcript;
use model::{Action, Certainty, Chance, Door, ManualClock, Moment, PolicyVersion, Rung};
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Numbers that repeat from run to run, and never within one.
#[derive(Default)]
pub(crate) struct CountingChance(AtomicU64);

impl CountingChance {
    pub(crate) fn after(number: u64) -> Self {
        Self(AtomicU64::new(number))
    }
}

impl Chance for CountingChance {
    fn fill(&self, buffer: &mut [u8]) -> io::Result<()> {
        let number = self.0.fetch_add(1, Ordering::Relaxed) + 1;
        for (byte, of) in buffer
            .iter_mut()
            .zip(number.to_be_bytes().iter().rev().cycle())
        {
            *byte = *of;
        }
        Ok(())
    }
}

pub(crate) const ORIGIN: &str = "ledger.school.test";

pub(crate) fn monday() -> Moment {
    "2026-11-23T10:15:00Z".parse().unwrap()
}

pub(crate) fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::new(monday()))
}

pub(crate) fn open(
    disk: &Arc<FaultDisk>,
    clock: &Arc<ManualClock>,
) -> Result<Opened, OpenLedgerError> {
    let (disk, clock) = (Arc::clone(disk), Arc::clone(clock));
    Ledger::open_on(
        disk,
        Path::new("/ledger"),
        ORIGIN,
        clock,
        Arc::new(CountingChance::default()),
    )
}

pub(crate) fn entry(number: u64) -> Entry {
    Entry {
        kind: EntryKind::PolicyActivated,
        actor: Actor::Account(Pseudonym([7; 16])),
        policy_version: Some(PolicyVersion(number)),
        payload: serde_json::json!({ "number": number, "by": "A. Technician" }),
    }
}

/// A ledger of some entries, the founding included.
pub(crate) fn transcript(entries: u64) -> Transcript {
    let disk = Arc::new(FaultDisk::default());
    let ledger = open(&disk, &clock()).unwrap().ledger;
    for number in 1..entries {
        ledger.append(entry(number)).unwrap();
    }
    ledger.transcript().unwrap()
}

/// A pupil's DNS question that was let through.
pub(crate) fn row(host: &str, at: Moment) -> DecisionRow {
    DecisionRow {
        first: at,
        last: at,
        count: 1,
        client: "10.20.0.7".parse().unwrap(),
        device: Known::Named("ipad-7".into()),
        user: Known::Unknown(Unknown::NoSource),
        certainty: Certainty::Device,
        zone: "ks2-rooms".into(),
        group: "ks2".into(),
        door: Door::Dns,
        method: None,
        host: host.into(),
        path: None,
        kind: Some("AAAA".into()),
        categories: ["education".into(), "reference".into()].into(),
        action: Action::Allow,
        rung: Rung::Category,
        rule: None,
        list: Some("starter".into()),
        list_version: Some("0123456789abcdef".into()),
        policy_version: PolicyVersion(0x5c_0001),
        bytes: 120,
        duration_ms: 3,
        reference: None,
        alert: false,
        background: false,
        flood: false,
    }
}

/// The same question, refused.
pub(crate) fn refused(host: &str, at: Moment) -> DecisionRow {
    DecisionRow {
        action: Action::Block,
        rule: Some("no-games".into()),
        ..row(host, at)
    }
}
