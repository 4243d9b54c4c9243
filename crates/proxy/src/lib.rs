//! HTTP and CONNECT listeners, tunnels and the block page.
//!
//! A connection is read by its first bytes, judged by the [`gate`], then forwarded, tunnelled or
//! explained. Nothing is decided here: who asks and what is allowed is the gate's answer. The crate
//! never looks names up itself either; it asks a [`model::Resolve`].
//!
//! ```
//! let settings = proxy::Settings {
//!     listen: vec!["127.0.0.1:0".parse().unwrap()],
//!     ..proxy::Settings::default()
//! };
//! let listeners = proxy::Listeners::bind(&settings).unwrap();
//! assert_ne!(listeners.addresses()[0].port(), 0);
//! ```

mod counters;
mod listeners;
mod settings;
mod shutdown;

pub use counters::{Counter, Counters};
pub use listeners::{BindError, Listeners};
pub use settings::{FloorAnswer, Network, NoSni, ParseNetworkError, Settings};
pub use shutdown::Shutdown;
