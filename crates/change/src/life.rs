use serde::{Deserialize, Serialize};
use std::fmt;

/// How far a matter has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Somebody asked for it.
    Proposed,
    /// It holds together, and what it opens and closes is known.
    Checked,
    /// It waits to be decided.
    Waiting,
    /// It was consented to, and comes into force next.
    Approved,
    /// It was refused.
    Refused,
    /// It is in force.
    Active,
    /// It is over by its own end.
    Expired,
    /// It was ended early, or something came in its place.
    Revoked,
    /// It was taken back before it was decided.
    Withdrawn,
    /// It is in force, and was consented to afterwards.
    Ratified,
    /// It is over, and was looked at.
    Reviewed,
}

/// What happens to a matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// It holds together.
    Check,
    /// It needs a decision.
    Wait,
    /// It is consented to.
    Approve,
    /// It is refused.
    Refuse,
    /// It comes into force.
    Activate,
    /// Its own end has come.
    Expire,
    /// It is ended early.
    Revoke,
    /// It is taken back.
    Withdraw,
    /// It is consented to afterwards.
    Ratify,
    /// It is looked at.
    Review,
}

/// A step that a matter cannot take from where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("what is {stage} cannot be {step}", step = .step.word())]
pub struct StepError {
    /// Where it stands.
    pub stage: Stage,
    /// The step.
    pub step: Step,
}

impl Stage {
    /// All stages.
    pub const ALL: [Self; 11] = [
        Self::Proposed,
        Self::Checked,
        Self::Waiting,
        Self::Approved,
        Self::Refused,
        Self::Active,
        Self::Expired,
        Self::Revoked,
        Self::Withdrawn,
        Self::Ratified,
        Self::Reviewed,
    ];

    /// What people call it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Checked => "checked",
            Self::Waiting => "waiting",
            Self::Approved => "approved",
            Self::Refused => "refused",
            Self::Active => "in force",
            Self::Expired => "over",
            Self::Revoked => "ended early",
            Self::Withdrawn => "taken back",
            Self::Ratified => "in force, confirmed",
            Self::Reviewed => "reviewed",
        }
    }

    /// Whether it is in force.
    pub const fn in_force(self) -> bool {
        match self {
            Self::Active | Self::Ratified => true,
            Self::Proposed
            | Self::Checked
            | Self::Waiting
            | Self::Approved
            | Self::Refused
            | Self::Expired
            | Self::Revoked
            | Self::Withdrawn
            | Self::Reviewed => false,
        }
    }

    /// Where a step leads.
    ///
    /// # Errors
    ///
    /// Refuses a step that cannot be taken from here; above all, only what was approved, or what
    /// needs no decision and was checked, comes into force.
    pub const fn step(self, step: Step) -> Result<Self, StepError> {
        let next = match (self, step) {
            (Self::Proposed, Step::Check) => Self::Checked,
            (Self::Checked, Step::Wait) => Self::Waiting,
            (Self::Waiting, Step::Approve) => Self::Approved,
            (Self::Waiting, Step::Refuse) => Self::Refused,
            (Self::Proposed | Self::Checked | Self::Waiting | Self::Approved, Step::Withdraw) => {
                Self::Withdrawn
            }
            (Self::Checked | Self::Approved, Step::Activate) => Self::Active,
            (Self::Active, Step::Ratify) => Self::Ratified,
            (Self::Active | Self::Ratified, Step::Expire) => Self::Expired,
            (Self::Active | Self::Ratified, Step::Revoke) => Self::Revoked,
            (Self::Active | Self::Ratified | Self::Expired | Self::Revoked, Step::Review) => {
                Self::Reviewed
            }
            (
                Self::Proposed
                | Self::Checked
                | Self::Waiting
                | Self::Approved
                | Self::Refused
                | Self::Active
                | Self::Expired
                | Self::Revoked
                | Self::Withdrawn
                | Self::Ratified
                | Self::Reviewed,
                Step::Check
                | Step::Wait
                | Step::Approve
                | Step::Refuse
                | Step::Activate
                | Step::Expire
                | Step::Revoke
                | Step::Withdraw
                | Step::Ratify
                | Step::Review,
            ) => return Err(StepError { stage: self, step }),
        };
        Ok(next)
    }
}

impl Step {
    /// All steps.
    pub const ALL: [Self; 10] = [
        Self::Check,
        Self::Wait,
        Self::Approve,
        Self::Refuse,
        Self::Activate,
        Self::Expire,
        Self::Revoke,
        Self::Withdraw,
        Self::Ratify,
        Self::Review,
    ];

    const fn word(self) -> &'static str {
        match self {
            Self::Check => "checked",
            Self::Wait => "kept waiting",
            Self::Approve => "approved",
            Self::Refuse => "refused",
            Self::Activate => "brought into force",
            Self::Expire => "over",
            Self::Revoke => "ended early",
            Self::Withdraw => "taken back",
            Self::Ratify => "confirmed",
            Self::Review => "reviewed",
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn step() -> impl Strategy<Value = Step> {
        proptest::sample::select(Step::ALL.to_vec())
    }

    proptest! {
        // CHG-03: whatever happens in whatever order, nothing that waited is in force unapproved.
        #[test]
        fn nothing_that_waited_is_in_force_without_consent(steps in prop::collection::vec(step(), 0..40)) {
            let (mut stage, mut waited, mut approved) = (Stage::Proposed, false, false);
            for step in steps {
                if let Ok(next) = stage.step(step) {
                    waited |= next == Stage::Waiting;
                    approved |= step == Step::Approve;
                    stage = next;
                }
                prop_assert!(!stage.in_force() || !waited || approved);
            }
        }
    }

    #[test]
    fn what_was_refused_withdrawn_or_reviewed_stays_so() {
        for stage in [Stage::Refused, Stage::Withdrawn, Stage::Reviewed] {
            for step in Step::ALL {
                assert!(stage.step(step).is_err(), "{stage} {step:?}");
            }
        }
    }
}
