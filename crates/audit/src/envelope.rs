use age::secrecy::{ExposeSecret as _, SecretString};
use std::fmt;
use std::io::{self, Read, Write};
use std::str::FromStr;

/// To whom a file is closed, in the format of age (age-encryption.org/v1).
///
/// The randomness of a file's own key is taken by the age library from the operating system.
#[derive(Clone)]
pub enum Envelope {
    /// To whoever has the key of this recipient, `age1...`.
    Recipient(Recipient),
    /// To whoever knows the passphrase.
    Passphrase(SecretString),
}

/// The public half of a key that files are closed to: `age1...`.
#[derive(Clone)]
pub struct Recipient(age::x25519::Recipient);

/// What opens a closed file. Keep it apart from the files.
#[derive(Clone)]
pub enum EnvelopeKey {
    /// The private half of a recipient.
    Identity(Identity),
    /// The passphrase.
    Passphrase(SecretString),
}

/// The private half of a recipient: `AGE-SECRET-KEY-1...`.
#[derive(Clone)]
pub struct Identity(age::x25519::Identity);

/// A text is not a key of age.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a key to close files with: a recipient begins with `age1`, a secret key with `AGE-SECRET-KEY-1`"
)]
pub struct ParseEnvelopeError;

/// A closed file was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenEnvelopeError {
    /// It is not a closed file, or was altered.
    #[error("it is not a file that was closed with age, or it was altered")]
    Damaged,
    /// It was closed to another key.
    #[error("it was closed to another key or passphrase; name the right one")]
    OtherKey,
    /// The machine refused.
    #[error("it could not be read")]
    Io(#[from] io::Error),
}

impl Envelope {
    /// A passphrase, for a file that a person carries.
    pub fn passphrase(text: String) -> Self {
        Self::Passphrase(SecretString::from(text))
    }

    /// Writes the beginning of a closed file; what is written to the result is closed.
    ///
    /// # Errors
    ///
    /// Fails when `to` does.
    pub fn wrap<W: Write>(&self, to: W) -> io::Result<Closing<W>> {
        let encryptor = match self {
            Self::Recipient(Recipient(one)) => {
                age::Encryptor::with_recipients(std::iter::once(one as &dyn age::Recipient))
                    .map_err(io::Error::other)?
            }
            Self::Passphrase(text) => age::Encryptor::with_user_passphrase(text.clone()),
        };
        encryptor.wrap_output(to).map(Closing)
    }

    /// Closes bytes.
    ///
    /// # Errors
    ///
    /// Fails when the machine gives no memory.
    pub fn close(&self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        let mut to = self.wrap(Vec::new())?;
        to.write_all(bytes)?;
        to.finish()
    }
}

/// A file that is being closed; without [`Closing::finish`] nobody can open it.
pub struct Closing<W: Write>(age::stream::StreamWriter<W>);

impl<W: Write> Closing<W> {
    /// Writes the end.
    ///
    /// # Errors
    ///
    /// Fails when the writer below does.
    pub fn finish(self) -> io::Result<W> {
        self.0.finish()
    }
}

impl<W: Write> Write for Closing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl EnvelopeKey {
    /// A passphrase.
    pub fn passphrase(text: String) -> Self {
        Self::Passphrase(SecretString::from(text))
    }

    /// Opens a closed file for reading.
    ///
    /// An altered part is told when it is reached: use nothing before the end was read.
    ///
    /// # Errors
    ///
    /// Fails when it is no closed file, or was closed to another key.
    pub fn open<'a>(&self, from: impl Read + 'a) -> Result<impl Read + 'a, OpenEnvelopeError> {
        let decryptor = age::Decryptor::new(from).map_err(refused)?;
        let opened = match self {
            Self::Identity(Identity(one)) => {
                decryptor.decrypt(std::iter::once(one as &dyn age::Identity))
            }
            Self::Passphrase(text) => {
                let mut identity = age::scrypt::Identity::new(text.clone());
                // A file from outside must not keep us busy for minutes.
                identity.set_max_work_factor(MOST_WORK);
                decryptor.decrypt(std::iter::once(&identity as &dyn age::Identity))
            }
        };
        opened.map_err(refused)
    }

    /// Opens a closed file whole.
    ///
    /// # Errors
    ///
    /// As [`EnvelopeKey::open`], and when any part was altered.
    pub fn read(&self, from: impl Read) -> Result<Vec<u8>, OpenEnvelopeError> {
        let mut bytes = Vec::new();
        match self.open(from)?.read_to_end(&mut bytes) {
            Ok(_) => Ok(bytes),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error.into()),
            // The library tells a failed authentication and a missing end as failed reads.
            Err(_) => Err(OpenEnvelopeError::Damaged),
        }
    }
}

fn refused(error: age::DecryptError) -> OpenEnvelopeError {
    use age::DecryptError as Error;
    match error {
        Error::NoMatchingKeys | Error::DecryptionFailed | Error::KeyDecryptionFailed => {
            OpenEnvelopeError::OtherKey
        }
        Error::Io(error) if error.kind() != io::ErrorKind::UnexpectedEof => error.into(),
        // The rest are kinds of a file that is none; age may add some.
        _ => OpenEnvelopeError::Damaged,
    }
}

impl Identity {
    /// Makes a new key.
    pub fn generate() -> Self {
        Self(age::x25519::Identity::generate())
    }

    /// Whom to close files to so that this key opens them.
    pub fn recipient(&self) -> Recipient {
        Recipient(self.0.to_public())
    }

    /// The text to keep in a file or a safe.
    pub fn secret_text(&self) -> String {
        self.0.to_string().expose_secret().to_owned()
    }
}

impl FromStr for Identity {
    type Err = ParseEnvelopeError;

    /// Reads a key's file: lines that begin with `#` are comments.
    fn from_str(text: &str) -> Result<Self, ParseEnvelopeError> {
        let line = text
            .lines()
            .map(str::trim)
            .find(|line| !line.is_empty() && !line.starts_with('#'));
        line.and_then(|line| line.parse().ok())
            .map(Self)
            .ok_or(ParseEnvelopeError)
    }
}

impl FromStr for Recipient {
    type Err = ParseEnvelopeError;

    fn from_str(text: &str) -> Result<Self, ParseEnvelopeError> {
        text.trim()
            .parse()
            .map(Self)
            .map_err(|_: &str| ParseEnvelopeError)
    }
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Recipient({self})")
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity(secret)")
    }
}

impl fmt::Debug for Envelope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Recipient(one) => one.fmt(f),
            Self::Passphrase(_) => f.write_str("Passphrase(secret)"),
        }
    }
}

impl fmt::Debug for EnvelopeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Identity(one) => one.fmt(f),
            Self::Passphrase(_) => f.write_str("Passphrase(secret)"),
        }
    }
}

/// The logarithm of the most work that a passphrase's file may ask for: some seconds.
const MOST_WORK: u8 = 22;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_closed_to_a_recipient_opens_with_its_key_alone() {
        let (key, other) = (Identity::generate(), Identity::generate());
        let closed = Envelope::Recipient(key.recipient())
            .close(b"pupil")
            .unwrap();
        assert!(!closed.windows(5).any(|bytes| bytes == b"pupil"));
        let key: Identity = format!("# kept in the safe\n{}\n", key.secret_text())
            .parse()
            .unwrap();
        let opened = EnvelopeKey::Identity(key).read(&closed[..]).unwrap();
        assert_eq!(opened, b"pupil");
        let refused = EnvelopeKey::Identity(other).read(&closed[..]).unwrap_err();
        assert!(matches!(refused, OpenEnvelopeError::OtherKey));
    }

    #[test]
    fn an_altered_or_shortened_file_does_not_open() {
        let key = Identity::generate();
        let closed = Envelope::Recipient(key.recipient())
            .close(&[7; 300])
            .unwrap();
        let key = EnvelopeKey::Identity(key);
        for at in 0..closed.len() {
            let mut altered = closed.clone();
            altered[at] ^= 1;
            assert!(key.read(&altered[..]).is_err(), "byte {at}");
            assert!(key.read(&closed[..at]).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn no_secret_is_shown() {
        let key = Identity::generate();
        let secret = key.secret_text();
        let key = EnvelopeKey::Identity(key);
        let words = Envelope::passphrase("correct horse".into());
        assert!(!format!("{key:?}{words:?}").contains(&secret[..20]));
        assert!(!format!("{words:?}").contains("horse"));
    }
}
