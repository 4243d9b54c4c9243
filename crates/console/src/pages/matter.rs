use crate::answer::Answer;
use crate::frame::Frame;
use crate::matter_view::{EffectView, MatterLine, sentence, title};
use crate::pages::requests::lexicon;
use crate::replays::Replayed;
use crate::when::When;
use crate::{Asked, Console, Refusal};
use askama::Template;
use change::{AccountChange, Change, Confirmed, Decision, Matter, ProposalId, Replay, Right};
use model::Digest;

#[derive(Template)]
#[template(path = "matter.html")]
struct MatterPage {
    frame: Frame,
    faults: Vec<String>,
    line: MatterLine,
    title: String,
    kind: &'static str,
    reason: String,
    proposer_role: &'static str,
    risk: Option<change::Risk>,
    effect: Option<EffectView>,
    replay: Option<ReplayView>,
    replaying: bool,
    warnings: Vec<String>,
    decider: Option<DeciderView>,
    decisions: Vec<DecisionView>,
    start: Option<When>,
    end: Option<When>,
    due: Option<When>,
    entries: Vec<u64>,
    similar: Vec<MatterLine>,
    seen: String,
    may: May,
    words: String,
}

#[derive(Template)]
#[template(path = "handed.html")]
struct HandedPage {
    frame: Frame,
    shown: String,
    name: String,
    password: String,
}

/// What this person may do with it.
#[derive(Clone, Copy, Default)]
struct May {
    decide: bool,
    withdraw: bool,
    confirm: bool,
    review: bool,
    collect: bool,
}

struct DeciderView {
    role: &'static str,
    since: When,
    why: String,
    deputies: String,
}

struct DecisionView {
    verb: &'static str,
    shown: String,
    role: &'static str,
    at: When,
    words: String,
}

struct ReplayView {
    summary: String,
    opened: Vec<SiteLine>,
    closed: Vec<SiteLine>,
    truncated: bool,
}

struct SiteLine {
    host: String,
    groups: String,
    requests: u64,
}

/// One matter: what, who, why, what it opens, and what may be done with it.
pub(crate) fn show(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    Answer::page(&page(console, asked, Vec::new(), String::new())?)
}

/// Approves it, with password and code.
pub(crate) fn approve(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    let matter = seen(console, asked)?;
    let words = asked.form.text("words");
    let digest: Digest = match asked.form.line("seen").parse() {
        Ok(digest) => digest,
        Err(_) => return Err(Refusal::Malformed(UNSEEN.to_owned())),
    };
    let confirmed = match confirm(console, asked) {
        Ok(confirmed) => confirmed,
        Err(fault) => return Answer::again(&page(console, asked, vec![fault], words)?),
    };
    match console.desk().approve(confirmed, matter.id, digest, &words) {
        Ok(matter) => Ok(done(&matter, "approved")),
        Err(error) => Answer::again(&page(console, asked, vec![error.to_string()], words)?),
    }
}

/// Refuses it, with a reason.
pub(crate) fn refuse(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    let matter = seen(console, asked)?;
    let words = asked.form.text("words");
    match console.desk().refuse(asked.acting()?, matter.id, &words) {
        Ok(matter) => Ok(done(&matter, "refused")),
        Err(error) => Answer::again(&page(console, asked, vec![error.to_string()], words)?),
    }
}

/// Takes one's own proposal back.
pub(crate) fn withdraw(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    let matter = seen(console, asked)?;
    let words = asked.form.text("words");
    match console.desk().withdraw(asked.acting()?, matter.id, &words) {
        Ok(matter) => Ok(done(&matter, "withdrawn")),
        Err(error) => Answer::again(&page(console, asked, vec![error.to_string()], words)?),
    }
}

/// Consents afterwards to what came into force on one word.
pub(crate) fn ratify(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    let matter = seen(console, asked)?;
    let words = asked.form.text("words");
    let confirmed = match confirm(console, asked) {
        Ok(confirmed) => confirmed,
        Err(fault) => return Answer::again(&page(console, asked, vec![fault], words)?),
    };
    match console.desk().ratify(confirmed, matter.id, &words) {
        Ok(matter) => Ok(done(&matter, "confirmed")),
        Err(error) => Answer::again(&page(console, asked, vec![error.to_string()], words)?),
    }
}

/// Writes down that it was looked at afterwards.
pub(crate) fn review(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    let matter = seen(console, asked)?;
    let words = asked.form.text("words");
    match console.desk().review(asked.acting()?, matter.id, &words) {
        Ok(matter) => Ok(done(&matter, "reviewed")),
        Err(error) => Answer::again(&page(console, asked, vec![error.to_string()], words)?),
    }
}

/// Shows the temporary password of an account that this person's decision opened, once.
pub(crate) fn collect(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    let matter = seen(console, asked)?;
    match console.desk().collect(asked.acting()?, matter.id) {
        Ok(Some(handed)) => Answer::page(&HandedPage {
            frame: Frame::new(console, asked, "Temporary password"),
            shown: handed.account.shown.clone(),
            name: handed.account.name.clone(),
            password: handed.password.to_string(),
        }),
        Ok(None) => Err(Refusal::Refused(COLLECTED.to_owned())),
        Err(error) => Err(Refusal::Refused(error.to_string())),
    }
}

/// Password and code once more, for one decision; a fault is for the form.
pub(crate) fn confirm(console: &Console, asked: &Asked) -> Result<Confirmed, String> {
    let acting = asked.acting().map_err(|refusal| refusal.to_string())?;
    let (password, code) = (asked.form.raw("password"), asked.form.line("code"));
    console
        .desk()
        .confirm(acting, password, &code)
        .map_err(|error| error.to_string())
}

/// The matter of the path, where this person may know of it; else there is none.
fn seen(console: &Console, asked: &Asked) -> Result<Matter, Refusal> {
    let id: ProposalId = asked.part_as("id")?;
    console
        .desk()
        .matter(asked.acting()?, id)
        .map_err(|error| Refusal::Refused(error.to_string()))?
        .ok_or(Refusal::Missing)
}

fn done(matter: &Matter, word: &str) -> Answer {
    Answer::see(format!("/requests/{}?done={word}", matter.id))
}

fn page(
    console: &Console,
    asked: &Asked,
    faults: Vec<String>,
    words: String,
) -> Result<MatterPage, Refusal> {
    let (matter, acting, zone) = (seen(console, asked)?, asked.acting()?, &asked.zone);
    let lexicon = lexicon(console, acting.role);
    let line = |matter: &Matter| MatterLine::new(matter, &lexicon, zone, asked.now);
    let similar = console.desk().similar(acting, matter.id);
    let replayed = console.replays().of(&console.parts().desk, acting, &matter);
    Ok(MatterPage {
        frame: Frame::new(
            console,
            asked,
            format!("{}: {}", matter.id, matter.kind().title()),
        ),
        faults,
        line: line(&matter),
        title: title(&matter.change, &lexicon, zone),
        kind: matter.kind().title(),
        reason: matter.reason.clone(),
        proposer_role: matter.proposer.role.title(),
        effect: matter.effect.as_ref().map(EffectView::new),
        replaying: matches!(replayed, Replayed::UnderWay),
        replay: match &replayed {
            Replayed::Made(replay) => Some(replay_view(replay)),
            Replayed::UnderWay | Replayed::Nothing => None,
        },
        decider: decider_view(&matter, asked),
        decisions: decision_views(&matter, asked),
        start: zone.when_some(matter.start),
        end: zone.when_some(matter.end),
        due: zone.when_some(matter.due),
        similar: similar
            .iter()
            .map(|similar| line(&similar.matter))
            .collect(),
        seen: matter.digest.to_string(),
        may: may(console, asked, &matter)?,
        words,
        risk: matter.risk,
        warnings: matter.warnings,
        entries: matter.entries,
    })
}

/// Which forms are shown; the desk says the last word on each.
fn may(console: &Console, asked: &Asked, matter: &Matter) -> Result<May, Refusal> {
    let acting = asked.acting()?;
    let own = matter.proposer.person == acting.person;
    let right = Right::of(matter.kind()).decide.contains(acting.role);
    let waits = console.desk().waiting_for(acting);
    let turn = waits.iter().any(|other| other.id == matter.id);
    Ok(May {
        decide: matter.waits() && turn && !own,
        withdraw: matter.waits() && own,
        confirm: matter.wants_ratification() && right && !own,
        review: matter.wants_review() && right && !own,
        collect: hands_over(matter, acting),
    })
}

/// Whether the matter left a temporary password for this person to hand over.
fn hands_over(matter: &Matter, acting: &change::Acting) -> bool {
    let opens = matches!(
        matter.change,
        Change::Account(AccountChange::Open { .. } | AccountChange::ResetPassword { .. })
    );
    let decided = matter
        .decisions
        .iter()
        .any(|decision| decision.approved && decision.by.person == acting.person);
    opens && decided && matter.stage.in_force()
}

fn decider_view(matter: &Matter, asked: &Asked) -> Option<DeciderView> {
    let decider = matter.decider.as_ref()?;
    let deputies: Vec<&str> = decider.deputies.iter().map(|role| role.title()).collect();
    Some(DeciderView {
        role: decider.role.title(),
        since: asked.zone.when(decider.since),
        why: sentence(&decider.why),
        deputies: deputies.join(", "),
    })
}

fn decision_views(matter: &Matter, asked: &Asked) -> Vec<DecisionView> {
    let view = |verb: &'static str, decision: &Decision| DecisionView {
        verb,
        shown: decision.by.shown.clone(),
        role: decision.by.role.title(),
        at: asked.zone.when(decision.at),
        words: decision.words.clone(),
    };
    let decided = matter.decisions.iter().map(|decision| {
        let verb = if decision.approved {
            "Approved"
        } else {
            "Refused"
        };
        view(verb, decision)
    });
    let later = [
        ("Confirmed", &matter.ratified),
        ("Reviewed", &matter.reviewed),
    ];
    let later = later
        .into_iter()
        .filter_map(|(verb, decision)| decision.as_ref().map(|decision| view(verb, decision)));
    decided.chain(later).collect()
}

fn replay_view(replay: &Replay) -> ReplayView {
    let lines = |sites: &[change::SiteChange]| -> Vec<SiteLine> {
        sites
            .iter()
            .take(MOST_SITES)
            .map(|site| SiteLine {
                host: site.host.clone(),
                groups: site.groups.join(", "),
                requests: site.requests,
            })
            .collect()
    };
    ReplayView {
        summary: sentence(&replay.summary()),
        opened: lines(&replay.sites_opened),
        closed: lines(&replay.sites_closed),
        truncated: replay.truncated,
    }
}

/// What a person looks through before a decision.
const MOST_SITES: usize = 25;

const COLLECTED: &str = "the temporary password was shown already, or the gateway has started again \
     since; propose to reset the password";

const UNSEEN: &str = "the form does not say what was shown; open the page again and decide there";
