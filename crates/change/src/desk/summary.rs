use super::Desk;
use super::activate::opens;
use crate::register::{Heard, Register};
use crate::state_folder::StateFolder;
use crate::{ActiveError, Bundle, Past, Route, Stage};
use alert::ChangeCounts;
use audit::Transcript;
use model::Moment;
use std::path::Path;

impl Desk {
    /// When the change log was begun.
    pub fn began(&self) -> Moment {
        let register = self.register();
        register
            .lines
            .first()
            .map_or(register.latest, |line| line.at)
    }

    /// What was changed in a span, for the reports.
    pub fn change_counts(&self, from: Moment, until: Moment) -> ChangeCounts {
        let register = self.register();
        let mut counts = ChangeCounts::default();
        for matter in register.matters.values() {
            let within = from <= matter.made && matter.made < until;
            counts.waiting += u64::from(matter.waits());
            counts.unratified += u64::from(matter.wants_ratification());
            let took_effect = match matter.stage {
                Stage::Active | Stage::Expired | Stage::Revoked | Stage::Ratified => true,
                Stage::Reviewed => matches!(matter.route, Route::AtOnce { .. }),
                Stage::Refused => {
                    counts.refused += u64::from(within);
                    false
                }
                Stage::Proposed
                | Stage::Checked
                | Stage::Waiting
                | Stage::Approved
                | Stage::Withdrawn => false,
            };
            if took_effect && within {
                match opens(matter) {
                    true => counts.opened += 1,
                    false => counts.closed += 1,
                }
            }
        }
        counts
    }
}

impl Past {
    /// Reads what was in force at a moment from a state folder, beside a running gateway if need
    /// be; `None` before the first policy.
    ///
    /// # Errors
    ///
    /// Fails when the ledger or the bundle cannot be read.
    pub fn read(state: &Path, moment: Moment) -> Result<Option<Self>, ActiveError> {
        let transcript = Transcript::read(&StateFolder::ledger_in(state))?;
        let mut register = Register::default();
        for written in transcript.entries() {
            register.hear(&Heard::of(&written));
        }
        let held = register.activations.iter().rev();
        let Some(held) = held.clone().find(|held| held.at <= moment) else {
            return Ok(None);
        };
        Ok(Some(Self {
            bundle: Bundle::read(&StateFolder::bundles_in(state), held.bundle)?,
            overlay: register.overlay_at(moment),
            artefact: held.artefact,
            school: held.school.clone(),
            since: held.at,
        }))
    }
}
