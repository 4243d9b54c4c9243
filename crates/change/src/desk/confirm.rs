use super::entrance::{Entered, SessionError, SignInError};
use super::{Desk, by_token};
use crate::record::SignedIn;
use crate::{Acting, Confirmed, Next};
use audit::EntryKind;
use std::net::IpAddr;

/// A decision was not confirmed.
#[derive(Debug, thiserror::Error)]
pub enum ConfirmError {
    /// The session is over.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// A token decides nothing.
    #[error("a token decides nothing; sign in as a person")]
    Token,
    /// The sealed account decides nothing.
    #[error("the sealed account decides nothing")]
    Sealed,
    /// The account has no second factor yet.
    #[error("sign in once and set up the second factor first: `schoolgate account enrol`")]
    Begun,
    /// Password or code is wrong, or there were too many guesses.
    #[error(transparent)]
    SignIn(#[from] SignInError),
}

impl Desk {
    /// Asks for password and second factor again, for one decision within five minutes.
    ///
    /// # Errors
    ///
    /// Refuses as [`Desk::sign_in`] does; a code that was used once is worth nothing.
    pub fn confirm(
        &self,
        acting: &Acting,
        password: &str,
        code: &str,
    ) -> Result<Confirmed, ConfirmError> {
        self.still(acting)?;
        if by_token(acting) {
            return Err(ConfirmError::Token);
        }
        let account = self.register().accounts.get(&acting.account).cloned();
        if account.as_ref().is_none_or(|account| account.sealed) {
            return Err(ConfirmError::Sealed);
        }
        let name = account
            .as_ref()
            .map(|account| account.name.clone())
            .unwrap_or_default();
        let entered = Entered {
            name: &name,
            password,
            code: Some(code),
            from: None,
        };
        self.admit(&entered, account, EntryKind::SignedIn, |account, step| {
            serde_json::to_value(SignedIn {
                account: account.id,
                from: None,
                step,
                confirmed: true,
            })
        })?;
        Ok(Confirmed {
            acting: acting.clone(),
            at: self.elapsed(),
        })
    }

    /// Signs somebody in for one decision alone, at the command line: one password, one code.
    ///
    /// # Errors
    ///
    /// Refuses as [`Desk::sign_in`] does, and an account without a second factor.
    pub fn confirm_once(
        &self,
        name: &str,
        password: &str,
        code: &str,
        from: IpAddr,
    ) -> Result<Confirmed, ConfirmError> {
        let signed = self.sign_in(name, password, Some(code), from)?;
        match signed.next {
            Next::Ready => Ok(Confirmed {
                acting: signed.acting,
                at: self.elapsed(),
            }),
            Next::ChangePassword | Next::EnrolSecondFactor => Err(ConfirmError::Begun),
        }
    }
}
