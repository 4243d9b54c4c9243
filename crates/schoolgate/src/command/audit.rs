use crate::arguments;
use crate::failure::Failure;
use audit::{Checkpoint, Search, Transcript, Written};
use change::StateFolder;
use model::Moment;
use serde_json::json;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Reads and verifies the change log; searches the decisions.
pub(crate) fn audit(asked: &arguments::Audit) -> Result<(), Failure> {
    match asked {
        arguments::Audit::Head { state } => head(&read(&state.state)?),
        arguments::Audit::List { state, json } => list(read(&state.state)?.entries(), *json),
        arguments::Audit::Tail { state, count, json } => {
            list(read(&state.state)?.tail(*count).into_iter(), *json)
        }
        arguments::Audit::Verify {
            state,
            file,
            fingerprint,
            checkpoint,
            json,
        } => {
            let transcript = match file {
                Some(file) => decode(file)?,
                None => read(&state.state)?,
            };
            verify(
                &transcript,
                fingerprint.as_deref(),
                checkpoint.as_deref(),
                *json,
            )
        }
        arguments::Audit::Prove {
            state,
            entry,
            since,
        } => prove(&read(&state.state)?, *entry, *since),
        arguments::Audit::Export { state, file } => export(&read(&state.state)?, file),
        arguments::Audit::Search(search) => find(search),
    }
}

fn read(state: &Path) -> Result<Transcript, Failure> {
    Ok(Transcript::read(&StateFolder::ledger_in(state))?)
}

fn decode(file: &Path) -> Result<Transcript, Failure> {
    let bytes = fs::read(file).map_err(|source| Failure::File {
        path: file.to_owned(),
        done: "read",
        source,
    })?;
    Transcript::decode(&bytes).map_err(|error| {
        Failure::asked(
            format!("{} is no exported change log: {error}", file.display()),
            "export it again with `schoolgate audit export`",
        )
    })
}

fn head(transcript: &Transcript) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    if let Some(head) = transcript.head() {
        write!(out, "{head}")?;
    }
    eprintln!(
        "fingerprint of the key: {}",
        transcript.public_key().fingerprint()
    );
    Ok(())
}

fn list(entries: impl Iterator<Item = Written>, json: bool) -> Result<(), Failure> {
    let mut out = BufWriter::new(io::stdout().lock());
    for written in entries {
        if json {
            serde_json::to_writer(&mut out, &written).map_err(io::Error::from)?;
            out.write_all(b"\n")?;
            continue;
        }
        let leaf = &written.leaf;
        let kind = leaf
            .kind()
            .map_or_else(|| leaf.kind_number.to_string(), |kind| kind.to_string());
        let version = leaf
            .policy_version
            .map(|version| version.to_string())
            .unwrap_or_default();
        writeln!(
            out,
            "{:>6}  {}  {kind:<17} {:<16} {version}",
            leaf.index,
            leaf.time,
            leaf.actor.to_string()
        )?;
    }
    Ok(out.flush()?)
}

fn verify(
    transcript: &Transcript,
    fingerprint: Option<&str>,
    checkpoint: Option<&Path>,
    json: bool,
) -> Result<(), Failure> {
    let key = transcript.public_key();
    let found = key.fingerprint().to_string();
    if let Some(expected) = fingerprint
        && expected.trim() != found
    {
        say!("the log is signed with another key: {found}");
        return Err(Failure::No);
    }
    let outside = checkpoint.map(checkpoint_of).transpose()?;
    match audit::verify(transcript, key, outside.as_ref()) {
        Ok(verified) => {
            if json {
                say!(
                    "{}",
                    json!({
                        "verified": true,
                        "entries": verified.entries,
                        "erased": verified.erased,
                        "witnessed": verified.witnessed,
                        "root": verified.head.root(),
                        "fingerprint": found,
                        "cut": verified.cut.map(|cut| cut.bytes),
                    })
                );
                return Ok(());
            }
            say!(
                "{} entries, all in order; root {}",
                verified.entries,
                verified.head.root()
            );
            say!("fingerprint of the key: {found}");
            match verified.witnessed {
                Some(size) => say!(
                    "witnessed: it grew out of the head of {size} entries that was kept elsewhere"
                ),
                None => say!(
                    "unwitnessed: no head that was kept elsewhere was named; add `--checkpoint FILE`"
                ),
            }
            if let Some(cut) = verified.cut {
                say!(
                    "note: {} bytes of an entry that was never acknowledged stand at the end",
                    cut.bytes
                );
            }
            Ok(())
        }
        Err(error) => {
            let words = crate::failure::chain(&error);
            if json {
                say!("{}", json!({ "verified": false, "error": words }));
            } else {
                say!("the log does not verify: {words}");
            }
            Err(Failure::No)
        }
    }
}

fn checkpoint_of(path: &Path) -> Result<Checkpoint, Failure> {
    let text = fs::read_to_string(path).map_err(|source| Failure::File {
        path: path.to_owned(),
        done: "read",
        source,
    })?;
    text.parse().map_err(|error| {
        Failure::asked(
            format!("{} is no signed head: {error}", path.display()),
            "use what `schoolgate audit head` printed",
        )
    })
}

fn prove(transcript: &Transcript, entry: Option<u64>, since: Option<u64>) -> Result<(), Failure> {
    let digests = |path: &[model::Digest]| json!(path);
    let proof = match (entry, since) {
        (Some(entry), _) => transcript
            .prove_inclusion(audit::EntryIndex(entry))
            .map(|proof| {
                json!({
                    "entry": proof.leaf.index,
                    "time": proof.leaf.time,
                    "kind": proof.leaf.kind().map(|kind| kind.word()),
                    "path": digests(&proof.path),
                    "head": proof.head.to_string(),
                })
            }),
        (None, Some(since)) => transcript.prove_consistency(since).map(|proof| {
            json!({
                "old_size": proof.old_size,
                "path": digests(&proof.path),
                "head": proof.head.to_string(),
            })
        }),
        (None, None) => {
            return Err(Failure::asked(
                "nothing to prove",
                "add `--entry` or `--since`",
            ));
        }
    };
    let proof = proof.map_err(|error| {
        Failure::asked(
            error.to_string(),
            "`schoolgate audit list` shows the entries there are",
        )
    })?;
    say!("{proof}");
    Ok(())
}

fn export(transcript: &Transcript, path: &Path) -> Result<(), Failure> {
    let fail = |source| Failure::File {
        path: path.to_owned(),
        done: "written",
        source,
    };
    let file: File = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)
        .map_err(fail)?;
    let mut out = BufWriter::new(file);
    transcript
        .export(&mut out)
        .and_then(|()| out.flush())
        .map_err(fail)?;
    out.get_ref().sync_all().map_err(fail)?;
    eprintln!(
        "{} entries; verify with `schoolgate audit verify --file {}`",
        transcript.size(),
        path.display()
    );
    Ok(())
}

fn find(asked: &arguments::Search) -> Result<(), Failure> {
    let search = Search {
        client: asked.client,
        user: asked.user.clone(),
        group: asked.group.clone(),
        host: asked.host.clone(),
        action: asked.action,
        rung: None,
        reference: asked.reference.clone(),
        since: asked.since,
        until: asked.until,
        limit: Some(asked.limit),
    };
    let rows = audit::search(&StateFolder::journal_in(&asked.state.state), &search)?;
    let mut out = BufWriter::new(io::stdout().lock());
    for row in &rows {
        if asked.json {
            serde_json::to_writer(&mut out, row).map_err(io::Error::from)?;
            out.write_all(b"\n")?;
            continue;
        }
        let path = row.path.as_deref().unwrap_or("");
        let rule = row.rule.as_deref().or(row.list.as_deref()).unwrap_or("");
        let time: Moment = row.last;
        writeln!(
            out,
            "{time}  {:<15} {:<10} {:<7} {:<10} {:<11} {}{path}  {rule} x{}",
            row.client.to_string(),
            row.group,
            row.door.word(),
            row.action.word(),
            row.rung.word(),
            row.host,
            row.count
        )?;
    }
    out.flush()?;
    if rows.is_empty() {
        eprintln!("no decision matches");
        return Err(Failure::No);
    }
    Ok(())
}
