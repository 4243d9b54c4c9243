use crate::answer::{Answer, Cookie};
use crate::console::unfinished;
use crate::frame::Frame;
use crate::{Asked, Console, Refusal};
use askama::Template;

#[derive(Template)]
#[template(path = "break_glass.html")]
struct BreakGlassPage {
    frame: Frame,
    faults: Vec<String>,
    name: String,
    reason: String,
}

/// Says what breaking the seal means, and asks for a reason.
pub(crate) fn show(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    Answer::page(&page(console, asked, Vec::new()))
}

/// Signs the sealed account in; the desk tells everybody at once (SEC-07).
pub(crate) fn unseal(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    let (name, reason) = (asked.form.line("name"), asked.form.text("reason"));
    let (password, client) = (asked.form.raw("password"), asked.connection.client());
    match console.desk().unseal(&name, password, &reason, client) {
        Ok(signed) => {
            let next = unfinished(&signed.acting).unwrap_or("/");
            Ok(Answer::see(next).with(Cookie::Set(signed.token.to_string())))
        }
        Err(error) => Answer::again(&page(console, asked, vec![error.to_string()])),
    }
}

fn page(console: &Console, asked: &Asked, faults: Vec<String>) -> BreakGlassPage {
    BreakGlassPage {
        frame: Frame::new(console, asked, "Use the sealed account"),
        faults,
        name: asked.form.line("name"),
        reason: asked.form.text("reason"),
    }
}
