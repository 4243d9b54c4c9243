use crate::{DutyHours, Span, WatchSettings};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// Notices and their delivery: the table `[alert]` of `schoolgate.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Address of the console as those who get mail reach it, for example
    /// `https://gateway.school.example:8443`. Empty: a mail names the page without a link.
    pub console: String,
    /// How long an immediate notice may stay unread before the next person is told, such as "10m".
    pub unread_after: Span,
    /// How long a notice for the same day may stay unread before the next person is told.
    pub soon_unread_after: Span,
    /// The hour of the school's clock at which the daily digest goes out, 0 to 23.
    pub digest_hour: u8,
    /// When only immediate notices are mailed; the others wait until it is over.
    pub quiet: Quiet,
    /// The mail server. Without it notices wait in the console.
    pub mail: Option<MailSettings>,
    /// An address that is told of every notice as it comes.
    pub webhook: Option<WebhookSettings>,
    /// An address outside the school's own machines that keeps the heads of the change log: each is
    /// sent there within a minute, signed as the webhook's calls are.
    pub witness: Option<WebhookSettings>,
    /// What is looked for in the record of visits.
    pub watch: WatchSettings,
    /// Who answers when a pupil tells an adult, and when.
    pub on_duty: Vec<DutyHours>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            console: String::new(),
            unread_after: Span::of_seconds(600),
            soon_unread_after: Span::of_seconds(24 * 3600),
            digest_hour: 16,
            quiet: Quiet::default(),
            mail: None,
            webhook: None,
            witness: None,
            watch: WatchSettings::default(),
            on_duty: Vec::new(),
        }
    }
}

/// The hours without mail that can wait, on the school's clock (REP-27).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Quiet {
    /// The hour at which they begin, 0 to 23.
    pub from_hour: u8,
    /// The hour at which they end, 0 to 23; the same hour means that there are none.
    pub until_hour: u8,
}

impl Default for Quiet {
    fn default() -> Self {
        Self {
            from_hour: 20,
            until_hour: 7,
        }
    }
}

impl Quiet {
    /// Whether an hour of the school's clock lies in them.
    pub(crate) const fn holds(self, hour: u8) -> bool {
        if self.from_hour <= self.until_hour {
            self.from_hour <= hour && hour < self.until_hour
        } else {
            self.from_hour <= hour || hour < self.until_hour
        }
    }
}

/// The mail server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MailSettings {
    /// Name of the server, such as "smtp.school.example".
    pub host: String,
    /// Its port; by default 465 for implicit TLS and 587 for STARTTLS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// How the connection is encrypted.
    #[serde(default)]
    pub tls: MailTls,
    /// The user at the server; absent when it asks for none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// A file that holds the user's password and nothing else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_file: Option<String>,
    /// The address that mail comes from, such as "schoolgate@school.example".
    pub from: String,
}

/// How the connection to the mail server is encrypted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MailTls {
    /// TLS from the first byte.
    #[default]
    Implicit,
    /// TLS after STARTTLS; a server that does not offer it gets nothing.
    Starttls,
    /// Not at all; only to a server on this machine.
    None,
}

/// An address that is told of every notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookSettings {
    /// Where to, such as `https://records.school.example/schoolgate`.
    pub url: String,
    /// A file that holds the secret that both sides sign with, 16 bytes or more.
    pub secret_file: String,
}

impl Settings {
    /// All that is wrong with the settings, each as what and how to mend it.
    pub fn faults(&self) -> Vec<String> {
        let mut found = Vec::new();
        let console = address(&self.console);
        let fit = console.is_some_and(|(scheme, host)| scheme == "https" || is_loopback(host));
        if !self.console.is_empty() && !fit {
            found.push(format!(
                "`console` must be an `https://` address without spaces, not `{}`",
                cut(&self.console)
            ));
        }
        for (key, hour) in [
            ("digest_hour", self.digest_hour),
            ("quiet.from_hour", self.quiet.from_hour),
            ("quiet.until_hour", self.quiet.until_hour),
        ] {
            if hour > 23 {
                found.push(format!("`{key}` must be from 0 to 23, not {hour}"));
            }
        }
        for (key, span) in [
            ("unread_after", self.unread_after),
            ("soon_unread_after", self.soon_unread_after),
        ] {
            if span < Span::of_seconds(60) {
                found.push(format!("`{key}` must be a minute or more, not `{span}`"));
            }
        }
        found.extend(self.mail.iter().flat_map(MailSettings::faults));
        let webhook = self.webhook.iter();
        found.extend(webhook.flat_map(|settings| settings.faults("webhook")));
        let witness = self.witness.iter();
        found.extend(witness.flat_map(|settings| settings.faults("witness")));
        found.extend(self.watch.faults());
        found.extend(self.on_duty.iter().flat_map(DutyHours::faults));
        found
    }
}

impl MailSettings {
    fn faults(&self) -> Vec<String> {
        let mut found = Vec::new();
        if self.host.is_empty() || self.host.contains(|found: char| !is_of_host(found)) {
            found.push(format!("`mail.host` is no name: `{}`", cut(&self.host)));
        }
        if self.tls == MailTls::None && !is_loopback(&self.host) {
            found.push(
                "`mail.tls = \"none\"` would send notices in the clear; it is for a server on this \
                 machine alone, so write \"implicit\" or \"starttls\""
                    .to_owned(),
            );
        }
        if self.from.parse::<lettre::Address>().is_err() {
            found.push(format!(
                "`mail.from` is no mail address: `{}`",
                cut(&self.from)
            ));
        }
        if self.user.is_some() != self.password_file.is_some() {
            found.push("`mail.user` and `mail.password_file` go together; give both".to_owned());
        }
        found
    }
}

impl WebhookSettings {
    fn faults(&self, table: &str) -> Vec<String> {
        let mut found = Vec::new();
        match address(&self.url) {
            None => found.push(format!(
                "`{table}.url` must be an `https://` address without spaces, not `{}`",
                cut(&self.url)
            )),
            Some(("http", host)) if !is_loopback(host) => found.push(format!(
                "`{table}.url` would send in the clear; write an `https://` address"
            )),
            Some(_) => {}
        }
        if self.secret_file.is_empty() {
            found.push(format!(
                "`{table}.secret_file` is empty; name a file with a secret"
            ));
        }
        found
    }
}

/// Scheme and host of a web address; `None` for anything else.
fn address(text: &str) -> Option<(&str, &str)> {
    if text.contains(|found: char| found.is_whitespace() || found.is_control()) {
        return None;
    }
    let (scheme, rest) = text.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next()?,
        None => authority.split(':').next()?,
    };
    let known = matches!(scheme, "http" | "https") && !host.is_empty() && !authority.contains('@');
    known.then_some((scheme, host))
}

fn is_of_host(found: char) -> bool {
    found.is_ascii_alphanumeric() || matches!(found, '.' | '-' | ':')
}

pub(crate) fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn cut(text: &str) -> String {
    text.chars()
        .filter(|found| !found.is_control())
        .take(80)
        .collect()
}

#[cfg(test)]
mod tests;
