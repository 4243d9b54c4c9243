use crate::arguments;
use crate::failure::Failure;
use crate::settings::Settings;
use std::collections::BTreeMap;
use std::fs;

/// Prints or writes the JSON Schemas of all files.
pub(crate) fn schema(asked: &arguments::Schema) -> Result<(), Failure> {
    let schemas = schemas();
    if let Some(folder) = &asked.write {
        let fail = |source| Failure::File {
            path: folder.clone(),
            done: "written",
            source,
        };
        fs::create_dir_all(folder).map_err(fail)?;
        for (name, text) in &schemas {
            fs::write(folder.join(name), text).map_err(fail)?;
        }
        return Ok(());
    }
    let Some(name) = &asked.name else {
        for name in schemas.keys() {
            say!("{}", name.trim_end_matches(".json"));
        }
        return Ok(());
    };
    let file = format!("{}.json", name.trim_end_matches(".json"));
    match schemas.get(&file) {
        Some(text) => {
            say!("{}", text.trim_end());
            Ok(())
        }
        None => {
            let known = schemas.keys().map(|name| name.trim_end_matches(".json"));
            let mend = match model::nearest(name, known.clone()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("known: {}", known.collect::<Vec<_>>().join(", ")),
            };
            Err(Failure::asked(format!("there is no schema `{name}`"), mend))
        }
    }
}

/// All schemas by file name, as text that ends with a newline.
pub(crate) fn schemas() -> BTreeMap<String, String> {
    let own = (
        "schoolgate.json",
        schemars::schema_for!(Settings).to_value(),
    );
    let identity = identity::schemas()
        .into_iter()
        .map(|(name, schema)| (name, schema.to_value()));
    let phrases = content::schemas()
        .into_iter()
        .map(|(name, schema)| (name, schema.to_value()));
    policy::schemas()
        .into_iter()
        .chain(identity)
        .chain(phrases)
        .chain(lists::schemas())
        .chain([own])
        .map(|(name, schema)| (name.to_owned(), format!("{schema:#}\n")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    // AGE-13: editors and the program agree on what a file may hold.
    #[test]
    fn the_committed_schemas_are_those_of_the_types() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schema");
        for (name, text) in schemas() {
            let committed = fs::read_to_string(folder.join(&name)).unwrap_or_default();
            assert!(
                committed == text,
                "schema/{name} differs; run `cargo run -- schema --write schema`"
            );
        }
    }
}
