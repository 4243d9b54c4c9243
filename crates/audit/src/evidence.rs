use crate::checkpoint::Checkpoint;
use crate::decision_row::DecisionRow;
use crate::entry::{EntryIndex, EntryKind, Leaf};
use crate::key::PublicKey;
use crate::key_chain::KeyChain;
use crate::ledger::Ledger;
use crate::payload::{self, Content};
use crate::reading::ReadEntriesError;
use crate::row_format::{RowFormat, RowWriter, json_line};
use crate::transcript::{LEAF_RECORD, Transcript, Written, leaf};
use crate::tree;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::{Digest, Moment};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;

mod pack;

pub use pack::ReadPackError;

/// A set of files for the police or the local authority: entries of the ledger with the proof that
/// they stand in it, decisions, and a signed list of all of it. It can be checked without us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    files: BTreeMap<String, Vec<u8>>,
}

/// What a set of evidence was found to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedEvidence {
    /// The entries that were proved to stand in the ledger, in order.
    pub entries: Vec<EntryIndex>,
    /// The head that they were proved against; hold it against one kept elsewhere.
    pub head: Checkpoint,
    /// When it was put together, by the gateway's clock.
    pub made: Moment,
    /// The keys of the ledger up to then.
    pub keys: KeyChain,
}

/// A set of evidence could not be put together.
#[derive(Debug, thiserror::Error)]
pub enum GatherError {
    /// The ledger cannot be read, or was altered.
    #[error(transparent)]
    Read(#[from] ReadEntriesError),
    /// There is no such entry.
    #[error("there is no entry {entry} in the change log")]
    NoEntry {
        /// The entry.
        entry: EntryIndex,
    },
    /// A row has no text form.
    #[error("the decisions could not be written")]
    Rows(#[from] io::Error),
}

/// A set of evidence is not what was once put together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvidenceError {
    /// The list of files is gone or is none.
    #[error("`manifest.txt` is missing or was altered")]
    Manifest,
    /// The list was not signed by the ledger's key.
    #[error("`manifest.txt` was not signed with a key of the ledger")]
    Signature,
    /// One file is not what the list says.
    #[error("`{file}` was altered, removed or added")]
    File {
        /// The file.
        file: String,
    },
    /// A proof does not hold.
    #[error("entry {entry} is not proved to stand in the change log")]
    Proof {
        /// The entry.
        entry: EntryIndex,
    },
    /// The head is gone or was not signed by the ledger's key.
    #[error("`checkpoint.txt` was not signed with a key of the ledger")]
    Head,
}

/// One entry with all that is needed to check it: base64 of the leaf, of the key and of the
/// payload, and the path to the root of the head.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Proof {
    entry: u64,
    leaf: String,
    key: Option<String>,
    payload: Option<String>,
    path: Vec<Digest>,
    /// The head that the path leads to, where it is another than that of the set.
    head: Option<String>,
}

impl Evidence {
    /// Puts a set together: entries of the ledger, decisions, and `what`, some words on the matter.
    ///
    /// Entries that replaced the ledger's key come with it, each with the head by which the older
    /// key vouches for it. That it was put together is an entry too, which the caller writes.
    ///
    /// # Errors
    ///
    /// Fails when the ledger was altered or has no such entry.
    pub fn gather(
        ledger: &Ledger,
        entries: &[EntryIndex],
        rows: &[DecisionRow],
        what: &str,
        now: Moment,
    ) -> Result<Self, GatherError> {
        let (transcript, head) = ledger
            .transcript_and_head()
            .map_err(ReadEntriesError::Files)?;
        let written: Vec<_> = transcript
            .checked_from(EntryIndex(0))
            .and_then(Iterator::collect::<Result<_, _>>)
            .map_err(ReadEntriesError::Altered)?;
        let mut found = Self {
            files: BTreeMap::new(),
        };
        let mut lines = String::new();
        let mut proofs = Vec::new();
        for one in &written {
            let index = one.leaf.index;
            let asked = entries.contains(&index);
            let rotates = one.leaf.kind() == Some(EntryKind::KeyRotated);
            if asked {
                lines += &(json_line(one)? + "\n");
            }
            if asked || rotates {
                proofs.push(transcript.proof(index, rotates));
            }
        }
        if let Some(&entry) = entries.iter().find(|entry| entry.0 >= written.len() as u64) {
            return Err(GatherError::NoEntry { entry });
        }
        for proof in proofs.iter().flatten() {
            let name = format!("proofs/{:08}.json", proof.entry);
            found.put(&name, json_line(proof)? + "\n");
        }
        found.put("entries.jsonl", lines);
        for (name, format) in [
            ("decisions.csv", RowFormat::Csv),
            ("decisions.jsonl", RowFormat::JsonLines),
        ] {
            let mut writer = RowWriter::new(Vec::new(), format, "");
            rows.iter().try_for_each(|row| writer.write(row))?;
            found.files.insert(name.into(), writer.finish()?);
        }
        found.put("checkpoint.txt", head.to_string());
        found.put("ledger.pub", format!("{}\n", ledger.public_key()));
        found.put(
            "about.txt",
            format!("{ABOUT}\n{}\n", crate::row_format::escaped(what)),
        );
        let manifest = found.manifest(head.origin(), now);
        found.put("manifest.txt", ledger.sign_note(&manifest));
        Ok(found)
    }

    /// The files by name.
    pub const fn files(&self) -> &BTreeMap<String, Vec<u8>> {
        &self.files
    }

    /// Checks the set against the ledger's founding key, which must have been kept elsewhere.
    ///
    /// # Errors
    ///
    /// Names the first file or entry that is not what was put together.
    pub fn verify(&self, key: &PublicKey) -> Result<VerifiedEvidence, EvidenceError> {
        let (body, made, digests) = self.listed().ok_or(EvidenceError::Manifest)?;
        let wrong = |file: &str| EvidenceError::File { file: file.into() };
        for (file, digest) in &digests {
            let content = self.files.get(file).ok_or_else(|| wrong(file))?;
            if Digest::of(content) != *digest {
                return Err(wrong(file));
            }
        }
        let listed = |file: &&String| *file == MANIFEST || digests.contains_key(*file);
        if let Some(file) = self.files.keys().find(|file| !listed(file)) {
            return Err(wrong(file));
        }
        let proofs = self.proofs()?;
        let keys = chain(key, &proofs)?;
        let head: Checkpoint = self
            .text("checkpoint.txt")
            .and_then(|text| text.parse().ok())
            .ok_or(EvidenceError::Head)?;
        if !head.verify(keys.at(head.size())) {
            return Err(EvidenceError::Head);
        }
        let note = self.text(MANIFEST).ok_or(EvidenceError::Manifest)?;
        if !keys.present().signed_note(body, &note[body.len()..]) {
            return Err(EvidenceError::Signature);
        }
        let mut lines = String::new();
        let mut entries = Vec::new();
        let said = self.text("entries.jsonl").unwrap_or_default();
        for proof in &proofs {
            let entry = EntryIndex(proof.entry);
            let failed = EvidenceError::Proof { entry };
            let written = proof.check(&head).ok_or(failed.clone())?;
            let line = json_line(&written).map_err(|_| failed)? + "\n";
            if said.contains(&line) {
                entries.push(entry);
                lines += &line;
            }
        }
        if lines != said {
            return Err(wrong("entries.jsonl"));
        }
        Ok(VerifiedEvidence {
            entries,
            head,
            made,
            keys,
        })
    }

    fn put(&mut self, name: &str, content: String) {
        self.files.insert(name.to_owned(), content.into_bytes());
    }

    fn text(&self, name: &str) -> Option<&str> {
        std::str::from_utf8(self.files.get(name)?).ok()
    }

    /// What is signed: a first line, the ledger, the moment, and the digest of each file.
    fn manifest(&self, origin: &str, now: Moment) -> String {
        let files = self.files.iter();
        let lines = files.map(|(name, content)| format!("{}  {name}\n", Digest::of(content)));
        format!(
            "{FIRST_LINE}\n{origin}\n{now}\n{}",
            lines.collect::<String>()
        )
    }

    /// Reads the list: what is signed of it, its moment, and the digests.
    fn listed(&self) -> Option<(&str, Moment, BTreeMap<String, Digest>)> {
        let text = self.text(MANIFEST)?;
        let body = &text[..text.find("\n\n")? + 1];
        let mut lines = body.lines();
        let (first, _origin) = (lines.next()?, lines.next()?);
        let made = lines.next()?.parse().ok()?;
        let digest = |line: &str| {
            let (digest, name) = line.split_once("  ")?;
            Some((name.to_owned(), digest.parse().ok()?))
        };
        let digests = lines.map(digest).collect::<Option<_>>()?;
        (first == FIRST_LINE).then_some((body, made, digests))
    }

    fn proofs(&self) -> Result<Vec<Proof>, EvidenceError> {
        let names = self.files.range("proofs/".to_owned()..);
        names
            .take_while(|(name, _)| name.starts_with("proofs/"))
            .map(|(name, content)| {
                serde_json::from_slice(content)
                    .map_err(|_| EvidenceError::File { file: name.clone() })
            })
            .collect()
    }
}

/// Follows the entries that replaced the key, each by the older key's head over it.
fn chain(founding: &PublicKey, proofs: &[Proof]) -> Result<KeyChain, EvidenceError> {
    let mut keys = KeyChain::new(founding.clone());
    for proof in proofs.iter().filter(|proof| proof.head.is_some()) {
        let entry = EntryIndex(proof.entry);
        let followed = || {
            let head: Checkpoint = proof.head.as_ref()?.parse().ok()?;
            let right = head.size() == entry.0.checked_add(1)? && head.verify(keys.present());
            let written = proof.check(&head)?;
            let rotates = written.leaf.kind() == Some(EntryKind::KeyRotated);
            (right && rotates).then(|| proof.bytes(proof.payload.as_deref()?))?
        };
        let payload = followed().ok_or(EvidenceError::Proof { entry })?;
        keys.follow(entry.0, &payload)
            .ok_or(EvidenceError::Proof { entry })?;
    }
    Ok(keys)
}

impl Proof {
    fn bytes(&self, text: &str) -> Option<Vec<u8>> {
        STANDARD.decode(text).ok()
    }

    /// Gives the entry if it stands in the ledger of the head, and its payload is its own. The
    /// proof of an entry with a head of its own is checked against that.
    fn check(&self, head: &Checkpoint) -> Option<Written> {
        let own = match &self.head {
            Some(text) => Some(text.parse::<Checkpoint>().ok()?),
            None => None,
        };
        let head = own.as_ref().unwrap_or(head);
        let body: [u8; Leaf::LENGTH] = self.bytes(&self.leaf)?.try_into().ok()?;
        let leaf = Leaf::decode(&body).filter(|leaf| leaf.index.0 == self.entry)?;
        let hash = tree::leaf_hash(&body);
        if !tree::includes(hash, self.entry, head.size(), &self.path, head.root()) {
            return None;
        }
        let payload = match (&self.key, &self.payload) {
            (Some(key), Some(payload)) => {
                let key: [u8; 32] = self.bytes(key)?.try_into().ok()?;
                let payload = self.bytes(payload)?;
                if payload::commitment(&key, &payload) != leaf.commitment {
                    return None;
                }
                Some(serde_json::from_slice(&payload).ok()?)
            }
            (None, None) => None,
            (Some(_), None) | (None, Some(_)) => return None,
        };
        Some(Written { leaf, payload })
    }
}

impl Transcript {
    /// All that is needed to check one entry; against the head of its own size if it is to vouch
    /// for a key.
    fn proof(&self, index: EntryIndex, own_head: bool) -> Option<Proof> {
        let at = usize::try_from(index.0).ok()?;
        let records = self.leaves.chunks_exact(LEAF_RECORD);
        let hashes: Vec<_> = records
            .take(if own_head { at + 1 } else { usize::MAX })
            .map(|record| tree::leaf_hash(&record[2..]))
            .collect();
        let record = self.leaves.chunks_exact(LEAF_RECORD).nth(at)?;
        leaf(record)?;
        let mut payloads = self.payloads.as_slice();
        for _ in 0..at {
            payloads = &payloads[payload::decode(payloads)?.length..];
        }
        let (key, payload) = match payload::decode(payloads)?.content {
            Content::Held { key, payload } => {
                (Some(STANDARD.encode(key)), Some(STANDARD.encode(payload)))
            }
            Content::Erased => (None, None),
        };
        let head = if own_head {
            Some(self.head_of(index.0 + 1)?.to_string())
        } else {
            None
        };
        Some(Proof {
            entry: index.0,
            leaf: STANDARD.encode(&record[2..]),
            key,
            payload,
            path: tree::inclusion_path(&hashes, at),
            head,
        })
    }
}

const FIRST_LINE: &str = "schoolgate evidence 1";
const MANIFEST: &str = "manifest.txt";

const ABOUT: &str = "\
This folder was put together by a Schoolgate gateway.

entries.jsonl     entries of the school's change log, one a line
proofs/           for each of them the proof that it stands in the log
checkpoint.txt    the signed state of the log that the proofs lead to
decisions.csv     what the filter decided, as a table; text that could act in a
                  spreadsheet has an apostrophe in front
decisions.jsonl   the same for programs
ledger.pub        the key of the log; compare its fingerprint with the one that
                  was kept when the filter was first started
manifest.txt      the SHA-256 digest of every file, signed with the key of the log

`schoolgate audit verify --evidence FOLDER` checks all of it without a network.
";

#[cfg(test)]
mod tests;
