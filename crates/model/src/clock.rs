use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

/// A moment in UTC, in milliseconds since 1970-01-01T00:00:00Z, without leap seconds.
///
/// Its text form is RFC 3339.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(i64);

impl Moment {
    /// Within hours of the ends of the calendar, -9999 to 9999: no text form lies outside.
    const EARLIEST: i64 = -377_705_000_000_000;
    const LATEST: i64 = 253_402_200_000_000;

    /// Makes a moment from milliseconds; what lies outside the years -9999 to 9999 is drawn in.
    pub const fn from_millis(millis: i64) -> Self {
        if millis < Self::EARLIEST {
            Self(Self::EARLIEST)
        } else if millis > Self::LATEST {
            Self(Self::LATEST)
        } else {
            Self(millis)
        }
    }

    /// Milliseconds since 1970.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since 1970, rounded down.
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// The moment that lies this much later.
    pub fn after(self, span: Duration) -> Self {
        let span = i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
        Self::from_millis(self.0.saturating_add(span))
    }

    /// The moment that lies this much earlier.
    pub fn before(self, span: Duration) -> Self {
        let span = i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
        Self::from_millis(self.0.saturating_sub(span))
    }

    /// How long it is until `later`; zero when that is past.
    pub fn until(self, later: Self) -> Duration {
        Duration::from_millis(u64::try_from(later.0.saturating_sub(self.0)).unwrap_or(0))
    }
}

/// A text is not a moment in RFC 3339 form.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a moment such as `2026-11-23T10:15:00Z`")]
pub struct ParseMomentError {
    text: String,
}

impl FromStr for Moment {
    type Err = ParseMomentError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse::<jiff::Timestamp>()
            .map(|stamp| Self::from_millis(stamp.as_millisecond()))
            .map_err(|_| ParseMomentError {
                text: text.to_owned(),
            })
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(stamp) => write!(f, "{stamp}"),
            // INVARIANT: `from_millis` keeps every moment inside the range of the calendar.
            Err(_) => f.write_str("0000-00-00T00:00:00Z"),
        }
    }
}

impl serde::Serialize for Moment {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Moment {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'_, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// The one source of time.
pub trait Clock: Send + Sync {
    /// The present moment in UTC.
    fn now(&self) -> Moment;

    /// A span since an unnamed start that never runs backwards.
    fn monotonic(&self) -> Duration;
}

/// The clock of the machine.
#[derive(Debug)]
pub struct SystemClock {
    start: std::time::Instant,
}

impl Default for SystemClock {
    fn default() -> Self {
        Self {
            start: std::time::Instant::now(),
        }
    }
}

impl Clock for SystemClock {
    #[allow(
        clippy::disallowed_methods,
        reason = "this is the one place that asks the machine"
    )]
    fn now(&self) -> Moment {
        let now = std::time::SystemTime::now();
        match now.duration_since(std::time::UNIX_EPOCH) {
            Ok(span) => Moment(0).after(span),
            Err(before) => Moment(0).before(before.duration()),
        }
    }

    fn monotonic(&self) -> Duration {
        self.start.elapsed()
    }
}

/// A clock that stands still until it is told to move; for tests and replays.
#[derive(Debug)]
pub struct ManualClock {
    millis: AtomicI64,
    elapsed: AtomicU64,
}

impl ManualClock {
    /// Makes a clock that shows this moment.
    pub const fn new(now: Moment) -> Self {
        Self {
            millis: AtomicI64::new(now.0),
            elapsed: AtomicU64::new(0),
        }
    }

    /// Moves both the moment and the monotonic span forward.
    pub fn advance(&self, span: Duration) {
        let millis = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
        self.elapsed.fetch_add(millis, Ordering::SeqCst);
        self.set(self.now().after(span));
    }

    /// Sets the moment alone, as somebody who changes the machine's clock does.
    pub fn set(&self, now: Moment) {
        self.millis.store(now.0, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Moment {
        Moment(self.millis.load(Ordering::SeqCst))
    }

    fn monotonic(&self) -> Duration {
        Duration::from_millis(self.elapsed.load(Ordering::SeqCst))
    }
}

/// The one source of chance, for keys and reference numbers.
pub trait Chance: Send + Sync {
    /// Fills the buffer with bytes that nobody can foretell.
    ///
    /// # Errors
    ///
    /// Fails when the machine gives no randomness; nothing may then be made from the buffer.
    fn fill(&self, buffer: &mut [u8]) -> std::io::Result<()>;
}

/// The randomness of the operating system.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemChance;

impl Chance for SystemChance {
    #[allow(
        clippy::disallowed_methods,
        reason = "this is the one place that asks the machine"
    )]
    fn fill(&self, buffer: &mut [u8]) -> std::io::Result<()> {
        getrandom::fill(buffer).map_err(std::io::Error::other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_reads_its_own_text_form() {
        let moment: Moment = "2026-10-25T00:59:59.5Z".parse().unwrap();
        assert_eq!(moment.to_string().parse::<Moment>(), Ok(moment));
        assert_eq!(
            "2026-11-23T10:15:00+01:00"
                .parse::<Moment>()
                .unwrap()
                .to_string(),
            "2026-11-23T09:15:00Z"
        );
    }

    #[test]
    fn a_moment_without_a_zone_is_refused() {
        assert!("2026-11-23T10:15:00".parse::<Moment>().is_err());
    }

    #[test]
    fn a_moment_past_the_calendar_is_drawn_in() {
        assert!(
            Moment::from_millis(i64::MAX)
                .to_string()
                .starts_with("9999")
        );
        assert_eq!(
            Moment::from_millis(0).after(Duration::MAX),
            Moment::from_millis(i64::MAX)
        );
    }
}
