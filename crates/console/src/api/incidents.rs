use super::bodies::{CloseBody, IntentWord, NoteBody, WordsBody};
use super::{body, list, most, shown};
use crate::pages::incident::told;
use crate::pages::incidents::{person, seen, visible};
use crate::{Answer, Asked, Console, Refusal};
use alert::{Closing, IncidentId, Intent};
use change::IncidentStep;

/// The incidents that this account may know of, the newest first.
pub(crate) fn all(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    list(visible(console, asked.acting()?), most(asked)?)
}

/// One incident.
pub(crate) fn one(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    let found = seen(console, asked)?;
    told(console, asked, &found, IncidentStep::Viewed)?;
    shown(&found)
}

/// Takes it on.
pub(crate) fn take(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    let (found, by) = (seen(console, asked)?, person(asked.acting()?));
    console.parts().incidents.take(found.id, &by, asked.now)?;
    told(console, asked, &found, IncidentStep::Taken)?;
    now(console, found.id)
}

/// Adds a note.
pub(crate) fn note(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    let (found, by) = (seen(console, asked)?, person(asked.acting()?));
    let sent: NoteBody = body(asked)?;
    let incidents = &console.parts().incidents;
    incidents.note(found.id, &by, asked.now, &sent.words)?;
    told(console, asked, &found, IncidentStep::Noted)?;
    now(console, found.id)
}

/// Closes it, with what was done and what came of it.
pub(crate) fn close(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    let (found, by) = (seen(console, asked)?, person(asked.acting()?));
    let sent: CloseBody = body(asked)?;
    let closing = Closing {
        intent: match sent.intent {
            IntentWord::Accidental => Intent::Accidental,
            IntentWord::Deliberate => Intent::Deliberate,
            IntentWord::Unknown => Intent::Unknown,
        },
        action: sent.action,
        outcome: sent.outcome,
    };
    let incidents = &console.parts().incidents;
    incidents.close(found.id, &by, asked.now, closing)?;
    told(console, asked, &found, IncidentStep::Closed)?;
    now(console, found.id)
}

/// Opens it again, with words.
pub(crate) fn reopen(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    let (found, by) = (seen(console, asked)?, person(asked.acting()?));
    let sent: WordsBody = body(asked)?;
    let incidents = &console.parts().incidents;
    incidents.reopen(found.id, &by, asked.now, &sent.words)?;
    told(console, asked, &found, IncidentStep::Reopened)?;
    now(console, found.id)
}

fn now(console: &Console, id: IncidentId) -> Result<Answer, Refusal> {
    let found = console.parts().incidents.find(id);
    shown(&found.ok_or(Refusal::Missing)?)
}
