use crate::answer::Answer;
use crate::frame::Frame;
use crate::when::When;
use crate::{Asked, Console, Refusal};
use askama::Template;
use gate::{CategoryShown, GroupSheet, Kept, RuleShown, TableShown};
use model::{Access, Inspect, Moment, SafeSearch, YouTube};
use std::sync::Arc;

#[derive(Template)]
#[template(path = "policy.html")]
struct PolicyPage {
    frame: Frame,
    groups: Vec<(String, String)>,
    tables: Arc<Vec<TableShown>>,
    broken: usize,
    stricter: usize,
    at: When,
    gaps: Vec<String>,
}

#[derive(Template)]
#[template(path = "group.html")]
struct GroupPage {
    frame: Frame,
    id: String,
    title: String,
    age: Option<u8>,
    running: String,
    kinds: Vec<KindLine>,
    rules: Vec<RuleLine>,
    groups: Vec<(String, String)>,
    at: When,
    date: String,
    time: String,
    safety: Vec<String>,
    changes: Option<When>,
}

impl PolicyPage {
    /// For whom a mark is; templates hand everything over by reference.
    fn subject<'a>(&self, table: &'a TableShown, place: &usize) -> &'a str {
        table.subjects.get(*place).map_or("", String::as_str)
    }
}

/// What a group gets of one kind of site.
struct KindLine {
    title: String,
    now: String,
    times: Vec<String>,
}

/// A sentence or mode of the policy.
struct RuleLine {
    name: String,
    reason: Option<String>,
    facts: Vec<(&'static str, String)>,
}

/// The school's own tables as the filter keeps them.
pub(crate) fn show(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    let state = console.gate().state();
    let tables = console.tables();
    let marks = tables
        .iter()
        .flat_map(|table| &table.rows)
        .flat_map(|row| &row.marks);
    let broken = marks
        .clone()
        .filter(|mark| matches!(mark.kept, Kept::Broken(_)));
    Answer::page(&PolicyPage {
        frame: Frame::new(console, asked, "Policy"),
        groups: groups(console),
        broken: broken.count(),
        stricter: marks.filter(|mark| mark.stricter.is_some()).count(),
        at: asked.zone.when(asked.now),
        gaps: state.policy().gaps(),
        tables: Arc::clone(&tables),
    })
}

/// What one group gets, at the moment that is asked for.
pub(crate) fn group(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    let at = moment(asked);
    let state = console.gate().state();
    let sheet = state
        .sheet(asked.part("group"), at)
        .ok_or(Refusal::Missing)?;
    Answer::page(&GroupPage {
        frame: Frame::new(console, asked, format!("Policy of {}", sheet.title)),
        safety: safety(&sheet),
        groups: groups(console),
        at: asked.zone.when(at),
        date: asked.zone.date_field(at),
        time: asked.zone.hour(at),
        changes: asked
            .zone
            .when_some(state.policy().schedules(at).valid_until()),
        kinds: sheet.categories.iter().map(kind_line).collect(),
        rules: sheet.rules.iter().map(rule_line).collect(),
        running: sheet.running.join(", "),
        age: sheet.age,
        id: sheet.id,
        title: sheet.title,
    })
}

/// The moment that a form asks for; the present where it asks for none.
pub(crate) fn moment(asked: &Asked) -> Moment {
    let (date, time) = (asked.query.line("date"), asked.query.line("time"));
    asked.zone.parse(&date, &time).unwrap_or(asked.now)
}

/// The groups by id and title.
fn groups(console: &Console) -> Vec<(String, String)> {
    crate::lexicon::Lexicon::new(console.gate().state(), false).groups()
}

/// An access word as people say it.
pub(crate) const fn access(word: Access) -> &'static str {
    match word {
        Access::Allow => "open",
        Access::Monitor => "open, and looked at",
        Access::Warn => "open after a warning",
        Access::Permission => "closed, a teacher may unlock it for a lesson",
        Access::Block => "closed",
    }
}

fn kind_line(held: &CategoryShown) -> KindLine {
    let now = match (held.floor, held.locked) {
        (true, _) => "illegal: closed for everybody, always".to_owned(),
        (false, true) => format!("{}; locked, nothing lifts it", access(held.access)),
        (false, false) => access(held.access).to_owned(),
    };
    let times = held.times.iter().map(|time| {
        let whom = time
            .whom
            .as_ref()
            .map_or(String::new(), |whom| format!(" for {whom}"));
        format!("{} {}{whom}", access(time.access), time.when)
    });
    KindLine {
        title: held.title.clone(),
        now,
        times: times.collect(),
    }
}

fn rule_line(rule: &RuleShown) -> RuleLine {
    let named = |list: &[(String, Access)]| {
        let words = list
            .iter()
            .map(|(name, word)| format!("{name} ({})", access(*word)));
        words.collect::<Vec<_>>().join(", ")
    };
    let mut sites = named(&rule.sites);
    if rule.more > 0 {
        sites.push_str(&format!(" and {} more", rule.more));
    }
    let everything = rule.everything.map_or("", access).to_owned();
    let mut facts = vec![
        ("When", rule.when.clone()),
        ("For whom", rule.whom.clone().unwrap_or_default()),
        ("Sites", sites),
        ("Kinds of site", named(&rule.categories)),
        ("Everything else", everything),
    ];
    facts.retain(|(_, value)| !value.is_empty());
    RuleLine {
        name: match rule.mode {
            true => format!("{} (a mode)", rule.name),
            false => rule.name.clone(),
        },
        reason: rule.reason.clone(),
        facts,
    }
}

/// What else holds for the group, a sentence each.
fn safety(sheet: &GroupSheet) -> Vec<String> {
    let held = sheet.obligations;
    let search = match held.safe_search {
        SafeSearch::Off => "Search engines are as each person sets them.",
        SafeSearch::Moderate => "Search engines are held to their moderate safe mode.",
        SafeSearch::Strict => "Search engines are held to their strict safe mode.",
    };
    let video = match held.youtube {
        YouTube::Off => "YouTube is as each person sets it.",
        YouTube::Moderate => "YouTube is held to its moderate restricted mode.",
        YouTube::Strict => "YouTube is held to its strict restricted mode.",
    };
    let inspected = match held.inspect {
        Inspect::None => {
            "Encrypted pages are not opened: the filter sees the name of the site, not the page."
        }
        Inspect::BlockPage => "Encrypted pages are opened only to show why a site is refused.",
        Inspect::Full => {
            "Encrypted pages are opened and seen, on the school's own devices; banking, health and the like are not."
        }
    };
    let reach = match sheet.overrides {
        true => "Unblocks, lessons and individual plans reach this group.",
        false => "No unblock, lesson or individual plan reaches this group.",
    };
    let mut found = vec![
        format!(
            "Sites that are well known and have nothing against them: {}.",
            access(sheet.established)
        ),
        format!("Sites that are on no list: {}.", access(sheet.unknown)),
    ];
    if sheet.walled {
        found.push("Only what is named is open; everything else is closed.".to_owned());
    }
    found.extend([search, video, inspected, reach].map(str::to_owned));
    found
}
