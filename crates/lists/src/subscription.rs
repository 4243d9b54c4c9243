use crate::settings::SourcesFile;
use crate::{History, Sanity, Source, Tolerance};
use model::{CategoryClass, Digest, Document, Faults, Files, HostBuffer, Moment, Vocabulary};
use std::time::Duration;

/// A list whose versions are kept in the state folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// The source.
    pub source: Source,
    /// Whether its entries are withheld: a list of the floor.
    pub withheld: bool,
    /// Whether its category opens, so that it may name what no list may close.
    pub opens: bool,
}

impl Subscription {
    /// The subscriptions of `sources.toml` among the files of a policy, those that are not in use
    /// included. A file that cannot be read has none; checking it says why.
    pub fn all(files: &Files, vocabulary: &Vocabulary) -> Vec<Self> {
        let text = files
            .content(SOURCES)
            .and_then(|content| std::str::from_utf8(content).ok())
            .unwrap_or_default();
        let parsed = Document::parse::<SourcesFile>(SOURCES, text, &mut Faults::default());
        let sources = parsed.1.unwrap_or_default().sources;
        let kept = sources.into_iter().filter(Source::is_kept);
        kept.map(|source| Self::new(source, vocabulary)).collect()
    }

    /// The subscription to a source.
    pub fn new(source: Source, vocabulary: &Vocabulary) -> Self {
        let category = vocabulary.find(&source.category);
        let class = category
            .and_then(|category| vocabulary.category(category))
            .map(|category| category.class);
        Self {
            // What a category unknown to us holds is shown to nobody.
            withheld: category.is_none_or(|category| vocabulary.floor().contains(category)),
            opens: class == Some(CategoryClass::Allow),
            source,
        }
    }

    /// How long a version is fresh: from one fetch to the next.
    pub fn interval(&self) -> Duration {
        let usual = if self.withheld {
            FLOOR_HOURS
        } else {
            USUAL_HOURS
        };
        let hours = self.source.every_hours.unwrap_or(usual).max(LEAST_HOURS);
        Duration::from_secs(u64::from(hours) * 3600)
    }

    /// Whether its publisher was not heard of for so long that somebody should look.
    pub fn is_stale(&self, history: &History, now: Moment) -> bool {
        let longest = match self.withheld {
            true => FLOOR_STALE,
            false => self.interval() * 3,
        };
        let heard = history.confirmed;
        heard.is_none_or(|heard| heard.until(now) > longest)
    }

    /// Until when it may not be asked for; `None` where it may.
    ///
    /// Lists are asked for once in their hours, each some minutes later than the others, and only
    /// in the part of the day that their publisher allows.
    pub fn waits(&self, history: &History, now: Moment, force: bool) -> Option<Moment> {
        let hour = |moment: Moment| {
            u8::try_from(moment.seconds().div_euclid(3600).rem_euclid(24)).unwrap_or(0)
        };
        let mut from = now;
        if let Some(asked) = history.asked.filter(|_| !force) {
            let spread = u64::from(Digest::of(self.source.id.as_bytes()).0[0]) % SPREAD_MINUTES;
            // Asked early in its hours, it stays early: no list wanders through the day.
            let early = Duration::from_secs((SPREAD_MINUTES - spread) * 60);
            let span = match history.failing.is_empty() {
                true => self.interval().saturating_sub(early),
                false => RETRY,
            };
            from = from.max(asked.after(span));
        }
        if let Some(hours) = self.source.hours {
            let mut steps = 0;
            while !hours.holds(hour(from)) && steps < 24 {
                let next = (from.seconds().div_euclid(3600) + 1) * 3_600_000;
                from = Moment::from_millis(next);
                steps += 1;
            }
        }
        (from > now).then_some(from)
    }
}

impl Sanity {
    /// The test for the lists of a school: the names of `critical.txt` among the files of its
    /// policy, and its own zones.
    ///
    /// A list that would close one of them is put aside whole. Without the file a few names hold
    /// that no honest list has.
    pub fn of_school<'a>(files: &Files, own: impl IntoIterator<Item = &'a str>) -> Self {
        let text = files
            .content(CRITICAL)
            .and_then(|content| std::str::from_utf8(content).ok());
        let mut names: Vec<String> = text.map(critical).unwrap_or_default();
        if names.is_empty() {
            names.extend(ALWAYS.map(str::to_owned));
        }
        names.extend(own.into_iter().filter_map(canonical));
        Self::new(names.iter().map(String::as_str), Tolerance::default())
    }
}

/// The names of a text with a name and, after `#`, its reason on each line.
fn critical(text: &str) -> Vec<String> {
    let lines = text.lines().filter_map(|line| line.split('#').next());
    lines.filter_map(canonical).collect()
}

fn canonical(name: &str) -> Option<String> {
    let name = name.trim().trim_end_matches('.');
    let mut room = HostBuffer::new();
    match model::Host::normalise(name, &mut room) {
        Ok(model::Host::Name(name)) => Some(name.to_string()),
        Ok(model::Host::Address(_)) | Err(_) => None,
    }
}

const SOURCES: &str = "blocklists/sources.toml";
const CRITICAL: &str = "blocklists/critical.txt";

const ALWAYS: [&str; 5] = ["gov.uk", "nhs.uk", "police.uk", "sch.uk", "ac.uk"];

/// No list may be asked for more often, whatever its publisher says.
const LEAST_HOURS: u16 = 6;
const USUAL_HOURS: u16 = 24;

/// Illegal content is refreshed more than twice a day (ILL-07).
const FLOOR_HOURS: u16 = 8;
const FLOOR_STALE: Duration = Duration::from_secs(13 * 3600);

const SPREAD_MINUTES: u64 = 60;

/// A publisher that did not answer is asked again after so long.
const RETRY: Duration = Duration::from_secs(3600);
