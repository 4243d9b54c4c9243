use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

/// Who guessed how often lately (SEC-06).
#[derive(Debug, Default)]
pub(crate) struct Attempts {
    by: HashMap<Guesser, Vec<Duration>>,
}

/// What guesses are counted by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Guesser {
    /// The name that was tried.
    Name(String),
    /// The address from which it was.
    From(IpAddr),
}

impl Attempts {
    /// For how long no further guess is heard; `None` when one is.
    pub(crate) fn closed_for(&self, guessers: &[Guesser], now: Duration) -> Option<Duration> {
        let wait = |guesser: &Guesser| {
            let mut recent: Vec<Duration> = self
                .by
                .get(guesser)?
                .iter()
                .copied()
                .filter(|at| now.saturating_sub(*at) < WINDOW)
                .collect();
            recent.sort_unstable();
            let oldest = recent.len().checked_sub(MOST)?;
            Some(WINDOW.saturating_sub(now.saturating_sub(recent[oldest])))
        };
        guessers.iter().filter_map(wait).max()
    }

    /// Counts a wrong guess; gives back how many there were lately, at most.
    pub(crate) fn count(&mut self, guessers: &[Guesser], now: Duration) -> usize {
        let recent = |at: &Duration| now.saturating_sub(*at) < WINDOW;
        if self.by.len() >= MOST_GUESSERS {
            self.by.retain(|_, times| times.iter().any(recent));
        }
        let mut most = 0;
        for guesser in guessers {
            // Past the bound nobody new is counted by name; the address still is.
            if self.by.len() >= MOST_GUESSERS && !self.by.contains_key(guesser) {
                continue;
            }
            let times = self.by.entry(guesser.clone()).or_default();
            times.retain(recent);
            times.push(now);
            most = most.max(times.len());
        }
        most
    }

    /// Forgets the guesses of a name that was right in the end.
    pub(crate) fn forget(&mut self, guesser: &Guesser) {
        self.by.remove(guesser);
    }
}

/// So many guesses are heard in the window.
pub(crate) const MOST: usize = 10;
const WINDOW: Duration = Duration::from_secs(300);
const MOST_GUESSERS: usize = 10_000;

#[cfg(test)]
mod tests {
    use super::*;

    // SEC-06
    #[test]
    fn the_eleventh_guess_in_five_minutes_is_not_heard() {
        let mut attempts = Attempts::default();
        let name = [Guesser::Name("head".to_owned())];
        for second in 0..10 {
            assert_eq!(
                attempts.closed_for(&name, Duration::from_secs(second)),
                None
            );
            attempts.count(&name, Duration::from_secs(second));
        }
        let now = Duration::from_secs(10);
        assert_eq!(
            attempts.closed_for(&name, now),
            Some(Duration::from_secs(290))
        );
        assert_eq!(
            attempts.closed_for(&[Guesser::Name("other".to_owned())], now),
            None
        );
        assert_eq!(attempts.closed_for(&name, Duration::from_secs(300)), None);
    }
}
