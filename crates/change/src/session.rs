use crate::{Account, AccountId, PersonId, Who};
use alert::Role;
use model::Digest;
use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

/// Somebody who signed in; the proof that actions are taken by a person. Only the desk makes one.
#[derive(Clone, Debug)]
pub struct Acting {
    /// The account.
    pub account: AccountId,
    /// Whose it is.
    pub person: PersonId,
    /// What it may do.
    pub role: Role,
    /// The name that people read.
    pub shown: String,
    /// What must be done before anything else.
    pub next: Next,
    pub(crate) means: Means,
}

/// By what somebody acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Means {
    /// A session, by the digest of its token.
    Session(Digest),
    /// A token of the API, which never decides.
    Token(Scope),
}

/// What must be done before anything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Nothing.
    Ready,
    /// The temporary password is changed.
    ChangePassword,
    /// A second factor is enrolled.
    EnrolSecondFactor,
}

/// What a token of the API may do; it never decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// Look.
    Read,
    /// Look, and propose.
    Propose,
    /// Say who is where, and nothing else.
    Feed,
}

/// Somebody signed in.
pub struct SignedIn {
    /// The secret of the session, for the cookie.
    pub token: zeroize::Zeroizing<String>,
    /// Who it is.
    pub acting: Acting,
    /// What must be done before anything else.
    pub next: Next,
}

impl fmt::Debug for SignedIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedIn")
            .field("acting", &self.acting)
            .finish_non_exhaustive()
    }
}

/// Somebody who gave password and second factor again, for one decision. It is used up by it.
#[derive(Debug)]
pub struct Confirmed {
    pub(crate) acting: Acting,
    /// When, by the clock that never runs backwards.
    pub(crate) at: Duration,
}

impl Confirmed {
    /// Who it is.
    pub const fn acting(&self) -> &Acting {
        &self.acting
    }
}

impl Acting {
    /// Who it is, as the ledger remembers it.
    pub(crate) fn who(&self) -> Who {
        Who {
            account: self.account,
            person: self.person,
            role: self.role,
            shown: self.shown.clone(),
        }
    }

    pub(crate) fn of(account: &Account, next: Next, means: Means) -> Self {
        Self {
            account: account.id,
            person: account.person,
            role: account.role,
            shown: account.shown.clone(),
            next,
            means,
        }
    }
}

/// The sessions; in memory alone, so that a restart ends them all.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    held: HashMap<Digest, Session>,
}

#[derive(Debug)]
struct Session {
    account: AccountId,
    began: Duration,
    seen: Duration,
}

impl Sessions {
    /// Begins a session under the digest of its token.
    pub(crate) fn begin(&mut self, key: Digest, account: AccountId, now: Duration) {
        self.held.retain(|_, session| session.lives(now));
        if self.held.len() >= MOST_SESSIONS {
            let oldest = self.held.iter().min_by_key(|(_, session)| session.seen);
            if let Some(key) = oldest.map(|(key, _)| *key) {
                self.held.remove(&key);
            }
        }
        let session = Session {
            account,
            began: now,
            seen: now,
        };
        self.held.insert(key, session);
    }

    /// Whose session it is, if it lives; it lives on from now.
    pub(crate) fn touch(&mut self, key: Digest, now: Duration) -> Option<AccountId> {
        let session = self.held.get_mut(&key)?;
        if !session.lives(now) {
            self.held.remove(&key);
            return None;
        }
        session.seen = now;
        Some(session.account)
    }

    /// Whether the session lives.
    pub(crate) fn holds(&self, key: Digest, account: AccountId, now: Duration) -> bool {
        self.held
            .get(&key)
            .is_some_and(|session| session.account == account && session.lives(now))
    }

    pub(crate) fn end(&mut self, key: Digest) {
        self.held.remove(&key);
    }

    /// Ends all sessions of an account, save one.
    pub(crate) fn end_all(&mut self, account: AccountId, save: Option<Digest>) {
        self.held
            .retain(|key, session| session.account != account || Some(*key) == save);
    }
}

impl Session {
    fn lives(&self, now: Duration) -> bool {
        now.saturating_sub(self.seen) < IDLE && now.saturating_sub(self.began) < LONGEST
    }
}

/// After so long without a request a session is over.
pub(crate) const IDLE: Duration = Duration::from_secs(15 * 60);
/// After so long a session is over whatever happens in it.
pub(crate) const LONGEST: Duration = Duration::from_secs(8 * 3_600);
/// For so long a confirmation holds.
pub(crate) const CONFIRMED_FOR: Duration = Duration::from_secs(5 * 60);

const MOST_SESSIONS: usize = 2_000;

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNT: AccountId = AccountId([1; 16]);

    #[test]
    fn a_session_ends_when_idle_and_at_its_longest() {
        let (mut sessions, key) = (Sessions::default(), Digest::of(b"token"));
        sessions.begin(key, ACCOUNT, Duration::ZERO);
        let mut now = Duration::ZERO;
        while now + Duration::from_secs(600) < LONGEST {
            now += Duration::from_secs(600);
            assert_eq!(sessions.touch(key, now), Some(ACCOUNT));
        }
        assert_eq!(sessions.touch(key, LONGEST), None, "however busy");
        sessions.begin(key, ACCOUNT, LONGEST);
        assert_eq!(sessions.touch(key, LONGEST + IDLE), None, "idle");
    }

    #[test]
    fn the_oldest_session_makes_room() {
        let mut sessions = Sessions::default();
        for number in 0..=MOST_SESSIONS as u64 {
            let key = Digest::of(&number.to_be_bytes());
            sessions.begin(key, ACCOUNT, Duration::from_millis(number));
        }
        assert_eq!(sessions.held.len(), MOST_SESSIONS);
        assert_eq!(
            sessions.touch(Digest::of(&0u64.to_be_bytes()), Duration::from_secs(3)),
            None
        );
    }
}
