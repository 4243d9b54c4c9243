use super::Desk;
use super::bounds::{begin_now, check_sites, check_span, check_trial, check_whom, no_floor};
use super::force::Force;
use super::newcomer::is_id;
use crate::change::lets_in;
use crate::measure::Measure;
use crate::{Acting, Change, Draft, FeedChange, ListVersion, ProposalId, SocialChange};
use alert::Role;
use model::{Digest, Moment};

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
    /// A trial outside its bounds.
    #[error(
        "a trial is of an unblock, with 1 to 5 of `group:`, `class:` and `set:`, and ends between \
         its beginning and its end"
    )]
    Trial,
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
    /// The register of social media accounts wants two people.
    #[error("name at least two members of staff, what the account is for, and its network")]
    Social,
    /// A feed without name or address.
    #[error("a feed has a name, and the 1 to 8 addresses that it speaks from")]
    Feed,
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
    /// A hold on nobody, or far in the future.
    #[error("a hold names `user:NAME`, `device:NAME` or an address, and a moment that has come")]
    Hold,
    /// Entries that cannot lose their words.
    #[error("{why}")]
    Erase {
        /// Why, in plain words.
        why: String,
    },
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
        check_trial(change)?;
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
                check_trial(&longer)?;
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
            Change::Hold(hold) => super::holds::check(hold, now)?,
            Change::Erase { entries } => self.check_erasure(entries)?,
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
            Change::Release { hold } => {
                if !self.register().holds.contains_key(hold) {
                    return Err(InvalidChange::NotInForce { id: hold.clone() });
                }
            }
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
            | Change::RotateKey
            | Change::Unseal { .. } => {}
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
