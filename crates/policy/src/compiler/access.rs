use super::Compiler;
use crate::draft::{GroupDraft, suggestion};
use crate::group::{Cell, Item, Level, opens};
use crate::rule::Masks;
use crate::settings::{AccessItem, AccessSetting, ConditionalWord, GroupKind};
use model::{Access, Category, CategoryDefault, CategoryId, CategorySet, Fault, GroupIndex, Step};

/// What a group gets of all categories.
pub(super) struct Words {
    pub(super) plain: Masks,
    pub(super) cells: Vec<Cell>,
    pub(super) locked: CategorySet,
}

impl Compiler<'_> {
    /// The levels of every group and category, as their files write them.
    pub(super) fn levels(&mut self) -> Vec<Vec<(CategoryId, Level)>> {
        let mut all = Vec::with_capacity(self.draft.groups.len());
        for held in &self.draft.groups {
            let mut own = Vec::new();
            for (id, setting) in &held.settings.access {
                let steps: [Step<'_>; 2] = ["access".into(), id.as_str().into()];
                let Some(category) =
                    self.against(id, &|what| held.document.key_fault(&steps, what))
                else {
                    continue;
                };
                let level = self.level(held, id, setting);
                own.push((category, level));
            }
            all.push(own);
        }
        all
    }

    /// Joins the levels of a group and of those it extends.
    pub(super) fn words(
        &mut self,
        group: GroupIndex,
        held: &GroupDraft,
        levels: &[Vec<(CategoryId, Level)>],
        kind: GroupKind,
        age: Option<u8>,
    ) -> Words {
        let mut words = Words {
            plain: Masks::default(),
            cells: Vec::new(),
            locked: CategorySet::EMPTY,
        };
        for (id, category) in self.draft.vocabulary.iter() {
            if !self.draft.vocabulary.against().contains(id) {
                continue;
            }
            let chain: Vec<Level> = held
                .lineage
                .iter()
                .filter_map(|parent| levels.get(usize::from(parent.0)))
                .filter_map(|own| own.iter().find(|(held, _)| *held == id))
                .map(|(_, level)| level.clone())
                .collect();
            self.check_words(group, held, category, &chain, age);
            if category.locked {
                words.locked.insert(id);
            }
            let otherwise = default_word(category, kind, age);
            if chain.iter().all(|level| level.items.is_empty()) {
                let word = chain.iter().find_map(|level| level.fallback);
                words.plain.set(id, word.unwrap_or(otherwise));
            } else {
                words.plain.set(id, Access::Block);
                words.cells.push(Cell {
                    category: id,
                    levels: chain,
                    otherwise,
                });
            }
        }
        words
    }

    /// Finds a category that a policy may have a word for.
    pub(super) fn against(
        &mut self,
        id: &str,
        fault: &dyn Fn(String) -> Fault,
    ) -> Option<CategoryId> {
        let vocabulary = &self.draft.vocabulary;
        match vocabulary.find(id) {
            Some(found) if vocabulary.against().contains(found) => Some(found),
            Some(found) if vocabulary.floor().contains(found) => {
                let what = format!("`{id}` belongs to the floor, which is closed always");
                self.faults.push(fault(what).mend("take the line out"));
                None
            }
            Some(_) => {
                let what = format!("`{id}` opens, and has no word of its own");
                self.faults.push(fault(what).mend("name it in `open`"));
                None
            }
            None => {
                let known = vocabulary.iter().map(|(_, held)| held.id.as_str());
                let mend = suggestion(id, known, "name a category of categories.toml");
                self.faults
                    .push(fault(format!("no category `{id}`")).mend(mend));
                None
            }
        }
    }

    fn level(&mut self, held: &GroupDraft, id: &str, setting: &AccessSetting) -> Level {
        let mut level = Level::default();
        match setting {
            AccessSetting::Word(access) => level.fallback = Some(*access),
            AccessSetting::Conditional(word) => {
                let steps: [Step<'_>; 2] = ["access".into(), id.into()];
                level.items.extend(self.item(held, &steps, word));
            }
            AccessSetting::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    let steps: [Step<'_>; 3] = ["access".into(), id.into(), index.into()];
                    match item {
                        AccessItem::Word(access) if level.fallback.is_none() => {
                            level.fallback = Some(*access)
                        }
                        AccessItem::Word(_) => {
                            let what = format!("`{id}` has two plain words");
                            self.faults
                                .push(held.document.fault(&steps, what).mend("leave one of them"));
                        }
                        AccessItem::Conditional(word) => {
                            level.items.extend(self.item(held, &steps, word))
                        }
                    }
                }
            }
        }
        level
    }

    fn item(
        &mut self,
        held: &GroupDraft,
        steps: &[Step<'_>],
        word: &ConditionalWord,
    ) -> Option<Item> {
        let written: Vec<_> = word.written().collect();
        let [(access, key, text)] = written[..] else {
            let what = match written.len() {
                0 => "no word is written".to_owned(),
                _ => "more than one word is written".to_owned(),
            };
            let mend = "write one of allow, monitor, warn, permission, block, such as `{ allow = \"breaks\" }`";
            self.faults
                .push(held.document.fault(steps, what).mend(mend));
            return None;
        };
        let at = |key: &'static str| [steps, &[key.into()]].concat();
        let whom = at("for");
        let named = self.whom(&word.whom, &|index, what| {
            held.document
                .fault(&[&whom[..], &[index.into()]].concat(), what)
        });
        let when = self.when(text, &|what| held.document.fault(&at(key), what));
        if word.lock && access != Access::Block {
            let what = format!("`{access}` cannot be locked");
            self.faults.push(
                held.document
                    .fault(&at("lock"), what)
                    .mend("a lock closes: only `block` takes it"),
            );
        }
        let known = word.whom.is_empty() || !named.is_empty();
        known.then_some(Item {
            access,
            when,
            named,
            lock: word.lock,
        })
    }

    /// What a file may not say of a category, and what somebody should look at.
    fn check_words(
        &mut self,
        group: GroupIndex,
        held: &GroupDraft,
        category: &Category,
        chain: &[Level],
        age: Option<u8>,
    ) {
        let id = category.id.as_str();
        if !held.settings.access.contains_key(id) || held.lineage.first() != Some(&group) {
            return;
        }
        let Some((own, above)) = chain.split_first() else {
            return;
        };
        let steps: [Step<'_>; 2] = ["access".into(), id.into()];
        let fault = |what: String| held.document.fault(&steps, what);
        let opening =
            own.fallback.is_some_and(opens) || own.items.iter().any(|item| opens(item.access));
        if opening && category.locked {
            let what = format!("no policy may open `{id}`");
            self.faults
                .push(fault(what).mend("take the line out; the vocabulary locks it"));
        }
        if opening
            && above
                .iter()
                .any(|level| level.items.iter().any(|item| item.lock))
        {
            let what = format!("`{id}` is locked by a group that this one extends");
            self.faults.push(
                fault(what).mend("a child never loosens a lock of its parent; change the parent"),
            );
        }
        if let (Some(minimum), Some(age)) = (category.minimum_age, age)
            && opening
            && age < minimum
        {
            let what = format!("`{id}` asks for {minimum} years, and the youngest here are {age}");
            let mend = "keep it closed, or name single sites in a rule";
            self.faults.push(fault(what).mend(mend).warning());
        }
    }
}

/// What a group gets of a category when no file says anything.
pub(super) fn default_word(category: &Category, kind: GroupKind, age: Option<u8>) -> Access {
    let adult = match kind {
        GroupKind::Staff => true,
        GroupKind::Pupils | GroupKind::Guests | GroupKind::Things => false,
    };
    let young = !adult
        && matches!((category.minimum_age, age), (Some(minimum), Some(age)) if age < minimum);
    match category.default.unwrap_or_default() {
        CategoryDefault::Block => Access::Block,
        CategoryDefault::Pupils if adult => Access::Allow,
        CategoryDefault::Pupils => Access::Block,
        CategoryDefault::Open if young => Access::Block,
        CategoryDefault::Open => Access::Allow,
    }
}
