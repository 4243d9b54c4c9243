use super::Evidence;
use std::collections::BTreeMap;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

/// A folder with evidence could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadPackError {
    /// The machine refused.
    #[error("the evidence in `{path}` could not be read; check that it is there and readable")]
    Io {
        /// The file or folder.
        path: String,
        /// The cause.
        source: io::Error,
    },
    /// It is no archive that a gateway wrote, or was altered.
    #[error("it is no archive of evidence, or was altered: {why}")]
    Archive {
        /// What is wrong.
        why: &'static str,
    },
    /// There is more than any set of evidence has.
    #[error("`{path}` holds more than a set of evidence; name the folder that was handed over")]
    TooMuch {
        /// The folder.
        path: String,
    },
}

impl Evidence {
    /// Writes the files to a new folder, which nobody else may read; on the disk when this returns.
    ///
    /// # Errors
    ///
    /// Fails when the folder exists or cannot be written.
    pub fn write(&self, folder: &Path) -> io::Result<()> {
        let make = |folder: &Path| DirBuilder::new().mode(0o700).create(folder);
        make(folder)?;
        make(&folder.join("proofs"))?;
        // INVARIANT: the names are ours: one folder deep, nothing above.
        for (name, content) in &self.files {
            let mut file = OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(folder.join(name))?;
            file.write_all(content)?;
            file.sync_all()?;
        }
        File::open(folder.join("proofs"))?.sync_all()?;
        File::open(folder)?.sync_all()
    }

    /// Reads a folder or a tar archive back; [`Evidence::verify`] says whether it can be believed.
    ///
    /// # Errors
    ///
    /// Fails when it cannot be read, or holds far more than a set of evidence.
    pub fn read(folder: &Path) -> Result<Self, ReadPackError> {
        if folder.is_file() {
            let read = File::open(folder).and_then(|file| {
                let mut bytes = Vec::new();
                file.take(MOST_BYTES).read_to_end(&mut bytes).map(|_| bytes)
            });
            let bytes = read.map_err(|source| ReadPackError::Io {
                path: folder.display().to_string(),
                source,
            })?;
            return Self::from_tar(&bytes);
        }
        let mut files = BTreeMap::new();
        read_into(&mut files, folder, "").and_then(|()| {
            let proofs = folder.join("proofs");
            if proofs.is_dir() {
                read_into(&mut files, &proofs, "proofs/")
            } else {
                Ok(())
            }
        })?;
        Ok(Self { files })
    }

    /// Reads what [`Evidence::tar`] wrote; [`Evidence::verify`] says whether it can be believed.
    ///
    /// # Errors
    ///
    /// Fails for any other archive.
    pub fn from_tar(bytes: &[u8]) -> Result<Self, ReadPackError> {
        let wrong = |why| ReadPackError::Archive { why };
        let cut = || wrong("it ends too early");
        let mut files = BTreeMap::new();
        let mut rest = bytes;
        loop {
            let (block, after) = rest.split_first_chunk::<BLOCK>().ok_or_else(cut)?;
            let Some((name, length)) = entry(block)? else {
                return Ok(Self { files });
            };
            let whole = length.next_multiple_of(BLOCK);
            if after.len() < whole || files.len() >= MOST_FILES {
                return Err(cut());
            }
            if files.insert(name, after[..length].to_vec()).is_some() {
                return Err(wrong("a file is there twice"));
            }
            rest = &after[whole..];
        }
    }

    /// Writes the files as one tar archive (POSIX ustar), which is the same for the same evidence.
    ///
    /// # Errors
    ///
    /// Fails when `to` does.
    pub fn tar(&self, mut to: impl Write) -> io::Result<()> {
        for (name, content) in &self.files {
            to.write_all(&header(name, content.len())?)?;
            to.write_all(content)?;
            let rest = content.len().next_multiple_of(BLOCK) - content.len();
            to.write_all(&[0; BLOCK][..rest])?;
        }
        to.write_all(&[0; 2 * BLOCK])?;
        to.flush()
    }
}

fn read_into(
    files: &mut BTreeMap<String, Vec<u8>>,
    folder: &Path,
    under: &str,
) -> Result<(), ReadPackError> {
    let failed = |path: &Path, source| ReadPackError::Io {
        path: path.display().to_string(),
        source,
    };
    for entry in std::fs::read_dir(folder).map_err(|source| failed(folder, source))? {
        let entry = entry.map_err(|source| failed(folder, source))?;
        let path = entry.path();
        let found = entry.metadata().map_err(|source| failed(&path, source))?;
        if under.is_empty() && found.is_dir() && entry.file_name() == "proofs" {
            continue;
        }
        if !found.is_file() || files.len() >= MOST_FILES || found.len() > MOST_BYTES {
            let path = folder.display().to_string();
            return Err(ReadPackError::TooMuch { path });
        }
        let name = format!("{under}{}", entry.file_name().to_string_lossy());
        let content = std::fs::read(&path).map_err(|source| failed(&path, source))?;
        files.insert(name, content);
    }
    Ok(())
}

/// Reads one header: the name and the length of the file; `None` at the end of the archive.
fn entry(block: &[u8; BLOCK]) -> Result<Option<(String, usize)>, ReadPackError> {
    let wrong = |why| ReadPackError::Archive { why };
    if block.iter().all(|&byte| byte == 0) {
        return Ok(None);
    }
    let text = |bytes: &[u8]| {
        let end = bytes.iter().position(|&byte| byte == 0);
        let bytes = &bytes[..end.unwrap_or(bytes.len())];
        std::str::from_utf8(bytes).ok().map(str::to_owned)
    };
    let name = text(&block[..100]).filter(|name| is_ours(name));
    let name = name.ok_or_else(|| wrong("a file has a name that no set of evidence has"))?;
    let length = text(&block[124..136]).and_then(|text| usize::from_str_radix(&text, 8).ok());
    let length = length.ok_or_else(|| wrong("a file has no length"))?;
    match header(&name, length) {
        Ok(written) if written == *block => Ok(Some((name, length))),
        Ok(_) | Err(_) => Err(wrong("a header is not as it is written")),
    }
}

/// Whether a name is one that a set can have: plain, and at most below `proofs`.
fn is_ours(name: &str) -> bool {
    let plain = name.strip_prefix("proofs/").unwrap_or(name);
    !plain.is_empty()
        && !plain.starts_with('.')
        && plain
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
}

/// The header of one file in a tar archive.
fn header(name: &str, length: usize) -> io::Result<[u8; BLOCK]> {
    let mut block = [0; BLOCK];
    let mut put = |at: usize, text: &[u8]| block[at..at + text.len()].copy_from_slice(text);
    if name.len() > 100 || length >= 1 << 33 {
        return Err(io::Error::other(
            "a file of the evidence does not fit into a tar archive",
        ));
    }
    put(0, name.as_bytes());
    put(100, b"0000600\0");
    put(108, b"0000000\0");
    put(116, b"0000000\0");
    put(124, format!("{length:011o}\0").as_bytes());
    put(136, b"00000000000\0");
    put(148, b"        ");
    put(156, b"0");
    put(257, b"ustar\x0000");
    let sum: u32 = block.iter().map(|&byte| u32::from(byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    Ok(block)
}

const BLOCK: usize = 512;
const MOST_FILES: usize = 20_000;
const MOST_BYTES: u64 = 256 << 20;
