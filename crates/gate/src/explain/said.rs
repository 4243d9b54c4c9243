use super::RungShown;
use crate::State;
use crate::within::{Decided, WithinKind};
use model::{Action, GroupIndex, Labels, Rung, Target, Verdict};
use policy::{Policy, View};
use serde::Serialize;

/// Something that a URL asks for within itself, and what was said of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WithinShown {
    /// `search` or `address`.
    pub kind: &'static str,
    /// The term, or the address.
    pub text: String,
    /// The categories that it bears.
    pub categories: Vec<String>,
    /// What would be done for it alone.
    pub action: Action,
    /// The rung that spoke of it.
    pub rung: Rung,
}

/// What is said of a target, with the way to it.
pub(super) struct Said {
    pub(super) verdict: Verdict,
    pub(super) within: Vec<WithinShown>,
    pub(super) rungs: Vec<RungShown>,
}

impl Said {
    /// What is said to a client outside every zone.
    pub(super) fn outside(state: &State) -> Self {
        Self {
            verdict: Policy::outside(state.policy().version()),
            within: Vec::new(),
            rungs: Vec::new(),
        }
    }

    /// Decides as the doors do; keeps the rungs that were asked where `rungs` says so.
    pub(super) fn of(
        state: &State,
        view: &View,
        group: GroupIndex,
        target: &Target<'_>,
        labels: Labels,
        rungs: bool,
    ) -> Self {
        let policy = state.policy();
        let mut passed = Vec::new();
        let verdict = if rungs {
            let trace = policy.trace(view, target, labels);
            let shown = trace.passed.into_iter().map(|step| RungShown {
                rung: step.rung,
                spoke: step.spoke,
                words: step.words,
            });
            passed.extend(shown);
            trace.verdict
        } else {
            policy.decide(view, target, labels)
        };
        let mut within = Vec::new();
        let decided = Decided { verdict, labels };
        let decided = state.decide_within(view, group, target, decided, &mut |part| {
            let word = |id| policy.vocabulary().word(id).to_owned();
            within.push(WithinShown {
                kind: match part.kind {
                    WithinKind::Search => "search",
                    WithinKind::Address => "address",
                },
                text: part.text.to_owned(),
                categories: part.categories.iter().map(word).collect(),
                action: part.verdict.action,
                rung: part.verdict.reason.rung,
            });
        });
        Self {
            verdict: decided.verdict,
            within,
            rungs: passed,
        }
    }
}
