//! What entries put into label sets.

use super::input::Input;
use super::names::Record;
use crate::Coverage;
use crate::layout::{Member, Row};
use crate::list::is_floor;
use model::{CategoryId, CategorySet};

impl Input {
    /// What a list puts into a label set.
    pub(super) fn members_of_list(&self, list: u16, coverage: u8, out: &mut Vec<Member>) {
        let meta = &self.lists[usize::from(list)];
        for category in meta.categories.iter() {
            out.push(Member {
                list,
                category: category.place() as u8,
                flags: coverage | self.liftable(meta.third_party, category),
            });
        }
    }

    /// What the entry of a name puts into the label set of that name.
    pub(super) fn members_of(&self, record: Record, name: &[u8], out: &mut Vec<Member>) {
        let mut push = |category: CategoryId, liftable: u8| {
            let flags = record.coverage | liftable;
            let category = category.place() as u8;
            match out
                .iter_mut()
                .find(|have| have.list == record.list && have.category == category)
            {
                Some(have) => have.flags |= flags,
                None => out.push(Member {
                    list: record.list,
                    category,
                    flags,
                }),
            }
        };
        if self.is_exceptions(record.list) {
            let name = String::from_utf8_lossy(name);
            if let Some(class) = self.exceptions.get(&*name).and_then(|found| found.class) {
                push(class, 0);
            }
            return;
        }
        let meta = &self.lists[usize::from(record.list)];
        for category in meta.categories.iter() {
            push(category, self.liftable(meta.third_party, category));
        }
    }

    fn liftable(&self, third_party: bool, category: CategoryId) -> u8 {
        let against = !is_floor(category) && !self.allow.contains(category);
        if third_party && against {
            Member::LIFTABLE
        } else {
            0
        }
    }
}

/// The masks of a set of members; `allow` are the categories that open.
pub(super) fn row_of(members: &[Member], covered: bool, allow: CategorySet) -> Row {
    let mut row = Row {
        flags: Row::FREE,
        ..Row::default()
    };
    for member in members {
        let bit = 1u128 << member.category;
        let (name, below) = (member.has(Coverage::NAME), member.has(Coverage::BELOW));
        let lifted = member.has(Member::LIFTED);
        let crosses = member.has(Coverage::CROSSES);
        if name && !lifted {
            row.name |= bit;
        }
        if below && !lifted {
            row.below |= bit;
        }
        if below && crosses {
            row.crossing |= bit;
        }
        if name && lifted {
            row.flags |= Row::LIFTED_NAME;
        }
        if below && lifted {
            row.flags |= Row::LIFTED_BELOW;
        }
        if below && (!crosses || lifted) {
            row.flags &= !Row::FREE;
        }
        if allow.bits() & bit != 0 {
            row.flags |= Row::EXACT;
        }
    }
    if covered {
        row.flags |= Row::COVERED | Row::EXACT;
        row.flags &= !Row::FREE;
    }
    row
}
