//! The secrets of accounts: one file an account, named and vouched for by the ledger.

use crate::{AccountId, Scope};
use hmac::{Hmac, KeyInit as _, Mac as _};
use model::{Chance, Digest, Moment};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

pub(crate) mod password;
pub(crate) mod second_factor;

use password::Hash;

/// The folder of the files, and the key that binds them to the ledger.
///
/// The name of a file holds the beginning of its tag, so the new file and the old one lie side by
/// side until the ledger names the new one: a crash between leaves the old one valid.
pub(crate) struct Vault {
    folder: PathBuf,
    key: Zeroizing<[u8; 32]>,
}

/// The secrets of one account.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Secrets {
    pub(crate) password: Option<Hash>,
    /// Whether the password must be changed at the next sign-in.
    pub(crate) temporary: bool,
    /// The secret of the second factor, in base 32.
    pub(crate) second_factor: Option<Zeroizing<String>>,
    /// The digests of recovery codes that were not used.
    pub(crate) recovery: Vec<Digest>,
    pub(crate) tokens: Vec<Token>,
    /// Makes the file another one whenever it is written.
    nonce: String,
}

/// A token of the API.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Token {
    pub(crate) id: String,
    /// The digest of the whole token.
    pub(crate) digest: Digest,
    pub(crate) scope: Scope,
    pub(crate) expires: Moment,
    pub(crate) feed: Option<String>,
}

/// The secrets of an account could not be used.
#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    /// The file cannot be read or written.
    #[error("the secrets of an account in {path} cannot be used; check the disk and the rights")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The file is not the one that the change log vouches for.
    #[error(
        "the secrets of account {account} are not those that the change log vouches for; restore \
         the state folder, or have the credentials reset"
    )]
    Altered {
        /// The account.
        account: AccountId,
    },
    /// The machine gives no randomness.
    #[error("no secret could be made: the machine gives no randomness")]
    Chance(#[source] io::Error),
}

impl Vault {
    pub(crate) fn open(state: &Path, secret: &[u8; 32]) -> io::Result<Self> {
        let folder = state.join("credentials");
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&folder)?;
        let key = Zeroizing::new(mac(secret, &[b"schoolgate credentials 1\n"]));
        Ok(Self { folder, key })
    }

    /// Writes the secrets beside the old ones; on the disk when this returns. The tag goes into
    /// the ledger next.
    pub(crate) fn keep(
        &self,
        account: AccountId,
        secrets: &mut Secrets,
        chance: &dyn Chance,
    ) -> Result<Digest, CredentialError> {
        secrets.nonce = text(chance, 20)?.to_string();
        let bytes = Zeroizing::new(serde_json::to_vec(secrets).unwrap_or_default());
        let tag = self.tag(account, &bytes);
        let path = self.path(account, tag);
        let fail = |source| CredentialError::Io {
            path: path.clone(),
            source,
        };
        let part = path.with_extension("part");
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&part)
            .map_err(fail)?;
        file.write_all(&bytes)
            .and_then(|()| file.sync_all())
            .map_err(fail)?;
        fs::rename(&part, &path).map_err(fail)?;
        File::open(&self.folder)
            .and_then(|folder| folder.sync_all())
            .map_err(fail)?;
        Ok(tag)
    }

    /// Reads the secrets that the ledger vouches for.
    pub(crate) fn read(&self, account: AccountId, tag: Digest) -> Result<Secrets, CredentialError> {
        let path = self.path(account, tag);
        let altered = || CredentialError::Altered { account };
        let bytes = match fs::read(&path) {
            Ok(bytes) => Zeroizing::new(bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(altered()),
            Err(source) => return Err(CredentialError::Io { path, source }),
        };
        if !bool::from(self.tag(account, &bytes).0.ct_eq(&tag.0)) {
            return Err(altered());
        }
        serde_json::from_slice(&bytes).map_err(|_| altered())
    }

    /// Removes the files of an account that the ledger does not name.
    pub(crate) fn sweep(&self, account: AccountId, tag: Option<Digest>) {
        let kept = tag.map(|tag| self.path(account, tag));
        for file in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            let path = file.path();
            let name = file.file_name();
            let own = name
                .to_str()
                .is_some_and(|name| name.starts_with(&account.to_string()));
            if own
                && Some(&path) != kept.as_ref()
                && let Err(error) = fs::remove_file(&path)
            {
                tracing::warn!(%error, "old secrets of an account could not be removed");
            }
        }
    }

    /// What is kept of a code or token, in place of it.
    pub(crate) fn digest(&self, what: &str, text: &str) -> Digest {
        Digest(mac(&self.key, &[what.as_bytes(), b"\n", text.as_bytes()]))
    }

    fn tag(&self, account: AccountId, bytes: &[u8]) -> Digest {
        Digest(mac(&self.key, &[b"file\n", &account.bytes(), bytes]))
    }

    fn path(&self, account: AccountId, tag: Digest) -> PathBuf {
        let tag = tag.to_string();
        self.folder.join(format!("{account}-{}.json", &tag[..16]))
    }
}

impl Secrets {
    /// Takes a recovery code away if it is one; each opens once.
    pub(crate) fn use_recovery(&mut self, digest: Digest) -> bool {
        let found = self
            .recovery
            .iter()
            .position(|held| bool::from(held.0.ct_eq(&digest.0)));
        found
            .map(|place| self.recovery.swap_remove(place))
            .is_some()
    }
}

fn mac(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    // INVARIANT: HMAC takes a key of any length, so this branch cannot be left unkeyed.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else {
        unreachable!("HMAC takes keys of every length")
    };
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// A text of letters and digits that cannot be mistaken for each other; five bits each.
pub(crate) fn text(
    chance: &dyn Chance,
    length: usize,
) -> Result<Zeroizing<String>, CredentialError> {
    let mut bytes = Zeroizing::new(vec![0; length]);
    chance.fill(&mut bytes).map_err(CredentialError::Chance)?;
    let letters = bytes
        .iter()
        .map(|byte| char::from(ALPHABET[usize::from(byte & 31)]));
    Ok(Zeroizing::new(letters.collect()))
}

/// Without `i`, `l`, `o` and `u`.
const ALPHABET: &[u8; 32] = b"abcdefghjkmnpqrstvwxyz0123456789";

#[cfg(test)]
mod tests {
    use super::*;
    use model::SystemChance;

    const ACCOUNT: AccountId = AccountId([7; 16]);

    #[test]
    fn a_file_that_was_edited_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let vault = Vault::open(folder.path(), &[1; 32]).unwrap();
        let mut secrets = Secrets {
            temporary: true,
            ..Secrets::default()
        };
        let tag = vault.keep(ACCOUNT, &mut secrets, &SystemChance).unwrap();
        assert!(vault.read(ACCOUNT, tag).unwrap().temporary);
        let path = vault.path(ACCOUNT, tag);
        let edited = fs::read_to_string(&path).unwrap().replace("true", "false");
        fs::write(&path, edited).unwrap();
        assert!(matches!(
            vault.read(ACCOUNT, tag),
            Err(CredentialError::Altered { .. })
        ));
    }

    #[test]
    fn an_older_file_brought_back_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let vault = Vault::open(folder.path(), &[1; 32]).unwrap();
        let mut secrets = Secrets::default();
        let old = vault.keep(ACCOUNT, &mut secrets, &SystemChance).unwrap();
        let kept = fs::read(vault.path(ACCOUNT, old)).unwrap();
        let new = vault.keep(ACCOUNT, &mut secrets, &SystemChance).unwrap();
        vault.sweep(ACCOUNT, Some(new));
        assert!(matches!(
            vault.read(ACCOUNT, old),
            Err(CredentialError::Altered { .. })
        ));
        fs::write(vault.path(ACCOUNT, new), kept).unwrap();
        assert!(matches!(
            vault.read(ACCOUNT, new),
            Err(CredentialError::Altered { .. })
        ));
    }

    #[test]
    fn a_recovery_code_opens_once() {
        let mut secrets = Secrets {
            recovery: vec![Digest::of(b"a"), Digest::of(b"b")],
            ..Secrets::default()
        };
        assert!(secrets.use_recovery(Digest::of(b"a")));
        assert!(!secrets.use_recovery(Digest::of(b"a")));
        assert!(secrets.use_recovery(Digest::of(b"b")));
    }
}
