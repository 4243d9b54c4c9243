use crate::admission::Admission;
use crate::asked::Asked;
use crate::destination::Destinations;
use crate::dial::DialError;
use crate::pipes::Room;
use crate::pool::Pool;
use crate::warnings::{Link, Passage, Warnings};
use crate::watch::{Carried, Watch, Watches};
use crate::{Counters, Faces, Settings};
use gate::{Client, Facts, Gate, Judgement, Session, Words};
use model::{Action, Door, Host, HostBuffer, NetworkAccess, Resolve, ZoneKind};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// All that the connections of one worker share. It never leaves its thread.
pub(crate) struct Core {
    pub(crate) settings: Arc<Settings>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) resolve: Arc<dyn Resolve>,
    pub(crate) destinations: Arc<Destinations>,
    pub(crate) admission: Arc<Admission>,
    pub(crate) warnings: Arc<Warnings>,
    pub(crate) watches: Watches,
    pub(crate) pool: Pool,
    pub(crate) room: Room,
    gate: Arc<Gate>,
    session: RefCell<Session>,
    /// Rows that the journal could not take yet. At most one a connection, for a connection
    /// waits until this is empty before it asks again.
    late: RefCell<VecDeque<Row>>,
    stopping: Cell<bool>,
    stop: Notify,
}

/// One decision with all that the journal wants of it.
#[derive(Debug)]
struct Row {
    asked: Asked,
    client: Client,
    judgement: Judgement,
    facts: Facts,
}

/// What all workers are made from.
pub(crate) struct Shared {
    pub(crate) settings: Arc<Settings>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) gate: Arc<Gate>,
    pub(crate) resolve: Arc<dyn Resolve>,
    pub(crate) destinations: Arc<Destinations>,
    pub(crate) admission: Arc<Admission>,
    pub(crate) warnings: Arc<Warnings>,
}

/// What the gate says of a query, and who asked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ruling {
    pub(crate) client: Client,
    pub(crate) judgement: Judgement,
    /// What the client's device may reach at all.
    pub(crate) network: NetworkAccess,
    /// Whether the client was warned of the site and went on; its end is in `valid_until`.
    pub(crate) passed: bool,
}

impl Ruling {
    pub(crate) fn opens(&self) -> bool {
        self.judgement.verdict.action.opens() || self.is_passed()
    }

    /// Whether a warning alone stood before it, and the client went on.
    pub(crate) fn is_passed(&self) -> bool {
        self.passed && self.judgement.verdict.action == Action::Warn
    }
}

impl Core {
    pub(crate) fn new(shared: &Shared) -> Self {
        Self {
            settings: Arc::clone(&shared.settings),
            counters: Arc::clone(&shared.counters),
            resolve: Arc::clone(&shared.resolve),
            destinations: Arc::clone(&shared.destinations),
            admission: Arc::clone(&shared.admission),
            warnings: Arc::clone(&shared.warnings),
            watches: Watches::default(),
            pool: Pool::default(),
            room: Room::default(),
            session: RefCell::new(shared.gate.session()),
            gate: Arc::clone(&shared.gate),
            late: RefCell::default(),
            stopping: Cell::new(false),
            stop: Notify::new(),
        }
    }

    /// Asks the gate. `None` when the text names no target.
    pub(crate) fn judge(&self, source: IpAddr, asked: &Asked) -> Option<Ruling> {
        self.judge_reached(source, asked, &[])
    }

    /// Asks the gate about what leads to these addresses. `None` when the text names no target.
    pub(crate) fn judge_reached(
        &self,
        source: IpAddr,
        asked: &Asked,
        addresses: &[IpAddr],
    ) -> Option<Ruling> {
        let mut session = self.session.borrow_mut();
        let client = session.client(source);
        let mut judgement = asked
            .with_target(|target, _| session.judge_reached(&client, target, addresses))
            .ok()?;
        let mut passed = false;
        if judgement.verdict.action == Action::Warn
            && let Some(who) = passage(&session, &client, asked)
            && let Some(until) = self.warnings.passed(&who, self.gate.clock().now())
        {
            let edge = &mut judgement.verdict.valid_until;
            *edge = Some(edge.map_or(until, |edge| edge.min(until)));
            passed = true;
        }
        let facts = &session.state().identifier().roster().zone_facts;
        let zone = client
            .subject
            .and_then(|subject| facts.get(usize::from(subject.zone.0)));
        Some(Ruling {
            client,
            judgement,
            network: zone.map_or(NetworkAccess::None, |zone| zone.network),
            passed,
        })
    }

    /// Asks the gate again, now that the addresses of what it opened are known, where they matter.
    pub(crate) fn judge_led(
        &self,
        ruling: &Ruling,
        asked: &Asked,
        addresses: &[IpAddr],
    ) -> Result<Ruling, DialError> {
        // The pages for everybody have none.
        if addresses.is_empty() || !self.session.borrow_mut().minds_addresses() {
            return Ok(*ruling);
        }
        let door = match asked {
            Asked::Url(_) => Door::Http,
            Asked::Host { .. } => Door::Connect,
        };
        match self.judge_reached(ruling.client.source, asked, addresses) {
            Some(second) if may_carry(&second, door) => Ok(second),
            Some(second) => Err(DialError::Closed(Box::new(second))),
            None => Err(DialError::Private),
        }
    }

    /// A link by which the client may go on past the warning of a page.
    ///
    /// None where many sit behind the address: one of them would open the site for all.
    pub(crate) fn offer(&self, asked: &Asked, ruling: &Ruling) -> Option<Link> {
        let verdict = &ruling.judgement.verdict;
        if verdict.action != Action::Warn || verdict.obligations.needs_url {
            return None;
        }
        let who = passage(&self.session.borrow(), &ruling.client, asked)?;
        let Asked::Url(uri) = asked else { return None };
        let page = uri.path_and_query()?.as_str();
        let page = if page.len() > MOST_PAGE { "/" } else { page };
        let now = self.gate.clock().now();
        self.warnings.offer(&who, page, now, verdict.valid_until)
    }

    /// Lets the client of a link go on; false for a link that is not theirs, or over.
    pub(crate) fn pass(&self, asked: &Asked, ruling: &Ruling, link: &Link) -> bool {
        let who = passage(&self.session.borrow(), &ruling.client, asked);
        who.is_some_and(|who| self.warnings.pass(who, link, self.gate.clock().now()))
    }

    /// Whether the school named the host as a server of its own.
    pub(crate) fn is_local_server(&self, host: &Host<'_>) -> bool {
        let session = self.session.borrow();
        let servers = session.state().compiled().local_servers();
        match host {
            Host::Address(address) => servers
                .iter()
                .any(|server| server.addresses.contains(address)),
            Host::Name(name) => servers.iter().any(|server| {
                let mut buffer = HostBuffer::new();
                let own = Host::normalise(&server.name, &mut buffer);
                own.is_ok_and(|own| own.name().is_some_and(|own| name.is_at_or_below(own)))
            }),
        }
    }

    /// The pages for everybody, where the target is they.
    pub(crate) fn faces(&self, host: &Host<'_>, port: u16) -> Option<&Faces> {
        let faces = self.settings.faces.as_ref().filter(|_| port == 80)?;
        let same = host.name().is_some_and(|name| name.as_str() == faces.name);
        same.then_some(faces)
    }

    pub(crate) fn words(&self, ruling: &Ruling) -> Words {
        self.session
            .borrow_mut()
            .words(&ruling.client, &ruling.judgement)
    }

    pub(crate) fn reference(&self) -> Option<gate::Reference> {
        // Without randomness the page has no number; it is still a page.
        self.session.borrow().reference().ok()
    }

    /// Waits until the journal has taken all that this worker owes it.
    pub(crate) async fn journal_ready(&self) {
        while !self.late.borrow().is_empty() {
            self.counters.journal_waits.add(1);
            tokio::time::sleep(RETRY).await;
            self.settle();
        }
    }

    /// Writes a decision down, or keeps it until the journal takes it.
    pub(crate) fn record(&self, asked: &Asked, ruling: &Ruling, facts: Facts) {
        self.put(Row {
            asked: asked.clone(),
            client: ruling.client,
            judgement: ruling.judgement,
            facts,
        });
    }

    fn put(&self, row: Row) {
        let behind = !self.late.borrow().is_empty();
        if behind || !self.try_put(&row) {
            self.late.borrow_mut().push_back(row);
        }
    }

    fn try_put(&self, row: &Row) -> bool {
        let mut session = self.session.borrow_mut();
        row.asked
            .with_target(|target, _| {
                session
                    .record(&row.client, target, &row.judgement, row.facts)
                    .is_ok()
            })
            // INVARIANT: a row is made from what was judged, so it names a target.
            .unwrap_or(true)
    }

    /// Tries the rows that the journal could not take.
    pub(crate) fn settle(&self) {
        while let Some(row) = self.late.borrow_mut().pop_front() {
            if !self.try_put(&row) {
                self.late.borrow_mut().push_front(row);
                break;
            }
        }
    }

    /// Hands what waits to the journal.
    pub(crate) fn flush(&self) {
        self.settle();
        self.session.borrow_mut().flush();
    }

    pub(crate) fn owes_journal(&self) -> bool {
        !self.late.borrow().is_empty()
    }

    /// Counts as lost what the journal did not take before the end.
    pub(crate) fn give_up(&self) {
        for _ in self.late.borrow_mut().drain(..) {
            self.session.borrow_mut().lose();
        }
    }

    /// Begins to carry what was judged: from here on the tick judges it again.
    pub(crate) fn begin(&self, watch: &Watch, asked: Asked, ruling: &Ruling, facts: Facts) {
        self.end(watch);
        *watch.carried.borrow_mut() = Some(Carried {
            asked,
            client: ruling.client,
            judgement: ruling.judgement,
            facts,
            addresses: Rc::default(),
            began: Instant::now(),
            began_tick: self.watches.now(),
            written: false,
        });
    }

    /// Keeps the addresses that what is carried led to, and what they made of it: it is judged
    /// again by them too.
    pub(crate) fn led_to(&self, watch: &Watch, addresses: &Rc<[IpAddr]>, ruling: &Ruling) {
        if let Some(carried) = &mut *watch.carried.borrow_mut() {
            carried.addresses = Rc::clone(addresses);
            carried.client = ruling.client;
            carried.judgement = ruling.judgement;
        }
    }

    /// Ends what is carried and writes its row.
    pub(crate) fn end(&self, watch: &Watch) {
        let Some(carried) = watch.carried.borrow_mut().take() else {
            return;
        };
        if !carried.written || carried.facts.bytes > 0 {
            self.put(carried.row());
        }
    }

    pub(crate) fn begin_stop(&self) {
        self.stopping.set(true);
        self.stop.notify_waiters();
    }

    /// Waits until the worker begins to stop.
    pub(crate) async fn stops(&self) {
        let stop = self.stop.notified();
        if !self.stopping.get() {
            stop.await;
        }
    }

    /// Once a second: ends what is idle, judges again what is open, writes down what runs long.
    pub(crate) fn tick(&self) {
        let now = self.watches.tick();
        let mut rows = Vec::new();
        self.watches.each(|watch| {
            if watch.is_idle() {
                if watch.waits.get() {
                    watch.overdue.notify_one();
                } else {
                    self.counters.idle.add(1);
                    watch.cut();
                }
            }
            if let Some(carried) = &mut *watch.carried.borrow_mut() {
                if !self.still_opens(carried) {
                    self.counters.cut.add(1);
                    watch.cut();
                }
                if !carried.written && now.wrapping_sub(carried.began_tick) >= 1 {
                    rows.push(carried.row());
                    carried.written = true;
                    carried.facts.bytes = 0;
                }
            }
        });
        for row in rows {
            self.put(row);
        }
        self.pool.expire();
    }

    /// Whether the gate still opens what is carried; asked only when its answer may have changed.
    fn still_opens(&self, carried: &mut Carried) -> bool {
        let verdict = &carried.judgement.verdict;
        let now = self.gate.clock().now();
        let ended = verdict.valid_until.is_some_and(|end| now >= end);
        if carried.judgement.generation == self.gate.generation() && !ended {
            return true;
        }
        let source = carried.client.source;
        match self.judge_reached(source, &carried.asked, &carried.addresses) {
            Some(ruling) if may_carry(&ruling, carried.facts.door) => {
                carried.judgement = ruling.judgement;
                carried.client = ruling.client;
                true
            }
            Some(_) | None => false,
        }
    }
}

/// Who is at which site, as far as a warning is concerned; `None` where an address is no person's,
/// or the door sees no pages.
fn passage(session: &Session, client: &Client, asked: &Asked) -> Option<Passage> {
    let subject = client.subject.as_ref()?;
    let state = session.state();
    let roster = state.identifier().roster();
    let zone = roster.zone_facts.get(usize::from(subject.zone.0))?;
    match zone.kind {
        ZoneKind::Clients => {}
        ZoneKind::Shared | ZoneKind::Forwarder | ZoneKind::Things => return None,
    }
    let user = subject.user.and_then(|user| roster.users.name(user));
    let device = subject
        .device
        .and_then(|device| roster.devices.name(device));
    asked
        .with_target(|target, port| {
            target.url.is_some().then(|| Passage {
                source: client.source,
                group: state.group_name(subject.group),
                user: user.unwrap_or_default().to_owned(),
                device: device.unwrap_or_default().to_owned(),
                host: target.host.to_string(),
                port,
            })
        })
        .ok()?
}

/// Whether a door may carry what was judged.
///
/// A tunnel whose host alone settles nothing would go to the door that sees the URL; until there
/// is such a door for TLS it stays shut.
pub(crate) fn may_carry(ruling: &Ruling, door: Door) -> bool {
    let needs_url = ruling.judgement.verdict.obligations.needs_url;
    ruling.opens() && !(needs_url && door == Door::Connect)
}

impl Carried {
    fn row(&self) -> Row {
        let micros = self.began.elapsed().as_micros();
        Row {
            asked: self.asked.clone(),
            client: self.client,
            judgement: self.judgement,
            facts: Facts {
                duration_us: u32::try_from(micros).unwrap_or(u32::MAX),
                ..self.facts
            },
        }
    }
}

/// An open connection as its task holds it: dropping it frees its place and writes its row.
pub(crate) struct Connection {
    pub(crate) core: Rc<Core>,
    pub(crate) watch: Rc<Watch>,
    place: usize,
    _admitted: crate::admission::Place,
}

impl Connection {
    pub(crate) fn enter(
        core: &Rc<Core>,
        source: IpAddr,
        admitted: crate::admission::Place,
    ) -> Self {
        core.counters.connections.add(1);
        let (place, watch) = core.watches.enter(source, core.settings.header_seconds);
        Self {
            core: Rc::clone(core),
            watch,
            place,
            _admitted: admitted,
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.core.end(&self.watch);
        self.core.watches.leave(self.place);
        self.core.counters.connections_closed.add(1);
    }
}

/// A longer address leads back to the start page of its site.
const MOST_PAGE: usize = 2_000;
const RETRY: Duration = Duration::from_millis(3);
