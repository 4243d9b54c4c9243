use crate::lexicon::Lexicon;
use crate::when::{When, Zone};
use change::{AccountChange, Change, Direction, Effect, FeedChange, Matter, SocialChange};
use model::{Access, Moment};

/// One matter as a line of a table.
#[derive(Clone, Debug)]
pub(crate) struct MatterLine {
    /// What people call it.
    pub(crate) id: String,
    /// What it does, in a few words.
    pub(crate) title: String,
    /// Which way it goes.
    pub(crate) mark: Option<Mark>,
    /// Who proposed it.
    pub(crate) proposer: String,
    /// How far it has come.
    pub(crate) stage: &'static str,
    /// Whose turn it is.
    pub(crate) decider: Option<&'static str>,
    /// Whether its time is over.
    pub(crate) overdue: bool,
    /// When it was proposed.
    pub(crate) made: When,
}

/// Which way something goes, in a word and a colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    /// The word.
    pub(crate) word: &'static str,
    /// The class of the stylesheet.
    pub(crate) class: &'static str,
}

/// What a change opens and closes, ready to be shown.
#[derive(Clone, Debug, Default)]
pub(crate) struct EffectView {
    /// A sentence for each thing that opens.
    pub(crate) opens: Vec<String>,
    /// A sentence for each thing that closes.
    pub(crate) closes: Vec<String>,
    /// How many lines are not listed.
    pub(crate) more: u64,
    /// Whether the whole opens something.
    pub(crate) more_opens: bool,
}

impl MatterLine {
    /// A matter in the words of the school.
    pub(crate) fn new(matter: &Matter, lexicon: &Lexicon, zone: &Zone, now: Moment) -> Self {
        Self {
            id: matter.id.to_string(),
            title: title(&matter.change, lexicon, zone),
            mark: matter.effect.as_ref().and_then(mark),
            proposer: matter.proposer.shown.clone(),
            stage: matter.stage.word(),
            decider: matter.decider.as_ref().map(|decider| decider.role.title()),
            overdue: matter.due.is_some_and(|due| due <= now)
                && (matter.waits() || matter.wants_ratification() || matter.wants_review()),
            made: zone.when(matter.made),
        }
    }
}

impl EffectView {
    /// The lines of an effect, by direction.
    pub(crate) fn new(effect: &Effect) -> Self {
        let of = |direction| {
            effect
                .lines
                .iter()
                .filter(|line| line.direction == direction)
                .map(|line| line.words.clone())
                .collect()
        };
        Self {
            opens: of(Direction::Opens),
            closes: of(Direction::Closes),
            more: effect.more,
            more_opens: effect.direction == Direction::Opens,
        }
    }
}

/// Which way an effect goes.
pub(crate) const fn mark(effect: &Effect) -> Option<Mark> {
    match effect.direction {
        Direction::Nothing => None,
        Direction::Closes => Some(Mark {
            word: "closes",
            class: "is-shut",
        }),
        Direction::Opens => Some(Mark {
            word: "opens",
            class: "is-open",
        }),
    }
}

/// What a change does, in a few words.
pub(crate) fn title(change: &Change, lexicon: &Lexicon, zone: &Zone) -> String {
    let until = |end: Moment| zone.when(end).text;
    match change {
        Change::Policy(_) => "Bring edited policy files into force".to_owned(),
        Change::Override(held) => {
            let tried = held.trial.as_ref().map_or_else(String::new, |trial| {
                let whom = lexicon.whom(&trial.whom);
                format!(", tried with {whom} alone until {}", until(trial.until))
            });
            format!(
                "{} {} for {}, until {}{tried}",
                verb(held.action),
                lexicon.sites(&held.sites),
                lexicon.whom(&held.whom),
                until(held.end)
            )
        }
        Change::Lesson(held) => format!(
            "Unblock {} for a lesson of {}, until {}",
            lexicon.sites(&held.sites),
            lexicon.whom(&held.whom),
            until(held.end)
        ),
        Change::Plan(plan) => format!(
            "Individual plan for {}: {} {}, review by {}",
            lexicon.whom(&plan.whom),
            verb(plan.action).to_lowercase(),
            lexicon.sites(&plan.sites),
            until(plan.end)
        ),
        Change::Mode(mode) => format!(
            "Switch on \u{201c}{}\u{201d} for {}, until {}",
            mode.mode,
            lexicon.whom(&mode.whom),
            until(mode.end)
        ),
        Change::Pause(pause) => format!(
            "Web access paused for {}, until {}",
            lexicon.whom(&pause.whom),
            until(pause.end)
        ),
        Change::Isolation(isolation) => {
            format!("Cut {} off the network", lexicon.whom(&isolation.whom))
        }
        Change::Block(block) => format!(
            "Block {} at once for {}, until {}",
            lexicon.sites(&block.sites),
            lexicon.whom(&block.whom),
            until(block.end)
        ),
        Change::End { id } => format!("End {id} early"),
        Change::Extend { id, end } => format!("Let {id} run until {}", until(*end)),
        Change::Account(account) => account_title(account),
        Change::Feed(FeedChange::Open { name, .. }) => {
            format!("Let the identity feed \u{201c}{name}\u{201d} say who uses which device")
        }
        Change::Feed(FeedChange::Close { name }) => {
            format!("Close the identity feed \u{201c}{name}\u{201d}")
        }
        Change::Hold(hold) => format!(
            "Keep the records of {} from deletion",
            lexicon.whom(std::slice::from_ref(&hold.subject))
        ),
        Change::Release { hold } => format!("Let the records of hold {hold} be deleted again"),
        Change::Erase { entries } => {
            let numbers: Vec<String> = entries.iter().map(u64::to_string).collect();
            format!(
                "Erase the words of entries {} of the change log for good",
                numbers.join(", ")
            )
        }
        Change::LiftLabels { names } => {
            format!("Open the essential site {} again", lexicon.sites(names))
        }
        Change::Rollback { .. } => "Go back to an earlier policy".to_owned(),
        Change::ListRollback(to) => {
            format!(
                "Go back to an earlier version of the list \u{201c}{}\u{201d}",
                to.list
            )
        }
        Change::RotateKey => "Give the change log another key".to_owned(),
        Change::AcceptState { .. } => {
            "Accept a change log that is older than the copy kept elsewhere".to_owned()
        }
        Change::SocialAccount(SocialChange::Register { name, platform, .. }) => {
            format!("Enter \u{201c}{name}\u{201d} on {platform} into the social media register")
        }
        Change::SocialAccount(SocialChange::Close { name, platform }) => {
            format!("Close \u{201c}{name}\u{201d} on {platform} in the social media register")
        }
        Change::Unseal { incident } => format!(
            "Open the sealed address of incident {incident} to the two people who agree to it"
        ),
        Change::EndCommissioning => "End the set-up days".to_owned(),
    }
}

fn account_title(account: &AccountChange) -> String {
    match account {
        AccountChange::Open { new } => format!(
            "Open an account for {}, {}",
            new.shown,
            new.role.title().to_lowercase()
        ),
        AccountChange::Role { role, .. } => {
            format!("Make somebody {}", role.title().to_lowercase())
        }
        AccountChange::Suspend { .. }
        | AccountChange::Reopen { .. }
        | AccountChange::Close { .. }
        | AccountChange::ResetSecondFactor { .. }
        | AccountChange::ResetPassword { .. }
        | AccountChange::Absence { .. }
        | AccountChange::Classes { .. }
        | AccountChange::Mail { .. }
        | AccountChange::Expiry { .. } => {
            let words = account.words();
            let mut letters = words.chars();
            letters.next().map_or_else(String::new, |first| {
                first.to_uppercase().chain(letters).collect()
            })
        }
    }
}

/// Words as a sentence: a capital in front, a full stop at the end.
pub(crate) fn sentence(words: &str) -> String {
    let words = words.trim_end_matches('.');
    let mut letters = words.chars();
    let first = letters.next().map(char::to_uppercase);
    let whole: String = first.into_iter().flatten().chain(letters).collect();
    whole + "."
}

const fn verb(access: Access) -> &'static str {
    match access {
        Access::Allow | Access::Monitor | Access::Warn => "Unblock",
        Access::Permission | Access::Block => "Block",
    }
}
