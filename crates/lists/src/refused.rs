use serde::Serialize;
use std::collections::BTreeMap;

/// Why a line of a list gives no entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// A label is empty or past 63 bytes, or the name or line is too long.
    Length,
    /// A character that no host has.
    Character,
    /// Neither a name nor an address that can be read.
    Address,
    /// An address of this machine, of private or of special networks.
    SpecialAddress,
    /// A name of a single label.
    SingleLabel,
    /// A public suffix: it would cover the sites of people who have nothing to do with it.
    PublicSuffix,
    /// A URL, a network or a rule of another format.
    OtherFormat,
    /// A hosts line that sends a name elsewhere instead of closing it.
    Rewrite,
}

impl Reason {
    /// The reason in words, lower case.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Length => "too long, or an empty label",
            Self::Character => "a character that no host has",
            Self::Address => "looks like an address but is none",
            Self::SpecialAddress => "an address of private or special networks",
            Self::SingleLabel => "a single label",
            Self::PublicSuffix => "a public suffix",
            Self::OtherFormat => "a URL, a network or another format",
            Self::Rewrite => "sends a name to another address",
        }
    }
}

/// The lines of a list that gave no entry: all counted, the first of each reason kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Refused {
    /// How many for each reason.
    pub counts: BTreeMap<Reason, usize>,
    /// The first ones, at most [`Refused::KEPT`] of each reason.
    pub first: Vec<RefusedLine>,
}

/// One line that gave no entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RefusedLine {
    /// Its number, counted from 1.
    pub line: usize,
    /// Why.
    pub reason: Reason,
    /// What was refused, cut to 80 characters; nothing for lists whose entries are withheld.
    pub text: Option<String>,
}

impl Refused {
    /// How many lines of each reason are kept.
    pub const KEPT: usize = 5;

    pub(crate) fn add(&mut self, line: usize, reason: Reason, text: Option<&str>) {
        let count = self.counts.entry(reason).or_default();
        *count += 1;
        if *count <= Self::KEPT {
            let printable = |character: char| {
                if character.is_control() {
                    '?'
                } else {
                    character
                }
            };
            let text = text.map(|text| text.chars().take(80).map(printable).collect());
            self.first.push(RefusedLine { line, reason, text });
        }
    }

    /// How many lines were refused.
    pub fn total(&self) -> usize {
        self.counts.values().sum()
    }
}
