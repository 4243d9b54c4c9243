use crate::answer::Answer;
use crate::grants::Grants;
use crate::replays::Replays;
use crate::route::{Route, Who};
use crate::style::Style;
use crate::tally::Tally;
use crate::when::Zone;
use crate::{Asked, Health, Refusal};
use alert::{DayCounts, Incidents};
use change::{Acting, Desk, StateFolder};
use gate::{Gate, TableShown};
use model::{Clock, Files, Moment};
use prometheus::Registry;
use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// What the console shows and does things with.
pub struct Parts {
    /// The desk where the policy changes; every action goes through it.
    pub desk: Arc<Desk>,
    /// The gate, for what is in force.
    pub gate: Arc<Gate>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The record of incidents.
    pub incidents: Arc<Incidents>,
    /// The journal counted by the day, for reports.
    pub counts: Arc<DayCounts>,
    /// Reads the policy files of the folder, which are in force only once they were approved;
    /// else says why they cannot be read.
    pub files: Box<dyn Fn() -> Result<Files, String> + Send + Sync>,
    /// The state folder: the authority lies in its `ca/`.
    pub state: PathBuf,
    /// What was counted.
    pub registry: Registry,
    /// Whether the gateway does its work.
    pub health: Box<dyn Fn() -> Health + Send + Sync>,
    /// Whether an address may reach the console; no pupil's or guest's may.
    pub allowed: Box<dyn Fn(IpAddr) -> bool + Send + Sync>,
}

/// The web console: every page and action, for every listener that shows them.
pub struct Console {
    parts: Parts,
    style: Style,
    tally: Tally,
    replays: Replays,
    grants: Grants,
    tables: Mutex<Option<(u64, Arc<Vec<TableShown>>)>>,
    certificate: OnceLock<Shown>,
}

/// What is shown of the authority that signs the console's certificate.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    /// Its certificate, to install on the staff's devices.
    pub(crate) pem: String,
    /// The SHA-256 of the certificate.
    pub(crate) fingerprint: String,
}

impl Console {
    /// Joins the parts.
    pub fn new(parts: Parts) -> Arc<Self> {
        let tally = Tally::new(StateFolder::journal_in(&parts.state));
        Arc::new(Self {
            parts,
            tally,
            replays: Replays::default(),
            grants: Grants::default(),
            tables: Mutex::default(),
            style: Style::new(),
            certificate: OnceLock::new(),
        })
    }

    /// The desk.
    pub(crate) fn desk(&self) -> &Desk {
        &self.parts.desk
    }

    /// The gate.
    pub(crate) fn gate(&self) -> &Arc<Gate> {
        &self.parts.gate
    }

    /// All parts.
    pub(crate) const fn parts(&self) -> &Parts {
        &self.parts
    }

    /// The look of the pages.
    pub(crate) const fn style(&self) -> &Style {
        &self.style
    }

    /// Whom people gave a reason to read about.
    pub(crate) const fn grants(&self) -> &Grants {
        &self.grants
    }

    /// The school's own tables beside what is enforced; worked out once a swap of the policy.
    pub(crate) fn tables(&self) -> Arc<Vec<TableShown>> {
        let state = self.gate().state();
        let mut held = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((generation, tables)) = &*held
            && *generation == state.generation()
        {
            return Arc::clone(tables);
        }
        let tables = Arc::new(state.tables());
        *held = Some((state.generation(), Arc::clone(&tables)));
        tables
    }

    /// The counts of what was refused.
    pub(crate) const fn tally(&self) -> &Tally {
        &self.tally
    }

    /// What waiting matters would have changed.
    pub(crate) const fn replays(&self) -> &Replays {
        &self.replays
    }

    /// The present moment.
    pub(crate) fn now(&self) -> Moment {
        self.parts.clock.now()
    }

    /// The school's time zone, as its calendar has it.
    pub(crate) fn zone(&self) -> Zone {
        Zone::named(self.gate().state().policy().time_zone())
    }

    /// Whether an address may reach the console.
    pub(crate) fn allows(&self, client: IpAddr) -> bool {
        (self.parts.allowed)(client.to_canonical())
    }

    /// What is shown of the authority, where the gateway's own signs.
    pub(crate) fn certificate(&self) -> Option<&Shown> {
        self.certificate.get()
    }

    /// Takes in the authority of a listener; the first one stays.
    pub(crate) fn show_certificate(&self, shown: Shown) {
        self.certificate.get_or_init(|| shown);
    }

    /// Answers one request, after it was seen that the sender may ask for this at all.
    pub(crate) fn answer(&self, route: &Route, asked: &Asked) -> Result<Answer, Refusal> {
        match route.who {
            Who::Anybody => {}
            Who::Begun => {
                asked.acting()?;
            }
            Who::Only(roles) => {
                let acting = asked.acting()?;
                if let Some(path) = unfinished(acting) {
                    return Err(Refusal::Finish(path));
                }
                if !roles.contains(acting.role) {
                    return Err(Refusal::Role);
                }
            }
        }
        (route.answer)(self, asked)
    }
}

/// Where somebody must go before anything else.
pub(crate) fn unfinished(acting: &Acting) -> Option<&'static str> {
    match acting.next {
        change::Next::Ready => None,
        change::Next::ChangePassword => Some("/password"),
        change::Next::EnrolSecondFactor => Some("/second-factor"),
    }
}

impl fmt::Debug for Console {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Console").finish_non_exhaustive()
    }
}
