//! Incidents, notices and reports, and their delivery.
//!
//! A [`Notice`] is what a person must be told; a [`Letter`] is a notice with all that its delivery
//! must know. It is on the disk before the call that made it returns, and stays in the [`Queue`]
//! until somebody was told.
//!
//! This crate is synchronous and decides nothing: who holds which role it is told in a
//! [`Directory`], and what a notice holds up is for the desk.
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

mod bell;
mod directory;
mod held;
mod letter;
mod line_file;
mod notice;
mod person;
mod queue;
mod record;
mod role;

#[cfg(test)]
mod stand_in;

pub use directory::{Contact, Directory};
pub use held::{Also, By, Failed, Held, NoticeId, Sent};
pub use letter::{Letter, NoticeKind};
pub use notice::{Notice, Urgency};
pub use person::Person;
pub use queue::{Queue, QueueError};
pub use role::Role;
