use super::entrance::{SessionError, SignInError, next_of};
use super::{Desk, Writing, actor, lock};
use crate::credential::password::{WeakPasswordError, judge};
use crate::credential::{CredentialError, Secrets, second_factor};
use crate::record::{AccountChanged, CredentialChanged, TokenFacts};
use crate::session::{Means, SignedIn};
use crate::{
    Account, AccountChange, AccountId, Acting, Enrolment, Handed, Matter, Next, PersonId,
    RecoveryCodes, Standing,
};
use audit::{Actor, EntryKind};
use zeroize::Zeroizing;

/// A secret was not set.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The session is over.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// The old password is wrong.
    #[error("the old password is wrong")]
    OldPassword,
    /// The new one is too easy.
    #[error(transparent)]
    Weak(#[from] WeakPasswordError),
    /// Nobody began to enrol, or the code is wrong.
    #[error("the code is wrong; scan the picture and enter the code that is shown now")]
    Code,
    /// Another one is enrolled already.
    #[error("an authenticator is set up already; if it is lost, ask for a reset")]
    Enrolled,
    /// A token sets nothing.
    #[error("a token sets no secrets; sign in as a person")]
    Token,
    /// The file.
    #[error(transparent)]
    Credential(#[from] CredentialError),
    /// The ledger did not take it.
    #[error(transparent)]
    Ledger(#[from] audit::AppendError),
}

impl From<SecretError> for SignInError {
    fn from(error: SecretError) -> Self {
        match error {
            SecretError::Credential(error) => Self::Credential(error),
            SecretError::Ledger(error) => Self::Ledger(error),
            SecretError::Session(_)
            | SecretError::OldPassword
            | SecretError::Weak(_)
            | SecretError::Code
            | SecretError::Enrolled
            | SecretError::Token => Self::Wrong,
        }
    }
}

impl Desk {
    /// Changes one's own password; all other sessions end, and this one goes on under a new token.
    ///
    /// # Errors
    ///
    /// Refuses a wrong old password and a weak new one.
    pub fn change_password(
        &self,
        acting: &Acting,
        old: &str,
        new: &str,
    ) -> Result<SignedIn, SecretError> {
        self.still_there(acting)?;
        let Means::Session(key) = acting.means else {
            return Err(SecretError::Token);
        };
        let account = self.own_account(acting)?;
        let held = self.secrets_of(account.id)?.unwrap_or_default();
        if !self.hasher.verify(old, held.password.as_ref()) {
            lock(&self.sessions).end(key);
            return Err(SecretError::OldPassword);
        }
        judge(new, &[&account.name, &account.shown])?;
        if old == new {
            return Err(WeakPasswordError::Same.into());
        }
        let hash = self.hasher.hash(new, &*self.chance)?;
        let writing = self.hold();
        let mut secrets = self.secrets_of(account.id)?.unwrap_or_default();
        secrets.password = Some(hash);
        secrets.temporary = false;
        let what = "the password was changed";
        self.keep_secrets(&writing, actor(acting), account.id, &mut secrets, what)?;
        drop(writing);
        lock(&self.sessions).end_all(account.id, None);
        self.begin_session(&account).map_err(|error| match error {
            SignInError::Credential(error) => SecretError::Credential(error),
            SignInError::Ledger(error) => SecretError::Ledger(error),
            SignInError::Wrong
            | SignInError::CodeNeeded
            | SignInError::Often { .. }
            | SignInError::Hours => SecretError::Session(SessionError::Changed),
        })
    }

    /// Begins to enrol an authenticator: shows what it must be given.
    ///
    /// # Errors
    ///
    /// Refuses when one is set up already: whoever has a session for a moment must not replace it.
    pub fn begin_second_factor(&self, acting: &Acting) -> Result<Enrolment, SecretError> {
        self.still_there(acting)?;
        let account = self.enrolling_account(acting)?;
        let secret = second_factor::make(&*self.chance)?;
        let school = self.force().map(|force| force.school.clone());
        let shown = second_factor::enrolment(
            &secret,
            &account.name,
            school.as_deref().unwrap_or("Schoolgate"),
        );
        lock(&self.enrolling).insert(account.id, secret);
        shown.ok_or(SecretError::Code)
    }

    /// Ends the enrolment with the first code; gives back the recovery codes, once.
    ///
    /// # Errors
    ///
    /// Refuses a wrong code.
    pub fn finish_second_factor(
        &self,
        acting: &Acting,
        code: &str,
    ) -> Result<RecoveryCodes, SecretError> {
        self.still_there(acting)?;
        let account = self.enrolling_account(acting)?;
        let secret = lock(&self.enrolling).get(&account.id).cloned();
        let secret = secret.ok_or(SecretError::Code)?;
        let step = second_factor::check(&secret, code, self.clock.now(), None);
        let step = step.ok_or(SecretError::Code)?;
        let codes = RecoveryCodes::make(&*self.chance)?;
        let writing = self.hold();
        let mut secrets = self.secrets_of(account.id)?.unwrap_or_default();
        secrets.second_factor = Some(secret);
        secrets.recovery = codes
            .0
            .iter()
            .map(|code| self.keep_digest("recovery", code))
            .collect();
        let change = Change {
            what: "an authenticator was set up",
            step: Some(step),
        };
        self.keep_changed(&writing, actor(acting), account.id, &mut secrets, change)?;
        lock(&self.enrolling).remove(&account.id);
        Ok(codes)
    }

    fn own_account(&self, acting: &Acting) -> Result<Account, SecretError> {
        let account = self.register().accounts.get(&acting.account).cloned();
        Ok(account.ok_or(SessionError::Changed)?)
    }

    fn enrolling_account(&self, acting: &Acting) -> Result<Account, SecretError> {
        if matches!(acting.means, Means::Token(_)) {
            return Err(SecretError::Token);
        }
        let account = self.own_account(acting)?;
        if account.second_factor {
            return Err(SecretError::Enrolled);
        }
        // A temporary password is somebody else's knowledge as well.
        match next_of(&account) {
            Next::ChangePassword => Err(SessionError::NotReady.into()),
            Next::EnrolSecondFactor | Next::Ready => Ok(account),
        }
    }

    /// The secrets of an account that the ledger vouches for; `None` where it has none.
    pub(super) fn secrets_of(
        &self,
        account: AccountId,
    ) -> Result<Option<Secrets>, CredentialError> {
        let tag = self
            .register()
            .credentials
            .get(&account)
            .and_then(|facts| facts.tag);
        let Some(tag) = tag else { return Ok(None) };
        match self.vault.read(account, tag) {
            Ok(secrets) => Ok(Some(secrets)),
            Err(error) => {
                self.tell_altered(account, &error);
                Err(error)
            }
        }
    }

    pub(super) fn keep_secrets(
        &self,
        writing: &Writing<'_>,
        who: Actor,
        account: AccountId,
        secrets: &mut Secrets,
        what: &str,
    ) -> Result<(), SecretError> {
        let change = Change { what, step: None };
        self.keep_changed(writing, who, account, secrets, change)
    }

    /// Keeps secrets beside the old ones, lets the ledger name them, and sweeps the old ones.
    fn keep_changed(
        &self,
        writing: &Writing<'_>,
        who: Actor,
        account: AccountId,
        secrets: &mut Secrets,
        change: Change<'_>,
    ) -> Result<(), SecretError> {
        let tag = self.vault.keep(account, secrets, &*self.chance)?;
        let tokens = secrets.tokens.iter().map(|token| TokenFacts {
            id: token.id.clone(),
            scope: token.scope,
            expires: token.expires,
            feed: token.feed.clone(),
        });
        let payload = CredentialChanged {
            account,
            tag: Some(tag),
            what: change.what.to_owned(),
            temporary: secrets.temporary,
            second_factor: secrets.second_factor.is_some(),
            tokens: tokens.collect(),
            step: change.step,
        };
        self.write(writing, who, EntryKind::CredentialChanged, &payload)?;
        self.vault.sweep(account, Some(tag));
        Ok(())
    }

    /// Gives an account a password that nobody chose.
    pub(super) fn give_password(
        &self,
        writing: &Writing<'_>,
        who: Actor,
        account: AccountId,
        what: &str,
        temporary: bool,
    ) -> Result<Zeroizing<String>, SecretError> {
        let letters = crate::credential::text(&*self.chance, 20)?;
        let groups: Vec<&str> = (0..5)
            .map(|group| &letters[group * 4..group * 4 + 4])
            .collect();
        let password = Zeroizing::new(groups.join("-"));
        let mut secrets = self.secrets_of(account)?.unwrap_or_default();
        secrets.password = Some(self.hasher.hash(&password, &*self.chance)?);
        secrets.temporary = temporary;
        self.keep_secrets(writing, who, account, &mut secrets, what)?;
        lock(&self.sessions).end_all(account, None);
        Ok(password)
    }

    /// Makes an account as it was decided. The secrets come first, the entry that names the matter
    /// last: until it is on the disk the matter is tried again.
    pub(super) fn alter_account(
        &self,
        writing: &Writing<'_>,
        who: Actor,
        matter: &Matter,
        change: &AccountChange,
    ) -> Result<(), SecretError> {
        if let AccountChange::Open { new } = change {
            let handed = self.open_account(writing, who, new, Some(matter))?;
            lock(&self.handed).insert(matter.id, handed);
            return Ok(());
        }
        let found = change
            .account()
            .and_then(|id| self.register().accounts.get(&id).cloned());
        let mut account = found.ok_or(SessionError::Changed)?;
        match change {
            AccountChange::Role { role, .. } => account.role = *role,
            AccountChange::Suspend { .. } => account.standing = Standing::Suspended,
            AccountChange::Reopen { .. } => account.standing = Standing::Active,
            AccountChange::Close { .. } => account.standing = Standing::Closed,
            AccountChange::Classes { classes, .. } => account.classes.clone_from(classes),
            AccountChange::Mail { mail, .. } => account.mail.clone_from(mail),
            AccountChange::Expiry { expires, .. } => account.expires = *expires,
            AccountChange::ResetSecondFactor { .. } => {
                let mut secrets = self.secrets_of(account.id)?.unwrap_or_default();
                (secrets.second_factor, secrets.recovery) = (None, Vec::new());
                let what = "the second factor was reset";
                self.keep_secrets(writing, who, account.id, &mut secrets, what)?;
                account.second_factor = false;
            }
            AccountChange::ResetPassword { .. } => {
                let what = "the password was reset";
                let password = self.give_password(writing, who, account.id, what, true)?;
                account.temporary = true;
                let handed = Handed {
                    account: account.clone(),
                    password,
                };
                lock(&self.handed).insert(matter.id, handed);
            }
            AccountChange::Absence { until, .. } => account.absent_until = *until,
            AccountChange::Open { .. } => {}
        }
        lock(&self.sessions).end_all(account.id, None);
        let payload = AccountChanged {
            account,
            change: Some(change.clone()),
            matter: Some(matter.id),
        };
        self.write(writing, who, EntryKind::AccountChanged, &payload)?;
        self.push_directory();
        Ok(())
    }

    /// Opens an account with a temporary password.
    pub(super) fn open_account(
        &self,
        writing: &Writing<'_>,
        who: Actor,
        new: &crate::NewAccount,
        matter: Option<&Matter>,
    ) -> Result<Handed, SecretError> {
        let id = AccountId(self.sixteen()?);
        let person = match new.person {
            Some(person) => person,
            None => PersonId(self.sixteen()?),
        };
        let account = Account {
            id,
            person,
            name: new.name.clone(),
            shown: new.shown.trim().to_owned(),
            role: new.role,
            user: new.user.clone(),
            classes: new.classes.clone(),
            mail: new.mail.clone(),
            standing: Standing::Active,
            sponsor: new.sponsor,
            hours: new.hours.clone(),
            expires: new.expires,
            absent_until: None,
            last_sign_in: None,
            sealed: new.sealed,
            second_factor: false,
            temporary: true,
        };
        let payload = AccountChanged {
            account,
            change: None,
            matter: matter.map(|matter| matter.id),
        };
        // The account comes first: until it has a password nobody can use it, and a reset mends
        // what a crash left so.
        self.write(writing, who, EntryKind::AccountChanged, &payload)?;
        // What lies in the safe is not changed at its first use: it has one use.
        let what = "a first password was given";
        let password = self.give_password(writing, who, id, what, !new.sealed)?;
        self.push_directory();
        let account = self.register().accounts.get(&id).cloned();
        Ok(Handed {
            account: account.ok_or(SessionError::Changed)?,
            password,
        })
    }

    fn sixteen(&self) -> Result<[u8; 16], CredentialError> {
        let mut bytes = [0; 16];
        self.chance
            .fill(&mut bytes)
            .map_err(CredentialError::Chance)?;
        Ok(bytes)
    }
}

/// What is said of changed secrets.
#[derive(Clone, Copy)]
struct Change<'a> {
    what: &'a str,
    step: Option<u64>,
}
