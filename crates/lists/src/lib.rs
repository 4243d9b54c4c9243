//! Subscriptions, starter lists and exceptions; feeds the compiler of the matcher.
//!
//! [`parse()`] reads one list in one [`Format`] and gives its entries; [`compile()`] takes all files
//! of the folder `blocklists` and makes an artefact with a [`Report`]. Nothing here decides, and
//! nothing of a floor list is ever written into a report.
//!
//! What an entry covers depends on the format, and importing it wrongly closes or opens whole
//! trees:
//!
//! | format | `example.com` covers | takes back |
//! |---|---|---|
//! | `plain`, `squidguard` | the name and all below; `=example.com` the name alone | - |
//! | `wildcard`, `glob` | the name and all below, with or without `*.` in front | - |
//! | `hosts` | the name alone | - |
//! | `urls` | the name alone, with or without `www.`; `example.com/a` what begins so | - |
//! | `adblock` | the name alone; `||example.com^` the name and all below | `@@`, `$badfilter` |
//! | `rpz` | the name alone; `*.example.com` what is below alone | `rpz-passthru.` |
//! | `dnsmasq` | the name and all below | `server=/example.com/#` |
//! | `unbound` | the zone and all below; `local-data` the name alone | `transparent` |
//! | `e2guardian-sites`, `e2guardian-urls` | the name and all below | - |
//! | `doh` | the name and all below; `https://example.com/q` the name alone | - |
//! | `top-sites` | the name and all below | - |
//!
//! A source may say otherwise (`covers`). What a list takes back, it takes back from itself alone:
//! no published list opens what another one closes.
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
mod fetcher;
mod fetching;
mod folder;
mod format;
mod gather;
mod import;
mod inputs;
mod item;
mod lines;
mod notice;
mod parse;
mod phrase;
mod published_digest;
mod refused;
mod report;
mod sanity;
mod seal;
mod settings;
mod signature;
mod starter;
mod store;
mod subscription;
mod subscriptions;
mod survey;

pub use compile::{compile, compile_phrases};
pub use container::Limits;
pub use digest_list::DigestList;
pub use fetcher::{FetchError, FetchLimits, FetchSettings, Fetched, Fetcher, Wanted};
pub use fetching::Fetching;
pub use folder::{Loaded, load};
pub use import::{Import, ImportError};
pub use inputs::{Inputs, inputs, phrase_inputs};
pub use item::{Item, Pattern, PatternKind, Scope, Sink, UrlPrefix};
pub use matcher::{DigestKind, DigestSalt, SaltedDigest};
pub use notice::notice;
pub use parse::{Entry, Format, Parsed, Rules, Suffixes, parse};
pub use phrase::{Phrase, PhraseEffect, PhraseListFacts, PhraseOrigin, PhrasePart};
pub use refused::{Reason, Refused, RefusedLine};
pub use report::{ListReport, Report};
pub use sanity::{Sanity, Tolerance, Unsound};
pub use seal::SealKey;
pub use settings::{Covers, Exception, ExceptionsFile, FetchHours, Source, SourcesFile, schemas};
pub use starter::{StarterHead, parse_head};
pub use store::{History, Kept, Store, StoreError, Version};
pub use subscription::Subscription;
pub use subscriptions::{Outcome, Progress, Subscriptions};
pub use survey::{Difference, Survey};
