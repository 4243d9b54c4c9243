use lists::{Exception, ExceptionsFile};
use model::Category;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::path::{Path, PathBuf};

/// The root of the project.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The folder of the example school's policy.
pub fn config() -> PathBuf {
    root().join("config")
}

/// The folder of the lists.
pub fn blocklists() -> PathBuf {
    root().join("blocklists")
}

/// Reads a text file of the project, and says which one is missing.
pub fn read(path: &Path) -> String {
    match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => panic!("`{}` could not be read: {error}", path.display()),
    }
}

/// Reads a table of `tests/fixtures`.
pub fn fixture<T: DeserializeOwned>(name: &str) -> T {
    parse(
        &Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("fixtures")
            .join(name),
    )
}

/// The categories of the shipped vocabulary file.
pub fn categories() -> Vec<Category> {
    #[derive(Deserialize)]
    struct File {
        categories: Vec<Category>,
    }
    parse::<File>(&blocklists().join("categories.toml")).categories
}

/// The shipped exceptions.
pub fn exceptions() -> Vec<Exception> {
    parse::<ExceptionsFile>(&blocklists().join("exceptions.toml")).exceptions
}

fn parse<T: DeserializeOwned>(path: &Path) -> T {
    match toml::from_str(&read(path)) {
        Ok(value) => value,
        Err(error) => panic!("`{}`: {error}", path.display()),
    }
}
