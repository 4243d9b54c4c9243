use crate::answer::{Answer, Cookie};
use crate::console::unfinished;
use crate::frame::Frame;
use crate::{Asked, Console, Refusal};
use askama::Template;
use change::Next;

#[derive(Template)]
#[template(path = "password.html")]
struct PasswordPage {
    frame: Frame,
    faults: Vec<String>,
    temporary: bool,
}

/// Asks for a new password.
pub(crate) fn show(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    Answer::page(&page(console, asked, Vec::new())?)
}

/// Changes the password; the session gets another token.
pub(crate) fn change(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    let acting = asked.acting()?;
    let (old, new) = (asked.form.raw("old"), asked.form.raw("new"));
    if new != asked.form.raw("again") {
        let faults = vec![
            "the new password was typed differently the second time; type it twice the same"
                .to_owned(),
        ];
        return Answer::again(&page(console, asked, faults)?);
    }
    match console.desk().change_password(acting, old, new) {
        Ok(signed) => {
            let next = unfinished(&signed.acting).unwrap_or("/?done=password");
            Ok(Answer::see(next).with(Cookie::Set(signed.token.to_string())))
        }
        // Who does not know the password has found somebody's open browser.
        Err(_) if is_over(console, asked) => {
            Ok(Answer::see("/sign-in?done=wrong-password").with(Cookie::Drop))
        }
        Err(error) => Answer::again(&page(console, asked, vec![error.to_string()])?),
    }
}

fn is_over(console: &Console, asked: &Asked) -> bool {
    let token = asked.token.as_deref();
    token.is_none_or(|token| console.desk().acting(token).is_err())
}

fn page(console: &Console, asked: &Asked, faults: Vec<String>) -> Result<PasswordPage, Refusal> {
    Ok(PasswordPage {
        frame: Frame::new(console, asked, "Change your password"),
        faults,
        temporary: asked.acting()?.next == Next::ChangePassword,
    })
}
