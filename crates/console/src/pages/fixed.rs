use crate::answer::Answer;
use crate::frame::Frame;
use crate::style::STYLE;
use crate::{Asked, Console, Refusal, probe};
use alert::Role;
use askama::Template;
use change::RIGHTS;

#[derive(Template)]
#[template(path = "help.html")]
struct HelpPage {
    frame: Frame,
    technician: bool,
    deciders: Vec<(&'static str, String)>,
}

/// The stylesheet; a browser may keep it, for another one has another path.
pub(crate) fn style(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    if asked.path != console.style().path() {
        return Err(Refusal::Missing);
    }
    Ok(Answer::of_kind("text/css; charset=utf-8", STYLE).fixed())
}

/// Whether the process runs.
pub(crate) fn alive(_: &Console, _: &Asked) -> Result<Answer, Refusal> {
    Ok(probe::alive())
}

/// Whether the gateway does its work.
pub(crate) fn ready(console: &Console, _: &Asked) -> Result<Answer, Refusal> {
    Ok(probe::ready(&(console.parts().health)()))
}

/// What was counted.
pub(crate) fn metrics(console: &Console, _: &Asked) -> Result<Answer, Refusal> {
    Ok(probe::metrics(&console.parts().registry))
}

/// The certificate of the console's authority, to install on the staff's devices.
pub(crate) fn certificate(console: &Console, _: &Asked) -> Result<Answer, Refusal> {
    let shown = console.certificate().ok_or(Refusal::Missing)?;
    let kind = "application/x-x509-ca-cert";
    Ok(Answer::download(
        "schoolgate-console.crt",
        kind,
        shown.pem.as_str(),
    ))
}

/// What each page is for, and who decides what.
pub(crate) fn help(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    let role = asked.acting()?.role;
    let names = |roles: change::Roles| {
        let titles: Vec<&str> = roles.iter().map(Role::title).collect();
        titles.join(", ")
    };
    Answer::page(&HelpPage {
        frame: Frame::new(console, asked, "Help"),
        technician: matches!(role, Role::Technician | Role::Support),
        deciders: RIGHTS
            .iter()
            .map(|right| (right.kind.title(), names(right.decide)))
            .collect(),
    })
}
