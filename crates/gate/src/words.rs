use crate::{Judgement, State};
use model::{Rung, Subject};
use policy::Reading;

/// What a page or an answer says to a person about a judgement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// The id of the group; empty outside every zone.
    pub group: String,
    /// The group's name for people.
    pub group_title: String,
    /// How the group reads.
    pub reading: Reading,
    /// Whether the group is of pupils.
    pub pupil: bool,
    /// The id of the category that decided.
    pub category: Option<String>,
    /// Its name for people.
    pub category_title: Option<String>,
    /// What it is, in plain words.
    pub category_words: Option<String>,
    /// Why, in one sentence.
    pub sentence: String,
    /// The rung that spoke.
    pub rung: Rung,
    /// The name of the school.
    pub school: String,
    /// Whether the floor spoke: its page shows no address and takes no request.
    pub floor: bool,
    /// Whether the category is one where help lines come first.
    pub help: bool,
    /// The category as text of a DNS error (RFC 8914): short, ASCII.
    pub ede_text: String,
}

impl Words {
    pub(crate) fn of(state: &State, subject: Option<&Subject>, judgement: &Judgement) -> Self {
        let policy = state.policy();
        let reason = judgement.verdict.reason;
        let group = subject.and_then(|subject| policy.group(subject.group));
        let category = reason
            .category
            .and_then(|id| policy.vocabulary().category(id));
        let floor = reason.rung == Rung::Floor;
        let text = match category {
            Some(category) if !floor => format!("{}: {}", category.id, category.title),
            Some(_) | None => reason.rung.word().to_owned(),
        };
        Self {
            group: group.map(|group| group.id.clone()).unwrap_or_default(),
            group_title: group.map(|group| group.title.clone()).unwrap_or_default(),
            reading: group.map_or(Reading::Plain, |group| group.reading),
            pupil: group.is_some_and(|group| group.pupil),
            category: category.map(|category| category.id.clone()),
            category_title: category.map(|category| category.title.clone()),
            category_words: category.map(|category| category.words.clone()),
            sentence: policy.sentence(&judgement.verdict, subject.map(|subject| subject.group)),
            rung: reason.rung,
            school: state.school().to_owned(),
            floor,
            help: category.is_some_and(|category| category.alert && !floor),
            ede_text: text.chars().filter(char::is_ascii).take(MOST_EDE).collect(),
        }
    }
}

/// Leaves room for the answer in a datagram of 512 bytes.
const MOST_EDE: usize = 80;
