use model::Digest;

/// The one stylesheet, under a path that changes with its content.
#[derive(Clone, Debug)]
pub(crate) struct Style {
    path: String,
}

impl Style {
    /// Names the stylesheet.
    pub(crate) fn new() -> Self {
        let digest = Digest::of(STYLE.as_bytes()).to_string();
        let short = digest.get(..16).unwrap_or("0");
        Self {
            path: format!("/style/{short}.css"),
        }
    }

    /// Its path.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }
}

/// The stylesheet.
pub(crate) const STYLE: &str = include_str!("../templates/style.css");
