use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, Zoned};
use model::Moment;

/// The school as a notice names it, and its clock.
#[derive(Clone, Debug)]
pub struct School {
    name: String,
    zone: TimeZone,
}

/// There is no time zone of this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no time zone `{name}`; write one such as `Europe/London`")]
pub struct ZoneError {
    name: String,
}

impl School {
    /// Makes a school from its name and the name of its time zone.
    ///
    /// # Errors
    ///
    /// Fails when there is no such zone.
    pub fn new(name: &str, zone: &str) -> Result<Self, ZoneError> {
        let found = TimeZone::get(zone).map_err(|_| ZoneError {
            name: zone.chars().take(64).collect(),
        })?;
        Ok(Self {
            name: name.to_owned(),
            zone: found,
        })
    }

    /// A school whose times are told in UTC, for the day on which its zone is not known.
    pub fn utc(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            zone: TimeZone::UTC,
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A moment as people read it: `Monday 23 November 2026, 10:15`.
    pub fn words(&self, at: Moment) -> String {
        self.zoned(at).strftime("%A %-d %B %Y, %H:%M").to_string()
    }

    /// A day as people read it: `Monday 23 November 2026`.
    pub fn day_words(&self, at: Moment) -> String {
        self.zoned(at).strftime("%A %-d %B %Y").to_string()
    }

    /// What the school's clock shows.
    pub(crate) fn clock(&self, at: Moment) -> DateTime {
        self.zoned(at).datetime()
    }

    /// The hour that the school's clock shows.
    pub(crate) fn hour(&self, at: Moment) -> u8 {
        u8::try_from(self.clock(at).hour()).unwrap_or(0)
    }

    /// When the school's clock last showed this hour, `now` included.
    pub(crate) fn last_hour(&self, hour: u8, now: Moment) -> Moment {
        self.last(hour, now, |_| true)
    }

    /// When the school's clock last showed this hour on a Monday, `now` included.
    pub(crate) fn last_monday(&self, hour: u8, now: Moment) -> Moment {
        self.last(hour, now, |day| {
            day.weekday() == jiff::civil::Weekday::Monday
        })
    }

    fn last(&self, hour: u8, now: Moment, fits: impl Fn(&Zoned) -> bool) -> Moment {
        let today = self.zoned(now);
        let hour = i8::try_from(hour).unwrap_or(0).clamp(0, 23);
        let found = (0..8).find_map(|back| {
            let day = today.checked_sub(back.days()).ok()?;
            let at = day.with().time(jiff::civil::time(hour, 0, 0, 0)).build();
            let at = Moment::from_millis(at.ok()?.timestamp().as_millisecond());
            (fits(&day) && at <= now).then_some(at)
        });
        found.unwrap_or(now)
    }

    fn zoned(&self, at: Moment) -> Zoned {
        // INVARIANT: every moment lies within the calendar.
        let stamp = Timestamp::from_millisecond(at.millis()).unwrap_or(Timestamp::UNIX_EPOCH);
        stamp.to_zoned(self.zone.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stand_in::school;

    fn at(text: &str) -> Moment {
        text.parse().unwrap()
    }

    #[test]
    fn words_are_of_the_schools_clock() {
        let words = school().words(at("2026-07-06T23:30:00Z"));
        assert_eq!(words, "Tuesday 7 July 2026, 00:30");
    }

    #[test]
    fn an_hour_is_found_across_the_change_of_clocks() {
        let last = |now| school().last_hour(16, at(now)).to_string();
        assert_eq!(last("2026-10-25T15:59:00Z"), "2026-10-24T15:00:00Z");
        assert_eq!(last("2026-10-25T16:00:00Z"), "2026-10-25T16:00:00Z");
    }

    #[test]
    fn monday_begins_at_its_hour() {
        let last = |now| school().last_monday(7, at(now)).to_string();
        assert_eq!(last("2026-11-23T06:59:59Z"), "2026-11-16T07:00:00Z");
        assert_eq!(last("2026-11-23T07:00:00Z"), "2026-11-23T07:00:00Z");
        assert_eq!(last("2026-11-29T12:00:00Z"), "2026-11-23T07:00:00Z");
    }

    #[test]
    fn a_zone_that_is_none_is_refused() {
        assert!(School::new("Oakfield", "Europe/Oakfield").is_err());
    }
}
