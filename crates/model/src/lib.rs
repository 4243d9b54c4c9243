//! The words that all crates speak, and the clock.
//!
//! A [`Query`] says what is asked for and by whom; identifying it gives a [`Subject`], labelling
//! it [`Labels`], deciding it a [`Verdict`]. Nothing here does I/O: the clock and chance are the
//! only doors to the outside, and both are traits.
//!
//! ```
//! use model::{Host, HostBuffer};
//!
//! let mut buffer = HostBuffer::new();
//! let host = Host::normalise("WWW.Example.TEST.", &mut buffer).unwrap();
//! assert_eq!(host.to_string(), "www.example.test");
//! ```

mod action;
mod category;
mod clock;
mod content;
mod document;
mod fault;
mod files;
mod host;
mod labels;
mod names;
mod nearest;
mod obligations;
mod query;
mod resolve;
mod roster;
mod rung;
mod schedules;
mod subject;
mod verdict;
mod version;
mod visible;
mod vocabulary;

pub use action::{Access, Action};
pub use category::{CategoryId, CategorySet};
pub use clock::{Chance, Clock, ManualClock, Moment, ParseMomentError, SystemChance, SystemClock};
pub use content::Content;
pub use document::{Document, Step};
pub use fault::{Fault, Faults, Position, Severity};
pub use files::Files;
pub use host::{Host, HostBuffer, HostError, Name};
pub use labels::{LabelSet, Labels};
pub use names::{
    ClassIndex, DeviceIndex, DeviceSetIndex, GroupIndex, NameTable, UserIndex, ZoneIndex,
};
pub use nearest::nearest;
pub use obligations::{Inspect, Obligations, SafeSearch, YouTube};
pub use query::{Door, Query, Scheme, Target, TargetError, UrlSeen};
pub use resolve::{Resolve, ResolveError, Resolved};
pub use roster::{NetworkAccess, Roster, ZoneFacts};
pub use rung::Rung;
pub use schedules::{ScheduleIndex, ScheduleSet, Schedules};
pub use subject::{Certainty, Classes, DeviceSets, Subject, ZoneKind};
pub use verdict::{Reason, RuleIndex, Verdict, ViewId};
pub use version::{Digest, PolicyVersion};
pub use visible::{steers, visible};
pub use vocabulary::{
    Category, CategoryClass, CategoryDefault, FLOOR, FloorCategory, Vocabulary, VocabularyError,
};
