use super::entrance::{Entered, SignInError};
use super::newcomer::check_new_account;
use super::validate::InvalidChange;
use super::{Desk, SecretError, Writing};
use crate::proposal::{Approved, Checked, Consent, Mode};
use crate::record::{Commissioning, CommissioningState};
use crate::session::SignedIn;
use crate::{Handed, NewAccount, Settings};
use alert::Role;
use audit::{Actor, EntryKind};
use model::Moment;
use serde_json::json;
use std::net::IpAddr;

/// What came of files that were offered during commissioning.
#[derive(Debug)]
pub enum Commission {
    /// They may come into force.
    Approved(Box<Approved<Checked>>),
    /// Somebody has to decide.
    Over(Box<Checked>),
}

/// No account was founded.
#[derive(Debug, thiserror::Error)]
pub enum FoundError {
    /// There is a headteacher, and commissioning is over.
    #[error("commissioning is over; propose the account in the console, and have it approved")]
    Over,
    /// The account cannot be so.
    #[error(transparent)]
    Invalid(#[from] InvalidChange),
    /// It could not be kept.
    #[error(transparent)]
    Secret(#[from] SecretError),
}

impl Desk {
    /// Until when the technician edits freely; `None` when somebody has to decide.
    pub fn commissioning(&self) -> Option<Moment> {
        self.register().commissioning(self.now())
    }

    /// How changes of the files are decided now.
    pub fn mode(&self) -> Mode {
        let register = self.register();
        match register.active().is_none() || register.commissioning(self.now()).is_some() {
            true => Mode::Commissioning,
            false => Mode::Decided,
        }
    }

    /// Consents to files while nothing is in force yet, and while commissioning lasts. The first
    /// ones begin it, for as long as they say and 14 days at most.
    ///
    /// # Errors
    ///
    /// Fails when the beginning could not be written down.
    pub fn commission(&self, checked: Checked) -> Result<Commission, audit::AppendError> {
        let writing = self.hold();
        if self.register().commissioning.is_none() {
            self.begin_commissioning(&writing, &checked)?;
        }
        if self.mode() == Mode::Decided || self.set_back().is_some() {
            return Ok(Commission::Over(Box::new(checked)));
        }
        let by = Consent::Commissioning;
        Ok(Commission::Approved(Box::new(Approved {
            what: checked,
            by,
        })))
    }

    fn begin_commissioning(
        &self,
        writing: &Writing<'_>,
        checked: &Checked,
    ) -> Result<(), audit::AppendError> {
        let settings = Settings::of(checked.proposal.bundle.files());
        let payload = Commissioning {
            state: CommissioningState::Begun,
            ends: self.clock.now().after(settings.commissioning()),
            matter: None,
        };
        self.write(writing, Actor::Gateway, EntryKind::Commissioning, &payload)?;
        Ok(())
    }

    /// Opens an account from the command line of the machine: the first ones, and others while
    /// commissioning lasts. Later an account is a change like any other.
    ///
    /// # Errors
    ///
    /// Refuses when there was a headteacher once and commissioning is over.
    pub fn found_account(&self, uid: u32, new: &NewAccount) -> Result<Handed, FoundError> {
        let writing = self.hold();
        let now = self.now();
        {
            let register = self.register();
            let first = !register.had_headteacher;
            if !first && register.commissioning(now).is_none() {
                return Err(FoundError::Over);
            }
            // Without a headteacher nobody could ever approve another account.
            if first
                && register.active().is_some()
                && register.commissioning(now).is_none()
                && new.role != Role::Headteacher
            {
                return Err(FoundError::Over);
            }
            check_new_account(&register, new, now)?;
        }
        let handed = self.open_account(&writing, Actor::LocalUser(uid), new, None)?;
        self.tell_founded(&handed.account, uid);
        Ok(handed)
    }

    /// Breaks the seal of the account in the safe: everybody is told at once (SEC-07).
    ///
    /// It may do what its role may propose, and it decides nothing.
    ///
    /// # Errors
    ///
    /// As [`Desk::sign_in`]; a reason is wanted.
    pub fn unseal(
        &self,
        name: &str,
        password: &str,
        reason: &str,
        from: IpAddr,
    ) -> Result<SignedIn, SignInError> {
        let name = name.trim().to_lowercase();
        let reason: String = reason.trim().chars().take(500).collect();
        let account = self.register().account_named(&name).cloned();
        let account = account.filter(|account| account.sealed && reason.chars().count() >= 3);
        let entered = Entered {
            name: &name,
            password,
            code: None,
            from: Some(from),
        };
        let account = self.admit(&entered, account, EntryKind::BreakGlass, |account, step| {
            Ok(json!({ "account": account.id, "from": from, "step": step, "reason": reason }))
        })?;
        self.tell_unsealed(&account, &reason, from);
        self.begin_session(&account)
    }
}
