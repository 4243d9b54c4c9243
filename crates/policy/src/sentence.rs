use crate::policy::Policy;
use model::{Action, GroupIndex, Rung, Verdict};

impl Policy {
    /// Why a verdict is what it is, in one or two plain sentences for a person.
    ///
    /// Names the category by its title and a rule by its name and reason; never a rung.
    pub fn sentence(&self, verdict: &Verdict, group: Option<GroupIndex>) -> String {
        let reason = verdict.reason;
        let whom = group
            .and_then(|group| self.group(group))
            .map_or_else(|| "you".to_owned(), |group| group.title.clone());
        let category = reason
            .category
            .and_then(|id| self.vocabulary.category(id))
            .map(|category| category.title.as_str());
        let rule = reason
            .rule
            .and_then(|rule| self.rules.get(usize::from(rule.0)));
        let state = state(verdict.action);
        let subject = category.map_or_else(
            || "This site".to_owned(),
            |category| format!("The category “{category}”"),
        );
        let why = rule
            .and_then(|rule| rule.reason.as_deref())
            .map_or_else(String::new, |reason| format!(" ({reason})"));
        let name = rule.map_or("a rule", |rule| rule.name.as_str());
        match reason.rung {
            Rung::Outside => "This device may not use this network for that.".to_owned(),
            Rung::Floor => {
                "This is illegal content. It is closed for everybody, always.".to_owned()
            }
            Rung::Paused => format!("Web access is paused{why}."),
            Rung::Emergency => format!("{subject} is closed for now{why}."),
            Rung::Lock if rule.is_none() => {
                format!("{subject} is {state} for {whom}, and no unblock lifts that.")
            }
            Rung::Lock => {
                format!("{subject} is {state} by “{name}”{why}, and no unblock lifts that.")
            }
            Rung::Mode => format!("{subject} is {state} while “{name}” is on{why}."),
            Rung::Plan => format!("{subject} is {state} by an individual plan."),
            Rung::Override => format!("{subject} is {state} for a while{why}."),
            Rung::Site => format!("{subject} is {state} by “{name}”{why}."),
            Rung::Category => format!("{subject} is {state} for {whom}."),
            Rung::Established => match category {
                Some(category) => format!("This site is {state}: {category}."),
                None => format!(
                    "This site is well known and has nothing against it; it is {state} for {whom}."
                ),
            },
            Rung::Unknown => format!("This site is on no list; such sites are {state} for {whom}."),
        }
    }
}

const fn state(action: Action) -> &'static str {
    match action {
        Action::Allow => "open",
        Action::Warn => "open after a warning",
        Action::Permission => "closed until a member of staff opens it",
        Action::Block => "closed",
    }
}
