use super::activate::ActivateError;
use super::entrance::SessionError;
use super::{Desk, actor, by_token, lock};
use crate::record::{Confirmation, Decided, SignedOff, Withdrawn};
use crate::register::Register;
use crate::rights::SIGNERS;
use crate::session::CONFIRMED_FOR;
use crate::{
    Acting, Change, Confirmed, Decider, Handed, Matter, ProposalId, Right, Roles, Route, Settings,
};
use alert::Role;
use audit::{EntryIndex, EntryKind};
use model::{Digest, Moment};
use policy::Policy;
use std::time::Duration;

/// A matter was not decided so.
#[derive(Debug, thiserror::Error)]
pub enum DecideError {
    /// The session is over.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// Password and second factor were given too long ago.
    #[error("that took more than five minutes; confirm with password and code again")]
    Stale,
    /// There is none, or it may not be seen.
    #[error("there is no proposal {id}")]
    Unknown {
        /// What was named.
        id: ProposalId,
    },
    /// It is decided already, or over.
    #[error("{id} is {stage} already")]
    Stage {
        /// The matter.
        id: ProposalId,
        /// Where it stands.
        stage: crate::Stage,
    },
    /// Nobody decides what the same person proposed.
    #[error("you proposed this or decided on it before; somebody else decides it")]
    Own,
    /// It is another's turn.
    #[error("this waits for the {role}")]
    Turn {
        /// Whose turn it is.
        role: &'static str,
    },
    /// Not in this role, or not with a token.
    #[error("as {role} you cannot do this")]
    Role {
        /// The role.
        role: Role,
    },
    /// It is not what was looked at.
    #[error("this changed since you opened it; look at it again")]
    LookAgain,
    /// Words are missing, or too many.
    #[error("say why, in at most 2,000 characters")]
    Words,
    /// An older state of the machine was brought back.
    #[error(
        "the state folder is older than the head kept elsewhere; until the headteacher and the \
         chair accept it, nothing is changed"
    )]
    SetBack,
    /// Somebody was not told for too long (CHG-32).
    #[error(
        "{count} notices of earlier changes were not delivered; until they are, or are read in \
         the console, nothing more is approved"
    )]
    HeldUp {
        /// How many.
        count: usize,
    },
    /// It does not compile any more.
    #[error("it does not hold together any more:\n{faults}")]
    Faults {
        /// What is wrong.
        faults: model::Faults,
    },
    /// The ledger did not take it.
    #[error(transparent)]
    Ledger(#[from] audit::AppendError),
    /// It was approved, and is brought into force as soon as that is possible.
    #[error("it was approved, and could not be brought into force yet; it is tried again")]
    Activate(#[from] ActivateError),
}

impl Desk {
    /// Consents to a matter as it was seen; it is in force when this returns, unless another has
    /// to consent as well.
    ///
    /// # Errors
    ///
    /// Refuses who proposed it, who is named in it, who is not in turn, and consent to something
    /// else than what was seen.
    pub fn approve(
        &self,
        confirmed: Confirmed,
        id: ProposalId,
        seen: Digest,
        words: &str,
    ) -> Result<Matter, DecideError> {
        let acting = self.unwrap_confirmed(confirmed)?;
        let words = said(words, 0)?;
        let writing = self.hold();
        let matter = self.decidable(&acting, id)?;
        self.nothing_holds_up(&matter)?;
        let matter = self
            .freshen(matter)
            .map_err(|faults| DecideError::Faults { faults })?;
        if matter.digest != seen {
            return Err(DecideError::LookAgain);
        }
        let payload = Decided {
            matter: id,
            by: acting.who(),
            approved: true,
            words,
            seen: Some(seen),
        };
        let entry = self.write(&writing, actor(&acting), EntryKind::Decided, &payload)?;
        let decided = self.find(id)?;
        if decided.waits() {
            self.tell_waiting(&decided, entry);
            return Ok(self.shown(decided));
        }
        lock(&self.fresh).remove(&id);
        self.carry_out(&writing, &decided, Some(&acting))?;
        let done = self.find(id)?;
        self.tell_decided(&done, entry);
        Ok(self.shown(done))
    }

    /// Refuses a matter.
    ///
    /// # Errors
    ///
    /// As [`Desk::approve`]; the words are wanted.
    pub fn refuse(
        &self,
        acting: &Acting,
        id: ProposalId,
        words: &str,
    ) -> Result<Matter, DecideError> {
        self.still(acting)?;
        let words = said(words, 3)?;
        let writing = self.hold();
        self.decidable(acting, id)?;
        let payload = Decided {
            matter: id,
            by: acting.who(),
            approved: false,
            words,
            seen: None,
        };
        let entry = self.write(&writing, actor(acting), EntryKind::Decided, &payload)?;
        lock(&self.fresh).remove(&id);
        let refused = self.find(id)?;
        self.tell_decided(&refused, entry);
        Ok(self.shown(refused))
    }

    /// Takes one's own proposal back.
    ///
    /// # Errors
    ///
    /// Refuses others' proposals, and what does not wait.
    pub fn withdraw(
        &self,
        acting: &Acting,
        id: ProposalId,
        words: &str,
    ) -> Result<Matter, DecideError> {
        self.still(acting)?;
        let words = said(words, 0)?;
        let writing = self.hold();
        let matter = self.find(id)?;
        if matter.proposer.person != acting.person {
            return Err(DecideError::Unknown { id });
        }
        waiting(&matter)?;
        let payload = Withdrawn {
            matter: id,
            by: Some(acting.who()),
            words,
        };
        self.write(&writing, actor(acting), EntryKind::Withdrawn, &payload)?;
        lock(&self.fresh).remove(&id);
        Ok(self.shown(self.find(id)?))
    }

    /// Consents afterwards to what came into force in an emergency.
    ///
    /// # Errors
    ///
    /// Refuses who proposed it, who is named in it, and roles that may not decide it.
    pub fn ratify(
        &self,
        confirmed: Confirmed,
        id: ProposalId,
        words: &str,
    ) -> Result<Matter, DecideError> {
        let acting = self.unwrap_confirmed(confirmed)?;
        self.look_back(
            &acting,
            id,
            words,
            EntryKind::Ratified,
            Matter::wants_ratification,
        )
    }

    /// Says that what came into force on one word was looked at.
    ///
    /// # Errors
    ///
    /// As [`Desk::ratify`].
    pub fn review(
        &self,
        acting: &Acting,
        id: ProposalId,
        words: &str,
    ) -> Result<Matter, DecideError> {
        self.still(acting)?;
        self.look_back(acting, id, words, EntryKind::Reviewed, Matter::wants_review)
    }

    fn look_back(
        &self,
        acting: &Acting,
        id: ProposalId,
        words: &str,
        kind: EntryKind,
        wanted: fn(&Matter) -> bool,
    ) -> Result<Matter, DecideError> {
        let words = said(words, 0)?;
        let writing = self.hold();
        let matter = self.find(id)?;
        self.not_own(acting, &matter)?;
        if !Right::of(matter.kind()).decide.contains(acting.role) || self.is_sealed(acting) {
            return Err(DecideError::Role { role: acting.role });
        }
        if !wanted(&matter) {
            return Err(DecideError::Stage {
                id,
                stage: matter.stage,
            });
        }
        let payload = Confirmation {
            matter: id,
            by: acting.who(),
            words,
        };
        self.write(&writing, actor(acting), kind, &payload)?;
        Ok(self.shown(self.find(id)?))
    }

    /// Signs the change log off up to an entry (CHG-18).
    ///
    /// # Errors
    ///
    /// Refuses all but headteacher, governors and chair, and entries that are not there.
    pub fn sign_off(
        &self,
        acting: &Acting,
        upto: EntryIndex,
        words: &str,
    ) -> Result<EntryIndex, DecideError> {
        self.still(acting)?;
        let words = said(words, 0)?;
        if !SIGNERS.contains(acting.role) || by_token(acting) {
            return Err(DecideError::Role { role: acting.role });
        }
        let writing = self.hold();
        let last = self.register().lines.last().map_or(0, |line| line.entry);
        let payload = SignedOff {
            by: acting.who(),
            upto: upto.0.min(last),
            words,
        };
        Ok(self.write(&writing, actor(acting), EntryKind::SignedOff, &payload)?)
    }

    /// The temporary password of an account that the decision opened or reset, once, for who
    /// decided it; nobody else can fetch it, and a restart forgets it.
    ///
    /// # Errors
    ///
    /// Refuses everybody else.
    pub fn collect(&self, acting: &Acting, id: ProposalId) -> Result<Option<Handed>, DecideError> {
        self.still(acting)?;
        let matter = self.find(id)?;
        let decided = matter
            .decisions
            .iter()
            .any(|held| held.approved && held.by.person == acting.person);
        if !decided || by_token(acting) {
            return Err(DecideError::Role { role: acting.role });
        }
        Ok(lock(&self.handed).remove(&id))
    }

    /// The matter, if this person may decide it now.
    fn decidable(&self, acting: &Acting, id: ProposalId) -> Result<Matter, DecideError> {
        let matter = self.find(id)?;
        self.not_own(acting, &matter)?;
        waiting(&matter)?;
        if self.set_back().is_some() && !matches!(matter.change, Change::AcceptState { .. }) {
            return Err(DecideError::SetBack);
        }
        if by_token(acting) || self.is_sealed(acting) {
            return Err(DecideError::Role { role: acting.role });
        }
        let turn = self.turn(&matter);
        match turn.allowed.contains(acting.role) {
            true => Ok(matter),
            false => Err(DecideError::Turn {
                role: turn
                    .decider
                    .map_or("somebody else", |decider| decider.role.title()),
            }),
        }
    }

    fn not_own(&self, acting: &Acting, matter: &Matter) -> Result<(), DecideError> {
        if matter.concerns.contains(&acting.person) {
            return Err(DecideError::Unknown { id: matter.id });
        }
        let before = matter
            .decisions
            .iter()
            .any(|held| held.by.person == acting.person);
        match matter.proposer.person == acting.person || before {
            true => Err(DecideError::Own),
            false => Ok(()),
        }
    }

    fn nothing_holds_up(&self, matter: &Matter) -> Result<(), DecideError> {
        if matches!(matter.change, Change::AcceptState { .. }) {
            return Ok(());
        }
        let count = self
            .notices
            .overdue(self.now(), self.settings().hold_up())
            .len();
        match count {
            0 => Ok(()),
            count => Err(DecideError::HeldUp { count }),
        }
    }

    fn unwrap_confirmed(&self, confirmed: Confirmed) -> Result<Acting, DecideError> {
        let Confirmed { acting, at } = confirmed;
        self.still(&acting)?;
        match self.clock.monotonic().saturating_sub(at) < CONFIRMED_FOR {
            true => Ok(acting),
            false => Err(DecideError::Stale),
        }
    }

    fn is_sealed(&self, acting: &Acting) -> bool {
        self.register()
            .accounts
            .get(&acting.account)
            .is_none_or(|account| account.sealed)
    }

    pub(super) fn find(&self, id: ProposalId) -> Result<Matter, DecideError> {
        let matter = self.register().matters.get(&id).cloned();
        matter.ok_or(DecideError::Unknown { id })
    }

    /// The matter with who decides it now.
    pub(super) fn shown(&self, mut matter: Matter) -> Matter {
        matter.decider = self.turn(&matter).decider;
        matter
    }

    /// Whose turn it is.
    pub(super) fn turn(&self, matter: &Matter) -> Turn {
        let force = self.force();
        let policy = force.as_ref().map(|force| force.state.policy());
        Turn::of(
            matter,
            &self.register(),
            policy,
            &self.settings(),
            self.now(),
        )
    }
}

/// Whose turn it is to decide a matter.
#[derive(Debug)]
pub(crate) struct Turn {
    pub(crate) decider: Option<Decider>,
    pub(crate) allowed: Roles,
}

impl Turn {
    /// Goes along the chain of the role that decides: past those whom nobody fills or who are
    /// away, and one further for each silence of so many school hours.
    fn of(
        matter: &Matter,
        register: &Register,
        policy: Option<&Policy>,
        settings: &Settings,
        now: Moment,
    ) -> Self {
        let none = Self {
            decider: None,
            allowed: Roles::NONE,
        };
        let Route::Decide { by, why } = &matter.route else {
            return none;
        };
        let given = matter.decisions.iter().filter(|held| held.approved).count();
        let (Some(base), true) = (by.get(given), matter.waits()) else {
            return none;
        };
        let about_head = register.names_headteacher(&matter.concerns);
        let there: Vec<Role> = chain(*base)
            .iter()
            .copied()
            .filter(|role| !(about_head && matches!(role, Role::Headteacher | Role::Deputy)))
            .filter(|role| is_there(*role, matter, register, now))
            .collect();
        let since = matter.decisions.last().map_or(matter.made, |held| held.at);
        let silent = policy.map_or(Duration::ZERO, |policy| {
            school_time(policy, &settings.school_hours, since, now)
        });
        let steps = silent.as_secs() / settings.silence().as_secs().max(1);
        let steps = usize::try_from(steps).unwrap_or(usize::MAX);
        let Some(last) = there.len().checked_sub(1) else {
            return none;
        };
        let at = steps.min(last);
        let mut allowed: Vec<Role> = there[..=at].to_vec();
        if *base == Role::Coordinator && there.contains(&Role::Headteacher) {
            allowed.push(Role::Headteacher);
        }
        let why = match (there[at] == *base, at) {
            (true, _) => why.clone(),
            (false, 0) => format!("{why}; the {} is away, or is concerned", base.title()),
            (false, _) => format!("{why}; the {} did not answer", base.title()),
        };
        Self {
            decider: Some(Decider {
                role: there[at],
                since,
                deputies: there.into_iter().skip(at + 1).collect(),
                why,
            }),
            allowed: Roles::of(&allowed),
        }
    }
}

/// Who decides in turn when a role stays silent, or is away.
pub(crate) const fn chain(role: Role) -> &'static [Role] {
    match role {
        Role::Coordinator => &[Role::Coordinator, Role::Deputy, Role::Headteacher],
        Role::Headteacher => &[Role::Headteacher, Role::Deputy, Role::Chair],
        Role::SafeguardingLead => &[Role::SafeguardingLead, Role::Deputy, Role::Headteacher],
        Role::Deputy => &[Role::Deputy, Role::Headteacher, Role::Chair],
        Role::Chair => &[Role::Chair],
        Role::Technician | Role::Support | Role::Teacher | Role::Governor | Role::Auditor => &[],
    }
}

/// Whether anybody in the role could decide the matter just now.
fn is_there(role: Role, matter: &Matter, register: &Register, now: Moment) -> bool {
    register.usable(role, now).any(|account| {
        !account.is_absent(now)
            && account.person != matter.proposer.person
            && !matter.concerns.contains(&account.person)
            && !matter
                .decisions
                .iter()
                .any(|held| held.by.person == account.person)
    })
}

/// How much of a schedule ran between two moments; nothing, when nobody knows the schedule: then
/// silence never moves a matter on.
fn school_time(policy: &Policy, hours: &str, from: Moment, until: Moment) -> Duration {
    let from = from.max(until.before(LONGEST_SILENCE));
    let Some((index, _, _)) = policy.schedule_names().find(|(_, id, _)| *id == hours) else {
        return Duration::ZERO;
    };
    policy
        .spans(from, until)
        .iter()
        .filter(|span| span.running.contains(index))
        .map(|span| span.start.until(span.end))
        .sum()
}

fn waiting(matter: &Matter) -> Result<(), DecideError> {
    match matter.waits() {
        true => Ok(()),
        false => Err(DecideError::Stage {
            id: matter.id,
            stage: matter.stage,
        }),
    }
}

/// Words of a person, of a length that a log bears.
fn said(words: &str, least: usize) -> Result<String, DecideError> {
    let words = words.trim();
    match (least..=2_000).contains(&words.chars().count()) {
        true => Ok(words.to_owned()),
        false => Err(DecideError::Words),
    }
}

/// Past a month of silence everybody's turn has come.
const LONGEST_SILENCE: Duration = Duration::from_secs(31 * 86_400);
