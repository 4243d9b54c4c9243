//! Compiles entries into one immutable artefact and finds the labels of a query.
//!
//! A [`Compiler`] takes the entries of all lists, the exceptions and the guarded names and makes
//! one [`Compiled`] file: content-addressed, checksummed, sealed with the [`Secret`] of the
//! installation. An [`Artefact`] is that file, memory-mapped and read-only; it is swapped whole,
//! never changed. Looking up walks the suffixes of a host from the right, one cache line each,
//! and allocates nothing. Nothing here fetches, reads lists or decides.
//!
//! ```
//! use matcher::{Artefact, Compiler, Coverage, ListMeta, Secret};
//! use model::{Category, CategoryClass, Host, HostBuffer, Vocabulary};
//!
//! let games = Category {
//!     id: "games".into(), title: "Games".into(), words: "Games.".into(), theme: "School".into(),
//!     theme_2023: None, offence: None, class: CategoryClass::Against, default: None,
//!     locked: false, alert: false, minimum_age: None,
//! };
//! let vocabulary = Vocabulary::new(vec![games]).unwrap();
//! let games = vocabulary.find("games").unwrap();
//!
//! let mut compiler = Compiler::new(&vocabulary);
//! let list = compiler.list(ListMeta::new("starter-games", [games]));
//! let mut room = HostBuffer::new();
//! let name = Host::normalise("games.test", &mut room).unwrap().name().unwrap();
//! compiler.entry(list, name, Coverage::NameAndBelow);
//!
//! let secret = Secret::new([7; 32]);
//! let compiled = compiler.compile(&secret).unwrap();
//! let artefact = Artefact::from_bytes(compiled.bytes().to_vec(), &secret).unwrap();
//! let mut room = HostBuffer::new();
//! let host = Host::normalise("www.games.test", &mut room).unwrap();
//! assert!(artefact.label(&host).categories.contains(games));
//! ```

mod amend;
mod artefact;
mod checksum;
mod compiler;
mod hash;
mod layout;
mod list;
mod mapping;
mod network;
mod open;
mod pattern;
mod prefetch;
mod probing;
mod salted;
mod secret;
mod since;
mod suffix;
mod url;
mod why;

pub use amend::{AmendError, Amendment};
pub use artefact::Artefact;
pub use compiler::{
    CompileError, CompileReport, Compiled, Compiler, Fired, Guarded, Progress, Stage, UrlError,
};
pub use list::{Coverage, ListId, ListMeta, vocabulary_digest};
pub use open::OpenError;
pub use pattern::{Pattern, PatternError, Place, Syntax};
pub use salted::{DigestKind, DigestSalt, SaltedDigest};
pub use secret::Secret;
pub use since::ListChange;
pub use url::{UrlEnd, UrlRule};
pub use why::{WITHHELD, Why, WhyException, WhyLabel};
