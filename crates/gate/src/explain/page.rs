use super::QuestionError;
use crate::State;
use content::{Findings, PageKind, PhraseBook, PhraseEffect, Scan, SearchTerm};
use model::GroupIndex;
use serde::Serialize;
use std::sync::Arc;

/// What the text of a page scores, and what that means for a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PageExplanation {
    /// The group.
    pub group: String,
    /// What a page may score in a theme there.
    pub limit: u32,
    /// Whether the page is above it.
    pub above: bool,
    /// Each theme that something speaks against or for, the highest score first.
    pub themes: Vec<ThemeShown>,
    /// The weightiest phrases, in the order of the page.
    pub phrases: Vec<PhraseShown>,
    /// How many phrases more counted.
    pub left_out: u32,
    /// How many bytes the page has.
    pub read: u64,
    /// How many bytes its text has, folded.
    pub text: u64,
}

/// The score of one theme.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ThemeShown {
    /// The theme.
    pub theme: String,
    /// Name for people.
    pub title: String,
    /// The category of the theme, where it has one.
    pub category: Option<String>,
    /// The score for this group.
    pub score: i32,
    /// What speaks against the page.
    pub against: i32,
    /// What speaks for harmless context.
    pub benign: i32,
    /// Whether the score is above the limit.
    pub above: bool,
}

/// A phrase that counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PhraseShown {
    /// The phrase as its list writes it.
    pub phrase: String,
    /// The list.
    pub list: String,
    /// The theme; absent where it counts for all.
    pub theme: Option<String>,
    /// What it does, as `+40` or `-30`.
    pub weight: String,
    /// The text around it, folded.
    pub around: String,
}

/// What somebody would be searching for, and what the words say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SearchExplanation {
    /// The site of the search.
    pub engine: String,
    /// Whether it is a suggestion that is asked for while somebody types.
    pub typing: bool,
    /// The term.
    pub term: String,
    /// The themes above what a search may score, the highest score first.
    pub themes: Vec<ThemeShown>,
}

impl State {
    /// Scores the text of a page for a group.
    ///
    /// # Errors
    ///
    /// Says that there is no such group.
    pub fn explain_page(
        &self,
        group: &str,
        kind: PageKind,
        page: &[u8],
    ) -> Result<PageExplanation, QuestionError> {
        let index = self.find_group(group)?;
        // A group of the table always has facts; the strictest limit stands in for none.
        let limit = self
            .policy()
            .group(index)
            .map_or(0, |facts| facts.phrase_limit);
        let book = self.phrases();
        let mut scan = Scan::new(Arc::clone(book.pages()), kind, None);
        scan.feed(page);
        let findings = scan.finish();
        Ok(PageExplanation {
            group: group.to_owned(),
            limit,
            above: findings.exceeds(limit),
            themes: themes(book, &findings, limit),
            phrases: phrases(&findings),
            left_out: findings.left_out,
            read: findings.read,
            text: findings.folded,
        })
    }

    pub(super) fn find_group(&self, group: &str) -> Result<GroupIndex, QuestionError> {
        self.policy().groups().find(group).ok_or_else(|| {
            let known = self.policy().groups().iter().map(|(_, id)| id);
            let near = model::nearest(group, known);
            QuestionError::Group {
                group: group.to_owned(),
                near: near.map_or(String::new(), |near| format!("; did you mean `{near}`?")),
            }
        })
    }
}

impl SearchExplanation {
    /// Explains the search that a URL makes, if it makes one.
    pub fn of_url(book: &PhraseBook, url: &str) -> Option<Self> {
        let found = SearchTerm::of_url(url)?;
        let findings = book.search(&found.term);
        let mut themes = themes(book, &findings, PhraseBook::SEARCH_LIMIT);
        themes.retain(|theme| theme.above);
        Some(Self {
            engine: found.engine.to_owned(),
            typing: found.typing,
            term: found.term,
            themes,
        })
    }
}

fn themes(book: &PhraseBook, findings: &Findings, limit: u32) -> Vec<ThemeShown> {
    let mut themes: Vec<ThemeShown> = findings
        .scores
        .iter()
        .filter(|theme| theme.banned || theme.against > 0 || theme.percent_against > 0)
        .map(|theme| {
            let known = book.theme(&theme.theme);
            ThemeShown {
                title: known.map_or_else(|| theme.theme.clone(), |known| known.title.clone()),
                category: known.and_then(|known| known.category.clone()),
                score: theme.score(limit),
                against: theme.against,
                benign: theme.benign,
                above: theme.exceeds(limit),
                theme: theme.theme.clone(),
            }
        })
        .collect();
    themes.sort_by_key(|theme| -theme.score);
    themes
}

fn phrases(findings: &Findings) -> Vec<PhraseShown> {
    let mut evidence: Vec<_> = findings.evidence.iter().collect();
    evidence.sort_by_key(|seen| seen.at);
    evidence
        .into_iter()
        .map(|seen| PhraseShown {
            phrase: seen.phrase.clone(),
            list: seen.list.clone(),
            theme: seen.theme.clone(),
            weight: match seen.effect {
                PhraseEffect::Bans => "bans".to_owned(),
                PhraseEffect::Excepts => format!("{:+}", PhraseEffect::EXCEPTION),
                PhraseEffect::Weighs(weight) => format!("{weight:+}"),
                PhraseEffect::WeighsPercent(share) => format!("{share:+}%"),
            },
            around: seen.around.clone(),
        })
        .collect()
}
