use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// A length of time in the form `90s`, `10m`, `24h` or `7d`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, JsonSchema)]
#[schemars(transparent)]
pub struct Span(#[schemars(with = "String")] Duration);

impl Span {
    /// Makes a span of whole seconds.
    pub const fn of_seconds(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds))
    }

    /// The length.
    pub const fn duration(self) -> Duration {
        self.0
    }
}

/// A text is no length of time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no length of time; write it as `90s`, `10m`, `24h` or `7d`")]
pub struct ParseSpanError {
    text: String,
}

impl FromStr for Span {
    type Err = ParseSpanError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let seconds = text.split_at_checked(text.len().saturating_sub(1));
        let seconds = seconds.and_then(|(number, unit)| {
            let (_, of) = UNITS.into_iter().find(|(name, _)| *name == unit)?;
            let digits = number.bytes().all(|byte| byte.is_ascii_digit());
            let number: u32 = digits.then(|| number.parse().ok())??;
            Some(u64::from(number) * of)
        });
        seconds.map(Self::of_seconds).ok_or_else(|| ParseSpanError {
            text: text.chars().take(32).collect(),
        })
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        let fits = |of: &u64| seconds > 0 && seconds.is_multiple_of(*of);
        let unit = UNITS.iter().rev().find(|(_, of)| fits(of));
        let (name, of) = unit.unwrap_or(&UNITS[0]);
        write!(f, "{}{name}", seconds / of)
    }
}

impl Serialize for Span {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'_, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

const UNITS: [(&str, u64); 4] = [("s", 1), ("m", 60), ("h", 3600), ("d", 86_400)];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_reads_its_own_text_form() {
        for text in ["0s", "90s", "10m", "24h", "7d", "36h"] {
            let shown = text.parse::<Span>().unwrap().to_string();
            let same: Span = shown.parse().unwrap();
            assert_eq!(same, text.parse().unwrap(), "{text} {shown}");
        }
        for text in ["", "m", "10", "-1m", "+1m", "1 h", "99999999999d", "1µ"] {
            assert!(text.parse::<Span>().is_err(), "{text}");
        }
    }
}
