use crate::{Letter, Person, Role};
use model::Moment;

/// Who holds which role, and where mail reaches them; the accounts push it in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Directory {
    /// Everybody, one contact for each role that somebody holds.
    pub people: Vec<Contact>,
}

/// Somebody in a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// Who it is.
    pub person: Person,
    /// The name on the network, as the journal has it, where the person has one.
    pub user: Option<String>,
    /// The role.
    pub role: Role,
    /// The name that people read.
    pub name: String,
    /// The mail address; empty when the person reads notices in the console alone.
    pub mail: String,
    /// 0 for who holds the role, 1 for the first deputy, and so on.
    pub deputy_order: u8,
    /// The moment until which the person is away.
    pub absent_until: Option<Moment>,
}

impl Contact {
    /// Whether this is the person, by account or by name on the network.
    pub fn is(&self, person: &Person) -> bool {
        self.person == *person || self.user.as_deref() == Some(person.as_str())
    }

    /// Whether the person is away.
    pub fn is_absent(&self, now: Moment) -> bool {
        self.absent_until.is_some_and(|until| now < until)
    }

    fn is_any_of(&self, persons: &[Person]) -> bool {
        persons.iter().any(|person| self.is(person))
    }
}

impl Directory {
    /// Whom a letter goes to, in turn: each is told when those before stayed silent.
    ///
    /// Nobody named in the matter is among them. A matter about the headteacher passes headteacher
    /// and deputy by and goes to the chair. Who is away comes after all who are there.
    pub fn chain(&self, letter: &Letter, now: Moment) -> Vec<&Contact> {
        let about_head = self.people.iter().any(|contact| {
            contact.role == Role::Headteacher
                && contact.deputy_order == 0
                && contact.is_any_of(&letter.concerns)
        });
        let own = letter.notice.to;
        let mut found: Vec<&Contact> = Vec::new();
        for &role in own.line() {
            let passed_by = match role {
                Role::Headteacher => about_head,
                // A deputy answers to the headteacher, and no secret is shared for convenience.
                Role::Deputy => about_head || (letter.confidential && role != own),
                Role::Chair => false,
                Role::Technician
                | Role::Support
                | Role::Coordinator
                | Role::SafeguardingLead
                | Role::Teacher
                | Role::Governor
                | Role::Auditor => letter.confidential && role != own,
            };
            if !passed_by {
                found.extend(self.holders(role, letter));
            }
        }
        if about_head && !own.line().contains(&Role::Chair) {
            found.extend(self.holders(Role::Chair, letter));
        }
        let mut told = Vec::<&Person>::new();
        found.retain(|contact| {
            let new = !told.contains(&&contact.person);
            told.push(&contact.person);
            new
        });
        // A stable order: those who are there keep theirs.
        found.sort_by_key(|contact| contact.is_absent(now));
        found
    }

    /// Who holds a role, deputies after, without the persons whom a letter concerns.
    fn holders(&self, role: Role, letter: &Letter) -> Vec<&Contact> {
        let mut holders: Vec<&Contact> = self
            .people
            .iter()
            .filter(|contact| contact.role == role && !contact.is_any_of(&letter.concerns))
            .collect();
        holders.sort_by_key(|contact| {
            let first = letter.first.as_ref().is_some_and(|first| contact.is(first));
            (!first, contact.deputy_order)
        });
        holders
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stand_in::{contact, letter, monday, school_people};
    use std::time::Duration;

    fn chain(letter: &Letter) -> Vec<String> {
        let directory = school_people();
        let chain = directory.chain(letter, monday());
        chain.iter().map(|found| found.person.to_string()).collect()
    }

    // REP-05, REP-11
    #[test]
    fn a_safeguarding_letter_never_reaches_the_technician() {
        let found = chain(&letter(Role::SafeguardingLead, "x"));
        assert_eq!(found, ["lead", "second-lead", "head", "deputy", "chair"]);
    }

    // REP-06
    #[test]
    fn a_matter_about_the_headteacher_goes_to_the_chair() {
        let about = letter(Role::Headteacher, "x").concerning([Person::from("head")]);
        assert_eq!(chain(&about), ["chair"]);
        let by_network_name = letter(Role::SafeguardingLead, "x").concerning(["h.head".into()]);
        assert_eq!(chain(&by_network_name), ["lead", "second-lead", "chair"]);
    }

    // REP-06
    #[test]
    fn a_confidential_letter_leaves_its_role_for_the_chair_alone() {
        let secret = letter(Role::Headteacher, "x").confidential();
        assert_eq!(chain(&secret), ["head", "chair"]);
    }

    #[test]
    fn nobody_named_in_a_matter_is_told_of_it() {
        let about = letter(Role::SafeguardingLead, "x").concerning(["lead".into()]);
        assert_eq!(chain(&about), ["second-lead", "head", "deputy", "chair"]);
    }

    #[test]
    fn who_is_away_is_told_last() {
        let mut directory = school_people();
        for found in &mut directory.people {
            if found.person == Person::from("lead") {
                found.absent_until = Some(monday().after(Duration::from_secs(60)));
            }
        }
        let to = letter(Role::SafeguardingLead, "x");
        let first = |now| directory.chain(&to, now)[0].person.to_string();
        assert_eq!(first(monday()), "second-lead");
        assert_eq!(first(monday().after(Duration::from_secs(60))), "lead");
    }

    #[test]
    fn a_letter_may_name_who_of_its_role_is_first() {
        let to = letter(Role::SafeguardingLead, "x").first("second-lead".into());
        assert_eq!(chain(&to)[..2], ["second-lead", "lead"]);
    }

    #[test]
    fn a_person_of_two_roles_is_told_once() {
        let mut directory = school_people();
        let mut both = contact("lead", Role::Headteacher);
        both.deputy_order = 1;
        directory.people.push(both);
        let to = letter(Role::SafeguardingLead, "x");
        let chain = directory.chain(&to, monday());
        let leads = chain.iter().filter(|found| found.is(&"lead".into()));
        assert_eq!(leads.count(), 1);
    }
}
