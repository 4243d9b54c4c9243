use crate::arguments;
use crate::command::handed_out;
use crate::failure::Failure;
use crate::screen::Screen;
use audit::{
    EnvelopeKey, Evidence, Identity, PublicKey, Search, Transcript, Witness, WitnessState, Written,
};
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
        arguments::Audit::Verify(asked) => check(asked),
        arguments::Audit::Prove {
            state,
            entry,
            since,
        } => prove(&read(&state.state)?, *entry, *since),
        arguments::Audit::Export { state, file } => export(&read(&state.state)?, file),
        arguments::Audit::Search(search) => find(search),
        arguments::Audit::Erase(asked) => handed_out::erase(asked),
        arguments::Audit::Hold(asked) => handed_out::hold(asked),
        arguments::Audit::Release(asked) => handed_out::release(asked),
        arguments::Audit::Keep(asked) => handed_out::keep(asked),
        arguments::Audit::Evidence(asked) => handed_out::evidence(asked),
        arguments::Audit::Access(asked) => handed_out::access(asked),
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
    let mut out = Screen::open();
    for written in entries {
        if json {
            out.json(&written)?;
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
        out.line(format_args!(
            "{:>6}  {}  {kind:<17} {:<16} {version}",
            leaf.index,
            leaf.time,
            leaf.actor.to_string()
        ))?;
    }
    out.finish()
}

fn check(asked: &arguments::Verify) -> Result<(), Failure> {
    if let Some(path) = &asked.evidence {
        return verify_evidence(path, asked.fingerprint.as_deref(), asked.json);
    }
    let transcript = match &asked.file {
        Some(file) => decode(file)?,
        None => read(&asked.state.state)?,
    };
    verify(
        &transcript,
        asked.fingerprint.as_deref(),
        asked.checkpoint.as_deref(),
        asked.json,
    )
}

/// Verifies evidence by what it holds and the fingerprint alone.
fn verify_evidence(path: &Path, fingerprint: Option<&str>, json: bool) -> Result<(), Failure> {
    let set = Evidence::read(path).map_err(|error| {
        Failure::asked(
            crate::failure::chain(&error),
            "name the folder or the tar file that was handed over",
        )
    })?;
    let no = |words: String| -> Result<(), Failure> {
        if json {
            say!("{}", json!({ "verified": false, "error": words }));
        } else {
            say!("the evidence does not verify: {words}");
        }
        Err(Failure::No)
    };
    let key = set.files().get("ledger.pub");
    let key = key.and_then(|bytes| std::str::from_utf8(bytes).ok()?.trim().parse().ok());
    let Some(key): Option<PublicKey> = key else {
        return no("`ledger.pub` is missing or is no key".to_owned());
    };
    let found = key.fingerprint().to_string();
    if let Some(expected) = fingerprint
        && expected.trim() != found
    {
        return no(format!("it is signed with another key: {found}"));
    }
    let verified = match set.verify(&key) {
        Ok(verified) => verified,
        Err(error) => return no(error.to_string()),
    };
    let entries: Vec<u64> = verified.entries.iter().map(|entry| entry.0).collect();
    if json {
        let told = json!({
            "verified": true,
            "entries": entries,
            "made": verified.made,
            "size": verified.head.size(),
            "root": verified.head.root(),
            "fingerprint": found,
            "fingerprint_given": fingerprint.is_some(),
        });
        say!("{told}");
        return Ok(());
    }
    say!(
        "{} files, as they were put together at {}; {} entries stand in the change log of {} entries",
        set.files().len(),
        verified.made,
        entries.len(),
        verified.head.size()
    );
    say!("fingerprint of the key: {found}");
    if fingerprint.is_none() {
        say!(
            "note: compare it with the one from the headteacher's safe, or add `--fingerprint`; anybody can make a key"
        );
    }
    Ok(())
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
    let outside = checkpoint.map(heads_of).transpose()?;
    let newest = outside.as_ref().and_then(Witness::newest);
    match audit::verify(transcript, key, newest) {
        Ok(verified) => {
            if let Some(fault) = outside.and_then(|heads| disagrees(transcript, &heads)) {
                return unverified(&fault, json);
            }
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
        Err(error) => unverified(&crate::failure::chain(&error), json),
    }
}

fn unverified(words: &str, json: bool) -> Result<(), Failure> {
    if json {
        say!("{}", json!({ "verified": false, "error": words }));
    } else {
        say!("the log does not verify: {words}");
    }
    Err(Failure::No)
}

/// What an older one of the heads kept elsewhere has against a log.
fn disagrees(transcript: &Transcript, heads: &Witness) -> Option<String> {
    match heads.compare(transcript, &transcript.keys()) {
        WitnessState::Unwitnessed | WitnessState::Agrees { .. } => None,
        WitnessState::Ahead { witnessed, entries } => Some(format!(
            "a head kept elsewhere speaks of {witnessed} entries, here are {entries}"
        )),
        WitnessState::Rewritten { witnessed } => Some(format!(
            "the head of {witnessed} entries that was kept elsewhere is of another history"
        )),
        WitnessState::Foreign { witnessed } => Some(format!(
            "the head of {witnessed} entries that was kept elsewhere is of another log"
        )),
    }
}

/// The heads that somebody kept elsewhere, one or many.
fn heads_of(path: &Path) -> Result<Witness, Failure> {
    let text = fs::read_to_string(path).map_err(|source| Failure::File {
        path: path.to_owned(),
        done: "read",
        source,
    })?;
    let heads = Witness::parse(&text).ok();
    let heads = heads.filter(|heads| heads.newest().is_some());
    heads.ok_or_else(|| {
        Failure::asked(
            format!("{} holds something that is no signed head", path.display()),
            "use what `schoolgate audit head` printed, or what the witness kept",
        )
    })
}

fn prove(transcript: &Transcript, entry: Option<u64>, since: Option<u64>) -> Result<(), Failure> {
    let digests = |path: &[model::Digest]| json!(path);
    // The head is signed with the key of now, which the founding key vouches for.
    let key = transcript.signing_key();
    let proof = match (entry, since) {
        (Some(entry), _) => transcript
            .prove_inclusion(audit::EntryIndex(entry))
            .map(|proof| {
                json!({
                    "verified": proof.verify(&key),
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
    let mut proof = proof.map_err(|error| {
        Failure::asked(
            error.to_string(),
            "`schoolgate audit list` shows the entries there are",
        )
    })?;
    proof["key"] = key.to_string().into();
    proof["founding_key"] = transcript.public_key().to_string().into();
    say!("{proof}");
    match proof["verified"] == json!(false) {
        true => Err(Failure::No),
        false => Ok(()),
    }
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
    let key = match handed_out::identity(asked.identity.as_deref())? {
        Some(text) => {
            let identity: Result<Identity, _> = text.parse();
            let identity = identity.map_err(|error| {
                Failure::asked(error.to_string(), "name the file of the secret key")
            })?;
            Some(EnvelopeKey::Identity(identity))
        }
        None => None,
    };
    let journal = StateFolder::journal_in(&asked.state.state);
    let rows = audit::search_with(&journal, &search, key.as_ref()).map_err(closed)?;
    let mut out = Screen::open();
    for row in &rows {
        if asked.json {
            out.json(row)?;
            continue;
        }
        let path = row.path.as_deref().unwrap_or("");
        let rule = row.rule.as_deref().or(row.list.as_deref()).unwrap_or("");
        let time: Moment = row.last;
        out.line(format_args!(
            "{time}  {:<15} {:<10} {:<7} {:<10} {:<11} {}{path}  {rule} x{}",
            row.client.to_string(),
            row.group,
            row.door.word(),
            row.action.word(),
            row.rung.word(),
            row.host,
            row.count
        ))?;
    }
    out.finish()?;
    if rows.is_empty() {
        eprintln!("no decision matches");
        return Err(Failure::No);
    }
    Ok(())
}

/// A closed day says how it is read.
fn closed(error: audit::SearchError) -> Failure {
    match error {
        audit::SearchError::Closed { .. } => Failure::asked(
            crate::failure::chain(&error),
            "add `--identity FILE` with the secret key that past days are closed to",
        ),
        audit::SearchError::Folder { .. }
        | audit::SearchError::File { .. }
        | audit::SearchError::OtherSchema { .. }
        | audit::SearchError::Output(_) => error.into(),
    }
}
