use crate::answer::Answer;
use crate::frame::Frame;
use crate::pages::propose::proposed;
use crate::{Asked, Console, Form, Refusal};
use alert::Role;
use askama::Template;
use change::{Account, AccountId, Change, ChangeKind, Draft, Right, SocialChange, Standing};

#[derive(Template)]
#[template(path = "social.html")]
struct SocialPage {
    frame: Frame,
    faults: Vec<String>,
    lines: Vec<SocialLine>,
    staff: Vec<StaffChoice>,
    proposes: bool,
    filled: Filled,
}

/// An account of the school on a social network.
struct SocialLine {
    name: String,
    platform: String,
    purpose: String,
    staff: Vec<String>,
    short: bool,
}

/// Somebody who can be named for one.
struct StaffChoice {
    id: String,
    shown: String,
    chosen: bool,
}

/// The form as it was filled in.
#[derive(Clone, Debug, Default)]
struct Filled {
    name: String,
    platform: String,
    purpose: String,
    staff: Vec<String>,
    reason: String,
}

/// The register of the school's accounts on social networks, with two named staff each.
pub(crate) fn show(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    Answer::page(&page(console, asked, Filled::default(), Vec::new())?)
}

/// Proposes to enter or close one.
pub(crate) fn propose(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    let filled = Filled::read(&asked.form);
    let (name, platform) = (filled.name.clone(), filled.platform.clone());
    let change = match asked.form.raw("what") {
        "close" => SocialChange::Close { name, platform },
        "register" => SocialChange::Register {
            name,
            platform,
            purpose: filled.purpose.clone(),
            staff: filled
                .staff
                .iter()
                .filter_map(|id| id.parse::<AccountId>().ok())
                .collect(),
        },
        _ => return Err(Refusal::Malformed(NOTHING.to_owned())),
    };
    let draft = Draft::new(Change::SocialAccount(change), &filled.reason);
    match console.desk().propose(asked.acting()?, draft) {
        Ok(outcome) => Ok(proposed(&outcome)),
        Err(error) => Answer::again(&page(console, asked, filled, vec![error.to_string()])?),
    }
}

fn page(
    console: &Console,
    asked: &Asked,
    filled: Filled,
    faults: Vec<String>,
) -> Result<SocialPage, Refusal> {
    let acting = asked.acting()?;
    let accounts = console.desk().accounts();
    let held = console.desk().social_accounts();
    let lines = held.into_iter().filter_map(|held| match held {
        SocialChange::Register {
            name,
            platform,
            purpose,
            staff,
        } => {
            let staff: Vec<String> = staff
                .iter()
                .filter_map(|id| named(&accounts, *id))
                .collect();
            Some(SocialLine {
                short: staff.len() < 2,
                name,
                platform,
                purpose,
                staff,
            })
        }
        SocialChange::Close { .. } => None,
    });
    let usable = |account: &&Account| {
        account.standing == Standing::Active && !account.sealed && account.role != Role::Support
    };
    Ok(SocialPage {
        frame: Frame::new(console, asked, "Social media register"),
        faults,
        lines: lines.collect(),
        staff: accounts
            .iter()
            .filter(usable)
            .map(|account| StaffChoice {
                chosen: filled.staff.contains(&account.id.to_string()),
                id: account.id.to_string(),
                shown: account.shown.clone(),
            })
            .collect(),
        proposes: Right::of(ChangeKind::SocialAccount)
            .propose
            .contains(acting.role),
        filled,
    })
}

/// The name of who has an account that may still be used.
fn named(accounts: &[Account], id: AccountId) -> Option<String> {
    let found = accounts.iter().find(|account| account.id == id)?;
    (found.standing == Standing::Active).then(|| found.shown.clone())
}

impl Filled {
    fn read(form: &Form) -> Self {
        Self {
            name: form.line("name"),
            platform: form.line("platform"),
            purpose: form.line("purpose"),
            staff: form.all("staff"),
            reason: form.text("reason"),
        }
    }
}

const NOTHING: &str = "the form does not say what shall be done; open the page again";
