use crate::{Action, CategoryId, Moment, Obligations, PolicyVersion, Rung};

/// The place of a rule in one compiled policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleIndex(pub u16);

/// The identity of one complete set of masks and obligations.
///
/// Groups and moments that differ in nothing share one, so an answer made for one serves both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ViewId(pub u32);

/// Why a verdict is what it is; words for a person are made from it by the policy that gave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Reason {
    /// The rung that spoke.
    pub rung: Rung,
    /// The rule that spoke, on rungs made of rules.
    pub rule: Option<RuleIndex>,
    /// The label that decided, the strictest where there are several.
    pub category: Option<CategoryId>,
}

/// The gate's answer to one query.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Verdict {
    /// What the listener does.
    pub action: Action,
    /// What an allowed query must also undergo.
    pub obligations: Obligations,
    /// Why.
    pub reason: Reason,
    /// The compiled policy that decided.
    pub policy_version: PolicyVersion,
    /// The next moment at which the clock alone could change the answer; `None` for never.
    ///
    /// No DNS answer may outlive it. Changes of policy and lists are pushed and are not in it.
    pub valid_until: Option<Moment>,
}
