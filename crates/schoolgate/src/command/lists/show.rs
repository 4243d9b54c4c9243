use crate::arguments::{Policy, State};
use crate::failure::Failure;
use crate::folder::Folders;
use crate::offline::Offline;
use crate::stock::Stock;
use change::StateFolder;
use lists::{Difference, Import, Store, Subscription, Version};
use model::{Clock as _, Digest, Faults, Moment, SystemClock};
use std::collections::BTreeMap;
use std::io::{self, Write};

/// Shows all lists, or one with its versions.
pub(super) fn show(
    policy: &Policy,
    state: &State,
    name: Option<&str>,
    json: bool,
) -> Result<(), Failure> {
    let now = SystemClock::default().now();
    let stock = stock(policy, state)?;
    match name {
        Some(name) => {
            let mut named = stock.iter().filter(|held| held.list.source.id == name);
            match named.next() {
                Some(held) if json => say!("{}", held.json(now)),
                Some(held) => one(held, now)?,
                None => return compiled(policy, state, Some(name), json),
            }
            Ok(())
        }
        None => {
            compiled(policy, state, None, json)?;
            for held in &stock {
                if json {
                    say!("{}", held.json(now));
                } else if held.list.source.enabled {
                    say!("{}", held.line(now));
                }
            }
            let off = stock
                .iter()
                .filter(|held| !held.list.source.enabled)
                .count();
            if !json && off > 0 {
                say!("{off} lists of others are not in use; `lists show NAME` tells of one");
            }
            Ok(())
        }
    }
}

/// Prints whom the licences of the lists in use ask to be named (OPS-24).
pub(super) fn notice(policy: &Policy) -> Result<(), Failure> {
    let folders = Folders::new(&policy.config, policy.blocklists.as_deref());
    let mut faults = Faults::default();
    let files = folders.read(&mut faults);
    let sources = files.content("blocklists/sources.toml");
    let text = sources
        .and_then(|content| std::str::from_utf8(content).ok())
        .unwrap_or_default();
    let parsed = model::Document::parse::<lists::SourcesFile>("sources.toml", text, &mut faults);
    let sources = parsed.1.unwrap_or_default().sources;
    write!(io::stdout(), "{}", lists::notice(&sources))?;
    Ok(())
}

/// Says which entries one version of a list has and another has not.
pub(super) fn diff(
    policy: &Policy,
    state: &State,
    name: &str,
    versions: (Option<&str>, Option<&str>),
) -> Result<(), Failure> {
    let stock = stock(policy, state)?;
    let mut named = stock.into_iter().filter(|held| held.list.source.id == name);
    let held = named.next().ok_or_else(|| unknown(name))?;
    let store = StateFolder::store_in(&state.state);
    let after = match versions.1 {
        Some(text) => version(&held, text)?,
        None => held.history.current().ok_or_else(|| {
            Failure::asked(
                format!("list `{name}` has no version"),
                format!("run `schoolgate lists fetch {name}`"),
            )
        })?,
    };
    let before = match versions.0 {
        Some(text) => Some(version(&held, text)?),
        None => held.history.before(),
    };
    let text = |version: Option<&Version>| match version {
        Some(version) => store
            .bytes(name, version.digest)
            .map_err(|error| Failure::door(&error)),
        None => Ok(Vec::new()),
    };
    let import = Import::of_source(&held.list.source, held.list.withheld)
        .ok_or_else(|| Failure::asked("its encoding is not known", "correct `charset`"))?;
    let found = Difference::between(&text(before)?, &text(Some(after))?, &import);
    let found = found.map_err(|error| Failure::door(&error))?;
    say!("{} new, {} gone", found.added, found.removed);
    for (mark, entries, all) in [
        ('+', &found.first_added, found.added),
        ('-', &found.first_removed, found.removed),
    ] {
        for entry in entries {
            say!("{mark} {}", model::visible(entry));
        }
        if all > entries.len() && !entries.is_empty() {
            say!("{mark} and {} more", all - entries.len());
        }
    }
    if held.list.withheld {
        say!("the entries of a list of illegal content are never shown");
    }
    Ok(())
}

/// The digest of a version by its beginning, or of the one before where nothing is named.
pub(super) fn target(
    policy: &Policy,
    state: &State,
    name: &str,
    text: Option<&str>,
) -> Result<Digest, Failure> {
    let stock = stock(policy, state)?;
    let mut named = stock.into_iter().filter(|held| held.list.source.id == name);
    let held = named.next().ok_or_else(|| unknown(name))?;
    match text {
        Some(text) => Ok(version(&held, text)?.digest),
        None => match held.history.before() {
            Some(before) => Ok(before.digest),
            None => Err(Failure::asked(
                format!("list `{name}` has no earlier good version"),
                format!("`schoolgate lists show {name}` shows its versions"),
            )),
        },
    }
}

fn stock(policy: &Policy, state: &State) -> Result<Vec<Stock>, Failure> {
    let folders = Folders::new(&policy.config, policy.blocklists.as_deref());
    let mut faults = Faults::default();
    let files = folders.read(&mut faults);
    let Some(vocabulary) = policy::vocabulary(&files, &mut faults) else {
        return Err(Failure::Faults(folders.rename(faults)));
    };
    let store: Store = StateFolder::store_in(&state.state);
    let lists = Subscription::all(&files, &vocabulary);
    Ok(Stock::all(lists, &store, &BTreeMap::new()))
}

fn version<'a>(held: &'a Stock, text: &str) -> Result<&'a Version, Failure> {
    let known = held.history.versions.iter();
    let mut named = known.filter(|version| version.digest.to_string().starts_with(text));
    let id = &held.list.source.id;
    match (named.next(), named.next()) {
        (Some(version), None) if text.len() >= 4 => Ok(version),
        (Some(_) | None, Some(_) | None) => Err(Failure::asked(
            format!("`{text}` is no version of list `{id}`"),
            format!("give at least 4 digits of one that `schoolgate lists show {id}` shows"),
        )),
    }
}

fn unknown(name: &str) -> Failure {
    Failure::asked(
        format!("`{name}` is no fetched list"),
        "`schoolgate lists show` lists them",
    )
}

fn one(held: &Stock, now: Moment) -> Result<(), Failure> {
    let source = &held.list.source;
    say!("{}  {}", source.id, source.title);
    say!("  category   {}", source.category);
    say!("  licence    {}", source.licence);
    if let Some(author) = &source.attribution {
        say!("  by         {author}");
    }
    if let Some(url) = &source.url {
        say!("  from       {url}");
    }
    say!("  state      {}", held.word(now));
    if let Some(trouble) = held.trouble(now) {
        say!("  trouble    {}", model::visible(&trouble));
    }
    if let Some(confirmed) = held.history.confirmed {
        say!("  heard      {confirmed}");
    }
    for version in held.history.versions.iter().rev() {
        let used = match held.history.in_use == Some(version.digest) {
            true => "in use",
            false if version.quarantined.is_empty() => "",
            false => "put aside",
        };
        let digest = version.digest.to_string();
        let counts = version.survey.map_or_else(String::new, |survey| {
            format!(
                "{} names, {} addresses, {} not enforced, {} bad lines",
                survey.names, survey.addresses, survey.not_enforced, survey.bad
            )
        });
        say!(
            "  {:<10} {}  {:>10} bytes  {counts}  {used}",
            &digest[..10],
            version.fetched,
            version.bytes
        );
        for why in &version.quarantined {
            say!("             {}", model::visible(why));
        }
    }
    Ok(())
}

/// The lists as they are compiled, starter lists included.
fn compiled(policy: &Policy, state: &State, name: Option<&str>, json: bool) -> Result<(), Failure> {
    let offline = Offline::open_with(policy, Some(state))?;
    let mut out = io::stdout().lock();
    let lists = &offline.report.lists;
    let lists = lists
        .iter()
        .filter(|list| name.is_none_or(|name| name == list.id));
    let mut shown = 0;
    for list in lists {
        shown += 1;
        if json {
            let value = serde_json::json!({
                "id": list.id,
                "title": list.title,
                "category": list.category,
                "third_party": list.third_party,
                "names": list.names,
                "addresses": list.addresses,
                "networks": list.networks,
                "urls": list.urls,
                "patterns": list.patterns,
                "digests": list.digests,
                "phrases": list.phrases,
                "lines": list.lines,
                "refused": list.refused,
                "licence": list.licence,
                "source": list.source,
                "attribution": list.attribution,
                "digest": list.digest,
            });
            writeln!(out, "{}", model::visible(&value.to_string()))?;
        } else {
            writeln!(
                out,
                "{:<22} {:<20} {:>8} entries  {}  {}",
                list.id,
                list.category,
                list.entries(),
                list.licence,
                list.title
            )?;
        }
    }
    match (shown, name) {
        (0, Some(name)) => Err(unknown(name)),
        (_, Some(_) | None) => Ok(()),
    }
}
