use crate::answer::{self, AnswerBody, OriginBody, PLAIN};
use crate::asked::Asked;
use crate::core::{Core, Ruling, may_carry};
use crate::dial::{DialError, Reached, dial};
use crate::hop_by_hop::{self, binds_connection};
use crate::pac;
use crate::pool::{Pool, Reach, Upstream};
use crate::settings::{CLIENT_FIELD, FloorAnswer, SECRET_FIELD};
use crate::warnings::Link;
use crate::watch::Watch;
use gate::Facts;
use http::header::{self, HeaderValue};
use http::{HeaderMap, Method, Request, Response, StatusCode, Uri, Version};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use model::{Action, Door, Host, ResolveError};
use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;

/// One client connection at the HTTP door, over all its requests.
pub(crate) struct Visit {
    pub(crate) core: Rc<Core>,
    pub(crate) watch: Rc<Watch>,
    /// The address at which the client reached us.
    local: SocketAddr,
    /// Set once somebody signed a connection in: from then on the origin's connection is theirs.
    bound: Cell<bool>,
    own: RefCell<Option<Upstream>>,
}

type Answer = Response<AnswerBody>;

impl Visit {
    pub(crate) fn new(core: Rc<Core>, watch: Rc<Watch>, local: SocketAddr) -> Self {
        Self {
            core,
            watch,
            local,
            bound: Cell::new(false),
            own: RefCell::new(None),
        }
    }

    /// Answers one request.
    pub(crate) async fn answer(self: Rc<Self>, request: Request<Incoming>) -> Answer {
        self.core.journal_ready().await;
        let uri = request.uri();
        if uri.authority().is_none() && request.method() != Method::CONNECT {
            return self.own_page(uri.path());
        }
        if request.method() == Method::CONNECT || request.method() == Method::TRACE {
            return answer::last_text(StatusCode::METHOD_NOT_ALLOWED, "method not allowed\n");
        }
        if uri.scheme_str() != Some("http") {
            let words = "only http addresses may be asked for in this way\n";
            return answer::last_text(StatusCode::BAD_REQUEST, words);
        }
        let asked = Asked::Url(uri.clone());
        let Some(ruling) = self.core.judge(self.watch.source, &asked) else {
            return answer::last_text(StatusCode::BAD_REQUEST, "the address names no host\n");
        };
        if asked.with_target(|target, port| self.is_own(&target.host, port)) == Ok(true) {
            return self.own_page(uri.path());
        }
        self.core.counters.requests.add(1);
        let faces = asked.with_target(|target, port| self.core.faces(&target.host, port).is_some());
        if faces == Ok(true) && ruling.client.subject.is_some() {
            return self.ask_faces(request, &asked, &ruling).await;
        }
        if request.method() == Method::POST
            && let Some(answer) = self.go_on(uri, &asked)
        {
            return answer;
        }
        let facts = Facts {
            background: background(request.headers()),
            ..Facts::request(Door::Http, method_word(request.method()))
        };
        if !may_carry(&ruling, Door::Http) {
            let person = asks_for_page(facts.background, request.headers());
            return self.refuse(&asked, &ruling, facts, person).await;
        }
        let port = asked.with_target(|_, port| port).unwrap_or_default();
        if !self.core.settings.http_ports.contains(&port) {
            self.record_closed(&asked, &ruling, facts);
            let words = "the school's proxy does not carry this port\n";
            return answer::text(StatusCode::FORBIDDEN, PLAIN, words);
        }
        self.forward(request, asked, ruling, facts).await
    }

    /// Gives an origin's connection back for the next request.
    pub(crate) fn give_back(&self, upstream: Upstream) {
        if self.bound.get() {
            *self.own.borrow_mut() = Some(upstream);
        } else {
            self.core.pool.give(upstream);
        }
    }

    /// Ends what this connection carries.
    pub(crate) fn finish(&self) {
        self.core.end(&self.watch);
        self.watch.allow_idle(self.core.settings.idle_seconds);
    }

    fn is_own(&self, host: &Host<'_>, port: u16) -> bool {
        match host {
            Host::Address(address) => {
                port == self.local.port() && *address == self.local.ip().to_canonical()
            }
            Host::Name(_) => false,
        }
    }

    fn own_page(&self, path: &str) -> Answer {
        match path {
            "/proxy.pac" | "/wpad.dat" => {
                let script = pac::script(&self.core.settings, self.local);
                answer::text(StatusCode::OK, pac::MEDIA_TYPE, script)
            }
            "/" => answer::text(StatusCode::OK, PLAIN, WHAT_THIS_IS),
            _ => answer::text(StatusCode::NOT_FOUND, PLAIN, "there is no such page here\n"),
        }
    }

    /// Answers who goes on past a warning: with the way to the page, once the link is found good.
    ///
    /// What is judged is the page itself; a link that is not good is a request like any other.
    fn go_on(&self, uri: &Uri, asked: &Asked) -> Option<Answer> {
        let link = Link::parse(uri.query().filter(|_| uri.path() == gate::CONTINUE_PATH)?)?;
        let authority = uri.authority()?.as_str();
        let (_, host) = authority.rsplit_once('@').unwrap_or(("", authority));
        let page = format!("http://{host}{}", link.page);
        let target = Asked::Url(page.parse().ok().filter(|_| link.page.starts_with('/'))?);
        let ruling = self.core.judge(self.watch.source, &target)?;
        if ruling.judgement.verdict.action != Action::Warn
            || !self.core.pass(&target, &ruling, &link)
        {
            return None;
        }
        let facts = Facts::request(Door::Http, "POST");
        self.core.record(asked, &ruling, facts);
        Some(answer::see(&page))
    }

    /// Records a refusal that the gate did not speak itself, under the rung it did speak.
    fn record_closed(&self, asked: &Asked, ruling: &Ruling, facts: Facts) {
        self.core.counters.requests_refused.add(1);
        self.core.record(asked, &closed(ruling), facts);
    }

    async fn refuse(&self, asked: &Asked, ruling: &Ruling, facts: Facts, person: bool) -> Answer {
        self.core.counters.requests_refused.add(1);
        let reference = self.core.reference();
        self.core
            .record(asked, ruling, Facts { reference, ..facts });
        let words = self.core.words(ruling);
        if words.floor {
            match self.core.settings.floor_answer {
                FloorAnswer::Page => {}
                FloorAnswer::NotFound => {
                    return answer::text(StatusCode::NOT_FOUND, PLAIN, "not found\n");
                }
                FloorAnswer::Reset => {
                    self.watch.cut();
                    std::future::pending::<()>().await;
                }
            }
        }
        let link = self.core.offer(asked, ruling).filter(|_| person);
        let refused = answer::Refused {
            words: &words,
            action: ruling.judgement.verdict.action,
            address: &shown(asked),
            reference,
            person,
            go_on: link.map(|link| link.action()),
        };
        let mut response = answer::refusal(&self.core, &refused);
        if ruling.client.subject.is_none() {
            answer::close(&mut response);
        }
        response
    }

    async fn forward(
        self: Rc<Self>,
        request: Request<Incoming>,
        asked: Asked,
        ruling: Ruling,
        facts: Facts,
    ) -> Answer {
        let upload = hyper::body::Body::size_hint(request.body())
            .exact()
            .unwrap_or(0);
        self.core.begin(
            &self.watch,
            asked.clone(),
            &ruling,
            Facts {
                bytes: upload,
                ..facts
            },
        );
        let person = asks_for_page(facts.background, request.headers());
        let request = self.outward(request, &asked);
        self.watch.allow_idle(self.core.settings.response_seconds);
        self.watch.waits.set(true);
        let outcome = tokio::select! {
            biased;
            outcome = self.exchange(request, &asked, &ruling) => outcome,
            () = self.watch.overdue.notified() => Err(Failure::Slow),
        };
        self.watch.waits.set(false);
        match outcome {
            Ok((response, upstream)) => self.homeward(response, upstream),
            Err(Failure::Dial(DialError::Closed(second))) => {
                // The row of the request becomes the row of the refusal.
                self.watch.carried.borrow_mut().take();
                self.finish();
                self.refuse(&asked, &second, facts, person).await
            }
            Err(failure) => self.explain(failure, &ruling),
        }
    }

    /// Brings a request to the pages for everybody, with the word of this proxy for who asks.
    async fn ask_faces(
        self: Rc<Self>,
        request: Request<Incoming>,
        asked: &Asked,
        ruling: &Ruling,
    ) -> Answer {
        let mut request = self.outward(request, asked);
        let client = HeaderValue::from_str(&self.watch.source.to_string());
        let faces = self.core.settings.faces.as_ref();
        let secret = faces.and_then(|faces| HeaderValue::from_str(&faces.secret).ok());
        if let (Ok(client), Some(secret)) = (client, secret) {
            request.headers_mut().insert(CLIENT_FIELD, client);
            request.headers_mut().insert(SECRET_FIELD, secret);
        }
        match self.exchange(request, asked, ruling).await {
            Ok((response, upstream)) => self.homeward(response, upstream),
            Err(failure) => self.explain(failure, ruling),
        }
    }

    /// The request as the origin gets it.
    fn outward(&self, request: Request<Incoming>, asked: &Asked) -> Request<Incoming> {
        let (mut parts, body) = request.into_parts();
        hop_by_hop::clean_request(&mut parts.headers);
        parts.headers.remove(CLIENT_FIELD);
        parts.headers.remove(SECRET_FIELD);
        // Not what the client wrote: what was judged.
        let host = asked.with_target(|target, port| authority(&target.host, port));
        if let Ok(Ok(host)) = host.map(|host| HeaderValue::from_str(&host)) {
            parts.headers.insert(header::HOST, host);
        }
        if self.core.settings.via {
            parts
                .headers
                .insert(header::VIA, HeaderValue::from_static("1.1 schoolgate"));
        }
        let path = parts.uri.into_parts().path_and_query;
        parts.uri = path.map_or_else(Uri::default, Uri::from);
        parts.version = Version::HTTP_11;
        if parts
            .headers
            .get_all(header::AUTHORIZATION)
            .iter()
            .any(binds_connection)
        {
            self.bound.set(true);
        }
        Request::from_parts(parts, body)
    }

    async fn exchange(
        &self,
        mut request: Request<Incoming>,
        asked: &Asked,
        ruling: &Ruling,
    ) -> Result<(Response<Incoming>, Upstream), Failure> {
        loop {
            let (mut upstream, fresh) = self.upstream(asked, ruling).await?;
            if !fresh && upstream.sender.ready().await.is_err() {
                continue;
            }
            match upstream.sender.try_send_request(request).await {
                Ok(response) => return Ok((response, upstream)),
                // The origin closed while the connection was idle: the request was never sent.
                Err(mut error) => match error.take_message() {
                    Some(unsent) if !fresh => request = unsent,
                    Some(_) | None => return Err(Failure::Origin(error.into_error())),
                },
            }
        }
    }

    async fn upstream(&self, asked: &Asked, ruling: &Ruling) -> Result<(Upstream, bool), Failure> {
        let reach = Reach::of(ruling);
        let kept = asked.with_target(|target, port| {
            let own = self.own.borrow_mut().take();
            if self.bound.get() {
                let origin = Pool::origin(reach, &target.host, port);
                own.filter(|own| own.origin == origin && !own.sender.is_closed())
            } else {
                self.core.pool.take(reach, &target.host, port)
            }
        });
        if let Ok(Some(kept)) = kept {
            let judged = self.core.judge_led(ruling, asked, &kept.addresses);
            return match judged {
                Ok(second) => {
                    self.core.led_to(&self.watch, &kept.addresses, &second);
                    Ok((kept, false))
                }
                Err(closed) => {
                    self.give_back(kept);
                    Err(Failure::Dial(closed))
                }
            };
        }
        let named = asked.with_target(|target, port| (target.host.to_string(), port));
        let (host, port) = named.map_err(|_| Failure::NoTarget)?;
        let mut buffer = model::HostBuffer::new();
        let host = Host::normalise(&host, &mut buffer).map_err(|_| Failure::NoTarget)?;
        let reached = dial(&self.core, ruling, asked, host, port).await;
        let Reached {
            stream,
            addresses,
            ruling: second,
        } = reached.map_err(Failure::Dial)?;
        self.core.led_to(&self.watch, &addresses, &second);
        let (sender, connection) = hyper::client::conn::http1::Builder::new()
            .max_buf_size(MOST_ORIGIN_HEAD)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(Failure::Origin)?;
        // It ends by itself when its sender is dropped or the origin closes.
        tokio::task::spawn_local(async move {
            let _ = connection.await;
        });
        let origin = Pool::origin(reach, &host, port);
        let upstream = Upstream {
            sender,
            origin,
            addresses,
        };
        Ok((upstream, true))
    }

    /// The answer as the client gets it.
    fn homeward(self: Rc<Self>, response: Response<Incoming>, upstream: Upstream) -> Answer {
        let (mut parts, incoming) = response.into_parts();
        if parts
            .headers
            .get_all(header::WWW_AUTHENTICATE)
            .iter()
            .any(binds_connection)
        {
            self.bound.set(true);
        }
        // An upgrade was never asked for: `Upgrade` does not pass this door.
        if parts.status == StatusCode::SWITCHING_PROTOCOLS {
            self.finish();
            return answer::last_text(StatusCode::BAD_GATEWAY, "the site broke off\n");
        }
        hop_by_hop::clean_response(&mut parts.headers);
        self.watch.touch();
        let body = OriginBody {
            incoming,
            upstream: Some(upstream),
            visit: self,
            whole: false,
        };
        Response::from_parts(parts, AnswerBody::Origin(Box::new(body)))
    }

    fn explain(&self, failure: Failure, ruling: &Ruling) -> Answer {
        tracing::debug!(error = %failure, "an origin failed");
        let (status, words, refused) = match failure {
            Failure::Slow | Failure::Dial(DialError::Slow) => (
                StatusCode::GATEWAY_TIMEOUT,
                "the site does not answer in time\n",
                false,
            ),
            Failure::Dial(DialError::Resolve(ResolveError::Refused { .. })) => (
                StatusCode::FORBIDDEN,
                "the site's name leads to a closed one\n",
                true,
            ),
            Failure::Dial(
                DialError::Resolve(ResolveError::Private { .. })
                | DialError::Private
                | DialError::Closed(_),
            ) => (
                StatusCode::FORBIDDEN,
                "the address is private and may not be reached from here\n",
                true,
            ),
            Failure::Dial(DialError::Loop) => (
                StatusCode::LOOP_DETECTED,
                "the request would come back to this gateway\n",
                true,
            ),
            Failure::Dial(DialError::Resolve(ResolveError::Absent { .. })) => (
                StatusCode::BAD_GATEWAY,
                "there is no site of this name\n",
                false,
            ),
            Failure::Dial(
                DialError::Resolve(ResolveError::Upstream { .. }) | DialError::Connect(_),
            )
            | Failure::Origin(_)
            | Failure::NoTarget => (StatusCode::BAD_GATEWAY, "the site does not answer\n", false),
        };
        if refused {
            if let Some(carried) = &mut *self.watch.carried.borrow_mut() {
                carried.judgement = closed(ruling).judgement;
            }
            self.core.counters.requests_refused.add(1);
        }
        self.finish();
        answer::text(status, PLAIN, words)
    }
}

/// An origin gave no answer.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Dial(#[from] DialError),
    #[error("the site broke off")]
    Origin(#[source] hyper::Error),
    #[error("the site does not answer in time")]
    Slow,
    #[error("the address names no host")]
    NoTarget,
}

/// The same ruling, closed by this door for a reason that the gate does not know.
pub(crate) fn closed(ruling: &Ruling) -> Ruling {
    let mut closed = *ruling;
    closed.judgement.verdict.action = Action::Block;
    closed
}

/// The address as the person may read it: without the query, which may be private.
pub(crate) fn shown(asked: &Asked) -> String {
    asked
        .with_target(|target, port| {
            let path = target.url.as_ref().map_or("", |url| &url.path);
            format!("{}{path}", authority(&target.host, port))
        })
        .unwrap_or_default()
}

fn authority(host: &Host<'_>, port: u16) -> String {
    let host = match host {
        Host::Address(std::net::IpAddr::V6(address)) => format!("[{address}]"),
        Host::Address(std::net::IpAddr::V4(_)) | Host::Name(_) => host.to_string(),
    };
    match port {
        80 => host,
        _ => format!("{host}:{port}"),
    }
}

/// Whether a page fetches by itself; only browsers say so, and to some origins only.
fn background(fields: &HeaderMap) -> Option<bool> {
    match (fields.get("sec-fetch-dest"), fields.get("sec-fetch-mode")) {
        (Some(to), _) => Some(to != "document"),
        (None, Some(mode)) => Some(mode != "navigate"),
        (None, None) => None,
    }
}

fn asks_for_page(background: Option<bool>, fields: &HeaderMap) -> bool {
    let accepts = || {
        let accept = fields
            .get(header::ACCEPT)
            .and_then(|value| value.to_str().ok());
        accept.is_none_or(|accept| accept.contains("text/html") || accept.trim() == "*/*")
    };
    background.map_or_else(accepts, |background| !background)
}

/// The method as the journal writes it.
pub(crate) fn method_word(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "OTHER",
    }
}

const WHAT_THIS_IS: &str =
    "This is the school's web proxy. Browsers find their settings at /proxy.pac.\n";
const MOST_ORIGIN_HEAD: usize = 128 * 1024;
