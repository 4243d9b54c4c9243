use crate::answer::Answer;
use crate::exports::note_export;
use crate::frame::Frame;
use crate::lexicon::Lexicon;
use crate::pages::incidents::{shown, visible};
use crate::pages::requests::lexicon;
use crate::{Asked, Console, Refusal};
use alert::{GovernorReport, Person, Report, Role, School, Sheet, last_week};
use askama::Template;
use model::Moment;
use std::time::Duration;

#[derive(Template)]
#[template(path = "reports.html")]
struct ReportsPage {
    frame: Frame,
    faults: Vec<String>,
    span: String,
    summary: Vec<String>,
    sheets: Vec<Sheet>,
    named: bool,
    full: bool,
    query: String,
    from: String,
    until: String,
}

/// The report of a week, or of another span; for governors without anybody in it (REP-02, REP-07).
pub(crate) fn show(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    let role = asked.acting()?.role;
    let full = reads_all(role);
    let named = full && asked.query.raw("for") != "governors";
    let report = report(console, asked)?;
    let sheets = match named {
        true => named_sheets(console, asked, &report)?,
        false => GovernorReport::of(&report).sheets(),
    };
    let (from, until) = (asked.query.line("from"), asked.query.line("until"));
    Answer::page(&ReportsPage {
        frame: Frame::new(console, asked, "Reports"),
        faults: Vec::new(),
        span: report.span.clone(),
        summary: summary(&report, named),
        sheets: with_titles(sheets, &lexicon(console, role)),
        named,
        full,
        query: query(&from, &until),
        from: asked.zone.date_field(report.from),
        until: asked
            .zone
            .date_field(report.until.before(Duration::from_secs(1))),
    })
}

/// The same tables for a table program (ACC-09).
pub(crate) fn file(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    let role = asked.acting()?.role;
    let (name, sheets) = match asked.part("file") {
        "week.csv" if reads_all(role) => {
            let report = report(console, asked)?;
            ("week.csv", named_sheets(console, asked, &report)?)
        }
        "week.csv" => return Err(Refusal::Role),
        "governors.csv" => {
            let report = report(console, asked)?;
            ("governors.csv", GovernorReport::of(&report).sheets())
        }
        _ => return Err(Refusal::Missing),
    };
    let sheets = with_titles(sheets, &lexicon(console, role));
    let parts: Vec<String> = sheets
        .iter()
        .map(|sheet| format!("{}\r\n{}", sheet.title, sheet.csv()))
        .collect();
    note_export(console, asked, name, &())?;
    Ok(Answer::download(
        name,
        "text/csv; charset=utf-8",
        parts.join("\r\n"),
    ))
}

/// Who reads incidents one by one; the others read what names nobody.
const fn reads_all(role: Role) -> bool {
    match role {
        Role::Headteacher | Role::Deputy | Role::SafeguardingLead => true,
        Role::Technician
        | Role::Support
        | Role::Coordinator
        | Role::Teacher
        | Role::Governor
        | Role::Chair
        | Role::Auditor => false,
    }
}

fn report(console: &Console, asked: &Asked) -> Result<Report, Refusal> {
    let acting = asked.acting()?;
    let state = console.gate().state();
    let school = School::new(state.school(), state.policy().time_zone());
    let school = school.map_err(|error| Refusal::Failed(error.to_string()))?;
    let span = span(asked, &school);
    // Counts without names are of all incidents; what is told one by one is what may be seen.
    let incidents = match reads_all(acting.role) {
        true => visible(console, acting),
        false => console.parts().incidents.all(),
    };
    let changes = console.desk().change_counts(span.0, span.1);
    let counts = &console.parts().counts;
    counts
        .report(&school, span, asked.now, &incidents, changes)
        .map_err(|error| Refusal::Failed(error.to_string()))
}

/// The days that are asked for, at most a year; the week that ended last where none are.
fn span(asked: &Asked, school: &School) -> (Moment, Moment) {
    let day = |name: &str| asked.zone.parse(&asked.query.line(name), "");
    match (day("from"), day("until")) {
        (Some(from), Some(until)) if from <= until => {
            let end = asked.zone.midnight(until.after(DAY_AND_HALF));
            (from.max(end.before(YEAR)), end.min(asked.now.max(from)))
        }
        (Some(_) | None, Some(_) | None) => last_week(school, asked.now),
    }
}

fn summary(report: &Report, named: bool) -> Vec<String> {
    let mut lines = vec![
        format!(
            "{} requests, of which {} were refused.",
            report.requests, report.blocked
        ),
        format!(
            "{} more were refused that machines made by themselves, such as adverts; nobody opened those.",
            report.background
        ),
    ];
    if named {
        lines.push(format!("{} incidents began.", report.incidents.len()));
    }
    lines.extend(report.not_counted());
    lines
}

/// The tables with the names of those who look after incidents.
fn named_sheets(console: &Console, asked: &Asked, report: &Report) -> Result<Vec<Sheet>, Refusal> {
    asked.acting()?;
    let mut sheets = report.sheets();
    for cell in sheets
        .iter_mut()
        .flat_map(|sheet| &mut sheet.rows)
        .flatten()
    {
        if cell.parse::<change::PersonId>().is_ok() {
            *cell = shown(console, &Person::new(cell.as_str()));
        }
    }
    Ok(sheets)
}

/// The tables with the names of groups in place of their ids.
fn with_titles(mut sheets: Vec<Sheet>, lexicon: &Lexicon) -> Vec<Sheet> {
    for sheet in sheets.iter_mut().filter(|sheet| sheet.title == "Groups") {
        for cell in sheet.rows.iter_mut().filter_map(|row| row.first_mut()) {
            *cell = lexicon.group(cell);
        }
    }
    sheets
}

fn query(from: &str, until: &str) -> String {
    let escaped = crate::pages::activity::escaped;
    format!("from={}&until={}", escaped(from), escaped(until))
}

const DAY_AND_HALF: Duration = Duration::from_secs(36 * 3_600);
const YEAR: Duration = Duration::from_secs(366 * 86_400);
