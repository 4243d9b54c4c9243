use crate::{ProposalId, RequestId};
use model::{HostBuffer, Moment, Target, steers};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

/// What somebody asked for on the block page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ask {
    /// The number on the block page, where there was one.
    #[serde(default)]
    pub reference: Option<String>,
    /// The site: a host, or an address of the web.
    pub address: String,
    /// Why, in the words of who asks; at most 500 characters.
    #[serde(default)]
    pub note: String,
    /// For when, or for how long, in the words of who asks; at most 100 characters.
    #[serde(default)]
    pub wanted: String,
    /// Who asks, as far as known, in words.
    #[serde(default)]
    pub who: Option<String>,
    /// The group of who asks.
    #[serde(default)]
    pub group: Option<String>,
    /// The class of who asks.
    #[serde(default)]
    pub class: Option<String>,
    /// The address that asks.
    pub client: IpAddr,
}

/// A request was taken in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Receipt {
    /// What it is called.
    pub code: RequestId,
    /// What became of it.
    pub state: RequestState,
}

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RequestState {
    /// Nobody has taken it up.
    Open,
    /// A proposal was made of it.
    Proposed,
    /// The site was opened.
    Granted,
    /// The site stays closed.
    Declined,
}

/// What is asked of one site, by however many.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Request {
    /// What it is called.
    pub id: RequestId,
    /// The site: the part of the host that one owner has.
    pub site: String,
    /// Who asked, the first and the last ones; at most [`Request::MOST_ASKS`].
    pub asks: Vec<Asked>,
    /// How many asked.
    pub count: u64,
    /// The first.
    pub first: Moment,
    /// The last.
    pub last: Moment,
    /// What became of it.
    pub state: RequestState,
    /// The proposal that was made of it.
    pub proposal: Option<ProposalId>,
}

/// One who asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// When.
    pub at: Moment,
    /// What.
    #[serde(flatten)]
    pub ask: Ask,
}

impl Request {
    /// The most that are kept with their words.
    pub const MOST_ASKS: usize = 20;

    pub(crate) fn add(&mut self, asked: Asked) {
        self.count += 1;
        self.last = self.last.max(asked.at);
        if self.asks.len() >= Self::MOST_ASKS {
            self.asks.remove(1);
        }
        self.asks.push(asked);
    }
}

/// A request was not taken in.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// Nothing that could be opened.
    #[error("`{address}` is no address of the web; copy it from the top of the browser")]
    Address {
        /// What was given.
        address: String,
    },
    /// Too many from one place.
    #[error("there were many requests from this device; wait ten minutes, or ask a teacher")]
    Often,
    /// Too many wait.
    #[error("too many requests wait already; ask a teacher, or the school office")]
    Full,
    /// It could not be written down.
    #[error(transparent)]
    Ledger(#[from] audit::AppendError),
}

impl Ask {
    /// Cuts what is too long, takes out what cannot be printed, and finds the site.
    pub(crate) fn tidy(mut self) -> Result<(Self, String), AskError> {
        let cut = |text: &str, most: usize| -> String {
            let printable = text.chars().map(|c| if steers(c) { ' ' } else { c });
            printable.take(most).collect::<String>().trim().to_owned()
        };
        self.note = cut(&self.note, 500);
        self.wanted = cut(&self.wanted, 100);
        self.reference = self.reference.map(|text| cut(&text, 20));
        self.who = self.who.map(|text| cut(&text, 100));
        self.group = self.group.map(|text| cut(&text, 100));
        self.class = self.class.map(|text| cut(&text, 100));
        self.address = cut(&self.address, 500);
        let mut buffer = HostBuffer::new();
        // A block page shows an address without its scheme, and people type it so.
        let whole = match self.address.contains("://") {
            true => self.address.clone(),
            false => format!("http://{}", self.address),
        };
        let site = match Target::parse(&whole, &mut buffer) {
            Ok(target) => site_of(&target.host.to_string()),
            Err(_) => {
                return Err(AskError::Address {
                    address: self.address,
                });
            }
        };
        Ok((self, site))
    }
}

/// The part of a host that one owner has, by the Public Suffix List.
pub(crate) fn site_of(host: &str) -> String {
    if host.parse::<IpAddr>().is_ok() {
        return host.to_owned();
    }
    psl::domain_str(host).unwrap_or(host).to_owned()
}

/// How often each device asked lately.
#[derive(Debug, Default)]
pub(crate) struct Rhythm {
    asked: BTreeMap<IpAddr, Vec<Duration>>,
}

impl Rhythm {
    /// Whether one more is not too many; counts it.
    pub(crate) fn takes(&mut self, client: IpAddr, now: Duration) -> bool {
        let recent = |at: &Duration| now.saturating_sub(*at) < WINDOW;
        if self.asked.len() >= MOST_CLIENTS {
            self.asked.retain(|_, times| times.iter().any(recent));
        }
        if self.asked.len() >= MOST_CLIENTS && !self.asked.contains_key(&client) {
            return false;
        }
        let times = self.asked.entry(client).or_default();
        times.retain(recent);
        if times.len() >= MOST_ASKS {
            return false;
        }
        times.push(now);
        true
    }
}

const WINDOW: Duration = Duration::from_secs(600);
const MOST_ASKS: usize = 5;
const MOST_CLIENTS: usize = 4_096;

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(address: &str) -> Ask {
        Ask {
            reference: None,
            address: address.to_owned(),
            note: "for\u{1b}[31m history\r\nX: y".to_owned(),
            wanted: String::new(),
            who: None,
            group: None,
            class: None,
            client: "10.20.0.5".parse().unwrap(),
        }
    }

    #[test]
    fn all_hosts_of_one_owner_are_one_site() {
        for address in [
            "https://www.museum.example/romans?q=1",
            "MUSEUM.example.",
            "www.museum.example/romans",
            "a.b.museum.example",
        ] {
            let (ask, site) = ask(address).tidy().unwrap();
            assert_eq!(site, "museum.example");
            assert!(!ask.note.contains(['\u{1b}', '\r', '\n']));
        }
        assert_eq!(site_of("one.github.io"), "one.github.io", "many owners");
        assert!(ask("not an address").tidy().is_err());
    }

    #[test]
    fn a_device_that_asks_often_waits() {
        let (mut rhythm, client) = (Rhythm::default(), "10.20.0.5".parse().unwrap());
        for _ in 0..MOST_ASKS {
            assert!(rhythm.takes(client, Duration::ZERO));
        }
        assert!(!rhythm.takes(client, Duration::from_secs(599)));
        assert!(rhythm.takes(client, Duration::from_secs(600)));
    }
}
