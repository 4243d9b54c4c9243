use crate::failure::{Failure, chain};
use crate::folder::Folders;
use crate::list_worker::ListWorker;
use crate::office::{Counters, Office, Opening};
use crate::settings::Settings;
use audit::{Actor, Journal, JournalWriter};
use change::{Approved, Checked, Commission, Desk, Proposal, StateFolder};
use gate::{Gate, Recorder, State};
use model::{Chance, Clock, Fault, Faults, Files, Position, Severity, SystemChance};
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

/// The parts that other threads look at while the gateway runs.
pub(crate) struct Doors {
    pub(crate) gate: Arc<Gate>,
    pub(crate) dns: resolver::Running,
    pub(crate) proxy: Arc<proxy::Counters>,
}

/// The whole gateway at work.
pub(crate) struct Gateway {
    pub(crate) desk: Arc<Desk>,
    pub(crate) doors: Arc<Doors>,
    pub(crate) addresses: Addresses,
    folders: Folders,
    settings: Settings,
    proxy: proxy::Running,
    office: Office,
    dns_shutdown: resolver::Shutdown,
    proxy_shutdown: proxy::Shutdown,
}

/// Where the gateway listens, with the real ports.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Addresses {
    pub(crate) dns: Vec<SocketAddr>,
    pub(crate) proxy: Vec<SocketAddr>,
    pub(crate) management: SocketAddr,
    /// Approvals off site.
    #[serde(default)]
    pub(crate) off_site: Option<SocketAddr>,
    /// The pages for everybody.
    pub(crate) faces: SocketAddr,
}

impl Gateway {
    /// Brings the working files into force where they hold together, and opens the doors.
    ///
    /// # Errors
    ///
    /// Fails when there is no policy to decide by, when the state folder is not ours alone, or
    /// when a door cannot be opened.
    pub(crate) fn start(
        folders: Folders,
        state: &Path,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, Failure> {
        Self::start_with(folders, state, clock, |_| {})
    }

    /// Starts as [`Gateway::start`] does, with settings that no file can hold.
    pub(crate) fn start_with(
        folders: Folders,
        state: &Path,
        clock: Arc<dyn Clock>,
        adapt: impl FnOnce(&mut Settings),
    ) -> Result<Self, Failure> {
        let mut faults = Faults::default();
        let folders = folders.remembered_in(state);
        let files = folders.read(&mut faults);
        let settings = Settings::read(&files, &mut faults);
        crate::logging::start(&settings.log);
        let chance: Arc<dyn Chance> = Arc::new(SystemChance);
        // A file that cannot be read must not rename the ledger that is there.
        let origin = Desk::origin_of(state).unwrap_or_else(|| settings.school.ledger.clone());
        let opened = Desk::open(state, &origin, Arc::clone(&clock), Arc::clone(&chance))?;
        if opened.founded {
            say_founding(&opened.desk);
        }
        let desk = Arc::new(opened.desk);
        desk.make_lists_with(Arc::new(ListWorker));
        // The folder is ours alone now.
        folders.remember();
        same_ledger(&origin, &settings, &mut faults);
        let (first, mut settings) = first(&desk, &folders, files, settings, faults)?;
        adapt(&mut settings);
        let secret = secret(&*chance)?;
        // The doors are bound before anything is written down, so that a setting that cannot be
        // had leaves what was in force.
        let sockets = Sockets::bind(&mut settings, &secret)?;
        let decides = first.state(&desk)?;
        let journal = Journal::open(&StateFolder::journal_in(state), Arc::clone(&clock))?;
        let journal = JournalWriter::start(journal, Arc::clone(&clock))
            .map_err(|source| Failure::door(&source))?;
        let recorder = Recorder::start(journal, settings.journal.path, Some(desk.seal()))?;
        let gate = Gate::new(decides, clock, chance, recorder);
        desk.attach(Arc::clone(&gate));
        Self::open(desk, folders, gate, settings, sockets, secret)
    }

    fn open(
        desk: Arc<Desk>,
        folders: Folders,
        gate: Arc<Gate>,
        settings: Settings,
        sockets: Sockets,
        secret: String,
    ) -> Result<Self, Failure> {
        let (dns_shutdown, proxy_shutdown) = (resolver::Shutdown::new(), proxy::Shutdown::new());
        let addresses = sockets.addresses();
        let dns = resolver::run(sockets.dns, &gate, &dns_shutdown)
            .map_err(|error| Failure::door(&error))?;
        let proxy = proxy::run(
            sockets.proxy,
            Arc::clone(&gate),
            dns.resolve(),
            settings.proxy.clone(),
            proxy_shutdown.clone(),
        )
        .map_err(|error| Failure::door(&error))?;
        let doors = Arc::new(Doors {
            gate,
            dns,
            proxy: Arc::clone(proxy.counters()),
        });
        let office = sockets.office.open(&Opening {
            desk: &desk,
            doors: &doors,
            folders: &folders,
            settings: &settings,
            secret,
        })?;
        Ok(Self {
            desk,
            doors,
            addresses,
            folders,
            settings,
            proxy,
            office,
            dns_shutdown,
            proxy_shutdown,
        })
    }

    /// Where lists are asked for.
    pub(crate) fn lists(&self) -> crate::subscriber::Counter {
        self.office.lists(&self.desk)
    }

    /// Reads the working files again and brings them into force where they hold together.
    ///
    /// What was in force stays otherwise, and the faults are written down and logged.
    pub(crate) fn reload(&self) {
        let mut faults = Faults::default();
        let files = self.folders.read(&mut faults);
        self.folders.remember();
        let settings = Settings::read(&files, &mut faults);
        same_ledger(
            self.desk.ledger().public_key().origin(),
            &settings,
            &mut faults,
        );
        let bundle = change::Bundle::new(files);
        match self.desk.active() {
            Ok(Some(active))
                if faults.errors() == 0 && active.bundle.digest() == bundle.digest() =>
            {
                tracing::info!("the files are what is in force");
                return;
            }
            Ok(_) => {}
            Err(error) => return keep(&error),
        }
        let files = bundle.files().clone();
        let checked = if faults.errors() > 0 {
            Err(faults)
        } else {
            self.desk.check(proposal(bundle, &settings))
        };
        match checked.map(|checked| self.desk.commission(checked)) {
            Ok(Ok(Commission::Approved(approved))) => self.activate(*approved, &settings),
            Ok(Ok(Commission::Over(_))) => note_drift(&self.desk, &files),
            Ok(Err(error)) => keep(&error),
            Err(faults) => self.refuse(faults),
        }
    }

    fn activate(&self, approved: Approved<Checked>, settings: &Settings) {
        match self.desk.activate(approved) {
            Ok(activated) => {
                tracing::info!(
                    policy = %activated.version, entry = activated.entry.0,
                    files = ?activated.changed, "a policy came into force"
                );
                self.say_restart(settings);
            }
            Err(error) => keep(&error),
        }
    }

    /// Says when settings changed that the doors take only at a start.
    fn say_restart(&self, settings: &Settings) {
        let doors = |settings: &Settings| {
            serde_json::to_value((
                &settings.dns,
                &settings.proxy,
                &settings.management,
                &settings.faces,
                &settings.alert,
                &settings.journal,
            ))
        };
        match (doors(settings), doors(&self.settings)) {
            (Ok(new), Ok(old)) if new == old => {}
            (Ok(_) | Err(_), Ok(_) | Err(_)) => tracing::warn!(
                "`[dns]`, `[proxy]`, `[management]`, `[faces]`, `[alert]` or `[journal]` changed: that takes effect at the next start"
            ),
        }
    }

    fn refuse(&self, faults: Faults) {
        let faults = self.folders.rename(faults);
        if let Err(error) = self.desk.refuse_files(&faults) {
            tracing::error!(error = %chain(&error), "the refusal could not be written down");
        }
        for fault in faults.iter() {
            log(fault);
        }
        tracing::error!(
            errors = faults.errors(),
            "the edited files do not hold together; the policy in force stays"
        );
    }

    /// The record of incidents.
    pub(crate) fn incidents(&self) -> &alert::Incidents {
        self.office.incidents()
    }

    /// How records are kept.
    pub(crate) const fn records(&self) -> &audit::Settings {
        &self.settings.records
    }

    /// The working files as they lie there now.
    pub(crate) fn files(&self, faults: &mut Faults) -> Files {
        self.folders.read(faults)
    }

    /// Stops in good order: doors, then the journal, then the ledger's last word.
    pub(crate) fn stop(self) {
        tracing::info!("stopping");
        self.proxy_shutdown.begin();
        self.dns_shutdown.trigger();
        if let Err(error) = self.proxy.join() {
            tracing::error!(error = %chain(&error), "the proxy did not end in good order");
        }
        self.office.close();
        match Arc::try_unwrap(self.doors) {
            // The last hand on the gate lets the journal write what it holds.
            Ok(doors) => doors.dns.join(),
            Err(_) => tracing::warn!(
                "a part of the gateway is still held; the journal may lack its last second"
            ),
        }
        if let Err(error) = self.desk.stop() {
            tracing::error!(error = %chain(&error), "the stop could not be written down");
        }
    }

    /// Says that all doors are open; the control socket, which the caller opens, is one of them.
    pub(crate) fn say_ready(&self) {
        let state = self.doors.gate.state();
        tracing::info!(
            dns = ?self.addresses.dns, proxy = ?self.addresses.proxy,
            management = %self.addresses.management, faces = %self.addresses.faces, policy = %state.policy().version(),
            names = state.artefact().names(), mode = self.desk.mode().word(), "ready"
        );
        if !has_floor_list(&state) {
            tracing::warn!("ILLEGAL-CONTENT LIST NOT PRESENT: no licensed list is loaded");
        }
        for gap in state.policy().gaps() {
            tracing::warn!("{gap}");
        }
    }
}

/// Logs a fault of the files as one record.
fn log(fault: &Fault) {
    let mut at = fault.file.clone();
    if let Some(Position { line, column }) = fault.position {
        // Writing to a string does not fail.
        let _ = write!(at, ":{line}:{column}");
    }
    let mend = fault.mend.as_deref().unwrap_or_default();
    match fault.severity {
        Severity::Error => tracing::error!(at, mend, "{}", fault.what),
        Severity::Warning => tracing::warn!(at, mend, "{}", fault.what),
    }
}

fn keep(error: &dyn std::error::Error) {
    tracing::error!(
        error = %chain(error),
        "the edited files could not be brought into force; the policy in force stays"
    );
}

/// The bound sockets of all doors.
struct Sockets {
    dns: resolver::Listeners,
    proxy: proxy::Listeners,
    office: Counters,
}

impl Sockets {
    /// Binds all addresses; the proxy learns where the pages for everybody are.
    fn bind(settings: &mut Settings, secret: &str) -> Result<Self, Failure> {
        let office = Counters::bind(settings)?;
        settings.lead_to_faces(office.faces(), secret);
        Ok(Self {
            dns: resolver::Listeners::bind(&settings.dns).map_err(|error| Failure::door(&error))?,
            proxy: proxy::Listeners::bind(&settings.proxy)
                .map_err(|error| Failure::door(&error))?,
            office,
        })
    }

    fn addresses(&self) -> Addresses {
        Addresses {
            dns: self.dns.local_addresses().to_vec(),
            proxy: self.proxy.addresses().to_vec(),
            management: self.office.management(),
            off_site: self.office.off_site(),
            faces: self.office.faces(),
        }
    }
}

/// What the proxy proves to the pages for everybody that its word is its own; new at each start.
fn secret(chance: &dyn Chance) -> Result<String, Failure> {
    let mut bytes = [0; 32];
    chance.fill(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Whether any list of illegal content is loaded.
pub(crate) fn has_floor_list(state: &State) -> bool {
    let floor = state.policy().vocabulary().floor();
    state
        .artefact()
        .lists()
        .iter()
        .any(|list| list.entries > 0 && list.categories.meets(floor))
}

/// What the gateway begins with.
enum First {
    /// What was in force.
    Resume,
    /// The working files, which hold together and may come into force.
    Activate(Box<Approved<Checked>>),
}

impl First {
    fn state(self, desk: &Desk) -> Result<State, Failure> {
        let none = || Failure::asked("nothing is in force", "report this");
        match self {
            Self::Resume => desk.resume()?.ok_or_else(none),
            Self::Activate(approved) => {
                desk.activate(*approved)?;
                desk.state().ok_or_else(none)
            }
        }
    }
}

/// Writes down that edited files wait for a decision, and says so.
fn note_drift(desk: &Desk, files: &Files) {
    match desk.drift(files) {
        Ok(Some(drift)) => tracing::warn!(
            files = ?drift.changed,
            "edited files have no effect until they are proposed and approved"
        ),
        Ok(None) => {}
        Err(error) => tracing::error!(
            error = %chain(&error),
            "that the files were edited could not be written down"
        ),
    }
}

/// The working files where they hold together, else what was in force.
fn first(
    desk: &Desk,
    folders: &Folders,
    files: Files,
    settings: Settings,
    mut faults: Faults,
) -> Result<(First, Settings), Failure> {
    let active = desk.active()?;
    let bundle = change::Bundle::new(files);
    if let Some(active) = &active
        && faults.errors() == 0
        && active.bundle.digest() == bundle.digest()
    {
        return Ok((First::Resume, settings));
    }
    if faults.errors() == 0 {
        let files = bundle.files().clone();
        match desk.check(proposal(bundle, &settings)) {
            Ok(checked) => {
                for warning in checked.warnings().iter() {
                    log(warning);
                }
                match (
                    desk.commission(checked)
                        .map_err(|error| Failure::door(&error))?,
                    active,
                ) {
                    (Commission::Approved(approved), _) => {
                        return Ok((First::Activate(approved), settings));
                    }
                    (Commission::Over(_), Some(active)) => {
                        let settings =
                            Settings::read(active.bundle.files(), &mut Faults::default());
                        desk.resume()?;
                        note_drift(desk, &files);
                        return Ok((First::Resume, settings));
                    }
                    (Commission::Over(_), None) => {
                        return Err(Failure::asked("nothing is in force", "report this"));
                    }
                }
            }
            Err(more) => faults = more,
        }
    }
    let faults = folders.rename(faults);
    let Some(active) = active else {
        return Err(Failure::Faults(faults));
    };
    desk.refuse_files(&faults)?;
    for fault in faults.iter() {
        log(fault);
    }
    tracing::error!(
        policy = %active.version(), since = %active.since,
        "the working files do not hold together; deciding by the policy that was in force"
    );
    let settings = Settings::read(active.bundle.files(), &mut Faults::default());
    Ok((First::Resume, settings))
}

/// The name of a ledger is signed into every head; it cannot be another one day.
fn same_ledger(origin: &str, settings: &Settings, faults: &mut Faults) {
    if settings.school.ledger != origin {
        let what = format!(
            "the change log is that of `{origin}`, not of `{}`; its name cannot be changed",
            settings.school.ledger
        );
        let mend = format!("write `ledger = \"{origin}\"` under `[school]`");
        faults.push(Fault::of_file("config/schoolgate.toml", what, mend));
    }
}

fn proposal(bundle: change::Bundle, settings: &Settings) -> Proposal {
    Proposal {
        bundle,
        school: settings.school.name.clone(),
        proposer: Actor::Gateway,
        reason: "the working files were read".to_owned(),
    }
}

fn say_founding(desk: &Desk) {
    let fingerprint = desk.ledger().fingerprint();
    eprintln!("The change log was founded. Write this fingerprint down and put it into the");
    eprintln!("headteacher's safe; with it anybody can check that the log is the school's own:");
    eprintln!("\n    {fingerprint}\n");
}
