use crate::ladder::{Answer, Hear};
use crate::policy::Policy;
use model::{Rung, Verdict};
use serde::Serialize;

/// A verdict with the rungs that were passed on the way to it.
#[derive(Clone, Debug)]
pub struct Trace {
    /// The verdict; the same that [`Policy::decide`] gives.
    pub verdict: Verdict,
    /// The rungs in the order in which they were asked; the one that settled it stands last.
    pub passed: Vec<Passed>,
}

/// A rung that was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Passed {
    /// The rung.
    pub rung: Rung,
    /// Whether it spoke.
    pub spoke: bool,
    /// What it said, in words for a technician.
    pub words: String,
}

pub(crate) struct Tracer<'a> {
    policy: &'a Policy,
    passed: Vec<Passed>,
}

impl<'a> Tracer<'a> {
    pub(crate) const fn new(policy: &'a Policy) -> Self {
        Self {
            policy,
            passed: Vec::new(),
        }
    }

    pub(crate) fn finish(self, verdict: Verdict) -> Trace {
        Trace {
            verdict,
            passed: self.passed,
        }
    }

    fn words(&self, answer: Answer) -> String {
        let mut words = answer.access.word().to_owned();
        if let Some(rule) = answer
            .rule
            .and_then(|rule| self.policy.rules.get(usize::from(rule)))
        {
            words.push_str(&format!(" by `{}`", rule.name));
        }
        if let Some(category) = answer.category {
            words.push_str(&format!(" for `{}`", self.policy.vocabulary.word(category)));
        }
        words
    }
}

impl Hear for Tracer<'_> {
    const KEEPS: bool = true;

    fn passed(&mut self, rung: Rung, spoke: Option<Answer>) {
        let words = spoke.map_or_else(|| "silent".to_owned(), |answer| self.words(answer));
        self.passed.push(Passed {
            rung,
            spoke: spoke.is_some(),
            words,
        });
    }
}
