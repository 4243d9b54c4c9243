/// Where the public suffix of a name starts, private suffixes included.
///
/// By the Public Suffix List; a name under none of its rules has its last label as suffix.
pub(crate) fn public_suffix_start(name: &str) -> usize {
    name.len() - psl::suffix_str(name).map_or(0, str::len)
}

/// Whether a label of the suffix of `name` that starts at `start` would cross a public suffix.
///
/// Sites of different people under one suffix (`github.io`, `co.uk`) have nothing to do with
/// each other, so what is said of the suffix is not said of them.
pub(crate) fn crosses(name: &str, start: usize) -> bool {
    start > 0 && start >= public_suffix_start(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_crosses_at_and_above_the_suffix() {
        for (name, parent, crossing) in [
            ("www.example.com", "example.com", false),
            ("example.com", "com", true),
            ("pupil.github.io", "github.io", true),
            ("pupil.github.io", "io", true),
            ("www.pupil.github.io", "pupil.github.io", false),
            ("a.school.sch.uk", "sch.uk", true),
            ("a.unlisted-top", "unlisted-top", true),
            ("b.a.unlisted-top", "a.unlisted-top", false),
        ] {
            assert_eq!(
                crosses(name, name.len() - parent.len()),
                crossing,
                "{name} {parent}"
            );
        }
        assert!(!crosses("github.io", 0));
    }
}
