//! What a teacher may unlock for a class, and the bounds of a lesson.

use super::Desk;
use super::force::Force;
use super::validate::InvalidChange;
use crate::change::lets_in;
use crate::{Acting, Change};
use model::{CategorySet, Moment};

impl Desk {
    /// The categories that a lesson of a class may unlock now: what the policy leaves to its
    /// teacher in some group that its members really have.
    ///
    /// More cannot be opened than that: a lesson lifts nothing but what waits for permission in
    /// the group of each who sits in it, at each moment (SCH-06). Of a class of which nobody is
    /// known just now, all groups of pupils are asked.
    pub fn unlockable(&self, class: &str) -> CategorySet {
        let force = self.force();
        force.map_or(CategorySet::EMPTY, |force| {
            self.lifted(&force, class, self.now())
        })
    }

    /// What some member of a class has that waits for permission.
    fn lifted(&self, force: &Force, class: &str, at: Moment) -> CategorySet {
        let (policy, identifier) = (force.state.policy(), force.state.identifier());
        let Some(index) = identifier.roster().classes.find(class) else {
            return CategorySet::EMPTY;
        };
        let schedules = policy.schedules(at);
        let bindings = self.gate.get().map(|gate| gate.state().bindings().clone());
        let bindings = bindings.unwrap_or_default();
        let mut members = identifier.members(index, &schedules, &bindings, at);
        if members.is_empty() {
            let pupils = policy
                .groups()
                .iter()
                .filter(|(group, _)| policy.group(*group).is_some_and(|facts| facts.pupil));
            let named = format!("class:{class}");
            members.extend(
                pupils.map(|(group, _)| {
                    policy.somebody(group, [named.as_str()], identifier.roster())
                }),
            );
        }
        members.iter().fold(CategorySet::EMPTY, |lifted, subject| {
            lifted | policy.lifted_by_lesson(subject, schedules.running, at)
        })
    }

    /// A lesson is for one class of the teacher's own, of categories that wait for permission
    /// there, and never past its end (SCH-06).
    pub(super) fn check_lesson(
        &self,
        acting: &Acting,
        change: &Change,
        force: &Force,
        now: Moment,
    ) -> Result<(), InvalidChange> {
        let no = |why| Err(InvalidChange::Lesson { why });
        let Change::Lesson(lesson) = change else {
            return Ok(());
        };
        let [class] = lesson.whom.as_slice() else {
            return no("a lesson is for one class");
        };
        let taught = class.strip_prefix("class:").filter(|id| {
            let register = self.register();
            let account = register.accounts.get(&acting.account);
            account.is_some_and(|account| account.classes.iter().any(|own| own == id))
        });
        let Some(id) = taught else {
            return no(
                "you can unlock for a class that you teach; ask for your classes to be noted",
            );
        };
        if !lets_in(lesson.action) {
            return no("a lesson opens; for a block ask the technician");
        }
        if now.until(lesson.end) > force.settings.longest_lesson() {
            return no("that is longer than a lesson");
        }
        if self
            .school_ends(force, now)
            .is_some_and(|end| end < lesson.end)
        {
            return no("school is over before that");
        }
        let mut categories = Vec::new();
        for site in &lesson.sites {
            let named = site.strip_prefix("category:");
            match named.and_then(|named| force.state.policy().vocabulary().find(named)) {
                Some(category) => categories.push(category),
                None => return no("a lesson unlocks categories that wait for permission"),
            }
        }
        let lifted = self.lifted(force, id, now);
        match categories.iter().all(|id| lifted.contains(*id)) {
            true => Ok(()),
            false => no("the policy does not leave that to the teacher"),
        }
    }

    /// When the school hours that run end; `None` outside them, or when nobody knows.
    fn school_ends(&self, force: &Force, now: Moment) -> Option<Moment> {
        let policy = force.state.policy();
        let hours = &force.settings.school_hours;
        let (index, _, _) = policy.schedule_names().find(|(_, id, _)| id == hours)?;
        let schedules = policy.schedules(now);
        let edge = schedules.edges.get(usize::from(index.0)).copied().flatten();
        edge.filter(|_| schedules.running.contains(index))
    }
}
