use crate::{Direction, ProposalId, SignOff};
use audit::EntryKind;
use model::Moment;
use serde::Serialize;

/// One line of the change log, in plain words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    /// The entry.
    pub entry: u64,
    /// When it was written.
    pub at: Moment,
    /// Who did it, by name.
    pub who: String,
    /// What it is about, in one word.
    pub kind: String,
    /// What was done.
    pub words: String,
    /// Which way it went, where it concerns what can be reached.
    pub direction: Option<Direction>,
    /// The matter that it belongs to.
    pub matter: Option<ProposalId>,
    /// The policy that was in force then.
    pub version: Option<String>,
    /// Who signed it off.
    pub signed_off: Vec<String>,
    #[serde(skip)]
    pub(crate) entry_kind: Option<EntryKind>,
}

/// Which lines of the change log are asked for; all, where nothing is set.
#[derive(Clone, Debug, Default)]
pub struct HistoryFilter {
    /// Written at this moment or later.
    pub since: Option<Moment>,
    /// Written before this moment.
    pub until: Option<Moment>,
    /// Of one of these kinds, by their words.
    pub kinds: Vec<String>,
    /// That went this way.
    pub direction: Option<Direction>,
    /// By somebody with this text in the name.
    pub who: Option<String>,
    /// With this text in the words.
    pub text: Option<String>,
    /// That nobody signed off yet.
    pub unsigned: bool,
    /// Sign-ins, starts and checks of the log as well.
    pub routine: bool,
    /// Before this entry, for the next page.
    pub before: Option<u64>,
    /// At most so many, the newest first; 0 for all.
    pub most: usize,
}

impl HistoryFilter {
    pub(crate) fn takes(&self, line: &Line, sign_offs: &[SignOff]) -> bool {
        let has = |found: &str, wanted: &Option<String>| {
            wanted
                .as_deref()
                .is_none_or(|wanted| found.to_lowercase().contains(&wanted.to_lowercase()))
        };
        self.since.is_none_or(|since| since <= line.at)
            && self.until.is_none_or(|until| line.at < until)
            && self.before.is_none_or(|before| line.entry < before)
            && (self.kinds.is_empty() || self.kinds.contains(&line.kind))
            && self
                .direction
                .is_none_or(|wanted| line.direction == Some(wanted))
            && (self.routine || !self.kinds.is_empty() || !line.is_routine())
            && (!self.unsigned || !sign_offs.iter().any(|held| line.entry <= held.upto))
            && has(&line.who, &self.who)
            && has(&line.words, &self.text)
    }
}

impl Line {
    fn is_routine(&self) -> bool {
        matches!(
            self.entry_kind,
            Some(
                EntryKind::Started
                    | EntryKind::Stopped
                    | EntryKind::SignedIn
                    | EntryKind::Verified
                    | EntryKind::Notice
                    | EntryKind::Witnessed
            )
        )
    }
}

/// What was in force at a moment, to answer for the past.
#[derive(Clone, Debug)]
pub struct Past {
    /// The files.
    pub bundle: crate::Bundle,
    /// What held on top of them.
    pub overlay: policy::Overlay,
    /// The compiled lists, by their digest.
    pub artefact: model::Digest,
    /// The name of the school then.
    pub school: String,
    /// Since when that policy was in force.
    pub since: Moment,
}
