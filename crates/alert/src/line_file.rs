use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// A file of lines that is only ever added to; what an append acknowledged is on the disk.
///
/// Opening writes nothing, so that another process may look while the owner writes. A last line
/// without an end was never acknowledged; the first append cuts it off.
#[derive(Debug)]
pub(crate) struct LineFile {
    path: PathBuf,
    file: Option<File>,
    /// How many bytes are whole lines.
    good: u64,
}

impl LineFile {
    /// Opens a file and gives its whole lines; a file that is not there has none.
    pub(crate) fn open(path: PathBuf) -> io::Result<(Self, Vec<Vec<u8>>)> {
        let content = match std::fs::read(&path) {
            Ok(content) => content,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(error),
        };
        let end = content.iter().rposition(|&byte| byte == b'\n');
        let whole = end.map_or(0, |end| end + 1);
        let lines = content
            .get(..whole)
            .unwrap_or_default()
            .split(|&byte| byte == b'\n')
            .filter(|line| !line.is_empty())
            .map(<[u8]>::to_vec)
            .collect();
        let opened = Self {
            path,
            file: None,
            good: whole as u64,
        };
        Ok((opened, lines))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// How many bytes are on the disk.
    pub(crate) const fn len(&self) -> u64 {
        self.good
    }

    /// Adds lines, each with its end; when this returns they are on the disk, all or none.
    pub(crate) fn append(&mut self, lines: &[u8]) -> io::Result<()> {
        let good = self.good;
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(open_for_writing(&self.path)?),
        };
        let written = file
            .set_len(good)
            .and_then(|()| file.write_all(lines))
            .and_then(|()| file.sync_data());
        if let Err(error) = written {
            // Half a line must not stand before the next; where even this fails, the next append
            // cuts it off.
            let _ = file.set_len(good);
            return Err(error);
        }
        self.good = good + lines.len() as u64;
        Ok(())
    }

    /// Puts other content in the file's place: after a crash it is the one or the other.
    pub(crate) fn rewrite(&mut self, content: &[u8]) -> io::Result<()> {
        replace(&self.path, content)?;
        self.file = None;
        self.good = content.len() as u64;
        Ok(())
    }
}

/// Puts content in a file's place: after a crash it is the one or the other.
pub(crate) fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let next = path.with_extension("next");
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&next)?;
    file.write_all(content)?;
    file.sync_all()?;
    std::fs::rename(&next, path)?;
    sync_folder(path)
}

fn open_for_writing(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)?;
    sync_folder(path)?;
    Ok(file)
}

/// A new name is only safe when the folder that holds it is.
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| *folder != Path::new(""));
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_cut_short_by_a_crash_spoils_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lines");
        std::fs::write(&path, "one\ntw").unwrap();
        let (mut file, lines) = LineFile::open(path.clone()).unwrap();
        assert_eq!(lines, [b"one"]);
        assert_eq!(std::fs::read(&path).unwrap(), b"one\ntw", "looking writes");
        file.append(b"two\n").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"one\ntwo\n");
    }

    #[test]
    fn a_rewritten_file_goes_on_growing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lines");
        let (mut file, _) = LineFile::open(path.clone()).unwrap();
        file.append(b"one\ntwo\n").unwrap();
        file.rewrite(b"two\n").unwrap();
        file.append(b"three\n").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"two\nthree\n");
    }
}
