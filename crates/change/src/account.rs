use crate::{AccountId, PersonId};
use alert::Role;
use model::Moment;
use serde::{Deserialize, Serialize};

/// What the ledger says of an account; its secrets lie elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Its number.
    pub id: AccountId,
    /// Whose it is.
    pub person: PersonId,
    /// The name to sign in with: lower-case letters, digits, dot and hyphen.
    pub name: String,
    /// The name that people read.
    pub shown: String,
    /// What it may do.
    pub role: Role,
    /// The person's name on the network, as the identity feed and the journal have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The classes that the person teaches, by id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<String>,
    /// Where notices go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mail: Option<String>,
    /// Whether it may be used.
    pub standing: Standing,
    /// Who answers for somebody of an outside company.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sponsor: Option<AccountId>,
    /// When it may be used; always, where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hours: Option<Hours>,
    /// When it ends by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Moment>,
    /// Until when the person is away; others decide meanwhile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub absent_until: Option<Moment>,
    /// The last sign-in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_sign_in: Option<Moment>,
    /// Whether it is the one in the safe: its use alarms everybody, and it decides nothing.
    #[serde(default)]
    pub sealed: bool,
    /// Whether a second factor is enrolled.
    #[serde(default)]
    pub second_factor: bool,
    /// Whether its password must be changed at the next sign-in.
    #[serde(default)]
    pub temporary: bool,
}

impl Account {
    /// Whether it may be used at a moment, its hours aside.
    pub fn is_usable(&self, now: Moment) -> bool {
        self.standing == Standing::Active && self.expires.is_none_or(|end| now < end)
    }

    /// Whether the person is away at a moment.
    pub fn is_absent(&self, now: Moment) -> bool {
        self.absent_until.is_some_and(|until| now < until)
    }

    /// Whether a list of whom something is for names this account's person.
    pub fn is_named_in(&self, whom: &[String]) -> bool {
        let user = self.user.as_deref();
        whom.iter()
            .filter_map(|text| text.strip_prefix("user:"))
            .any(|named| Some(named) == user || named == self.name)
    }
}

/// Whether an account may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// It may.
    Active,
    /// Not until it is opened again.
    Suspended,
    /// Never again.
    Closed,
}

/// When an account may be used: while a schedule of the calendar runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Hours(
    /// The id of the schedule.
    pub String,
);

/// An account that is to be opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewAccount {
    /// The name to sign in with.
    pub name: String,
    /// The name that people read.
    pub shown: String,
    /// What it may do.
    pub role: Role,
    /// Whose it is, where the person has another account already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
    /// The person's name on the network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The classes that the person teaches.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<String>,
    /// Where notices go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mail: Option<String>,
    /// Who answers for somebody of an outside company.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sponsor: Option<AccountId>,
    /// When it may be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hours: Option<Hours>,
    /// When it ends by itself; accounts of an outside company must have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Moment>,
    /// Whether it is the one for the safe.
    #[serde(default)]
    pub sealed: bool,
}

impl NewAccount {
    /// An account with a name and a role, and nothing else.
    pub fn new(name: &str, shown: &str, role: Role) -> Self {
        Self {
            name: name.to_owned(),
            shown: shown.to_owned(),
            role,
            person: None,
            user: None,
            classes: Vec::new(),
            mail: None,
            sponsor: None,
            hours: None,
            expires: None,
            sealed: false,
        }
    }
}

/// What is done to an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum AccountChange {
    /// A new one.
    Open {
        /// What it shall be.
        new: Box<NewAccount>,
    },
    /// Another role.
    Role {
        /// Whose.
        account: AccountId,
        /// The role.
        role: Role,
    },
    /// It may not be used for now.
    Suspend {
        /// Which.
        account: AccountId,
    },
    /// It may be used again.
    Reopen {
        /// Which.
        account: AccountId,
    },
    /// It may never be used again.
    Close {
        /// Which.
        account: AccountId,
    },
    /// The second factor is lost: another is enrolled at the next sign-in.
    ResetSecondFactor {
        /// Whose.
        account: AccountId,
    },
    /// The password is lost: who approves hands over a temporary one.
    ResetPassword {
        /// Whose.
        account: AccountId,
    },
    /// The person is away, or back.
    Absence {
        /// Whose.
        account: AccountId,
        /// Until when; back, where absent.
        until: Option<Moment>,
    },
    /// The classes that the person teaches.
    Classes {
        /// Whose.
        account: AccountId,
        /// All of them, by id.
        classes: Vec<String>,
    },
    /// Where notices go.
    Mail {
        /// Whose.
        account: AccountId,
        /// The address.
        mail: Option<String>,
    },
    /// When the account ends by itself.
    Expiry {
        /// Which.
        account: AccountId,
        /// The moment.
        expires: Option<Moment>,
    },
}

impl AccountChange {
    /// The account that is changed; `None` for a new one.
    pub const fn account(&self) -> Option<AccountId> {
        match self {
            Self::Open { .. } => None,
            Self::Role { account, .. }
            | Self::Suspend { account }
            | Self::Reopen { account }
            | Self::Close { account }
            | Self::ResetSecondFactor { account }
            | Self::ResetPassword { account }
            | Self::Absence { account, .. }
            | Self::Classes { account, .. }
            | Self::Mail { account, .. }
            | Self::Expiry { account, .. } => Some(*account),
        }
    }

    /// What is done, in a few plain words.
    pub const fn words(&self) -> &'static str {
        match self {
            Self::Open { .. } => "open an account",
            Self::Role { .. } => "change the role of an account",
            Self::Suspend { .. } => "suspend an account",
            Self::Reopen { .. } => "open an account again",
            Self::Close { .. } => "close an account",
            Self::ResetSecondFactor { .. } => "reset a lost second factor",
            Self::ResetPassword { .. } => "reset a lost password",
            Self::Absence { .. } => "note an absence",
            Self::Classes { .. } => "change the classes of a teacher",
            Self::Mail { .. } => "change where notices go",
            Self::Expiry { .. } => "change when an account ends",
        }
    }
}

/// An account as it is looked at each term (SEC-19).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AccountReview {
    /// The account.
    pub account: Account,
    /// What should be looked at, in plain words; empty when nothing should.
    pub remarks: Vec<&'static str>,
}

/// What an account is opened with: to be handed over in person.
pub struct Handed {
    /// The account.
    pub account: Account,
    /// Its temporary password, which the first sign-in changes.
    pub password: zeroize::Zeroizing<String>,
}

impl std::fmt::Debug for Handed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Handed")
            .field("account", &self.account.id)
            .finish_non_exhaustive()
    }
}
