use crate::failure::Failure;
use crate::folder::Folders;
use crate::gateway::Doors;
use crate::metrics;
use crate::records;
use crate::reports;
use crate::rounds::Rounds;
use crate::settings::Settings;
use crate::stock::Stock;
use crate::subscriber::{Counter, Subscriber};
use crate::ticker;
use alert::{Courier, DayCounts, Incidents, OnDuty, School, Watch, Watcher};
use change::{Desk, StateFolder};
use console::{Console, Faces, FacesParts, Health, Parts, ProxyWord};
use gate::{Gate, State};
use model::Faults;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// Where people come to the gateway: the console, the pages for everybody, and the post.
pub(crate) struct Office {
    running: Vec<console::Running>,
    rounds: [Rounds; 3],
    subscriber: Subscriber,
    courier: Arc<Courier>,
    watcher: Arc<Watcher>,
    incidents: Arc<Incidents>,
}

/// The bound listeners of the office.
pub(crate) struct Counters {
    management: console::Listener,
    off_site: Option<console::Listener>,
    faces: Faces,
}

/// What the office is opened with.
pub(crate) struct Opening<'a> {
    /// The desk.
    pub(crate) desk: &'a Arc<Desk>,
    /// The doors, for what is in force and what was counted.
    pub(crate) doors: &'a Arc<Doors>,
    /// The working files.
    pub(crate) folders: &'a Folders,
    /// The settings in force.
    pub(crate) settings: &'a Settings,
    /// What the proxy proves its word with.
    pub(crate) secret: String,
}

impl Counters {
    /// Binds all listeners of the office.
    pub(crate) fn bind(settings: &Settings) -> Result<Self, Failure> {
        let door = |error: &dyn std::error::Error| Failure::door(error);
        Ok(Self {
            management: console::Listener::bind(&settings.management)
                .map_err(|error| door(&error))?,
            off_site: console::Listener::bind_off_site(&settings.management)
                .map_err(|error| door(&error))?,
            faces: Faces::bind(&settings.faces, &settings.faces_name())
                .map_err(|error| door(&error))?,
        })
    }

    /// Where the console listens.
    pub(crate) const fn management(&self) -> SocketAddr {
        self.management.address()
    }

    /// Where approvals off site listen.
    pub(crate) fn off_site(&self) -> Option<SocketAddr> {
        self.off_site.as_ref().map(console::Listener::address)
    }

    /// Where the pages for everybody listen.
    pub(crate) const fn faces(&self) -> SocketAddr {
        self.faces.address()
    }

    /// Opens the office.
    pub(crate) fn open(self, with: &Opening<'_>) -> Result<Office, Failure> {
        let door = |error: &dyn std::error::Error| Failure::door(error);
        let (desk, doors) = (with.desk, with.doors);
        let state = desk.folder().path().to_owned();
        let journal = StateFolder::journal_in(&state);
        let gate = &doors.gate;
        let incidents = Arc::new(Incidents::open(&state).map_err(|error| door(&error))?);
        let school = school(with.settings, &gate.state());
        let clock = Arc::clone(gate.clock());
        let courier = Courier::start(
            Arc::clone(desk.notices()),
            post(with.settings, self.management()),
            school.clone(),
            desk.directory(),
            Arc::clone(&clock),
        )?;
        let watch = with.settings.alert.watch.clone();
        let watch = Watch::open(&state, watch, school.clone(), clock.now());
        let watcher = Watcher::start(
            watch.map_err(|error| door(&error))?,
            journal.clone(),
            Arc::clone(&incidents),
            Arc::clone(desk.notices()),
            desk.directory(),
            Arc::clone(&clock),
        )?;
        let (courier, watcher) = (Arc::new(courier), Arc::new(watcher));
        let counts = Arc::new(DayCounts::new(journal.clone()));
        let rounds = [
            ticker::start(desk, gate, &courier, &watcher)?,
            records::start(desk, with.settings.records.clone())?,
            reports::start(desk, &incidents, &counts, &school)?,
        ];
        let subscriber = Subscriber::start(desk, Arc::clone(&clock))?;
        if let Err(error) = desk.ledger().reserve(with.settings.records.reserve()) {
            tracing::error!(%error, "no disk space is kept back for the change log");
        }
        let seen = (
            Arc::clone(desk),
            Arc::clone(gate),
            Arc::clone(&courier),
            Arc::clone(&watcher),
        );
        let (reached, folders) = (Arc::clone(gate), with.folders.clone());
        let console = Console::new(Parts {
            desk: Arc::clone(desk),
            gate: Arc::clone(gate),
            clock: Arc::clone(&clock),
            incidents: Arc::clone(&incidents),
            counts,
            files: Box::new(move || {
                let mut faults = Faults::default();
                let files = folders.read(&mut faults);
                match faults.errors() {
                    0 => Ok(files),
                    _ => Err(folders.rename(faults).to_string()),
                }
            }),
            state,
            registry: metrics::registry(doors).map_err(|error| door(&error))?,
            health: Box::new(move || health(&seen.0, &seen.1, &seen.2, &seen.3)),
            allowed: Box::new(move |address| may_come(&reached, address)),
        });
        let mut running = vec![
            self.management
                .run(&console)
                .map_err(|error| door(&error))?,
        ];
        if let Some(off_site) = self.off_site {
            running.push(off_site.run(&console).map_err(|error| door(&error))?);
        }
        let recorded = Arc::clone(&incidents);
        let duty = OnDuty::new(with.settings.alert.on_duty.clone(), school);
        let (told, asked) = (Arc::clone(desk), duty.clone());
        let notices = Arc::clone(desk);
        let faces = FacesParts {
            desk: Arc::clone(desk),
            gate: Arc::clone(gate),
            clock,
            journal,
            duty: Box::new(move |now| asked.on_duty(now, &told.directory(), &[])),
            tell: Box::new(move |telling| {
                let directory = notices.directory();
                let to = alert::Desk {
                    incidents: &incidents,
                    queue: notices.notices(),
                    directory: &directory,
                };
                duty.tell(telling, to)
            }),
            proxy: Some(ProxyWord {
                client_field: proxy::CLIENT_FIELD,
                secret_field: proxy::SECRET_FIELD,
                secret: with.secret.clone(),
            }),
        };
        running.push(self.faces.run(faces).map_err(|error| door(&error))?);
        Ok(Office {
            running,
            rounds,
            subscriber,
            courier,
            watcher,
            incidents: recorded,
        })
    }
}

impl Office {
    /// Where lists are asked for.
    pub(crate) fn lists(&self, desk: &Arc<Desk>) -> Counter {
        self.subscriber.counter(desk)
    }

    /// The record of incidents.
    pub(crate) const fn incidents(&self) -> &Arc<Incidents> {
        &self.incidents
    }

    /// Closes the office; what waits in the post is on the disk.
    pub(crate) fn close(self) {
        for running in self.running {
            running.stop();
        }
        for rounds in self.rounds {
            rounds.stop();
        }
        self.subscriber.stop();
        drop((self.courier, self.watcher));
    }
}

/// The settings of the post, with the console's address in each mail.
fn post(settings: &Settings, management: SocketAddr) -> alert::Settings {
    let mut post = settings.alert.clone();
    if post.console.is_empty() {
        post.console = match settings.management.names.first() {
            Some(name) => format!("https://{name}:{}", management.port()),
            None => format!("https://{management}"),
        };
    }
    post
}

/// The school as mails name it; the calendar's zone was checked when the policy was.
fn school(settings: &Settings, state: &State) -> School {
    let name = &settings.school.name;
    School::new(name, state.policy().time_zone()).unwrap_or_else(|error| {
        tracing::error!(%error, "mails give their times in UTC");
        School::utc(name)
    })
}

/// Whether an address may come to the console: this machine, and the networks of staff (SEC-09).
fn may_come(gate: &Arc<Gate>, address: IpAddr) -> bool {
    if address.is_loopback() {
        return true;
    }
    let mut session = gate.session();
    let client = session.client(address);
    let state = session.state();
    let facts = client
        .subject
        .and_then(|subject| state.policy().group(subject.group));
    facts.is_some_and(|facts| facts.kind == policy::GroupKind::Staff)
}

fn health(desk: &Desk, gate: &Gate, courier: &Courier, watcher: &Watcher) -> Health {
    let state = gate.state();
    let zone = state.policy().time_zone();
    let zone = School::new("", zone).unwrap_or_else(|_| School::utc(""));
    let mut health = Health::ready(format!("policy {} in force", state.policy().version()));
    health.words.push(format!(
        "{} names on {} lists",
        state.artefact().names(),
        state.artefact().lists().len()
    ));
    if !crate::gateway::has_floor_list(&state) {
        health.lacks("ILLEGAL-CONTENT LIST NOT PRESENT");
    }
    let in_force = desk.list_versions();
    for held in Stock::all(desk.subscriptions(), desk.store(), &in_force) {
        if held.list.source.enabled {
            health.words.push(held.line(gate.clock().now()));
        }
    }
    let journal = gate.journal();
    if journal.failures > 0 && journal.waiting > 0 {
        health = health.but("the journal cannot be written; check the disk of the state folder");
    }
    if journal.removed > 0 {
        health.lacks(format!(
            "{} files of the journal were removed while they were written: what they held is gone",
            journal.removed
        ));
    }
    let delivery = courier.delivery();
    for (what, channel) in [("mail", &delivery.mail), ("webhook", &delivery.webhook)] {
        match channel {
            alert::Channel::Fails { since, why, .. } => health.lacks(format!(
                "NOTICES ARE NOT DELIVERED by {what} since {}: {why}",
                zone.words(*since)
            )),
            alert::Channel::Off | alert::Channel::Idle | alert::Channel::Works { .. } => {}
        }
    }
    match &delivery.witness {
        alert::Channel::Fails { since, why, .. } => health.lacks(format!(
            "THE CHANGE LOG IS NOT WITNESSED ELSEWHERE since {since}: {why}"
        )),
        alert::Channel::Works { last } => health.words.push(format!(
            "the head of the change log was received elsewhere at {last}"
        )),
        alert::Channel::Off | alert::Channel::Idle => {}
    }
    if let Some(trouble) = watcher.trouble() {
        let fault = format!(
            "visits are not watched since {}: {}",
            zone.words(trouble.since),
            trouble.why
        );
        health = health.but(fault);
    }
    if desk.set_back().is_some() {
        health = health.but(
            "the state folder is older than a head kept elsewhere: unblocks are off, and changes wait for the headteacher and the chair",
        );
    }
    match desk.last_verification() {
        Some(found) if found.fault.is_some() => {
            let words = found.fault.unwrap_or_default();
            health = health.but(format!("THE CHANGE LOG DOES NOT VERIFY: {words}"));
        }
        Some(found) => health.words.push(format!(
            "the change log was verified on {}",
            zone.words(found.at)
        )),
        None => {}
    }
    health
}
