use crate::act::Act;
use crate::arguments::{Access, Erase, Evidence, Hold, Keep, Release};
use crate::command::overrides::propose;
use crate::failure::Failure;
use crate::handing_out::{AccessAsked, EvidenceAsked};
use crate::person::{act, secret};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use change::{Change, HoldChange};
use serde_json::Value;
use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use zeroize::Zeroizing;

/// Proposes to destroy the words of entries.
pub(crate) fn erase(asked: &Erase) -> Result<(), Failure> {
    let change = Change::Erase {
        entries: asked.entries.clone(),
    };
    propose(&asked.acting, change, &asked.reason)
}

/// Keeps somebody's records from deletion.
pub(crate) fn hold(asked: &Hold) -> Result<(), Failure> {
    let change = Change::Hold(HoldChange {
        subject: asked.whom.clone(),
        around: asked.around,
    });
    propose(&asked.acting, change, &asked.reason)
}

/// Proposes to let a hold go.
pub(crate) fn release(asked: &Release) -> Result<(), Failure> {
    let change = Change::Release {
        hold: asked.hold.clone(),
    };
    propose(&asked.acting, change, &asked.reason)
}

/// Copies what holds keep out of closed days.
pub(crate) fn keep(asked: &Keep) -> Result<(), Failure> {
    let identity = identity(Some(&asked.identity))?.unwrap_or_default();
    let done = act(&asked.acting, Act::Keep { identity })?;
    if asked.acting.json {
        say!("{done}");
        return Ok(());
    }
    match done["waiting"].as_array().map_or(0, Vec::len) {
        0 => say!("what holds keep is copied"),
        left => say!("{left} holds still wait; the technician has a notice that says why"),
    }
    Ok(())
}

/// Has evidence put together, and writes it down here.
pub(crate) fn evidence(asked: &Evidence) -> Result<(), Failure> {
    if asked.incident.is_none() && asked.entries.is_empty() && asked.person.is_none() {
        return Err(Failure::asked(
            "nothing is named that the evidence should hold",
            "add `--incident`, `--entries` or `--person`",
        ));
    }
    free(&asked.out)?;
    let order = Box::new(EvidenceAsked {
        incident: asked.incident,
        entries: asked.entries.clone(),
        person: asked.person.clone(),
        since: asked.since,
        until: asked.until,
        identity: identity(asked.identity.as_deref())?,
        reason: asked.reason.clone(),
    });
    let mut done = act(&asked.acting, Act::Evidence { order })?;
    let tar = STANDARD
        .decode(done["tar"].as_str().unwrap_or_default())
        .map_err(io::Error::other)?;
    let set = audit::Evidence::from_tar(&tar).map_err(|error| Failure::door(&error))?;
    if asked.out.extension().is_some_and(|end| end == "tar") {
        put(&asked.out, &tar)?;
    } else {
        set.write(&asked.out)
            .map_err(|source| cannot(&asked.out, source))?;
    }
    if asked.acting.json {
        done["tar"] = Value::Null;
        done["out"] = asked.out.display().to_string().into();
        say!("{done}");
        return Ok(());
    }
    say!(
        "evidence written to {}: {} decisions; entry {} of the change log says so",
        asked.out.display(),
        done["decisions"],
        done["entry"]
    );
    left_out(&done);
    say!(
        "check it with `schoolgate audit verify --evidence {}`",
        asked.out.display()
    );
    Ok(())
}

/// Has a person's own records written out, and writes them down here.
pub(crate) fn access(asked: &Access) -> Result<(), Failure> {
    free(&asked.out)?;
    let order = Box::new(AccessAsked {
        person: asked.person.clone(),
        since: asked.since,
        until: asked.until,
        identity: identity(asked.identity.as_deref())?,
        table: asked.form == "csv",
        reason: asked.reason.clone(),
    });
    let mut done = act(&asked.acting, Act::Access { order })?;
    put(
        &asked.out,
        done["text"].as_str().unwrap_or_default().as_bytes(),
    )?;
    if asked.acting.json {
        done["text"] = Value::Null;
        done["out"] = asked.out.display().to_string().into();
        say!("{done}");
        return Ok(());
    }
    say!(
        "{} decisions written to {}; in {} of them somebody else's name was taken out; entry {} of \
         the change log says so",
        done["rows"],
        asked.out.display(),
        done["redacted"],
        done["entry"]
    );
    left_out(&done);
    Ok(())
}

/// What this person may not hand out is said, never passed over.
fn left_out(done: &Value) {
    let count = done["left_out"].as_u64().unwrap_or_default();
    if count > 0 {
        eprintln!(
            "{count} decisions about staff are left out; the headteacher or the chair may hand them out"
        );
    }
}

/// The text of a secret key's file.
pub(crate) fn identity(file: Option<&Path>) -> Result<Option<Zeroizing<String>>, Failure> {
    let Some(file) = file else { return Ok(None) };
    let lines = secret(Some(file), "")?;
    let key = lines.into_iter().find(|line| {
        let line = line.trim();
        !line.is_empty() && !line.starts_with('#')
    });
    let key = key.ok_or_else(|| {
        Failure::asked(
            format!("`{}` holds no key", file.display()),
            "name the file whose line begins with `AGE-SECRET-KEY-1`",
        )
    });
    key.map(Some)
}

/// Refuses early what could not be written in the end.
fn free(path: &Path) -> Result<(), Failure> {
    match path.exists() {
        true => Err(Failure::asked(
            format!("`{}` exists already", path.display()),
            "name another place",
        )),
        false => Ok(()),
    }
}

fn put(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()
        });
    written.map_err(|source| cannot(path, source))
}

fn cannot(path: &Path, source: io::Error) -> Failure {
    Failure::File {
        path: path.to_owned(),
        done: "written",
        source,
    }
}
