use crate::board::Ended;
use lists::{History, Outcome, Store, Subscription};
use model::{Digest, Moment};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// How one subscription stands: its versions, and what is wrong.
pub(crate) struct Stock {
    pub(crate) list: Subscription,
    pub(crate) history: History,
    /// Why its record cannot be read.
    pub(crate) damaged: Option<String>,
    /// The version that decides; nothing where nobody knows, or none does.
    pub(crate) in_force: Option<Digest>,
}

impl Stock {
    /// How all subscriptions stand.
    pub(crate) fn all(
        lists: Vec<Subscription>,
        store: &Store,
        in_force: &BTreeMap<String, Digest>,
    ) -> Vec<Self> {
        let one = |list: Subscription| {
            let id = &list.source.id;
            let (history, damaged) = match store.history(id) {
                Ok(history) => (history, None),
                Err(error) => (History::default(), Some(crate::failure::chain(&error))),
            };
            Self {
                in_force: in_force.get(id).copied(),
                list,
                history,
                damaged,
            }
        };
        lists.into_iter().map(one).collect()
    }

    /// What is wrong with a list in use, in words; `None` where it is well.
    pub(crate) fn trouble(&self, now: Moment) -> Option<String> {
        if !self.list.source.enabled {
            return None;
        }
        if let Some(damaged) = &self.damaged {
            return Some(damaged.clone());
        }
        if self.history.in_use.is_none() {
            let way = match self.list.source.delivered {
                true => "was never handed over",
                false => "was never fetched",
            };
            let aside = self.last_put_aside().map(|why| format!("; {why}"));
            return Some(format!("{way}{}", aside.unwrap_or_default()));
        }
        if let Some(why) = self.last_put_aside() {
            return Some(why);
        }
        if self.list.is_stale(&self.history, now) {
            let why = self.history.failing.join("; ");
            return Some(format!(
                "is out of date: {}",
                or(&why, "nothing was heard of it")
            ));
        }
        None
    }

    /// Why its newest version is not used, where that is so.
    pub(crate) fn last_put_aside(&self) -> Option<String> {
        let last = self.history.versions.last()?;
        if last.quarantined.is_empty() || last.by_hand {
            return None;
        }
        let kept = self.history.in_use;
        let (reasons, again) = (last.quarantined.clone(), true);
        let put = Outcome::Quarantined {
            reasons,
            kept,
            again,
        };
        Some(format!("was {}", Ended::of(&put).words))
    }

    /// One word for how it stands.
    pub(crate) fn word(&self, now: Moment) -> &'static str {
        match (self.list.source.enabled, self.history.in_use) {
            (false, _) => "off",
            (true, None) => "missing",
            (true, Some(_)) if self.last_put_aside().is_some() => "put aside",
            (true, Some(_)) if self.list.is_stale(&self.history, now) => "out of date",
            (true, Some(_)) => "good",
        }
    }

    /// A line for Health: its age and state.
    pub(crate) fn line(&self, now: Moment) -> String {
        let id = &self.list.source.id;
        let entries = self
            .history
            .current()
            .and_then(|version| version.survey)
            .map_or(0, |survey| survey.entries());
        match (self.trouble(now), self.history.current()) {
            (Some(trouble), _) => format!("LIST `{id}` {trouble}"),
            (None, Some(version)) => format!(
                "list `{id}`: {entries} entries, version of {}, publisher heard {}",
                version.fetched,
                ago(self.history.confirmed.unwrap_or(version.fetched), now)
            ),
            (None, None) => format!("list `{id}`: off"),
        }
    }

    /// All that is known of it, for programs.
    pub(crate) fn json(&self, now: Moment) -> Value {
        let source = &self.list.source;
        let versions = self.history.versions.iter().map(|version| {
            json!({
                "digest": version.digest,
                "fetched": version.fetched,
                "bytes": version.bytes,
                "from": version.from,
                "licence": version.licence,
                "survey": version.survey,
                "in_use": self.history.in_use == Some(version.digest),
                "put_aside": version.quarantined,
            })
        });
        json!({
            "id": source.id,
            "title": source.title,
            "category": source.category,
            "licence": source.licence,
            "attribution": source.attribution,
            "url": source.url,
            "enabled": source.enabled,
            "required": source.required,
            "recommended": source.recommended,
            "state": self.word(now),
            "trouble": self.trouble(now),
            "in_force": self.in_force,
            "asked": self.history.asked,
            "confirmed": self.history.confirmed,
            "versions": versions.collect::<Vec<_>>(),
        })
    }
}

fn or<'a>(words: &'a str, other: &'a str) -> &'a str {
    if words.is_empty() { other } else { words }
}

/// How long ago something was, as people say it.
fn ago(then: Moment, now: Moment) -> String {
    let minutes = then.until(now).as_secs() / 60;
    match minutes {
        0..=1 => "just now".to_owned(),
        2..=119 => format!("{minutes} minutes ago"),
        120..=2879 => format!("{} hours ago", minutes / 60),
        _ => format!("{} days ago", minutes / 1440),
    }
}
