use change::{AccountId, Disclosure};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Whom people gave a reason to read about; each holds for a quarter of an hour, in memory alone.
#[derive(Debug, Default)]
pub(crate) struct Grants {
    held: Mutex<Vec<Grant>>,
}

#[derive(Debug)]
struct Grant {
    account: AccountId,
    disclosure: Disclosure,
    until: Duration,
}

impl Grants {
    /// Keeps the proof that the reason was written down.
    pub(crate) fn keep(&self, account: AccountId, disclosure: Disclosure, now: Duration) {
        let mut held = self.lock();
        held.retain(|grant| now < grant.until);
        if held.len() >= MOST {
            held.remove(0);
        }
        let until = now.saturating_add(HOLDS);
        held.push(Grant {
            account,
            disclosure,
            until,
        });
    }

    /// The proof that this account gave a reason to read about `whom`.
    pub(crate) fn find(&self, account: AccountId, whom: &str, now: Duration) -> Option<Disclosure> {
        self.lock()
            .iter()
            .rev()
            .find(|grant| {
                grant.account == account && grant.disclosure.whom == whom && now < grant.until
            })
            .map(|grant| grant.disclosure.clone())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Grant>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const HOLDS: Duration = Duration::from_secs(15 * 60);
const MOST: usize = 500;
