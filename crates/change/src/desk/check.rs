use super::Desk;
use super::bounds::touches;
use super::force::Force;
use super::validate::InvalidChange;
use crate::measure::Measure;
use crate::proposal::Proposal;
use crate::register::Register;
use crate::route::Case;
use crate::{
    Acting, Bundle, Change, Draft, Effect, ListVersion, Matter, ProposalId, Side, compare,
};
use audit::Actor;
use gate::State;
use model::{Digest, Faults, Files, Moment};
use policy::Overlay;

/// What a waiting matter would do to the policy of just now.
#[derive(Clone, Debug)]
pub(crate) struct Fresh {
    /// The policy that it was compared with.
    pub(crate) base: Digest,
    pub(crate) effect: Option<Effect>,
    pub(crate) digest: Digest,
}

/// A state as it would be, and what it would be made of.
#[derive(Debug)]
pub(crate) struct Candidate {
    pub(crate) state: State,
    pub(crate) files: Files,
    pub(crate) overlay: Overlay,
    pub(crate) warnings: Vec<String>,
}

impl Desk {
    /// The state as a change would make it; `None` for one that alters no decision.
    pub(super) fn candidate(
        &self,
        force: &Force,
        change: &Change,
        id: ProposalId,
    ) -> Result<Option<Candidate>, Faults> {
        let mut overlay = self.overlay();
        let same = || force.bundle.files().clone();
        let files = match change {
            Change::Policy(files) => self.files_of(files.bundle)?,
            Change::Rollback { bundle } => self.files_of(*bundle)?,
            Change::ListRollback(to) => return self.list_candidate(force, to).map(Some),
            Change::LiftLabels { names } => match self.without_labels(names, "a proposal") {
                Some(files) => files,
                None => return Ok(None),
            },
            Change::End { id } => {
                overlay = self.overlay_with(id, None);
                same()
            }
            Change::Extend { id: old, end } => {
                let held = self.standing(old).ok();
                let longer = held.map(|held| held.measure.until(*end, id));
                overlay = self.overlay_with(old, longer);
                same()
            }
            Change::Override(_)
            | Change::Plan(_)
            | Change::Mode(_)
            | Change::Lesson(_)
            | Change::Pause(_)
            | Change::Isolation(_)
            | Change::Block(_) => {
                if let Some(measure) = Measure::of(change, id) {
                    measure.put(&mut overlay);
                }
                same()
            }
            Change::Account(_)
            | Change::Feed(_)
            | Change::Hold(_)
            | Change::Release { .. }
            | Change::Erase { .. }
            | Change::RotateKey
            | Change::AcceptState { .. }
            | Change::SocialAccount(_)
            | Change::Unseal { .. }
            | Change::EndCommissioning => return Ok(None),
        };
        if files == *force.bundle.files() {
            let (state, warnings) = force.under(&overlay)?;
            return Ok(Some(Candidate {
                state,
                files,
                warnings: about(&warnings, &overlay, id),
                overlay,
            }));
        }
        let checked = self.check(Proposal {
            bundle: Bundle::new(files.clone()),
            school: self.school_of(&files),
            proposer: Actor::Gateway,
            reason: String::new(),
        })?;
        let warnings = checked
            .warnings
            .iter()
            .map(|fault| fault.to_string().trim().to_owned());
        Ok(Some(Candidate {
            warnings: warnings.collect(),
            state: checked.state,
            overlay: checked.overlay,
            files,
        }))
    }

    /// The state with another version of one list.
    fn list_candidate(&self, force: &Force, to: &ListVersion) -> Result<Candidate, Faults> {
        let files = force.bundle.files().clone();
        let proposal = Proposal {
            bundle: force.bundle.clone(),
            school: force.school.clone(),
            proposer: Actor::Gateway,
            reason: String::new(),
        };
        let checked = self.check_with(proposal, &self.versions_with(force, to))?;
        Ok(Candidate {
            warnings: Vec::new(),
            state: checked.state,
            overlay: checked.overlay,
            files,
        })
    }

    /// What a change opens and closes; `None` for one that alters no decision.
    pub(super) fn effect_of(
        &self,
        force: &Force,
        candidate: Option<&Candidate>,
        now: Moment,
    ) -> Option<Effect> {
        let candidate = candidate?;
        let before = Side {
            state: &force.state,
            files: force.bundle.files(),
            overlay: &force.overlay,
        };
        let after = Side {
            state: &candidate.state,
            files: &candidate.files,
            overlay: &candidate.overlay,
        };
        Some(compare(&before, &after, now))
    }

    /// The matter as it stands to the policy of just now: what it opens and closes is worked out
    /// anew when the policy moved since.
    pub(super) fn freshen(&self, mut matter: Matter) -> Result<Matter, Faults> {
        let Some(force) = self.force().filter(|_| matter.waits()) else {
            return Ok(matter);
        };
        let base = base_of(&force);
        let known = super::lock(&self.fresh).get(&matter.id).cloned();
        let fresh = match known.filter(|fresh| fresh.base == base) {
            Some(fresh) => fresh,
            None => {
                let candidate = self.candidate(&force, &matter.change, matter.id)?;
                let effect = self.effect_of(&force, candidate.as_ref(), self.now());
                let digest = digest_of(&matter.change, effect.as_ref());
                let fresh = Fresh {
                    base,
                    effect,
                    digest,
                };
                super::lock(&self.fresh).insert(matter.id, fresh.clone());
                fresh
            }
        };
        (matter.effect, matter.digest) = (fresh.effect, fresh.digest);
        Ok(matter)
    }

    /// What is known of a change when its way is chosen.
    pub(super) fn case<'a>(
        &self,
        acting: &Acting,
        draft: &'a Draft,
        effect: Option<&'a Effect>,
        force: &Force,
        register: &Register,
    ) -> Case<'a> {
        let change = &draft.change;
        let id = change.measure().and_then(|id| id.parse().ok());
        let held = id.and_then(|id: ProposalId| register.held.get(&id));
        let own_lesson = held.is_some_and(|held| {
            matches!(held.measure, Measure::Lesson(_))
                && register
                    .matters
                    .get(&held.matter)
                    .is_some_and(|matter| matter.proposer.person == acting.person)
        });
        let before = held.and_then(|held| held.measure.end());
        let later = matches!(change, Change::Extend { end, .. } if before.is_some_and(|before| before < *end));
        let account = change.account().and_then(crate::AccountChange::account);
        let own_account = account == Some(acting.account);
        Case {
            change,
            effect,
            guarded: is_guarded(change, force),
            narrow: is_narrow(change, force),
            ends_opening: held.is_some_and(|held| held.opens),
            own_lesson,
            later,
            recent_lists: self.is_recent_lists(change, force, register),
            about_head: register.names_headteacher(&draft.concerns),
            proposer: acting.role,
            own_account,
        }
    }

    /// Whether a rollback brings back nothing but lists that were in force within seven days.
    fn is_recent_lists(&self, change: &Change, force: &Force, register: &Register) -> bool {
        let since = self
            .now()
            .before(std::time::Duration::from_secs(7 * 86_400));
        if let Change::ListRollback(to) = change {
            return register.was_version(&to.list, to.version, since);
        }
        let Change::Rollback { bundle } = change else {
            return false;
        };
        let mut last = None;
        for (held, next) in register
            .activations
            .iter()
            .zip(register.activations.iter().skip(1))
        {
            if held.bundle == *bundle {
                last = Some(next.at);
            }
        }
        let Ok(earlier) = self.bundle(*bundle) else {
            return false;
        };
        let own: [&str; 4] = [
            "blocklists/exceptions.toml",
            "blocklists/guard.txt",
            "blocklists/critical.txt",
            "blocklists/categories.toml",
        ];
        last.is_some_and(|last| since <= last)
            && earlier.differs(&force.bundle).iter().all(|path| {
                path.starts_with("blocklists/")
                    && !path.starts_with("blocklists/phrases/")
                    && !own.contains(&path.as_str())
            })
    }

    fn files_of(&self, digest: Digest) -> Result<Files, Faults> {
        match self.bundle(digest) {
            Ok(bundle) => Ok(bundle.files().clone()),
            Err(error) => {
                let mut faults = Faults::default();
                let mend = "propose the files from their folder again";
                faults.push(model::Fault::of_file("bundle", error.to_string(), mend));
                Err(faults)
            }
        }
    }

    /// What would stand on top of the files if a measure ended, or another took its place.
    fn overlay_with(&self, id: &str, instead: Option<Measure>) -> Overlay {
        let set_back = self.set_back().is_some();
        let now = self.now();
        let mut register = Register {
            held: self.register().held.clone(),
            ..Register::default()
        };
        if let Ok(id) = id.parse::<ProposalId>() {
            register.held.remove(&id);
        }
        let mut overlay = register.overlay(now, set_back);
        if let Some(measure) = instead {
            measure.put(&mut overlay);
        }
        overlay
    }

    /// The files in force with an exception for each name; `None` where nothing is in force.
    pub(super) fn without_labels(&self, names: &[String], reason: &str) -> Option<Files> {
        let force = self.force()?;
        let mut files = force.bundle.files().clone();
        let held = files.content(EXCEPTIONS).map(|content| content.to_vec());
        let mut text = String::from_utf8(held.unwrap_or_default()).ok()?;
        for name in names {
            let name = toml::Value::String(name.clone());
            let reason = toml::Value::String(reason.chars().take(200).collect());
            text.push_str(&format!(
                "\n[[exceptions]]\nname = {name}\nreason = {reason}\n"
            ));
        }
        files.insert(EXCEPTIONS, text.into_bytes());
        Some(files)
    }

    /// The name of the school as the files have it, or as it is in force.
    pub(super) fn school_of(&self, files: &Files) -> String {
        let text = files
            .content("config/schoolgate.toml")
            .and_then(|content| std::str::from_utf8(content).ok());
        let table = text.and_then(|text| text.parse::<toml::Table>().ok());
        let name =
            table.and_then(|table| Some(table.get("school")?.get("name")?.as_str()?.to_owned()));
        name.or_else(|| self.force().map(|force| force.school.clone()))
            .unwrap_or_else(|| "the school".to_owned())
    }
}

impl Candidate {
    /// What the policy could not find, as an error for who proposes it.
    pub(super) fn unknown(&self, id: ProposalId, change: &Change) -> Option<InvalidChange> {
        Measure::of(change, id)?;
        let first = self.warnings.first()?;
        Some(InvalidChange::Unknown {
            what: first.clone(),
        })
    }
}

/// What an approver must have seen.
pub(crate) fn digest_of(change: &Change, effect: Option<&Effect>) -> Digest {
    let text = serde_json::to_vec(&(change, effect)).unwrap_or_default();
    Digest::of(&text)
}

/// The policy and what stands on top of it, as one digest.
fn base_of(force: &Force) -> Digest {
    let mut bytes = force.bundle.digest().0.to_vec();
    bytes.extend(serde_json::to_vec(&force.overlay).unwrap_or_default());
    Digest::of(&bytes)
}

/// The warnings of a policy that speak of one measure.
fn about(warnings: &Faults, overlay: &Overlay, id: ProposalId) -> Vec<String> {
    let named = format!("`{id}`");
    let modes: Vec<String> = overlay
        .modes
        .iter()
        .map(|mode| format!("mode `{}`", mode.mode))
        .collect();
    warnings
        .iter()
        .map(|fault| fault.to_string().trim().to_owned())
        .filter(|text| text.contains("overlay"))
        .filter(|text| text.contains(&named) || modes.iter().any(|mode| text.contains(mode)))
        .collect()
}

/// Whether a change names help, guarded or essential sites.
fn is_guarded(change: &Change, force: &Force) -> bool {
    let policy = force.state.policy();
    let guard = force.bundle.files().content("blocklists/guard.txt");
    let guard = guard
        .and_then(|content| std::str::from_utf8(content).ok())
        .unwrap_or("");
    let guarded = guard
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    let essential = policy.essential().iter().map(|host| host.name.as_str());
    let names: Vec<&str> = guarded.chain(essential).collect();
    let closes = matches!(change, Change::Block(_))
        || matches!(change, Change::Override(held) if !crate::change::lets_in(held.action))
        || matches!(change, Change::Plan(plan) if !crate::change::lets_in(plan.action));
    closes
        && change.sites().iter().any(|site| {
            site == "category:help"
                || bears_help(site, force)
                || names.iter().any(|name| touches(site, name))
        })
}

fn bears_help(site: &str, force: &Force) -> bool {
    let mut buffer = model::HostBuffer::new();
    let help = force.state.policy().vocabulary().find("help");
    let target = model::Target::parse(site, &mut buffer);
    match (help, target) {
        (Some(help), Ok(target)) => force
            .state
            .artefact()
            .label_target(&target)
            .categories
            .contains(help),
        (Some(_) | None, Ok(_) | Err(_)) => false,
    }
}

/// Whether a change is for one group that no other follows, one class, person or device; one that
/// is tried with others first is not.
fn is_narrow(change: &Change, force: &Force) -> bool {
    if matches!(change, Change::Override(held) if held.trial.is_some()) {
        return false;
    }
    let [whom] = change.whom() else { return false };
    let policy = force.state.policy();
    match whom.split_once(':') {
        Some(("class" | "user" | "device", _)) => true,
        Some(("group", id)) => policy.groups().find(id).is_some_and(|group| {
            !policy.groups().iter().any(|(other, _)| {
                policy
                    .group(other)
                    .is_some_and(|facts| facts.extends.contains(&group))
            })
        }),
        Some(_) | None => false,
    }
}

const EXCEPTIONS: &str = "blocklists/exceptions.toml";
