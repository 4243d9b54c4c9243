use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// A disk of a few mebibytes that a story fills up: a `tmpfs` in a mount namespace of its own, so
/// that no right on this machine is needed and nothing is left behind.
#[derive(Debug)]
pub struct SmallDisk {
    holder: Child,
    folder: PathBuf,
    point: TempDir,
}

impl SmallDisk {
    /// Makes a disk of so many mebibytes.
    pub fn of(mebibytes: u32) -> Self {
        let point = TempDir::new().expect("a folder for the story");
        let script = format!(
            "mount -t tmpfs -o size={mebibytes}m,mode=700 tmpfs \"$1\" && echo made && exec cat"
        );
        let mut holder = Command::new("unshare")
            .args(["-Urm", "sh", "-c", &script, "sh"])
            .arg(point.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("`unshare` of util-linux is needed: {error}"));
        let mut said = String::new();
        let out = holder.stdout.take().expect("a pipe");
        let _ = BufReader::new(out).read_line(&mut said);
        if said != "made\n" {
            let mut why = String::new();
            let _ = holder
                .stderr
                .take()
                .expect("a pipe")
                .read_to_string(&mut why);
            panic!("a user and a mount namespace are needed (`unshare -Urm`): {why}");
        }
        let root = PathBuf::from(format!("/proc/{}/root", holder.id()));
        let inside = point.path().strip_prefix("/").expect("a whole path");
        Self {
            folder: root.join(inside),
            holder,
            point,
        }
    }

    /// Where it is mounted, for who shares the mounts of [`SmallDisk::holder`].
    pub fn point(&self) -> &Path {
        self.point.path()
    }

    /// The process that holds the namespaces of the disk.
    pub fn holder(&self) -> u32 {
        self.holder.id()
    }

    /// Its folder, as everybody sees it.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Fills it to the last byte.
    pub fn fill(&self) {
        let mut file = File::create(self.ballast()).expect("the disk is ours");
        let mut block = vec![0x5a; 1 << 20];
        while !block.is_empty() {
            if file.write_all(&block).is_err() {
                block.truncate(block.len() / 2);
            }
        }
    }

    /// Makes room again.
    pub fn free(&self) {
        std::fs::remove_file(self.ballast()).expect("it was filled");
    }

    fn ballast(&self) -> PathBuf {
        self.folder.join("ballast")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // The disk goes with the last process of its namespace.
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}
