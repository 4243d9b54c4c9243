//! What the tests of the whole gateway share: the project's files, its doors in this process, and
//! stand-ins for what lies outside.
//!
//! Each file of `tests/tests` holds one promise. Nothing here waits by sleeping a guessed time,
//! binds a fixed port or leaves the machine.
//!
//! ```
//! let starter = schoolgate_tests::starter_lists();
//! assert!(starter.iter().any(|list| list.id == "games"));
//! ```

mod browser;
mod demo;
mod dns;
mod doors;
mod gateway;
mod harm;
mod installation;
mod log;
mod mail;
mod origin;
mod person;
mod program;
mod project;
mod publisher;
mod school;
mod small_disk;
mod starter_list;
mod upstream;

pub use browser::{Arrived, Browser, Fetched, Window};
pub use demo::Demo;
pub use dns::{DnsAnswer, ask_dns};
pub use doors::{Doors, connect_from};
pub use gateway::Gateway;
pub use harm::{harm_of_csv, harm_of_mail, harm_of_terminal};
pub use installation::{Installation, Wiring};
pub use mail::{Letter, MailSink};
pub use origin::{Relay, StubOrigin};
pub use person::Person;
pub use program::{Said, gateway_command, program, schoolgate};
pub use project::{blocklists, categories, config, exceptions, fixture, read, root};
pub use publisher::{Page, Publisher};
pub use school::{School, on_loopback};
pub use small_disk::SmallDisk;
pub use starter_list::{StarterEntry, StarterList, starter_lists};
pub use upstream::StubUpstream;
