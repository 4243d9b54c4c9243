use super::ask::is_floor;
use super::fixed::SaidPage;
use crate::faces::front::{FaceAsked, Front, SORRY};
use crate::faces::open_page::{FacePage, Listeners};
use crate::{Answer, Refusal};
use alert::{Duty, TellError, Teller, Telling};
use askama::Template;
use audit::{DecisionRow, Search};
use axum::http::StatusCode;
use model::Rung;
use std::time::Duration;

#[derive(Template)]
#[template(path = "faces/tell.html")]
struct TellPage {
    page: FacePage,
    reference: String,
    address: String,
    time: String,
    who: Listeners,
}

/// Asks what was seen, and says who will read it and who answers at any hour.
pub(crate) fn show(front: &Front, asked: &mut FaceAsked) -> Result<Answer, Refusal> {
    let words = front.page(asked, "").words;
    let duty = (front.parts().duty)(asked.now);
    Answer::page(&TellPage {
        page: front.page(asked, words.tell_title),
        reference: asked.query.line("reference"),
        address: asked.query.line("address"),
        time: asked.zone.when(asked.now).text,
        who: Listeners::of(&duty, asked.asker.reading),
    })
}

/// Takes in what somebody tells; who is on duty is told at once.
pub(crate) fn tell(front: &Front, asked: &mut FaceAsked) -> Result<Answer, Refusal> {
    let words = front.page(asked, "").words;
    let duty = (front.parts().duty)(asked.now);
    let too_often = |asked: &FaceAsked| {
        let status = StatusCode::TOO_MANY_REQUESTS;
        said(front, asked, status, words.told_title, words.often, &duty)
    };
    if !front.may_tell(&asked.asker) {
        return too_often(asked);
    }
    match (front.parts().tell)(&telling(front, asked)) {
        Ok(told) => {
            let lead = match told.duty {
                Duty::Somebody { .. } => words.told,
                Duty::Nobody => words.told_nobody,
            };
            said(
                front,
                asked,
                StatusCode::OK,
                words.told_title,
                lead,
                &told.duty,
            )
        }
        Err(TellError::TooMany) => too_often(asked),
        Err(error @ (TellError::Incident(_) | TellError::Notice(_))) => {
            tracing::error!(%error, "what somebody told could not be kept");
            said(front, asked, SORRY, words.tell_title, words.untold, &duty)
        }
    }
}

fn telling(front: &Front, asked: &mut FaceAsked) -> Telling {
    let (note, time) = (asked.form.text("note"), asked.form.line("time"));
    let mut address = asked.form.line("address");
    let seen = row(front, asked);
    let floor = seen.as_ref().is_some_and(|row| row.rung == Rung::Floor);
    // ILL-09, ILL-12: the address of illegal content is written down in the journal alone.
    if floor || is_floor(asked, &address) {
        address.clear();
    } else if let Some(row) = seen.filter(|_| address.is_empty()) {
        address = row.host.to_string();
    }
    let mut content = match note.is_empty() {
        true => "The button was pressed, and nothing was written.".to_owned(),
        false => note,
    };
    if !time.is_empty() {
        content.push_str("\nWhen: ");
        content.push_str(&time);
    }
    let device = asked.asker.device.clone();
    Telling {
        at: asked.now,
        by: match asked.asker.pupil {
            true => Teller::Pupil,
            false => Teller::Staff,
        },
        who: asked.asker.user.clone(),
        device: device.unwrap_or_else(|| asked.asker.client.to_string()),
        group: asked.asker.group.clone(),
        address,
        content,
        concerns: Vec::new(),
    }
}

/// The decision whose number the page bore, where it was this device's.
fn row(front: &Front, asked: &FaceAsked) -> Option<DecisionRow> {
    let reference = asked.form.line("reference");
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    if reference.is_empty() || reference.len() > 12 || !reference.bytes().all(plain) {
        return None;
    }
    let search = Search {
        client: Some(asked.asker.client),
        reference: Some(reference),
        since: Some(asked.now.before(A_DAY)),
        limit: Some(1),
        ..Search::default()
    };
    // A report without its decision is still a report.
    let found = audit::search(&front.parts().journal, &search).ok()?;
    found.into_iter().next()
}

fn said(
    front: &Front,
    asked: &FaceAsked,
    status: StatusCode,
    heading: &str,
    lead: &str,
    duty: &Duty,
) -> Result<Answer, Refusal> {
    let page = SaidPage {
        page: front.page(asked, heading),
        heading: heading.to_owned(),
        lead: vec![lead.to_owned()],
        code: None,
        who: Some(Listeners::of(duty, asked.asker.reading)),
    };
    page.answer(status)
}

const A_DAY: Duration = Duration::from_secs(86_400);
