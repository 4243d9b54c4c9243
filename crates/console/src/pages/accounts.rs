use crate::answer::Answer;
use crate::frame::Frame;
use crate::pages::propose::proposed;
use crate::when::When;
use crate::{Asked, Console, Form, Refusal};
use alert::Role;
use askama::Template;
use change::{
    Account, AccountChange, AccountId, Change, ChangeKind, Draft, Hours, NewAccount, Right,
    Standing,
};

#[derive(Template)]
#[template(path = "accounts.html")]
struct AccountsPage {
    frame: Frame,
    faults: Vec<String>,
    lines: Vec<AccountLine>,
    proposes: bool,
    filled: Filled,
    roles: Vec<(&'static str, &'static str)>,
    sponsors: Vec<(String, String)>,
    persons: Vec<(String, String)>,
    schedules: Vec<(String, String)>,
}

struct AccountLine {
    id: String,
    name: String,
    shown: String,
    role: &'static str,
    standing: &'static str,
    second_factor: &'static str,
    last: Option<When>,
    expires: Option<When>,
    away: Option<When>,
    sponsor: Option<String>,
    classes: String,
    remarks: Vec<&'static str>,
    closed: bool,
}

/// The form for a new account as it was filled in.
#[derive(Clone, Debug, Default)]
struct Filled {
    name: String,
    shown: String,
    role: String,
    user: String,
    mail: String,
    classes: String,
    person: String,
    sponsor: String,
    hours: String,
    expires: String,
    reason: String,
}

/// Who may sign in, what should be looked at, and forms to propose something else.
pub(crate) fn list(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    Answer::page(&page(console, asked, Filled::default(), Vec::new())?)
}

/// Proposes a new account.
pub(crate) fn open(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    let filled = Filled::read(&asked.form);
    let new = match filled.account(asked) {
        Ok(new) => new,
        Err(faults) => return Answer::again(&page(console, asked, filled, faults)?),
    };
    let change = Change::Account(AccountChange::Open { new: Box::new(new) });
    send(console, asked, change, filled)
}

/// Proposes something about an account.
pub(crate) fn alter(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    let account: AccountId = asked.part_as("id")?;
    let form = &asked.form;
    let role = Role::parse(&form.line("role"));
    let until = asked.zone.parse(&form.line("until"), "");
    let change = match form.raw("what") {
        "suspend" => AccountChange::Suspend { account },
        "reopen" => AccountChange::Reopen { account },
        "close" => AccountChange::Close { account },
        "second-factor" => AccountChange::ResetSecondFactor { account },
        "password" => AccountChange::ResetPassword { account },
        "absence" => AccountChange::Absence { account, until },
        "classes" => AccountChange::Classes {
            account,
            classes: words(&form.line("classes")),
        },
        "role" => match role {
            Some(role) => AccountChange::Role { account, role },
            None => return again(console, asked, "choose a role"),
        },
        _ => return again(console, asked, "choose what shall be done with the account"),
    };
    let filled = Filled {
        reason: form.text("reason"),
        ..Filled::default()
    };
    send(console, asked, Change::Account(change), filled)
}

fn again(console: &Console, asked: &Asked, fault: &str) -> Result<Answer, Refusal> {
    let faults = vec![fault.to_owned()];
    Answer::again(&page(console, asked, Filled::default(), faults)?)
}

fn send(
    console: &Console,
    asked: &Asked,
    change: Change,
    filled: Filled,
) -> Result<Answer, Refusal> {
    let draft = Draft::new(change, &filled.reason);
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
) -> Result<AccountsPage, Refusal> {
    let reviews = console.desk().accounts_review();
    let accounts: Vec<Account> = reviews
        .iter()
        .map(|review| review.account.clone())
        .collect();
    let role = asked.acting()?.role;
    let state = console.gate().state();
    Ok(AccountsPage {
        frame: Frame::new(console, asked, "Accounts and roles"),
        faults,
        lines: reviews
            .into_iter()
            .map(|review| line(&review.account, review.remarks, &accounts, asked))
            .collect(),
        proposes: Right::of(ChangeKind::Account).propose.contains(role),
        filled,
        roles: Role::ALL
            .into_iter()
            .map(|role| (role.word(), role.title()))
            .collect(),
        sponsors: accounts
            .iter()
            .filter(|account| account.standing == Standing::Active)
            .filter(|account| account.role != Role::Support)
            .map(|account| (account.id.to_string(), account.shown.clone()))
            .collect(),
        persons: persons(&accounts),
        schedules: state
            .policy()
            .schedule_names()
            .map(|(_, id, title)| (id.to_owned(), title.to_owned()))
            .collect(),
    })
}

/// The people who have an account, each once.
fn persons(accounts: &[Account]) -> Vec<(String, String)> {
    let mut persons: Vec<(String, String)> = Vec::new();
    for account in accounts {
        let person = account.person.to_string();
        if !persons.iter().any(|(held, _)| *held == person) {
            persons.push((person, account.shown.clone()));
        }
    }
    persons
}

fn line(
    account: &Account,
    remarks: Vec<&'static str>,
    all: &[Account],
    asked: &Asked,
) -> AccountLine {
    let sponsor = account
        .sponsor
        .and_then(|sponsor| all.iter().find(|other| other.id == sponsor));
    AccountLine {
        id: account.id.to_string(),
        name: account.name.clone(),
        shown: account.shown.clone(),
        role: account.role.title(),
        standing: match account.standing {
            Standing::Active if account.sealed => "sealed, in the safe",
            Standing::Active if account.temporary => "not used yet",
            Standing::Active => "in use",
            Standing::Suspended => "suspended",
            Standing::Closed => "closed",
        },
        second_factor: if account.second_factor {
            "set up"
        } else {
            "not set up yet"
        },
        last: asked.zone.when_some(account.last_sign_in),
        expires: asked.zone.when_some(account.expires),
        away: asked
            .zone
            .when_some(account.absent_until.filter(|until| asked.now < *until)),
        sponsor: sponsor.map(|sponsor| sponsor.shown.clone()),
        classes: account.classes.join(", "),
        remarks,
        closed: account.standing == Standing::Closed,
    }
}

impl Filled {
    fn read(form: &Form) -> Self {
        Self {
            name: form.line("name"),
            shown: form.line("shown"),
            role: form.line("role"),
            user: form.line("user"),
            mail: form.line("mail"),
            classes: form.line("classes"),
            person: form.line("person"),
            sponsor: form.line("sponsor"),
            hours: form.line("hours"),
            expires: form.line("expires"),
            reason: form.text("reason"),
        }
    }

    fn account(&self, asked: &Asked) -> Result<NewAccount, Vec<String>> {
        let some = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        let Some(role) = Role::parse(&self.role) else {
            return Err(vec![
                "no role is chosen; choose what the person is to the school".to_owned(),
            ]);
        };
        let mut new = NewAccount::new(&self.name, &self.shown, role);
        new.user = some(&self.user);
        new.mail = some(&self.mail);
        new.classes = words(&self.classes);
        new.person = self.person.parse().ok();
        new.sponsor = self.sponsor.parse().ok();
        new.hours = some(&self.hours).map(Hours);
        new.expires = asked.zone.parse(&self.expires, "");
        if !self.expires.is_empty() && new.expires.is_none() {
            return Err(vec![
                "the last day cannot be read; give it as a day".to_owned(),
            ]);
        }
        Ok(new)
    }
}

fn words(text: &str) -> Vec<String> {
    text.split([',', ' '])
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}
