use gate::State;
use std::sync::Arc;

/// The school's own names for what ids mean.
pub(crate) struct Lexicon {
    state: Arc<State>,
    /// Whether pupils and staff may be named.
    persons: bool,
}

impl Lexicon {
    /// The names of the policy in force; persons only where the reader may know them.
    pub(crate) const fn new(state: Arc<State>, persons: bool) -> Self {
        Self { state, persons }
    }

    /// The title of a group; its id where the policy no longer has it.
    pub(crate) fn group(&self, id: &str) -> String {
        let policy = self.state.policy();
        policy
            .groups()
            .find(id)
            .and_then(|index| policy.group(index))
            .map_or_else(|| id.to_owned(), |facts| facts.title.clone())
    }

    /// The title of a category.
    pub(crate) fn category(&self, id: &str) -> String {
        let vocabulary = self.state.policy().vocabulary();
        vocabulary
            .find(id)
            .and_then(|id| vocabulary.category(id))
            .map_or_else(|| id.to_owned(), |category| category.title.clone())
    }

    /// Whom `group:`, `class:`, `user:`, ... mean.
    pub(crate) fn whom(&self, members: &[String]) -> String {
        if members.is_empty() {
            return "everybody".to_owned();
        }
        joined(members.iter().map(|member| self.member(member)))
    }

    /// What sites, categories and packs are called.
    pub(crate) fn sites(&self, sites: &[String]) -> String {
        joined(sites.iter().map(|site| match site.split_once(':') {
            Some(("category", id)) => format!("all of \u{201c}{}\u{201d}", self.category(id)),
            Some(("pack", id)) => format!("the pack \u{201c}{id}\u{201d}"),
            Some(_) | None => site.clone(),
        }))
    }

    fn member(&self, member: &str) -> String {
        match member.split_once(':') {
            Some(("group", id)) => self.group(id),
            Some(("class", id)) => format!("class {id}"),
            Some(("user" | "directory", _)) if !self.persons => "one person".to_owned(),
            Some(("user", id)) => id.to_owned(),
            Some(("device", _)) if !self.persons => "one device".to_owned(),
            Some(("device", id)) => format!("the device {id}"),
            Some(("set", id)) => format!("the devices {id}"),
            Some(("zone", id)) => format!("everybody in {id}"),
            Some(_) | None => member.to_owned(),
        }
    }

    /// The groups, by id and title, in the order of the files.
    pub(crate) fn groups(&self) -> Vec<(String, String)> {
        let policy = self.state.policy();
        policy
            .groups()
            .iter()
            .filter_map(|(index, id)| Some((id.to_owned(), policy.group(index)?.title.clone())))
            .collect()
    }

    /// The classes, by id.
    pub(crate) fn classes(&self) -> Vec<String> {
        let classes = &self.state.identifier().roster().classes;
        classes.iter().map(|(_, id)| id.to_owned()).collect()
    }

    /// The categories against a site that a policy may open, by id and title.
    pub(crate) fn categories(&self) -> Vec<(String, String)> {
        let vocabulary = self.state.policy().vocabulary();
        let (against, floor) = (vocabulary.against(), vocabulary.floor());
        vocabulary
            .iter()
            .filter(|(id, _)| against.contains(*id) && !floor.contains(*id))
            .map(|(_, category)| (category.id.clone(), category.title.clone()))
            .collect()
    }
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    let parts: Vec<String> = parts.collect();
    match parts.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
