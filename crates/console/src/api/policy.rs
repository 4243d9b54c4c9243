use super::bodies::FilesBody;
use super::problem::{CANNOT, INVALID};
use super::{body, shown};
use crate::{Answer, Asked, Console, Refusal};
use axum::http::StatusCode;
use model::Files;
use serde_json::json;
use std::collections::BTreeMap;

/// Whether the files of the gateway's folder are what is in force, and how they differ.
pub(crate) fn drift(console: &Console, _asked: &Asked) -> Result<Answer, Refusal> {
    let files = own(console)?;
    let drift = console.desk().drift(&files);
    let drift = drift.map_err(|error| Refusal::Desk(CANNOT, error.to_string()))?;
    shown(&json!({ "drift": drift }))
}

/// Proposes files: those of the gateway's folder, or those in force with some of them altered.
pub(crate) fn propose(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    let sent: FilesBody = body(asked)?;
    let files = match sent.files {
        None => own(console)?,
        Some(altered) => altered_files(console, altered)?,
    };
    let outcome = console
        .desk()
        .propose_files(asked.acting()?, files, &sent.reason)?;
    Answer::json(StatusCode::CREATED, outcome.matter())
}

fn own(console: &Console) -> Result<Files, Refusal> {
    (console.parts().files)().map_err(|words| Refusal::Desk(CANNOT, words))
}

fn altered_files(
    console: &Console,
    altered: BTreeMap<String, Option<String>>,
) -> Result<Files, Refusal> {
    let newest = console.desk().versions().pop();
    let (_, digest, _) = newest.ok_or_else(|| Refusal::Moved(NO_POLICY.to_owned()))?;
    let bundle = console.desk().kept_bundle(digest);
    let bundle = bundle.map_err(|error| Refusal::Desk(CANNOT, error.to_string()))?;
    let mut files = Files::default();
    for (path, content) in bundle.files().iter() {
        if !altered.contains_key(path) {
            files.put(path, content.clone());
        }
    }
    for (path, content) in altered {
        if !is_path(&path) {
            let words = format!("`{path}` is no file of `config/` or `blocklists/`");
            return Err(Refusal::Desk(INVALID, words));
        }
        if let Some(content) = content {
            files.insert(&path, content.into_bytes());
        }
    }
    Ok(files)
}

/// Whether a path is a plain one below the two folders of a bundle.
fn is_path(path: &str) -> bool {
    let plain = |part: &str| {
        let good = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        !part.is_empty() && !part.starts_with('.') && part.bytes().all(good)
    };
    let below = path.starts_with("config/") || path.starts_with("blocklists/");
    below && path.len() <= 200 && path.split('/').all(plain)
}

const NO_POLICY: &str = "no policy is in force yet; start the gateway with one first";
