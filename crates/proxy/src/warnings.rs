use hmac::{Hmac, KeyInit as _, Mac as _};
use model::{Chance, Moment};
use sha2::Sha256;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Who went on past the warning of which site; shared by all workers of the door.
///
/// A link on the page carries a code that this process alone can make: it names the client, the
/// site, the page and its own end. It is worth nothing at another address, for another person or
/// group, for another site, or after a restart.
pub(crate) struct Warnings {
    /// Drawn at the start; without it nobody is offered to go on.
    key: Option<[u8; 32]>,
    passed: Mutex<HashMap<Passage, Moment>>,
}

/// Somebody at a site.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Passage {
    pub(crate) source: IpAddr,
    pub(crate) group: String,
    pub(crate) user: String,
    pub(crate) device: String,
    pub(crate) host: String,
    pub(crate) port: u16,
}

/// The address to which the page sends who goes on, and what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) until: Moment,
    pub(crate) page: String,
    code: Vec<u8>,
}

impl Warnings {
    pub(crate) fn new(chance: &dyn Chance) -> Self {
        let mut key = [0; 32];
        let drawn = chance.fill(&mut key);
        if let Err(error) = &drawn {
            tracing::warn!(%error, "no randomness: nobody can go on past a warning");
        }
        Self {
            key: drawn.ok().map(|()| key),
            passed: Mutex::default(),
        }
    }

    /// A link for somebody who is warned now; it ends after a quarter of an hour, or when the
    /// warning itself does.
    pub(crate) fn offer(
        &self,
        who: &Passage,
        page: &str,
        now: Moment,
        edge: Option<Moment>,
    ) -> Option<Link> {
        let end = now.after(LONGEST);
        let until = edge.map_or(end, |edge| edge.min(end));
        let code = self.sign(who, page, until)?.finalize().into_bytes();
        Some(Link {
            until,
            page: page.to_owned(),
            code: code.to_vec(),
        })
    }

    /// Lets somebody go on, if the link was made here for just them and has not ended.
    pub(crate) fn pass(&self, who: Passage, link: &Link, now: Moment) -> bool {
        let signed = self
            .sign(&who, &link.page, link.until)
            .is_some_and(|mac| mac.verify_slice(&link.code).is_ok());
        if !signed || !runs(link.until, now) {
            return false;
        }
        let mut passed = self.passed.lock().unwrap_or_else(PoisonError::into_inner);
        passed.retain(|_, until| runs(*until, now));
        let own = passed.keys().filter(|held| held.source == who.source);
        if passed.len() >= MOST || own.count() >= MOST_OF_ONE {
            return false;
        }
        passed.insert(who, link.until);
        true
    }

    /// Until when somebody may stay; `None` for who did not go on, or whose time is over.
    pub(crate) fn passed(&self, who: &Passage, now: Moment) -> Option<Moment> {
        let passed = self.passed.lock().unwrap_or_else(PoisonError::into_inner);
        passed.get(who).copied().filter(|until| runs(*until, now))
    }

    fn sign(&self, who: &Passage, page: &str, until: Moment) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.key.as_ref()?).ok()?;
        mac.update(b"schoolgate warning v1");
        let (source, port) = (who.source.to_string(), who.port.to_string());
        let until = until.millis().to_string();
        for part in [
            source.as_str(),
            &who.group,
            &who.user,
            &who.device,
            &who.host,
            &port,
            page,
            &until,
        ] {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        Some(mac)
    }
}

impl Link {
    /// The address of the form, on the site itself.
    pub(crate) fn action(&self) -> String {
        let mut text = format!(
            "{}?until={}&code=",
            gate::CONTINUE_PATH,
            self.until.millis()
        );
        for byte in &self.code {
            text.push_str(&format!("{byte:02x}"));
        }
        text.push_str("&page=");
        for byte in self.page.bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' => {
                    text.push(char::from(byte));
                }
                _ => text.push_str(&format!("%{byte:02X}")),
            }
        }
        text
    }

    /// Reads what [`Link::action`] wrote after the question mark.
    pub(crate) fn parse(query: &str) -> Option<Self> {
        let mut parts = query.splitn(3, '&');
        let until = parts.next()?.strip_prefix("until=")?.parse().ok()?;
        let code = parts.next()?.strip_prefix("code=")?;
        let page = unescape(parts.next()?.strip_prefix("page=")?)?;
        Some(Self {
            until: Moment::from_millis(until),
            page,
            code: bytes(code)?,
        })
    }
}

/// Whether an end is still to come, and no later than any that is given now: after a clock was
/// set back, nobody stays longer.
fn runs(until: Moment, now: Moment) -> bool {
    now < until && until <= now.after(LONGEST)
}

fn bytes(hexadecimal: &str) -> Option<Vec<u8>> {
    if hexadecimal.len() != 64 || !hexadecimal.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let places = (0..64).step_by(2);
    places
        .map(|at| u8::from_str_radix(hexadecimal.get(at..at + 2)?, 16).ok())
        .collect()
}

fn unescape(text: &str) -> Option<String> {
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            plain.push(byte);
            continue;
        }
        let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
        let (high, low) = (digit(rest.next())?, digit(rest.next())?);
        plain.push(u8::try_from(high * 16 + low).ok()?);
    }
    String::from_utf8(plain).ok()
}

/// From the moment at which the warning was shown.
const LONGEST: Duration = Duration::from_secs(15 * 60);
/// How many may be past a warning at a time.
const MOST: usize = 16_384;
const MOST_OF_ONE: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;
    use model::SystemChance;

    const NOON: Moment = Moment::from_millis(1_795_000_000_000);

    fn pupil() -> Passage {
        Passage {
            source: IpAddr::from([192, 0, 2, 7]),
            group: "ks4".to_owned(),
            user: "pupil.one".to_owned(),
            device: String::new(),
            host: "forum.test".to_owned(),
            port: 80,
        }
    }

    #[test]
    fn a_link_comes_back_as_it_was_made() {
        let warnings = Warnings::new(&SystemChance);
        let page = "/a b?q=1&until=2&page=/x%20\u{e9}";
        let link = warnings.offer(&pupil(), page, NOON, None).unwrap();
        let action = link.action();
        let (_, query) = action.split_once('?').unwrap();
        assert_eq!(Link::parse(query), Some(link.clone()));
        assert!(warnings.pass(pupil(), &link, NOON));
        assert_eq!(warnings.passed(&pupil(), NOON), Some(NOON.after(LONGEST)));
    }

    #[test]
    fn a_link_is_worth_nothing_to_another() {
        let warnings = Warnings::new(&SystemChance);
        let link = warnings.offer(&pupil(), "/", NOON, None).unwrap();
        let others: [fn(&mut Passage); 6] = [
            |who| who.source = IpAddr::from([192, 0, 2, 8]),
            |who| who.group = "ks3".to_owned(),
            |who| who.user = "pupil.two".to_owned(),
            |who| who.device = "tablet".to_owned(),
            |who| who.host = "other.test".to_owned(),
            |who| who.port = 8080,
        ];
        for alter in others {
            let mut who = pupil();
            alter(&mut who);
            assert!(!warnings.pass(who, &link, NOON));
        }
        let later = Link {
            until: NOON.after(LONGEST * 2),
            ..link.clone()
        };
        assert!(!warnings.pass(pupil(), &later, NOON));
        let elsewhere = Link {
            page: "/elsewhere".to_owned(),
            ..link.clone()
        };
        assert!(!warnings.pass(pupil(), &elsewhere, NOON));
        let restarted = Warnings::new(&SystemChance);
        assert!(!restarted.pass(pupil(), &link, NOON), "another key");
        assert_eq!(warnings.passed(&pupil(), NOON), None);
    }

    #[test]
    fn it_ends_with_the_warning_and_never_grows() {
        let warnings = Warnings::new(&SystemChance);
        let edge = NOON.after(Duration::from_secs(60));
        let link = warnings.offer(&pupil(), "/", NOON, Some(edge)).unwrap();
        assert!(warnings.pass(pupil(), &link, NOON));
        assert_eq!(warnings.passed(&pupil(), edge), None);
        assert!(!warnings.pass(pupil(), &link, edge), "the link is over too");
        let back = NOON.before(Duration::from_secs(3600));
        assert_eq!(warnings.passed(&pupil(), back), None, "a clock set back");
    }

    #[test]
    fn one_address_cannot_fill_the_memory() {
        let warnings = Warnings::new(&SystemChance);
        let pass = |place: usize| {
            let who = Passage {
                host: format!("{place}.test"),
                ..pupil()
            };
            let link = warnings.offer(&who, "/", NOON, None).unwrap();
            warnings.pass(who, &link, NOON)
        };
        assert_eq!((0..100).filter(|place| pass(*place)).count(), MOST_OF_ONE);
    }

    #[test]
    fn what_was_not_written_here_is_no_link() {
        let code = "0".repeat(64);
        for query in [
            "",
            "until=1",
            "until=x&code=&page=/",
            &format!("until=1&code={code}&page=%"),
            &format!("until=1&code={code}&page=%zz"),
            &format!("until=1&code={code}&page=%ff"),
            &format!("until=1&code={}&page=/", "é".repeat(32)),
            &format!("code={code}&until=1&page=/"),
        ] {
            assert_eq!(Link::parse(query), None, "{query}");
        }
    }
}
