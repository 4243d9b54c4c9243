//! Follows the requests of one connection, so that each head is read strictly, not the first alone.
//!
//! The HTTP engine repairs some ambiguous requests in silence (it drops a `Content-Length` that
//! stands beside `Transfer-Encoding`). The bytes therefore pass here first; the engine never sees
//! the end of a head, or of a chunk, that was refused.

use crate::head::{self, BodyLength, HeadEnd, HeadError, HeadLimits};

/// Where in the stream of requests a connection stands.
#[derive(Debug)]
pub(crate) struct Framing {
    limits: HeadLimits,
    state: State,
    /// The part of a head that came in earlier pieces.
    pending: Vec<u8>,
    end: HeadEnd,
}

/// Bytes that no request may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Broken {
    /// How many bytes before the fault may be handed on.
    pub(crate) good: usize,
    /// Whether the fault is in a head, so that an answer can still be given.
    pub(crate) in_head: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Head,
    Sized(u64),
    ChunkSize { size: u64, digits: u8 },
    ChunkExtension { size: u64, length: u16 },
    ChunkSizeEnd { size: u64 },
    ChunkBody(u64),
    ChunkBodyEnd,
    ChunkBodyEndLine,
    Trailer { total: u16, line: u16 },
    TrailerEnd { total: u16, line: u16 },
}

impl Framing {
    pub(crate) fn new(limits: HeadLimits) -> Self {
        Self {
            limits,
            state: State::Head,
            pending: Vec::new(),
            end: HeadEnd::default(),
        }
    }

    /// Whether a head has begun and not ended.
    pub(crate) fn is_in_head(&self) -> bool {
        self.state == State::Head && !self.pending.is_empty()
    }

    /// Follows the next bytes of the stream.
    pub(crate) fn follow(&mut self, bytes: &[u8]) -> Result<(), Broken> {
        let mut at = 0;
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            let taken = match self.state {
                State::Head => self.follow_head(rest),
                State::Sized(left) => Ok(self.pass(left, rest.len(), State::Sized, State::Head)),
                State::ChunkBody(left) => {
                    Ok(self.pass(left, rest.len(), State::ChunkBody, State::ChunkBodyEnd))
                }
                State::ChunkSize { .. }
                | State::ChunkExtension { .. }
                | State::ChunkSizeEnd { .. }
                | State::ChunkBodyEnd
                | State::ChunkBodyEndLine
                | State::Trailer { .. }
                | State::TrailerEnd { .. } => self.step(rest[0]).map(|()| 1),
            };
            match taken {
                Ok(taken) => at += taken,
                Err(in_head) => return Err(Broken { good: at, in_head }),
            }
        }
        Ok(())
    }

    fn follow_head(&mut self, rest: &[u8]) -> Result<usize, bool> {
        let (result, taken) = if self.pending.is_empty() {
            self.end = HeadEnd::default();
            match self.end.find(rest, self.limits) {
                Ok(Some(end)) => (head::read(rest.get(..end).unwrap_or_default()), end),
                Ok(None) => {
                    self.pending.extend_from_slice(rest);
                    return Ok(rest.len());
                }
                Err(_) => return Err(true),
            }
        } else {
            let before = self.pending.len();
            self.pending.extend_from_slice(rest);
            match self.end.find(&self.pending, self.limits) {
                Ok(Some(end)) => {
                    let head = self.pending.get(..end).unwrap_or_default();
                    (head::read(head), end.saturating_sub(before))
                }
                Ok(None) => return Ok(rest.len()),
                Err(_) => return Err(true),
            }
        };
        self.state = after(result).map_err(|_: HeadError| true)?;
        self.pending = Vec::new();
        Ok(taken)
    }

    fn pass(&mut self, left: u64, here: usize, still: fn(u64) -> State, done: State) -> usize {
        let here = u64::try_from(here).unwrap_or(u64::MAX);
        self.state = if here >= left {
            done
        } else {
            still(left - here)
        };
        usize::try_from(left.min(here)).unwrap_or(usize::MAX)
    }

    /// One byte of a chunked body that is not content.
    fn step(&mut self, byte: u8) -> Result<(), bool> {
        self.state = match (self.state, byte) {
            (State::ChunkSize { size, digits }, _) if byte.is_ascii_hexdigit() && digits < 15 => {
                let digit = char::from(byte).to_digit(16).unwrap_or(0);
                State::ChunkSize {
                    size: size << 4 | u64::from(digit),
                    digits: digits + 1,
                }
            }
            (State::ChunkSize { size, digits: 1.. }, b'\r')
            | (State::ChunkExtension { size, .. }, b'\r') => State::ChunkSizeEnd { size },
            (State::ChunkSize { size, digits: 1.. }, b';') => {
                State::ChunkExtension { size, length: 0 }
            }
            (State::ChunkExtension { size, length }, 0x20..=0x7e | b'\t')
                if length < MOST_EXTENSION =>
            {
                State::ChunkExtension {
                    size,
                    length: length + 1,
                }
            }
            (State::ChunkSizeEnd { size: 0 }, b'\n') => State::Trailer { total: 0, line: 0 },
            (State::ChunkSizeEnd { size }, b'\n') => State::ChunkBody(size),
            (State::ChunkBodyEnd, b'\r') => State::ChunkBodyEndLine,
            (State::ChunkBodyEndLine, b'\n') => State::ChunkSize { size: 0, digits: 0 },
            (State::Trailer { total, line }, b'\r') => State::TrailerEnd { total, line },
            (State::Trailer { total, line: 0 }, _) if head::is_token(byte) => {
                State::Trailer { total, line: 1 }
            }
            (State::Trailer { total, line: 1.. }, _)
                if head::is_value(byte) && total < MOST_TRAILER =>
            {
                State::Trailer {
                    total: total + 1,
                    line: 1,
                }
            }
            (State::TrailerEnd { line: 0, .. }, b'\n') => State::Head,
            (State::TrailerEnd { total, line: 1.. }, b'\n') => State::Trailer { total, line: 0 },
            (
                State::Head
                | State::Sized(_)
                | State::ChunkBody(_)
                | State::ChunkSize { .. }
                | State::ChunkExtension { .. }
                | State::ChunkSizeEnd { .. }
                | State::ChunkBodyEnd
                | State::ChunkBodyEndLine
                | State::Trailer { .. }
                | State::TrailerEnd { .. },
                _,
            ) => return Err(false),
        };
        Ok(())
    }
}

fn after(head: Result<head::Head<'_>, HeadError>) -> Result<State, HeadError> {
    Ok(match head?.body {
        BodyLength::Sized(0) => State::Head,
        BodyLength::Sized(length) => State::Sized(length),
        BodyLength::Chunked => State::ChunkSize { size: 0, digits: 0 },
    })
}

const MOST_EXTENSION: u16 = 256;
const MOST_TRAILER: u16 = 4096;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const CHUNKED: &str =
        "POST http://a.test/ HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n";
    const GET: &str = "GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\n\r\n";

    fn follow(text: &str) -> Result<bool, Broken> {
        let mut framing = Framing::new(HeadLimits::default());
        framing.follow(text.as_bytes())?;
        Ok(framing.state == State::Head && framing.pending.is_empty())
    }

    #[test]
    fn requests_that_follow_each_other_are_each_read() {
        let post = "POST http://a.test/ HTTP/1.1\r\nHost: a.test\r\nContent-Length: 3\r\n\r\nabc";
        let chunks = format!("{CHUNKED}3;x=y\r\nabc\r\n0\r\nTrailer: a\r\n\r\n");
        assert_eq!(follow(&format!("{GET}{post}{chunks}{GET}")), Ok(true));
        assert_eq!(follow(&post[..post.len() - 1]), Ok(false));
    }

    // SEC-18
    #[test]
    fn a_second_head_is_held_to_the_same_rules_as_the_first() {
        let bad = "GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n";
        let good = GET.len();
        let broken = Broken {
            good,
            in_head: true,
        };
        assert_eq!(follow(&format!("{GET}{bad}")), Err(broken));
    }

    // SEC-18
    #[test]
    fn bad_chunks_are_refused() {
        for body in [
            "3\nabc\r\n0\r\n\r\n",
            "3\r\nabcd\r\n0\r\n\r\n",
            "3\r\nabc\n0\r\n\r\n",
            "g\r\n",
            "\r\n",
            "-1\r\n",
            "0x3\r\nabc\r\n",
            " 3\r\nabc\r\n",
            "3 \r\nabc\r\n",
            "3;\nabc\r\n",
            "1234567890abcdef\r\n",
            "0\r\n folded: a\r\n\r\n",
            "0\r\n: a\r\n\r\n",
            "0\r\na: b\n\r\n",
            "0\r\n\n",
        ] {
            let result = follow(&format!("{CHUNKED}{body}"));
            assert!(
                matches!(result, Err(Broken { in_head: false, .. })),
                "{body:?} {result:?}"
            );
        }
        let endless = format!("{CHUNKED}3;{}", "x".repeat(300));
        assert!(follow(&endless).is_err());
        let endless = format!("{CHUNKED}0\r\na: {}", "x".repeat(5000));
        assert!(follow(&endless).is_err());
    }

    proptest! {
        #[test]
        fn pieces_are_followed_as_the_whole_is(
            parts in proptest::collection::vec(prop_oneof![
                Just(GET.to_owned()),
                Just(CHUNKED.to_owned()),
                Just("2\r\nab\r\n".to_owned()),
                Just("0\r\n\r\n".to_owned()),
                "[ -~\r\n]{0,6}",
            ], 0..6),
            step in 1usize..40,
        ) {
            let text = parts.concat();
            let mut whole = Framing::new(HeadLimits::default());
            let whole_result = whole.follow(text.as_bytes());
            let mut split = Framing::new(HeadLimits::default());
            let mut split_result = Ok(());
            for piece in text.as_bytes().chunks(step) {
                split_result = split.follow(piece);
                if split_result.is_err() {
                    break;
                }
            }
            prop_assert_eq!(whole_result.is_err(), split_result.is_err());
            if whole_result.is_ok() {
                prop_assert_eq!(whole.state, split.state);
            }
        }
    }
}
