use gate::{Client, Judgement, Session};
use model::{Reason, Rung, ViewId};

/// An Extended DNS Error (RFC 8914): a number for programs and a few words for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ede<'t> {
    pub(crate) code: u16,
    pub(crate) text: &'t [u8],
}

impl<'t> Ede<'t> {
    pub(crate) const fn new(code: u16, text: &'t [u8]) -> Self {
        Self { code, text }
    }

    /// Bytes of the option with its head.
    pub(crate) const fn length(self) -> usize {
        6 + self.text.len()
    }
}

/// What happened to an answer that is not closed but not the upstream's own either.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Note {
    /// Nothing to tell.
    Plain,
    /// The upstream was lost and the answer is past its time.
    Stale,
    /// All addresses were private ones, which a public name has no business with.
    Private,
    /// No upstream answered.
    Unreachable,
}

impl Note {
    pub(crate) const fn ede(self) -> Option<Ede<'static>> {
        match self {
            Self::Plain => None,
            Self::Stale => Some(Ede::new(STALE_ANSWER, b"")),
            Self::Private => Some(Ede::new(BLOCKED, b"private address in a public answer")),
            Self::Unreachable => Some(Ede::new(NO_REACHABLE_AUTHORITY, b"no upstream answered")),
        }
    }
}

/// The code that tells why a name is closed.
///
/// Law closed it (16), the gateway's keepers closed it for now (15), or the policy of the group
/// did (17). 18 is for who may not ask at all.
pub(crate) const fn code_of(rung: Rung) -> u16 {
    match rung {
        Rung::Outside => PROHIBITED,
        Rung::Floor => CENSORED,
        Rung::Paused | Rung::Emergency | Rung::Mode => BLOCKED,
        Rung::Lock
        | Rung::Plan
        | Rung::Override
        | Rung::Site
        | Rung::Category
        | Rung::Established
        | Rung::Unknown => FILTERED,
    }
}

/// The words of closed answers, kept so that the second answer of a kind allocates nothing.
///
/// One place a slot: two reasons that share one make each other's words anew, nothing worse.
#[derive(Debug)]
pub(crate) struct Reasons {
    generation: u64,
    slots: Box<[Slot]>,
}

/// A reason in one view, with its words.
type Slot = Option<(ViewId, Reason, Box<[u8]>)>;

impl Reasons {
    pub(crate) fn new() -> Self {
        Self {
            generation: 0,
            slots: vec![None; SLOTS].into(),
        }
    }

    /// The error to send with a closed answer.
    pub(crate) fn ede(
        &mut self,
        session: &mut Session,
        client: &Client,
        judgement: &Judgement,
    ) -> Ede<'_> {
        if self.generation != judgement.generation {
            self.generation = judgement.generation;
            self.slots.fill(None);
        }
        let reason = judgement.verdict.reason;
        let category = reason.category.map_or(0, |id| id.place() + 1);
        let rule = reason.rule.map_or(0, |rule| usize::from(rule.0));
        let place = category
            .wrapping_mul(7)
            .wrapping_add(rule.wrapping_mul(31))
            .wrapping_add(reason.rung as usize)
            .wrapping_add((client.view.0 as usize).wrapping_mul(131));
        let slot = &mut self.slots[place % SLOTS];
        if !matches!(slot, Some((view, held, _)) if *view == client.view && *held == reason) {
            *slot = None;
        }
        let (_, _, text) = slot.get_or_insert_with(|| {
            let words = session.words(client, judgement);
            (client.view, reason, shorten(&words.ede_text))
        });
        Ede::new(code_of(reason.rung), text)
    }
}

/// Cuts to what fits the smallest answer, at a boundary of characters.
fn shorten(text: &str) -> Box<[u8]> {
    let mut end = text.len().min(MOST_TEXT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.as_bytes()[..end].into()
}

pub(crate) const STALE_ANSWER: u16 = 3;
pub(crate) const BLOCKED: u16 = 15;
pub(crate) const CENSORED: u16 = 16;
pub(crate) const FILTERED: u16 = 17;
pub(crate) const PROHIBITED: u16 = 18;
pub(crate) const NO_REACHABLE_AUTHORITY: u16 = 22;

/// The longest text of an error, so that name, SOA and OPT fit 512 bytes whatever the name.
const MOST_TEXT: usize = 100;

const SLOTS: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_characters() {
        let long = "é".repeat(80);
        assert_eq!(shorten(&long).len(), 100);
        assert_eq!(shorten(&format!("a{long}")).len(), 99);
    }

    // OPS-12
    #[test]
    fn the_code_tells_law_from_policy() {
        assert_eq!(code_of(Rung::Floor), 16);
        assert_eq!(code_of(Rung::Category), 17);
        assert_eq!(code_of(Rung::Emergency), 15);
        assert_eq!(code_of(Rung::Outside), 18);
    }
}
