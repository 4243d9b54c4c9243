use super::fixed::SaidPage;
use super::why::judge;
use crate::faces::front::{FaceAsked, Front, SORRY};
use crate::{Answer, Refusal};
use axum::http::StatusCode;
use change::{Ask, AskError, RequestState};
use model::Rung;

/// Takes a request for a site in, from the block page or from the why page.
pub(crate) fn ask(front: &Front, asked: &mut FaceAsked) -> Result<Answer, Refusal> {
    let address = asked.form.line("address");
    let words = front.page(asked, "").words;
    // ILL-09: what nobody may open is not asked for, nor written down with its address.
    if is_floor(asked, &address) {
        return said(
            front,
            asked,
            StatusCode::FORBIDDEN,
            words.not_asked_title,
            words.never,
            None,
        );
    }
    let some = |text: String| Some(text).filter(|text| !text.is_empty());
    let ask = Ask {
        reference: some(asked.form.line("reference")),
        address,
        note: asked.form.text("note"),
        wanted: asked.form.line("wanted"),
        who: asked.asker.user.clone(),
        group: asked.asker.group.clone(),
        class: asked.asker.class.clone(),
        client: asked.asker.client,
    };
    match front.parts().desk.ask(ask) {
        Ok(receipt) => {
            let lead = match receipt.state {
                RequestState::Granted => words.granted,
                RequestState::Open | RequestState::Proposed | RequestState::Declined => words.asked,
            };
            let code = Some(receipt.code.to_string());
            said(front, asked, StatusCode::OK, words.asked_title, lead, code)
        }
        Err(error) => {
            let status = status(&error);
            if status.is_server_error() {
                tracing::error!(%error, "a request of the block page was not taken in");
            }
            let lead = sentence(&error);
            said(front, asked, status, words.not_asked_title, &lead, None)
        }
    }
}

/// Whether the floor closes an address; neither the address nor its host is then written anywhere.
pub(crate) fn is_floor(asked: &mut FaceAsked, address: &str) -> bool {
    judge(asked, address).is_some_and(|judgement| judgement.verdict.reason.rung == Rung::Floor)
}

const fn status(error: &AskError) -> StatusCode {
    match error {
        AskError::Address { .. } => StatusCode::UNPROCESSABLE_ENTITY,
        AskError::Often => StatusCode::TOO_MANY_REQUESTS,
        AskError::Full | AskError::Ledger(_) => SORRY,
    }
}

fn sentence(error: &AskError) -> String {
    match error {
        AskError::Ledger(_) => "It could not be written down. Ask a teacher.".to_owned(),
        AskError::Address { .. } | AskError::Often | AskError::Full => {
            let words = error.to_string();
            let mut letters = words.chars();
            let first = letters.next().map(|first| first.to_uppercase().to_string());
            format!("{}{}.", first.unwrap_or_default(), letters.as_str())
        }
    }
}

fn said(
    front: &Front,
    asked: &FaceAsked,
    status: StatusCode,
    heading: &str,
    lead: &str,
    code: Option<String>,
) -> Result<Answer, Refusal> {
    let page = SaidPage {
        page: front.page(asked, heading),
        heading: heading.to_owned(),
        lead: vec![lead.to_owned()],
        code,
        who: None,
    };
    page.answer(status)
}
