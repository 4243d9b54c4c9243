use super::entrance::SessionError;
use super::{Desk, actor};
use crate::history::{HistoryFilter, Line, Past};
use crate::measure::InForce;
use crate::register::SignOff;
use crate::rights::{DISCLOSERS, READERS};
use crate::state_folder::StateFolder;
use crate::{
    Account, AccountReview, Acting, Bundle, BundleError, Change, ChangeKind, Direction, Filter,
    Matter, ProposalId, Replay, ReplayError, SocialChange, Span, Standing, replay,
};
use alert::Role;
use audit::{EntryIndex, EntryKind};
use model::{Digest, Faults, Moment};
use policy::Overlay;
use serde::Serialize;
use serde_json::json;
use std::time::Duration;

/// Something may not be looked at, or cannot be worked out.
#[derive(Debug, thiserror::Error)]
pub enum LookError {
    /// The session is over.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// Not in this role.
    #[error("as {role} you cannot look at this")]
    Role {
        /// The role.
        role: Role,
    },
    /// A reason is wanted.
    #[error("reading a named person's history needs a reason of at least 10 characters")]
    Reason,
    /// There is none, or it may not be seen.
    #[error("there is no proposal {id}")]
    Unknown {
        /// What was named.
        id: ProposalId,
    },
    /// It changes no decision.
    #[error("{id} changes nothing that was decided about sites")]
    NoReplay {
        /// The matter.
        id: ProposalId,
    },
    /// It does not compile any more.
    #[error("it does not hold together any more:\n{faults}")]
    Faults {
        /// What is wrong.
        faults: Faults,
    },
    /// The journal cannot be read.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// The bundle cannot be read.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// It could not be written down, so it is not shown.
    #[error(transparent)]
    Ledger(#[from] audit::AppendError),
}

/// The proof that reading a named person's history was written down, with its reason.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Disclosure {
    /// The entry.
    pub entry: EntryIndex,
    /// Of whom: `user:` or `device:` and a name, or an address.
    pub whom: String,
}

/// An earlier matter that was about the same.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SimilarMatter {
    /// The matter.
    pub matter: Matter,
    /// What they share: sites.
    pub shared: Vec<String>,
}

impl Desk {
    /// Whether a matter may be seen: nobody named in it does, and an outside company sees no
    /// pupil's name.
    pub fn may_see(&self, acting: &Acting, matter: &Matter) -> bool {
        if matter.concerns.contains(&acting.person) {
            return false;
        }
        let own = matter.proposer.person == acting.person;
        let personal = matter.change.whom().iter().any(|text| {
            text.starts_with("user:") || text.starts_with("device:") || text.starts_with("class:")
        }) || matches!(
            matter.kind(),
            ChangeKind::Plan
                | ChangeKind::Pause
                | ChangeKind::Hold
                | ChangeKind::Release
                | ChangeKind::Account
        );
        match acting.role {
            Role::Support => own || !personal,
            Role::Teacher => own || self.is_of_own_class(acting, matter),
            Role::Technician => {
                own || !matches!(matter.kind(), ChangeKind::Hold | ChangeKind::Release)
            }
            Role::Coordinator
            | Role::Headteacher
            | Role::Deputy
            | Role::SafeguardingLead
            | Role::Governor
            | Role::Chair
            | Role::Auditor => true,
        }
    }

    fn is_of_own_class(&self, acting: &Acting, matter: &Matter) -> bool {
        let register = self.register();
        let classes = register
            .accounts
            .get(&acting.account)
            .map(|account| &account.classes);
        classes.is_some_and(|classes| {
            matter.kind() == ChangeKind::Lesson
                && matter.change.whom().iter().any(|text| {
                    classes
                        .iter()
                        .any(|class| text.strip_prefix("class:") == Some(class))
                })
        })
    }

    /// The matters that may be seen and that a filter takes, the newest first.
    pub fn matters(&self, acting: &Acting, filter: &Filter) -> Vec<Matter> {
        let found: Vec<Matter> = self
            .register()
            .matters
            .values()
            .rev()
            .filter(|matter| filter.takes(matter))
            .cloned()
            .collect();
        let most = if filter.most == 0 {
            usize::MAX
        } else {
            filter.most
        };
        let seen = found
            .into_iter()
            .filter(|matter| self.may_see(acting, matter));
        seen.take(most).map(|matter| self.shown(matter)).collect()
    }

    /// One matter as it stands to the policy of just now; `None` where it may not be seen.
    ///
    /// # Errors
    ///
    /// Fails when what it would bring does not compile any more.
    pub fn matter(&self, acting: &Acting, id: ProposalId) -> Result<Option<Matter>, LookError> {
        let found = self.register().matters.get(&id).cloned();
        let Some(matter) = found.filter(|matter| self.may_see(acting, matter)) else {
            return Ok(None);
        };
        let matter = self
            .freshen(matter)
            .map_err(|faults| LookError::Faults { faults })?;
        Ok(Some(self.shown(matter)))
    }

    /// What waits for this person: decisions, consents afterwards, and reviews.
    pub fn waiting_for(&self, acting: &Acting) -> Vec<Matter> {
        let all: Vec<Matter> = self.register().matters.values().cloned().collect();
        let seen = all.into_iter().filter(|matter| {
            let own = matter.proposer.person == acting.person
                || matter
                    .decisions
                    .iter()
                    .any(|held| held.by.person == acting.person);
            let wanted = match matter.waits() {
                true => self.turn(matter).allowed.contains(acting.role),
                false => {
                    (matter.wants_ratification() || matter.wants_review())
                        && crate::Right::of(matter.kind()).decide.contains(acting.role)
                }
            };
            !own && wanted && self.may_see(acting, matter)
        });
        seen.map(|matter| self.shown(matter)).collect()
    }

    /// Earlier matters about the same sites, the newest first; ten at most.
    pub fn similar(&self, acting: &Acting, id: ProposalId) -> Vec<SimilarMatter> {
        let register = self.register();
        let Some(wanted) = register.matters.get(&id) else {
            return Vec::new();
        };
        let sites: Vec<String> = wanted
            .change
            .sites()
            .iter()
            .map(|site| whose(site))
            .collect();
        let others: Vec<Matter> = register
            .matters
            .values()
            .rev()
            .filter(|matter| matter.id != id)
            .cloned()
            .collect();
        drop(register);
        let found = others.into_iter().filter_map(|matter| {
            let own = matter.change.sites().iter().map(|site| whose(site));
            let shared: Vec<String> = own.filter(|site| sites.contains(site)).collect();
            (!shared.is_empty() && self.may_see(acting, &matter))
                .then_some(SimilarMatter { matter, shared })
        });
        found.take(10).collect()
    }

    /// What a matter would have changed in the last days, by the journal.
    ///
    /// # Errors
    ///
    /// Fails when it may not be seen, alters no decision, or the journal cannot be read.
    pub fn replay(&self, acting: &Acting, id: ProposalId, days: u32) -> Result<Replay, LookError> {
        let found = self.register().matters.get(&id).cloned();
        let matter = found.filter(|matter| self.may_see(acting, matter));
        let matter = matter.ok_or(LookError::Unknown { id })?;
        let force = self.force().ok_or(LookError::NoReplay { id })?;
        let candidate = self
            .candidate(&force, &matter.change, id)
            .map_err(|faults| LookError::Faults { faults })?;
        let candidate = candidate.ok_or(LookError::NoReplay { id })?;
        let until = self.now();
        let span = Span {
            from: until.before(Duration::from_secs(u64::from(days.clamp(1, 31)) * 86_400)),
            until,
        };
        let journal = StateFolder::journal_in(self.folder.path());
        Ok(replay(
            &journal,
            span,
            &force.state,
            &candidate.state,
            &mut |_| {},
        )?)
    }

    /// What stands on top of the files just now.
    pub fn overlay(&self) -> Overlay {
        let set_back = self.set_back().is_some();
        self.register().overlay(self.now(), set_back)
    }

    /// What holds for a while just now, as people are shown it; without what may not be seen.
    pub fn current(&self, acting: &Acting) -> Vec<InForce> {
        let now = self.now();
        let held: Vec<(ProposalId, crate::measure::Held, Matter)> = {
            let register = self.register();
            let standing = register.held.iter().filter(|(_, held)| {
                held.ended.is_none() && held.measure.end().is_none_or(|end| now < end)
            });
            standing
                .filter_map(|(id, held)| {
                    let matter = register.matters.get(&held.matter)?;
                    Some((*id, held.clone(), matter.clone()))
                })
                .collect()
        };
        let seen = held
            .into_iter()
            .filter(|(_, _, matter)| self.may_see(acting, matter));
        seen.map(|(id, held, matter)| {
            let change = held.measure.change();
            InForce {
                id,
                what: held.measure.words(),
                sites: change.sites().to_vec(),
                whom: change.whom().to_vec(),
                start: held.measure.start(),
                until: held.measure.end(),
                direction: if held.opens {
                    Direction::Opens
                } else {
                    Direction::Closes
                },
                by: matter.proposer.shown,
                reason: matter.reason,
            }
        })
        .collect()
    }

    /// The change log in plain words, the newest first, without lines about oneself.
    ///
    /// # Errors
    ///
    /// Refuses roles that do not read it (CHG-17).
    pub fn history(&self, acting: &Acting, filter: &HistoryFilter) -> Result<Vec<Line>, LookError> {
        self.still(acting)?;
        if !READERS.contains(acting.role) {
            return Err(LookError::Role { role: acting.role });
        }
        let register = self.register();
        let most = if filter.most == 0 {
            usize::MAX
        } else {
            filter.most
        };
        let hidden = |line: &&Line| {
            line.matter
                .and_then(|id| register.matters.get(&id))
                .is_some_and(|matter| matter.concerns.contains(&acting.person))
        };
        let lines = register
            .lines
            .iter()
            .rev()
            .filter(|line| filter.takes(line, &register.sign_offs))
            .filter(|line| !hidden(line))
            .take(most)
            .map(|line| {
                let signed = register
                    .sign_offs
                    .iter()
                    .filter(|held| line.entry <= held.upto);
                Line {
                    signed_off: signed
                        .map(|held| format!("{} ({})", held.shown, held.role.title()))
                        .collect(),
                    ..line.clone()
                }
            });
        Ok(lines.collect())
    }

    /// Who signed the change log off, the oldest first.
    pub fn sign_offs(&self) -> Vec<SignOff> {
        self.register().sign_offs.clone()
    }

    /// The files of a version that was kept.
    ///
    /// # Errors
    ///
    /// Fails when it was not kept, or is damaged.
    pub fn kept_bundle(&self, digest: Digest) -> Result<Bundle, BundleError> {
        self.bundle(digest)
    }

    /// The versions that were in force, the oldest first: when, which, and by which matter.
    pub fn versions(&self) -> Vec<(Moment, Digest, Option<ProposalId>)> {
        let register = self.register();
        let found = register.activations.iter();
        found
            .map(|held| (held.at, held.bundle, held.matter))
            .collect()
    }

    /// What was in force at a moment; `None` before the first policy.
    ///
    /// # Errors
    ///
    /// Fails when the bundle of then cannot be read.
    pub fn at(&self, moment: Moment) -> Result<Option<Past>, BundleError> {
        let (held, overlay) = {
            let register = self.register();
            let held = register
                .activations
                .iter()
                .rev()
                .find(|held| held.at <= moment);
            (held.cloned(), register.overlay_at(moment))
        };
        let Some(held) = held else { return Ok(None) };
        Ok(Some(Past {
            bundle: self.bundle(held.bundle)?,
            overlay,
            artefact: held.artefact,
            school: held.school,
            since: held.at,
        }))
    }

    /// Writes down that a named person's history is read, and why; what reads it takes the proof.
    ///
    /// # Errors
    ///
    /// Refuses other roles, and reasons of less than ten characters.
    pub fn disclose(
        &self,
        acting: &Acting,
        whom: &str,
        reason: &str,
    ) -> Result<Disclosure, LookError> {
        self.still(acting)?;
        let about = self
            .register()
            .accounts
            .get(&acting.account)
            .is_some_and(|account| account.is_named_in(&[whom.to_owned()]));
        if !DISCLOSERS.contains(acting.role) || about {
            return Err(LookError::Role { role: acting.role });
        }
        let reason = reason.trim();
        if !(10..=2_000).contains(&reason.chars().count()) {
            return Err(LookError::Reason);
        }
        let whom: String = whom.chars().take(200).collect();
        let payload = json!({ "whom": whom, "reason": reason, "by": acting.who() });
        let entry = self.write(&self.hold(), actor(acting), EntryKind::Disclosure, &payload)?;
        Ok(Disclosure { entry, whom })
    }

    /// All accounts, by role and name.
    pub fn accounts(&self) -> Vec<Account> {
        let mut found: Vec<Account> = self.register().accounts.values().cloned().collect();
        found.sort_by(|one, other| (one.role, &one.shown).cmp(&(other.role, &other.shown)));
        found
    }

    /// The accounts with what should be looked at each term (SEC-19).
    pub fn accounts_review(&self) -> Vec<AccountReview> {
        let now = self.now();
        let accounts = self.accounts().into_iter();
        let review = accounts
            .filter(|account| account.standing != Standing::Closed)
            .map(|account| {
                let mut remarks = Vec::new();
                let since = account.last_sign_in.map(|at| at.until(now));
                match since {
                    None => remarks.push("never signed in"),
                    Some(since) if since > TERM => remarks.push("no sign-in for a term"),
                    Some(_) => {}
                }
                if !account.second_factor && !account.sealed {
                    remarks.push("no second factor yet");
                }
                if account.temporary {
                    remarks.push("still has a temporary password");
                }
                if account.expires.is_some_and(|end| end <= now) {
                    remarks.push("is over");
                }
                AccountReview { account, remarks }
            });
        review.collect()
    }

    /// The register of the school's accounts on social networks.
    pub fn social_accounts(&self) -> Vec<SocialChange> {
        self.register().social.values().cloned().collect()
    }

    /// The holds that stand: their ids, and whose records are kept.
    pub fn holds(&self) -> Vec<(String, crate::HoldChange)> {
        let register = self.register();
        let found = register.holds.iter();
        found.map(|(id, hold)| (id.clone(), hold.clone())).collect()
    }

    /// The identity feeds that may speak.
    pub fn feeds(&self) -> Vec<crate::FeedChange> {
        self.register().feeds.values().cloned().collect()
    }

    /// The name of whose account it is, for words on a page.
    pub fn shown_name(&self, person: crate::PersonId) -> Option<String> {
        let register = self.register();
        let mut found = register.accounts.values();
        found
            .find(|account| account.person == person)
            .map(|account| account.shown.clone())
    }

    /// What is overdue: consents afterwards, reviews, decisions; the oldest first.
    pub fn due(&self, acting: &Acting) -> Vec<Matter> {
        let now = self.now();
        let all: Vec<Matter> = self.register().matters.values().cloned().collect();
        let found = all.into_iter().filter(|matter| {
            let open = matter.waits() || matter.wants_ratification() || matter.wants_review();
            open && matter.due.is_some_and(|due| due <= now) && self.may_see(acting, matter)
        });
        found.map(|matter| self.shown(matter)).collect()
    }

    /// Measures whose review date comes within days: plans and unblocks, the next first (AGE-10).
    pub fn ending_within(&self, acting: &Acting, days: u32) -> Vec<InForce> {
        let soon = self
            .now()
            .after(Duration::from_secs(u64::from(days) * 86_400));
        let mut found = self.current(acting);
        found.retain(|held| held.until.is_some_and(|until| until <= soon));
        found.sort_by_key(|held| held.until);
        found
    }

    /// A change as it is ended or extended: what an id names.
    pub fn in_force(&self, id: ProposalId) -> Option<Change> {
        let register = self.register();
        let held = register.held.get(&id).filter(|held| held.ended.is_none());
        held.map(|held| held.measure.change())
    }
}

/// The owner's part of a site, or the category as it is.
fn whose(site: &str) -> String {
    if site.starts_with("category:") {
        return site.to_owned();
    }
    let host = site
        .trim_start_matches("*.")
        .split('/')
        .next()
        .unwrap_or(site);
    crate::request::site_of(host)
}

const TERM: Duration = Duration::from_secs(90 * 86_400);
