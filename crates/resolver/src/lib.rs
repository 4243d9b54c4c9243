//! DNS listeners, upstreams and answer shaping.
//!
//! The UDP doors are threads of our own: each takes a batch of questions with one system call,
//! asks the gate, and answers what is closed, or what it has answered before, without allocating.
//! The rest goes to one runtime, which asks upstreams and shapes their answers for the client's
//! view: safe search, no private addresses, no way around the filter, no closed name behind an
//! alias. TCP and the proxy's look-ups go the same way.
//!
//! It decides nothing: verdicts come from [`gate::Session`]. It is no recursor and no
//! authoritative server; upstreams and a few local records are all it knows.
//!
//! ```
//! use resolver::{Protocol, Settings, Upstream};
//!
//! let settings = Settings {
//!     upstreams: vec![Upstream {
//!         protocol: Protocol::Tls,
//!         address: "192.0.2.53".to_owned(),
//!         name: Some("dns.school.example".to_owned()),
//!         path: None,
//!     }],
//!     ..Settings::default()
//! };
//! settings.check().expect("these settings hold together");
//! ```
//!
//! [`Listeners::bind`] binds the sockets, [`run`] sets them to work with a [`gate::Gate`], so
//! nothing is answered before policy and lists are in force.

mod batch;
mod control;
mod counters;
mod desk;
mod ede;
mod errand;
mod form;
mod gate_resolve;
mod limit;
mod listeners;
mod plan;
mod private;
#[doc(hidden)]
pub mod probe;
mod question;
mod reply;
mod responder;
mod running;
mod safe_search;
mod settings;
mod shape;
mod shaped;
mod shutdown;
mod store;
mod tcp;
mod upstream;
mod upstream_store;
mod worker;

pub use counters::Totals;
pub use gate_resolve::GateResolve;
pub use listeners::{BindError, Listeners};
pub use plan::SettingsError;
pub use running::{RunError, Running, run};
pub use settings::{BlockedShape, Forward, LocalRecord, Protocol, Roots, Settings, Upstream};
pub use shutdown::Shutdown;
