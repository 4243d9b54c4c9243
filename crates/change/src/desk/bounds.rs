//! What holds for every change, whoever proposes it: no floor, a span, for whom, which sites.

use super::force::Force;
use super::validate::InvalidChange;
use crate::change::lets_in;
use crate::{Change, ChangeKind};
use model::{Host, HostBuffer, Moment, Target};
use std::time::Duration;

/// No kind of change reaches the floor (CHG-26), by category or by a site that bears its label.
pub(super) fn no_floor(change: &Change, force: &Force) -> Result<(), InvalidChange> {
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

pub(super) fn check_span(change: &Change, now: Moment) -> Result<(), InvalidChange> {
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
        | ChangeKind::LiftLabels
        | ChangeKind::Rollback
        | ChangeKind::Erase
        | ChangeKind::ListRollback
        | ChangeKind::RotateKey
        | ChangeKind::AcceptState
        | ChangeKind::SocialAccount
        | ChangeKind::Unseal
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

pub(super) fn check_whom(change: &Change) -> Result<(), InvalidChange> {
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
        | ChangeKind::LiftLabels
        | ChangeKind::Rollback
        | ChangeKind::Erase
        | ChangeKind::ListRollback
        | ChangeKind::RotateKey
        | ChangeKind::AcceptState
        | ChangeKind::SocialAccount
        | ChangeKind::Unseal
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

/// A trial is of an opening, with few who are no single person, within its span (CHG-24).
pub(super) fn check_trial(change: &Change) -> Result<(), InvalidChange> {
    let (held, opening) = match change {
        Change::Override(held) => (held, lets_in(held.action)),
        Change::Lesson(held) => (held, false),
        Change::Policy(_)
        | Change::Plan(_)
        | Change::Mode(_)
        | Change::Pause(_)
        | Change::Isolation(_)
        | Change::Block(_)
        | Change::End { .. }
        | Change::Extend { .. }
        | Change::Account(_)
        | Change::Feed(_)
        | Change::Hold(_)
        | Change::Release { .. }
        | Change::LiftLabels { .. }
        | Change::Rollback { .. }
        | Change::Erase { .. }
        | Change::ListRollback(_)
        | Change::RotateKey
        | Change::AcceptState { .. }
        | Change::SocialAccount(_)
        | Change::Unseal { .. }
        | Change::EndCommissioning => return Ok(()),
    };
    let Some(trial) = &held.trial else {
        return Ok(());
    };
    let some = |text: &String| {
        text.len() <= 200
            && ["group:", "class:", "set:"]
                .iter()
                .any(|kind| text.starts_with(kind))
    };
    let few = (1..=5).contains(&trial.whom.len()) && trial.whom.iter().all(some);
    match opening && few && held.start < trial.until && trial.until < held.end {
        true => Ok(()),
        false => Err(InvalidChange::Trial),
    }
}

pub(super) fn check_sites(change: &Change) -> Result<(), InvalidChange> {
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
        | Change::Rollback { .. }
        | Change::Erase { .. }
        | Change::ListRollback(_)
        | Change::RotateKey
        | Change::AcceptState { .. }
        | Change::SocialAccount(_)
        | Change::Unseal { .. }
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

pub(super) fn begin_now(change: &mut Change, now: Moment) {
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
        | Change::LiftLabels { .. }
        | Change::Rollback { .. }
        | Change::Erase { .. }
        | Change::ListRollback(_)
        | Change::RotateKey
        | Change::AcceptState { .. }
        | Change::SocialAccount(_)
        | Change::Unseal { .. }
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

const DAY: Duration = Duration::from_secs(86_400);
pub(super) const YEAR: Duration = Duration::from_secs(366 * 86_400);
