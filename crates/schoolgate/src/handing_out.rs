//! Records that leave the gateway in a person's name: evidence, and what a person may have of
//! their own.

use crate::act::said;
use crate::gateway::Gateway;
use alert::{Person, Role};
use audit::{
    Cases, DecisionRow, EnvelopeKey, Identity, RowFormat, RowWriter, Search, Span, Subject,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use change::{Acting, ChangeKind, EvidenceOrder, Right, Standing, StateFolder};
use model::Moment;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::io;
use std::path::PathBuf;
use zeroize::Zeroizing;

/// What evidence a person asked for.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EvidenceAsked {
    /// The incident.
    pub(crate) incident: Option<u64>,
    /// Entries of the change log.
    pub(crate) entries: Vec<u64>,
    /// Whose decisions.
    pub(crate) person: Option<String>,
    /// From when.
    pub(crate) since: Option<Moment>,
    /// Until when.
    pub(crate) until: Option<Moment>,
    /// The key of closed days.
    pub(crate) identity: Option<Zeroizing<String>>,
    /// Why, and to whom.
    pub(crate) reason: String,
}

/// What is to be written out for the person concerned.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccessAsked {
    /// Whose.
    pub(crate) person: String,
    /// From when.
    pub(crate) since: Option<Moment>,
    /// Until when.
    pub(crate) until: Option<Moment>,
    /// The key of closed days.
    pub(crate) identity: Option<Zeroizing<String>>,
    /// Whether it is a table, and not lines of JSON.
    pub(crate) table: bool,
    /// Why.
    pub(crate) reason: String,
}

/// Copies what holds keep out of closed days.
pub(crate) fn keep(gateway: &Gateway, acting: &Acting, identity: &str) -> Result<Value, String> {
    if !Right::of(ChangeKind::Hold).propose.contains(acting.role) {
        return Err(format!("as {} you keep no records", acting.role));
    }
    let key = key_of(identity)?;
    said(gateway.desk.keep_holds(gateway.records(), Some(&key)))?;
    Ok(json!({ "waiting": gateway.desk.holds_to_keep() }))
}

/// Puts evidence together; the answer holds it as a tar archive in base64.
pub(crate) fn evidence(
    gateway: &Gateway,
    acting: &Acting,
    asked: &EvidenceAsked,
) -> Result<Value, String> {
    let mut rows = Vec::new();
    let mut left_out = 0;
    if let Some((subject, span)) = whose(gateway, acting, asked)? {
        // What is read is named before it is read, even if the set then cannot be put together.
        said(
            gateway
                .desk
                .disclose(acting, &words(&subject), &asked.reason),
        )?;
        let key = asked.identity.as_deref().map(|text| key_of(text));
        let mine = mine(gateway, acting);
        let read = subject.each_row(&journal(gateway), span, key.transpose()?.as_ref(), |row| {
            match mine(&row) {
                false => left_out += 1,
                true if rows.len() >= Search::LIMIT => return Err(io::Error::other(TOO_MANY)),
                true => rows.push(row),
            }
            Ok(())
        });
        said(read)?;
    }
    let order = EvidenceOrder {
        incident: asked.incident,
        entries: asked.entries.clone(),
        rows,
        reason: asked.reason.clone(),
    };
    let made = said(gateway.desk.gather_evidence(acting, &order))?;
    let mut tar = Vec::new();
    said(made.evidence.tar(&mut tar))?;
    Ok(json!({
        "entry": made.entry,
        "decisions": order.rows.len(),
        "left_out": left_out,
        "tar": STANDARD.encode(tar),
    }))
}

/// Writes out what is recorded about a person, with everybody else taken out (LOG-06).
pub(crate) fn access(
    gateway: &Gateway,
    acting: &Acting,
    asked: &AccessAsked,
) -> Result<Value, String> {
    let subject: Subject = said(asked.person.parse())?;
    let disclosure = said(
        gateway
            .desk
            .disclose(acting, &words(&subject), &asked.reason),
    )?;
    let key = asked.identity.as_deref().map(|text| key_of(text));
    let span = Span {
        since: asked.since,
        until: asked.until,
    };
    let format = match asked.table {
        true => RowFormat::Csv,
        false => RowFormat::JsonLines,
    };
    let mine = mine(gateway, acting);
    let mut left_out = 0;
    let mut written = 0;
    let mut out = RowWriter::new(Vec::new(), format, "");
    let read = subject.disclose(&journal(gateway), span, key.transpose()?.as_ref(), |row| {
        if !mine(&row) {
            left_out += 1;
            return Ok(());
        }
        written += 1;
        match written > MOST_OWN {
            true => Err(io::Error::other(TOO_MANY)),
            false => out.write(&row),
        }
    });
    let disclosed = said(read)?;
    let text = said(said(out.finish()).map(String::from_utf8)?)?;
    let of = json!({ "whom": words(&subject), "rows": written, "reason": asked.reason.trim() });
    let entry = said(
        gateway
            .desk
            .note_export(acting, "a person's own records", &of),
    )?;
    Ok(json!({
        "read": disclosure.entry,
        "entry": entry,
        "rows": written,
        "redacted": disclosed.redacted,
        "left_out": left_out,
        "text": text,
    }))
}

/// Whose decisions evidence holds: who was named, or the person or device of the incident.
fn whose(
    gateway: &Gateway,
    acting: &Acting,
    asked: &EvidenceAsked,
) -> Result<Option<(Subject, Span)>, String> {
    let incident = asked.incident.map(|number| find(gateway, acting, number));
    let incident = incident.transpose()?.map(|found| found.incident);
    if let Some(person) = &asked.person {
        let span = Span {
            since: asked.since,
            until: asked.until,
        };
        return Ok(Some((said(person.parse())?, span)));
    }
    let Some(incident) = incident else {
        return Ok(None);
    };
    let device = |name: String| match name.parse() {
        Ok(address) => Subject::Client(address),
        Err(_) => Subject::Device(name),
    };
    let subject = incident.who.map(Subject::User);
    let subject = subject.or_else(|| incident.device.map(device));
    Ok(subject.map(|subject| (subject, Cases::span(incident.at))))
}

/// An incident that this person may know of.
fn find(gateway: &Gateway, acting: &Acting, number: u64) -> Result<alert::Recorded, String> {
    let accounts = gateway.desk.accounts().into_iter();
    let heads: Vec<Person> = accounts
        .filter(|account| account.role == Role::Headteacher && account.standing != Standing::Closed)
        .flat_map(|account| {
            let user = account.user.as_deref().map(Person::from);
            std::iter::once(Person::new(account.person.to_string())).chain(user)
        })
        .collect();
    let person = Person::new(acting.person.to_string());
    let visible = gateway.incidents().visible_to(&person, acting.role, &heads);
    let found = visible.into_iter().find(|found| found.id.0 == number);
    found.ok_or_else(|| format!("there is no incident {number} that you may see"))
}

/// Whether a row may be handed out by this person: what staff did is the headteacher's and the
/// chair's alone (MON-05).
fn mine(gateway: &Gateway, acting: &Acting) -> impl Fn(&DecisionRow) -> bool + use<> {
    let state = gateway.doors.gate.state();
    let all = matches!(acting.role, Role::Headteacher | Role::Chair);
    move |row| {
        let policy = state.policy();
        let group = policy.groups().find(&row.group);
        let facts = group.and_then(|index| policy.group(index));
        all || facts.is_some_and(|facts| facts.pupil)
    }
}

fn journal(gateway: &Gateway) -> PathBuf {
    StateFolder::journal_in(gateway.desk.folder().path())
}

fn key_of(text: &str) -> Result<EnvelopeKey, String> {
    let identity: Identity = said(text.parse())?;
    Ok(EnvelopeKey::Identity(identity))
}

/// A subject as the change log names it.
fn words(subject: &Subject) -> String {
    match subject {
        Subject::User(name) => format!("user:{name}"),
        Subject::Device(name) => format!("device:{name}"),
        Subject::Client(address) => address.to_string(),
    }
}

/// A quarter of the longest answer, at some 200 bytes a row.
const MOST_OWN: u64 = 250_000;
const TOO_MANY: &str = "there are too many decisions for one file; name a shorter time";
