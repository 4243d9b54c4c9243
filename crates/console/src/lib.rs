//! The console: where people see what the filter does, ask for changes, and decide them.
//!
//! [`Console`] holds every page and action; a [`Listener`] answers for it on an address of its
//! own, over HTTPS with a certificate that the gateway signs itself. One table says which role
//! may use which page, and the routers are built from it. The console decides nothing: it asks
//! the desk ([`change::Desk`]) and shows its words, as the command line does. Pages work without
//! scripts, at 320 pixels, by keyboard alone.
//!
//! `GET /healthz`, `/readyz` and `/metrics` are answered on the same address, unencrypted to the
//! gateway itself alone.
//!
//! ```no_run
//! # fn start(parts: console::Parts) -> Result<(), console::ListenError> {
//! use console::{Console, Listener, Settings};
//!
//! let listener = Listener::bind(&Settings::default())?;
//! let running = listener.run(&Console::new(parts))?;
//! running.stop();
//! # Ok(())
//! # }
//! ```

mod answer;
mod api;
mod asked;
mod audience;
mod authority;
mod catalogue;
mod certificates;
mod chart;
mod connection;
mod console;
mod csv;
mod exports;
mod faces;
mod form;
mod frame;
mod grants;
mod guard;
mod health;
mod lexicon;
mod listener;
mod matter_view;
mod pages;
mod probe;
mod proof_view;
mod refusal;
mod replays;
mod route;
mod router;
mod routes;
mod row_view;
mod serve;
mod session_cookie;
mod settings;
mod style;
mod tally;
mod when;

#[cfg(test)]
mod stand_in;

pub use authority::CertificateError;
pub use console::{Console, Parts};
pub use faces::{Faces, FacesError, FacesParts, FacesSettings, ProxyWord, Tell};
pub use health::Health;
pub use listener::{ListenError, Listener, Running};
pub use settings::{OffSite, Settings};

pub(crate) use answer::Answer;
pub(crate) use asked::Asked;
pub(crate) use connection::Connection;
pub(crate) use form::Form;
pub(crate) use refusal::Refusal;
