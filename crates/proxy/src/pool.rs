use hyper::body::Incoming;
use hyper::client::conn::http1::SendRequest;
use model::{Host, ViewId};
use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

/// Idle connections to origins, of one worker.
///
/// Kept by view as well as by origin: two views may get different addresses for one name. A
/// connection on which somebody signed in never comes here.
#[derive(Debug, Default)]
pub(crate) struct Pool {
    idle: RefCell<HashMap<Box<str>, Vec<Idle>>>,
    key: RefCell<String>,
}

/// A connection to an origin, ready for one request at a time.
#[derive(Debug)]
pub(crate) struct Upstream {
    pub(crate) sender: SendRequest<Incoming>,
    pub(crate) origin: Origin,
}

/// The view, host and port that a connection serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin(std::rc::Rc<str>);

#[derive(Debug)]
struct Idle {
    upstream: Upstream,
    since: Instant,
}

impl Pool {
    pub(crate) fn origin(view: ViewId, host: &Host<'_>, port: u16) -> Origin {
        let mut key = String::new();
        write_key(&mut key, view, host, port);
        Origin(key.into())
    }

    /// An idle connection to the origin, the one used last.
    pub(crate) fn take(&self, view: ViewId, host: &Host<'_>, port: u16) -> Option<Upstream> {
        let mut key = self.key.borrow_mut();
        write_key(&mut key, view, host, port);
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

fn write_key(key: &mut String, view: ViewId, host: &Host<'_>, port: u16) {
    key.clear();
    // Writing to a string cannot fail.
    let _ = write!(key, "{} {port} {host}", view.0);
}

/// Below the 60 seconds after which many origins close, so that few requests meet a closed one.
const MOST_IDLE: Duration = Duration::from_secs(45);
const MOST_KEPT: usize = 8;
const MOST_ORIGINS: usize = 1024;
