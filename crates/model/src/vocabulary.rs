use crate::{CategoryId, CategorySet};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a category may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CategoryClass {
    /// Illegal: compiled in, closed for everybody always.
    Floor,
    /// May close a site, as the policy of the group says.
    Against,
    /// May open a site in walled gardens and packs; never lifts a block.
    Allow,
}

/// For whom a category is closed when a policy says nothing about it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CategoryDefault {
    /// For everybody.
    #[default]
    Block,
    /// For pupils and guests.
    Pupils,
    /// For nobody.
    Open,
}

/// A named kind of content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Category {
    /// Stable id: lower-case letters, digits and hyphens.
    pub id: String,
    /// Name for people.
    pub title: String,
    /// One or two plain sentences.
    pub words: String,
    /// The theme it belongs to; UK Safer Internet Centre, 2025/26 set, where one fits.
    pub theme: String,
    /// Its theme in the 2023/24 set, where that differs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub theme_2023: Option<String>,
    /// The offence of the Online Safety Act list, for the floor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offence: Option<String>,
    /// What it may do.
    pub class: CategoryClass,
    /// For whom it is closed unless a policy says otherwise; nothing for allow-class ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<CategoryDefault>,
    /// Whether no policy may open it.
    #[serde(default)]
    pub locked: bool,
    /// Whether somebody is told at once of a visit, blocked or allowed.
    #[serde(default)]
    pub alert: bool,
    /// The age that law or terms of use ask for, in years.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum_age: Option<u8>,
}

/// A category of the floor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FloorCategory {
    /// Stable id.
    pub id: &'static str,
    /// Name for people.
    pub title: &'static str,
    /// The offence, in the words of the Online Safety Act's priority list (ILL-15).
    pub offence: &'static str,
}

/// The floor: compiled in, so that no file can shorten it.
pub const FLOOR: [FloorCategory; 13] = [
    floor("illegal-csam", "Child sexual abuse", "child sexual abuse"),
    floor("illegal-terrorism", "Terrorism", "terrorism"),
    floor(
        "illegal-coercive-control",
        "Controlling or coercive behaviour",
        "controlling or coercive behaviour",
    ),
    floor(
        "illegal-extreme-sexual-violence",
        "Extreme sexual violence",
        "extreme sexual violence",
    ),
    floor(
        "illegal-extreme-pornography",
        "Extreme pornography",
        "extreme pornography",
    ),
    floor("illegal-fraud", "Fraud", "fraud"),
    floor(
        "illegal-hate-offences",
        "Racial or religious public order offences",
        "racially or religiously aggravated public order offences",
    ),
    floor(
        "illegal-inciting-violence",
        "Inciting violence",
        "inciting violence",
    ),
    floor(
        "illegal-people-smuggling",
        "Illegal immigration and people smuggling",
        "illegal immigration and people smuggling",
    ),
    floor(
        "illegal-suicide",
        "Promoting or facilitating suicide",
        "promoting or facilitating suicide",
    ),
    floor(
        "illegal-intimate-images",
        "Intimate image abuse",
        "intimate image abuse",
    ),
    floor(
        "illegal-drugs-weapons-sale",
        "Selling illegal drugs or weapons",
        "selling illegal drugs or weapons",
    ),
    floor(
        "illegal-sexual-exploitation",
        "Sexual exploitation",
        "sexual exploitation",
    ),
];

const fn floor(id: &'static str, title: &'static str, offence: &'static str) -> FloorCategory {
    FloorCategory { id, title, offence }
}

/// All categories of one installation, the floor first.
#[derive(Clone, Debug)]
pub struct Vocabulary {
    categories: Vec<Category>,
    places: BTreeMap<String, CategoryId>,
    floor: CategorySet,
    against: CategorySet,
    allow: CategorySet,
    alerting: CategorySet,
}

/// A list of categories makes no vocabulary.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VocabularyError {
    /// Past 128.
    #[error("{count} categories are more than the 128 that a vocabulary may hold")]
    Many {
        /// How many there are, the floor included.
        count: usize,
    },
    /// An id stands twice.
    #[error("category `{id}` stands twice")]
    Twice {
        /// The id.
        id: String,
    },
    /// An id has other characters than lower-case letters, digits and hyphens.
    #[error("category `{id}` may have lower-case letters, digits and hyphens only")]
    Id {
        /// The id.
        id: String,
    },
    /// A file changes what a floor category is.
    #[error("category `{id}` belongs to the floor and cannot be changed")]
    Floor {
        /// The id.
        id: String,
    },
    /// A file claims the class of the floor, or its prefix, for its own category.
    #[error("category `{id}` claims the floor, which is compiled in and cannot be added to")]
    Claims {
        /// The id.
        id: String,
    },
}

impl Vocabulary {
    /// Joins the floor with the categories of a file.
    ///
    /// # Errors
    ///
    /// Refuses what would change the floor, ids that stand twice, and more than 128 in all.
    pub fn new(file: Vec<Category>) -> Result<Self, VocabularyError> {
        let mut categories: Vec<Category> = FLOOR.iter().map(floor_category).collect();
        for category in file {
            if let Some(place) = FLOOR.iter().position(|floor| floor.id == category.id) {
                let (compiled, words) = (&mut categories[place], category.words.clone());
                if category.class != CategoryClass::Floor || !category.locked || !category.alert {
                    return Err(VocabularyError::Floor { id: category.id });
                }
                compiled.words = words;
                continue;
            }
            if category.class == CategoryClass::Floor || category.id.starts_with("illegal-") {
                return Err(VocabularyError::Claims { id: category.id });
            }
            let plain =
                |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
            if category.id.is_empty() || !category.id.bytes().all(plain) {
                return Err(VocabularyError::Id { id: category.id });
            }
            categories.push(category);
        }
        Self::index(categories)
    }

    fn index(categories: Vec<Category>) -> Result<Self, VocabularyError> {
        let count = categories.len();
        let mut made = Self {
            categories: Vec::new(),
            places: BTreeMap::new(),
            floor: CategorySet::EMPTY,
            against: CategorySet::EMPTY,
            allow: CategorySet::EMPTY,
            alerting: CategorySet::EMPTY,
        };
        for (place, category) in (0u8..=u8::MAX).zip(&categories) {
            let id = CategoryId::new(place).ok_or(VocabularyError::Many { count })?;
            match category.class {
                CategoryClass::Floor => made.floor.insert(id),
                CategoryClass::Against => made.against.insert(id),
                CategoryClass::Allow => made.allow.insert(id),
            }
            if category.alert {
                made.alerting.insert(id);
            }
            if made.places.insert(category.id.clone(), id).is_some() {
                return Err(VocabularyError::Twice {
                    id: category.id.clone(),
                });
            }
        }
        made.categories = categories;
        Ok(made)
    }

    /// Finds a category by its id.
    pub fn find(&self, id: &str) -> Option<CategoryId> {
        self.places.get(id).copied()
    }

    /// The category at a place; `None` for a place of another vocabulary.
    pub fn category(&self, id: CategoryId) -> Option<&Category> {
        self.categories.get(id.place())
    }

    /// The id of a category as text; `?` for a place of another vocabulary.
    pub fn word(&self, id: CategoryId) -> &str {
        self.category(id).map_or("?", |category| &category.id)
    }

    /// All categories with their places, the floor first.
    pub fn iter(&self) -> impl Iterator<Item = (CategoryId, &Category)> {
        (0u8..=u8::MAX)
            .zip(&self.categories)
            .filter_map(|(place, category)| CategoryId::new(place).map(|id| (id, category)))
    }

    /// The floor.
    pub const fn floor(&self) -> CategorySet {
        self.floor
    }

    /// The categories that may close a site, the floor left out.
    pub const fn against(&self) -> CategorySet {
        self.against
    }

    /// The allow-class categories.
    pub const fn allow(&self) -> CategorySet {
        self.allow
    }

    /// The categories of which somebody is told at once.
    pub const fn alerting(&self) -> CategorySet {
        self.alerting
    }
}

fn floor_category(floor: &FloorCategory) -> Category {
    Category {
        id: floor.id.to_owned(),
        title: floor.title.to_owned(),
        words: format!("Illegal: {}.", floor.offence),
        theme: "Illegal".to_owned(),
        theme_2023: None,
        offence: Some(floor.offence.to_owned()),
        class: CategoryClass::Floor,
        default: Some(CategoryDefault::Block),
        locked: true,
        alert: true,
        minimum_age: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn category(id: &str, class: CategoryClass) -> Category {
        Category {
            id: id.to_owned(),
            class,
            ..floor_category(&FLOOR[0])
        }
    }

    // ILL-15
    #[test]
    fn the_floor_stands_without_any_file() {
        let vocabulary = Vocabulary::new(Vec::new()).unwrap();
        assert_eq!(vocabulary.floor().len(), FLOOR.len());
        assert_eq!(
            vocabulary.find("illegal-csam").map(CategoryId::place),
            Some(0)
        );
    }

    // ILL-03
    #[test]
    fn no_file_changes_or_claims_the_floor() {
        let changed = category("illegal-csam", CategoryClass::Allow);
        assert!(matches!(
            Vocabulary::new(vec![changed]),
            Err(VocabularyError::Floor { .. })
        ));
        let claimed = category("illegal-jokes", CategoryClass::Against);
        assert!(matches!(
            Vocabulary::new(vec![claimed]),
            Err(VocabularyError::Claims { .. })
        ));
        let added = category("jokes", CategoryClass::Floor);
        assert!(matches!(
            Vocabulary::new(vec![added]),
            Err(VocabularyError::Claims { .. })
        ));
    }

    #[test]
    fn a_hundred_and_twenty_nine_categories_are_too_many() {
        let file = |count: usize| {
            (0..count)
                .map(|n| category(&format!("c{n}"), CategoryClass::Against))
                .collect()
        };
        assert!(Vocabulary::new(file(115)).is_ok());
        assert_eq!(
            Vocabulary::new(file(116)).unwrap_err(),
            VocabularyError::Many { count: 129 }
        );
    }
}
