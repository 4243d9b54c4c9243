//! Incidents, notices and reports, and their delivery.
//!
//! A [`Notice`] is what a person must be told; a [`Letter`] is a notice with all that its delivery
//! must know. It is on the disk before the call that made it returns, and stays in the [`Queue`]
//! until somebody was told.
//!
//! A [`Courier`] delivers the queue by mail and webhook. A [`Watch`] looks at the journal for what
//! a person must look into and opens [`Incidents`]; [`OnDuty`] takes in what a pupil tells an
//! adult. [`DayCounts`] makes the [`Report`] of a week, [`GovernorReport`] the one that names nobody.
//!
//! This crate is synchronous, keeps its threads to itself and decides nothing: who holds which
//! role it is told in a [`Directory`], and what a notice holds up is for the desk.
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
mod counts;
mod courier;
mod day_counts;
mod directory;
mod each_row;
mod governor_report;
mod held;
mod incident;
mod incidents;
mod investigation_form;
mod letter;
mod line_file;
mod mail;
mod mailer;
mod mark;
mod misclassification;
mod notice;
mod on_duty;
mod outside_contact;
mod person;
mod plain;
mod post;
mod queue;
mod record;
mod role;
mod rota;
mod rounds;
mod school;
mod settings;
mod sheet;
mod sighting_letters;
mod span;
mod stamp;
mod telling;
mod theme;
mod watch;
mod watch_settings;
mod watcher;
mod webhook;
mod weekly_report;

#[cfg(test)]
mod stand_in;

pub use counts::GroupCounts;
pub use courier::{Channel, Courier, Delivery};
pub use day_counts::DayCounts;
pub use directory::{Contact, Directory};
pub use governor_report::{Few, GovernorReport};
pub use held::{Also, By, Failed, Held, NoticeId, Sent};
pub use incident::{
    Closing, ContextRow, Incident, IncidentId, IncidentKind, IncidentState, Intent, Nature,
    Recorded,
};
pub use incidents::{IncidentError, Incidents};
pub use investigation_form::InvestigationForm;
pub use letter::{Letter, NoticeKind};
pub use misclassification::{Misclassification, MisclassificationBundle};
pub use notice::{Notice, Urgency};
pub use on_duty::{Duty, DutyDay, DutyHours, HELP_LINES, HelpLine, OnDuty};
pub use outside_contact::{OUTSIDE_CONTACTS, OutsideContact};
pub use person::Person;
pub use queue::{Queue, QueueError};
pub use role::Role;
pub use school::{School, ZoneError};
pub use settings::{MailSettings, MailTls, Quiet, Settings, WebhookSettings};
pub use sheet::Sheet;
pub use span::{ParseSpanError, Span};
pub use telling::{TellError, Teller, Telling, Told};
pub use theme::Theme;
pub use watch::{Desk, Sighting, Watch, WatchError};
pub use watch_settings::{Threshold, WatchSettings};
pub use watcher::{Trouble, Watcher};
pub use weekly_report::{ChangeCounts, Report, last_week, weekly};
