use super::{Activation, Commissioned, CredentialFacts, Heard, Register, SignOff};
use crate::life::Step;
use crate::measure::{Ending, Held};
use crate::record::{self, CommissioningState, WAITS};
use crate::request::{Asked, Request, RequestState};
use crate::{
    Change, Decision, FeedChange, IncidentStep, Matter, ProposalId, Route, SocialChange, Stage, Who,
};
use alert::Role;
use audit::EntryKind;
use model::{Digest, Moment};
use serde::de::DeserializeOwned;
use serde_json::Value;

impl Register {
    /// Takes in the next entry. No payload, however odd, makes this fail: what cannot be read is
    /// noted, and has no effect.
    pub(crate) fn hear(&mut self, heard: &Heard<'_>) {
        self.latest = self.latest.max(heard.at);
        self.leaps.hear(heard.at, heard.kind);
        let asks = heard.kind == Some(EntryKind::Proposed);
        self.asked = self.asked.saturating_add(u32::from(asks));
        let understood = match heard.payload {
            // What was erased was understood once; the header says what is left of it.
            None => {
                self.erased = true;
                true
            }
            Some(payload) => self.take(heard, payload),
        };
        if !understood {
            self.unread.push(heard.entry);
        }
        self.note(heard);
    }

    fn take(&mut self, heard: &Heard<'_>, payload: &Value) -> bool {
        let Some(kind) = heard.kind else { return false };
        match kind {
            EntryKind::Proposed => {
                read(payload, |found| self.proposed(heard, found))
                    || read(payload, |found| self.asked_for(heard, found))
            }
            EntryKind::Decided => {
                read(payload, |found| self.decided(heard, found))
                    || read(payload, |found| self.declined(&found))
            }
            EntryKind::Withdrawn => read(payload, |found: record::Withdrawn| {
                self.step(heard, found.matter, Step::Withdraw);
                self.settle_requests(found.matter, RequestState::Declined);
            }),
            EntryKind::OverlayActivated => read(payload, |found| self.began(heard, found)),
            EntryKind::OverlayEnded => read(payload, |found| self.ended(heard, &found)),
            EntryKind::PolicyActivated | EntryKind::RolledBack => {
                read(payload, |found| self.activated(heard, found))
            }
            EntryKind::ListsActivated => read(payload, |found| self.lists_activated(heard, found)),
            EntryKind::Commissioning => read(payload, |found| self.commissioned(heard, &found)),
            EntryKind::Ratified => read(payload, |found| self.ratified(heard, found)),
            EntryKind::Reviewed => read(payload, |found| self.reviewed(heard, found)),
            EntryKind::SignedOff => read(payload, |found| self.signed_off(heard.at, found)),
            EntryKind::Drift => read(payload, |found: record::DriftFound| {
                self.drifts.insert(found.digest);
            }),
            EntryKind::IdentityFeed => read(payload, |found| self.fed(heard, found)),
            EntryKind::AccountChanged => {
                read(payload, |found| self.account_changed(heard, found))
                    || read(payload, |found| self.social_changed(heard, found))
            }
            EntryKind::CredentialChanged => {
                read(payload, |found| self.credential(found))
                    || read(payload, |found: record::Done| {
                        self.activate(heard, found.done);
                    })
            }
            EntryKind::SignedIn | EntryKind::BreakGlass => {
                read(payload, |found| self.signed_in(heard.at, &found))
            }
            EntryKind::Absence => read(payload, |found| self.absent(heard, &found)),
            EntryKind::Hold => {
                read(payload, |found| self.held_records(heard, found))
                    || read(payload, |found| self.copied(found))
            }
            EntryKind::Incident => {
                read(payload, |found: record::IncidentNoted| {
                    if found.done == IncidentStep::Viewed.word() {
                        self.seen.insert((found.incident, found.by.person));
                    }
                }) || read(payload, |found: record::EvidenceUnsealed| {
                    self.activate(heard, found.matter);
                })
            }
            EntryKind::Erasure => {
                let matter = payload.get("matter").and_then(Value::as_str);
                if let Some(id) = matter.and_then(|text| text.parse().ok()) {
                    self.activate(heard, id);
                }
                true
            }
            EntryKind::Retention => {
                if payload.get(WAITS).is_some() {
                    self.leaps.told();
                }
                true
            }
            EntryKind::Verified => read(payload, |found| self.verified = Some((heard.at, found))),
            EntryKind::Witnessed => {
                read(payload, |found| self.state_accepted(heard, &found)) || payload.is_object()
            }
            EntryKind::Unattended => {
                self.unattended = true;
                true
            }
            // These are told of in the change log, and change nothing here.
            EntryKind::Founding
            | EntryKind::Started
            | EntryKind::Stopped
            | EntryKind::ClockBackwards
            | EntryKind::IdentityBound
            | EntryKind::SignInRefused
            | EntryKind::Disclosure
            | EntryKind::Export
            | EntryKind::KeyRotated
            | EntryKind::Notice
            | EntryKind::Fault => true,
        }
    }

    fn proposed(&mut self, heard: &Heard<'_>, found: record::Proposed) {
        if self.matters.contains_key(&found.matter) {
            self.impossible.push(heard.entry);
            return;
        }
        let draft = found.draft;
        let (start, end) = match draft.change.span() {
            Some((start, end)) => (Some(start), end),
            None => (None, None),
        };
        for id in &draft.asks {
            if let Some(request) = self.requests.get_mut(id) {
                request.state = RequestState::Proposed;
                request.proposal = Some(found.matter);
            }
        }
        let stage = match &found.route {
            Route::AtOnce { .. } => Stage::Checked,
            Route::Decide { .. } => Stage::Waiting,
        };
        let matter = Matter {
            id: found.matter,
            change: draft.change,
            stage,
            proposer: found.by,
            reason: draft.reason,
            risk: draft.risk,
            concerns: draft.concerns,
            asks: draft.asks,
            effect: found.effect,
            replay: None,
            warnings: found.warnings,
            route: found.route,
            decider: None,
            digest: found.digest,
            made: heard.at,
            due: found.due,
            decisions: Vec::new(),
            ratified: None,
            reviewed: None,
            start,
            end,
            entries: vec![heard.entry],
        };
        self.matters.insert(found.matter, matter);
    }

    fn asked_for(&mut self, heard: &Heard<'_>, found: record::AskedFor) {
        let asked = Asked {
            at: heard.at,
            ask: found.ask,
        };
        let request = self
            .requests
            .entry(found.request)
            .or_insert_with(|| Request {
                id: found.request,
                site: found.site,
                asks: Vec::new(),
                count: 0,
                first: heard.at,
                last: heard.at,
                state: RequestState::Open,
                proposal: None,
            });
        request.add(asked);
    }

    fn declined(&mut self, found: &record::Declined) {
        if let Some(request) = self.requests.get_mut(&found.declined) {
            request.state = RequestState::Declined;
        }
    }

    fn decided(&mut self, heard: &Heard<'_>, found: record::Decided) {
        let Some(matter) = self.matters.get_mut(&found.matter) else {
            self.unknown_matter(heard);
            return;
        };
        // INVARIANT: not even a ledger that was written otherwise lets a person approve their own.
        let own = found.by.person == matter.proposer.person
            || matter.concerns.contains(&found.by.person)
            || (found.approved && found.seen.is_none());
        if own {
            self.impossible.push(heard.entry);
            return;
        }
        matter
            .decisions
            .push(decision(heard.at, found.by, found.approved, found.words));
        let wanted = match &matter.route {
            Route::AtOnce { .. } => 1,
            Route::Decide { by, .. } => by.len(),
        };
        let given = matter.decisions.iter().filter(|held| held.approved).count();
        let step = match found.approved {
            false => Step::Refuse,
            true if given >= wanted => Step::Approve,
            true => {
                matter.entries.push(heard.entry);
                return;
            }
        };
        self.step(heard, found.matter, step);
        if step == Step::Refuse {
            self.settle_requests(found.matter, RequestState::Declined);
        }
    }

    /// Moves a matter on; gives back whether it could.
    fn step(&mut self, heard: &Heard<'_>, id: ProposalId, step: Step) -> bool {
        let Some(matter) = self.matters.get_mut(&id) else {
            self.unknown_matter(heard);
            return false;
        };
        matter.entries.push(heard.entry);
        match matter.stage.step(step) {
            Ok(next) => {
                matter.stage = next;
                true
            }
            Err(_) => {
                self.impossible.push(heard.entry);
                false
            }
        }
    }

    /// A step of a matter that nobody proposed is impossible, unless its words were erased.
    fn unknown_matter(&mut self, heard: &Heard<'_>) {
        if !self.erased {
            self.impossible.push(heard.entry);
        }
    }

    fn settle_requests(&mut self, id: ProposalId, state: RequestState) {
        for request in self.requests.values_mut() {
            if request.proposal == Some(id) {
                request.state = state;
            }
        }
    }

    /// A matter takes effect; gives back whether that may be believed.
    fn activate(&mut self, heard: &Heard<'_>, id: ProposalId) -> bool {
        let done = self.step(heard, id, Step::Activate);
        if done {
            self.settle_requests(id, RequestState::Granted);
        }
        done
    }

    fn began(&mut self, heard: &Heard<'_>, found: record::MeasureBegan) {
        if !self.activate(heard, found.matter) {
            return;
        }
        if let Some(matter) = self.matters.get_mut(&found.matter) {
            (matter.start, matter.end) = (Some(found.part.start()), found.part.end());
        }
        let held = Held {
            matter: found.matter,
            measure: found.part,
            opens: found.opens,
            began: heard.at,
            ended: None,
        };
        self.held.insert(found.matter, held);
    }

    fn ended(&mut self, heard: &Heard<'_>, found: &record::MeasureEnded) {
        if let Some(held) = self.held.get_mut(&found.id)
            && held.ended.is_none()
        {
            // INVARIANT: what ended stays ended; no later entry clears this.
            held.ended = Some((heard.at, found.how));
            let step = match found.how {
                Ending::Expired => Step::Expire,
                Ending::Revoked | Ending::Replaced => Step::Revoke,
            };
            self.step(heard, found.id, step);
        }
        if let Some(by) = found.matter
            && self
                .matters
                .get(&by)
                .is_some_and(|matter| !matter.stage.in_force())
        {
            self.activate(heard, by);
        }
    }

    fn activated(&mut self, heard: &Heard<'_>, found: record::PolicyActivated) {
        if let Some(id) = found.matter
            && !self.activate(heard, id)
        {
            return;
        }
        if let Some((artefact, versions)) = self.pending.take()
            && artefact == found.artefact
        {
            self.use_versions(heard.at, versions);
        }
        self.activations.push(Activation {
            bundle: found.bundle,
            artefact: found.artefact,
            school: found.school,
            at: heard.at,
            matter: found.matter,
        });
    }

    /// Lists that were compiled for a policy wait for it; others are in force with their entry.
    fn lists_activated(&mut self, heard: &Heard<'_>, found: record::ListsActivated) {
        if found.changes.is_none() {
            self.pending = Some((found.artefact, found.versions));
            return;
        }
        if let Some(id) = found.matter
            && !self.activate(heard, id)
        {
            return;
        }
        match self.activations.last_mut() {
            Some(active) => active.artefact = found.artefact,
            None => return self.impossible.push(heard.entry),
        }
        self.use_versions(heard.at, found.versions);
    }

    fn use_versions(&mut self, at: Moment, versions: std::collections::BTreeMap<String, Digest>) {
        for (id, digest) in versions {
            let held = self.versions.entry(id).or_default();
            if held.last().is_none_or(|(_, last)| *last != digest) {
                held.push((at, digest));
            }
        }
    }

    fn commissioned(&mut self, heard: &Heard<'_>, found: &record::Commissioning) {
        match found.state {
            // INVARIANT: it begins once; nothing begins it again.
            CommissioningState::Begun if self.commissioning.is_none() => {
                let longest = heard.at.after(std::time::Duration::from_secs(14 * 86_400));
                self.commissioning = Some(Commissioned {
                    ends: found.ends.min(longest),
                    ended: false,
                });
            }
            CommissioningState::Begun => self.impossible.push(heard.entry),
            CommissioningState::Ended => {
                if let Some(held) = &mut self.commissioning {
                    held.ended = true;
                }
            }
        }
        if let Some(id) = found.matter {
            self.activate(heard, id);
        }
    }

    fn ratified(&mut self, heard: &Heard<'_>, found: record::Confirmation) {
        let Some(matter) = self.matters.get_mut(&found.matter) else {
            self.unknown_matter(heard);
            return;
        };
        matter.ratified = Some(decision(heard.at, found.by, true, found.words));
        match matter.stage.in_force() {
            true => {
                self.step(heard, found.matter, Step::Ratify);
            }
            false => matter.entries.push(heard.entry),
        }
    }

    fn reviewed(&mut self, heard: &Heard<'_>, found: record::Confirmation) {
        let Some(matter) = self.matters.get_mut(&found.matter) else {
            self.unknown_matter(heard);
            return;
        };
        matter.reviewed = Some(decision(heard.at, found.by, true, found.words));
        // What still holds for a while goes on to its end.
        let running = self
            .held
            .get(&found.matter)
            .is_some_and(|held| held.ended.is_none());
        match running {
            true => matter.entries.push(heard.entry),
            false => {
                self.step(heard, found.matter, Step::Review);
            }
        }
    }

    fn signed_off(&mut self, at: Moment, found: record::SignedOff) {
        self.sign_offs.push(SignOff {
            shown: found.by.shown,
            role: found.by.role,
            at,
            upto: found.upto,
            words: found.words,
            person: found.by.person,
        });
    }

    fn fed(&mut self, heard: &Heard<'_>, found: record::FeedChanged) {
        if !self.activate(heard, found.matter) {
            return;
        }
        match &found.feed {
            FeedChange::Open { name, .. } => {
                self.feeds.insert(name.clone(), found.feed);
            }
            FeedChange::Close { name } => {
                self.feeds.remove(name);
            }
        }
    }

    fn account_changed(&mut self, heard: &Heard<'_>, found: record::AccountChanged) {
        if let Some(id) = found.matter
            && !self.activate(heard, id)
        {
            return;
        }
        self.had_headteacher |= found.account.role == Role::Headteacher && !found.account.sealed;
        self.accounts.insert(found.account.id, found.account);
    }

    fn social_changed(&mut self, heard: &Heard<'_>, found: record::SocialChanged) {
        if !self.activate(heard, found.matter) {
            return;
        }
        match &found.social {
            SocialChange::Register { name, platform, .. } => {
                let key = (platform.clone(), name.clone());
                self.social.insert(key, found.social);
            }
            SocialChange::Close { name, platform } => {
                self.social.remove(&(platform.clone(), name.clone()));
            }
        }
    }

    fn credential(&mut self, found: record::CredentialChanged) {
        if let Some(account) = self.accounts.get_mut(&found.account) {
            account.temporary = found.temporary;
            account.second_factor = found.second_factor;
        }
        let facts = self.credentials.entry(found.account).or_default();
        let step = facts.step.max(found.step);
        *facts = CredentialFacts {
            tag: found.tag,
            step,
            tokens: found.tokens,
        };
    }

    fn signed_in(&mut self, at: Moment, found: &record::SignedIn) {
        if let Some(account) = self.accounts.get_mut(&found.account) {
            account.last_sign_in = Some(at);
        }
        let facts = self.credentials.entry(found.account).or_default();
        // INVARIANT: a step is used up for good; the mark only ever rises.
        facts.step = facts.step.max(found.step);
    }

    fn absent(&mut self, heard: &Heard<'_>, found: &record::Absence) {
        if let Some(id) = found.matter
            && !self.activate(heard, id)
        {
            return;
        }
        if let Some(account) = self.accounts.get_mut(&found.account) {
            account.absent_until = found.until;
        }
    }

    fn held_records(&mut self, heard: &Heard<'_>, found: record::HoldChanged) {
        if !self.activate(heard, found.matter) {
            return;
        }
        if let Some(hold) = found.hold {
            self.holds.insert(found.matter.to_string(), hold);
        }
        if let Some(hold) = found.release {
            self.holds.remove(&hold);
        }
    }

    fn copied(&mut self, found: record::CaseChanged) {
        let cases = self.cases.entry(found.of.clone()).or_default();
        cases.retain(|case| !found.deleted.contains(&case.name));
        cases.extend(found.kept);
        if cases.is_empty() {
            self.cases.remove(&found.of);
        }
    }

    fn state_accepted(&mut self, heard: &Heard<'_>, found: &record::StateAccepted) {
        let matches = self.matters.get(&found.matter).is_some_and(|matter| {
            matter.change
                == Change::AcceptState {
                    size: found.accepted,
                    root: found.root,
                }
        });
        if matches && self.activate(heard, found.matter) {
            self.accepted.insert((found.accepted, found.root));
        }
    }
}

/// Reads a payload and does something with it; `false` when it is none of the kind.
fn read<T: DeserializeOwned>(payload: &Value, then: impl FnOnce(T)) -> bool {
    match T::deserialize(payload) {
        Ok(found) => {
            then(found);
            true
        }
        Err(_) => false,
    }
}

const fn decision(at: Moment, by: Who, approved: bool, words: String) -> Decision {
    Decision {
        by,
        at,
        approved,
        words,
    }
}
