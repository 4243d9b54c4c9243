use crate::core::Ruling;
use hyper::body::Incoming;
use hyper::client::conn::http1::SendRequest;
use model::{Host, NetworkAccess, ViewId};
use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::net::IpAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// Idle connections to origins, of one worker.
///
/// Kept by [`Reach`] as well as by origin: two views may get different addresses for one name,
/// and a device with the internet only must not get a way into the school. A connection on which somebody signed in never comes here.
#[derive(Debug, Default)]
pub(crate) struct Pool {
    idle: RefCell<HashMap<Box<str>, Vec<Idle>>>,
    key: RefCell<String>,
}

/// For whom a connection may be used again: those who would be given the same one afresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reach {
    /// Views and addresses of an earlier policy may be closed now.
    generation: u64,
    view: ViewId,
    network: NetworkAccess,
}

impl Reach {
    pub(crate) const fn of(ruling: &Ruling) -> Self {
        Self {
            generation: ruling.client.generation,
            view: ruling.client.view,
            network: ruling.network,
        }
    }
}

/// A connection to an origin, ready for one request at a time.
#[derive(Debug)]
pub(crate) struct Upstream {
    pub(crate) sender: SendRequest<Incoming>,
    pub(crate) origin: Origin,
    /// The addresses that the host led to: another page of it is judged by them too.
    pub(crate) addresses: Rc<[IpAddr]>,
}

/// The view, host and port that a connection serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin(Rc<str>);

#[derive(Debug)]
struct Idle {
    upstream: Upstream,
    since: Instant,
}

impl Pool {
    pub(crate) fn origin(reach: Reach, host: &Host<'_>, port: u16) -> Origin {
        let mut key = String::new();
        write_key(&mut key, reach, host, port);
        Origin(key.into())
    }

    /// An idle connection to the origin, the one used last.
    pub(crate) fn take(&self, reach: Reach, host: &Host<'_>, port: u16) -> Option<Upstream> {
        let mut key = self.key.borrow_mut();
        write_key(&mut key, reach, host, port);
        let mut idle = self.idle.borrow_mut();
        let kept = idle.get_mut(key.as_str())?;
        while let Some(found) = kept.pop() {
            if !found.upstream.sender.is_closed() && found.since.elapsed() < MOST_IDLE {
                return Some(found.upstream);
            }
        }
        None
    }

    pub(crate) fn give(&self, upstream: Upstream) {
        if upstream.sender.is_closed() {
            return;
        }
        let mut idle = self.idle.borrow_mut();
        if !idle.contains_key(&*upstream.origin.0) && idle.len() >= MOST_ORIGINS {
            return;
        }
        let kept = idle.entry((&*upstream.origin.0).into()).or_default();
        if kept.len() < MOST_KEPT {
            kept.push(Idle {
                upstream,
                since: Instant::now(),
            });
        }
    }

    /// Drops what was idle too long.
    pub(crate) fn expire(&self) {
        self.idle.borrow_mut().retain(|_, kept| {
            kept.retain(|idle| {
                idle.since.elapsed() < MOST_IDLE && !idle.upstream.sender.is_closed()
            });
            !kept.is_empty()
        });
    }
}

fn write_key(key: &mut String, reach: Reach, host: &Host<'_>, port: u16) {
    key.clear();
    // Writing to a string cannot fail.
    let _ = write!(
        key,
        "{} {} {} {port} {host}",
        reach.generation, reach.view.0, reach.network as u8
    );
}

/// Below the 60 seconds after which many origins close, so that few requests meet a closed one.
const MOST_IDLE: Duration = Duration::from_secs(45);
const MOST_KEPT: usize = 8;
const MOST_ORIGINS: usize = 1024;
