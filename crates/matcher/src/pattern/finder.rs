use super::{Listed, Place};
use crate::CompileError;
use daachorse::{DoubleArrayAhoCorasick, DoubleArrayAhoCorasickBuilder, MatchKind};
use model::{Name, Target, UrlSeen};
use std::collections::BTreeMap;
use std::ops::Range;

/// Finds all patterns of some places in one pass.
pub(crate) struct Finder {
    automaton: DoubleArrayAhoCorasick<u32>,
    /// For each literal of the automaton where its patterns start in `patterns`, and one more.
    starts: Vec<u32>,
    patterns: Vec<u32>,
}

impl Finder {
    /// Makes a finder for the patterns of these places; `None` where there are none.
    pub(crate) fn build(listed: &[Listed], places: &[Place]) -> Result<Option<Self>, CompileError> {
        let mut literals: BTreeMap<&[u8], Vec<u32>> = BTreeMap::new();
        for (at, one) in (0u32..).zip(listed) {
            if places.contains(&one.pattern.place) {
                for literal in &one.literals {
                    literals.entry(literal).or_default().push(at);
                }
            }
        }
        if literals.is_empty() {
            return Ok(None);
        }
        let automaton = DoubleArrayAhoCorasickBuilder::new()
            .match_kind(MatchKind::Standard)
            .build_with_values(literals.keys().zip(0u32..))
            .map_err(|_| CompileError::Patterns)?;
        let mut starts = vec![0];
        let mut patterns = Vec::new();
        for at in literals.values() {
            patterns.extend_from_slice(at);
            // There are no more than the artefact has bytes.
            starts.push(patterns.len() as u32);
        }
        Ok(Some(Self {
            automaton,
            starts,
            patterns,
        }))
    }

    /// The finder as bytes of an artefact.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        for numbers in [&self.starts, &self.patterns] {
            out.extend_from_slice(&(numbers.len() as u32).to_le_bytes());
            for number in numbers {
                out.extend_from_slice(&number.to_le_bytes());
            }
        }
        out.extend_from_slice(&self.automaton.serialize());
    }

    /// Reads a finder; `None` for bytes that are none.
    ///
    /// The bytes come from an artefact whose seal was held against the secret: nobody but this
    /// installation made them.
    pub(crate) fn read(mut bytes: &[u8]) -> Option<Self> {
        let mut numbers = || {
            let (count, rest) = bytes.split_first_chunk::<4>()?;
            let length = (u32::from_le_bytes(*count) as usize).checked_mul(4)?;
            let (held, rest) = rest.split_at_checked(length)?;
            bytes = rest;
            let numbers = held.as_chunks::<4>().0.iter();
            Some(numbers.map(|number| u32::from_le_bytes(*number)).collect())
        };
        let (starts, patterns) = (numbers()?, numbers()?);
        let (automaton, rest) = DoubleArrayAhoCorasick::deserialize(bytes).ok()?;
        rest.is_empty().then_some(Self {
            automaton,
            starts,
            patterns,
        })
    }

    /// Gives each pattern that matches a text, texts as often as they stand in it.
    ///
    /// `skip` says of which patterns nothing need be known.
    pub(crate) fn find<'a>(
        &self,
        listed: &'a [Listed],
        text: &Haystack<'_>,
        skip: &mut dyn FnMut(&'a Listed) -> bool,
        each: &mut dyn FnMut(&'a Listed),
    ) {
        // A literal may stand in a text a thousand times; its patterns are asked once.
        let mut asked: Vec<u32> = Vec::new();
        for found in self.automaton.find_overlapping_iter(text.bytes) {
            let literal = found.value() as usize;
            let range = self.starts.get(literal..literal + 2);
            let range = range.map(|range| range[0] as usize..range[1] as usize);
            let patterns = range.and_then(|range| self.patterns.get(range));
            for &at in patterns.unwrap_or_default() {
                let Some(one) = listed.get(at as usize) else {
                    continue;
                };
                if skip(one) {
                    continue;
                }
                if one.is_asked_once() {
                    if asked.contains(&at) {
                        continue;
                    }
                    asked.push(at);
                }
                if one.matches(text, found.start()..found.end()) {
                    each(one);
                }
            }
        }
    }
}

/// A text in which patterns are looked for, in lower case.
#[derive(Clone, Copy)]
pub(crate) struct Haystack<'a> {
    pub(crate) bytes: &'a [u8],
    /// Where the host stands.
    pub(crate) host: (usize, usize),
    /// Where the path starts.
    pub(crate) path: usize,
}

impl<'a> Haystack<'a> {
    /// The name of a host.
    pub(crate) fn host(name: Name<'a>) -> Self {
        let bytes = name.as_str().as_bytes();
        Self {
            bytes,
            host: (0, bytes.len()),
            path: bytes.len(),
        }
    }

    /// What expressions are asked of: the URL without what stands before its host.
    pub(super) fn of_expressions(&self) -> &'a [u8] {
        self.bytes.get(self.host.0..).unwrap_or_default()
    }

    pub(super) fn is_whole_label(&self, found: Range<usize>) -> bool {
        let before = found.start.checked_sub(1).and_then(|at| self.bytes.get(at));
        let after = self.bytes.get(found.end);
        [before, after]
            .into_iter()
            .flatten()
            .all(|&byte| byte == b'.')
    }
}

/// A URL as patterns see it: `://host/path?query` in lower case, letters and digits of the query
/// that came percent-encoded decoded.
pub(crate) struct UrlHaystack {
    bytes: Vec<u8>,
    host: (usize, usize),
}

impl UrlHaystack {
    pub(crate) fn of(target: &Target<'_>, url: &UrlSeen<'_>) -> Self {
        let mut bytes = Vec::with_capacity(url.path.len() + 300);
        bytes.extend_from_slice(b"://");
        match target.host {
            model::Host::Name(name) => bytes.extend_from_slice(name.as_str().as_bytes()),
            model::Host::Address(address) => {
                bytes.extend_from_slice(address.to_string().as_bytes());
            }
        }
        let host = (3, bytes.len());
        bytes.extend(url.path.bytes().map(|byte| byte.to_ascii_lowercase()));
        if let Some(query) = url.query {
            bytes.push(b'?');
            decode(query.as_bytes(), &mut bytes);
        }
        bytes.truncate(MOST_LOOKED_AT);
        Self { bytes, host }
    }

    pub(crate) fn text(&self) -> Haystack<'_> {
        Haystack {
            bytes: &self.bytes,
            host: self.host,
            path: self.host.1,
        }
    }
}

fn decode(mut query: &[u8], out: &mut Vec<u8>) {
    let digit = |byte: u8| char::from(byte).to_digit(16).map(|digit| digit as u8);
    while let Some((&byte, rest)) = query.split_first() {
        query = rest;
        if byte == b'%'
            && let [high, low, after @ ..] = rest
            && let (Some(high), Some(low)) = (digit(*high), digit(*low))
            && (high << 4 | low).is_ascii_alphanumeric()
        {
            out.push((high << 4 | low).to_ascii_lowercase());
            query = after;
        } else {
            out.push(byte.to_ascii_lowercase());
        }
    }
}

/// Doors refuse longer heads.
const MOST_LOOKED_AT: usize = 64 << 10;
