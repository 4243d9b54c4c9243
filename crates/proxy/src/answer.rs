use crate::block_page::{self, PageRequest};
use crate::core::Core;
use crate::pool::Upstream;
use crate::visit::Visit;
use gate::{Reference, Words};
use http::header::{self, HeaderValue};
use http::{Response, StatusCode};
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use model::Action;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

/// The body of an answer: a text of ours, or what an origin sends.
pub(crate) enum AnswerBody {
    Text(Option<Bytes>),
    Origin(Box<OriginBody>),
}

/// A body on its way from an origin. Its end gives the connection back and writes the row.
pub(crate) struct OriginBody {
    pub(crate) incoming: Incoming,
    pub(crate) upstream: Option<Upstream>,
    pub(crate) visit: Rc<Visit>,
    pub(crate) whole: bool,
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        match self.get_mut() {
            Self::Text(text) => Poll::Ready(text.take().map(|text| Ok(Frame::data(text)))),
            Self::Origin(body) => body.poll(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Text(text) => text.is_none(),
            Self::Origin(body) => body.incoming.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Text(text) => SizeHint::with_exact(text.as_ref().map_or(0, |t| t.len() as u64)),
            Self::Origin(body) => body.incoming.size_hint(),
        }
    }
}

impl OriginBody {
    fn poll(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let polled = Pin::new(&mut self.incoming).poll_frame(context);
        match &polled {
            Poll::Ready(Some(Ok(frame))) => {
                let count = frame.data_ref().map_or(0, |bytes| bytes.len() as u64);
                self.visit.watch.touch();
                self.visit.watch.add_bytes(count);
                self.visit.core.counters.bytes_down.add(count);
            }
            Poll::Ready(None) => self.whole = true,
            Poll::Ready(Some(Err(_))) => self.upstream = None,
            Poll::Pending => {}
        }
        polled
    }
}

impl Drop for OriginBody {
    fn drop(&mut self) {
        // The engine drops a body of known length without asking for its end.
        let whole = self.whole || self.incoming.is_end_stream();
        if let Some(upstream) = self.upstream.take().filter(|_| whole) {
            self.visit.give_back(upstream);
        }
        self.visit.finish();
    }
}

/// A short text.
pub(crate) fn text(
    status: StatusCode,
    kind: &'static str,
    words: impl Into<Bytes>,
) -> Response<AnswerBody> {
    let mut response = Response::new(AnswerBody::Text(Some(words.into())));
    *response.status_mut() = status;
    let fields = response.headers_mut();
    fields.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    fields.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    fields.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    response
}

/// A text after which the connection ends.
pub(crate) fn last_text(status: StatusCode, words: &'static str) -> Response<AnswerBody> {
    let mut response = text(status, PLAIN, words);
    close(&mut response);
    response
}

pub(crate) fn close(response: &mut Response<AnswerBody>) {
    response
        .headers_mut()
        .insert(header::CONNECTION, HeaderValue::from_static("close"));
}

/// A refusal as the person is told it.
pub(crate) struct Refused<'a> {
    pub(crate) words: &'a Words,
    pub(crate) action: Action,
    pub(crate) address: &'a str,
    pub(crate) reference: Option<Reference>,
    /// Whether a person looks at it.
    pub(crate) person: bool,
    /// The address to which who is warned may go on.
    pub(crate) go_on: Option<String>,
}

/// The block page, or a line of text where something fetches by itself.
pub(crate) fn refusal(core: &Core, refused: &Refused<'_>) -> Response<AnswerBody> {
    let reference = refused.reference.map(|reference| reference.to_string());
    let reference = reference.as_deref();
    if !refused.person {
        return text(
            StatusCode::FORBIDDEN,
            PLAIN,
            block_page::short_text(reference),
        );
    }
    let go_on = refused.go_on.as_deref();
    let page = block_page::render(
        refused.words,
        &PageRequest {
            action: refused.action,
            address: refused.address,
            reference,
            console: &core.settings.console,
            contact: &core.settings.contact,
            floor_words: &core.settings.floor_words,
            go_on,
        },
    );
    let mut response = text(StatusCode::FORBIDDEN, "text/html; charset=utf-8", page);
    let policy = block_page::content_policy(&core.settings.console, go_on.is_some());
    let fields = response.headers_mut();
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        fields.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    fields.insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    );
    response
}

/// The way to a page.
pub(crate) fn see(page: &str) -> Response<AnswerBody> {
    let mut response = text(StatusCode::SEE_OTHER, PLAIN, "");
    let fields = response.headers_mut();
    if let Ok(page) = HeaderValue::from_str(page) {
        fields.insert(header::LOCATION, page);
    }
    fields.insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    );
    response
}

pub(crate) const PLAIN: &str = "text/plain; charset=utf-8";
