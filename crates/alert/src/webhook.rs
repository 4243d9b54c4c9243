use crate::mailer::{chain, read_secret};
use crate::plain::{line, lines, without_addresses};
use crate::settings::is_loopback;
use crate::{Held, NoticeKind, WebhookSettings};
use hmac::{Hmac, KeyInit as _, Mac as _};
use model::Moment;
use serde_json::json;
use sha2::Sha256;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use ureq::tls::{RootCerts, TlsConfig, TlsProvider};

/// Tells another machine of notices, signed.
///
/// The head `schoolgate-signature` is `v1=` and the HMAC-SHA256, in hexadecimal, of the head
/// `schoolgate-timestamp`, a full stop and the body. Who receives it compares both, and refuses a
/// timestamp that is minutes old: then nobody else can tell it anything, and nothing twice.
pub(crate) struct Webhook {
    agent: ureq::Agent,
    url: String,
    secret: String,
}

impl Webhook {
    /// Makes ready; the other machine is not spoken to yet.
    pub(crate) fn new(settings: &WebhookSettings) -> Result<Self, String> {
        let secret = read_secret(Path::new(&settings.secret_file))?;
        if secret.len() < LEAST_SECRET {
            return Err(format!(
                "the secret in `{}` is shorter than {LEAST_SECRET} bytes",
                settings.secret_file
            ));
        }
        let clear = settings.url.strip_prefix("http://").map(|rest| {
            let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
            let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
            host.trim_matches(['[', ']'])
        });
        if clear.is_some_and(|host| !is_loopback(host)) {
            return Err("the settings ask for notices in the clear to another machine".to_owned());
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let tls = TlsConfig::builder()
            .provider(TlsProvider::Rustls)
            .root_certs(RootCerts::PlatformVerifier)
            .unversioned_rustls_crypto_provider(provider)
            .build();
        let agent = ureq::Agent::config_builder()
            .timeout_global(Some(PATIENCE))
            // A signed body goes to the address that two people agreed on, and to no other.
            .max_redirects(0)
            .http_status_as_error(false)
            .proxy(None)
            .user_agent("schoolgate")
            .tls_config(tls)
            .build()
            .new_agent();
        Ok(Self {
            agent,
            url: settings.url.clone(),
            secret,
        })
    }

    /// Tells of one notice.
    pub(crate) fn post(&self, school: &str, held: &Held, now: Moment) -> Result<(), String> {
        self.send("application/json", &body(school, held).to_string(), now)
    }

    /// Gives a head of the change log away, as it is.
    pub(crate) fn witness(&self, head: &str, now: Moment) -> Result<(), String> {
        self.send("text/plain; charset=utf-8", head, now)
    }

    fn send(&self, kind: &str, body: &str, now: Moment) -> Result<(), String> {
        let timestamp = now.seconds().to_string();
        let signature = sign(self.secret.as_bytes(), &timestamp, body);
        let answer = self
            .agent
            .post(&self.url)
            .header("content-type", kind)
            .header("schoolgate-timestamp", &timestamp)
            .header("schoolgate-signature", &signature)
            .send(body.as_bytes())
            .map_err(|error| chain(&error))?;
        let status = answer.status();
        if status.is_success() {
            Ok(())
        } else {
            Err(format!("the address answered {}", status.as_u16()))
        }
    }
}

/// What is told: nothing of a matter that somebody may not know of, and no address of illegal
/// content.
fn body(school: &str, held: &Held) -> serde_json::Value {
    let (letter, notice) = (&held.letter, held.notice());
    let secret = letter.confidential || !letter.concerns.is_empty();
    let illegal = letter.kind == NoticeKind::Illegal;
    let fit = |text: String| {
        if secret {
            String::new()
        } else if illegal {
            without_addresses(&text)
        } else {
            text
        }
    };
    json!({
        "school": school,
        "notice": held.id,
        "at": notice.at,
        "kind": letter.kind,
        "urgency": notice.urgency,
        "to": notice.to,
        "confidential": secret,
        "title": fit(line(&notice.title, 200)),
        "words": fit(lines(&notice.words, 20_000)),
        "link": letter.link.as_ref().filter(|_| !secret),
        "count": held.count,
        "entry": notice.entry,
        "checkpoint": letter.checkpoint,
    })
}

/// The value of the head `schoolgate-signature`.
pub(crate) fn sign(secret: &[u8], timestamp: &str, body: &str) -> String {
    let mut signed = String::from("v1=");
    // INVARIANT: HMAC takes a key of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret) else {
        return signed;
    };
    mac.update(timestamp.as_bytes());
    mac.update(b".");
    mac.update(body.as_bytes());
    for byte in mac.finalize().into_bytes() {
        let _ = write!(signed, "{byte:02x}");
    }
    signed
}

const PATIENCE: Duration = Duration::from_secs(10);
const LEAST_SECRET: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stand_in::letter;
    use crate::{NoticeId, Role};

    fn held(letter: crate::Letter) -> Held {
        Held::new(NoticeId(3), letter)
    }

    // RFC 4231, test case 2, with the full stop of our own as part of the message.
    #[test]
    fn a_signature_is_hmac_of_time_stop_and_body() {
        let whole = sign(b"Jefe", "what do ya want for nothing?", "x");
        let same = sign(b"Jefe", "what do ya want for nothing?", "x");
        assert_eq!(whole, same);
        assert_eq!(whole.len(), 3 + 64);
        assert_ne!(whole, sign(b"Jefe", "what do ya want for nothing", "?x"));
        assert_ne!(whole, sign(b"jefe", "what do ya want for nothing?", "x"));
    }

    // REP-06
    #[test]
    fn a_confidential_matter_leaves_without_its_words() {
        let mut letter = letter(Role::Headteacher, "T. Eacher").confidential();
        letter.notice.words = "T. Eacher did".to_owned();
        let text = body("Oakfield", &held(letter.link("/incidents/3"))).to_string();
        assert!(
            !text.contains("Eacher") && !text.contains("/incidents"),
            "{text}"
        );
        assert!(text.contains("\"confidential\":true"));
    }

    // ILL-12
    #[test]
    fn illegal_content_leaves_without_its_address() {
        let mut letter = letter(Role::Headteacher, "x").kind(NoticeKind::Illegal);
        letter.notice.words = "ipad-7 asked for bad.test/x".to_owned();
        let text = body("Oakfield", &held(letter)).to_string();
        assert!(!text.contains("bad.test"), "{text}");
    }
}
