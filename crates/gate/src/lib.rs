//! The one decision path: identify, label, decide, record.
//!
//! Every door asks a [`Session`]: who asks ([`Session::client`]), what is decided
//! ([`Session::judge`]), and that it be written down ([`Session::record`]). `explain` asks the
//! same state through an [`Explainer`], so there is no second opinion.
//!
//! The gate is synchronous and knows no network. What it holds is compiled, immutable and
//! swapped whole; a session notices a swap by its generation and starts afresh.

mod counters;
mod explain;
mod gate;
mod judgement;
mod proof;
mod record;
mod recorder;
mod session;
mod sheet;
mod state;
mod tables;
mod within;
mod words;

pub use content::PhraseBook;
pub use counters::Counters;
pub use explain::{
    ExceptionShown, Explainer, Explanation, LabelShown, PageExplanation, PhraseShown, Question,
    QuestionError, RungShown, SearchExplanation, Somebody, ThemeShown, WithinShown,
};
pub use gate::Gate;
pub use judgement::{CONTINUE_PATH, Client, Facts, Judgement, Reference};
pub use policy::Reading;
pub use record::Backlog;
pub use recorder::{PathDetail, Recorder, RecorderError, Seal};
pub use session::Session;
pub use sheet::{CategoryShown, GroupSheet, RuleShown, TimeShown};
pub use state::{Compiled, State};
pub use tables::{Kept, MarkShown, TableRow, TableShown};
pub use words::Words;
