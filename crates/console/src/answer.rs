use crate::Refusal;
use askama::Template;
use axum::body::Body;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, LOCATION, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, Response, StatusCode};
use model::{steers, visible};
use serde::Serialize;

/// What a page or an action answers.
#[derive(Debug)]
pub(crate) struct Answer {
    status: StatusCode,
    kind: &'static str,
    body: Vec<u8>,
    location: Option<String>,
    file: Option<String>,
    cookie: Cookie,
    fixed: bool,
}

/// What happens to the session of the browser.
#[derive(Debug)]
pub(crate) enum Cookie {
    /// It stays.
    Keep,
    /// It is this one from now on.
    Set(String),
    /// It is forgotten.
    Drop,
}

impl Answer {
    fn new(status: StatusCode, kind: &'static str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            kind,
            body: body.into(),
            location: None,
            file: None,
            cookie: Cookie::Keep,
            fixed: false,
        }
    }

    /// A page.
    pub(crate) fn page(page: &impl Template) -> Result<Self, Refusal> {
        Ok(Self::new(StatusCode::OK, HTML, written(page)?))
    }

    /// A page with something to mend on it: the form comes back as it was filled in.
    pub(crate) fn again(page: &impl Template) -> Result<Self, Refusal> {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        Ok(Self::new(status, HTML, written(page)?))
    }

    /// A page with a status of its own.
    pub(crate) fn page_with(status: StatusCode, page: &impl Template) -> Result<Self, Refusal> {
        Ok(Self::new(status, HTML, written(page)?))
    }

    /// Sends the browser to another page, after something was done.
    pub(crate) fn see(path: impl Into<String>) -> Self {
        let mut answer = Self::new(StatusCode::SEE_OTHER, TEXT, Vec::new());
        answer.location = Some(path.into());
        answer
    }

    /// Plain text.
    pub(crate) fn text(status: StatusCode, text: impl Into<Vec<u8>>) -> Self {
        Self::new(status, TEXT, text)
    }

    /// Anything with a type of its own.
    pub(crate) fn of_kind(kind: &'static str, body: impl Into<Vec<u8>>) -> Self {
        Self::new(StatusCode::OK, kind, body)
    }

    /// A file to keep; its name is reduced to letters that no browser reads otherwise.
    pub(crate) fn download(name: &str, kind: &'static str, body: impl Into<Vec<u8>>) -> Self {
        let safe = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let mut answer = Self::new(StatusCode::OK, kind, body);
        answer.file = Some(name.chars().filter(|c| safe(*c)).collect());
        answer
    }

    /// JSON.
    pub(crate) fn json(status: StatusCode, value: &impl Serialize) -> Result<Self, Refusal> {
        let text = serde_json::to_string(value)?;
        // Some read it in a terminal; outside of its strings, JSON has no such character.
        Ok(Self::new(status, JSON, visible(&text).into_owned()))
    }

    /// JSON that says what was wrong, as RFC 9457 writes it.
    pub(crate) fn problem(status: StatusCode, title: &str, detail: &str) -> Self {
        let body = serde_json::json!({
            "type": "about:blank", "title": title, "status": status.as_u16(), "detail": detail,
        });
        Self::new(status, PROBLEM, visible(&body.to_string()).into_owned())
    }

    /// The answer with another session.
    pub(crate) fn with(mut self, cookie: Cookie) -> Self {
        self.cookie = cookie;
        self
    }

    /// The answer as one that is the same for ever.
    pub(crate) const fn fixed(mut self) -> Self {
        self.fixed = true;
        self
    }

    /// Whether it is the same for ever.
    pub(crate) const fn is_fixed(&self) -> bool {
        self.fixed
    }

    /// Writes it for the wire; `cookie` gives the header of a session.
    pub(crate) fn into_response(
        self,
        cookie: impl FnOnce(Cookie) -> Option<HeaderValue>,
    ) -> Response<Body> {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.kind));
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        let named = self.file.and_then(|name| {
            HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")).ok()
        });
        if let Some(named) = named {
            headers.insert(CONTENT_DISPOSITION, named);
        }
        let location = self
            .location
            .and_then(|path| HeaderValue::from_str(&path).ok());
        if let Some(location) = location {
            headers.insert(LOCATION, location);
        }
        if let Some(cookie) = cookie(self.cookie) {
            headers.insert(axum::http::header::SET_COOKIE, cookie);
        }
        response
    }
}

/// Writes a page; whatever it shows, nothing in it hides text or turns its direction.
fn written(page: &impl Template) -> Result<String, Refusal> {
    let mut text = page.render()?;
    text.retain(|c| c == '\n' || !steers(c));
    Ok(text)
}

const HTML: &str = "text/html; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";
const JSON: &str = "application/json";
const PROBLEM: &str = "application/problem+json";
