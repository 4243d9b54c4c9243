use crate::answer::{Answer, Cookie};
use crate::frame::Frame;
use crate::route::{Face, Reach, Route, Verb};
use crate::{Asked, Console, Refusal};
use askama::Template;

#[derive(Template)]
#[template(path = "refused.html")]
struct RefusedPage {
    frame: Frame,
    heading: &'static str,
    words: String,
    signed_in: bool,
}

/// Says why a request was not answered as it was asked, in the form that the sender reads.
pub(crate) fn answer(
    console: &Console,
    asked: &Asked,
    route: Option<&Route>,
    refusal: Refusal,
) -> Answer {
    refusal.log();
    let program =
        route.is_some_and(|route| route.reach == Reach::Program) || asked.path.starts_with("/api/");
    if program {
        return Answer::problem(refusal.status(), heading(&refusal), &refusal.to_string());
    }
    let reads = route.is_some_and(|route| route.verb == Verb::Show);
    match (&refusal, reads) {
        (Refusal::SignIn, true) => return to_sign_in(asked),
        (Refusal::Finish(path), _) if asked.face == Face::Console => return Answer::see(*path),
        // Who is not signed in learns nothing of which pages there are.
        (Refusal::Missing, _) if asked.somebody.is_none() && route.is_some() => {
            return to_sign_in(asked);
        }
        _ => {}
    }
    let page = RefusedPage {
        frame: Frame::new(console, asked, heading(&refusal)),
        heading: heading(&refusal),
        words: refusal.to_string(),
        signed_in: asked.somebody.is_some(),
    };
    Answer::page_with(refusal.status(), &page).unwrap_or_else(|_| plain(&refusal))
}

/// The same without a page.
pub(crate) fn plain(refusal: &Refusal) -> Answer {
    refusal.log();
    Answer::text(refusal.status(), format!("{refusal}\n"))
}

fn to_sign_in(asked: &Asked) -> Answer {
    let then = super::sign_in::path_here(&asked.whole).filter(|path| *path != "/");
    let path = then.map_or_else(
        || "/sign-in".to_owned(),
        |then| {
            let then = then.replace('%', "%25").replace('&', "%26");
            format!("/sign-in?then={then}")
        },
    );
    Answer::see(path).with(Cookie::Drop)
}

const fn heading(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::SignIn => "Sign in first",
        Refusal::Finish(_) => "Finish signing in",
        Refusal::Role => "Not for your role",
        Refusal::Missing => "There is no such page",
        Refusal::Method => "Not in this way",
        Refusal::Malformed(_) => "That could not be read",
        Refusal::Refused(_) | Refusal::Desk(_, _) => "That is not possible",
        Refusal::Moved(_) => "Look again",
        Refusal::TooMany(_) => "Too many tries",
        Refusal::OtherSite => "That came from another page",
        Refusal::OtherHost => "Not known under that name",
        Refusal::TooLarge => "That was too much",
        Refusal::TooLate => "That took too long",
        Refusal::Page(_) | Refusal::Json(_) | Refusal::Failed(_) => "Something failed",
    }
}
