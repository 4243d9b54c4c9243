use super::tally::Tally;
use crate::fold::StandIn;
use crate::phrases::Phrases;
use std::ops::Range;

/// One look over a stretch of folded text.
pub(super) struct Look<'l> {
    pub(super) phrases: &'l Phrases,
    pub(super) tally: &'l mut Tally,
    pub(super) bytes: &'l [u8],
    /// Where `bytes` begins in the text.
    pub(super) base: u64,
}

impl Look<'_> {
    /// Looks at all places of the range, in order; what may stand for a letter is looked at twice.
    pub(super) fn all(&mut self, range: Range<usize>, stand_ins: &[StandIn]) {
        let reach = self.phrases.index.longest;
        let mut at = range.start;
        let mut likely = Vec::new();
        for stand_in in stand_ins {
            // INVARIANT: the text is kept from before the first place that was not looked at.
            let place = (stand_in.at - self.base) as usize;
            if self.is_likely(place) {
                likely.push((place, stand_in.letter));
            }
        }
        let mut first = 0;
        while at < range.end {
            while likely.get(first).is_some_and(|(place, _)| *place < at) {
                first += 1;
            }
            let Some(&(place, _)) = likely.get(first) else {
                break;
            };
            let near = place.saturating_sub(reach).clamp(at, range.end);
            self.plain(at..near);
            at = near;
            if at < range.end {
                let past = (place + 1).min(range.end);
                self.twice(at..past, &likely[first..]);
                at = past;
            }
        }
        self.plain(at..range.end);
    }

    /// Whether a digit or sign is among letters, so that it may stand for one.
    fn is_likely(&self, place: usize) -> bool {
        let byte = |at: Option<usize>| at.and_then(|at| self.bytes.get(at)).copied();
        let is_letter =
            |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphabetic() || byte >= 0x80);
        let own = byte(Some(place));
        let right = [byte(Some(place + 1)), byte(Some(place + 2))];
        if own == Some(b' ') {
            return is_letter(right[0]);
        }
        let left = [byte(place.checked_sub(1)), byte(place.checked_sub(2))];
        [left, right]
            .iter()
            .any(|[next, after]| is_letter(*next) || (*next == own && is_letter(*after)))
    }

    /// Looks at places as the text is written.
    fn plain(&mut self, range: Range<usize>) {
        let (phrases, bytes) = (self.phrases, self.bytes);
        phrases.index.places(bytes, range, |at| self.at(at));
    }

    #[inline]
    fn at(&mut self, at: usize) {
        let (bytes, base) = (self.bytes, self.base);
        let tally = &mut *self.tally;
        let phrases = self.phrases;
        phrases.index.at(&bytes[at..], |part, length| {
            tally.part(phrases, part, base + at as u64, || {
                around(bytes, at, length)
            });
        });
        if let [b' ', _, b' ', _, b' ', ..] = bytes[at..] {
            self.spelled(at);
        }
    }

    /// Looks at places as written, and with letters for what stands for them.
    fn twice(&mut self, range: Range<usize>, likely: &[(usize, u8)]) {
        let end = (range.end + self.phrases.index.longest + 8).min(self.bytes.len());
        let mut read = self.bytes[range.start..end].to_vec();
        let mut changed = Vec::new();
        for (place, letter) in likely.iter().take_while(|(place, _)| *place < end) {
            read[place - range.start] = *letter;
            changed.push(*place);
        }
        let (bytes, base, phrases) = (self.bytes, self.base, self.phrases);
        let anywhere = phrases.index.looks_anywhere();
        for at in range.clone() {
            // INVARIANT: what is read in place of a byte is no space.
            if !anywhere && bytes[at] != b' ' {
                continue;
            }
            self.at(at);
            let tally = &mut *self.tally;
            phrases.index.at(&read[at - range.start..], |part, length| {
                let next = changed.partition_point(|place| *place < at);
                let stands_in = changed.get(next).is_some_and(|place| *place < at + length);
                if stands_in && phrases.parts[part as usize].stand_ins {
                    tally.part(phrases, part, base + at as u64, || {
                        around(bytes, at, length)
                    });
                }
            });
        }
    }

    /// Reads single letters with spaces between as one word.
    fn spelled(&mut self, at: usize) {
        let single = |at: usize| {
            self.bytes[at..].first() == Some(&b' ')
                && self
                    .bytes
                    .get(at + 1)
                    .is_some_and(u8::is_ascii_alphanumeric)
                && self.bytes.get(at + 2) == Some(&b' ')
        };
        // In the midst of a run: its beginning was read.
        if at >= 2 && single(at - 2) {
            return;
        }
        let mut word = vec![b' '];
        let mut end = at;
        while word.len() <= MOST_SPELLED && single(end) {
            word.push(self.bytes[end + 1]);
            end += 2;
        }
        if word.len() <= FEWEST_SPELLED {
            return;
        }
        word.push(b' ');
        let (bytes, base, phrases) = (self.bytes, self.base, self.phrases);
        let tally = &mut *self.tally;
        phrases.index.at(&word, |part, _| {
            tally.part(phrases, part, base + at as u64, || {
                around(bytes, at, end - at)
            });
        });
    }
}

/// The text about what was found.
fn around(bytes: &[u8], at: usize, length: usize) -> &[u8] {
    let end = (at + length + AROUND).min(bytes.len());
    let end = bytes[..end]
        .iter()
        .rposition(|byte| *byte != 0)
        .map_or(at, |last| last + 1);
    &bytes[at.saturating_sub(AROUND).min(end)..end]
}

/// How much text before and behind a phrase is kept as evidence, in bytes.
pub(super) const AROUND: usize = 56;
/// The longest word that is read from single letters.
pub(super) const MOST_SPELLED: usize = 32;
/// What is shorter is an abbreviation: B. B. C.
const FEWEST_SPELLED: usize = 4;
