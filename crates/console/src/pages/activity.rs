use crate::answer::Answer;
use crate::csv::Csv;
use crate::exports::note_export;
use crate::frame::Frame;
use crate::pages::requests::lexicon;
use crate::row_view::{Persons, RowView, is_help};
use crate::{Asked, Console, Form, Refusal};
use alert::Role;
use askama::Template;
use audit::{DecisionRow, Known, OpenRows, Search, search_open};
use axum::http::StatusCode;
use change::{ChangeKind, DISCLOSERS, Right, StateFolder};
use model::{Action, Moment, Rung};
use serde_json::json;
use std::time::Duration;

#[derive(Template)]
#[template(path = "activity.html")]
struct ActivityPage {
    frame: Frame,
    faults: Vec<String>,
    asked_for: AskedFor,
    groups: Vec<(String, String)>,
    categories: Vec<(String, String)>,
    rows: Vec<RowView>,
    /// Of whom, where a reason is wanted before anything is shown.
    wants_reason: Option<String>,
    /// Of whom names are shown, and in which entry that stands.
    disclosed: Option<(String, u64)>,
    may_name: bool,
    may_propose: bool,
    may_block: bool,
    shows_devices: bool,
    capped: bool,
    /// The days that are closed to a key that lies elsewhere.
    closed: Vec<String>,
    page: usize,
    older: bool,
    query: String,
}

/// The search as it was filled in.
#[derive(Clone, Debug, Default)]
struct AskedFor {
    from_date: String,
    from_time: String,
    until_date: String,
    until_time: String,
    user: String,
    device: String,
    site: String,
    category: String,
    group: String,
    action: String,
    reference: String,
    names: bool,
}

/// What was found, as far as it may be shown.
#[derive(Default)]
struct Found {
    rows: Vec<DecisionRow>,
    capped: bool,
    closed: Vec<String>,
}

/// Searches what was asked for on the network; a person's name asks a reason first (MON-10).
pub(crate) fn show(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    Answer::page(&page(console, asked, &asked.query, Vec::new())?)
}

/// Writes the reason down, and leads back to the search.
pub(crate) fn disclose(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    let reason = asked.form.text("reason");
    match give_reason(console, asked, &asked.form, &reason) {
        Ok(_) => {
            let query = AskedFor::read(&asked.form, asked).query();
            Ok(Answer::see(format!("/activity?{query}")))
        }
        Err(Refusal::Refused(fault)) => {
            Answer::again(&page(console, asked, &asked.form, vec![fault])?)
        }
        Err(refusal) => Err(refusal),
    }
}

/// Writes down why names are read that a search asks for, and in which entry that stands; for a
/// quarter of an hour the search then shows them.
pub(crate) fn give_reason(
    console: &Console,
    asked: &Asked,
    search: &Form,
    reason: &str,
) -> Result<u64, Refusal> {
    let acting = asked.acting()?;
    let Some(whom) = AskedFor::read(search, asked).whom() else {
        return Err(Refusal::Malformed(NOBODY.to_owned()));
    };
    let disclosure = console
        .desk()
        .disclose(acting, &whom, reason)
        .map_err(|error| Refusal::Refused(error.to_string()))?;
    let (entry, now) = (disclosure.entry.0, console.parts().clock.monotonic());
    console.grants().keep(acting.account, disclosure, now);
    Ok(entry)
}

/// The same search as a file, for a table program or a program.
pub(crate) fn export(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    let rows = rows(console, asked, &asked.query, Search::LIMIT)?;
    let form = asked.part("form");
    if !["activity.csv", "activity.json"].contains(&form) {
        return Err(Refusal::Missing);
    }
    let search = AskedFor::read(&asked.query, asked).query();
    let of = json!({ "form": form, "search": search, "rows": rows.len() });
    note_export(console, asked, "decisions", &of)?;
    match form {
        "activity.csv" => Ok(Answer::download("activity.csv", CSV, table(&rows))),
        _ => Answer::json(StatusCode::OK, &rows),
    }
}

/// The newest rows that a search finds, with as much of who it was as this person may see.
pub(crate) fn rows(
    console: &Console,
    asked: &Asked,
    search: &Form,
    most: usize,
) -> Result<Vec<RowView>, Refusal> {
    let asked_for = AskedFor::read(search, asked);
    let persons = persons(console, asked, &asked_for)?;
    let lexicon = lexicon(console, asked.acting()?.role);
    let found = find(console, asked, &asked_for, most)?;
    // A file that leaves days out would be taken for the whole.
    if !found.closed.is_empty() {
        let days = found.closed.join(", ");
        return Err(Refusal::Refused(format!("{CLOSED}: {days}")));
    }
    Ok(found
        .rows
        .iter()
        .take(most)
        .map(|row| RowView::new(row, persons, &lexicon, &asked.zone))
        .collect())
}

fn table(rows: &[RowView]) -> String {
    let mut csv = Csv::new(&[
        "time (UTC)",
        "who",
        "device",
        "group",
        "site",
        "kinds of site",
        "answer",
        "why",
        "asked by",
        "requests",
        "number",
    ]);
    for row in rows {
        let (categories, count) = (row.categories.join("; "), row.count.to_string());
        csv.row([
            row.at.as_str(),
            &row.who,
            &row.device,
            &row.group,
            &row.site,
            &categories,
            row.action,
            &row.why,
            row.nature,
            &count,
            &row.reference,
        ]);
    }
    csv.finish()
}

fn page(
    console: &Console,
    asked: &Asked,
    from: &Form,
    mut faults: Vec<String>,
) -> Result<ActivityPage, Refusal> {
    let acting = asked.acting()?;
    let asked_for = AskedFor::read(from, asked);
    let lexicon = lexicon(console, acting.role);
    let (grant, wants_reason) = match (asked_for.whom(), DISCLOSERS.contains(acting.role)) {
        (None, _) => (None, None),
        (Some(whom), true) => match granted(console, asked, &whom)? {
            Some(disclosure) => (Some((whom, disclosure.entry.0)), None),
            None => (None, Some(whom)),
        },
        (Some(_), false) => {
            faults.push(NO_NAMES.to_owned());
            (None, None)
        }
    };
    let number: usize = from.line("page").parse().unwrap_or(1);
    let number = number.clamp(1, Search::LIMIT / ROWS);
    let silent = wants_reason.is_some() || !faults.is_empty();
    let found = match silent {
        true => Found::default(),
        false => find(console, asked, &asked_for, number * ROWS + 1)?,
    };
    let persons = match silent {
        true => Persons::Masked,
        false => persons(console, asked, &asked_for)?,
    };
    let right = |kind| Right::of(kind).propose.contains(acting.role);
    Ok(ActivityPage {
        frame: Frame::new(console, asked, "Activity"),
        faults,
        groups: lexicon.groups(),
        categories: lexicon.categories(),
        rows: found
            .rows
            .iter()
            .skip((number - 1) * ROWS)
            .take(ROWS)
            .map(|row| RowView::new(row, persons, &lexicon, &asked.zone))
            .collect(),
        wants_reason,
        disclosed: grant,
        may_name: DISCLOSERS.contains(acting.role),
        may_propose: right(ChangeKind::Override),
        may_block: right(ChangeKind::Block),
        shows_devices: persons != Persons::Masked,
        capped: found.capped,
        closed: found.closed,
        older: found.rows.len() > number * ROWS,
        page: number,
        query: asked_for.query(),
        asked_for,
    })
}

fn granted(
    console: &Console,
    asked: &Asked,
    whom: &str,
) -> Result<Option<change::Disclosure>, Refusal> {
    // A reason is given by somebody in person; no token lives off it.
    if asked.scope.is_some() {
        return Ok(None);
    }
    let now = console.parts().clock.monotonic();
    Ok(console.grants().find(asked.acting()?.account, whom, now))
}

/// How much of who it was this person may see; a name wants its reason.
fn persons(console: &Console, asked: &Asked, asked_for: &AskedFor) -> Result<Persons, Refusal> {
    let role = asked.acting()?.role;
    let Some(whom) = asked_for.whom() else {
        return Ok(match role {
            Role::Technician => Persons::Devices,
            Role::Support
            | Role::Coordinator
            | Role::Headteacher
            | Role::Deputy
            | Role::SafeguardingLead
            | Role::Teacher
            | Role::Governor
            | Role::Chair
            | Role::Auditor => Persons::Masked,
        });
    };
    if !DISCLOSERS.contains(role) {
        return Err(Refusal::Role);
    }
    match granted(console, asked, &whom)? {
        Some(_) => Ok(Persons::Named),
        None => Err(Refusal::Refused(NO_REASON.to_owned())),
    }
}

/// Searches the journal, the newest first, and leaves out what this person may not read.
fn find(
    console: &Console,
    asked: &Asked,
    asked_for: &AskedFor,
    most: usize,
) -> Result<Found, Refusal> {
    let acting = asked.acting()?;
    let state = console.gate().state();
    let policy = state.policy();
    let pupils = |group: &str| {
        let facts = policy
            .groups()
            .find(group)
            .and_then(|index| policy.group(index));
        facts.is_some_and(|facts| facts.pupil)
    };
    // What staff do is the headteacher's and the chair's to read, and nobody else's (MON-05).
    let reads_staff = matches!(acting.role, Role::Headteacher | Role::Chair);
    let personal = !asked_for.user.is_empty() || !asked_for.device.is_empty();
    let sifted = personal || !asked_for.category.is_empty() || asked_for.names;
    let query = asked_for.search(asked, if sifted { Search::LIMIT } else { most });
    let journal = StateFolder::journal_in(&console.parts().state);
    let found = search_open(&journal, &query);
    let OpenRows { mut rows, closed } =
        found.map_err(|error| Refusal::Failed(error.to_string()))?;
    let capped = rows.len() >= Search::LIMIT;
    let named = asked_for.whom().is_some();
    rows.retain(|row| {
        (asked_for.category.is_empty()
            || row.categories.iter().any(|id| **id == *asked_for.category))
            && asked_for.is_device(row)
            && !(personal && is_help(row))
            && (!named || reads_staff || pupils(&row.group))
            && (asked_for.site.is_empty() || row.rung != Rung::Floor)
    });
    Ok(Found {
        rows,
        capped,
        closed: days(&closed),
    })
}

/// The days of some files of the journal, each once.
fn days(files: &[String]) -> Vec<String> {
    let mut days: Vec<String> = files
        .iter()
        .filter_map(|file| Some(file.split_once('.')?.0.to_owned()))
        .collect();
    days.dedup();
    days
}

impl AskedFor {
    fn read(form: &Form, asked: &Asked) -> Self {
        let or = |text: String, other: String| if text.is_empty() { other } else { text };
        Self {
            from_date: or(form.line("from_date"), asked.zone.date_field(asked.now)),
            from_time: form.line("from_time"),
            until_date: form.line("until_date"),
            until_time: form.line("until_time"),
            user: form.line("user"),
            device: form.line("device"),
            site: form.line("site").to_ascii_lowercase(),
            category: form.line("category"),
            group: form.line("group"),
            action: form.line("action"),
            reference: form.line("reference"),
            names: form.ticked("names"),
        }
    }

    /// The fields with their names, those that say something.
    fn fields(&self) -> Vec<(&'static str, &str)> {
        let names = if self.names { "1" } else { "" };
        let all = [
            ("from_date", self.from_date.as_str()),
            ("from_time", &self.from_time),
            ("until_date", &self.until_date),
            ("until_time", &self.until_time),
            ("user", &self.user),
            ("device", &self.device),
            ("site", &self.site),
            ("category", &self.category),
            ("group", &self.group),
            ("action", &self.action),
            ("reference", &self.reference),
            ("names", names),
        ];
        all.into_iter()
            .filter(|(_, value)| !value.is_empty())
            .collect()
    }

    /// The query of the address under which the search stands.
    fn query(&self) -> String {
        let fields = self.fields().into_iter();
        let parts: Vec<String> = fields
            .map(|(name, value)| format!("{name}={}", escaped(value)))
            .collect();
        parts.join("&")
    }

    /// About whom names are asked for; `None` where none are.
    fn whom(&self) -> Option<String> {
        if !self.user.is_empty() {
            return Some(format!("user:{}", self.user));
        }
        let fields = self
            .fields()
            .into_iter()
            .filter(|(name, _)| *name != "names");
        let words: Vec<String> = fields
            .map(|(name, value)| format!("{name} {value}"))
            .collect();
        let words: String = format!("everybody with {}", words.join(", "))
            .chars()
            .take(200)
            .collect();
        self.names.then_some(words)
    }

    fn is_device(&self, row: &DecisionRow) -> bool {
        let device = self.device.as_str();
        device.is_empty()
            || device.parse::<std::net::IpAddr>() == Ok(row.client)
            || matches!(&row.device, Known::Named(name) if **name == *device)
    }

    fn search(&self, asked: &Asked, limit: usize) -> Search {
        let some = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        let since = asked.zone.parse(&self.from_date, &self.from_time);
        Search {
            client: self.device.parse().ok(),
            user: some(&self.user),
            group: some(&self.group),
            host: some(&self.site),
            action: ACTIONS
                .into_iter()
                .find(|action| action.word() == self.action),
            rung: None,
            reference: some(&self.reference),
            since: since.or_else(|| Some(asked.zone.midnight(asked.now))),
            until: self.until(asked),
            limit: Some(limit),
        }
    }

    /// The end: the minute that was given, or the end of the day that was.
    fn until(&self, asked: &Asked) -> Option<Moment> {
        let at = asked.zone.parse(&self.until_date, &self.until_time)?;
        Some(match self.until_time.is_empty() {
            true => asked.zone.midnight(at.after(DAY_AND_HALF)),
            false => at.after(Duration::from_secs(60)),
        })
    }
}

/// Text as a part of a query; what is no plain letter is written in hexadecimal.
pub(crate) fn escaped(text: &str) -> String {
    let mut found = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => {
                found.push(char::from(byte))
            }
            other => found.push_str(&format!("%{other:02X}")),
        }
    }
    found
}

const ACTIONS: [Action; 4] = [
    Action::Allow,
    Action::Warn,
    Action::Permission,
    Action::Block,
];

/// What a person looks through on one page.
const ROWS: usize = 50;
const DAY_AND_HALF: Duration = Duration::from_secs(36 * 3_600);
const CSV: &str = "text/csv; charset=utf-8";
const CLOSED: &str = "the records of these days are closed to a key that lies elsewhere; \
                      `schoolgate audit search --identity FILE` at the gateway reads them";
const NOBODY: &str = "the form names nobody; search again";
const NO_REASON: &str = "give a reason for the names first, on the page of the search";
const NO_NAMES: &str = "in your role you see no names; ask the headteacher or the safeguarding lead, who can, with a reason";
