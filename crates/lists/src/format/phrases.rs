use super::Reader;
use crate::{Format, Item, Phrase, PhraseEffect, PhraseOrigin, PhrasePart, Reason};
use std::sync::Arc;

impl Reader<'_> {
    /// `<a>,<b><40>`: all parts on one page, and what they weigh together.
    pub(super) fn phrases(&mut self, line: &str) {
        if self.e2guardian_head(line) {
            return;
        }
        let Some((parts, weight, rest)) = brackets(line) else {
            return self.refuse(Reason::Syntax, line);
        };
        let rest = rest.trim_start();
        if !rest.is_empty() && !rest.starts_with('#') {
            self.mended();
        }
        let effect = match weight {
            Some(weight) => PhraseEffect::parse(weight),
            None => self.effect(),
        };
        let parts: Option<Vec<PhrasePart>> = parts.into_iter().map(PhrasePart::parse).collect();
        match (parts, effect) {
            (Some(parts), Some(effect)) if parts.len() <= Phrase::MOST_PARTS => {
                let origin = Arc::clone(&self.origin);
                let phrase = Phrase {
                    parts,
                    effect,
                    origin,
                };
                self.give(Item::Phrase(&phrase), line);
            }
            (Some(_), Some(_)) => self.refuse(Reason::Length, line),
            (None, _) | (_, None) => self.refuse(Reason::Syntax, line),
        }
    }

    /// What a phrase without a weight does: what its file does.
    fn effect(&self) -> Option<PhraseEffect> {
        match self.rules.format {
            Format::PhrasesBanned => Some(PhraseEffect::Bans),
            Format::PhrasesException => Some(PhraseEffect::Excepts),
            // Weighted lists include files that ban.
            Format::PhrasesWeighted => self.origin.effect,
            Format::Plain
            | Format::Wildcard
            | Format::Glob
            | Format::Hosts
            | Format::Squidguard
            | Format::Urls
            | Format::Expressions
            | Format::Adblock
            | Format::Rpz
            | Format::Dnsmasq
            | Format::Unbound
            | Format::E2guardianSites
            | Format::E2guardianUrls
            | Format::E2guardianExpressions
            | Format::Addresses
            | Format::Doh
            | Format::TopSites
            | Format::Digests => None,
        }
    }

    pub(super) fn listed_category(&mut self, category: &str) {
        let short = category.chars().take(80).collect();
        self.origin = Arc::new(PhraseOrigin {
            category: Some(short),
            ..(*self.origin).clone()
        });
    }
}

/// The parts of a line, the weight that follows them, and what follows that.
fn brackets(line: &str) -> Option<(Vec<&str>, Option<&str>, &str)> {
    let mut parts = Vec::new();
    let mut rest = line;
    loop {
        let (inner, after) = rest.strip_prefix('<')?.split_once('>')?;
        if inner.contains('<') {
            return None;
        }
        parts.push(inner);
        rest = after;
        match after.trim_start().strip_prefix(',') {
            Some(next) if next.trim_start().starts_with('<') => rest = next.trim_start(),
            Some(_) | None => break,
        }
    }
    let weight = rest.strip_prefix('<').and_then(|rest| rest.split_once('>'));
    match weight {
        Some((weight, rest)) => Some((parts, Some(weight), rest)),
        // An open bracket that is no weight.
        None if rest.starts_with('<') => None,
        None => Some((parts, None, rest)),
    }
}
