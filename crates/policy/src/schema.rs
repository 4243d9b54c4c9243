use crate::settings::{
    CalendarSettings, CategoriesSettings, ConductSettings, EssentialSettings, ExpectationsSettings,
    GroupSettings, PackSettings,
};
use schemars::JsonSchema;
use serde_json::Value;

/// The JSON Schemas of the policy files, each with its file name below `schema/`.
pub fn schemas() -> Vec<(&'static str, Value)> {
    vec![
        ("calendar.json", schema::<CalendarSettings>()),
        ("categories.json", schema::<CategoriesSettings>()),
        ("conduct.json", schema::<ConductSettings>()),
        ("essential.json", schema::<EssentialSettings>()),
        ("expectations.json", schema::<ExpectationsSettings>()),
        ("group.json", schema::<GroupSettings>()),
        ("pack.json", schema::<PackSettings>()),
    ]
}

fn schema<T: JsonSchema>() -> Value {
    schemars::generate::SchemaSettings::draft2020_12()
        .into_generator()
        .into_root_schema_for::<T>()
        .to_value()
}
