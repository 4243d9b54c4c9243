use crate::route::Face;
use crate::when::Zone;
use crate::{Connection, Form, Refusal};
use axum::body::Bytes;
use change::{Acting, Scope};
use model::Moment;

/// A request, read whole, as the pages and actions see it.
#[derive(Debug)]
pub(crate) struct Asked {
    /// Who asks, where somebody is signed in.
    pub(crate) somebody: Option<Acting>,
    /// The token of the session, where the browser sent one.
    pub(crate) token: Option<String>,
    /// What the token may do, where a program shows one.
    pub(crate) scope: Option<Scope>,
    /// The listener that it came to.
    pub(crate) face: Face,
    /// The connection.
    pub(crate) connection: Connection,
    /// The page, without its query.
    pub(crate) path: String,
    /// The page with its query, to come back to.
    pub(crate) whole: String,
    /// The parts of the path that the route names.
    pub(crate) parts: Vec<(String, String)>,
    /// The query.
    pub(crate) query: Form,
    /// The form that was sent.
    pub(crate) form: Form,
    /// The body as it came.
    pub(crate) body: Bytes,
    /// The present moment.
    pub(crate) now: Moment,
    /// The school's time zone.
    pub(crate) zone: Zone,
}

impl Asked {
    /// Who asks.
    ///
    /// # Errors
    ///
    /// Refuses where nobody is signed in; the table of routes sees to it before a page does.
    pub(crate) fn acting(&self) -> Result<&Acting, Refusal> {
        self.somebody.as_ref().ok_or(Refusal::SignIn)
    }

    /// Where somebody begins on this listener.
    pub(crate) const fn home(&self) -> &'static str {
        match self.face {
            Face::Console => "/",
            Face::OffSite => "/requests",
        }
    }

    /// A part of the path.
    pub(crate) fn part(&self, name: &str) -> &str {
        self.parts
            .iter()
            .find(|(part, _)| part == name)
            .map_or("", |(_, value)| value)
    }

    /// A part of the path, read as what it must be; what is nothing of the kind is not there.
    pub(crate) fn part_as<T: std::str::FromStr>(&self, name: &str) -> Result<T, Refusal> {
        self.part(name).parse().map_err(|_| Refusal::Missing)
    }
}
