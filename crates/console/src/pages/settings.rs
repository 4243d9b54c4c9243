use crate::answer::Answer;
use crate::frame::Frame;
use crate::matter_view::EffectView;
use crate::pages::propose::proposed;
use crate::when::When;
use crate::{Asked, Console, Refusal};
use askama::Template;
use change::{ChangeKind, Drift, Right};

#[derive(Template)]
#[template(path = "settings.html")]
struct SettingsPage {
    frame: Frame,
    faults: Vec<String>,
    since: Option<When>,
    files: Vec<FileView>,
    drift: Option<DriftView>,
    unread: Option<String>,
    proposes: bool,
    reason: String,
}

/// A file that is in force.
struct FileView {
    path: String,
    text: String,
}

/// How the files of the folder differ from those in force.
struct DriftView {
    digest: String,
    changed: Vec<String>,
    diff: String,
    effect: Option<EffectView>,
    faults: Vec<String>,
}

/// The files that are in force, and how those in the folder differ.
pub(crate) fn show(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    Answer::page(&page(console, asked, Vec::new())?)
}

/// Proposes the files of the folder, as they were shown.
pub(crate) fn propose(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    let reason = asked.form.text("reason");
    let files = (console.parts().files)().map_err(Refusal::Failed)?;
    if files.digest().to_string() != asked.form.line("seen") {
        return Err(Refusal::Moved(MOVED.to_owned()));
    }
    match console
        .desk()
        .propose_files(asked.acting()?, files, &reason)
    {
        Ok(outcome) => Ok(proposed(&outcome)),
        Err(error) => Answer::again(&page(console, asked, vec![error.to_string()])?),
    }
}

fn page(console: &Console, asked: &Asked, faults: Vec<String>) -> Result<SettingsPage, Refusal> {
    let acting = asked.acting()?;
    let desk = console.desk();
    let failed = |error: &dyn std::fmt::Display| Refusal::Failed(error.to_string());
    let newest = desk.versions().pop();
    let files = match &newest {
        Some((_, digest, _)) => {
            let bundle = desk.kept_bundle(*digest).map_err(|error| failed(&error))?;
            let shown = bundle.files().iter();
            shown
                .filter(|(path, _)| path.starts_with("config/"))
                .filter_map(|(path, content)| Some((path, content.in_memory()?)))
                .map(|(path, bytes)| FileView {
                    path: path.to_owned(),
                    text: without_secrets(&String::from_utf8_lossy(bytes)),
                })
                .collect()
        }
        None => Vec::new(),
    };
    let (drift, unread) = match (console.parts().files)() {
        Ok(files) => (desk.drift(&files).map_err(|error| failed(&error))?, None),
        Err(error) => (None, Some(error)),
    };
    Ok(SettingsPage {
        frame: Frame::new(console, asked, "Settings"),
        faults,
        since: newest.map(|(at, _, _)| asked.zone.when(at)),
        files,
        drift: drift.map(drift_view),
        unread,
        proposes: Right::of(ChangeKind::Policy).propose.contains(acting.role),
        reason: asked.form.text("reason"),
    })
}

fn drift_view(drift: Drift) -> DriftView {
    DriftView {
        digest: drift.digest.to_string(),
        diff: without_secrets(&drift.diff),
        changed: drift.changed,
        effect: drift.effect.as_ref().map(EffectView::new),
        faults: drift.faults,
    }
}

/// Text of settings with the values of passwords and secrets left out; names of their files stay.
fn without_secrets(text: &str) -> String {
    let lines = text.lines().map(|line| {
        let Some((key, _)) = line.split_once('=') else {
            return line.to_owned();
        };
        let name = key
            .trim_start_matches(['+', '-', ' ', '\t'])
            .trim_end()
            .to_ascii_lowercase();
        let secret = ["password", "secret", "token"]
            .iter()
            .any(|word| name.ends_with(word));
        if secret {
            format!("{key}= (not shown)")
        } else {
            line.to_owned()
        }
    });
    let lines: Vec<String> = lines.collect();
    lines.join("\n")
}

const MOVED: &str = "the files were edited again since they were shown; look at them again";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_shown_on_no_page() {
        let text = "user = \"gate\"\npassword = \"hunter2\"\n+webhook_secret=\"abc\"\npassword_file = \"p.txt\"";
        assert_eq!(
            without_secrets(text),
            "user = \"gate\"\npassword = (not shown)\n+webhook_secret= (not shown)\npassword_file = \"p.txt\""
        );
    }
}
