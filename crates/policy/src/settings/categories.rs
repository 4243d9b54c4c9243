use model::Category;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `blocklists/categories.toml`: the vocabulary.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CategoriesSettings {
    /// The categories in their order; at most 128 with the floor.
    pub categories: Vec<Category>,
}
