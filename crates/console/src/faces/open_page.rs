use super::words::{Level, level};
use alert::{Duty, HELP_LINES, HelpLine};
use gate::Reading;

/// What stands around every page for everybody.
#[derive(Clone, Debug)]
pub(crate) struct FacePage {
    /// The name of the page.
    pub(crate) title: String,
    /// The path of the stylesheet.
    pub(crate) style: String,
    /// The school's name.
    pub(crate) school: String,
    /// Whether pictures speak in place of sentences.
    pub(crate) pictures: bool,
    /// The words of the reader's level.
    pub(crate) words: &'static Level,
}

/// Who can be told now, and who at any hour.
#[derive(Clone, Debug)]
pub(crate) struct Listeners {
    /// Who is on duty, by name and what they are to the school.
    pub(crate) adult: Option<String>,
    /// The help lines.
    pub(crate) lines: &'static [HelpLine],
}

impl FacePage {
    pub(crate) fn new(style: &str, school: &str, reading: Reading, title: &str) -> Self {
        Self {
            title: title.to_owned(),
            style: style.to_owned(),
            school: school.to_owned(),
            pictures: reading == Reading::Pictures,
            words: level(reading),
        }
    }
}

impl Listeners {
    /// Who answers now, with as many help lines as a reader of this level takes in.
    pub(crate) fn of(duty: &Duty, reading: Reading) -> Self {
        let adult = match duty {
            Duty::Somebody {
                role,
                first,
                people,
            } => {
                let named = first
                    .as_ref()
                    .and_then(|first| people.iter().find(|contact| contact.is(first)))
                    .or(people.first());
                Some(named.map_or_else(
                    || role.title().to_owned(),
                    |contact| format!("{} ({})", contact.name, role.title().to_lowercase()),
                ))
            }
            Duty::Nobody => None,
        };
        let most = match reading {
            Reading::Pictures | Reading::Simple => 2,
            Reading::Plain | Reading::Older | Reading::Professional => HELP_LINES.len(),
        };
        Self {
            adult,
            lines: HELP_LINES.get(..most).unwrap_or(HELP_LINES),
        }
    }
}
