use gate::State;
use model::{Files, Moment};
use policy::Overlay;
use serde::{Deserialize, Serialize};

mod client;
mod comparison;
mod delta;
mod groups;
mod lists;
mod network;
mod rules;
mod settings;
mod timeline;

use comparison::Comparison;
use delta::Deltas;

/// One side of a change: what decides, and the files and the overlay that it was made of.
#[derive(Clone, Copy, Debug)]
pub struct Side<'a> {
    /// Policy, identities and lists, compiled from the other two.
    pub state: &'a State,
    /// All files of the bundle.
    pub files: &'a Files,
    /// What holds on top of them for a while.
    pub overlay: &'a Overlay,
}

/// What a change opens and closes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effect {
    /// The direction of the whole: it opens as soon as one line does.
    pub direction: Direction,
    /// What changes, the openings first; at most [`Effect::MOST_LINES`].
    pub lines: Vec<EffectLine>,
    /// Further lines that are not listed; their directions are in that of the whole.
    pub more: u64,
}

/// Which way a change goes, the mildest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// No decision changes.
    Nothing,
    /// Something is closed, and nothing opened.
    Closes,
    /// Something is opened, or could not be proved not to be.
    Opens,
}

/// One thing that a change does.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct EffectLine {
    /// Which way it goes.
    pub direction: Direction,
    /// What it is about.
    pub part: Part,
    /// What it does, in a plain sentence for a headteacher.
    pub words: String,
    /// The ids of the groups that it concerns; empty where it concerns all, or none.
    pub groups: Vec<String>,
    /// The sites that it is about, at most [`EffectLine::MOST_SITES`]; never one of the floor.
    pub sites: Vec<String>,
}

/// What a line of an effect is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// What a group gets of a category, of well-known sites or of unknown ones.
    Access,
    /// A rule about single sites, or a pack.
    Site,
    /// A lock.
    Lock,
    /// A mode of a whole group.
    Mode,
    /// When something holds: schedules, terms, the time zone.
    Schedule,
    /// The safe mode of search engines, or the restricted mode of YouTube.
    SafeSearch,
    /// How far TLS is opened.
    Inspection,
    /// Who is who: zones, devices, classes, feeds.
    Identity,
    /// An unblock, a lesson included.
    Override,
    /// Web access paused, or a device isolated.
    Pause,
    /// A block in an emergency.
    Emergency,
    /// An individual plan.
    Plan,
    /// A list, its entries, or its settings.
    List,
    /// The categories themselves.
    Category,
    /// Names that lists may not close, and names that none may block whole.
    Exception,
    /// Hosts that a bad list may never close.
    Essential,
    /// The servers that are asked what we do not know, and what is answered from here.
    Upstream,
    /// What passes without a name: literal addresses, tunnels that do not say where they go.
    Allowance,
    /// What is written down, and for how long.
    Logging,
    /// Whom notices reach.
    Alert,
    /// The school's own tests and tables.
    Check,
    /// Any other setting.
    Setting,
}

impl Effect {
    /// The most lines that are listed.
    pub const MOST_LINES: usize = 200;

    /// Whether any line is about this part.
    pub fn concerns(&self, part: Part) -> bool {
        self.lines.iter().any(|line| line.part == part)
    }
}

impl EffectLine {
    /// The most sites that a line names.
    pub const MOST_SITES: usize = 50;
}

/// Says what a change opens and closes, for every client and site, in the school year from `now`.
///
/// What cannot be proved to close or to change nothing opens. Each part of the change is weighed
/// by itself, as a step that closes or opens whatever stands around it.
pub fn compare(before: &Side<'_>, after: &Side<'_>, now: Moment) -> Effect {
    let mut deltas = Deltas::default();
    if !is_same(before, after) {
        let titles = network::titles([before.files, after.files]);
        let comparison = Comparison::new([before.state, after.state], &titles, now);
        settings::compare(before, after, &mut deltas);
        lists::compare(before, after, &comparison, &mut deltas);
        network::compare(before, after, &comparison, &mut deltas);
        each_group(&comparison, &mut deltas);
    }
    deltas.finish(after.state.policy())
}

fn is_same(before: &Side<'_>, after: &Side<'_>) -> bool {
    let artefacts = [before, after].map(|side| side.state.artefact().digest());
    before.files == after.files && before.overlay == after.overlay && artefacts[0] == artefacts[1]
}

fn each_group(comparison: &Comparison<'_>, deltas: &mut Deltas) {
    let [before, after] = [0, 1].map(|side: usize| comparison.halves[side].state);
    let (old, new) = (before.policy().groups(), after.policy().groups());
    // A feed may put a client into any group that there is.
    let feeds = before.identifier().roster().feeds || after.identifier().roster().feeds;
    for (index, id) in new.iter() {
        match old.find(id) {
            Some(held) => groups::compare(comparison, [held, index], id, deltas),
            None if feeds => {
                let title = after.policy().group(index).map_or(id, |facts| &facts.title);
                let words =
                    format!("There is a new group “{title}”, into which devices may be put.");
                deltas.add(Direction::Opens, Part::Identity, words);
            }
            None => {}
        }
    }
    for (index, id) in old.iter().filter(|(_, id)| new.find(id).is_none()) {
        if feeds {
            let title = before
                .policy()
                .group(index)
                .map_or(id, |facts| &facts.title);
            let words = format!("The group “{title}” is gone; who was in it is in another now.");
            deltas.add(Direction::Opens, Part::Identity, words);
        }
    }
}
