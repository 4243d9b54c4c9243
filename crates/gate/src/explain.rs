use crate::State;
use model::{Inspect, Moment, PolicyVersion, Schedules, Scheme, Subject, Target, TargetError};
use policy::View;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::Arc;

mod page;
mod said;
mod somebody;
pub use page::{PageExplanation, PhraseShown, SearchExplanation, ThemeShown};
use said::Said;
pub use said::WithinShown;
pub use somebody::Somebody;

/// Who would ask for what, and when.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The address that would ask.
    pub client: IpAddr,
    /// The user who would be known there.
    pub user: Option<&'a str>,
    /// The group to decide by, in place of the one that the address gives.
    pub group: Option<&'a str>,
    /// The moment.
    pub at: Moment,
    /// A host, `host:port`, or a URL.
    pub target: &'a str,
    /// The addresses that its name would lead to, as far as they are to count.
    pub addresses: &'a [IpAddr],
}

/// A question that cannot be answered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QuestionError {
    /// The target cannot be read.
    #[error("`{target}` is no target: {cause}")]
    Target {
        /// The text, cut to 300 characters.
        target: String,
        /// What is wrong.
        #[source]
        cause: TargetError,
    },
    /// No group of this name.
    #[error("there is no group `{group}`{near}")]
    Group {
        /// The name.
        group: String,
        /// A hint, or nothing.
        near: String,
    },
}

/// What would be decided, and why.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explanation {
    /// The target as it was asked.
    pub target: String,
    /// The canonical host that the matcher used.
    pub host: String,
    /// The addresses that its name was taken to lead to.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<IpAddr>,
    /// What the door would see: `host` or `url`.
    pub detail: &'static str,
    /// The address that would ask.
    pub client: IpAddr,
    /// Its zone; absent outside every zone.
    pub zone: Option<String>,
    /// Its group; absent outside every zone.
    pub group: Option<String>,
    /// Its device, where the school named it.
    pub device: Option<String>,
    /// The user, where one is known.
    pub user: Option<String>,
    /// The moment.
    pub at: Moment,
    /// What the door would do.
    pub action: model::Action,
    /// What an allowed query must also undergo.
    pub obligations: Vec<&'static str>,
    /// The rung that spoke.
    pub rung: model::Rung,
    /// The rule that spoke.
    pub rule: Option<String>,
    /// The category that decided.
    pub category: Option<String>,
    /// Why, in one sentence.
    pub sentence: String,
    /// The labels of the target, with the list and entry that gave each.
    pub labels: Vec<LabelShown>,
    /// The exceptions that took labels away.
    pub exceptions: Vec<ExceptionShown>,
    /// The policy that decided.
    pub policy_version: PolicyVersion,
    /// The next moment at which the clock alone could change it.
    pub valid_until: Option<Moment>,
    /// What the URL asks for within itself that counted: a search, addresses of other sites.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub within: Vec<WithinShown>,
    /// The rungs that were asked, where the question asked for them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rungs: Vec<RungShown>,
}

/// A label with its provenance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LabelShown {
    /// The category.
    pub category: String,
    /// The list.
    pub list: String,
    /// The entry of the list.
    pub entry: String,
}

/// An exception with its reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExceptionShown {
    /// The excepted name.
    pub name: String,
    /// Why it is excepted.
    pub reason: String,
}

/// One rung that was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RungShown {
    /// The rung.
    pub rung: model::Rung,
    /// Whether it spoke.
    pub spoke: bool,
    /// What it found, for a person.
    pub words: String,
}

/// Answers what would be decided, with the same state and functions as the doors.
#[derive(Debug)]
pub struct Explainer {
    state: Arc<State>,
    /// Calendar states by their end; each holds from its own `at` on.
    calendar: BTreeMap<Option<Moment>, Arc<Schedules>>,
    views: Views,
}

/// Views by client and the end of the calendar's state.
type Views = HashMap<(IpAddr, Option<Moment>), (Subject, Arc<View>), foldhash::fast::RandomState>;

/// A subject with its view.
type Known = Option<(Subject, Arc<View>)>;

impl Explainer {
    /// Makes an explainer of one state.
    pub fn new(state: Arc<State>) -> Self {
        Self {
            state,
            calendar: BTreeMap::new(),
            views: HashMap::default(),
        }
    }

    /// Answers one question; with `rungs` it keeps those that were asked.
    ///
    /// # Errors
    ///
    /// Says what cannot be understood.
    pub fn explain(
        &mut self,
        question: &Question<'_>,
        rungs: bool,
    ) -> Result<Explanation, QuestionError> {
        let mut buffer = model::HostBuffer::new();
        let target = Target::parse(question.target, &mut buffer).map_err(|cause| {
            let target = question.target.chars().take(300).collect();
            QuestionError::Target { target, cause }
        })?;
        let known = self.know(question)?;
        let target = match &known {
            Some((_, view)) => seen(target, view.obligations().inspect),
            None => target,
        };
        let state = &self.state;
        let said = match &known {
            None => Said::outside(state),
            Some((subject, view)) => {
                let labels = state.artefact.label_reached(&target, question.addresses);
                Said::of(state, view, subject.group, &target, labels, rungs)
            }
        };
        Ok(self.shown(question, &target, known.as_ref(), said))
    }

    fn shown(
        &self,
        question: &Question<'_>,
        target: &Target<'_>,
        known: Option<&(Subject, Arc<View>)>,
        said: Said,
    ) -> Explanation {
        let Said {
            verdict,
            within,
            rungs,
        } = said;
        let state = &self.state;
        let policy = state.policy();
        let roster = state.identifier().roster();
        let subject = known.map(|(subject, _)| subject);
        let why = state.artefact.why_reached(target, question.addresses);
        let own = |name: Option<&str>| name.map(str::to_owned);
        let subject_end = subject.and_then(|subject| subject.valid_until);
        Explanation {
            target: question.target.to_owned(),
            host: target.host.to_string(),
            addresses: question.addresses.to_vec(),
            detail: if target.url.is_some() { "url" } else { "host" },
            client: question.client,
            zone: own(subject.and_then(|subject| roster.zones.name(subject.zone))),
            group: subject
                .and_then(|subject| policy.group(subject.group))
                .map(|group| group.id.clone()),
            device: own(subject.and_then(|subject| roster.devices.name(subject.device?))),
            user: own(question
                .user
                .or_else(|| subject.and_then(|subject| roster.users.name(subject.user?)))),
            at: question.at,
            action: verdict.action,
            obligations: verdict.obligations.words().collect(),
            rung: verdict.reason.rung,
            rule: verdict
                .reason
                .rule
                .map(|rule| policy.rule_name(rule).to_owned()),
            category: verdict
                .reason
                .category
                .map(|id| policy.vocabulary().word(id).to_owned()),
            sentence: policy.sentence(&verdict, subject.map(|subject| subject.group)),
            labels: why
                .labels
                .into_iter()
                .map(|label| LabelShown {
                    category: policy.vocabulary().word(label.category).to_owned(),
                    list: label.list,
                    entry: label.entry,
                })
                .collect(),
            exceptions: why
                .exceptions
                .into_iter()
                .map(|held| ExceptionShown {
                    name: held.name,
                    reason: held.reason,
                })
                .collect(),
            policy_version: verdict.policy_version,
            valid_until: [verdict.valid_until, subject_end]
                .into_iter()
                .flatten()
                .min(),
            within,
            rungs,
        }
    }

    fn know(&mut self, question: &Question<'_>) -> Result<Known, QuestionError> {
        let schedules = self.schedules(question.at);
        let key = (question.client, schedules.valid_until());
        let plain = question.user.is_none() && question.group.is_none();
        if plain && let Some((subject, view)) = self.views.get(&key) {
            let end = [subject.valid_until, view.valid_until()]
                .into_iter()
                .flatten()
                .min();
            if end.is_none_or(|end| question.at < end) {
                return Ok(Some((*subject, Arc::clone(view))));
            }
        }
        let state = &self.state;
        let at = question.at;
        let mut bindings = identity::Bindings::clone(&state.bindings);
        if let Some(user) = question.user {
            bindings.bind(identity::Binding {
                address: question.client,
                hardware: None,
                user: Some(user.to_owned()),
                group: None,
                classes: Vec::new(),
                source: "explain".to_owned(),
                certainty: model::Certainty::SignIn,
                expires: at.after(std::time::Duration::from_secs(60)),
            });
        }
        let identifier = state.identifier();
        let Some(mut subject) = identifier.identify(question.client, &schedules, &bindings, at)
        else {
            return Ok(None);
        };
        if question.user.is_some() {
            // The made-up sign-in ends with the question; its end is not the policy's.
            subject.valid_until = identifier
                .identify(question.client, &schedules, &state.bindings, at)
                .and_then(|subject| subject.valid_until);
        }
        if let Some(group) = question.group {
            subject.group = state.find_group(group)?;
        }
        let view = state.policy().view(&subject, &schedules);
        if plain {
            if self.views.len() > MOST_VIEWS {
                self.views.clear();
            }
            self.views.insert(key, (subject, Arc::clone(&view)));
        }
        Ok(Some((subject, view)))
    }

    /// The calendar at a moment; states already computed serve all moments that they hold for.
    fn schedules(&mut self, at: Moment) -> Arc<Schedules> {
        let next = self
            .calendar
            .range(Some(at.after(std::time::Duration::from_millis(1)))..)
            .next()
            .map(|(_, held)| held);
        if let Some(held) = next
            && held.at <= at
        {
            return Arc::clone(held);
        }
        let made = Arc::new(self.state.policy().schedules(at));
        if self.calendar.len() > MOST_STATES {
            self.calendar.clear();
        }
        self.calendar.insert(made.valid_until(), Arc::clone(&made));
        made
    }
}

/// The target in the detail that its door would see: without inspection TLS hides the path.
pub(crate) fn seen(target: Target<'_>, inspect: Inspect) -> Target<'_> {
    let hidden = match (&target.url, inspect) {
        (Some(url), Inspect::None | Inspect::BlockPage) => url.scheme == Scheme::Https,
        (Some(_), Inspect::Full) | (None, _) => false,
    };
    if hidden { target.without_url() } else { target }
}

/// Calendar states kept: some years of school days.
const MOST_STATES: usize = 20_000;

/// Clients kept by calendar state.
const MOST_VIEWS: usize = 200_000;
