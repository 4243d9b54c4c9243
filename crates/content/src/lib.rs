//! Scores the text of pages by weighted phrases; finds search terms and nested addresses.
//!
//! [`Phrases`] are compiled from the [`Phrase`]s of lists. A [`Scan`] is fed the bytes of one page
//! as they stream, in pieces of any size, and gives [`Findings`]: a score for each theme, and the
//! phrases behind it. A [`PhraseBook`] holds the phrases of `blocklists/phrases` for pages and for
//! searches; [`SearchTerm`] and [`nested_urls`] find what a URL asks for beside its own host. The
//! crate fetches nothing, opens no files and decides nothing: what a group's limit is, and what
//! becomes of a page above it, is for the policy and the doors to say.
//!
//! `DESIGN.md` beside this crate says why it is made so, with figures.
//!
//! ```
//! use content::{PageKind, Phrase, PhraseEffect, PhraseList, PhrasePart, Phrases, Scan};
//! use std::sync::Arc;
//!
//! let list = Arc::new(PhraseList {
//!     name: "example".into(), theme: Some("gambling".into()), stand_ins: true,
//!     arabic_prefixes: false, window: None, withheld: false,
//! });
//! let part = PhrasePart { text: "free spins".into(), begins_word: true, ends_word: true };
//! let phrase = Phrase { parts: vec![part], effect: PhraseEffect::Weighs(60), list };
//! let (phrases, refused) = Phrases::compile([phrase]);
//! assert!(refused.is_empty());
//!
//! let mut scan = Scan::new(Arc::new(phrases), PageKind::Html, Some("text/html"));
//! scan.feed(b"<p>50 <b>FR&Eacute;");
//! scan.feed(b"E</b> sp1ns today");
//! let findings = scan.finish();
//! assert!(findings.exceeds(50));
//! assert_eq!(findings.evidence[0].phrase, "free spins");
//! ```

mod findings;
mod fold;
mod json;
mod markup;
mod nested;
mod percent;
mod phrase;
mod phrase_book;
mod phrase_file;
mod phrases;
mod place;
mod scan;
mod search;

pub use findings::{Evidence, Findings, ThemeScore};
pub use nested::{NestedUrl, nested_in, nested_urls};
pub use phrase::{Phrase, PhraseEffect, PhraseList, PhrasePart};
pub use phrase_book::PhraseBook;
pub use phrase_file::{ByLanguage, FilePhrases, PhraseFile, Theme, schemas};
pub use phrases::{Phrases, RefusedPhrase, RefusedPhraseReason};
pub use scan::{PageKind, Scan};
pub use search::SearchTerm;
