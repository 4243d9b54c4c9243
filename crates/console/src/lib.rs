//! The management listener: health and metrics.
//!
//! The first storey of the console. It answers `GET /healthz`, `/readyz` and `/metrics` on an
//! address of its own, which by default only the gateway itself reaches. It shows counts, never
//! a host name or a person.
//!
//! ```no_run
//! use console::{Health, Listener, Settings};
//!
//! let settings = Settings::default();
//! let listener = Listener::bind(&settings)?;
//! let running = listener.run(prometheus::Registry::new(), || Health::ready("policy in force"))?;
//! running.stop();
//! # Ok::<(), console::ListenError>(())
//! ```

mod answer;
mod health;
mod listener;
mod settings;

pub use health::Health;
pub use listener::{ListenError, Listener, Running};
pub use settings::Settings;
