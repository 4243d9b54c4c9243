//! Notices and their queue.
//!
//! A [`Notice`] is what a person must be told. It is on the disk before the call that made it
//! returns, and stays there until somebody took it; delivery comes with the mail settings.
//!
//! ```
//! use alert::{Notice, Queue, Role, Urgency};
//! use model::Moment;
//!
//! let folder = tempfile::tempdir().unwrap();
//! let queue = Queue::open(folder.path()).unwrap();
//! queue.push(Notice {
//!     at: Moment::from_millis(0),
//!     to: Role::Headteacher,
//!     urgency: Urgency::Digest,
//!     title: "a policy came into force".to_owned(),
//!     words: "three files changed".to_owned(),
//!     entry: Some(7),
//! }).unwrap();
//! assert_eq!(Queue::open(folder.path()).unwrap().waiting().len(), 1);
//! ```

mod notice;
mod queue;

pub use notice::{Notice, Role, Urgency};
pub use queue::{Queue, QueueError};
