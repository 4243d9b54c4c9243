//! Subscriptions, starter lists and exceptions; feeds the compiler of the matcher.
//!
//! [`parse()`] reads one list in one [`Format`] and gives its entries; [`compile()`] takes all files
//! of the folder `blocklists` and makes an artefact with a [`Report`]. Nothing here decides, and
//! nothing of a floor list is ever written into a report.
//!
//! What an entry covers depends on the format, and importing it wrongly closes or opens whole
//! trees:
//!
//! | format | `example.com` covers |
//! |---|---|
//! | `plain` | the name and all below; `=example.com` the name alone; a source may say otherwise |
//! | `wildcard` | the name and all below, with or without `*.` in front |
//! | `hosts` | the name alone |
//!
//! ```
//! use lists::{Entry, Format, Rules, parse};
//!
//! let text = b"# a hosts file\n0.0.0.0 games.test www.games.test # both\n127.0.0.1 localhost\n";
//! let mut names = Vec::new();
//! let parsed = parse(text, &Rules::third_party(Format::Hosts), |entry| {
//!     if let Entry::Name { name, .. } = entry {
//!         names.push(name.to_string());
//!     }
//! });
//! assert_eq!(names, ["games.test", "www.games.test"]);
//! assert_eq!(parsed.skipped, 1);
//! ```

mod compile;
mod container;
mod digest_list;
mod folder;
mod format;
mod gather;
mod import;
mod item;
mod lines;
mod parse;
mod phrase;
mod refused;
mod report;
mod settings;
mod starter;

pub use compile::compile;
pub use container::Limits;
pub use digest_list::{DigestKind, DigestList, DigestSalt, SaltedDigest};
pub use folder::{Loaded, load};
pub use import::{Import, ImportError};
pub use item::{Item, Pattern, PatternKind, Scope, Sink, UrlPrefix};
pub use parse::{Entry, Format, Parsed, Rules, Suffixes, parse};
pub use phrase::{Phrase, PhraseEffect, PhraseOrigin, PhrasePart};
pub use refused::{Reason, Refused, RefusedLine};
pub use report::{ListReport, Report};
pub use settings::{Covers, Exception, ExceptionsFile, Source, SourcesFile, schemas};
pub use starter::{StarterHead, parse_head};
