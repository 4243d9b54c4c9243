//! Who is where, as a feed or somebody at the machine says.

use super::{Desk, TokenError};
use audit::{Actor, AppendError, EntryIndex, EntryKind, Pseudonym};
use gate::State;
use identity::Binding;
use model::{Certainty, Digest, Moment};
use serde_json::json;
use std::net::IpAddr;
use std::time::Duration;

/// What is said of an address was not taken.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// The token is no feed's, or not from here.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// No policy is in force.
    #[error("no policy is in force, so nobody can be bound; bring one into force first")]
    NoPolicy,
    /// Nothing, or too much, at once.
    #[error("say 1 to {MOST} bindings at a time")]
    Count,
    /// It ends too late.
    #[error("{address}: a binding lasts for 1 minute to 24 hours")]
    Span {
        /// The address.
        address: IpAddr,
    },
    /// The address is none of the school's.
    #[error("{address} is outside every zone; name an address of the school's networks")]
    Outside {
        /// The address.
        address: IpAddr,
    },
    /// No feed is switched on.
    #[error("no feed may name users: set `feed = true` under `[identity]` in network.toml")]
    NoFeeds,
    /// A group that is not there.
    #[error("there is no group `{name}`; name a file of `config/groups`")]
    Group {
        /// The name.
        name: String,
    },
    /// A class that is not there.
    #[error("there is no class `{name}`; name one of classes.toml")]
    Class {
        /// The name.
        name: String,
    },
    /// A hardware address that is none.
    #[error("{address}: the hardware address cannot be read; write 02:00:5e:00:53:01")]
    Hardware {
        /// The address.
        address: IpAddr,
    },
    /// A name that is too long, or holds control characters.
    #[error(
        "{address}: a user has a name of 1 to 200 characters, none of them a control character"
    )]
    User {
        /// The address.
        address: IpAddr,
    },
    /// The ledger does not take it.
    #[error(transparent)]
    Ledger(#[from] AppendError),
}

impl Desk {
    /// Binds an address as somebody at the machine says, and writes it down first.
    ///
    /// # Errors
    ///
    /// Refuses what the policy in force does not know; then nothing takes effect.
    pub fn bind(&self, binding: Binding, who: Actor) -> Result<EntryIndex, BindError> {
        let gate = self.gate.get().ok_or(BindError::NoPolicy)?;
        check(&gate.state(), &binding)?;
        let payload = json!({ "binding": &binding });
        let entry = self.write(&self.hold(), who, EntryKind::IdentityBound, &payload)?;
        gate.bind(binding);
        Ok(entry)
    }

    /// Takes in what a feed says of addresses, each until its end: all of it, or nothing.
    ///
    /// The token is asked anew, so that what is bound is bound in the name of the feed that it
    /// speaks for and of no other. The ledger keeps how many there were and a digest; who was
    /// where stands in the journal, with its own retention.
    ///
    /// # Errors
    ///
    /// Refuses a token that is no feed's or comes from another address than was approved, and
    /// whatever the policy in force does not know.
    pub fn bind_by_feed(
        &self,
        token: &str,
        from: IpAddr,
        said: Vec<Binding>,
    ) -> Result<usize, BindError> {
        let (account, feed) = self.feed_of_token(token, from)?;
        let gate = self.gate.get().ok_or(BindError::NoPolicy)?;
        if !(1..=MOST).contains(&said.len()) {
            return Err(BindError::Count);
        }
        let (state, now) = (gate.state(), self.now());
        if !state.identifier().roster().feeds {
            return Err(BindError::NoFeeds);
        }
        let source = format!("feed {feed}");
        let bindings: Vec<Binding> = said
            .into_iter()
            .map(|binding| Binding {
                source: source.clone(),
                certainty: Certainty::Binding,
                ..binding
            })
            .collect();
        for binding in &bindings {
            check(&state, binding)?;
            check_span(binding, now)?;
        }
        let text = serde_json::to_vec(&bindings).unwrap_or_default();
        let payload = json!({
            "feed": feed,
            "bindings": bindings.len(),
            "digest": Digest::of(&text),
        });
        let who = Actor::Account(Pseudonym(account.bytes()));
        self.write(&self.hold(), who, EntryKind::IdentityBound, &payload)?;
        let count = bindings.len();
        gate.bind_all(bindings);
        Ok(count)
    }
}

/// Whether the policy in force knows all that a binding names.
fn check(state: &State, binding: &Binding) -> Result<(), BindError> {
    let (address, roster) = (binding.address, state.identifier().roster());
    if state.identifier().zone(address).is_none() {
        return Err(BindError::Outside { address });
    }
    if binding.user.is_some() && !roster.feeds {
        return Err(BindError::NoFeeds);
    }
    if let Some(user) = &binding.user
        && (user.is_empty() || user.chars().count() > 200 || user.contains(char::is_control))
    {
        return Err(BindError::User { address });
    }
    if let Some(name) = &binding.group
        && state.policy().groups().find(name).is_none()
    {
        return Err(BindError::Group { name: name.clone() });
    }
    let mut classes = binding.classes.iter();
    if let Some(name) = classes.find(|class| roster.classes.find(class).is_none()) {
        return Err(BindError::Class { name: name.clone() });
    }
    match binding.hardware.is_some() && binding.hardware().is_none() {
        true => Err(BindError::Hardware { address }),
        false => Ok(()),
    }
}

/// A feed that falls silent must not leave people where they no longer are.
fn check_span(binding: &Binding, now: Moment) -> Result<(), BindError> {
    match now < binding.expires && now.until(binding.expires) <= LONGEST {
        true => Ok(()),
        false => Err(BindError::Span {
            address: binding.address,
        }),
    }
}

const MOST: usize = 500;
const LONGEST: Duration = Duration::from_secs(86_400);
