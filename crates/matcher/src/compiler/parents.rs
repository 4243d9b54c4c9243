//! The names above each name that are listed too.

use super::placing::Placed;
use crate::hash::Walk;
use crate::prefetch::prefetch;
use std::collections::VecDeque;

/// Finds the listed parents of all names, one name after the other.
///
/// The buckets of a name's parents are asked for some names ahead: they lie anywhere.
pub(super) struct Parents<'a> {
    placed: &'a Placed,
    asked: VecDeque<Asked>,
    /// The first name that was not asked for.
    next: u32,
}

/// A parent that may be listed.
struct Asked {
    name: u32,
    /// Where in the name it starts.
    start: usize,
    lanes: crate::hash::Lanes,
}

impl<'a> Parents<'a> {
    pub(super) const fn new(placed: &'a Placed) -> Self {
        Self {
            placed,
            asked: VecDeque::new(),
            next: 0,
        }
    }

    /// The listed parents of a name, the longest first, with where they start in it; names come
    /// in ascending order.
    pub(super) fn of(&mut self, name: u32, found: &mut Vec<(usize, u32)>) {
        let end = (self.placed.count() as u32).min(name.saturating_add(AHEAD));
        while self.next < end {
            self.ask(self.next);
            self.next += 1;
        }
        found.clear();
        let text = self.placed.text(name);
        while let Some(asked) = self.asked.pop_front_if(|asked| asked.name <= name) {
            let parent = self.placed.find(asked.lanes);
            if let Some(parent) = parent.filter(|_| asked.name == name)
                && self.placed.text(parent) == &text[asked.start..]
            {
                found.push((asked.start, parent));
            }
        }
        found.reverse();
    }

    fn ask(&mut self, name: u32) {
        let mut walk = Walk::new(self.placed.text(name), self.placed.key);
        let mut depth = 0;
        while let Some(start) = walk.step().filter(|&start| start > 0) {
            depth += 1;
            if self.placed.depths & (1 << depth) == 0 {
                continue;
            }
            let lanes = walk.lanes();
            let home = lanes.home(self.placed.filled.homes);
            if let Some(bucket) = self.placed.filled.buckets.get(home) {
                prefetch(bucket);
            }
            self.asked.push_back(Asked { name, start, lanes });
        }
    }
}

/// Names ahead; each has one or two parents to ask for.
const AHEAD: u32 = 12;
