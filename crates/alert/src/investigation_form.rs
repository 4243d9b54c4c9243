use crate::incident::{Intent, Recorded};
use crate::sheet::Sheet;
use crate::{School, Theme};
use serde::{Deserialize, Serialize};

/// The record of an investigation, with the fields that a school's own policy lists (REP-17).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvestigationForm {
    /// The group or class.
    pub group: String,
    /// The date.
    pub date: String,
    /// The reason for the investigation.
    pub reason: String,
    /// Name, post and signature of the first reviewer.
    pub first_reviewer: String,
    /// Name, post and signature of the second reviewer.
    pub second_reviewer: String,
    /// Name and place of the computer.
    pub computer: String,
    /// Web address or device.
    pub site_or_device: String,
    /// The reason for concern.
    pub concern: String,
    /// Conclusion and action proposed or taken.
    pub conclusion: String,
}

impl InvestigationForm {
    /// What reviewers must do when they meet child abuse; it stands at the top of the form.
    pub const STOP: &str = "If you see child abuse, stop at once. Do not look further, copy, send \
                            or print anything. Leave the device as it is and call the police.";

    /// Fills in what the record of an incident knows; the reviewers write the rest.
    pub fn of(recorded: &Recorded, school: &School) -> Self {
        let incident = &recorded.incident;
        let theme = incident.theme.map_or("", Theme::title);
        let reason = format!("Incident {}: {}", recorded.id, incident.kind.title());
        let conclusion = recorded.closed.as_ref().map(|(_, _, closing)| {
            let intent = match closing.intent {
                Intent::Accidental => "by chance",
                Intent::Deliberate => "on purpose",
                Intent::Unknown => "by chance or on purpose could not be found out",
            };
            format!("{intent}; {}; {}", closing.action, closing.outcome)
        });
        Self {
            group: incident.group.clone().unwrap_or_default(),
            date: school.day_words(incident.at),
            reason,
            first_reviewer: String::new(),
            second_reviewer: String::new(),
            computer: incident.device.clone().unwrap_or_default(),
            site_or_device: incident.host.clone().unwrap_or_default(),
            concern: theme.to_owned(),
            conclusion: conclusion.unwrap_or_default(),
        }
    }

    /// Whether two different people reviewed: one alone never investigates.
    pub fn has_two_reviewers(&self) -> bool {
        let name = |text: &str| text.trim().to_lowercase();
        let (first, second) = (name(&self.first_reviewer), name(&self.second_reviewer));
        !first.is_empty() && !second.is_empty() && first != second
    }

    /// The fields in the order of the form.
    pub fn sheet(&self) -> Sheet {
        let mut sheet = Sheet::new("Record of an investigation", ["Field", "Entry"]);
        for (field, entry) in [
            ("Group", &self.group),
            ("Date", &self.date),
            ("Reason for investigation", &self.reason),
            (
                "First reviewer: name, post, signature",
                &self.first_reviewer,
            ),
            (
                "Second reviewer: name, post, signature",
                &self.second_reviewer,
            ),
            ("Name and place of the computer", &self.computer),
            ("Web address or device", &self.site_or_device),
            ("Reason for concern", &self.concern),
            ("Conclusion and action proposed or taken", &self.conclusion),
        ] {
            sheet.push([field.to_owned(), entry.clone()]);
        }
        sheet
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // REP-17
    #[test]
    fn one_reviewer_under_two_spellings_is_one() {
        let mut form = InvestigationForm {
            first_reviewer: "H. Head".to_owned(),
            second_reviewer: " h. head ".to_owned(),
            ..InvestigationForm::default()
        };
        assert!(!form.has_two_reviewers());
        form.second_reviewer = "C. Hair".to_owned();
        assert!(form.has_two_reviewers());
        assert_eq!(form.sheet().rows.len(), 9);
    }
}
