use super::members::row_of;
use super::report::CompileError;
use crate::layout::{MOST_SETS, Member, Row};
use model::CategorySet;
use std::collections::HashMap;

/// All label sets, each stored once.
pub(super) struct Sets {
    pub(super) rows: Vec<Row>,
    pub(super) members: Vec<Member>,
    /// The categories that open.
    allow: CategorySet,
    numbers: HashMap<(bool, Box<[Member]>), u32>,
}

impl Sets {
    pub(super) fn new(allow: CategorySet) -> Self {
        Self {
            // Number zero is the empty set, which marks an empty slot.
            rows: vec![Row::default()],
            members: Vec::new(),
            allow,
            numbers: HashMap::new(),
        }
    }

    /// The number of a set; `covered` when an exception covers its names.
    pub(super) fn number(
        &mut self,
        members: &mut [Member],
        covered: bool,
    ) -> Result<u32, CompileError> {
        members.sort_unstable();
        // A look-up without a key of its own spares an allocation for each of millions of names.
        if let Some(&number) = self
            .numbers
            .get(&(covered, members as &[Member]) as &dyn SetKey)
        {
            return Ok(number);
        }
        let many = || CompileError::Many { what: "label sets" };
        let number = u32::try_from(self.rows.len()).map_err(|_| many())?;
        if self.rows.len() >= MOST_SETS {
            return Err(many());
        }
        let start = u32::try_from(self.members.len()).map_err(|_| many())?;
        let count = u32::try_from(members.len()).map_err(|_| many())?;
        self.members.extend_from_slice(members);
        self.rows.push(Row {
            start,
            count,
            ..row_of(members, covered, self.allow)
        });
        self.numbers.insert((covered, members.into()), number);
        Ok(number)
    }
}

/// Lets the map be asked with a borrowed set.
trait SetKey {
    fn parts(&self) -> (bool, &[Member]);
}

impl SetKey for (bool, Box<[Member]>) {
    fn parts(&self) -> (bool, &[Member]) {
        (self.0, &self.1)
    }
}

impl SetKey for (bool, &[Member]) {
    fn parts(&self) -> (bool, &[Member]) {
        (self.0, self.1)
    }
}

impl<'a> std::borrow::Borrow<dyn SetKey + 'a> for (bool, Box<[Member]>) {
    fn borrow(&self) -> &(dyn SetKey + 'a) {
        self
    }
}

impl PartialEq for dyn SetKey + '_ {
    fn eq(&self, other: &Self) -> bool {
        self.parts() == other.parts()
    }
}

impl Eq for dyn SetKey + '_ {}

impl std::hash::Hash for dyn SetKey + '_ {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.parts().hash(state);
    }
}
