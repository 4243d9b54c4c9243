use crate::answer::Answer;
use crate::frame::Frame;
use crate::lexicon::Lexicon;
use crate::pages::requests::{lexicon, requests};
use crate::{Asked, Console, Form, Refusal};
use askama::Template;
use change::{Change, Draft, Outcome, Override, RequestId, Risk, Trial};
use model::Access;
use std::time::Duration;

#[derive(Template)]
#[template(path = "propose.html")]
struct ProposePage {
    frame: Frame,
    faults: Vec<String>,
    filled: Filled,
    groups: Vec<Choice>,
    classes: Vec<Choice>,
    categories: Vec<Choice>,
    today: String,
    some_class: bool,
    tried: Vec<Choice>,
}

/// One thing that can be ticked or chosen.
struct Choice {
    value: String,
    label: String,
    chosen: bool,
}

/// The form as it was filled in.
#[derive(Clone, Debug, Default)]
struct Filled {
    request: String,
    sites: String,
    category: String,
    whom: Vec<String>,
    from_date: String,
    from_time: String,
    until_date: String,
    until_time: String,
    trial: String,
    trial_date: String,
    trial_time: String,
    reason: String,
    benefit: String,
    risk: String,
    data_protection: String,
}

/// Asks what shall be opened, for whom, until when and why.
pub(crate) fn show(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    let mut filled = Filled {
        request: asked.query.line("request"),
        sites: asked.query.line("site"),
        until_date: asked.zone.date_field(asked.now.after(USUAL)),
        until_time: "15:15".to_owned(),
        ..Filled::default()
    };
    let requests = requests(console, asked)?;
    let request = requests
        .iter()
        .find(|request| request.id.to_string() == filled.request);
    if let Some(request) = request {
        filled.sites.clone_from(&request.site);
        let mut groups: Vec<String> = request
            .asks
            .iter()
            .filter_map(|asked| asked.ask.group.as_deref())
            .map(|group| format!("group:{group}"))
            .collect();
        groups.sort();
        groups.dedup();
        filled.whom = groups;
    }
    Answer::page(&page(console, asked, filled, Vec::new())?)
}

/// Proposes it; the desk says what it opens, and whose turn it is.
pub(crate) fn propose(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    let filled = Filled::read(&asked.form);
    let draft = match draft(&filled, asked) {
        Ok(draft) => draft,
        Err(faults) => return Answer::again(&page(console, asked, filled, faults)?),
    };
    match console.desk().propose(asked.acting()?, draft) {
        Ok(outcome) => Ok(proposed(&outcome)),
        Err(error) => Answer::again(&page(console, asked, filled, vec![error.to_string()])?),
    }
}

/// Leads to what was just proposed.
pub(crate) fn proposed(outcome: &Outcome) -> Answer {
    let word = match outcome {
        Outcome::Waiting(_) => "proposed",
        Outcome::Active(_) => "in-force",
    };
    Answer::see(format!("/requests/{}?done={word}", outcome.matter().id))
}

fn draft(filled: &Filled, asked: &Asked) -> Result<Draft, Vec<String>> {
    let mut faults = Vec::new();
    let mut sites: Vec<String> = filled
        .sites
        .split(['\n', ' ', ','])
        .map(str::trim)
        .filter(|site| !site.is_empty())
        .map(str::to_owned)
        .collect();
    if !filled.category.is_empty() {
        sites.push(format!("category:{}", filled.category));
    }
    if sites.is_empty() {
        faults.push("no site is named; write its address, or choose a kind of site".to_owned());
    }
    if filled.whom.is_empty() {
        faults.push("nobody is chosen; tick the groups or classes that it is for".to_owned());
    }
    if filled.reason.chars().count() < 3 {
        faults.push("there is no reason; say what it is for, in a sentence".to_owned());
    }
    let start = match filled.from_date.as_str() {
        "" => Some(asked.now),
        date => asked.zone.parse(date, &filled.from_time),
    };
    let end = asked.zone.parse(&filled.until_date, &filled.until_time);
    let span = start.zip(end).filter(|(start, end)| start < end);
    if span.is_none() {
        faults
            .push("the end is missing, or before the beginning; give a day and a time".to_owned());
    }
    let trial = match filled.trial.as_str() {
        "" => None,
        whom => match asked.zone.parse(&filled.trial_date, &filled.trial_time) {
            Some(until) => Some(Trial {
                whom: vec![whom.to_owned()],
                until,
            }),
            None => {
                faults.push("the trial has no end; give a day and a time".to_owned());
                None
            }
        },
    };
    let Some((start, end)) = span.filter(|_| faults.is_empty()) else {
        return Err(faults);
    };
    let change = Change::Override(Override {
        // The desk gives it that of its matter.
        id: String::new(),
        whom: filled.whom.clone(),
        sites,
        action: Access::Allow,
        start,
        end,
        reason: filled.reason.clone(),
        trial,
    });
    Ok(Draft {
        change,
        reason: filled.reason.clone(),
        risk: filled.thought_of(),
        concerns: Vec::new(),
        asks: filled.request.parse::<RequestId>().into_iter().collect(),
    })
}

impl Filled {
    fn read(form: &Form) -> Self {
        let mut whom = form.all("whom");
        whom.retain(|member| member.starts_with("group:") || member.starts_with("class:"));
        Self {
            request: form.line("request"),
            sites: form.text("sites"),
            category: form.line("category"),
            whom,
            from_date: form.line("from_date"),
            from_time: form.line("from_time"),
            until_date: form.line("until_date"),
            until_time: form.line("until_time"),
            trial: form.line("trial"),
            trial_date: form.line("trial_date"),
            trial_time: form.line("trial_time"),
            reason: form.text("reason"),
            benefit: form.text("benefit"),
            risk: form.text("risk"),
            data_protection: form.text("data_protection"),
        }
    }

    /// What was thought of before new technology is opened, where anything was.
    fn thought_of(&self) -> Option<Risk> {
        let any = [&self.benefit, &self.risk, &self.data_protection];
        any.iter().any(|part| !part.is_empty()).then(|| Risk {
            benefit: self.benefit.clone(),
            risk: self.risk.clone(),
            data_protection: self.data_protection.clone(),
        })
    }
}

fn page(
    console: &Console,
    asked: &Asked,
    filled: Filled,
    faults: Vec<String>,
) -> Result<ProposePage, Refusal> {
    let lexicon: Lexicon = lexicon(console, asked.acting()?.role);
    let choice = |value: String, label: String, chosen: bool| Choice {
        value,
        label,
        chosen,
    };
    let whom = |kind: &str, id: String, label: String| {
        let value = format!("{kind}:{id}");
        let chosen = filled.whom.contains(&value);
        choice(value, label, chosen)
    };
    Ok(ProposePage {
        frame: Frame::new(console, asked, "Ask for an unblock"),
        faults,
        groups: lexicon
            .groups()
            .into_iter()
            .map(|(id, title)| whom("group", id, title))
            .collect(),
        classes: lexicon
            .classes()
            .into_iter()
            .map(|id| whom("class", id.clone(), id))
            .collect(),
        categories: lexicon
            .categories()
            .into_iter()
            .map(|(id, title)| {
                let chosen = id == filled.category;
                choice(id, title, chosen)
            })
            .collect(),
        tried: lexicon
            .groups()
            .into_iter()
            .map(|(id, title)| ("group", id, title))
            .chain(
                lexicon
                    .classes()
                    .into_iter()
                    .map(|id| ("class", id.clone(), id)),
            )
            .map(|(kind, id, label)| {
                let value = format!("{kind}:{id}");
                let chosen = value == filled.trial;
                choice(value, label, chosen)
            })
            .collect(),
        today: asked.zone.date_field(asked.now),
        some_class: filled
            .whom
            .iter()
            .any(|member| member.starts_with("class:")),
        filled,
    })
}

/// How long an unblock is asked for where nobody says otherwise.
const USUAL: Duration = Duration::from_secs(7 * 86_400);
