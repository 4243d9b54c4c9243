use crate::{Moment, Name, ViewId};
use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;

/// The addresses of a name, as the clients of one view get them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// Addresses in the order to try them; never empty.
    pub addresses: Vec<IpAddr>,
    /// Until when they may be kept.
    pub valid_until: Moment,
}

/// A name gave no address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResolveError {
    /// The name does not exist, or has no address.
    #[error("`{name}` has no address")]
    Absent {
        /// The name asked for.
        name: String,
    },
    /// All its addresses are private, and the school did not name it as its own.
    #[error("`{name}` has only private addresses")]
    Private {
        /// The name asked for.
        name: String,
    },
    /// The policy of the view closes a name that it points to.
    #[error("`{name}` points to a refused name")]
    Refused {
        /// The name asked for.
        name: String,
    },
    /// No upstream answered.
    #[error("no upstream answered for `{name}`")]
    Upstream {
        /// The name asked for.
        name: String,
    },
}

/// Looks names up in the view of a client.
///
/// `resolver` implements it, `proxy` asks it, the binary joins the two.
pub trait Resolve: Send + Sync {
    /// Finds the addresses of a name for the client at `source`.
    fn resolve<'a>(
        &'a self,
        name: Name<'a>,
        source: IpAddr,
        view: ViewId,
    ) -> Pin<Box<dyn Future<Output = Result<Resolved, ResolveError>> + Send + 'a>>;
}
