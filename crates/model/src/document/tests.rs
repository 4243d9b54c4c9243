use super::*;
use serde::Deserialize;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Settings {
    /// What people call it.
    #[serde(rename = "title")]
    _title: String,
    #[serde(default)]
    zones: Vec<Zone>,
    #[serde(default, rename = "access")]
    _access: Option<Setting>,
    #[serde(default)]
    #[schemars(with = "Option<String>", extend("format" = "date"))]
    until: Option<jiff::civil::Date>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Zone {
    id: String,
    #[serde(default, rename = "port")]
    _port: u16,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Setting {
    #[expect(dead_code, reason = "only its shape is tested")]
    Word(crate::Access),
    #[expect(dead_code, reason = "only its shape is tested")]
    Table { when: String },
}

fn parse(text: &str) -> (Document, Option<Settings>, Faults) {
    let mut faults = Faults::default();
    let (document, settings) = Document::parse("a.toml", text, &mut faults);
    (document, settings, faults)
}

#[test]
fn every_fault_of_a_file_is_reported_with_its_place() {
    let text = "titel = \"x\"\naccess = \"blok\"\nuntil = 2026-13-40\n[[zones]]\nid = 3\n[[zones]]\nid = \"a\"\nport = 70000\nprot = 1\n";
    let (_, _, faults) = parse(text);
    let found: Vec<_> = faults
        .iter()
        .map(|fault| {
            (
                fault.position.map(|at| (at.line, at.column)),
                fault.what.as_str(),
                fault.mend.as_deref(),
            )
        })
        .collect();
    let has = |line, column, what: &str| {
        assert!(
            found
                .iter()
                .any(|(at, found, mend)| *at == Some((line, column))
                    && found.contains(what)
                    && mend.is_some()),
            "{line}:{column} {what} in {found:#?}"
        );
    };
    has(1, 1, "unknown key `titel`");
    has(2, 10, "unknown word `blok`");
    has(5, 6, "`id` must be a text in quotes, not a number");
    has(8, 8, "`port` must be from 0 to 65535");
    has(9, 1, "unknown key `prot`");
    assert!(
        found
            .iter()
            .any(|(_, what, _)| what.contains("`title` is missing"))
    );
    assert!(
        found
            .iter()
            .any(|(_, _, mend)| mend.is_some_and(|mend| mend.contains("did you mean `block`?")))
    );
}

#[test]
fn what_is_sound_is_read_beside_what_is_not() {
    let (document, settings, faults) = parse(
        "title = \"x\"\nextra = 1\nuntil = 2026-12-18\n[[zones]]\nid = 1\n[[zones]]\nid = \"b\"\n",
    );
    assert_eq!(faults.errors(), 2);
    let settings = settings.unwrap();
    assert_eq!(settings.zones.len(), 1);
    assert_eq!(settings.zones[0].id, "b");
    assert_eq!(settings.until, Some(jiff::civil::date(2026, 12, 18)));
    let fault = document.fault(&["zones".into(), 0.into(), "id".into()], "taken");
    assert_eq!(fault.position.map(|at| (at.line, at.column)), Some((7, 6)));
}

#[test]
fn a_fault_prints_its_line_and_how_to_mend_it() {
    let (_, _, faults) = parse("title = \"x\"\n[[zones]]\nid = \"a\"\nprot = 1\n");
    let printed = faults.to_string();
    assert_eq!(
        printed,
        "error: unknown key `prot`\n  at a.toml:4:1\n   |\n 4 | prot = 1\n   | ^^^^\nmend: did you mean `port`?\n"
    );
}

#[test]
fn broken_toml_is_reported_and_never_read_as_empty() {
    let (_, settings, faults) = parse("title = \"x\nzones = [\n");
    assert!(faults.errors() > 0);
    assert!(settings.is_none() || faults.errors() > 0);
}
