use super::Desk;
use super::activate::opens;
use crate::attempts::Guesser;
use crate::credential::CredentialError;
use crate::proposal::Consent;
use crate::request::Request;
use crate::{Account, AccountId, Change, Matter};
use alert::{Contact, Directory, Letter, Notice, NoticeKind, Person, Role, Urgency};
use audit::EntryIndex;
use model::Moment;
use std::net::IpAddr;

impl Desk {
    /// Whom notices reach: who holds which role, for the courier.
    pub fn directory(&self) -> Directory {
        let now = self.now();
        let register = self.register();
        let mut people: Vec<Contact> = register
            .accounts
            .values()
            .filter(|account| account.is_usable(now) && !account.sealed)
            .map(|account| Contact {
                person: Person::new(account.person.to_string()),
                user: account.user.clone(),
                role: account.role,
                name: account.shown.clone(),
                mail: account.mail.clone().unwrap_or_default(),
                deputy_order: 0,
                absent_until: account.absent_until,
            })
            .collect();
        // Of several in one role the first to have an account is told first.
        people.sort_by_key(|contact| contact.role);
        let mut before = None;
        for contact in &mut people {
            contact.deputy_order = match before {
                Some((role, order)) if role == contact.role => u8::saturating_add(order, 1),
                Some(_) | None => 0,
            };
            before = Some((contact.role, contact.deputy_order));
        }
        Directory { people }
    }

    /// Counts changes of the accounts, so that a courier knows when to ask for the directory.
    pub(super) fn push_directory(&self) {
        tracing::debug!("the accounts changed");
    }

    pub(super) fn tell_waiting(&self, matter: &Matter, entry: EntryIndex) {
        let Some(decider) = self.turn(matter).decider else {
            return;
        };
        let title = format!("{} waits for your decision", matter.id);
        let words = format!(
            "{} proposes: {}. Why: {}",
            matter.proposer.shown,
            matter.change.kind().title(),
            matter.reason
        );
        let letter = self
            .letter(decider.role, Urgency::Soon, &title, words, Some(entry))
            .kind(NoticeKind::Approval)
            .topic(format!("approvals-{}", decider.role))
            .link(format!("/requests/{}", matter.id))
            .concerning(persons(matter));
        self.send(letter);
    }

    pub(super) fn tell_decided(&self, matter: &Matter, entry: EntryIndex) {
        let Some(decision) = matter.decisions.last() else {
            return;
        };
        let word = if decision.approved {
            "approved"
        } else {
            "refused"
        };
        let title = format!("{} was {word}", matter.id);
        let words = format!("{}: {}", decision.by.shown, decision.words);
        let role = matter.proposer.role;
        let letter = self
            .letter(role, Urgency::Digest, &title, words.clone(), Some(entry))
            .kind(NoticeKind::Change)
            .link(format!("/requests/{}", matter.id))
            .concerning(persons(matter));
        self.send(letter);
        // Every change is reported to a second responsible person (CHG-02).
        if decision.approved && decision.by.role != Role::Headteacher {
            let words = format!("{}; {words}", told(matter));
            let letter = self
                .letter(
                    self.overseer(matter),
                    Urgency::Digest,
                    &title,
                    words,
                    Some(entry),
                )
                .kind(NoticeKind::Change)
                .link(format!("/requests/{}", matter.id))
                .concerning(persons(matter))
                .duty();
            self.send(letter);
        }
    }

    pub(super) fn tell_at_once(&self, matter: &Matter) {
        let entry = matter.entries.last().copied().map(EntryIndex);
        let urgent = matter.wants_ratification() || (matter.wants_review() && opens(matter));
        let urgency = if urgent {
            Urgency::Soon
        } else {
            Urgency::Digest
        };
        let title = match (matter.wants_ratification(), matter.wants_review()) {
            (true, _) => format!("{} is in force and waits to be confirmed", matter.id),
            (false, true) => format!("{} is in force and waits to be reviewed", matter.id),
            (false, false) => format!("{} is in force", matter.id),
        };
        let letter = self
            .letter(self.overseer(matter), urgency, &title, told(matter), entry)
            .kind(NoticeKind::Change)
            .link(format!("/requests/{}", matter.id))
            .concerning(persons(matter))
            .duty();
        self.send(letter);
    }

    /// Who hears of a change: the headteacher, or the chair of what the headteacher did.
    fn overseer(&self, matter: &Matter) -> Role {
        let about = self.register().names_headteacher(&matter.concerns);
        match about || matter.proposer.role == Role::Headteacher {
            true => Role::Chair,
            false => Role::Headteacher,
        }
    }

    pub(super) fn tell_activation(
        &self,
        entry: EntryIndex,
        reason: &str,
        changed: &[String],
        by: Consent,
    ) {
        let words = format!("{reason}; files that changed: {}", changed.join(", "));
        let title = match by {
            Consent::Commissioning => "the technician changed the policy (commissioning)",
            Consent::Matter { .. } => "a policy came into force",
        };
        let letter = self
            .letter(
                Role::Headteacher,
                Urgency::Digest,
                title,
                words,
                Some(entry),
            )
            .kind(NoticeKind::Change);
        self.send(match by {
            Consent::Commissioning => letter.topic("commissioning"),
            Consent::Matter { .. } => letter.duty(),
        });
    }

    pub(super) fn tell_commissioning_ended(&self) {
        let title = "commissioning is over";
        let words = "from now on somebody else decides each change; sign the policy as it stands";
        for role in [Role::Headteacher, Role::Technician] {
            let letter = self
                .letter(role, Urgency::Soon, title, words.to_owned(), None)
                .kind(NoticeKind::Change)
                .link("/changes");
            self.send(letter);
        }
    }

    pub(super) fn tell_asked(&self, request: &Request) {
        let title = format!("{}: {} is asked for", request.id, request.site);
        let words = request.asks.first().map(|asked| asked.ask.note.clone());
        let letter = self
            .letter(
                Role::Technician,
                Urgency::Digest,
                &title,
                words.unwrap_or_default(),
                None,
            )
            .kind(NoticeKind::Approval)
            .topic("requests")
            .link(format!("/requests/{}", request.id));
        self.send(letter);
    }

    pub(super) fn tell_founded(&self, account: &Account, uid: u32) {
        let title = "an account was opened at the machine";
        let words = format!(
            "{} as {}, by local user {uid}; if you do not know of it, say so",
            account.shown,
            account.role.title()
        );
        let letter = self
            .letter(Role::Headteacher, Urgency::Soon, title, words, None)
            .kind(NoticeKind::Change)
            .link("/accounts");
        self.send(letter);
    }

    /// Everybody who answers for something hears of a broken seal at once (SEC-07).
    pub(super) fn tell_unsealed(&self, account: &Account, reason: &str, from: IpAddr) {
        let title = "the sealed account was used";
        for role in [
            Role::Headteacher,
            Role::Deputy,
            Role::Chair,
            Role::SafeguardingLead,
            Role::Coordinator,
            Role::Technician,
        ] {
            let words = format!("{} from {from}; the reason given: {reason}", account.shown);
            let letter = self
                .letter(role, Urgency::Immediate, title, words, None)
                .kind(NoticeKind::Technical);
            self.send(letter);
        }
    }

    pub(super) fn tell_guessing(&self, account: Option<AccountId>, from: Option<IpAddr>) {
        let shown = account.and_then(|id| Some(self.register().accounts.get(&id)?.shown.clone()));
        let whom = shown.unwrap_or_else(|| "nobody who has an account".to_owned());
        let from = from.map_or("a session".to_owned(), |from| from.to_string());
        let words = format!("for {whom}, from {from}; no more are heard for five minutes");
        let letter = self
            .letter(
                Role::Technician,
                Urgency::Soon,
                "somebody guesses a password",
                words,
                None,
            )
            .kind(NoticeKind::Technical)
            .topic("guessing");
        self.send(letter);
    }

    /// A feed's token was shown by somebody else: whoever copied it could say who is where.
    ///
    /// Told once in five minutes, however often it is tried.
    pub(super) fn tell_copied(&self, feed: &str, from: IpAddr) {
        let tried = [Guesser::Name(format!("feed {feed}"))];
        let now = self.clock.monotonic();
        if super::lock(&self.attempts).count(&tried, now) > 1 {
            return;
        }
        let words = format!(
            "the token of the feed “{feed}” was shown from {from}, which was not approved for it; \
             nothing was taken. Take the token back and issue another"
        );
        let title = "a token was copied";
        let roles = [Role::Headteacher, Role::Technician];
        self.tell_roles(&roles, Urgency::Soon, "copied-token", title, &words);
    }

    pub(super) fn tell_altered(&self, account: AccountId, error: &CredentialError) {
        tracing::error!(%error, %account, "secrets of an account cannot be used");
        for role in [Role::Headteacher, Role::Technician] {
            let title = "secrets of an account were altered on the machine";
            let letter = self
                .letter(role, Urgency::Immediate, title, error.to_string(), None)
                .kind(NoticeKind::Technical)
                .topic("altered-secrets");
            self.send(letter);
        }
    }

    pub(super) fn tell_roles(
        &self,
        roles: &[Role],
        urgency: Urgency,
        topic: &str,
        title: &str,
        words: &str,
    ) {
        for role in roles {
            let letter = self
                .letter(*role, urgency, title, words.to_owned(), None)
                .kind(NoticeKind::Technical)
                .topic(topic);
            self.send(letter);
        }
    }

    pub(super) fn letter(
        &self,
        to: Role,
        urgency: Urgency,
        title: &str,
        words: String,
        entry: Option<EntryIndex>,
    ) -> Letter {
        let notice = Notice {
            at: self.clock.now(),
            to,
            urgency,
            title: title.to_owned(),
            words: words.chars().take(MOST_WORDS).collect(),
            entry: entry.map(|entry| entry.0),
        };
        Letter::from(notice).checkpoint(self.ledger.head().to_string())
    }

    pub(super) fn send(&self, letter: Letter) {
        let entry = letter.notice.entry;
        // The ledger holds the change already; a notice that cannot be kept must not undo it.
        if let Err(error) = self.notices.push(letter) {
            tracing::error!(%error, entry, "a notice could not be kept");
        }
    }
}

/// What happened, for somebody who is told of it.
fn told(matter: &Matter) -> String {
    let sites = matter.change.sites().join(", ");
    let whom = matter.change.whom().join(", ");
    let mut words = format!(
        "{}: {}",
        matter.proposer.shown,
        matter.change.kind().title()
    );
    if !sites.is_empty() {
        words.push_str(&format!("; {sites}"));
    }
    // Who is named is in the console, behind a sign-in.
    if !whom.is_empty()
        && !matches!(
            matter.change,
            Change::Plan(_) | Change::Pause(_) | Change::Hold(_)
        )
    {
        words.push_str(&format!("; for {whom}"));
    }
    if let Some(end) = matter.end {
        let end = Moment::from_millis(end.seconds() * 1_000);
        words.push_str(&format!("; until {end}"));
    }
    format!("{words}. Why: {}", matter.reason)
}

fn persons(matter: &Matter) -> Vec<Person> {
    let named = matter.concerns.iter();
    named
        .map(|person| Person::new(person.to_string()))
        .collect()
}

/// A notice is no place for a novel.
const MOST_WORDS: usize = 20_000;
