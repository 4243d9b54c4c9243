//! Parses and compiles the policy of each group, and decides a verdict.
//!
//! [`Draft`] is the files as they were read; [`Draft::compile`] joins them with who there is and
//! with what holds for a while ([`Overlay`]) into a [`Policy`]. A policy gives each subject a
//! [`View`] for the state of the calendar, and [`Policy::decide`] walks the ladder of the view.
//!
//! It is pure: it opens no file, asks no clock, and receives labels but never fetches them.
//!
//! ```
//! use model::{Faults, Files, Host, HostBuffer, Labels, PolicyVersion, Roster, Rung, Target};
//! use policy::{Draft, Overlay};
//!
//! let mut files = Files::default();
//! files.insert("blocklists/categories.toml", *b"");
//! files.insert("config/groups/ks2.toml", *br#"
//! title   = "Key Stage 2"
//! unknown = "block"
//! [[rule]]
//! name   = "Scratch"
//! sites  = ["scratch.mit.edu"]
//! action = "allow"
//! "#);
//! let mut faults = Faults::default();
//! let vocabulary = policy::vocabulary(&files, &mut faults).unwrap();
//! let draft = Draft::read(&files, &vocabulary, &mut faults);
//! let compiled = draft.compile(
//!     &Roster::default(),
//!     &Overlay::default(),
//!     PolicyVersion::from(files.digest()),
//!     &mut faults,
//! );
//! let policy = compiled.unwrap_or_else(|| panic!("{faults}"));
//!
//! let group = policy.groups().find("ks2").unwrap();
//! let now = "2026-11-23T10:15:00Z".parse().unwrap();
//! let view = policy.view(&policy.subject_of(group), &policy.schedules(now));
//! let mut buffer = HostBuffer::new();
//! let host = Host::normalise("api.scratch.mit.edu", &mut buffer).unwrap();
//! let verdict = policy.decide(&view, &Target::of_host(host), Labels::NONE);
//! assert!(verdict.action.opens());
//! assert_eq!(verdict.reason.rung, Rung::Site);
//! ```

mod calendar;
mod compiler;
mod conduct;
mod draft;
mod expectation;
mod group;
mod index;
mod ladder;
mod outline;
mod overlay;
mod policy;
mod rule;
mod schema;
mod sentence;
mod settings;
mod site;
mod trace;
mod view;
mod who;

pub use calendar::Span;
pub use conduct::{Conduct, ConductCell, Enforced, Proof};
pub use draft::{Draft, vocabulary};
pub use expectation::Outcome;
pub use group::GroupFacts;
pub use outline::{
    ConditionOutline, GroupOutline, Origin, RuleOutline, Says, SiteOutline, WhenOutline,
    WhomOutline, Words,
};
pub use overlay::{EmergencyBlock, Isolation, ModeSwitch, Overlay, Override, Pause, Plan, Trial};
pub use policy::Policy;
pub use schema::schemas;
pub use settings::{
    AccessItem, AccessSetting, CalendarSettings, CategoriesSettings, ConditionalWord,
    ConductSettings, ConductSubject, ConductTable, Day, DayKind, Enforcement, EssentialHost,
    EssentialSettings, Expectation, ExpectationsSettings, Fallback, GroupKind, GroupSettings,
    HalfDay, MarkSetting, Meaning, ModeKind, ModeSettings, PackSettings, PhraseSettings, Reading,
    RowSettings, RuleSettings, ScheduleSettings, Term, TimeOfDay, Weekday, WindowSettings, Written,
};
pub use trace::{Passed, Trace};
pub use view::View;
