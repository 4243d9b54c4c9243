use super::entrance::SessionError;
use super::{Desk, SecretError, actor};
use crate::credential::{CredentialError, Token, text};
use crate::record::TokenFacts;
use crate::session::{CONFIRMED_FOR, Means, Next, Scope};
use crate::{Account, AccountId, Acting, Confirmed, FeedChange};
use model::Moment;
use std::net::IpAddr;
use std::time::Duration;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

/// A token of the API, shown once.
pub struct ApiToken {
    /// The secret.
    pub token: Zeroizing<String>,
    /// What is known of it besides.
    pub facts: TokenFacts,
}

impl std::fmt::Debug for ApiToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ApiToken")
            .field("facts", &self.facts)
            .finish_non_exhaustive()
    }
}

/// A token was not issued, or is not believed.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// Unknown, over, or altered.
    #[error("the token is unknown or over; issue another")]
    Unknown,
    /// A feed's token from another address.
    #[error("this token speaks for a feed from another address")]
    Elsewhere,
    /// The session is over.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// Password and second factor were given too long ago.
    #[error("that took more than five minutes; confirm with password and code again")]
    Stale,
    /// Longer than a year, or over already.
    #[error("a token ends within a year")]
    Expiry,
    /// Too many.
    #[error("you have ten tokens already; take one back")]
    Full,
    /// A feed that is not open.
    #[error("there is no open feed `{name}`; have one approved first")]
    Feed {
        /// The name.
        name: String,
    },
    /// It could not be kept.
    #[error(transparent)]
    Secret(#[from] SecretError),
}

impl From<CredentialError> for TokenError {
    fn from(error: CredentialError) -> Self {
        Self::Secret(error.into())
    }
}

impl Desk {
    /// Issues a token that acts for this account within a scope; shown once, kept as a digest.
    ///
    /// # Errors
    ///
    /// Refuses what lasts for more than a year, more than ten, and feeds that nobody approved.
    pub fn issue_token(
        &self,
        confirmed: Confirmed,
        scope: Scope,
        feed: Option<&str>,
        expires: Moment,
    ) -> Result<ApiToken, TokenError> {
        let Confirmed { acting, at } = confirmed;
        self.still(&acting)?;
        if self.clock.monotonic().saturating_sub(at) >= CONFIRMED_FOR {
            return Err(TokenError::Stale);
        }
        let now = self.now();
        if expires <= now || now.until(expires) > YEAR {
            return Err(TokenError::Expiry);
        }
        let feed = self.feed_of(scope, feed)?;
        let id = text(&*self.chance, 10)?.to_string();
        let secret = text(&*self.chance, 52)?;
        let token = Zeroizing::new(format!("sg.{id}.{}", &*secret));
        let writing = self.hold();
        let mut secrets = self.secrets_of(acting.account)?.unwrap_or_default();
        secrets.tokens.retain(|held| now < held.expires);
        if secrets.tokens.len() >= MOST_TOKENS {
            return Err(TokenError::Full);
        }
        secrets.tokens.push(Token {
            id: id.clone(),
            digest: self.keep_digest("token", &token),
            scope,
            expires,
            feed: feed.clone(),
        });
        let what = "a token was issued";
        self.keep_secrets(&writing, actor(&acting), acting.account, &mut secrets, what)?;
        let facts = TokenFacts {
            id,
            scope,
            expires,
            feed,
        };
        Ok(ApiToken { token, facts })
    }

    /// Takes one's own token back.
    ///
    /// # Errors
    ///
    /// Fails where there is none of the name.
    pub fn revoke_token(&self, acting: &Acting, id: &str) -> Result<(), TokenError> {
        self.still(acting)?;
        let writing = self.hold();
        let mut secrets = self.secrets_of(acting.account)?.unwrap_or_default();
        let before = secrets.tokens.len();
        secrets.tokens.retain(|token| token.id != id);
        if secrets.tokens.len() == before {
            return Err(TokenError::Unknown);
        }
        let what = "a token was taken back";
        self.keep_secrets(&writing, actor(acting), acting.account, &mut secrets, what)?;
        Ok(())
    }

    /// The tokens of one's own account, without their secrets.
    pub fn tokens(&self, acting: &Acting) -> Vec<TokenFacts> {
        let register = self.register();
        let facts = register.credentials.get(&acting.account);
        facts.map(|facts| facts.tokens.clone()).unwrap_or_default()
    }

    /// Who acts by a token, and within what scope. It never decides, whoever it acts for.
    ///
    /// # Errors
    ///
    /// Refuses what is unknown, over, or speaks for a feed from another address than was approved.
    pub fn acting_by_token(
        &self,
        token: &str,
        from: IpAddr,
    ) -> Result<(Acting, Scope), TokenError> {
        let (account, held) = self.held_token(token, from)?;
        let acting = Acting::of(&account, Next::Ready, Means::Token(held.scope));
        Ok((acting, held.scope))
    }

    /// The feed that a token speaks for, and the account that answers for it.
    pub(super) fn feed_of_token(
        &self,
        token: &str,
        from: IpAddr,
    ) -> Result<(AccountId, String), TokenError> {
        let (account, held) = self.held_token(token, from)?;
        match (held.scope, held.feed) {
            (Scope::Feed, Some(feed)) => Ok((account.id, feed)),
            (Scope::Read | Scope::Propose | Scope::Feed, _) => Err(TokenError::Unknown),
        }
    }

    /// A token that is believed, from this address.
    fn held_token(&self, token: &str, from: IpAddr) -> Result<(Account, Token), TokenError> {
        let mut parts = token.splitn(3, '.');
        let (Some("sg"), Some(id), Some(_)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(TokenError::Unknown);
        };
        let account = {
            let register = self.register();
            let mut found = register
                .credentials
                .iter()
                .filter(|(_, facts)| facts.tokens.iter().any(|held| held.id == id));
            found
                .next()
                .and_then(|(account, _)| register.accounts.get(account).cloned())
                .ok_or(TokenError::Unknown)?
        };
        let now = self.now();
        let secrets = self.secrets_of(account.id)?.unwrap_or_default();
        let digest = self.keep_digest("token", token);
        let held = secrets
            .tokens
            .iter()
            .find(|held| held.id == id && bool::from(held.digest.0.ct_eq(&digest.0)));
        let held = held
            .filter(|held| now < held.expires && account.is_usable(now))
            .ok_or(TokenError::Unknown)?;
        if held.scope == Scope::Feed {
            self.feed_speaks_from(held.feed.as_deref().unwrap_or_default(), from)?;
        }
        Ok((account, held.clone()))
    }

    fn feed_of(&self, scope: Scope, feed: Option<&str>) -> Result<Option<String>, TokenError> {
        match scope {
            Scope::Read | Scope::Propose => Ok(None),
            Scope::Feed => {
                let name = feed.unwrap_or_default().to_owned();
                match self.register().feeds.contains_key(&name) {
                    true => Ok(Some(name)),
                    false => Err(TokenError::Feed { name }),
                }
            }
        }
    }

    fn feed_speaks_from(&self, name: &str, from: IpAddr) -> Result<(), TokenError> {
        let feed = self.register().feeds.get(name).cloned();
        match feed {
            Some(FeedChange::Open { from: known, .. })
                if known
                    .iter()
                    .any(|known| known.to_canonical() == from.to_canonical()) =>
            {
                Ok(())
            }
            Some(FeedChange::Open { .. }) => {
                self.tell_copied(name, from);
                Err(TokenError::Elsewhere)
            }
            Some(FeedChange::Close { .. }) | None => Err(TokenError::Unknown),
        }
    }
}

const MOST_TOKENS: usize = 10;
const YEAR: Duration = Duration::from_secs(366 * 86_400);
