//! The sealed address of an incident of illegal content (ILL-13).

use crate::pages::incident;
use crate::pages::incidents::seen;
use crate::pages::propose::proposed;
use crate::{Answer, Asked, Console, Refusal};
use alert::{Person, Recorded};
use change::{Change, DISCLOSERS, Draft, EvidenceError, EvidenceState};

/// What the page of an incident offers about its sealed address.
pub(super) enum Evidence {
    /// It has none, or the role may not read it.
    None,
    /// This person may ask that it be opened.
    Sealed,
    /// Another has yet to agree.
    Waiting(String),
    /// This person may read it.
    Open,
    /// Two others may read it.
    OpenToOthers,
    /// This person has just read it.
    Read(String),
}

/// What may be offered.
pub(super) fn offered(
    console: &Console,
    asked: &Asked,
    found: &Recorded,
) -> Result<Evidence, Refusal> {
    let acting = asked.acting()?;
    if found.incident.sealed.is_none() || !DISCLOSERS.contains(acting.role) {
        return Ok(Evidence::None);
    }
    let state = console.desk().evidence_state(acting, found.id.0);
    Ok(match state {
        EvidenceState::Sealed => Evidence::Sealed,
        EvidenceState::Waiting(id) => Evidence::Waiting(id.to_string()),
        EvidenceState::Open => Evidence::Open,
        EvidenceState::OpenToOthers => Evidence::OpenToOthers,
    })
}

/// Asks that the address be opened; another person must agree.
pub(crate) fn ask(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    let found = seen(console, asked)?;
    let change = Change::Unseal {
        incident: found.id.0,
    };
    let named = &found.incident.concerns;
    let accounts = console.desk().accounts().into_iter();
    let concerned =
        accounts.filter(|account| named.contains(&Person::new(account.person.to_string())));
    let draft = Draft {
        concerns: concerned.map(|account| account.person).collect(),
        ..Draft::new(change, &asked.form.text("reason"))
    };
    match console.desk().propose(asked.acting()?, draft) {
        Ok(outcome) => Ok(proposed(&outcome)),
        Err(error) => incident::again(console, asked, vec![error.to_string()]),
    }
}

/// Shows the address to one of the two who agreed; that it was read is on the record first.
pub(crate) fn read(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    let found = seen(console, asked)?;
    let acting = asked.acting()?;
    let sealed = found.incident.sealed.as_deref().ok_or(Refusal::Missing)?;
    match console.desk().read_evidence(acting, found.id.0, sealed) {
        Ok(address) => incident::with_evidence(console, asked, Evidence::Read(address)),
        Err(error @ (EvidenceError::Sealed | EvidenceError::Damaged)) => {
            incident::again(console, asked, vec![error.to_string()])
        }
        Err(EvidenceError::Session(error)) => Err(error.into()),
        Err(error @ EvidenceError::Role { .. }) => Err(Refusal::Refused(error.to_string())),
        Err(error @ EvidenceError::Ledger(_)) => Err(Refusal::Failed(error.to_string())),
    }
}
