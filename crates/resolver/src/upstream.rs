use crate::counters::{Count, Counters};
use crate::plan::Plan;
use crate::question::NameText;
use crate::shape::{dangling, read_text, type_of, wire_name};
use crate::shaped::Wants;
use crate::upstream_store::{Kept, UpstreamStore};
use gate::Gate;
use hickory_resolver::config::{NameServerConfig, ResolverOpts};
use hickory_resolver::net::dnssec::DnssecDnsHandle;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::xfer::{DnsHandle, FirstAnswer};
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::dnssec::Proof;
use hickory_resolver::proto::op::{DnsRequest, DnsRequestOptions, Message, Query, ResponseCode};
use hickory_resolver::proto::rr::{Name, RData, Record, RecordType};
use hickory_resolver::{NameServerPool, PoolContext, TlsConfig};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::timeout;

/// What an upstream is asked: free of any view, so that all clients share the answer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Asked {
    /// The name on the wire, in lower case.
    pub(crate) wire: Box<[u8]>,
    pub(crate) kind: u16,
    pub(crate) wants: Wants,
}

/// An upstream's answer, from it or from the store.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) message: Message,
    /// Seconds since it was given.
    pub(crate) age: u32,
    /// Whether it is past its time.
    pub(crate) stale: bool,
    /// Whether its signatures were checked here and hold.
    pub(crate) authentic: bool,
}

/// No upstream answered, and nothing that it said before may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lost;

/// All upstreams, and what they said.
pub(crate) struct Upstreams {
    gate: Arc<Gate>,
    plan: Arc<Plan>,
    counters: Arc<Counters>,
    public: Handle,
    forwards: Vec<Handle>,
    store: RefCell<UpstreamStore>,
    waiting: RefCell<HashMap<Asked, Vec<Waiter>>>,
}

/// One who waits for an answer.
type Waiter = oneshot::Sender<Option<Rc<Kept>>>;

type Pool = NameServerPool<TokioRuntimeProvider>;

/// A group of servers that are asked alike.
#[derive(Clone)]
struct Handle {
    plain: Pool,
    /// Checks signatures on the way.
    secure: Option<DnssecDnsHandle<Pool>>,
}

impl Upstreams {
    pub(crate) fn new(gate: &Arc<Gate>, plan: &Arc<Plan>, counters: &Arc<Counters>) -> Self {
        let handle = |servers: &[NameServerConfig], validate: bool| {
            let tls = TlsConfig {
                config: plan.tls.clone(),
            };
            let context = Arc::new(PoolContext::new(options(plan), tls));
            let provider = TokioRuntimeProvider::default();
            let plain = NameServerPool::from_config(servers.to_vec(), context, provider);
            let secure = validate.then(|| DnssecDnsHandle::new(plain.clone()));
            Handle { plain, secure }
        };
        let settings = &plan.settings;
        Self {
            public: handle(&plan.upstreams, settings.validate),
            // The school's own zones are seldom signed, and never from the root down.
            forwards: plan
                .forwards
                .iter()
                .map(|(_, servers)| handle(servers, false))
                .collect(),
            store: RefCell::new(UpstreamStore::new(
                settings.kept_upstream as usize,
                settings.stale_seconds,
            )),
            waiting: RefCell::default(),
            gate: Arc::clone(gate),
            plan: Arc::clone(plan),
            counters: Arc::clone(counters),
        }
    }

    /// Finds an upstream's answer: kept, awaited with others who ask the same, or past its time.
    pub(crate) async fn find(self: &Rc<Self>, asked: &Asked) -> Result<Found, Lost> {
        let now = self.millis();
        let held = self.store.borrow_mut().get(asked, now);
        if let Some(kept) = held.as_ref().filter(|kept| kept.is_fresh(now)) {
            return kept.found(now, false);
        }
        if self.store.borrow().has_failed(asked, now) {
            return self.past(held.as_deref());
        }
        let reply = self.join(asked);
        let fresh = match &held {
            // Who waits longer than this has often given up; the query goes on for the next one.
            Some(_) => timeout(PATIENCE, reply).await.ok().and_then(Result::ok),
            None => reply.await.ok(),
        };
        match fresh.flatten() {
            Some(kept) => kept.found(self.millis(), false),
            None => self.past(held.as_deref()),
        }
    }

    fn past(&self, held: Option<&Kept>) -> Result<Found, Lost> {
        let found = held.ok_or(Lost)?.found(self.millis(), true)?;
        self.counters.add(Count::Stale);
        Ok(found)
    }

    fn millis(&self) -> u64 {
        u64::try_from(self.gate.clock().monotonic().as_millis()).unwrap_or(u64::MAX)
    }

    /// Waits for the answer together with all who ask the same; the first one sends the query.
    fn join(self: &Rc<Self>, asked: &Asked) -> oneshot::Receiver<Option<Rc<Kept>>> {
        let (sender, receiver) = oneshot::channel();
        let mut waiting = self.waiting.borrow_mut();
        if let Some(others) = waiting.get_mut(asked) {
            others.push(sender);
            return receiver;
        }
        waiting.insert(asked.clone(), vec![sender]);
        let upstreams = Rc::clone(self);
        let asked = asked.clone();
        // On a task of its own: the query goes on when the one who asked first goes away.
        tokio::task::spawn_local(async move {
            let kept = upstreams.ask(&asked).await.ok().map(Rc::new);
            let now = upstreams.millis();
            match &kept {
                Some(kept) => upstreams.store.borrow_mut().put(&asked, kept, now),
                None => upstreams.store.borrow_mut().fail(&asked, now),
            }
            let waiters = upstreams.waiting.borrow_mut().remove(&asked);
            for waiter in waiters.unwrap_or_default() {
                // One who went away needs no answer.
                let _ = waiter.send(kept.clone());
            }
        });
        receiver
    }

    /// Asks for a name, and for the names it is an alias of where the answer stops short.
    async fn ask(&self, asked: &Asked) -> Result<Kept, Lost> {
        let name = wire_name(&asked.wire).ok_or(Lost)?;
        let kind = type_of(asked.kind);
        let (mut message, mut authentic) = self.ask_once(&name, kind, asked.wants).await?;
        for _ in 0..MOST_CHASES {
            let Some(next) = dangling(&message, &name, kind) else {
                break;
            };
            let (more, also) = self.ask_once(&next, kind, asked.wants).await?;
            authentic &= also;
            message.metadata.response_code = more.metadata.response_code;
            message.answers.extend(more.answers);
            message.authorities = more.authorities;
        }
        Kept::new(message, kind, authentic, self.millis()).ok_or(Lost)
    }

    async fn ask_once(
        &self,
        name: &Name,
        kind: RecordType,
        wants: Wants,
    ) -> Result<(Message, bool), Lost> {
        self.counters.add(Count::Upstream);
        let mut text = NameText::new();
        let handle = match read_text(name, &mut text).then(|| text.plain()).flatten() {
            Some(text) => self.plan.forward(text).map(|place| &self.forwards[place]),
            None => None,
        };
        let handle = handle.unwrap_or(&self.public);
        let validating = handle.secure.is_some() && !wants.checking_disabled();
        let mut options = DnsRequestOptions::default();
        options.edns_set_dnssec_ok = wants.dnssec_ok() || validating;
        options.case_randomization = self.plan.settings.mix_case;
        let mut request = DnsRequest::from_query(Query::query(name.clone(), kind), options);
        request.metadata.checking_disabled = wants.checking_disabled();
        let limit = Duration::from_millis(self.plan.settings.upstream_timeout_ms * 2);
        let answer = match &handle.secure {
            Some(secure) if validating => timeout(limit, secure.send(request).first_answer()).await,
            Some(_) | None => timeout(limit, handle.plain.send(request).first_answer()).await,
        };
        let message = read_answer(answer.map_err(|_| Lost)?)?;
        let records = || message.answers.iter().chain(&message.authorities);
        if validating && records().any(|record| record.proof == Proof::Bogus) {
            return Err(Lost);
        }
        let authentic = validating && records().all(|record| record.proof == Proof::Secure);
        Ok((message, authentic))
    }
}

/// Makes one message of what the pool gives back for answers and for absences.
fn read_answer<T: Into<Message>>(answer: Result<T, NetError>) -> Result<Message, Lost> {
    let mut message: Message = match answer {
        Ok(answer) => answer.into(),
        Err(NetError::Dns(DnsError::NoRecordsFound(absent))) => {
            let mut message = Message::query().into_response();
            message.metadata.response_code = absent.response_code;
            message.authorities = absent
                .authorities
                .map(|all| all.to_vec())
                .unwrap_or_default();
            message
        }
        Err(_) => {
            // Neither the name nor what the library says of it: no host belongs in the log.
            tracing::debug!("an upstream did not answer");
            return Err(Lost);
        }
    };
    match message.metadata.response_code {
        ResponseCode::NoError | ResponseCode::NXDomain => {}
        _ => return Err(Lost),
    }
    message.additionals.clear();
    message.edns = None;
    message.queries.clear();
    message
        .answers
        .iter_mut()
        .chain(&mut message.authorities)
        .for_each(lower);
    Ok(message)
}

/// Undoes mixed case, which comes back in owners and, by way of compression, in aliases.
fn lower(record: &mut Record) {
    record.name = record.name.to_lowercase();
    if let RData::CNAME(target) = &mut record.data {
        target.0 = target.0.to_lowercase();
    }
}

fn options(plan: &Plan) -> ResolverOpts {
    let mut options = ResolverOpts::default();
    options.timeout = Duration::from_millis(plan.settings.upstream_timeout_ms);
    options.cache_size = 0;
    options.case_randomization = plan.settings.mix_case;
    // The pool's own bound of 32 would turn a lesson's first minute away.
    options.max_active_requests = plan.settings.most_waiting as usize;
    options
}

/// How long an asker waits for news when there is an old answer (RFC 8767, 5).
const PATIENCE: Duration = Duration::from_millis(1800);

/// Aliases that are asked for one by one.
const MOST_CHASES: usize = 8;
