use super::{Desk, Writing, lock};
use crate::attempts::Guesser;
use crate::credential::{CredentialError, second_factor};
use crate::record::{SignInRefused, SignedIn as SignedInRecord};
use crate::session::{Means, Next, SignedIn};
use crate::{Account, AccountId, Acting};
use audit::{Actor, EntryKind};
use model::{Digest, Moment};
use std::net::IpAddr;
use std::time::Duration;
use zeroize::Zeroizing;

/// Nobody was signed in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// Name, password or code is wrong; which, nobody is told.
    #[error("name, password or code is wrong")]
    Wrong,
    /// The password was right, and the code is missing.
    #[error("enter the code of your authenticator, or a recovery code")]
    CodeNeeded,
    /// Too many guesses.
    #[error("there were too many guesses; wait {minutes} minutes")]
    Often {
        /// How long.
        minutes: u64,
    },
    /// Not at this time of the day.
    #[error("this account can be used in its hours alone")]
    Hours,
    /// The secrets are not what the change log vouches for.
    #[error(transparent)]
    Credential(#[from] CredentialError),
    /// It could not be written down.
    #[error(transparent)]
    Ledger(#[from] audit::AppendError),
}

/// Nobody is signed in, or not far enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SessionError {
    /// It is over, or never was.
    #[error("you are signed out; sign in again")]
    Over,
    /// The account was changed since.
    #[error("your account was changed; sign in again")]
    Changed,
    /// Password or second factor come first.
    #[error("change your password and set up your authenticator first")]
    NotReady,
}

impl Desk {
    /// Signs somebody in.
    ///
    /// Names that nobody has take as long as wrong passwords; ten wrong guesses in five minutes,
    /// for one name or from one address, and no more are heard (SEC-06).
    ///
    /// # Errors
    ///
    /// [`SignInError::CodeNeeded`] asks for the second factor; all else refuses.
    pub fn sign_in(
        &self,
        name: &str,
        password: &str,
        code: Option<&str>,
        from: IpAddr,
    ) -> Result<SignedIn, SignInError> {
        let name: String = name
            .trim()
            .chars()
            .take(100)
            .collect::<String>()
            .to_lowercase();
        let account = self.register().account_named(&name).cloned();
        // The sealed account has a way of its own; here it is as a name that nobody has.
        let account = account.filter(|account| !account.sealed);
        let entered = Entered {
            name: &name,
            password,
            code,
            from: Some(from),
        };
        let account = self.admit(&entered, account, EntryKind::SignedIn, |account, step| {
            serde_json::to_value(SignedInRecord {
                account: account.id,
                from: Some(from),
                step,
                confirmed: false,
            })
        })?;
        self.begin_session(&account)
    }

    /// Asks for password and second factor, and writes down who came in before anything is opened:
    /// the code is used up by that entry.
    pub(super) fn admit(
        &self,
        entered: &Entered<'_>,
        account: Option<Account>,
        kind: EntryKind,
        payload: impl FnOnce(&Account, Option<u64>) -> Result<serde_json::Value, serde_json::Error>,
    ) -> Result<Account, SignInError> {
        let guessers = entered.guessers();
        let mono = self.clock.monotonic();
        if let Some(wait) = lock(&self.attempts).closed_for(&guessers, mono) {
            return Err(SignInError::Often {
                minutes: wait.as_secs().div_ceil(60).max(1),
            });
        }
        let secrets = match &account {
            Some(account) => self.secrets_of(account.id)?,
            None => None,
        };
        let held = secrets
            .as_ref()
            .and_then(|secrets| secrets.password.as_ref());
        let right = self.hasher.verify(entered.password, held);
        let now = self.now();
        let found = account.filter(|account| right && account.is_usable(now));
        let Some(account) = found else {
            return Err(self.wrong(entered));
        };
        if !self.is_within_hours(&account, now) {
            return Err(SignInError::Hours);
        }
        let writing = self.hold();
        let Some(step) = self.use_code(&writing, &account, entered.code)? else {
            drop(writing);
            return Err(self.wrong(entered));
        };
        let payload = payload(&account, step).map_err(audit::AppendError::from)?;
        let who = Actor::Account(audit::Pseudonym(account.id.bytes()));
        self.write(&writing, who, kind, &payload)?;
        drop(writing);
        lock(&self.attempts).forget(&guessers[0]);
        Ok(account)
    }

    /// Uses a code up: of the authenticator, by the step that is given back, or a recovery code.
    /// `None` when it is neither.
    fn use_code(
        &self,
        writing: &Writing<'_>,
        account: &Account,
        code: Option<&str>,
    ) -> Result<Option<Option<u64>>, SignInError> {
        // Read anew: while the password was hashed, another may have used the same code.
        let Some(mut secrets) = self.secrets_of(account.id)? else {
            return Ok(None);
        };
        let Some(secret) = secrets.second_factor.clone() else {
            return Ok(Some(None));
        };
        let Some(code) = code.filter(|code| !code.trim().is_empty()) else {
            return Err(SignInError::CodeNeeded);
        };
        let last = self
            .register()
            .credentials
            .get(&account.id)
            .and_then(|facts| facts.step);
        if let Some(step) = second_factor::check(&secret, code, self.clock.now(), last) {
            return Ok(Some(Some(step)));
        }
        let Some(code) = second_factor::tidy_recovery(code) else {
            return Ok(None);
        };
        if !secrets.use_recovery(self.keep_digest("recovery", &code)) {
            return Ok(None);
        }
        let who = Actor::Account(audit::Pseudonym(account.id.bytes()));
        let what = "a recovery code was used";
        self.keep_secrets(writing, who, account.id, &mut secrets, what)?;
        Ok(Some(None))
    }

    /// Counts a wrong guess, and writes the first and the last of them down.
    fn wrong(&self, entered: &Entered<'_>) -> SignInError {
        let guessers = entered.guessers();
        let count = lock(&self.attempts).count(&guessers, self.clock.monotonic());
        let account = self
            .register()
            .account_named(entered.name)
            .map(|account| account.id);
        if count == 1 || count == crate::attempts::MOST {
            let payload = SignInRefused {
                account,
                from: entered.from,
                why: match count {
                    1 => "name, password or code was wrong".to_owned(),
                    _more => format!("{count} wrong guesses within five minutes"),
                },
            };
            let written = self.write(
                &self.hold(),
                Actor::Gateway,
                EntryKind::SignInRefused,
                &payload,
            );
            if let Err(error) = written {
                tracing::error!(%error, "a refused sign-in could not be written down");
            }
            if count == crate::attempts::MOST {
                self.tell_guessing(account, entered.from);
            }
        }
        SignInError::Wrong
    }

    pub(super) fn begin_session(&self, account: &Account) -> Result<SignedIn, SignInError> {
        let token = crate::credential::text(&*self.chance, 52)?;
        let token = Zeroizing::new(format!("s{}", &*token));
        let key = session_key(&token);
        lock(&self.sessions).begin(key, account.id, self.clock.monotonic());
        let account = self.register().accounts.get(&account.id).cloned();
        let account = account.ok_or(SignInError::Wrong)?;
        let acting = Acting::of(&account, next_of(&account), Means::Session(key));
        Ok(SignedIn {
            token,
            next: acting.next,
            acting,
        })
    }

    /// Who acts in a session; the session lives on from now.
    ///
    /// # Errors
    ///
    /// [`SessionError::Over`] after 15 idle minutes, and after eight hours.
    pub fn acting(&self, token: &str) -> Result<Acting, SessionError> {
        let key = session_key(token);
        let now = self.clock.monotonic();
        let account = lock(&self.sessions)
            .touch(key, now)
            .ok_or(SessionError::Over)?;
        let account = self.usable(account)?;
        Ok(Acting::of(&account, next_of(&account), Means::Session(key)))
    }

    /// Ends a session.
    pub fn sign_out(&self, token: &str) {
        lock(&self.sessions).end(session_key(token));
    }

    /// Whether who acted a moment ago still may, and has nothing to do first.
    pub(super) fn still(&self, acting: &Acting) -> Result<(), SessionError> {
        self.still_there(acting)?;
        match acting.next {
            Next::Ready => Ok(()),
            Next::ChangePassword | Next::EnrolSecondFactor => Err(SessionError::NotReady),
        }
    }

    pub(super) fn still_there(&self, acting: &Acting) -> Result<(), SessionError> {
        let account = self.usable(acting.account)?;
        if account.role != acting.role || account.person != acting.person {
            return Err(SessionError::Changed);
        }
        match acting.means {
            Means::Session(key) => {
                let now = self.clock.monotonic();
                match lock(&self.sessions).holds(key, acting.account, now) {
                    true => Ok(()),
                    false => Err(SessionError::Over),
                }
            }
            Means::Token(_) => Ok(()),
        }
    }

    fn usable(&self, account: AccountId) -> Result<Account, SessionError> {
        let found = self.register().accounts.get(&account).cloned();
        let now = self.now();
        let found = found.filter(|account| account.is_usable(now));
        let found = found.ok_or(SessionError::Changed)?;
        match self.is_within_hours(&found, now) {
            true => Ok(found),
            false => Err(SessionError::Over),
        }
    }

    /// Whether an account may be used at this hour; one whose hours nobody knows may not.
    fn is_within_hours(&self, account: &Account, now: Moment) -> bool {
        let Some(hours) = &account.hours else {
            return true;
        };
        let Some(force) = self.force() else {
            return false;
        };
        let policy = force.state.policy();
        let running = policy.schedules(now).running;
        policy
            .schedule_names()
            .any(|(index, id, _)| id == hours.0 && running.contains(index))
    }

    pub(super) fn elapsed(&self) -> Duration {
        self.clock.monotonic()
    }
}

/// What somebody entered to come in.
pub(super) struct Entered<'a> {
    pub(super) name: &'a str,
    pub(super) password: &'a str,
    pub(super) code: Option<&'a str>,
    /// From where; within a session guesses are counted by name alone.
    pub(super) from: Option<IpAddr>,
}

impl Entered<'_> {
    fn guessers(&self) -> Vec<Guesser> {
        let name = Guesser::Name(self.name.to_owned());
        std::iter::once(name)
            .chain(self.from.map(Guesser::From))
            .collect()
    }
}

/// What must be done before anything else.
pub(super) const fn next_of(account: &Account) -> Next {
    if account.temporary {
        Next::ChangePassword
    } else if !account.second_factor && !account.sealed {
        Next::EnrolSecondFactor
    } else {
        Next::Ready
    }
}

/// What a session is kept under: not even our memory holds its token.
pub(super) fn session_key(token: &str) -> Digest {
    Digest::of(token.as_bytes())
}
