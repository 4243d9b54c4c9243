use crate::arguments::{self, Template};
use crate::failure::Failure;
use crate::offline::Offline;
use crate::shipped;
use model::Files;
use std::collections::BTreeMap;
use std::io::{self, BufRead, IsTerminal as _, Write};
use std::path::Path;
use toml_edit::{Array, ArrayOfTables, DocumentMut, Item, Table, Value, value};

/// What a school said of itself.
#[derive(Debug)]
struct Answers {
    school: String,
    template: Template,
    networks: BTreeMap<String, Vec<String>>,
    upstreams: Vec<String>,
}

/// Writes a policy for a school, from the example that comes with the program.
pub(crate) fn init(asked: &arguments::Init) -> Result<(), Failure> {
    for name in ["config", "blocklists"] {
        let path = asked.folder.join(name);
        if path.exists() {
            return Err(Failure::asked(
                format!(
                    "{} is there already, and nothing is written over it",
                    path.display()
                ),
                "name another folder with `--folder`, or move it away",
            ));
        }
    }
    let answers = answers(asked)?;
    let files = tailor(shipped::files(), &answers)?;
    shipped::write(&files, &asked.folder).map_err(|source| Failure::File {
        path: asked.folder.clone(),
        done: "written",
        source,
    })?;
    let policy = arguments::Policy {
        config: asked.folder.join("config"),
        blocklists: None,
    };
    let offline = Offline::open(&policy)?;
    let shown = asked.folder.display();
    say!(
        "wrote {shown}/config and {shown}/blocklists for {}",
        answers.school
    );
    say!(
        "  {} groups, {} zones, {} names on the starter lists",
        offline.state.policy().groups().len(),
        offline.state.identifier().roster().zones.len(),
        offline.report.compiled.names
    );
    say!("next:");
    say!("  schoolgate check --config {shown}/config");
    say!("  schoolgate run --config {shown}/config --state {shown}/state");
    Ok(())
}

fn answers(asked: &arguments::Init) -> Result<Answers, Failure> {
    let mut input = io::stdin().lock();
    let person = !asked.yes && io::stdin().is_terminal();
    let mut ask = |question: &str, default: &str| -> Result<String, Failure> {
        if !person {
            return Ok(default.to_owned());
        }
        eprint!("{question} [{default}]: ");
        io::stderr().flush()?;
        let mut line = String::new();
        input.read_line(&mut line)?;
        let line = line.trim();
        Ok(if line.is_empty() {
            default.to_owned()
        } else {
            line.to_owned()
        })
    };
    let school = match &asked.school {
        Some(school) => school.clone(),
        None => ask("Name of the school", "The School")?,
    };
    let template = match asked.template {
        Some(template) => template,
        None => match ask("Kind: primary, secondary or all-through", "all-through")?.as_str() {
            "primary" => Template::Primary,
            "secondary" => Template::Secondary,
            "all-through" => Template::AllThrough,
            other => {
                return Err(Failure::asked(
                    format!("`{other}` is no kind of school"),
                    "known: primary, secondary, all-through",
                ));
            }
        },
    };
    let mut networks = networks(&asked.network)?;
    if asked.network.is_empty() {
        for group in template.asked() {
            let default = shipped_network(group).unwrap_or_default();
            let text = ask(&format!("Networks of {group}, with commas"), &default)?;
            let list = text.split(',').map(|part| part.trim().to_owned()).collect();
            networks.insert((*group).to_owned(), list);
        }
    }
    let upstreams = if asked.upstream.is_empty() {
        let text = ask(
            "Upstream resolvers, with commas",
            "tls://9.9.9.9#dns.quad9.net",
        )?;
        text.split(',').map(|part| part.trim().to_owned()).collect()
    } else {
        asked.upstream.clone()
    };
    Ok(Answers {
        school,
        template,
        networks,
        upstreams,
    })
}

impl Template {
    /// The pupil groups that such a school does not have.
    const fn absent(self) -> &'static [&'static str] {
        match self {
            Self::Primary => &["ks3", "ks4", "sixth"],
            Self::Secondary => &["foundation", "ks1", "ks2", "ks2-y56"],
            Self::AllThrough => &[],
        }
    }

    /// The groups whose networks are asked for.
    const fn asked(self) -> &'static [&'static str] {
        match self {
            Self::Primary => &["foundation", "ks1", "ks2", "ks2-y56", "staff", "guest"],
            Self::Secondary => &["ks3", "ks4", "sixth", "staff", "guest"],
            Self::AllThrough => &[
                "foundation",
                "ks1",
                "ks2",
                "ks2-y56",
                "ks3",
                "ks4",
                "sixth",
                "staff",
                "guest",
            ],
        }
    }
}

fn networks(texts: &[String]) -> Result<BTreeMap<String, Vec<String>>, Failure> {
    let mut networks: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for text in texts {
        let Some((group, network)) = text.split_once('=') else {
            return Err(Failure::asked(
                format!("`{text}` names no group and network"),
                "write it as `ks2=10.20.0.0/16`",
            ));
        };
        networks
            .entry(group.to_owned())
            .or_default()
            .push(network.to_owned());
    }
    Ok(networks)
}

/// The networks that the example gives the first zone of a group.
fn shipped_network(group: &str) -> Option<String> {
    let document = parse(&shipped::files(), NETWORK).ok()?;
    let zone = document["zones"]
        .as_array_of_tables()?
        .iter()
        .find(|zone| text(zone, "group") == group)?;
    let networks = zone.get("networks")?.as_array()?;
    Some(
        networks
            .iter()
            .filter_map(Value::as_str)
            .collect::<Vec<_>>()
            .join(","),
    )
}

/// Makes the example the school's own.
fn tailor(mut files: Files, answers: &Answers) -> Result<Files, Failure> {
    let mut network = parse(&files, NETWORK)?;
    tailor_zones(&mut network, answers)?;
    files.insert(NETWORK, network.to_string().into_bytes());
    let mut settings = parse(&files, SETTINGS)?;
    tailor_settings(&mut settings, answers)?;
    files.insert(SETTINGS, settings.to_string().into_bytes());
    let mut expectations = parse(&files, EXPECTATIONS)?;
    if let Some(tests) = expectations
        .get_mut("expect")
        .and_then(Item::as_array_of_tables_mut)
    {
        // Tests of the example's own addresses say nothing about this school's.
        tests.retain(|test| !test.contains_key("client"));
    }
    files.insert(EXPECTATIONS, expectations.to_string().into_bytes());
    Ok(files)
}

fn tailor_zones(network: &mut DocumentMut, answers: &Answers) -> Result<(), Failure> {
    let Some(zones) = network
        .get_mut("zones")
        .and_then(Item::as_array_of_tables_mut)
    else {
        return Ok(());
    };
    let absent = answers.template.absent();
    zones.retain(|zone| !absent.contains(&text(zone, "group")));
    for (group, list) in &answers.networks {
        let Some(zone) = zones.iter_mut().find(|zone| text(zone, "group") == group) else {
            let known: Vec<&str> = zones.iter().map(|zone| text(zone, "group")).collect();
            let mend = match model::nearest(group, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("known: {}", known.join(", ")),
            };
            return Err(Failure::asked(
                format!("there is no zone for group `{group}`"),
                mend,
            ));
        };
        zone["networks"] = value(list.iter().map(String::as_str).collect::<Array>());
    }
    Ok(())
}

fn tailor_settings(settings: &mut DocumentMut, answers: &Answers) -> Result<(), Failure> {
    settings["school"]["name"] = value(&answers.school);
    let plain: String = answers
        .school
        .chars()
        .map(|letter| {
            if letter.is_ascii_alphanumeric() {
                letter.to_ascii_lowercase()
            } else {
                '-'
            }
        })
        .collect();
    settings["school"]["ledger"] = value(format!("{}/ledger", plain.trim_matches('-')));
    let mut upstreams = ArrayOfTables::new();
    for text in &answers.upstreams {
        upstreams.push(upstream(text)?);
    }
    settings["dns"]["upstreams"] = Item::ArrayOfTables(upstreams);
    Ok(())
}

/// Reads `ADDRESS`, `tls://ADDRESS#NAME` or `https://ADDRESS/PATH#NAME`.
fn upstream(text: &str) -> Result<Table, Failure> {
    let (protocol, rest) = text.split_once("://").unwrap_or(("udp", text));
    let (rest, name) = match rest.split_once('#') {
        Some((rest, name)) => (rest, Some(name)),
        None => (rest, None),
    };
    let (address, path) = match rest.split_once('/') {
        Some((address, path)) => (address, Some(format!("/{path}"))),
        None => (rest, None),
    };
    let known = matches!(protocol, "udp" | "tcp" | "tls" | "https");
    let needs_name = matches!(protocol, "tls" | "https") && name.is_none();
    if !known || needs_name || address.is_empty() {
        return Err(Failure::asked(
            format!("`{text}` is no upstream"),
            "write `9.9.9.9`, `tls://9.9.9.9#dns.quad9.net` or `https://9.9.9.9/dns-query#dns.quad9.net`",
        ));
    }
    let mut table = Table::new();
    table["protocol"] = value(protocol);
    table["address"] = value(address);
    if let Some(name) = name {
        table["name"] = value(name);
    }
    if let Some(path) = path {
        table["path"] = value(path);
    }
    Ok(table)
}

fn text<'a>(table: &'a Table, key: &str) -> &'a str {
    table.get(key).and_then(Item::as_str).unwrap_or("")
}

fn parse(files: &Files, path: &str) -> Result<DocumentMut, Failure> {
    let content = files
        .content(path)
        .map(|content| String::from_utf8_lossy(content).into_owned());
    content.unwrap_or_default().parse().map_err(|error| {
        Failure::asked(
            format!(
                "the shipped {} cannot be read: {error}",
                Path::new(path).display()
            ),
            "report this",
        )
    })
}

const NETWORK: &str = "config/network.toml";
const SETTINGS: &str = "config/schoolgate.toml";
const EXPECTATIONS: &str = "config/expectations.toml";

#[cfg(test)]
mod tests {
    use super::*;

    fn made(template: Template, networks: &[&str]) -> Result<Files, Failure> {
        let networks: Vec<String> = networks.iter().map(|text| (*text).to_owned()).collect();
        let answers = Answers {
            school: "Oakfield Primary School".to_owned(),
            template,
            networks: super::networks(&networks)?,
            upstreams: vec!["tls://192.0.2.53#dns.school.example".to_owned()],
        };
        tailor(shipped::files(), &answers)
    }

    // OPS-20
    #[test]
    fn every_template_gives_a_policy_that_checks() {
        for template in [Template::Primary, Template::Secondary, Template::AllThrough] {
            let root = tempfile::tempdir().unwrap();
            let files = made(template, &["staff=10.9.0.0/16"]).unwrap();
            shipped::write(&files, root.path()).unwrap();
            let policy = arguments::Policy {
                config: root.path().join("config"),
                blocklists: None,
            };
            let offline =
                Offline::open(&policy).unwrap_or_else(|failure| panic!("{template:?}: {failure}"));
            let mut faults = model::Faults::default();
            offline.state.prove(&files, &mut faults);
            assert_eq!(faults.errors(), 0, "{template:?}: {faults}");
        }
    }

    #[test]
    fn a_group_that_the_school_lacks_is_refused_with_the_nearest() {
        let failure = made(Template::AllThrough, &["stafff=10.9.0.0/16"]).unwrap_err();
        assert!(matches!(failure, Failure::Asked { mend, .. } if mend.contains("`staff`")));
    }

    #[test]
    fn an_upstream_without_its_name_is_refused() {
        assert!(upstream("tls://192.0.2.53").is_err());
        assert!(upstream("quic://192.0.2.53#a").is_err());
        assert_eq!(
            upstream("https://192.0.2.53/dns-query#a.example").unwrap()["path"].as_str(),
            Some("/dns-query")
        );
    }
}
