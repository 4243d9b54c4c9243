//! What the tests of the whole gateway share: the project's own files and folders.
//!
//! Each file of `tests/tests` holds one promise. Nothing here waits by sleeping a guessed time,
//! binds a fixed port or leaves the machine.
//!
//! ```
//! let starter = schoolgate_tests::starter_lists();
//! assert!(starter.iter().any(|list| list.id == "games"));
//! ```

mod project;
mod starter_list;

pub use project::{blocklists, categories, config, exceptions, fixture, read, root};
pub use starter_list::{StarterEntry, StarterList, starter_lists};
