use crate::answer::Answer;
use crate::exports::note_export;
use crate::frame::Frame;
use crate::matter_view::{Mark, title};
use crate::pages::requests::lexicon;
use crate::proof_view::ProofView;
use crate::when::When;
use crate::{Asked, Console, Form, Refusal};
use askama::Template;
use audit::Transcript;
use change::{Direction, Filter, HistoryFilter, Line, Matter, ProposalId, SIGNERS, StateFolder};
use model::Moment;
use std::collections::BTreeMap;

#[derive(Template)]
#[template(path = "changes.html")]
struct ChangesPage {
    frame: Frame,
    faults: Vec<String>,
    proof: ProofView,
    asked_for: AskedFor,
    lines: Vec<LogLine>,
    counts: Counts,
    older: Option<u64>,
    signer: bool,
    newest: u64,
}

/// The filter as it was filled in.
struct AskedFor {
    since: String,
    until: String,
    who: String,
    text: String,
    direction: String,
    unsigned: bool,
    routine: bool,
}

struct LogLine {
    entry: u64,
    at: When,
    who: String,
    words: String,
    mark: Option<Mark>,
    matter: Option<String>,
    title: Option<String>,
    signed_off: Vec<String>,
}

#[derive(Default)]
struct Counts {
    shown: usize,
    opened: usize,
    closed: usize,
    unsigned: usize,
}

/// The change log in words, with its proof.
pub(crate) fn list(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    Answer::page(&page(console, asked, Vec::new())?)
}

/// Verifies the change log now, from its files.
pub(crate) fn verify(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    match console.desk().verify_now() {
        Ok(_) => list(console, asked),
        Err(error) => Err(Refusal::Failed(error.to_string())),
    }
}

/// Signs the change log off, up to the entry that was shown last.
pub(crate) fn sign_off(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    let words = asked.form.text("words");
    let upto = asked.form.line("upto").parse().map_err(|_| {
        Refusal::Malformed("the form does not say how far; open the page again".to_owned())
    })?;
    match console
        .desk()
        .sign_off(asked.acting()?, audit::EntryIndex(upto), &words)
    {
        Ok(_) => Ok(Answer::see("/changes?done=signed-off")),
        Err(error) => Answer::again(&page(console, asked, vec![error.to_string()])?),
    }
}

/// A file of the proof: what anybody needs to check the change log on another machine.
pub(crate) fn proof(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    let failed = |error: &dyn std::error::Error| Refusal::Failed(error.to_string());
    let folder = StateFolder::ledger_in(&console.parts().state);
    match asked.part("file") {
        "change-log.bin" => {
            note_export(console, asked, "the change log", &())?;
            let transcript = Transcript::read(&folder).map_err(|error| failed(&error))?;
            let mut export = Vec::new();
            transcript
                .export(&mut export)
                .map_err(|error| failed(&error))?;
            Ok(Answer::download("change-log.bin", BYTES, export))
        }
        "public-key.txt" => {
            let transcript = Transcript::read(&folder).map_err(|error| failed(&error))?;
            let key = transcript.public_key().to_string();
            Ok(Answer::download("public-key.txt", TEXT, key))
        }
        "head.txt" => {
            let transcript = Transcript::read(&folder).map_err(|error| failed(&error))?;
            let head = transcript.head().ok_or(Refusal::Missing)?.to_string();
            Ok(Answer::download("head.txt", TEXT, head))
        }
        "verify.html" => Ok(Answer::download("verify.html", HTML, audit::VERIFY_HTML)),
        "verify_ledger.py" => Ok(Answer::download("verify_ledger.py", TEXT, VERIFY_PROGRAM)),
        _ => Err(Refusal::Missing),
    }
}

fn page(console: &Console, asked: &Asked, faults: Vec<String>) -> Result<ChangesPage, Refusal> {
    let filter = filter(asked);
    let acting = asked.acting()?;
    let look = |filter: &HistoryFilter| {
        let found = console.desk().history(acting, filter);
        found.map_err(|error| Refusal::Refused(error.to_string()))
    };
    let found = look(&filter)?;
    let unsigned = look(&HistoryFilter {
        unsigned: true,
        ..HistoryFilter::default()
    })?;
    let titles = titles(console, asked)?;
    let way = |direction| {
        found
            .iter()
            .filter(|line| line.direction == Some(direction))
            .count()
    };
    let counts = Counts {
        shown: found.len(),
        opened: way(Direction::Opens),
        closed: way(Direction::Closes),
        unsigned: unsigned.len(),
    };
    let older = (found.len() == filter.most).then(|| found.last().map(|line| line.entry));
    Ok(ChangesPage {
        frame: Frame::new(console, asked, "Changes"),
        faults,
        proof: ProofView::new(console, asked),
        asked_for: AskedFor::read(&asked.query),
        counts,
        older: older.flatten(),
        signer: SIGNERS.contains(acting.role),
        newest: unsigned.first().map_or(0, |line| line.entry),
        lines: found
            .into_iter()
            .map(|line| log_line(line, asked, &titles))
            .collect(),
    })
}

/// What each matter is about, in words.
fn titles(console: &Console, asked: &Asked) -> Result<BTreeMap<ProposalId, String>, Refusal> {
    let acting = asked.acting()?;
    let lexicon = lexicon(console, acting.role);
    let matters = console.desk().matters(acting, &Filter::default());
    let title = |matter: &Matter| title(&matter.change, &lexicon, &asked.zone);
    Ok(matters
        .iter()
        .map(|matter| (matter.id, title(matter)))
        .collect())
}

fn log_line(line: Line, asked: &Asked, titles: &BTreeMap<ProposalId, String>) -> LogLine {
    let mark = match line.direction {
        Some(Direction::Opens) => Some(Mark {
            word: "opens",
            class: "is-open",
        }),
        Some(Direction::Closes) => Some(Mark {
            word: "closes",
            class: "is-shut",
        }),
        Some(Direction::Nothing) | None => None,
    };
    LogLine {
        entry: line.entry,
        at: asked.zone.when(line.at),
        who: line.who,
        words: line.words,
        mark,
        title: line.matter.and_then(|id| titles.get(&id).cloned()),
        matter: line.matter.map(|id| id.to_string()),
        signed_off: line.signed_off,
    }
}

fn filter(asked: &Asked) -> HistoryFilter {
    let query = &asked.query;
    let some = |text: String| Some(text).filter(|text| !text.is_empty());
    let day = |name: &str| asked.zone.parse(&query.line(name), "");
    let entry: Option<u64> = query.line("entry").parse().ok();
    let before: Option<u64> = query.line("before").parse().ok();
    HistoryFilter {
        since: day("since"),
        until: day("until").map(|day| end_of(day, asked)),
        direction: match query.raw("direction") {
            "opens" => Some(Direction::Opens),
            "closes" => Some(Direction::Closes),
            _ => None,
        },
        who: some(query.line("who")),
        text: some(query.line("text")),
        unsigned: query.ticked("unsigned"),
        routine: query.ticked("routine") || entry.is_some(),
        before: entry.map(|entry| entry.saturating_add(1)).or(before),
        most: if entry.is_some() { 1 } else { MOST },
        ..HistoryFilter::default()
    }
}

/// The end of the school's day that begins at this moment.
fn end_of(day: Moment, asked: &Asked) -> Moment {
    let noon_after = day.after(std::time::Duration::from_secs(36 * 3_600));
    asked.zone.midnight(noon_after)
}

impl AskedFor {
    fn read(query: &Form) -> Self {
        Self {
            since: query.line("since"),
            until: query.line("until"),
            who: query.line("who"),
            text: query.line("text"),
            direction: query.line("direction"),
            unsigned: query.ticked("unsigned"),
            routine: query.ticked("routine"),
        }
    }
}

/// The second verifier, which shares no line with the first.
const VERIFY_PROGRAM: &str = include_str!("../../../../tests/verify/verify_ledger.py");

const MOST: usize = 100;
const BYTES: &str = "application/octet-stream";
const TEXT: &str = "text/plain; charset=utf-8";
const HTML: &str = "text/html; charset=utf-8";
