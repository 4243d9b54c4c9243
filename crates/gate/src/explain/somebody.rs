use super::{Explainer, Explanation, Question, QuestionError, Said, seen};
use model::{HostBuffer, Moment, Target};
use std::net::{IpAddr, Ipv4Addr};

/// Somebody of a group, at no address in particular, who would ask for something.
#[derive(Clone, Copy, Debug)]
pub struct Somebody<'a> {
    /// The id of the group.
    pub group: &'a str,
    /// Who it is besides, as a policy file names it: `class:`, `user:`, `device:` and an id.
    pub named: &'a [String],
    /// The moment.
    pub at: Moment,
    /// A host, `host:port`, or a URL.
    pub target: &'a str,
}

impl Explainer {
    /// Answers for somebody of a group, wherever in the school; keeps the rungs that were asked.
    ///
    /// The `client` of the answer is the unspecified address.
    ///
    /// # Errors
    ///
    /// Says what cannot be understood.
    pub fn explain_somebody(&self, asked: &Somebody<'_>) -> Result<Explanation, QuestionError> {
        let mut buffer = HostBuffer::new();
        let target = Target::parse(asked.target, &mut buffer).map_err(|cause| {
            let target = asked.target.chars().take(300).collect();
            QuestionError::Target { target, cause }
        })?;
        let state = &self.state;
        let policy = state.policy();
        let group = policy.groups().find(asked.group).ok_or_else(|| {
            let near = model::nearest(asked.group, policy.groups().iter().map(|(_, id)| id));
            QuestionError::Group {
                group: asked.group.chars().take(100).collect(),
                near: near.map_or(String::new(), |near| format!("; did you mean `{near}`?")),
            }
        })?;
        let mut subject = policy.subject_of(group);
        if !asked.named.is_empty() {
            let zone = subject.zone;
            let named = asked.named.iter().map(String::as_str);
            subject = policy.somebody(group, named, state.identifier().roster());
            subject.zone = zone;
        }
        let view = policy.view(&subject, &policy.schedules(asked.at));
        let target = seen(target, view.obligations().inspect);
        let labels = state.artefact.label_target(&target);
        let said = Said::of(state, &view, subject.group, &target, labels, true);
        let question = Question {
            client: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            user: None,
            group: Some(asked.group),
            at: asked.at,
            target: asked.target,
            addresses: &[],
        };
        let known = (subject, view);
        Ok(self.shown(&question, &target, Some(&known), said))
    }
}
