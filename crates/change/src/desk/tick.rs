use super::{Desk, Writing, lock};
use crate::measure::Ending;
use crate::record::MeasureEnded;
use crate::{Matter, ProposalId, Stage};
use alert::{NoticeKind, Role, Urgency};
use audit::{Actor, EntryKind};
use model::Moment;
use serde_json::json;
use std::time::Duration;

/// What a look at the clock did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ticked {
    /// Measures whose end had come.
    pub ended: Vec<ProposalId>,
    /// Matters that were approved before a crash, and came into force now.
    pub resumed: Vec<ProposalId>,
    /// Whether commissioning ended.
    pub commissioning_ended: bool,
    /// By how much the clock was found to have been set back.
    pub set_back: Option<Duration>,
    /// Whether the ledger was verified.
    pub verified: bool,
}

impl Desk {
    /// Looks at the clock; to be called each second.
    ///
    /// Policy itself knows when each measure ends, to the millisecond; this writes it down, and
    /// makes sure that no clock that is set back revives it.
    ///
    /// # Errors
    ///
    /// Fails when the ledger does not take an entry; the next call tries again.
    pub fn tick(&self) -> Result<Ticked, audit::AppendError> {
        let mut done = Ticked {
            set_back: self.look_at_clock()?,
            ..Ticked::default()
        };
        let now = self.now();
        let writing = self.hold();
        let overdue = self.register().overdue(now);
        for id in overdue {
            self.end_at_its_time(&writing, id)?;
            done.ended.push(id);
        }
        done.resumed = self.take_up(&writing);
        done.commissioning_ended = self.end_commissioning_at_its_time(&writing, now)?;
        if let Err(error) = self.refresh(&writing) {
            tracing::error!(%error, "what holds for a while could not be joined with the files");
        }
        drop(writing);
        self.remind(now);
        let last = self.last_verification().map(|found| found.at);
        // A verification of a day that is still to come was made by a clock that was wrong.
        let due = |last: Moment| last.until(now) >= DAY || now.until(last) >= DAY;
        if last.is_none_or(due) {
            self.verify_now()?;
            self.send_head();
            done.verified = true;
        }
        Ok(done)
    }

    fn look_at_clock(&self) -> Result<Option<Duration>, audit::AppendError> {
        let back = lock(&self.time).set_back(&*self.clock);
        if let Some(back) = back {
            let payload = json!({ "seconds": back.as_secs() });
            self.write(
                &self.hold(),
                Actor::Gateway,
                EntryKind::ClockBackwards,
                &payload,
            )?;
            let words = format!(
                "by {} seconds; nothing that ended is revived",
                back.as_secs()
            );
            let roles = [Role::Technician, Role::Headteacher];
            self.tell_roles(
                &roles,
                Urgency::Soon,
                "clock",
                "the machine's clock was set back",
                &words,
            );
        }
        Ok(back)
    }

    fn end_at_its_time(
        &self,
        writing: &Writing<'_>,
        id: ProposalId,
    ) -> Result<(), audit::AppendError> {
        let payload = MeasureEnded {
            id,
            how: Ending::Expired,
            matter: None,
        };
        self.write(writing, Actor::Gateway, EntryKind::OverlayEnded, &payload)?;
        Ok(())
    }

    /// Brings into force what was approved and did not come into force, because the machine
    /// stopped between; and takes back what needed no decision and never did.
    fn take_up(&self, writing: &Writing<'_>) -> Vec<ProposalId> {
        let left: Vec<Matter> = {
            let register = self.register();
            let left = register
                .matters
                .values()
                .filter(|matter| matches!(matter.stage, Stage::Approved | Stage::Checked));
            left.cloned().collect()
        };
        let mut resumed = Vec::new();
        for matter in left {
            if matter.stage == Stage::Checked {
                let gone = super::ActivateError::Gone { id: matter.id };
                self.give_up(writing, &matter, &gone);
                continue;
            }
            match self.carry_out(writing, &matter, None) {
                Ok(()) => resumed.push(matter.id),
                Err(super::ActivateError::Ledger(error)) => {
                    tracing::error!(%error, matter = %matter.id, "an approved change waits for the disk");
                }
                Err(error) => self.give_up(writing, &matter, &error),
            }
        }
        // Replacing is two entries; the second may be missing.
        resumed.extend(self.finish_replacing(writing));
        resumed
    }

    fn finish_replacing(&self, writing: &Writing<'_>) -> Vec<ProposalId> {
        let doubled: Vec<(ProposalId, ProposalId)> = {
            let register = self.register();
            let replaced = |matter: &Matter| {
                let extends = matches!(matter.change, crate::Change::Extend { .. });
                let old: ProposalId = matter.change.measure()?.parse().ok()?;
                let held = register.held.get(&old);
                let stands = held.is_some_and(|held| held.ended.is_none());
                (extends && matter.stage.in_force() && stands).then_some((matter.id, old))
            };
            register.matters.values().filter_map(replaced).collect()
        };
        let mut done = Vec::new();
        for (by, old) in doubled {
            let payload = MeasureEnded {
                id: old,
                how: Ending::Replaced,
                matter: Some(by),
            };
            match self.write(writing, Actor::Gateway, EntryKind::OverlayEnded, &payload) {
                Ok(_) => done.push(by),
                Err(error) => tracing::error!(%error, "a replaced measure waits for the disk"),
            }
        }
        done
    }

    fn end_commissioning_at_its_time(
        &self,
        writing: &Writing<'_>,
        now: Moment,
    ) -> Result<bool, audit::AppendError> {
        let over = self
            .register()
            .commissioning
            .is_some_and(|held| !held.ended && held.ends <= now);
        if !over {
            return Ok(false);
        }
        match self.end_commissioning(writing, Actor::Gateway, None) {
            Ok(()) => Ok(true),
            Err(super::ActivateError::Ledger(error)) => Err(error),
            Err(error) => {
                tracing::error!(%error, "the end of commissioning could not be written down");
                Ok(false)
            }
        }
    }

    /// Tells whoever's turn has come, and of what is overdue; once each.
    fn remind(&self, now: Moment) {
        let open: Vec<Matter> = {
            let register = self.register();
            let open = register.matters.values().filter(|matter| {
                matter.waits() || matter.wants_ratification() || matter.wants_review()
            });
            open.cloned().collect()
        };
        for matter in open {
            if matter.waits() {
                self.remind_decider(&matter);
            } else if matter.due.is_some_and(|due| due <= now) {
                let title = format!("{} is in force and nobody has confirmed it", matter.id);
                self.remind_once(&matter, Role::Headteacher, "overdue", &title);
                self.remind_once(&matter, Role::Chair, "overdue", &title);
            }
        }
    }

    fn remind_decider(&self, matter: &Matter) {
        let Some(decider) = self.turn(matter).decider else {
            return;
        };
        let base = match &matter.route {
            crate::Route::Decide { by, .. } => by.first().copied(),
            crate::Route::AtOnce { .. } => None,
        };
        if base != Some(decider.role) {
            let title = format!("{} waits for you: {}", matter.id, decider.why);
            self.remind_once(matter, decider.role, "turn", &title);
        }
    }

    fn remind_once(&self, matter: &Matter, role: Role, what: &str, title: &str) {
        let topic = format!("{what}-{}-{role}", matter.id);
        if self.notices.knows_topic(&topic) {
            return;
        }
        let named = matter.concerns.iter();
        let letter = self
            .letter(role, Urgency::Soon, title, matter.reason.clone(), None)
            .kind(NoticeKind::Approval)
            .topic(topic)
            .link(format!("/requests/{}", matter.id))
            .concerning(named.map(|person| alert::Person::new(person.to_string())));
        self.send(letter);
    }

    /// Sends the head out, so that a rewritten log can be told from the real one.
    fn send_head(&self) {
        let head = self.ledger.head();
        let words = format!("{} entries; keep this mail", head.size());
        let letter = self
            .letter(
                Role::Headteacher,
                Urgency::Digest,
                "the head of the change log",
                words,
                None,
            )
            .kind(NoticeKind::Witness)
            .topic("head");
        self.send(letter);
        let Some(path) = self.settings().witness else {
            return;
        };
        match self.ledger.keep_head(&path) {
            Ok(_) => {}
            Err(error) => tracing::error!(%error, "the head could not be kept elsewhere"),
        }
    }
}

const DAY: Duration = Duration::from_secs(86_400);
