use crate::{AccountChange, AccountId};
use model::{Access, Digest, Moment};
use policy::{EmergencyBlock, Isolation, ModeSwitch, Override, Pause, Plan};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Anything that can alter a verdict, or who may see what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Change {
    /// The policy files and lists, whole.
    Policy(PolicyChange),
    /// An unblock, or a block, of a site or category for some people for a while.
    Override(Override),
    /// A personal addition to the policy of a group.
    Plan(Plan),
    /// A mode of the files switched on for a while, such as an examination.
    Mode(ModeSwitch),
    /// A category that the policy marks `permission`, for a teacher's class for one lesson.
    Lesson(Override),
    /// Web access paused.
    Pause(Pause),
    /// A device cut off.
    Isolation(Isolation),
    /// A block in an emergency.
    Block(EmergencyBlock),
    /// Something that holds for a while ended early.
    End {
        /// Its id.
        id: String,
    },
    /// Something that holds for a while given another end.
    Extend {
        /// Its id.
        id: String,
        /// The new end.
        end: Moment,
    },
    /// An account or its role.
    Account(AccountChange),
    /// A feed of identities.
    Feed(FeedChange),
    /// Records kept from deletion.
    Hold(HoldChange),
    /// Records let go again.
    Release {
        /// The id of the hold.
        hold: String,
    },
    /// The words of entries of the change log destroyed for good; that they were written stays.
    Erase {
        /// The entries.
        entries: Vec<u64>,
    },
    /// What lists say of hosts of `essential.toml` taken back.
    LiftLabels {
        /// The hosts.
        names: Vec<String>,
    },
    /// An earlier version of policy and lists again.
    Rollback {
        /// Which.
        bundle: Digest,
    },
    /// An earlier version of one fetched list again.
    ListRollback(ListVersion),
    /// Another key for the ledger.
    RotateKey,
    /// A state folder that is older than a head kept elsewhere, used all the same.
    AcceptState {
        /// How many entries the head speaks of.
        size: u64,
        /// Its root.
        root: Digest,
    },
    /// An account of the school on a social network.
    SocialAccount(SocialChange),
    /// The sealed address of an incident of illegal content opened to the two who agree to it.
    Unseal {
        /// The number of the incident.
        incident: u64,
    },
    /// The end of the days in which the technician edits freely.
    EndCommissioning,
}

/// Policy files and lists that shall come into force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyChange {
    /// The files, by the digest under which the state folder keeps them.
    pub bundle: Digest,
    /// What was in force when they were proposed.
    pub base: Digest,
}

/// A version of a fetched list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListVersion {
    /// The id of the list.
    pub list: String,
    /// The digest under which the version is kept.
    pub version: Digest,
}

/// What is done to a feed of identities.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum FeedChange {
    /// A feed may speak.
    Open {
        /// Its name.
        name: String,
        /// The addresses it speaks from; a token that is copied elsewhere is worth nothing.
        from: Vec<std::net::IpAddr>,
    },
    /// A feed may speak no longer.
    Close {
        /// Its name.
        name: String,
    },
}

/// Records of somebody to be kept from deletion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HoldChange {
    /// Whose: `user:` or `device:` and a name, or an address.
    pub subject: String,
    /// The moment; 24 hours either side are kept.
    pub around: Moment,
}

/// What is done to the register of the school's social media accounts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum SocialChange {
    /// An account is used in the school's name.
    Register {
        /// Its name there.
        name: String,
        /// The network.
        platform: String,
        /// What it may do.
        purpose: String,
        /// At least two named members of staff.
        staff: Vec<AccountId>,
    },
    /// It is no longer used.
    Close {
        /// Its name there.
        name: String,
        /// The network.
        platform: String,
    },
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident $word:literal $title:literal;)*) => {
        /// What a change is about.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum ChangeKind {
            $($(#[$doc])* $name,)*
        }

        impl ChangeKind {
            /// All kinds.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The word of files and command line.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }

            /// What people call it.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }
        }
    };
}

kinds! {
    /// Policy files and lists.
    Policy "policy" "policy";
    /// An unblock.
    Override "override" "unblock";
    /// An individual plan.
    Plan "plan" "individual plan";
    /// A mode.
    Mode "mode" "mode";
    /// A lesson.
    Lesson "lesson" "unblock for a lesson";
    /// Web access paused.
    Pause "pause" "web access paused";
    /// A device cut off.
    Isolation "isolation" "device cut off";
    /// A block in an emergency.
    Block "block" "emergency block";
    /// An early end.
    End "end" "early end";
    /// Another end.
    Extend "extend" "another end";
    /// An account.
    Account "account" "account";
    /// An identity feed.
    Feed "feed" "identity feed";
    /// Records kept.
    Hold "hold" "records kept";
    /// Records let go.
    Release "release" "records let go";
    /// Words of entries.
    Erase "erase" "words erased";
    /// What lists say of essential hosts.
    LiftLabels "lift-labels" "essential site opened again";
    /// An earlier version.
    Rollback "rollback" "earlier version";
    /// An earlier version of one list.
    ListRollback "list-rollback" "earlier version of a list";
    /// The ledger's key.
    RotateKey "rotate-key" "key of the change log";
    /// An older state folder.
    AcceptState "accept-state" "older state accepted";
    /// A social media account.
    SocialAccount "social-account" "social media account";
    /// Sealed evidence.
    Unseal "unseal" "sealed address opened";
    /// The end of commissioning.
    EndCommissioning "end-commissioning" "end of commissioning";
}

impl fmt::Display for ChangeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl Change {
    /// What it is about.
    pub const fn kind(&self) -> ChangeKind {
        match self {
            Self::Policy(_) => ChangeKind::Policy,
            Self::Override(_) => ChangeKind::Override,
            Self::Plan(_) => ChangeKind::Plan,
            Self::Mode(_) => ChangeKind::Mode,
            Self::Lesson(_) => ChangeKind::Lesson,
            Self::Pause(_) => ChangeKind::Pause,
            Self::Isolation(_) => ChangeKind::Isolation,
            Self::Block(_) => ChangeKind::Block,
            Self::End { .. } => ChangeKind::End,
            Self::Extend { .. } => ChangeKind::Extend,
            Self::Account(_) => ChangeKind::Account,
            Self::Feed(_) => ChangeKind::Feed,
            Self::Hold(_) => ChangeKind::Hold,
            Self::Release { .. } => ChangeKind::Release,
            Self::Erase { .. } => ChangeKind::Erase,
            Self::LiftLabels { .. } => ChangeKind::LiftLabels,
            Self::Rollback { .. } => ChangeKind::Rollback,
            Self::ListRollback(_) => ChangeKind::ListRollback,
            Self::RotateKey => ChangeKind::RotateKey,
            Self::AcceptState { .. } => ChangeKind::AcceptState,
            Self::SocialAccount(_) => ChangeKind::SocialAccount,
            Self::Unseal { .. } => ChangeKind::Unseal,
            Self::EndCommissioning => ChangeKind::EndCommissioning,
        }
    }

    /// For whom it is, where it says so.
    pub fn whom(&self) -> &[String] {
        match self {
            Self::Override(held) | Self::Lesson(held) => &held.whom,
            Self::Plan(plan) => &plan.whom,
            Self::Mode(mode) => &mode.whom,
            Self::Pause(pause) => &pause.whom,
            Self::Isolation(isolation) => &isolation.whom,
            Self::Block(block) => &block.whom,
            Self::Hold(hold) => std::slice::from_ref(&hold.subject),
            Self::Policy(_)
            | Self::End { .. }
            | Self::Extend { .. }
            | Self::Account(_)
            | Self::Feed(_)
            | Self::Release { .. }
            | Self::Erase { .. }
            | Self::LiftLabels { .. }
            | Self::Rollback { .. }
            | Self::ListRollback(_)
            | Self::RotateKey
            | Self::AcceptState { .. }
            | Self::SocialAccount(_)
            | Self::Unseal { .. }
            | Self::EndCommissioning => &[],
        }
    }

    /// The sites and categories that it names.
    pub fn sites(&self) -> &[String] {
        match self {
            Self::Override(held) | Self::Lesson(held) => &held.sites,
            Self::Plan(plan) => &plan.sites,
            Self::Block(block) => &block.sites,
            Self::LiftLabels { names } => names,
            Self::Policy(_)
            | Self::Mode(_)
            | Self::Pause(_)
            | Self::Isolation(_)
            | Self::End { .. }
            | Self::Extend { .. }
            | Self::Account(_)
            | Self::Feed(_)
            | Self::Hold(_)
            | Self::Release { .. }
            | Self::Erase { .. }
            | Self::Rollback { .. }
            | Self::ListRollback(_)
            | Self::RotateKey
            | Self::AcceptState { .. }
            | Self::SocialAccount(_)
            | Self::Unseal { .. }
            | Self::EndCommissioning => &[],
        }
    }

    /// The measure that it ends or extends, by id.
    pub fn measure(&self) -> Option<&str> {
        match self {
            Self::End { id } | Self::Extend { id, .. } => Some(id),
            Self::Policy(_)
            | Self::Override(_)
            | Self::Plan(_)
            | Self::Mode(_)
            | Self::Lesson(_)
            | Self::Pause(_)
            | Self::Isolation(_)
            | Self::Block(_)
            | Self::Account(_)
            | Self::Feed(_)
            | Self::Hold(_)
            | Self::Release { .. }
            | Self::Erase { .. }
            | Self::LiftLabels { .. }
            | Self::Rollback { .. }
            | Self::ListRollback(_)
            | Self::RotateKey
            | Self::AcceptState { .. }
            | Self::SocialAccount(_)
            | Self::Unseal { .. }
            | Self::EndCommissioning => None,
        }
    }

    /// What it does to an account, where it is about one.
    pub const fn account(&self) -> Option<&AccountChange> {
        match self {
            Self::Account(change) => Some(change),
            Self::Policy(_)
            | Self::Override(_)
            | Self::Plan(_)
            | Self::Mode(_)
            | Self::Lesson(_)
            | Self::Pause(_)
            | Self::Isolation(_)
            | Self::Block(_)
            | Self::End { .. }
            | Self::Extend { .. }
            | Self::Feed(_)
            | Self::Hold(_)
            | Self::Release { .. }
            | Self::Erase { .. }
            | Self::LiftLabels { .. }
            | Self::Rollback { .. }
            | Self::ListRollback(_)
            | Self::RotateKey
            | Self::AcceptState { .. }
            | Self::SocialAccount(_)
            | Self::Unseal { .. }
            | Self::EndCommissioning => None,
        }
    }

    /// When it begins and ends, where it holds for a while.
    pub const fn span(&self) -> Option<(Moment, Option<Moment>)> {
        match self {
            Self::Override(held) | Self::Lesson(held) => Some((held.start, Some(held.end))),
            Self::Plan(plan) => Some((plan.start, Some(plan.end))),
            Self::Mode(mode) => Some((mode.start, Some(mode.end))),
            Self::Pause(pause) => Some((pause.start, Some(pause.end))),
            Self::Isolation(isolation) => Some((isolation.start, isolation.end)),
            Self::Block(block) => Some((block.start, Some(block.end))),
            Self::Policy(_)
            | Self::End { .. }
            | Self::Extend { .. }
            | Self::Account(_)
            | Self::Feed(_)
            | Self::Hold(_)
            | Self::Release { .. }
            | Self::Erase { .. }
            | Self::LiftLabels { .. }
            | Self::Rollback { .. }
            | Self::ListRollback(_)
            | Self::RotateKey
            | Self::AcceptState { .. }
            | Self::SocialAccount(_)
            | Self::Unseal { .. }
            | Self::EndCommissioning => None,
        }
    }
}

/// Whether a word lets somebody in, at least after a page.
pub(crate) const fn lets_in(access: Access) -> bool {
    match access {
        Access::Allow | Access::Monitor | Access::Warn => true,
        Access::Permission | Access::Block => false,
    }
}
