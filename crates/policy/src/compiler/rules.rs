use super::{Compiler, SiteWords, descendants, element, has_path, rule_fault};
use crate::draft::{GroupDraft, suggestion};
use crate::rule::{Masks, Rule, RuleKind, When, Whole, Whom};
use crate::settings::{ModeKind, ModeSettings, RuleSettings};
use crate::site::Site;
use crate::who::GroupSet;
use model::{Access, CategorySet, GroupIndex, Inspect, Rung, Step};
use std::collections::BTreeMap;

impl Compiler<'_> {
    /// Defines the rules of all files: packs, sentences, modes, learning sites.
    ///
    /// A rule is defined once, where it is written, so that groups which inherit it share it.
    pub(super) fn define(&mut self) {
        self.define_packs();
        for place in 0..self.draft.groups.len() {
            let held = &self.draft.groups[place];
            let Some(group) = self.draft.names.find(&held.id) else {
                continue;
            };
            self.check_removed(group, held);
            for (place, settings) in held.settings.rule.iter().enumerate() {
                self.define_rule(group, held, place, settings);
            }
            for (place, settings) in held.settings.mode.iter().enumerate() {
                self.define_mode(group, held, place, settings);
            }
            self.define_learning(group, held);
        }
    }

    /// One rule a pack, for all groups that have it open.
    fn define_packs(&mut self) {
        let mut having: BTreeMap<String, GroupSet> = BTreeMap::new();
        for (group, _) in self.draft.names.iter() {
            for id in self
                .inherited(group, |settings| settings.packs.as_ref())
                .into_iter()
                .flatten()
            {
                having.entry(id.clone()).or_default().insert(group);
            }
        }
        for held in &self.draft.groups {
            for (index, id) in held.settings.packs.iter().flatten().enumerate() {
                if !self.draft.packs.contains_key(id) {
                    let known = self.draft.packs.keys().map(String::as_str);
                    let mend = suggestion(id, known, "name a file of `blocklists/packs`");
                    let fault = held
                        .document
                        .fault(&["packs".into(), index.into()], format!("no pack `{id}`"));
                    self.faults.push(fault.mend(mend));
                }
            }
        }
        for (id, pack) in &self.draft.packs {
            for (index, text) in pack.settings.sites.iter().enumerate() {
                let wrong = match Site::parse(text) {
                    Ok(Site::Name(_) | Site::Address(_)) => continue,
                    Ok(Site::Pack(_) | Site::Category(_)) => (
                        format!("`{text}` cannot stand in a pack"),
                        "name the sites".to_owned(),
                    ),
                    Err(wrong) => (wrong.what, wrong.mend),
                };
                let fault = pack
                    .document
                    .fault(&["sites".into(), index.into()], wrong.0);
                self.faults.push(fault.mend(wrong.1));
            }
            let Some(groups) = having.get(id) else {
                continue;
            };
            let whom = Whom {
                groups: Some(groups.clone()),
                ..Whom::default()
            };
            let rule = written(&format!("pack {}", pack.settings.title), Rung::Site, whom);
            let sites = [format!("pack:{id}")];
            if let Some(place) = self.add(Rule {
                reason: Some(pack.settings.reason.clone()),
                ..rule
            }) {
                let words = SiteWords {
                    sites: &sites,
                    access: Access::Allow,
                    rung: Rung::Site,
                    fallback: None,
                    lenient: false,
                };
                self.sites(place, words, &|_, what| pack.document.fault(&[], what));
            }
        }
    }

    fn define_rule(
        &mut self,
        group: GroupIndex,
        held: &GroupDraft,
        place: usize,
        settings: &RuleSettings,
    ) {
        let fault = |key: &'static str, what: String| rule_fault(held, place, key, what);
        self.check_rule(group, held, place, settings);
        let named = self.whom(
            &settings.whom,
            &element(&held.document, "rule", place, "for"),
        );
        let when = settings.when.as_deref().map_or(When::Always, |text| {
            self.when(text, &|what| fault("when", what))
        });
        let whom = self.reach(group, &settings.name, named);
        let calendar = &self.draft.calendar;
        let (from, until) = (
            settings.from.and_then(|day| calendar.start_of(day.0)),
            settings.until.and_then(|day| calendar.end_of(day.0)),
        );
        let rung = if settings.lock {
            Rung::Lock
        } else {
            Rung::Site
        };
        let rule = Rule {
            reason: settings.reason.clone(),
            when,
            from,
            until,
            ..written(&settings.name, rung, whom)
        };
        let Some(index) = self.add(rule) else { return };
        let words = SiteWords {
            sites: &settings.sites,
            access: settings.action,
            rung,
            fallback: settings.host_fallback,
            lenient: false,
        };
        let categories = self.sites(
            index,
            words,
            &element(&held.document, "rule", place, "sites"),
        );
        self.rules[usize::from(index)]
            .masks
            .tighten(settings.action, categories);
    }

    /// Who has a rule: the group of its file and its children, or those it names.
    fn reach(&self, group: GroupIndex, name: &str, named: Vec<crate::who::Selector>) -> Whom {
        let mut groups = GroupSet::default();
        for child in descendants(self.draft, group) {
            groups.insert(child);
        }
        let mut except = GroupSet::default();
        for (child, _) in self.draft.names.iter() {
            let removed = self.draft.group(child).is_some_and(|held| {
                let nearer = held.lineage.iter().take_while(|held| **held != group);
                held.lineage.contains(&group)
                    && nearer
                        .filter_map(|nearer| self.draft.group(*nearer))
                        .any(|nearer| nearer.settings.remove.iter().any(|removed| removed == name))
            });
            if removed {
                except.insert(child);
            }
        }
        Whom {
            groups: named.is_empty().then_some(groups),
            named,
            except,
        }
    }

    fn check_rule(
        &mut self,
        group: GroupIndex,
        held: &GroupDraft,
        place: usize,
        settings: &RuleSettings,
    ) {
        let fault = |key: &'static str, what: String| rule_fault(held, place, key, what);
        let name = &settings.name;
        let twice = held.lineage.iter().any(|parent| {
            self.draft.group(*parent).is_some_and(|parent| {
                let rules = parent.settings.rule.iter();
                let count = if parent.id == held.id {
                    place
                } else {
                    parent.settings.rule.len()
                };
                rules.take(count).any(|other| other.name == *name)
            })
        });
        if twice && !held.settings.remove.contains(name) {
            let mend = "give it another name, or remove the inherited one";
            self.faults
                .push(fault("name", format!("rule `{name}` stands twice")).mend(mend));
        }
        if settings.sites.is_empty() {
            let mend = "name at least one site";
            self.faults
                .push(fault("sites", format!("rule `{name}` is about nothing")).mend(mend));
        }
        if settings.lock && settings.action != Access::Block {
            let what = format!("rule `{name}` locks `{}`", settings.action);
            self.faults
                .push(fault("lock", what).mend("a lock closes: write `action = \"block\"`"));
        }
        if let (Some(from), Some(until)) = (settings.from, settings.until)
            && until < from
        {
            let what = format!("rule `{name}` never applies: it ends before it begins");
            self.faults.push(
                fault("until", what)
                    .mend("let `until` be the last day")
                    .warning(),
            );
        }
        if settings.host_fallback.is_none() && has_path(settings, self.draft) {
            self.check_path(group, held, place, settings);
        }
    }

    /// A path is not seen over HTTPS without full inspection; then the rule must say what holds.
    fn check_path(
        &mut self,
        group: GroupIndex,
        held: &GroupDraft,
        place: usize,
        settings: &RuleSettings,
    ) {
        let inspected = |group: GroupIndex| {
            self.inherited(group, |settings| settings.inspect.as_ref()) == Some(&Inspect::Full)
        };
        let blind = descendants(self.draft, group).find(|child| !inspected(*child));
        if let Some(blind) = blind.filter(|_| settings.whom.is_empty() || !inspected(group)) {
            let blind = self.draft.names.name(blind).unwrap_or("?");
            let what = format!(
                "rule `{}` names a path, which no door sees over HTTPS for `{blind}`",
                settings.name
            );
            let mend = "add `host_fallback = \"block\"` or `\"allow\"` for the whole host, or `inspect = \"full\"`";
            self.faults
                .push(rule_fault(held, place, "sites", what).mend(mend));
        }
    }

    fn define_mode(
        &mut self,
        group: GroupIndex,
        held: &GroupDraft,
        place: usize,
        settings: &ModeSettings,
    ) {
        let fault = |key: &'static str, what: String| {
            let steps: [Step<'_>; 3] = ["mode".into(), place.into(), key.into()];
            held.document.fault(&steps, what)
        };
        let id = &settings.id;
        if held.settings.mode[..place]
            .iter()
            .any(|other| other.id == *id)
        {
            self.faults
                .push(fault("id", format!("mode `{id}` stands twice")).mend("give it another id"));
        }
        if place >= MOST_MODES {
            self.faults
                .push(fault("id", format!("more than {MOST_MODES} modes")).mend("join modes"));
            return;
        }
        let mut open = self.open(&settings.open, &|index, what| {
            held.document.fault(
                &["mode".into(), place.into(), "open".into(), index.into()],
                what,
            )
        });
        open |= self.help();
        let mut masks = Masks::default();
        let whole =
            match settings.kind {
                ModeKind::Allowlist => {
                    if settings.action.is_some() || !settings.access.is_empty() {
                        let what = format!("mode `{id}` is an allowlist and has words");
                        self.faults
                            .push(fault("kind", what).mend(
                                "write `kind = \"word\"`, or take `action` and `access` out",
                            ));
                    }
                    Some(Whole {
                        access: Access::Block,
                        open,
                    })
                }
                ModeKind::Word => {
                    masks = self.mode_words(held, place, settings);
                    if settings.action.is_some_and(crate::group::opens) {
                        let what = format!("mode `{id}` would open everything");
                        self.faults.push(fault("action", what).mend(
                            "write `block` or `permission`; open single categories in `access`",
                        ));
                    }
                    if settings.action.is_none() && masks.spoken().is_empty() {
                        self.faults.push(
                            fault("kind", format!("mode `{id}` says nothing"))
                                .mend("write `action = \"block\"`"),
                        );
                    }
                    settings.action.map(|access| Whole { access, open })
                }
            };
        let when = settings.when.as_deref().map_or(When::Switched, |text| {
            self.when(text, &|what| fault("when", what))
        });
        let rule = Rule {
            reason: settings.reason.clone(),
            masks,
            whole,
            when,
            kind: RuleKind::Mode,
            ..written(
                &settings.title,
                Rung::Mode,
                self.reach(group, id, Vec::new()),
            )
        };
        let Some(index) = self.add(rule) else { return };
        self.modes.push((id.clone(), index));
        let words = SiteWords {
            sites: &settings.sites,
            access: Access::Allow,
            rung: Rung::Mode,
            fallback: None,
            lenient: false,
        };
        self.sites(
            index,
            words,
            &element(&held.document, "mode", place, "sites"),
        );
    }

    fn mode_words(&mut self, held: &GroupDraft, place: usize, settings: &ModeSettings) -> Masks {
        let mut masks = Masks::default();
        for (id, access) in &settings.access {
            let steps: [Step<'_>; 4] = [
                "mode".into(),
                place.into(),
                "access".into(),
                id.as_str().into(),
            ];
            if let Some(category) = self.against(id, &|what| held.document.key_fault(&steps, what))
            {
                masks.set(category, *access);
            }
        }
        masks
    }

    fn define_learning(&mut self, group: GroupIndex, held: &GroupDraft) {
        let Some(sites) = &held.settings.learning else {
            return;
        };
        let mut groups = GroupSet::default();
        for child in descendants(self.draft, group) {
            // The nearest file that writes the key is the one that counts.
            let nearest = self.draft.group(child).and_then(|held| {
                held.lineage.iter().copied().find(|held| {
                    self.draft
                        .group(*held)
                        .is_some_and(|held| held.settings.learning.is_some())
                })
            });
            if nearest == Some(group) {
                groups.insert(child);
            }
        }
        let whom = Whom {
            groups: Some(groups),
            ..Whom::default()
        };
        let rule = Rule {
            kind: RuleKind::Learning,
            ..written("learning sites", Rung::Paused, whom)
        };
        let Some(index) = self.add(rule) else { return };
        let words = SiteWords {
            sites,
            access: Access::Allow,
            rung: Rung::Paused,
            fallback: None,
            lenient: false,
        };
        self.sites(index, words, &|index, what| {
            held.document
                .fault(&["learning".into(), index.into()], what)
        });
    }

    /// What `remove` names must be inherited, and must not be a lock.
    fn check_removed(&mut self, group: GroupIndex, held: &GroupDraft) {
        let parents: Vec<&GroupDraft> = held
            .lineage
            .iter()
            .filter(|parent| **parent != group)
            .filter_map(|parent| self.draft.group(*parent))
            .collect();
        for (index, name) in held.settings.remove.iter().enumerate() {
            let fault = |what: String| held.document.fault(&["remove".into(), index.into()], what);
            let rules = || parents.iter().flat_map(|parent| &parent.settings.rule);
            let modes = || parents.iter().flat_map(|parent| &parent.settings.mode);
            if rules().any(|rule| rule.name == *name && rule.lock) {
                let mend = "a child never loosens a lock of its parent; change the parent";
                self.faults.push(
                    fault(format!("rule `{name}` is locked and cannot be removed")).mend(mend),
                );
            } else if !rules().any(|rule| rule.name == *name)
                && !modes().any(|mode| mode.id == *name)
            {
                let known = rules()
                    .map(|rule| rule.name.as_str())
                    .chain(modes().map(|mode| mode.id.as_str()));
                let mend = suggestion(name, known, "take the line out");
                self.faults
                    .push(fault(format!("`{name}` is not inherited")).mend(mend));
            }
        }
    }

    pub(super) fn help(&self) -> CategorySet {
        super::named(&self.draft.vocabulary, &["help"])
    }
}

/// A rule that says nothing but for its sites.
pub(super) fn written(name: &str, rung: Rung, whom: Whom) -> Rule {
    Rule {
        name: name.to_owned(),
        reason: None,
        rung,
        masks: Masks::default(),
        whole: None,
        whom,
        when: When::Always,
        from: None,
        until: None,
        kind: RuleKind::Written,
    }
}

/// A view holds the modes in the bits of one word; with what it inherits a group stays below.
const MOST_MODES: usize = 16;
