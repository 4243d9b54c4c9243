use super::{Desk, InvalidChange, RecordsError, lock};
use crate::HoldChange;
use crate::record::{CaseChanged, CaseFile};
use crate::state_folder::StateFolder;
use alert::{NoticeKind, Role, Urgency};
use audit::{Actor, Case, Cases, EntryKind, EnvelopeKey, HoldError, Span, Subject};
use model::Moment;
use std::time::Duration;

/// What is still to be done about a hold.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Duty {
    /// Its time is not over: what there is so far is copied.
    SoFar(String, HoldChange),
    /// All of its time is past: the whole is copied.
    Whole(String, HoldChange),
    /// It was released: its copies are deleted.
    LetGo(String),
}

impl Duty {
    fn of(&self) -> &str {
        match self {
            Self::SoFar(id, _) | Self::Whole(id, _) | Self::LetGo(id) => id,
        }
    }
}

impl Desk {
    /// The holds of which something is still to be copied or deleted: a look in memory, to be
    /// made each second.
    pub fn holds_to_keep(&self) -> Vec<String> {
        self.duties().iter().map(|duty| duty.of().into()).collect()
    }

    /// Copies what holds keep from deletion, and deletes the copies of holds that were released
    /// (LOG-05). A key opens days that were closed.
    ///
    /// # Errors
    ///
    /// Fails with the first that cannot be done; the others are done all the same.
    pub fn keep_holds(
        &self,
        settings: &audit::Settings,
        key: Option<&EnvelopeKey>,
    ) -> Result<(), RecordsError> {
        let _keeping = lock(&self.keeping);
        let recipient = settings.recipient().map_err(RecordsError::Recipient)?;
        let cases = Cases::new(&StateFolder::cases_in(self.folder.path()), recipient);
        let mut done = Ok(());
        for duty in self.duties() {
            let one = match &duty {
                Duty::SoFar(id, hold) => self.copy(&cases, id, hold, false, key),
                Duty::Whole(id, hold) => self.copy(&cases, id, hold, true, key),
                Duty::LetGo(id) => self.let_go(&cases, id),
            };
            if let Err(error) = one {
                self.tell_not_held(duty.of(), &error);
                done = done.and(Err(error));
            }
        }
        done
    }

    /// The times of which a hold still has to copy: nothing of them is deleted, or closed to a key
    /// that lies elsewhere.
    pub(super) fn spared(&self) -> Vec<Span> {
        let register = self.register();
        let standing = register.holds.iter().filter(|(id, _)| {
            let cases = register.cases.get(*id);
            !cases.is_some_and(|cases| cases.iter().any(|case| case.whole))
        });
        standing.map(|(_, hold)| Cases::span(hold.around)).collect()
    }

    fn duties(&self) -> Vec<Duty> {
        let now = self.clock.now();
        let register = self.register();
        let released = register
            .cases
            .keys()
            .filter(|id| !register.holds.contains_key(*id));
        let mut duties: Vec<Duty> = released.cloned().map(Duty::LetGo).collect();
        for (id, hold) in &register.holds {
            let cases = register.cases.get(id).map_or(&[][..], Vec::as_slice);
            let over = Cases::span(hold.around)
                .until
                .is_some_and(|until| until.after(WRITTEN) <= now);
            let wanted = match over {
                true => !cases.iter().any(|case| case.whole),
                false => cases.is_empty(),
            };
            if wanted {
                let duty = if over { Duty::Whole } else { Duty::SoFar };
                duties.push(duty(id.clone(), hold.clone()));
            }
        }
        duties
    }

    fn copy(
        &self,
        cases: &Cases,
        id: &str,
        hold: &HoldChange,
        whole: bool,
        key: Option<&EnvelopeKey>,
    ) -> Result<(), RecordsError> {
        let subject: Subject = hold.subject.parse()?;
        let journal = StateFolder::journal_in(self.folder.path());
        let name = match whole {
            true => id.to_owned(),
            false => format!("{id}-so-far"),
        };
        let made = match cases.hold(&name, &journal, &subject, hold.around, key) {
            // A crash came between the copy and its entry, so nobody vouches for that one.
            Err(HoldError::Exists { .. }) => {
                cases.release(&name)?;
                cases.hold(&name, &journal, &subject, hold.around, key)?
            }
            made => made?,
        };
        let earlier: Vec<String> = {
            let register = self.register();
            let held = register.cases.get(id).into_iter().flatten();
            held.map(|case| case.name.clone()).collect()
        };
        let payload = CaseChanged {
            of: id.to_owned(),
            kept: Some(case_file(made, whole)),
            deleted: earlier.clone(),
        };
        self.write(&self.hold(), Actor::Gateway, EntryKind::Hold, &payload)?;
        // A half copy that a crash leaves behind holds no more than the whole one does.
        for name in earlier {
            cases.release(&name)?;
        }
        Ok(())
    }

    /// What was kept is named by its entries; the deletion is told when it is done, so that a crash
    /// between leaves no copy that nobody knows of.
    fn let_go(&self, cases: &Cases, id: &str) -> Result<(), RecordsError> {
        let mut names = vec![id.to_owned(), format!("{id}-so-far")];
        let held = self.register().cases.get(id).cloned().unwrap_or_default();
        names.extend(held.into_iter().map(|case| case.name));
        names.sort();
        names.dedup();
        for name in &names {
            cases.release(name)?;
        }
        let payload = CaseChanged {
            of: id.to_owned(),
            kept: None,
            deleted: names,
        };
        self.write(&self.hold(), Actor::Gateway, EntryKind::Hold, &payload)?;
        Ok(())
    }

    fn tell_not_held(&self, id: &str, error: &RecordsError) {
        let topic = format!("not-held-{id}");
        if self.notices.knows_topic(&topic) {
            return;
        }
        let title = format!("the records that {id} keeps could not be copied yet");
        let words = format!(
            "{error}. They are not deleted meanwhile. For days that were closed, run `schoolgate \
             audit hold` with the key that they were closed to"
        );
        for role in [Role::SafeguardingLead, Role::Technician] {
            let letter = self
                .letter(role, Urgency::Soon, &title, words.clone(), None)
                .kind(NoticeKind::Technical)
                .topic(topic.clone());
            self.send(letter);
        }
    }
}

/// Whether a hold says whom, and a moment of which there can be records.
pub(super) fn check(hold: &HoldChange, now: Moment) -> Result<(), InvalidChange> {
    let named = hold.subject.parse::<Subject>().is_ok();
    match named && hold.around <= now.after(AHEAD) {
        true => Ok(()),
        false => Err(InvalidChange::Hold),
    }
}

fn case_file(case: Case, whole: bool) -> CaseFile {
    CaseFile {
        name: case.name,
        file: case.file,
        rows: case.rows,
        digest: case.digest,
        closed_to: case.closed_to,
        whole,
    }
}

/// After this the journal has written what was decided.
const WRITTEN: Duration = Duration::from_secs(60);
/// Clocks of people and machine differ by minutes.
const AHEAD: Duration = Duration::from_secs(3_600);
