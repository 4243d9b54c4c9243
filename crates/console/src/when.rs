use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use model::Moment;
use std::time::Duration;

/// The school's time zone, in which its people read dates.
#[derive(Clone, Debug)]
pub(crate) struct Zone(TimeZone);

/// A moment as it stands on a page: the school's time to read, UTC beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct When {
    /// The school's own date and time.
    pub(crate) text: String,
    /// The same in UTC, to the second, in RFC 3339 form.
    pub(crate) utc: String,
}

impl Zone {
    /// The zone of a name; UTC where it is not known.
    pub(crate) fn named(name: &str) -> Self {
        Self(TimeZone::get(name).unwrap_or(TimeZone::UTC))
    }

    /// A moment with its day.
    pub(crate) fn when(&self, at: Moment) -> When {
        let text = self.local(at).map_or_else(String::new, |local| {
            local.strftime("%a %-d %b %Y, %H:%M").to_string()
        });
        When {
            text,
            // Nobody who reads a page needs the thousandths.
            utc: Moment::from_millis(at.seconds() * 1_000).to_string(),
        }
    }

    /// A moment that need not be.
    pub(crate) fn when_some(&self, at: Option<Moment>) -> Option<When> {
        at.map(|at| self.when(at))
    }

    /// The hour and minute alone.
    pub(crate) fn hour(&self, at: Moment) -> String {
        self.local(at)
            .map_or_else(String::new, |local| local.strftime("%H:%M").to_string())
    }

    /// The day alone, in words.
    pub(crate) fn day(&self, at: Moment) -> String {
        self.local(at)
            .map_or_else(String::new, |local| local.strftime("%a %-d %b").to_string())
    }

    /// The day as a field of a form holds it.
    pub(crate) fn date_field(&self, at: Moment) -> String {
        self.local(at)
            .map_or_else(String::new, |local| local.strftime("%Y-%m-%d").to_string())
    }

    /// The moment at which the school's day of this moment began.
    pub(crate) fn midnight(&self, at: Moment) -> Moment {
        let start = self
            .local(at)
            .and_then(|local| local.start_of_day().ok())
            .map(|local| local.timestamp().as_millisecond());
        start.map_or(at, Moment::from_millis)
    }

    /// The midnight so many days before that of this moment, daylight saving heeded.
    pub(crate) fn midnight_before(&self, at: Moment, days: u8) -> Moment {
        let start = self
            .local(at)
            .and_then(|local| local.checked_sub(jiff::Span::new().days(days)).ok())
            .and_then(|local| local.start_of_day().ok())
            .map(|local| local.timestamp().as_millisecond());
        start.map_or(at, Moment::from_millis)
    }

    /// Reads the fields `date` and `time` of a form as the school's own time.
    ///
    /// An hour that a spring night leaves out is the next one; of two, the first is meant.
    pub(crate) fn parse(&self, date: &str, time: &str) -> Option<Moment> {
        let time = if time.is_empty() { "00:00" } else { time };
        let civil: jiff::civil::DateTime = format!("{date}T{time}").parse().ok()?;
        let zoned = self.0.to_ambiguous_zoned(civil).compatible().ok()?;
        Some(Moment::from_millis(zoned.timestamp().as_millisecond()))
    }

    fn local(&self, at: Moment) -> Option<Zoned> {
        let stamp = Timestamp::from_millisecond(at.millis()).ok()?;
        Some(stamp.to_zoned(self.0.clone()))
    }
}

/// A span in words, rounded down to what a person looks at.
pub(crate) fn span(of: Duration) -> String {
    let minutes = of.as_secs() / 60;
    let many = |count: u64, one: &str| match count {
        1 => format!("1 {one}"),
        count => format!("{count} {one}s"),
    };
    match minutes {
        0 => "less than a minute".to_owned(),
        1..=119 => many(minutes, "minute"),
        120..=2_879 => many(minutes / 60, "hour"),
        _ => many(minutes / 1_440, "day"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_the_schools_own_with_utc_beside_them() {
        let zone = Zone::named("Europe/London");
        let when = zone.when("2026-06-01T09:15:00Z".parse().unwrap());
        assert_eq!(when.text, "Mon 1 Jun 2026, 10:15");
        assert_eq!(when.utc, "2026-06-01T09:15:00Z");
    }

    // SCH-05
    #[test]
    fn an_hour_that_a_spring_night_leaves_out_is_the_next_one() {
        let zone = Zone::named("Europe/London");
        let moment = zone.parse("2027-03-28", "01:30").unwrap();
        assert_eq!(moment.to_string(), "2027-03-28T01:30:00Z");
        let day = zone.midnight("2026-10-25T12:00:00Z".parse().unwrap());
        assert_eq!(day.to_string(), "2026-10-24T23:00:00Z");
        assert_eq!(zone.parse("soon", "10:00"), None);
    }

    #[test]
    fn spans_are_said_as_people_say_them() {
        let said = |seconds| span(Duration::from_secs(seconds));
        assert_eq!(said(59), "less than a minute");
        assert_eq!(said(60), "1 minute");
        assert_eq!(said(7_200), "2 hours");
        assert_eq!(said(400_000), "4 days");
    }
}
