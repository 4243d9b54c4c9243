use crate::draft::{Draft, GroupDraft, suggestion};
use crate::index::{Entry, SiteIndexBuilder};
use crate::ladder::Ladder;
use crate::overlay::Overlay;
use crate::policy::{Memo, Policy, Switch};
use crate::rule::{Rule, When};
use crate::settings::{Fallback, RuleSettings};
use crate::site::{Site, is_suffix};
use crate::who::Selector;
use model::{
    CategorySet, Document, Fault, Faults, GroupIndex, PolicyVersion, Roster, Rung, Step, Vocabulary,
};
use std::sync::Mutex;

mod access;
mod checks;
mod groups;
mod layered;
mod rules;

impl Draft {
    /// Compiles the files, who there is, and what holds for a while into one policy.
    ///
    /// `None` when anything is wrong, in the files as they were read or now; each fault is added
    /// to `faults`. Warnings do not stop it.
    pub fn compile(
        &self,
        roster: &Roster,
        overlay: &Overlay,
        version: PolicyVersion,
        faults: &mut Faults,
    ) -> Option<Policy> {
        let mut own = Faults::default();
        let mut compiler = Compiler {
            draft: self,
            roster,
            faults: &mut own,
            rules: Vec::new(),
            sites: SiteIndexBuilder::default(),
            switches: Vec::new(),
            modes: Vec::new(),
        };
        compiler.define();
        let groups = compiler.groups();
        compiler.overlay(overlay);
        let Compiler {
            rules,
            sites,
            switches,
            ..
        } = compiler;
        let mut policy = Policy {
            vocabulary: self.vocabulary.clone(),
            calendar: self.calendar.clone(),
            names: self.names.clone(),
            groups,
            rules,
            switches,
            ladder: Ladder {
                version,
                sites: sites.build(),
                floor: self.vocabulary.floor(),
                against: self.vocabulary.against(),
                alerting: self.vocabulary.alerting(),
                established: named(&self.vocabulary, &["established"]),
                help: named(&self.vocabulary, &["help"]),
                private: named(&self.vocabulary, &PRIVATE),
                local: roster
                    .local_names
                    .iter()
                    .map(|name| name.as_str().into())
                    .collect(),
            },
            zones: roster.zones.clone(),
            zone_facts: roster.zone_facts.clone(),
            conduct: crate::conduct::Conduct::parse(&self.conduct, self, &mut own),
            expectations: self.expectations.settings.expect.clone(),
            essential: self.essential.settings.essential.clone(),
            packs: self
                .packs
                .values()
                .map(|pack| pack.settings.clone())
                .collect(),
            warnings: Faults::default(),
            memo: Mutex::new(Memo::default()),
        };
        checks::expectations(self, &mut own);
        if own.errors() == 0 && self.sound {
            checks::policy(self, &policy, &mut own);
        }
        let sound = own.errors() == 0 && self.sound;
        for fault in own
            .iter()
            .filter(|fault| fault.severity == model::Severity::Warning)
        {
            policy.warn(fault.clone());
        }
        faults.append(own);
        sound.then_some(policy)
    }
}

struct Compiler<'a> {
    /// Modes by id, each with its rule; several groups may have one of the same id.
    modes: Vec<(String, u16)>,
    draft: &'a Draft,
    roster: &'a Roster,
    faults: &'a mut Faults,
    rules: Vec<Rule>,
    sites: SiteIndexBuilder,
    switches: Vec<Switch>,
}

/// What the site entries of one rule share.
#[derive(Clone, Copy)]
struct SiteWords<'a> {
    sites: &'a [String],
    access: model::Access,
    rung: Rung,
    fallback: Option<Fallback>,
    /// Whether a fault of an entry stops the policy; parts of the overlay are left out instead.
    lenient: bool,
}

impl Compiler<'_> {
    /// Adds a rule; `None` when there is no place left, which is a fault.
    fn add(&mut self, rule: Rule) -> Option<u16> {
        let Ok(place) = u16::try_from(self.rules.len()) else {
            if self.rules.len() == usize::from(u16::MAX) + 1 {
                let what = "there are more than 65,536 rules, modes and overrides";
                self.faults.push(Fault::of_file(
                    "config/groups/",
                    what,
                    "join rules into packs",
                ));
            }
            return None;
        };
        self.rules.push(rule);
        Some(place)
    }

    /// Puts the sites of a rule into the index; gives back its categories.
    fn sites(
        &mut self,
        rule: u16,
        words: SiteWords<'_>,
        fault: &dyn Fn(usize, String) -> Fault,
    ) -> CategorySet {
        let mut categories = CategorySet::EMPTY;
        let entry = Entry {
            rule,
            rung: words.rung,
            access: words.access,
            reach: crate::site::Reach::Below,
            path: None,
            fallback: words.fallback,
        };
        for (index, text) in words.sites.iter().enumerate() {
            let site = match Site::parse(text) {
                Ok(site) => site,
                Err(wrong) => {
                    self.tell(words, fault(index, wrong.what).mend(wrong.mend));
                    continue;
                }
            };
            match site {
                Site::Name(site) => {
                    if site.reach == crate::site::Reach::Below && is_suffix(&site.name) {
                        let what = format!(
                            "`{}` does not reach the sites below it, for each belongs to somebody else",
                            site.name
                        );
                        let mend = format!(
                            "write `={0}` for it alone, or `*.{0}` for all below",
                            site.name
                        );
                        self.faults.push(fault(index, what).mend(mend).warning());
                    }
                    self.sites.add_name(&site, entry.clone());
                }
                Site::Address(address) => self.sites.add_address(address, entry.clone()),
                Site::Pack(id) => self.pack(&id, &entry, words, &|what| fault(index, what)),
                Site::Category(id) => match self.draft.vocabulary.find(&id) {
                    Some(found) if self.draft.vocabulary.against().contains(found) => {
                        categories.insert(found);
                    }
                    Some(_) => {
                        let what = format!("no rule can be about the category `{id}`");
                        let mend =
                            "the floor is closed always; allow-class categories stand in `open`";
                        self.tell(words, fault(index, what).mend(mend));
                    }
                    None => {
                        let known = self
                            .draft
                            .vocabulary
                            .iter()
                            .map(|(_, held)| held.id.as_str());
                        let mend = suggestion(&id, known, "name a category of categories.toml");
                        self.tell(
                            words,
                            fault(index, format!("no category `{id}`")).mend(mend),
                        );
                    }
                },
            }
        }
        categories
    }

    fn tell(&mut self, words: SiteWords<'_>, fault: Fault) {
        self.faults.push(if words.lenient {
            fault.warning()
        } else {
            fault
        });
    }

    /// Adds the sites of a pack; a pack holds names and paths alone.
    fn pack(
        &mut self,
        id: &str,
        entry: &Entry,
        words: SiteWords<'_>,
        fault: &dyn Fn(String) -> Fault,
    ) {
        let Some(pack) = self.draft.packs.get(id) else {
            let known = self.draft.packs.keys().map(String::as_str);
            let mend = suggestion(id, known, "name a file of `blocklists/packs`");
            self.tell(words, fault(format!("no pack `{id}`")).mend(mend));
            return;
        };
        for text in &pack.settings.sites {
            match Site::parse(text) {
                Ok(Site::Name(site)) => self.sites.add_name(&site, entry.clone()),
                Ok(Site::Address(address)) => self.sites.add_address(address, entry.clone()),
                // Told once, where the pack is read.
                Ok(Site::Pack(_) | Site::Category(_)) | Err(_) => {}
            }
        }
    }

    /// Reads `for`; a member that names nobody is told and left out.
    fn whom(&mut self, texts: &[String], fault: &dyn Fn(usize, String) -> Fault) -> Vec<Selector> {
        let mut named = Vec::with_capacity(texts.len());
        for (index, text) in texts.iter().enumerate() {
            match Selector::parse(text, &self.draft.names, self.roster) {
                Ok(selector) => named.push(selector),
                Err(wrong) => self.faults.push(fault(index, wrong.what).mend(wrong.mend)),
            }
        }
        named
    }

    /// Reads `when`; a schedule that is not known is told, and then nothing holds.
    fn when(&mut self, text: &str, fault: &dyn Fn(String) -> Fault) -> When {
        match When::parse(text, |id| self.draft.find_schedule(id)) {
            Ok(when) => when,
            Err(id) => {
                let known = self.draft.schedules().map(|(_, id, _)| id);
                let mend = suggestion(id, known, "name a schedule of calendar.toml, or `always`");
                self.faults
                    .push(fault(format!("no schedule `{id}`")).mend(mend));
                When::Switched
            }
        }
    }
}

/// The groups that are this one or extend it.
fn descendants(draft: &Draft, group: GroupIndex) -> impl Iterator<Item = GroupIndex> {
    draft
        .names
        .iter()
        .map(|(index, _)| index)
        .filter(move |index| {
            draft
                .group(*index)
                .is_some_and(|held| held.lineage.contains(&group))
        })
}

/// A fault at a key of an element of a list of tables.
fn element<'d>(
    document: &'d Document,
    list: &'static str,
    place: usize,
    key: &'static str,
) -> impl Fn(usize, String) -> Fault + 'd {
    move |index, what| {
        let steps: [Step<'_>; 4] = [list.into(), place.into(), key.into(), index.into()];
        document.fault(&steps, what)
    }
}

fn rule_fault(held: &GroupDraft, place: usize, key: &'static str, what: String) -> Fault {
    let steps: [Step<'_>; 3] = ["rule".into(), place.into(), key.into()];
    held.document.fault(&steps, what)
}

/// The categories of these ids that the vocabulary has.
fn named(vocabulary: &Vocabulary, ids: &[&str]) -> CategorySet {
    ids.iter().filter_map(|id| vocabulary.find(id)).collect()
}

fn has_path(settings: &RuleSettings, draft: &Draft) -> bool {
    let path =
        |text: &String| matches!(Site::parse(text), Ok(Site::Name(site)) if site.path.is_some());
    settings
        .sites
        .iter()
        .any(|text| match text.strip_prefix("pack:") {
            Some(id) => draft
                .packs
                .get(id)
                .is_some_and(|pack| pack.settings.sites.iter().any(path)),
            None => path(text),
        })
}

/// Never inspected, whatever a policy says.
const PRIVATE: [&str; 5] = ["banking", "health-rse", "help", "infrastructure", "update"];
