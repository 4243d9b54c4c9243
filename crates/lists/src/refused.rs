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
    /// A network of so many addresses that no list can mean them all.
    Wide,
    /// A name of a single label.
    SingleLabel,
    /// A public suffix: it would cover the sites of people who have nothing to do with it.
    PublicSuffix,
    /// A URL, a network or a rule of another format.
    OtherFormat,
    /// A line of the right format with a fault in it.
    Syntax,
    /// A regular expression with a fault, or one that no engine can run in linear time.
    Pattern,
    /// A file to be included that is not there, or includes itself.
    Include,
    /// It sends a name elsewhere, or changes a text, instead of closing.
    Rewrite,
    /// It hides parts of pages and closes nothing.
    Cosmetic,
    /// It holds only for some pages, clients or kinds of content.
    Context,
    /// An option that is not known.
    Option,
    /// Another rule of the list cancels it.
    Cancelled,
    /// The list itself takes it back.
    Lifted,
    /// A path of a host, where names alone are held.
    NotEnforcedUrl,
    /// An expression, glob or word: understood, but not taken from this list.
    NotEnforcedPattern,
    /// An expression or glob that names no text of three letters that must occur.
    NotEnforcedBroad,
    /// A network, where names and single addresses alone are held.
    NotEnforcedNetwork,
    /// What opens below a name that the same list closes: understood, but not opened.
    NotEnforcedLift,
    /// For some kinds of DNS questions or servers only: understood, but not enforced.
    NotEnforcedKind,
    /// A phrase of page content, where names alone are held.
    NotEnforcedPhrase,
    /// A phrase so short that it stands in nearly every text.
    NotEnforcedShort,
    /// A salted digest, where names alone are held.
    NotEnforcedDigest,
}

impl Reason {
    /// The reason in words, lower case.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Length => "too long, or an empty label",
            Self::Character => "a character that no host has",
            Self::Address => "looks like an address but is none",
            Self::SpecialAddress => "an address of private or special networks",
            Self::Wide => "a network of too many addresses",
            Self::SingleLabel => "a single label",
            Self::PublicSuffix => "a public suffix",
            Self::OtherFormat => "a URL, a network or another format",
            Self::Syntax => "has a fault in it",
            Self::Pattern => "an expression that has a fault or cannot run in linear time",
            Self::Include => "includes a file that is not there, or itself",
            Self::Rewrite => "sends a name or text elsewhere",
            Self::Cosmetic => "hides parts of pages and closes nothing",
            Self::Context => "holds for some pages, clients or kinds of content only",
            Self::Option => "an option that is not known",
            Self::Cancelled => "cancelled by another rule of the list",
            Self::Lifted => "taken back by the list itself",
            Self::NotEnforcedUrl => "not enforced: a path of a host",
            Self::NotEnforcedPattern => "not enforced: an expression or glob",
            Self::NotEnforcedBroad => "not enforced: an expression or glob that names no text",
            Self::NotEnforcedNetwork => "not enforced: a network of addresses",
            Self::NotEnforcedLift => "not enforced: opens below a name that the list closes",
            Self::NotEnforcedKind => "not enforced: for some kinds of DNS questions only",
            Self::NotEnforcedPhrase => "not enforced: a phrase of page content",
            Self::NotEnforcedShort => "not enforced: a phrase that stands in nearly every text",
            Self::NotEnforcedDigest => "not enforced: a salted digest",
        }
    }

    /// Whether such a line speaks against the list: its publisher cannot have meant it.
    pub const fn is_bad(self) -> bool {
        match self {
            Self::Length
            | Self::Character
            | Self::Address
            | Self::SpecialAddress
            | Self::Wide
            | Self::SingleLabel
            | Self::PublicSuffix
            | Self::OtherFormat
            | Self::Syntax
            | Self::Pattern
            | Self::Include => true,
            Self::Rewrite
            | Self::Cosmetic
            | Self::Context
            | Self::Option
            | Self::Cancelled
            | Self::Lifted
            | Self::NotEnforcedUrl
            | Self::NotEnforcedPattern
            | Self::NotEnforcedBroad
            | Self::NotEnforcedNetwork
            | Self::NotEnforcedLift
            | Self::NotEnforcedKind
            | Self::NotEnforcedPhrase
            | Self::NotEnforcedShort
            | Self::NotEnforcedDigest => false,
        }
    }

    /// Whether the line was understood and would close something, but is not enforced.
    pub const fn is_not_enforced(self) -> bool {
        matches!(
            self,
            Self::NotEnforcedUrl
                | Self::NotEnforcedPattern
                | Self::NotEnforcedBroad
                | Self::NotEnforcedNetwork
                | Self::NotEnforcedLift
                | Self::NotEnforcedKind
                | Self::NotEnforcedPhrase
                | Self::NotEnforcedShort
                | Self::NotEnforcedDigest
        )
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
    /// The file of a folder or archive in which it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
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

    pub(crate) fn add(
        &mut self,
        file: Option<&str>,
        line: usize,
        reason: Reason,
        text: Option<&str>,
    ) {
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
            let file = file.map(str::to_owned);
            self.first.push(RefusedLine {
                file,
                line,
                reason,
                text,
            });
        }
    }

    /// How many lines were refused.
    pub fn total(&self) -> usize {
        self.counts.values().sum()
    }

    /// How many lines speak against the list; see [`Reason::is_bad`].
    pub fn bad(&self) -> usize {
        self.sum(Reason::is_bad)
    }

    /// How many lines were understood but are not enforced.
    pub fn not_enforced(&self) -> usize {
        self.sum(Reason::is_not_enforced)
    }

    fn sum(&self, which: impl Fn(Reason) -> bool) -> usize {
        let counted = self.counts.iter().filter(|(reason, _)| which(**reason));
        counted.map(|(_, count)| count).sum()
    }
}
