use crate::plain::line;
use crate::sheet::Sheet;
use model::Moment;
use serde::Serialize;

/// One name that a list carries wrongly, or should carry (REP-13).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Misclassification {
    /// The site.
    pub host: String,
    /// The list that is wrong.
    pub list: String,
    /// The version of the list.
    pub list_version: Option<String>,
    /// The category that it gave; absent where it has none and should.
    pub given: Option<String>,
    /// The category that is right; absent where it should have none.
    pub right: Option<String>,
    /// Why.
    pub reason: String,
    /// When it was found.
    pub found: Moment,
}

/// What a school sends to the provider of a list: names and reasons, and nobody who went there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct MisclassificationBundle {
    errors: Vec<Misclassification>,
}

impl MisclassificationBundle {
    /// Makes a bundle for the provider of one list; errors of other lists are left out.
    pub fn of(list: &str, errors: impl IntoIterator<Item = Misclassification>) -> Self {
        let errors = errors.into_iter().filter(|error| error.list == list);
        let fit = |error: Misclassification| Misclassification {
            host: line(&error.host, 253),
            reason: line(&error.reason, 500),
            ..error
        };
        Self {
            errors: errors.map(fit).collect(),
        }
    }

    /// The bundle as CSV.
    pub fn csv(&self) -> String {
        let head = ["host", "given", "right", "reason", "list_version", "found"];
        let mut sheet = Sheet::new("Errors", head);
        for error in &self.errors {
            let said = |text: &Option<String>| text.clone().unwrap_or_else(|| "none".to_owned());
            sheet.push([
                error.host.clone(),
                said(&error.given),
                said(&error.right),
                error.reason.clone(),
                error.list_version.clone().unwrap_or_default(),
                error.found.to_string(),
            ]);
        }
        sheet.csv()
    }

    /// The bundle as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::json!({ "errors": self.errors })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stand_in::monday;

    // REP-13
    #[test]
    fn a_bundle_holds_the_errors_of_one_list_and_no_formula() {
        let error = |host: &str, list: &str| Misclassification {
            host: host.to_owned(),
            list: list.to_owned(),
            list_version: None,
            given: Some("games".to_owned()),
            right: None,
            reason: "=a museum".to_owned(),
            found: monday(),
        };
        let errors = [error("museum.test", "ut1"), error("other.test", "own")];
        let bundle = MisclassificationBundle::of("ut1", errors);
        insta::assert_snapshot!(bundle.csv().replace('\r', ""), @"
        host,given,right,reason,list_version,found
        museum.test,games,none,'=a museum,,2026-11-23T10:15:00Z
        ");
        assert_eq!(bundle.json()["errors"].as_array().map(Vec::len), Some(1));
    }
}
