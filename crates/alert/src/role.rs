use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What somebody is to the school, and so what they may see, propose and decide.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Keeps the gateway running.
    Technician,
    /// An outside company's hand: proposes, for set hours, and sees no pupil's name.
    Support,
    /// Decides requests for sites.
    Coordinator,
    /// Answers for the filter.
    Headteacher,
    /// Stands in for the headteacher.
    Deputy,
    /// Looks into what endangers a child.
    SafeguardingLead,
    /// Unlocks for a lesson of their own class.
    Teacher,
    /// Oversees, and signs off the change log.
    Governor,
    /// Chairs the governors; hears what concerns the headteacher.
    Chair,
    /// Reads what was done, and changes nothing.
    Auditor,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 10] = [
        Self::Technician,
        Self::Support,
        Self::Coordinator,
        Self::Headteacher,
        Self::Deputy,
        Self::SafeguardingLead,
        Self::Teacher,
        Self::Governor,
        Self::Chair,
        Self::Auditor,
    ];

    /// The word in files and on the command line.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Technician => "technician",
            Self::Support => "support",
            Self::Coordinator => "coordinator",
            Self::Headteacher => "headteacher",
            Self::Deputy => "deputy",
            Self::SafeguardingLead => "safeguarding-lead",
            Self::Teacher => "teacher",
            Self::Governor => "governor",
            Self::Chair => "chair",
            Self::Auditor => "auditor",
        }
    }

    /// The name that people read.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Technician => "Technician",
            Self::Support => "Support company",
            Self::Coordinator => "Computing coordinator",
            Self::Headteacher => "Headteacher",
            Self::Deputy => "Deputy headteacher",
            Self::SafeguardingLead => "Safeguarding lead",
            Self::Teacher => "Teacher",
            Self::Governor => "Governor",
            Self::Chair => "Chair of governors",
            Self::Auditor => "Auditor",
        }
    }

    /// Finds a role by its word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.word() == word)
    }

    /// Who is told after everybody of this role stayed silent, in turn, the role itself first.
    ///
    /// A matter that concerns the headteacher leaves out headteacher and deputy:
    /// [`Directory::chain`](crate::Directory::chain) sees to that.
    pub(crate) const fn line(self) -> &'static [Self] {
        match self {
            Self::Technician => &[
                Self::Technician,
                Self::Coordinator,
                Self::Headteacher,
                Self::Deputy,
                Self::Chair,
            ],
            Self::Support => &[Self::Support, Self::Technician, Self::Coordinator],
            Self::Coordinator => &[
                Self::Coordinator,
                Self::Headteacher,
                Self::Deputy,
                Self::Chair,
            ],
            Self::Headteacher => &[Self::Headteacher, Self::Deputy, Self::Chair],
            Self::Deputy => &[Self::Deputy, Self::Headteacher, Self::Chair],
            Self::SafeguardingLead => &[
                Self::SafeguardingLead,
                Self::Headteacher,
                Self::Deputy,
                Self::Chair,
            ],
            Self::Teacher => &[Self::Teacher, Self::Coordinator, Self::Headteacher],
            Self::Governor => &[Self::Governor, Self::Chair],
            Self::Chair => &[Self::Chair, Self::Governor],
            Self::Auditor => &[Self::Auditor, Self::Chair],
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_written_and_read_by_one_word() {
        for role in Role::ALL {
            assert_eq!(Role::parse(role.word()), Some(role));
            let json = serde_json::to_string(&role).unwrap();
            assert_eq!(json, format!("\"{}\"", role.word()));
            assert_eq!(role.line().first(), Some(&role));
        }
    }
}
