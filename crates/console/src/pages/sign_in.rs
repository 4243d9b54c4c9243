use crate::answer::{Answer, Cookie};
use crate::console::unfinished;
use crate::frame::Frame;
use crate::{Asked, Console, Refusal};
use askama::Template;

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage<'a> {
    frame: Frame,
    faults: Vec<String>,
    name: &'a str,
    then: &'a str,
}

/// Asks for name, password and code.
pub(crate) fn show(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    if let Some(acting) = &asked.somebody {
        return Ok(Answer::see(unfinished(acting).unwrap_or(asked.home())));
    }
    let then = asked.query.line("then");
    Answer::page(&SignInPage {
        frame: Frame::new(console, asked, "Sign in"),
        faults: Vec::new(),
        name: "",
        then: path_here(&then).unwrap_or_default(),
    })
}

/// Signs in, with a fresh session.
pub(crate) fn sign_in(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    let (name, code, then) = (
        asked.form.line("name"),
        asked.form.line("code"),
        asked.form.line("then"),
    );
    let code = Some(code.as_str()).filter(|code| !code.is_empty());
    let password = asked.form.raw("password");
    let client = asked.connection.client();
    match console.desk().sign_in(&name, password, code, client) {
        Ok(signed) => {
            if let Some(token) = &asked.token {
                console.desk().sign_out(token);
            }
            let next = unfinished(&signed.acting)
                .or(path_here(&then))
                .unwrap_or(asked.home());
            Ok(Answer::see(next).with(Cookie::Set(signed.token.to_string())))
        }
        Err(error) => Answer::again(&SignInPage {
            frame: Frame::new(console, asked, "Sign in"),
            faults: vec![error.to_string()],
            name: &name,
            then: path_here(&then).unwrap_or_default(),
        }),
    }
}

/// Ends the session.
pub(crate) fn sign_out(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    if let Some(token) = &asked.token {
        console.desk().sign_out(token);
    }
    Ok(Answer::see("/sign-in?done=signed-out").with(Cookie::Drop))
}

/// A path of this console to go on to, and nothing that leads elsewhere.
pub(crate) fn path_here(text: &str) -> Option<&str> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_.?=&%".contains(&byte);
    let here = text.starts_with('/') && !text.starts_with("//") && text.bytes().all(plain);
    here.then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signing_in_leads_nowhere_but_here() {
        assert_eq!(path_here("/requests/C-0042"), Some("/requests/C-0042"));
        for elsewhere in [
            "//attacker.example",
            "https://attacker.example",
            "",
            "/\\attacker",
            "/a\r\nb",
        ] {
            assert_eq!(path_here(elsewhere), None, "{elsewhere}");
        }
    }
}
