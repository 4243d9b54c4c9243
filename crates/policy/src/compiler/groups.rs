use super::Compiler;
use crate::draft::{GroupDraft, suggestion};
use crate::group::{Group, GroupFacts};
use crate::settings::{Fallback, GroupKind, GroupSettings};
use model::{Access, CategorySet, Fault, GroupIndex, Obligations, SafeSearch, YouTube};

impl Compiler<'_> {
    /// Compiles every group from its file and those it extends.
    pub(super) fn groups(&mut self) -> Vec<Group> {
        let levels = self.levels();
        let mut groups = Vec::with_capacity(self.draft.groups.len());
        for held in &self.draft.groups {
            let Some(index) = self.draft.names.find(&held.id) else {
                continue;
            };
            let kind = self
                .inherited(index, |settings| settings.kind.as_ref())
                .copied();
            let kind = kind.unwrap_or_default();
            let age = self
                .inherited(index, |settings| settings.age.as_ref())
                .copied();
            let words = self.words(index, held, &levels, kind, age);
            let open = self.open_labels(index, held);
            groups.push(self.group(index, held, kind, age, words, open));
        }
        groups
    }

    fn group(
        &self,
        index: GroupIndex,
        held: &GroupDraft,
        kind: GroupKind,
        age: Option<u8>,
        words: super::access::Words,
        open: CategorySet,
    ) -> Group {
        let staff = kind == GroupKind::Staff;
        let by_kind = |adult: Access, other: Access| if staff { adult } else { other };
        let literal = self.inherited(index, |settings| settings.literal_addresses.as_ref());
        Group {
            facts: GroupFacts {
                id: held.id.clone(),
                title: held.settings.title.clone(),
                kind,
                reading: self
                    .inherited(index, |settings| settings.reading.as_ref())
                    .copied()
                    .unwrap_or_default(),
                age,
                pupil: kind == GroupKind::Pupils,
                phrase_limit: self
                    .inherited(index, |settings| settings.phrases.as_ref()?.limit.as_ref())
                    .copied()
                    .unwrap_or(if staff { 160 } else { 100 }),
                extends: held.lineage.iter().skip(1).copied().collect(),
            },
            lineage: held.lineage.clone(),
            plain: words.plain,
            cells: words.cells,
            locked: words.locked,
            established: self
                .inherited(index, |settings| settings.established.as_ref())
                .copied()
                .unwrap_or(Access::Allow),
            unknown: self
                .inherited(index, |settings| settings.unknown.as_ref())
                .copied()
                .unwrap_or(by_kind(Access::Allow, Access::Block)),
            literal: literal
                .copied()
                .map_or(by_kind(Access::Allow, Access::Block), Fallback::access),
            open,
            walled: self.walled(index),
            overrides: self
                .inherited(index, |settings| settings.overrides.as_ref())
                .copied()
                .unwrap_or(true),
            obligations: self.obligations(index, staff),
        }
    }

    fn obligations(&self, index: GroupIndex, staff: bool) -> Obligations {
        let (search, youtube) = if staff {
            (SafeSearch::Off, YouTube::Off)
        } else {
            (SafeSearch::Strict, YouTube::Strict)
        };
        Obligations {
            monitor: false,
            alert: false,
            needs_url: false,
            safe_search: self
                .inherited(index, |settings| settings.safe_search.as_ref())
                .copied()
                .unwrap_or(search),
            youtube: self
                .inherited(index, |settings| settings.youtube.as_ref())
                .copied()
                .unwrap_or(youtube),
            inspect: self
                .inherited(index, |settings| settings.inspect.as_ref())
                .copied()
                .unwrap_or_default(),
        }
    }

    fn walled(&self, index: GroupIndex) -> bool {
        self.inherited(index, |settings| settings.walled_garden.as_ref())
            .copied()
            .unwrap_or(false)
    }

    /// The allow-class categories that open a site with no label against it.
    fn open_labels(&mut self, index: GroupIndex, held: &GroupDraft) -> CategorySet {
        let mut own = CategorySet::EMPTY;
        if let Some(ids) = &held.settings.open {
            own = self.open(ids, &|index, what| {
                held.document.fault(&["open".into(), index.into()], what)
            });
        }
        let vocabulary = &self.draft.vocabulary;
        let set = match self.inherited(index, |settings| settings.open.as_ref()) {
            Some(_) if held.settings.open.is_some() => own,
            Some(ids) => {
                ids.iter()
                    .filter_map(|id| vocabulary.find(id))
                    .collect::<CategorySet>()
                    & vocabulary.allow()
            }
            None if self.walled(index) => CategorySet::EMPTY,
            None => vocabulary.allow() & !super::named(vocabulary, &["established"]),
        };
        set | self.help()
    }

    /// Reads a list of allow-class categories.
    pub(super) fn open(
        &mut self,
        ids: &[String],
        fault: &dyn Fn(usize, String) -> Fault,
    ) -> CategorySet {
        let vocabulary = &self.draft.vocabulary;
        let mut set = CategorySet::EMPTY;
        for (index, id) in ids.iter().enumerate() {
            match vocabulary.find(id) {
                Some(found) if vocabulary.allow().contains(found) => set.insert(found),
                Some(_) => {
                    let what = format!("`{id}` is not an allow-class category");
                    self.faults
                        .push(fault(index, what).mend("give it a word in `access`"));
                }
                None => {
                    let known = vocabulary
                        .iter()
                        .filter(|(id, _)| vocabulary.allow().contains(*id));
                    let known = known.map(|(_, held)| held.id.as_str());
                    let mend = suggestion(id, known, "name an allow-class category");
                    self.faults
                        .push(fault(index, format!("no category `{id}`")).mend(mend));
                }
            }
        }
        set
    }

    /// A key of the nearest file that writes it.
    pub(super) fn inherited<'a, T>(
        &'a self,
        group: GroupIndex,
        key: impl Fn(&'a GroupSettings) -> Option<&'a T>,
    ) -> Option<&'a T> {
        let held = self.draft.group(group)?;
        held.lineage
            .iter()
            .filter_map(|parent| self.draft.group(*parent))
            .find_map(|parent| key(&parent.settings))
    }
}
