use super::Desk;
use super::force::Force;
use crate::change::lets_in;
use crate::measure::Measure;
use crate::{
    AccountChange, Acting, Change, ChangeKind, Draft, FeedChange, ListVersion, NewAccount,
    ProposalId, SocialChange,
};
use alert::Role;
use model::{Access, CategoryId, Digest, Host, HostBuffer, Moment, Target};
use std::time::Duration;

/// A change cannot be proposed as it stands.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidChange {
    /// The reason is missing, or a book.
    #[error("a reason has 3 to 2,000 characters; say why in a sentence")]
    Reason,
    /// It touches the illegal-content categories.
    #[error("illegal content stays closed for everybody, always; no change reaches it")]
    Floor,
    /// It ends before it begins, has ended, or lasts too long.
    #[error("it must end after it begins, not in the past, and within {longest}")]
    Span {
        /// The longest, in words.
        longest: &'static str,
    },
    /// It is for nobody, or for too many at once.
    #[error("say for whom: 1 to 20 such as `class:year-6`")]
    Whom,
    /// It names nobody or nothing known.
    #[error("{what}")]
    Unknown {
        /// What the policy says of it.
        what: String,
    },
    /// It names no site, or too many at once.
    #[error("name 1 to 50 sites or categories")]
    Sites,
    /// A site cannot be read.
    #[error("`{site}` is no site; write a host such as `museum.example`")]
    Site {
        /// What was written.
        site: String,
    },
    /// It is not there, or is over.
    #[error("`{id}` is not in force; look at what is")]
    NotInForce {
        /// What was named.
        id: String,
    },
    /// A lesson outside its bounds.
    #[error("{why}")]
    Lesson {
        /// What is wrong, in plain words.
        why: &'static str,
    },
    /// New technology without what was thought of before (CHG-27).
    #[error("opening a whole category needs its benefit, its risk, and what becomes of data")]
    Risk,
    /// An account that cannot be so.
    #[error("{why}")]
    Account {
        /// What is wrong, in plain words.
        why: &'static str,
    },
    /// A name that is not one of `essential.toml`.
    #[error("`{name}` is not among the sites the school agreed on beforehand (essential.toml)")]
    NotEssential {
        /// What was named.
        name: String,
    },
    /// The files are not kept, or are what is in force.
    #[error("these files are in force already, or were never kept; propose them from the folder")]
    Bundle,
    /// A list has no such version to return to.
    #[error(
        "list `{list}` has no other good version `{version}`; see `schoolgate lists show {list}`"
    )]
    ListVersion {
        /// The list.
        list: String,
        /// The version.
        version: Digest,
    },
    /// The register of social media accounts wants two people.
    #[error("name at least two members of staff, what the account is for, and its network")]
    Social,
    /// A hold on nobody, or far in the future.
    #[error("a hold names `user:NAME`, `device:NAME` or an address, and a moment that has come")]
    Hold,
    /// Entries that cannot lose their words.
    #[error("{why}")]
    Erase {
        /// Why, in plain words.
        why: String,
    },
    /// A feed without name or address.
    #[error("a feed has a name, and the 1 to 8 addresses that it speaks from")]
    Feed,
    /// Commissioning is over already.
    #[error("the days of commissioning are over already")]
    Commissioning,
    /// No older state was found.
    #[error("the state folder agrees with the head kept elsewhere; there is nothing to accept")]
    State,
}

impl Desk {
    /// Holds a draft against what can be proposed at all, whoever does.
    pub(super) fn validate(
        &self,
        acting: &Acting,
        draft: &Draft,
        force: &Force,
        now: Moment,
    ) -> Result<(), InvalidChange> {
        let reason = draft.reason.trim().chars().count();
        if !(3..=2_000).contains(&reason) {
            return Err(InvalidChange::Reason);
        }
        let change = &draft.change;
        no_floor(change, force)?;
        check_span(change, now)?;
        check_whom(change)?;
        check_sites(change)?;
        match change {
            Change::Lesson(_) => self.check_lesson(acting, change, force, now)?,
            Change::Override(held) => {
                let category = held.sites.iter().any(|site| site.starts_with("category:"));
                if category && lets_in(held.action) && draft.risk.is_none() {
                    return Err(InvalidChange::Risk);
                }
            }
            Change::End { id } => {
                self.endable(acting, id)?;
            }
            Change::Extend { id, end } => {
                let held = self.endable(acting, id)?;
                let mut longer = held.measure.until(*end, ProposalId(0)).change();
                begin_now(&mut longer, now);
                check_span(&longer, now)?;
                if matches!(held.measure, Measure::Lesson(_)) {
                    self.check_lesson(acting, &longer, force, now)?;
                }
            }
            Change::Account(change) => self.check_account(change, now)?,
            Change::LiftLabels { names } => {
                let known = force.state.policy().essential();
                if let Some(name) = names
                    .iter()
                    .find(|name| !known.iter().any(|host| host.name == **name))
                {
                    return Err(InvalidChange::NotEssential { name: name.clone() });
                }
            }
            Change::Policy(files) => {
                let kept = self.bundle(files.bundle).is_ok();
                if !kept || files.bundle == force.bundle.digest() {
                    return Err(InvalidChange::Bundle);
                }
            }
            Change::Rollback { bundle } => {
                let known = self
                    .register()
                    .activations
                    .iter()
                    .any(|held| held.bundle == *bundle);
                if !known || *bundle == force.bundle.digest() || self.bundle(*bundle).is_err() {
                    return Err(InvalidChange::Bundle);
                }
            }
            Change::ListRollback(to) => self.check_list_version(to, force)?,
            Change::SocialAccount(change) => check_social(change)?,
            Change::Feed(FeedChange::Open { name, from }) => {
                if !is_id(name) || !(1..=8).contains(&from.len()) {
                    return Err(InvalidChange::Feed);
                }
            }
            Change::Feed(FeedChange::Close { name }) => {
                if !self.register().feeds.contains_key(name) {
                    return Err(InvalidChange::Feed);
                }
            }
            Change::Hold(hold) => super::holds::check(hold, now)?,
            Change::Release { hold } => {
                if !self.register().holds.contains_key(hold) {
                    return Err(InvalidChange::NotInForce { id: hold.clone() });
                }
            }
            Change::Erase { entries } => self.check_erasure(entries)?,
            Change::EndCommissioning => {
                self.commissioning().ok_or(InvalidChange::Commissioning)?;
            }
            Change::AcceptState { size, root } => {
                let found = self.set_back();
                if !found.is_some_and(|found| found.size == *size && found.root == *root) {
                    return Err(InvalidChange::State);
                }
            }
            Change::Plan(_)
            | Change::Mode(_)
            | Change::Pause(_)
            | Change::Isolation(_)
            | Change::Block(_)
            | Change::RotateKey => {}
        }
        Ok(())
    }

    /// A version that a list may return to: a good one of a list in use, and not the one in force.
    fn check_list_version(&self, to: &ListVersion, force: &Force) -> Result<(), InvalidChange> {
        let in_force = force.versions.get(&to.list);
        let kept = self.store.bytes(&to.list, to.version).is_ok();
        let history = self.store.history(&to.list).unwrap_or_default();
        let known = in_force.is_some_and(|held| *held != to.version);
        match known && kept && history.good(to.version).is_some() {
            true => Ok(()),
            false => Err(InvalidChange::ListVersion {
                list: to.list.chars().take(100).collect(),
                version: to.version,
            }),
        }
    }

    /// A measure that stands.
    pub(super) fn standing(&self, id: &str) -> Result<crate::measure::Held, InvalidChange> {
        let gone = || InvalidChange::NotInForce { id: id.to_owned() };
        let number: ProposalId = id.parse().map_err(|_| gone())?;
        let held = self.register().held.get(&number).cloned();
        held.filter(|held| held.ended.is_none()).ok_or_else(gone)
    }

    /// A measure that stands and that this person may end: not one that is about them, and a
    /// teacher's own alone.
    fn endable(&self, acting: &Acting, id: &str) -> Result<crate::measure::Held, InvalidChange> {
        let held = self.standing(id)?;
        let register = self.register();
        let matter = register.matters.get(&held.matter);
        let named = matter.is_none_or(|matter| matter.concerns.contains(&acting.person));
        let own = matter.is_some_and(|matter| matter.proposer.person == acting.person);
        match named || (acting.role == Role::Teacher && !own) {
            true => Err(InvalidChange::NotInForce { id: id.to_owned() }),
            false => Ok(held),
        }
    }

    /// A lesson is for one class of the teacher's own, of categories that wait for permission
    /// there, and never past its end (SCH-06).
    fn check_lesson(
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
        let taught = self
            .register()
            .accounts
            .get(&acting.account)
            .is_some_and(|account| {
                account
                    .classes
                    .iter()
                    .any(|own| class.strip_prefix("class:") == Some(own))
            });
        if !taught {
            return no(
                "you can unlock for a class that you teach; ask for your classes to be noted",
            );
        }
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
            let id = site.strip_prefix("category:");
            match id.and_then(|id| force.state.policy().vocabulary().find(id)) {
                Some(category) => categories.push(category),
                None => return no("a lesson unlocks categories that wait for permission"),
            }
        }
        match categories
            .iter()
            .all(|id| waits_for_permission(force, class, *id, now))
        {
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

    fn check_account(&self, change: &AccountChange, now: Moment) -> Result<(), InvalidChange> {
        let register = self.register();
        match change.account() {
            Some(account) if !register.accounts.contains_key(&account) => {
                return Err(InvalidChange::Account {
                    why: "there is no such account",
                });
            }
            Some(_) | None => {}
        }
        match change {
            AccountChange::Open { new } => check_new_account(&register, new, now),
            AccountChange::Role {
                role: Role::Support,
                ..
            } => Err(InvalidChange::Account {
                why: "open an account of its own for an outside company",
            }),
            AccountChange::Role { .. }
            | AccountChange::Suspend { .. }
            | AccountChange::Reopen { .. }
            | AccountChange::Close { .. }
            | AccountChange::ResetSecondFactor { .. }
            | AccountChange::ResetPassword { .. }
            | AccountChange::Absence { .. }
            | AccountChange::Classes { .. }
            | AccountChange::Mail { .. }
            | AccountChange::Expiry { .. } => Ok(()),
        }
    }
}

/// Whether an account may be opened so.
pub(super) fn check_new_account(
    register: &crate::register::Register,
    new: &NewAccount,
    now: Moment,
) -> Result<(), InvalidChange> {
    let no = |why| Err(InvalidChange::Account { why });
    if !is_id(&new.name) {
        return no("a sign-in name has 2 to 60 lower-case letters, digits, dots and hyphens");
    }
    if register.account_named(&new.name).is_some() {
        return no("there is an account of this name already, perhaps a closed one");
    }
    if !(2..=100).contains(&new.shown.trim().chars().count()) || new.shown.contains(model::steers) {
        return no("write the name that people read, of 2 to 100 characters");
    }
    if new.person.is_some_and(|person| {
        !register
            .accounts
            .values()
            .any(|account| account.person == person)
    }) {
        return no("no account belongs to this person; leave the person out");
    }
    let same = |account: &crate::Account| {
        Some(account.person) != new.person
            && (account.user.is_some() && account.user == new.user
                || account.mail.is_some() && account.mail == new.mail)
    };
    if register.accounts.values().any(same) {
        return no("another account has this network name or mail; say that it is the same person");
    }
    if new.mail.as_deref().is_some_and(|mail| !is_mail(mail)) {
        return no("this is no mail address");
    }
    let outside = new.role == Role::Support;
    if outside && (new.sponsor.is_none() || new.hours.is_none() || new.expires.is_none()) {
        return no("an account of an outside company has a sponsor, hours, and an end");
    }
    if new
        .sponsor
        .is_some_and(|sponsor| !register.accounts.contains_key(&sponsor))
    {
        return no("the sponsor has no account");
    }
    let longest = now.after(YEAR);
    if new
        .expires
        .is_some_and(|end| end <= now || (outside && end > longest))
    {
        return no("the account would be over already, or last for more than a year");
    }
    Ok(())
}

/// No kind of change reaches the floor (CHG-26), by category or by a site that bears its label.
fn no_floor(change: &Change, force: &Force) -> Result<(), InvalidChange> {
    let vocabulary = force.state.policy().vocabulary();
    let floor = vocabulary.floor();
    for site in change.sites() {
        let named = site
            .strip_prefix("category:")
            .unwrap_or(site)
            .trim()
            .to_ascii_lowercase();
        let known = vocabulary.find(&named).is_some_and(|id| floor.contains(id));
        if known || named.starts_with("illegal-") || named.contains("category:illegal-") {
            return Err(InvalidChange::Floor);
        }
        let mut buffer = HostBuffer::new();
        let plain = site.trim_start_matches("*.").trim_start_matches('.');
        if let Ok(target) = Target::parse(plain, &mut buffer)
            && force
                .state
                .artefact()
                .label_target(&target)
                .categories
                .meets(floor)
        {
            return Err(InvalidChange::Floor);
        }
    }
    let texts = change.whom().iter();
    match texts.into_iter().any(|text| text.contains("illegal-")) {
        true => Err(InvalidChange::Floor),
        false => Ok(()),
    }
}

fn check_span(change: &Change, now: Moment) -> Result<(), InvalidChange> {
    let Some((start, end)) = change.span() else {
        return Ok(());
    };
    let (longest, words) = match change.kind() {
        ChangeKind::Lesson => (DAY, "a lesson"),
        ChangeKind::Block => (14 * DAY, "14 days"),
        ChangeKind::Pause => (31 * DAY, "31 days"),
        ChangeKind::Mode => (93 * DAY, "93 days"),
        ChangeKind::Override
        | ChangeKind::Plan
        | ChangeKind::Isolation
        | ChangeKind::Policy
        | ChangeKind::End
        | ChangeKind::Extend
        | ChangeKind::Account
        | ChangeKind::Feed
        | ChangeKind::Hold
        | ChangeKind::Release
        | ChangeKind::Erase
        | ChangeKind::LiftLabels
        | ChangeKind::Rollback
        | ChangeKind::ListRollback
        | ChangeKind::RotateKey
        | ChangeKind::AcceptState
        | ChangeKind::SocialAccount
        | ChangeKind::EndCommissioning => (YEAR, "a year"),
    };
    // An isolation alone may be without an end.
    let Some(end) = end else { return Ok(()) };
    let from = start.max(now);
    match start < end && now < end && from.until(end) <= longest && now.until(start) <= YEAR {
        true => Ok(()),
        false => Err(InvalidChange::Span { longest: words }),
    }
}

fn check_whom(change: &Change) -> Result<(), InvalidChange> {
    let named = change.whom().len();
    let wanted = match change.kind() {
        ChangeKind::Override
        | ChangeKind::Plan
        | ChangeKind::Mode
        | ChangeKind::Lesson
        | ChangeKind::Pause
        | ChangeKind::Isolation => 1..=20,
        ChangeKind::Hold => 1..=1,
        ChangeKind::Block
        | ChangeKind::Policy
        | ChangeKind::End
        | ChangeKind::Extend
        | ChangeKind::Account
        | ChangeKind::Feed
        | ChangeKind::Release
        | ChangeKind::Erase
        | ChangeKind::LiftLabels
        | ChangeKind::Rollback
        | ChangeKind::ListRollback
        | ChangeKind::RotateKey
        | ChangeKind::AcceptState
        | ChangeKind::SocialAccount
        | ChangeKind::EndCommissioning => 0..=20,
    };
    let short = change
        .whom()
        .iter()
        .all(|text| !text.is_empty() && text.len() <= 200);
    match wanted.contains(&named) && short {
        true => Ok(()),
        false => Err(InvalidChange::Whom),
    }
}

fn check_sites(change: &Change) -> Result<(), InvalidChange> {
    let wanted = match change {
        Change::Override(_)
        | Change::Plan(_)
        | Change::Lesson(_)
        | Change::Block(_)
        | Change::LiftLabels { .. } => 1..=50,
        Change::Policy(_)
        | Change::Mode(_)
        | Change::Pause(_)
        | Change::Isolation(_)
        | Change::End { .. }
        | Change::Extend { .. }
        | Change::Account(_)
        | Change::Feed(_)
        | Change::Hold(_)
        | Change::Release { .. }
        | Change::Erase { .. }
        | Change::Rollback { .. }
        | Change::ListRollback(_)
        | Change::RotateKey
        | Change::AcceptState { .. }
        | Change::SocialAccount(_)
        | Change::EndCommissioning => 0..=0,
    };
    if !wanted.contains(&change.sites().len()) {
        return Err(InvalidChange::Sites);
    }
    let bad = change.sites().iter().find(|site| {
        site.is_empty()
            || site.len() > 500
            || site.chars().any(|c| model::steers(c) || c.is_whitespace())
    });
    match bad {
        Some(site) => Err(InvalidChange::Site {
            site: site.chars().take(100).collect(),
        }),
        None => Ok(()),
    }
}

fn check_social(change: &SocialChange) -> Result<(), InvalidChange> {
    let SocialChange::Register {
        name,
        platform,
        purpose,
        staff,
    } = change
    else {
        return Ok(());
    };
    let texts = [name, platform, purpose];
    let mut named = staff.clone();
    named.sort_unstable();
    named.dedup();
    let whole = texts
        .iter()
        .all(|text| (2..=300).contains(&text.trim().chars().count()));
    match whole && named.len() >= 2 {
        true => Ok(()),
        false => Err(InvalidChange::Social),
    }
}

/// Whether a category waits for permission in the group of a class, at a moment.
///
/// A class whose group nobody knows is taken to be in any group of pupils.
fn waits_for_permission(force: &Force, class: &str, category: CategoryId, now: Moment) -> bool {
    let policy = force.state.policy();
    let roster = force.state.identifier().roster();
    let running = policy.schedules(now).running;
    let mut groups = policy
        .groups()
        .iter()
        .filter(|(group, _)| policy.group(*group).is_some_and(|facts| facts.pupil))
        .filter_map(|(group, _)| {
            let subject = policy.somebody(group, [class], roster);
            policy.words(&subject, running, now).word(category)
        })
        .peekable();
    // A group that has it open already loses nothing; one that closes it must not be opened.
    groups.peek().is_some()
        && groups.all(|word| word != Access::Block)
        && policy.groups().iter().any(|(group, _)| {
            let subject = policy.somebody(group, [class], roster);
            policy.words(&subject, running, now).word(category) == Some(Access::Permission)
        })
}

fn begin_now(change: &mut Change, now: Moment) {
    match change {
        Change::Override(held) | Change::Lesson(held) => held.start = now,
        Change::Plan(plan) => plan.start = now,
        Change::Mode(mode) => mode.start = now,
        Change::Pause(pause) => pause.start = now,
        Change::Isolation(isolation) => isolation.start = now,
        Change::Block(block) => block.start = now,
        Change::Policy(_)
        | Change::End { .. }
        | Change::Extend { .. }
        | Change::Account(_)
        | Change::Feed(_)
        | Change::Hold(_)
        | Change::Release { .. }
        | Change::Erase { .. }
        | Change::LiftLabels { .. }
        | Change::Rollback { .. }
        | Change::ListRollback(_)
        | Change::RotateKey
        | Change::AcceptState { .. }
        | Change::SocialAccount(_)
        | Change::EndCommissioning => {}
    }
}

/// Whether a site that a change names touches this name: it, what is below it, or above it.
pub(super) fn touches(site: &str, name: &str) -> bool {
    let (mut one, mut other) = (HostBuffer::new(), HostBuffer::new());
    let plain = site.trim_start_matches("*.").trim_start_matches('.');
    let Ok(target) = Target::parse(plain, &mut one) else {
        return false;
    };
    match (
        target.host,
        Host::normalise(name.trim_start_matches('.'), &mut other),
    ) {
        (Host::Name(site), Ok(Host::Name(name))) => {
            site.is_at_or_below(name) || name.is_at_or_below(site)
        }
        (Host::Address(site), Ok(Host::Address(name))) => site == name,
        (Host::Name(_) | Host::Address(_), Ok(Host::Name(_) | Host::Address(_)) | Err(_)) => false,
    }
}

fn is_id(text: &str) -> bool {
    let plain = |byte: u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'-')
    };
    (2..=60).contains(&text.len()) && text.bytes().all(plain)
}

fn is_mail(text: &str) -> bool {
    let parts = text.split_once('@');
    let plain = |part: &str| {
        !part.is_empty()
            && part
                .chars()
                .all(|c| c.is_ascii_graphic() && !"@<>,;:\"\\()[]".contains(c))
    };
    text.len() <= 254
        && parts.is_some_and(|(local, host)| plain(local) && plain(host) && host.contains('.'))
}

const DAY: Duration = Duration::from_secs(86_400);
const YEAR: Duration = Duration::from_secs(366 * 86_400);
