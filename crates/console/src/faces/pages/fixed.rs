use crate::faces::front::{FaceAsked, Front};
use crate::faces::open_page::{FacePage, Listeners};
use crate::{Answer, Refusal};
use askama::Template;
use axum::http::StatusCode;
use gate::Reading;

#[derive(Template)]
#[template(path = "faces/notice.html")]
struct NoticePage {
    page: FacePage,
    lines: &'static [&'static str],
}

/// A page with a few sentences: what was done, or why it was not.
#[derive(Template)]
#[template(path = "faces/said.html")]
pub(crate) struct SaidPage {
    pub(crate) page: FacePage,
    pub(crate) heading: String,
    pub(crate) lead: Vec<String>,
    pub(crate) code: Option<String>,
    pub(crate) who: Option<Listeners>,
}

impl SaidPage {
    /// The page with a status of its own; empty sentences are left out.
    pub(crate) fn answer(mut self, status: StatusCode) -> Result<Answer, Refusal> {
        self.lead.retain(|words| !words.is_empty());
        Answer::page_with(status, &self)
    }
}

/// The notice of monitoring.
pub(crate) fn monitoring(front: &Front, asked: &mut FaceAsked) -> Result<Answer, Refusal> {
    let page = front.page(asked, "");
    notice(page, |words| (words.monitoring_title, words.monitoring))
}

/// The rules.
pub(crate) fn rules(front: &Front, asked: &mut FaceAsked) -> Result<Answer, Refusal> {
    let page = front.page(asked, "");
    notice(page, |words| (words.rules_title, words.rules))
}

fn notice(
    mut page: FacePage,
    of: impl FnOnce(&'static super::super::words::Level) -> (&'static str, &'static [&'static str]),
) -> Result<Answer, Refusal> {
    let (title, lines) = of(page.words);
    page.title = title.to_owned();
    Answer::page(&NoticePage { page, lines })
}

/// Why a request was not answered, and where help is all the same.
pub(crate) fn refused(front: &Front, refusal: &Refusal) -> Result<Answer, Refusal> {
    let duty = (front.parts().duty)(front.parts().clock.now());
    let page = SaidPage {
        page: front.plain_page("That did not work"),
        heading: "That did not work".to_owned(),
        lead: vec![sentence(refusal)],
        code: None,
        who: Some(Listeners::of(&duty, Reading::Plain)),
    };
    page.answer(refusal.status())
}

fn sentence(refusal: &Refusal) -> String {
    let words = match refusal {
        Refusal::Page(_) | Refusal::Json(_) | Refusal::Failed(_) => {
            "something broke on this side; ask a member of staff".to_owned()
        }
        Refusal::OtherHost => "these pages are not known under that name".to_owned(),
        Refusal::SignIn
        | Refusal::Finish(_)
        | Refusal::Role
        | Refusal::Missing
        | Refusal::Method
        | Refusal::Malformed(_)
        | Refusal::Refused(_)
        | Refusal::Moved(_)
        | Refusal::TooMany(_)
        | Refusal::OtherSite
        | Refusal::TooLarge
        | Refusal::TooLate
        | Refusal::Desk(_, _) => refusal.to_string(),
    };
    let mut letters = words.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    format!("{}{}.", first.unwrap_or_default(), letters.as_str())
}
