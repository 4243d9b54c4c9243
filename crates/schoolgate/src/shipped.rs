use include_dir::{Dir, include_dir};
use model::Files;
use std::fs;
use std::io;
use std::path::Path;

/// The example school and the starter lists, as they were when the program was built.
static CONFIG: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../config");
static BLOCKLISTS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../blocklists");

/// The files that come with the program.
pub(crate) fn files() -> Files {
    let mut files = Files::default();
    gather(&CONFIG, "config/", &mut files);
    gather(&BLOCKLISTS, "blocklists/", &mut files);
    files
}

/// Writes files below a folder, making the folders between.
pub(crate) fn write(files: &Files, root: &Path) -> io::Result<()> {
    for (path, content) in files.iter() {
        let path = root.join(path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(path, content.read()?)?;
    }
    Ok(())
}

fn gather(folder: &Dir<'_>, prefix: &str, files: &mut Files) {
    for file in folder.files() {
        let path = file.path().to_string_lossy().replace('\\', "/");
        if path.ends_with(".toml") || path.ends_with(".txt") {
            files.insert(format!("{prefix}{path}"), file.contents());
        }
    }
    for below in folder.dirs() {
        gather(below, prefix, files);
    }
}
