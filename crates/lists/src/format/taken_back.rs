use matcher::Coverage;
use model::Name;
use std::collections::{HashMap, HashSet};

/// What a list takes back of its own entries, and which of its rules it cancels.
#[derive(Debug, Default)]
pub(super) struct TakenBack {
    lifts: Vec<Lift>,
    by_name: HashMap<String, Vec<usize>>,
    /// The lifts below each name.
    below: HashMap<String, Vec<usize>>,
    cancelled: HashSet<String>,
}

#[derive(Debug)]
struct Lift {
    name: String,
    coverage: Coverage,
    important: bool,
    file: Option<String>,
    line: usize,
    not_enforced: bool,
}

/// A lift that could not be kept.
pub(super) struct NotEnforced<'a> {
    pub(super) name: &'a str,
    pub(super) file: Option<&'a str>,
    pub(super) line: usize,
}

/// What has become of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Stands,
    TakenBack,
}

impl TakenBack {
    pub(super) fn add(
        &mut self,
        name: Name<'_>,
        coverage: Coverage,
        important: bool,
        file: Option<&str>,
        line: usize,
    ) {
        if self.lifts.len() >= MOST {
            return;
        }
        let at = self.lifts.len();
        let key = name.as_str().to_owned();
        let mut above = name.parent();
        while let Some(parent) = above {
            let below = self.below.entry(parent.as_str().to_owned());
            below.or_default().push(at);
            above = parent.parent();
        }
        self.by_name.entry(key.clone()).or_default().push(at);
        self.lifts.push(Lift {
            name: key,
            coverage,
            important,
            file: file.map(str::to_owned),
            line,
            not_enforced: false,
        });
    }

    /// Whether there is no room for more.
    pub(super) fn is_full(&self) -> bool {
        self.lifts.len() >= MOST
    }

    pub(super) fn cancel(&mut self, rule: String) {
        if self.cancelled.len() < MOST {
            self.cancelled.insert(rule);
        }
    }

    pub(super) fn cancels(&self) -> bool {
        !self.cancelled.is_empty()
    }

    pub(super) fn is_cancelled(&self, rule: &str) -> bool {
        self.cancelled.contains(rule)
    }

    /// Whether an entry stands; remembers which lifts it would need to be split for.
    pub(super) fn standing(
        &mut self,
        name: Name<'_>,
        coverage: Coverage,
        important: bool,
    ) -> Standing {
        if self.lifts.is_empty() {
            return Standing::Stands;
        }
        let lifts = &mut self.lifts;
        let holds = |lift: &Lift| lift.important || !important;
        let mut at = Some(name);
        while let Some(suffix) = at {
            for &number in self.by_name.get(suffix.as_str()).into_iter().flatten() {
                let lift = &mut lifts[number];
                let whole = if suffix == name {
                    lift.coverage == coverage
                        || is_below(lift.coverage) && covers_name(lift.coverage)
                } else {
                    is_below(lift.coverage)
                };
                if holds(lift) && whole {
                    return Standing::TakenBack;
                }
                lift.not_enforced |= holds(lift) && suffix == name;
            }
            at = suffix.parent();
        }
        if is_below(coverage) {
            for &number in self.below.get(name.as_str()).into_iter().flatten() {
                let lift = &mut lifts[number];
                lift.not_enforced |= holds(lift);
            }
        }
        Standing::Stands
    }

    /// The lifts below names that the list closes.
    pub(super) fn not_enforced(&self) -> impl Iterator<Item = NotEnforced<'_>> {
        let lifts = self.lifts.iter().filter(|lift| lift.not_enforced);
        lifts.map(|lift| NotEnforced {
            name: &lift.name,
            file: lift.file.as_deref(),
            line: lift.line,
        })
    }
}

const fn is_below(coverage: Coverage) -> bool {
    match coverage {
        Coverage::Name => false,
        Coverage::NameAndBelow | Coverage::Below | Coverage::NameAndBeyond => true,
    }
}

const fn covers_name(coverage: Coverage) -> bool {
    match coverage {
        Coverage::Below => false,
        Coverage::Name | Coverage::NameAndBelow | Coverage::NameAndBeyond => true,
    }
}

/// No published list takes back more than some thousands.
pub(super) const MOST: usize = 200_000;
