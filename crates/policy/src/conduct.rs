use crate::draft::{Draft, Read, suggestion};
use crate::group::opens;
use crate::policy::Policy;
use crate::settings::{ConductSettings, ConductTable, Enforcement, MarkSetting, Meaning, Written};
use model::{
    Action, CategoryId, CategorySet, Faults, GroupIndex, Host, HostBuffer, LabelSet, Labels,
    NetworkAccess, Step, Target,
};

/// The tables of the school's own policy, and what enforces each of their marks.
#[derive(Clone, Debug, Default)]
pub struct Conduct {
    tables: Vec<ConductTable>,
    cells: Vec<ConductCell>,
}

/// One mark of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConductCell {
    /// The place of its table.
    pub table: usize,
    /// The place of its row.
    pub row: usize,
    /// The place of its subject.
    pub subject: usize,
    /// The mark in the school's own words.
    pub mark: String,
    /// What is printed beside it.
    pub note: Option<String>,
    /// What the mark asks.
    pub meaning: Meaning,
    /// What is enforced: the strictest of all marks on the same.
    pub effective: Meaning,
    /// What enforces it.
    pub enforced: Enforced,
}

/// What enforces a mark, by place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Enforced {
    /// No network rule.
    Conduct,
    /// The words of these groups for these categories.
    Categories {
        /// The categories.
        categories: Vec<CategoryId>,
        /// The groups.
        groups: Vec<GroupIndex>,
    },
    /// What zones of these device classes may reach.
    Network {
        /// The access.
        network: NetworkAccess,
        /// The device classes.
        classes: Vec<String>,
    },
}

/// Whether the compiled policy does what a mark says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// It does.
    Held,
    /// The mark is no network rule.
    Conduct,
    /// There is nobody in the network whom it concerns.
    Nobody,
    /// It does not; in words.
    Broken(String),
}

impl Conduct {
    /// The tables as they are written.
    pub fn tables(&self) -> &[ConductTable] {
        &self.tables
    }

    /// All marks of all tables, in the order in which they are printed.
    pub fn cells(&self) -> &[ConductCell] {
        &self.cells
    }

    pub(crate) fn parse(read: &Read<ConductSettings>, draft: &Draft, faults: &mut Faults) -> Self {
        let mut conduct = Self {
            tables: read.settings.tables.clone(),
            cells: Vec::new(),
        };
        for (table, settings) in conduct.tables.iter().enumerate() {
            for row in 0..settings.rows.len() {
                let mut reader = RowReader {
                    read,
                    draft,
                    faults,
                    settings,
                    table,
                    row,
                };
                reader.read(&mut conduct.cells);
            }
        }
        conduct.reconcile(read, faults);
        conduct
    }

    /// Where marks on the same disagree, the strictest is enforced and the others are told.
    fn reconcile(&mut self, read: &Read<ConductSettings>, faults: &mut Faults) {
        for place in 0..self.cells.len() {
            let cell = &self.cells[place];
            let strictest = self
                .cells
                .iter()
                .filter(|other| overlap(cell, other))
                .max_by_key(|other| other.meaning);
            let Some(strictest) = strictest else { continue };
            if strictest.meaning > cell.meaning {
                let (row, other) = (
                    &self.tables[cell.table].rows[cell.row],
                    &self.tables[strictest.table].rows[strictest.row],
                );
                let what = format!(
                    "`{}` is `{}` here and `{}` in the table `{}`, row `{}`",
                    row.title,
                    cell.mark,
                    strictest.mark,
                    self.tables[strictest.table].title,
                    other.title
                );
                let steps: [Step<'_>; 5] = [
                    "tables".into(),
                    cell.table.into(),
                    "rows".into(),
                    cell.row.into(),
                    "marks".into(),
                ];
                let mend = "the stricter is enforced; settle in the school's policy which is meant";
                faults.push(read.document.fault(&steps, what).mend(mend).warning());
                self.cells[place].effective = strictest.meaning;
            }
        }
    }
}

fn overlap(one: &ConductCell, other: &ConductCell) -> bool {
    let (
        Enforced::Categories { categories, groups },
        Enforced::Categories {
            categories: others,
            groups: theirs,
        },
    ) = (&one.enforced, &other.enforced)
    else {
        return false;
    };
    categories.iter().any(|id| others.contains(id))
        && groups.iter().any(|group| theirs.contains(group))
}

struct RowReader<'a> {
    read: &'a Read<ConductSettings>,
    draft: &'a Draft,
    faults: &'a mut Faults,
    settings: &'a ConductTable,
    table: usize,
    row: usize,
}

impl RowReader<'_> {
    fn read(&mut self, cells: &mut Vec<ConductCell>) {
        let row = &self.settings.rows[self.row];
        for id in row.marks.keys() {
            if !self
                .settings
                .subjects
                .iter()
                .any(|subject| subject.id == *id)
            {
                let known = self
                    .settings
                    .subjects
                    .iter()
                    .map(|subject| subject.id.as_str());
                let mend = suggestion(id, known, "name a subject of the table");
                self.fault(
                    &["marks".into(), id.as_str().into()],
                    format!("no subject `{id}`"),
                    mend,
                );
            }
        }
        for (subject, settings) in self.settings.subjects.iter().enumerate() {
            let Some(setting) = row.marks.get(&settings.id) else {
                let what = format!("row `{}` has no mark for `{}`", row.title, settings.id);
                self.fault(
                    &["marks".into()],
                    what,
                    format!("add `{} = \"...\"`", settings.id),
                );
                continue;
            };
            let (mark, note, enforced, groups) = match setting {
                MarkSetting::Plain(mark) => (mark, None, &row.enforced, &settings.groups),
                MarkSetting::Noted {
                    mark,
                    note,
                    enforced,
                    groups,
                } => (
                    mark,
                    note.clone(),
                    enforced.as_ref().unwrap_or(&row.enforced),
                    if groups.is_empty() {
                        &settings.groups
                    } else {
                        groups
                    },
                ),
            };
            let Some(meaning) = self.settings.meanings.get(mark).copied() else {
                let known = self.settings.meanings.keys().map(String::as_str);
                let mend = suggestion(mark, known, "add it to `meanings`");
                let steps: [Step<'_>; 2] = ["marks".into(), settings.id.as_str().into()];
                self.fault(&steps, format!("the mark `{mark}` has no meaning"), mend);
                continue;
            };
            let enforced = self.enforced(enforced, groups, &settings.device_classes);
            let (table, row, mark) = (self.table, self.row, mark.clone());
            cells.push(ConductCell {
                table,
                row,
                subject,
                mark,
                note,
                meaning,
                effective: meaning,
                enforced,
            });
        }
    }

    fn enforced(
        &mut self,
        enforced: &Enforcement,
        groups: &[String],
        classes: &[String],
    ) -> Enforced {
        match enforced {
            Enforcement::Written(Written::Conduct) => Enforced::Conduct,
            Enforcement::Network { network } => Enforced::Network {
                network: *network,
                classes: classes.to_vec(),
            },
            Enforcement::Categories { categories } => {
                let (draft, mut places, mut held) = (self.draft, Vec::new(), Vec::new());
                for id in categories {
                    match draft.vocabulary.find(id) {
                        Some(found) => places.push(found),
                        None => {
                            let known = draft.vocabulary.iter().map(|(_, held)| held.id.as_str());
                            let mend = suggestion(id, known, "name a category of categories.toml");
                            self.fault(&["enforced".into()], format!("no category `{id}`"), mend);
                        }
                    }
                }
                for id in groups {
                    match draft.names.find(id) {
                        Some(found) => held.push(found),
                        None => {
                            let known = draft.names.iter().map(|(_, name)| name);
                            let mend = suggestion(id, known, "name a file of `config/groups`");
                            self.fault(&["marks".into()], format!("no group `{id}`"), mend);
                        }
                    }
                }
                if groups.is_empty() {
                    let mend = "add `groups` to the subject, or write `enforced = \"conduct\"`";
                    self.fault(
                        &["enforced".into()],
                        "categories are enforced for no group".to_owned(),
                        mend.to_owned(),
                    );
                }
                Enforced::Categories {
                    categories: places,
                    groups: held,
                }
            }
        }
    }

    fn fault(&mut self, steps: &[Step<'_>], what: String, mend: String) {
        let way: [Step<'_>; 4] = [
            "tables".into(),
            self.table.into(),
            "rows".into(),
            self.row.into(),
        ];
        self.faults.push(
            self.read
                .document
                .fault(&[&way, steps].concat(), what)
                .mend(mend),
        );
    }
}

impl Policy {
    /// Holds one mark of the school's tables against the compiled policy.
    ///
    /// Asked of [`Policy::decide`] in every different state of the calendar of a school year.
    pub fn prove(&self, cell: &ConductCell) -> Proof {
        match &cell.enforced {
            Enforced::Conduct => Proof::Conduct,
            Enforced::Network { network, classes } => {
                self.prove_network(cell.effective, *network, classes)
            }
            Enforced::Categories { categories, groups } => {
                for group in groups {
                    for id in categories {
                        if let Some(broken) = self.contradicts(cell.effective, *group, *id) {
                            return Proof::Broken(broken);
                        }
                    }
                }
                Proof::Held
            }
        }
    }

    fn prove_network(&self, meaning: Meaning, network: NetworkAccess, classes: &[String]) -> Proof {
        let mut zones = self
            .zones
            .iter()
            .filter_map(|(zone, id)| {
                self.zone_facts
                    .get(usize::from(zone.0))
                    .map(|facts| (id, facts))
            })
            .filter(|(_, facts)| classes.contains(&facts.device_class))
            .peekable();
        if zones.peek().is_none() {
            return Proof::Nobody;
        }
        let wanted = match meaning {
            Meaning::Open => true,
            Meaning::Nothing
            | Meaning::AtTimes
            | Meaning::Nominated
            | Meaning::Permission
            | Meaning::Closed
            | Meaning::Floor => false,
        };
        match zones.find(|(_, facts)| (facts.network == network) != wanted) {
            Some((id, facts)) => Proof::Broken(format!(
                "zone `{id}` of device class `{}` {} this access",
                facts.device_class,
                if wanted { "lacks" } else { "has" }
            )),
            None => Proof::Held,
        }
    }

    /// What the policy does otherwise than a meaning asks, if anything.
    fn contradicts(&self, meaning: Meaning, group: GroupIndex, id: CategoryId) -> Option<String> {
        let seen = self.sweep(group, id);
        let (open, shut) = (
            seen.contains(&Action::Allow) || seen.contains(&Action::Warn),
            seen.contains(&Action::Block) || seen.contains(&Action::Permission),
        );
        let nominated = self.groups.get(usize::from(group.0)).is_some_and(|group| {
            group
                .cells
                .iter()
                .filter(|cell| cell.category == id)
                .flat_map(|cell| cell.items())
                .any(|item| opens(item.access) && !item.named.is_empty())
        });
        let floor = self.vocabulary.floor().contains(id);
        let held = match meaning {
            Meaning::Nothing => true,
            Meaning::Open => open && !shut,
            Meaning::AtTimes => open && shut,
            Meaning::Nominated => !open && nominated,
            Meaning::Permission => !open && seen.contains(&Action::Permission),
            Meaning::Closed => !open && !nominated && !seen.contains(&Action::Permission),
            Meaning::Floor => floor && !open,
        };
        if held {
            return None;
        }
        let words: Vec<&str> = seen.iter().map(|action| action.word()).collect();
        let group = self.names.name(group).unwrap_or("?");
        let named = if nominated {
            ", and open for named people"
        } else {
            ""
        };
        Some(format!(
            "`{group}` gets `{}` as {}{named}",
            self.vocabulary.word(id),
            words.join(" or ")
        ))
    }

    /// The different actions that a group gets on a category in the course of a year.
    ///
    /// Moments at which a whole-group mode holds say nothing of the category and are left out,
    /// unless nothing else is left.
    fn sweep(&self, group: GroupIndex, id: CategoryId) -> Vec<Action> {
        let subject = self.subject_of(group);
        let labels = Labels {
            categories: CategorySet::of(id),
            set: LabelSet::NONE,
            excepted: false,
        };
        let mut buffer = HostBuffer::new();
        let Ok(host) = Host::normalise("conduct.invalid", &mut buffer) else {
            return Vec::new();
        };
        let target = Target::of_host(host);
        let (mut plain, mut all) = (Vec::new(), Vec::new());
        for at in self
            .calendar
            .samples()
            .iter()
            .copied()
            .chain([model::Moment::from_millis(0)])
        {
            let view = self.view(&subject, &self.schedules(at));
            let action = self.decide(&view, &target, labels).action;
            if !all.contains(&action) {
                all.push(action);
            }
            if view.body.modes.is_empty() && !plain.contains(&action) {
                plain.push(action);
            }
        }
        if plain.is_empty() { all } else { plain }
    }
}
