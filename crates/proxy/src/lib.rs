//! HTTP and CONNECT listeners, tunnels and the block page.
//!
//! A connection is read by its first bytes, judged by the [`gate`], then forwarded, tunnelled or
//! explained. Nothing is decided here: who asks and what is allowed is the gate's answer. The crate
//! never looks names up itself either; it asks a [`model::Resolve`].
//!
//! [`Listeners::bind`] takes the sockets, [`run`] opens the doors. [`block_page`] writes the page,
//! [`parse_head`] and [`parse_client_hello`] read what strangers send and can be fuzzed alone.
//!
//! ```
//! let settings = proxy::Settings {
//!     listen: vec!["127.0.0.1:0".parse().unwrap()],
//!     ..proxy::Settings::default()
//! };
//! let listeners = proxy::Listeners::bind(&settings).unwrap();
//! assert_ne!(listeners.addresses()[0].port(), 0);
//! ```

pub mod block_page;

mod admission;
mod answer;
mod asked;
mod authority;
mod client_hello;
mod connect;
mod core;
mod counters;
mod destination;
mod dial;
mod door;
mod framing;
mod guard;
mod head;
mod hop_by_hop;
mod listeners;
mod pac;
mod pipes;
mod pool;
mod settings;
mod shutdown;
mod tunnel;
mod visit;
mod warnings;
mod watch;
mod worker;

pub use client_hello::{ClientHello, FirstBytes, MOST_HELLO_BYTES, parse_client_hello};
pub use counters::{Counter, Counters};
pub use head::{BodyLength, Head, HeadError, HeadLimits, parse_head};
pub use listeners::{BindError, Listeners};
pub use settings::{
    CLIENT_FIELD, Faces, FloorAnswer, Network, NoSni, ParseNetworkError, SECRET_FIELD, Settings,
};
pub use shutdown::Shutdown;
pub use worker::{JoinError, RunError, Running, run};
