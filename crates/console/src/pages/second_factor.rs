use crate::answer::Answer;
use crate::frame::Frame;
use crate::{Asked, Console, Refusal};
use askama::Template;
use base64::Engine as _;

#[derive(Template)]
#[template(path = "second_factor.html")]
struct SecondFactorPage {
    frame: Frame,
    faults: Vec<String>,
    picture: String,
    secret: String,
}

#[derive(Template)]
#[template(path = "recovery_codes.html")]
struct RecoveryCodesPage {
    frame: Frame,
    codes: Vec<String>,
}

/// Shows the secret to enrol, as a picture and as text.
pub(crate) fn show(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    Answer::page(&page(console, asked, Vec::new())?)
}

/// Takes the first code; shows the recovery codes, once.
pub(crate) fn enrol(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    let code = asked.form.line("code");
    match console.desk().finish_second_factor(asked.acting()?, &code) {
        Ok(codes) => {
            let mut frame = Frame::new(console, asked, "Recovery codes");
            frame.menu.clear();
            Answer::page(&RecoveryCodesPage {
                frame,
                codes: codes.0.iter().map(|code| code.to_string()).collect(),
            })
        }
        Err(error) => Answer::again(&page(console, asked, vec![error.to_string()])?),
    }
}

fn page(
    console: &Console,
    asked: &Asked,
    faults: Vec<String>,
) -> Result<SecondFactorPage, Refusal> {
    let enrolment = console
        .desk()
        .begin_second_factor(asked.acting()?)
        .map_err(|error| Refusal::Refused(error.to_string()))?;
    let picture = base64::engine::general_purpose::STANDARD.encode(&enrolment.qr_png);
    Ok(SecondFactorPage {
        frame: Frame::new(console, asked, "Set up your second factor"),
        faults,
        picture: format!("data:image/png;base64,{picture}"),
        secret: enrolment.secret.to_string(),
    })
}
