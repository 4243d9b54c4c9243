use crate::policy::Policy;
use crate::settings::Expectation;
use model::{HostBuffer, Labels, Target, TargetError, Verdict};

/// How a test of the policy came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// As expected.
    Met,
    /// Otherwise; in words.
    Missed(String),
    /// It names a client, and only who knows the network can ask for one.
    Client,
}

impl Policy {
    /// Runs a test that names a group; `label` says what the lists hold of its target.
    ///
    /// The subject is one of whom only the group is known. Tests that name a client are run by
    /// whoever can identify it, with [`Expectation::compare`].
    ///
    /// # Errors
    ///
    /// Says why the target of the test is none; reading the file has told of it.
    pub fn expect(
        &self,
        expectation: &Expectation,
        label: impl FnOnce(&Target<'_>) -> Labels,
    ) -> Result<Outcome, TargetError> {
        let Some(group) = expectation
            .group
            .as_deref()
            .and_then(|id| self.names.find(id))
        else {
            return Ok(Outcome::Client);
        };
        let mut buffer = HostBuffer::new();
        let target = Target::parse(&expectation.target, &mut buffer)?;
        let view = self.view(&self.subject_of(group), &self.schedules(expectation.at));
        let verdict = self.decide(&view, &target, label(&target));
        Ok(expectation.compare(&verdict))
    }
}

impl Expectation {
    /// Holds a verdict against the test.
    pub fn compare(&self, verdict: &Verdict) -> Outcome {
        let rung = self.rung.is_none_or(|rung| rung == verdict.reason.rung);
        if verdict.action == self.action && rung {
            return Outcome::Met;
        }
        let whom = match (&self.group, &self.client) {
            (Some(group), _) => format!("group `{group}`"),
            (None, Some(client)) => format!("client `{client}`"),
            (None, None) => "nobody".to_owned(),
        };
        let wanted = match self.rung {
            Some(rung) => format!("{} by `{rung}`", self.action),
            None => self.action.to_string(),
        };
        Outcome::Missed(format!(
            "{whom} gets {} by `{}` for `{}`, expected {wanted}",
            verdict.action, verdict.reason.rung, self.target
        ))
    }
}
