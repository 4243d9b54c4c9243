use super::{Heard, Register};
use crate::history::Line;
use crate::record::{ListsActivated, WAITS};
use crate::{Direction, ProposalId, RefreshedList};
use audit::{Actor, EntryKind};
use serde_json::Value;

impl Register {
    /// Writes the line of the change log that tells of an entry.
    pub(super) fn note(&mut self, heard: &Heard<'_>) {
        let kind = heard
            .kind
            .map_or_else(|| "other".to_owned(), |kind| kind.to_string());
        let matter = heard
            .payload
            .and_then(|payload| matter_of(heard.kind, payload));
        let direction = match heard.kind {
            Some(
                EntryKind::Proposed
                | EntryKind::Decided
                | EntryKind::OverlayActivated
                | EntryKind::PolicyActivated
                | EntryKind::RolledBack,
            ) => matter
                .and_then(|id| self.matters.get(&id)?.effect.as_ref())
                .map(|effect| effect.direction),
            Some(EntryKind::OverlayEnded) => matter.and_then(|id| self.held.get(&id)).map(|held| {
                if held.opens {
                    Direction::Closes
                } else {
                    Direction::Opens
                }
            }),
            Some(_) | None => None,
        };
        let line = Line {
            entry: heard.entry,
            at: heard.at,
            who: self.name_of(heard.actor),
            kind,
            words: self.words(heard, matter),
            direction,
            matter,
            version: heard.version.map(|version| version.to_string()),
            signed_off: Vec::new(),
            entry_kind: heard.kind,
        };
        self.lines.push(line);
    }

    /// Who acted, by name.
    pub(crate) fn name_of(&self, actor: Actor) -> String {
        match actor {
            Actor::Gateway => "the gateway".to_owned(),
            Actor::LocalUser(number) => {
                format!("somebody at the gateway itself, local user {number}")
            }
            Actor::Account(name) => self.accounts.get(&crate::AccountId(name.0)).map_or_else(
                || format!("account {name}"),
                |account| account.shown.clone(),
            ),
        }
    }

    fn words(&self, heard: &Heard<'_>, matter: Option<ProposalId>) -> String {
        let Some(kind) = heard.kind else {
            return "an entry of a later version of the program".to_owned();
        };
        let Some(payload) = heard.payload else {
            return format!("{} (its words were erased)", plain(kind));
        };
        let text = |name: &str| {
            payload
                .get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        let told = matter.and_then(|id| self.matters.get(&id));
        let named = told.map_or(String::new(), |matter| {
            format!("{}, {}", matter.id, matter.change.kind().title())
        });
        let words = match kind {
            EntryKind::Proposed if payload.get("ask").is_some() => {
                format!("{} was asked for", text("site"))
            }
            EntryKind::Proposed => format!("proposed {named}: {}", text("reason")),
            EntryKind::Decided if payload.get("declined").is_some() => {
                format!(
                    "request {} was declined: {}",
                    text("declined"),
                    text("words")
                )
            }
            EntryKind::Decided => {
                let yes = payload.get("approved").and_then(Value::as_bool) == Some(true);
                let word = if yes { "approved" } else { "refused" };
                format!("{word} {named}: {}", text("words"))
            }
            EntryKind::Withdrawn => format!("took back {named}: {}", text("words")),
            EntryKind::OverlayActivated => format!("{named} came into force"),
            EntryKind::OverlayEnded => {
                let how = payload
                    .get("how")
                    .and_then(|how| serde_json::from_value(how.clone()).ok());
                format!("{named} {}", how.map_or("ended", Self::ending))
            }
            EntryKind::PolicyActivated | EntryKind::RolledBack => {
                let changed = payload.get("changed").and_then(Value::as_array);
                let count = changed.map_or(0, Vec::len);
                format!(
                    "a policy came into force: {}; {count} files",
                    text("reason")
                )
            }
            EntryKind::Ratified => format!("confirmed {named}: {}", text("words")),
            EntryKind::Reviewed => format!("reviewed {named}: {}", text("words")),
            EntryKind::SignedOff => format!("signed the change log off: {}", text("words")),
            EntryKind::CredentialChanged | EntryKind::Fault => {
                format!("{}: {}", plain(kind), text("what"))
            }
            EntryKind::ListsActivated => lists(payload),
            EntryKind::SignInRefused => format!("a sign-in was refused: {}", text("why")),
            EntryKind::BreakGlass => format!("the sealed account was used: {}", text("reason")),
            EntryKind::Hold if payload.get("of").is_some() => case_words(payload),
            EntryKind::Retention if payload.get(WAITS).is_some() => {
                "no records are deleted until the clock can be believed".to_owned()
            }
            EntryKind::Export => format!("{}: {}", plain(kind), text("what")),
            EntryKind::Incident if payload.get("unsealed").is_some() => {
                let number = payload.get("unsealed").and_then(Value::as_u64);
                let number = number.unwrap_or_default();
                format!("incident {number}: two people may read its sealed address")
            }
            EntryKind::Disclosure if payload.get("unsealed").is_some() => {
                let number = payload.get("unsealed").and_then(Value::as_u64);
                let number = number.unwrap_or_default();
                format!("incident {number}: its sealed address was read")
            }
            EntryKind::Incident => {
                let number = payload.get("incident").and_then(Value::as_u64);
                format!("incident {}: {}", number.unwrap_or_default(), text("done"))
            }
            EntryKind::Disclosure => {
                format!("a named person's history was read: {}", text("reason"))
            }
            // Without a matter it is one of the first, before there are two people to agree.
            EntryKind::AccountChanged if told.is_none() => {
                let shown = payload.pointer("/account/shown").and_then(Value::as_str);
                let shown = shown.unwrap_or("somebody");
                format!("the account of {shown} was opened or changed")
            }
            EntryKind::Founding
            | EntryKind::Started
            | EntryKind::Stopped
            | EntryKind::ClockBackwards
            | EntryKind::Unattended
            | EntryKind::Commissioning
            | EntryKind::Drift
            | EntryKind::IdentityBound
            | EntryKind::IdentityFeed
            | EntryKind::AccountChanged
            | EntryKind::SignedIn
            | EntryKind::Absence
            | EntryKind::Erasure
            | EntryKind::Hold
            | EntryKind::Retention
            | EntryKind::KeyRotated
            | EntryKind::Witnessed
            | EntryKind::Notice
            | EntryKind::Verified => match told {
                Some(_) => format!("{}: {named}", plain(kind)),
                None => plain(kind).to_owned(),
            },
        };
        cut(&words)
    }
}

/// What a refresh of fetched lists brought, with its counts (CHG-22).
fn lists(payload: &Value) -> String {
    let found = serde_json::from_value::<ListsActivated>(payload.clone());
    let changes = found
        .ok()
        .and_then(|found| found.changes)
        .unwrap_or_default();
    let told: Vec<String> = changes
        .iter()
        .map(|held| RefreshedList::from(held).to_string())
        .collect();
    match told.is_empty() {
        true => plain(EntryKind::ListsActivated).to_owned(),
        false => format!("lists were refreshed: {}", told.join(", ")),
    }
}

/// What became of the copies of a hold.
fn case_words(payload: &Value) -> String {
    let of = payload
        .get("of")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let rows = payload.get("kept").and_then(|kept| kept.get("rows"));
    match rows.and_then(Value::as_u64) {
        Some(rows) => format!("the records that {of} keeps were copied: {rows} rows"),
        None => format!("the copies of the records that {of} kept were deleted"),
    }
}

/// The matter that an entry belongs to.
fn matter_of(kind: Option<EntryKind>, payload: &Value) -> Option<ProposalId> {
    let field = |name: &str| payload.get(name)?.as_str()?.parse().ok();
    match kind {
        Some(EntryKind::OverlayEnded) => field("id"),
        Some(_) | None => field("matter"),
    }
}

/// What an entry of the kind tells, without its payload.
const fn plain(kind: EntryKind) -> &'static str {
    match kind {
        EntryKind::Founding => "the change log was founded",
        EntryKind::Started => "the gateway started",
        EntryKind::Stopped => "the gateway stopped",
        EntryKind::ClockBackwards => "the clock was set back",
        EntryKind::Unattended => "changes took effect on one person's word",
        EntryKind::PolicyActivated => "a policy came into force",
        EntryKind::ListsActivated => "lists came into force",
        EntryKind::Commissioning => "the days of setting up began, or ended",
        EntryKind::Proposed => "a change was proposed",
        EntryKind::Decided => "a proposal was decided",
        EntryKind::Withdrawn => "a proposal was taken back",
        EntryKind::OverlayActivated => "something came into force for a while",
        EntryKind::OverlayEnded => "something that held for a while ended",
        EntryKind::Ratified => "an emergency change was confirmed",
        EntryKind::Reviewed => "a change was reviewed",
        EntryKind::SignedOff => "the change log was signed off",
        EntryKind::Drift => "the working files differ from what was approved",
        EntryKind::RolledBack => "an earlier version came into force again",
        EntryKind::IdentityBound => "somebody said who is at an address",
        EntryKind::IdentityFeed => "an identity feed was changed",
        EntryKind::AccountChanged => "an account was changed",
        EntryKind::CredentialChanged => "a way to sign in was changed",
        EntryKind::SignedIn => "signed in",
        EntryKind::SignInRefused => "a sign-in was refused",
        EntryKind::BreakGlass => "the sealed account was used",
        EntryKind::Absence => "an absence was noted",
        EntryKind::Disclosure => "a named person's history was read",
        EntryKind::Export => "records were exported",
        EntryKind::Erasure => "the words of entries were erased",
        EntryKind::Hold => "records were kept from deletion, or let go",
        EntryKind::Retention => "records were deleted because their time was over",
        EntryKind::KeyRotated => "the key of the change log was replaced",
        EntryKind::Witnessed => "a head of the change log was received elsewhere",
        EntryKind::Notice => "a notice was sent",
        EntryKind::Incident => "an incident was worked on",
        EntryKind::Verified => "the change log was verified",
        EntryKind::Fault => "something failed",
    }
}

/// Words of people, on one line and not longer than a line of a log should be.
fn cut(words: &str) -> String {
    let one_line = words
        .chars()
        .map(|c| if model::steers(c) { ' ' } else { c });
    one_line.take(MOST_CHARACTERS).collect()
}

const MOST_CHARACTERS: usize = 500;
