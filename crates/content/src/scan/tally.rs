use crate::findings::{Evidence, Findings, ThemeScore};
use crate::phrase::PhraseEffect;
use crate::phrases::{Compiled, Phrases};
use std::collections::BTreeMap;

/// What was found so far, with bounded memory.
#[derive(Debug)]
pub(super) struct Tally {
    /// A bit for each phrase that has counted.
    counted: Vec<u64>,
    /// Where each part of a phrase of several parts was last found.
    parts: BTreeMap<u32, u64>,
    themes: Vec<Sums>,
    /// Of phrases that count for all themes.
    all: Sums,
    /// Places in `phrases`, with where and the text around; the weightiest.
    evidence: Vec<Seen>,
    /// The least weight among the evidence.
    lightest: u32,
    left_out: u32,
}

#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    against: i64,
    benign: i64,
    percent_against: i64,
    percent_benign: i64,
    banned: bool,
}

#[derive(Debug)]
struct Seen {
    phrase: u32,
    at: u64,
    around: Box<[u8]>,
}

impl Tally {
    pub(super) fn new(phrases: &Phrases) -> Self {
        Self {
            counted: vec![0; phrases.len().div_ceil(64)],
            parts: BTreeMap::new(),
            themes: vec![Sums::default(); phrases.themes().len()],
            all: Sums::default(),
            evidence: Vec::new(),
            lightest: 0,
            left_out: 0,
        }
    }

    /// Counts a part that was found; `around` gives the text about it.
    pub(super) fn part<'t>(
        &mut self,
        phrases: &Phrases,
        part: u32,
        at: u64,
        around: impl FnOnce() -> &'t [u8],
    ) {
        let number = phrases.parts[part as usize].phrase;
        let (word, bit) = (number as usize / 64, 1u64 << (number % 64));
        if self.counted[word] & bit > 0 {
            return;
        }
        let phrase = &phrases.phrases[number as usize];
        if phrase.count > 1 {
            self.parts.insert(part, at);
            if !self.stand_together(phrase) {
                return;
            }
            for part in phrase.first..phrase.first + phrase.count {
                self.parts.remove(&part);
            }
        }
        self.counted[word] |= bit;
        match phrase.theme {
            Some(theme) => self.themes[usize::from(theme)].add(phrase.effect),
            None => self.all.add(phrase.effect),
        }
        let around = if phrase.withheld { &[] } else { around() };
        self.keep(phrases, number, at, around);
    }

    fn stand_together(&self, phrase: &Compiled) -> bool {
        let (mut first, mut last) = (u64::MAX, 0);
        for part in phrase.first..phrase.first + phrase.count {
            let Some(&at) = self.parts.get(&part) else {
                return false;
            };
            first = first.min(at);
            last = last.max(at);
        }
        phrase
            .window
            .is_none_or(|window| last - first <= u64::from(window))
    }

    /// Keeps the evidence if it weighs more than the least of what is kept.
    fn keep(&mut self, phrases: &Phrases, phrase: u32, at: u64, around: &[u8]) {
        let heavy = |number: u32| phrases.phrases[number as usize].effect.heaviness();
        let full = self.evidence.len() == Findings::MOST_EVIDENCE;
        if full {
            self.left_out += 1;
            if heavy(phrase) <= self.lightest {
                return;
            }
            // The last of the lightest goes, so that the order of finding settles what stays.
            let last = self
                .evidence
                .iter()
                .rposition(|seen| heavy(seen.phrase) == self.lightest);
            if let Some(last) = last {
                self.evidence.remove(last);
            }
        }
        self.evidence.push(Seen {
            phrase,
            at,
            around: around.into(),
        });
        let weights = self.evidence.iter().map(|seen| heavy(seen.phrase));
        self.lightest = weights.min().unwrap_or(0);
    }

    /// The scores as they stand.
    pub(super) fn scores(&self, phrases: &Phrases) -> Vec<ThemeScore> {
        phrases
            .themes()
            .iter()
            .zip(&self.themes)
            .map(|(theme, sums)| {
                let both = sums.with(&self.all);
                ThemeScore {
                    theme: theme.clone(),
                    against: whole(both.against),
                    benign: whole(both.benign),
                    percent_against: whole(both.percent_against),
                    percent_benign: whole(both.percent_benign),
                    banned: both.banned,
                }
            })
            .collect()
    }

    pub(super) fn finish(&self, phrases: &Phrases, read: u64, folded: u64) -> Findings {
        let shown = |seen: &Seen| {
            let phrase = &phrases.phrases[seen.phrase as usize];
            Evidence {
                phrase: phrase.shown.to_string(),
                list: phrase.list.to_string(),
                theme: phrase
                    .theme
                    .and_then(|theme| phrases.themes().get(usize::from(theme)))
                    .cloned(),
                effect: phrase.effect,
                at: seen.at,
                around: shown_text(&seen.around),
            }
        };
        Findings {
            scores: self.scores(phrases),
            evidence: self.evidence.iter().map(shown).collect(),
            left_out: self.left_out,
            read,
            folded,
        }
    }
}

impl Sums {
    fn add(&mut self, effect: PhraseEffect) {
        match effect {
            PhraseEffect::Bans => self.banned = true,
            PhraseEffect::Excepts => self.benign += i64::from(PhraseEffect::EXCEPTION),
            PhraseEffect::Weighs(weight) if weight < 0 => self.benign += i64::from(weight),
            PhraseEffect::Weighs(weight) => self.against += i64::from(weight),
            PhraseEffect::WeighsPercent(weight) if weight < 0 => {
                self.percent_benign += i64::from(weight);
            }
            PhraseEffect::WeighsPercent(weight) => self.percent_against += i64::from(weight),
        }
    }

    fn with(&self, other: &Self) -> Self {
        Self {
            against: self.against + other.against,
            benign: self.benign + other.benign,
            percent_against: self.percent_against + other.percent_against,
            percent_benign: self.percent_benign + other.percent_benign,
            banned: self.banned || other.banned,
        }
    }
}

fn whole(sum: i64) -> i32 {
    i32::try_from(sum).unwrap_or(if sum < 0 { i32::MIN } else { i32::MAX })
}

/// Folded text for a person; what was cut through at the ends is left out.
fn shown_text(folded: &[u8]) -> String {
    let from = folded
        .iter()
        .position(|byte| byte & 0xc0 != 0x80)
        .unwrap_or(folded.len());
    let text = &folded[from..];
    let text = match std::str::from_utf8(text) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&text[..error.valid_up_to()]).unwrap_or_default(),
    };
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
