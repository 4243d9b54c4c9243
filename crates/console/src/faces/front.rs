use super::asker::{Asker, client};
use super::open_page::FacePage;
use super::rate::Rate;
use super::{FacesParts, pages};
use crate::guard::{self, Names};
use crate::router::parse_form;
use crate::when::Zone;
use crate::{Answer, Connection, Form, Refusal};
use axum::body::Body;
use axum::extract::Query;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, Method, Request, Response, StatusCode, request};
use gate::{Client, Session};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;
use model::{Digest, Moment};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

/// What stands behind the listener of the pages for everybody.
pub(crate) struct Front {
    parts: FacesParts,
    names: Names,
    style: String,
    looks: Rate,
    tells: Rate,
}

/// A request, read whole, and who sent it.
pub(crate) struct FaceAsked {
    /// Who asks.
    pub(crate) asker: Asker,
    /// The query.
    pub(crate) query: Form,
    /// The form that was sent.
    pub(crate) form: Form,
    /// The present moment.
    pub(crate) now: Moment,
    /// The school's time zone.
    pub(crate) zone: Zone,
    /// A session that asks the gate for them.
    pub(crate) session: Session,
    /// Who asks, as the session knows them.
    pub(crate) known: Client,
}

/// What answers a request; it may wait for the disk.
type Answerer = fn(&Front, &mut FaceAsked) -> Result<Answer, Refusal>;

/// Every page for everybody; nothing else is answered.
const PAGES: &[(Method, &str, Answerer)] = &[
    (Method::GET, "/", pages::why::show),
    (Method::POST, "/ask", pages::ask::ask),
    (Method::GET, "/tell", pages::tell::show),
    (Method::POST, "/tell", pages::tell::tell),
    (Method::GET, "/monitoring", pages::fixed::monitoring),
    (Method::GET, "/rules", pages::fixed::rules),
];

impl Front {
    pub(crate) fn new(parts: FacesParts, name: &str) -> Self {
        let digest = Digest::of(STYLE.as_bytes()).to_string();
        Self {
            parts,
            names: Names::new(&[name.to_owned()]),
            style: format!("/style/{}.css", digest.get(..16).unwrap_or("0")),
            looks: Rate::new(MOST_LOOKS, Duration::from_secs(60)),
            tells: Rate::new(MOST_TELLS, Duration::from_secs(600)),
        }
    }

    /// All parts.
    pub(crate) const fn parts(&self) -> &FacesParts {
        &self.parts
    }

    /// Whether the device may tell something once more; counts it.
    pub(crate) fn may_tell(&self, asker: &Asker) -> bool {
        let now = self.parts.clock.monotonic();
        self.tells.takes(asker.client, asker.many(), now)
    }

    /// Reads a request, answers it, and dresses the answer.
    pub(crate) async fn answer(
        self: Arc<Self>,
        request: Request<Incoming>,
        connection: Connection,
    ) -> Response<Body> {
        let (parts, body) = request.into_parts();
        let answered = Arc::clone(&self).serve(parts, body, connection).await;
        let answer = answered.unwrap_or_else(|refusal| self.refused(&refusal));
        let fixed = answer.is_fixed();
        let mut response = answer.into_response(|_| None);
        let headers = response.headers_mut();
        if fixed {
            let always = HeaderValue::from_static("public, max-age=31536000, immutable");
            headers.insert("cache-control", always);
        }
        guard::dress(headers, false);
        response
    }

    async fn serve(
        self: Arc<Self>,
        parts: request::Parts,
        body: Incoming,
        connection: Connection,
    ) -> Result<Answer, Refusal> {
        let host = guard::host(&parts.uri, &parts.headers).ok_or(Refusal::OtherHost)?;
        if !self.names.know(host, &connection) {
            return Err(Refusal::OtherHost);
        }
        let method = match &parts.method {
            method if method == Method::HEAD => &Method::GET,
            method => method,
        };
        let path = parts.uri.path();
        if method == Method::GET && path == self.style {
            return Ok(Answer::of_kind("text/css; charset=utf-8", STYLE).fixed());
        }
        let found = PAGES
            .iter()
            .find(|(verb, page, _)| verb == method && *page == path);
        let Some((_, _, answerer)) = found else {
            // Who opens the address of a form by hand is led to where forms begin.
            let known = PAGES.iter().any(|(_, page, _)| *page == path);
            return match known && method == Method::GET {
                true => Ok(Answer::see("/")),
                false => Err(Refusal::Missing),
            };
        };
        let peer = connection.client();
        let client = client(peer, &parts.headers, self.parts.proxy.as_ref());
        if !self.looks.takes(client, 1, self.parts.clock.monotonic()) && method == Method::GET {
            return Err(Refusal::TooMany(TOO_OFTEN.to_owned()));
        }
        let query = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri);
        let query = query.map_or_else(|_| Form::default(), |Query(fields)| Form::new(fields));
        let form = read(&parts, body).await?;
        let answerer = *answerer;
        let working = tokio::task::spawn_blocking(move || {
            answerer(&self, &mut self.asked(client, query, form))
        });
        match tokio::time::timeout(LONGEST_ANSWER, working).await {
            Ok(Ok(answered)) => answered,
            Ok(Err(_)) => Err(Refusal::Failed("a page for everybody broke".to_owned())),
            Err(_) => Err(Refusal::TooLate),
        }
    }

    fn asked(&self, client: IpAddr, query: Form, form: Form) -> FaceAsked {
        let (asker, session, known) = Asker::of(&self.parts.gate, client);
        FaceAsked {
            asker,
            query,
            form,
            now: self.parts.clock.now(),
            zone: Zone::named(session.state().policy().time_zone()),
            session,
            known,
        }
    }

    /// Says why a request was not answered, and where help is all the same.
    fn refused(&self, refusal: &Refusal) -> Answer {
        refusal.log();
        pages::fixed::refused(self, refusal)
            .unwrap_or_else(|_| Answer::text(refusal.status(), format!("{refusal}\n")))
    }

    /// A page with its frame around it.
    pub(crate) fn page(&self, asked: &FaceAsked, title: &str) -> FacePage {
        let school = asked.session.state().school();
        FacePage::new(&self.style, school, asked.asker.reading, title)
    }

    /// The same for who is not known yet.
    pub(crate) fn plain_page(&self, title: &str) -> FacePage {
        let state = self.parts.gate.state();
        FacePage::new(&self.style, state.school(), gate::Reading::Plain, title)
    }
}

/// Reads the form in a body, bounded in size and time.
async fn read(parts: &request::Parts, body: Incoming) -> Result<Form, Refusal> {
    if parts.method != Method::POST {
        return Ok(Form::default());
    }
    let reading = Limited::new(body, MOST_BODY).collect();
    let read = tokio::time::timeout(LONGEST_BODY, reading)
        .await
        .map_err(|_| Refusal::TooLate)?;
    let body = match read {
        Ok(collected) => collected.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => return Err(Refusal::TooLarge),
        Err(_) => return Err(Refusal::Malformed("the request broke off".to_owned())),
    };
    let kind = parts
        .headers
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .unwrap_or_default();
    match kind.split(';').next().map(str::trim) {
        Some("application/x-www-form-urlencoded") => parse_form(body).await,
        Some(_) | None => Err(Refusal::Malformed(
            "the form cannot be read; go back and send it again".to_owned(),
        )),
    }
}

/// The status of a page that could not do what was asked.
pub(crate) const SORRY: StatusCode = StatusCode::SERVICE_UNAVAILABLE;

const STYLE: &str = include_str!("../../templates/faces/faces.css");

/// What a browser sends of a form is little; a child's story has room in it.
const MOST_BODY: usize = 8 * 1024;

/// Pages of one device in a minute.
const MOST_LOOKS: u32 = 60;

/// Reports of one device in ten minutes.
const MOST_TELLS: u32 = 20;

const LONGEST_BODY: Duration = Duration::from_secs(15);
const LONGEST_ANSWER: Duration = Duration::from_secs(20);

const TOO_OFTEN: &str = "this page was opened very often from here; wait a minute and try again";
