use super::{list, most};
use crate::{Answer, Asked, Console, Refusal};
use alert::Role;
use change::{AccountId, AccountReview, Standing};
use model::Moment;
use serde::Serialize;

/// An account as others may see it.
#[derive(Serialize)]
struct AccountShown {
    id: AccountId,
    name: String,
    shown: String,
    role: Role,
    standing: Standing,
    second_factor: bool,
    temporary: bool,
    sealed: bool,
    classes: Vec<String>,
    sponsor: Option<AccountId>,
    expires: Option<Moment>,
    absent_until: Option<Moment>,
    last_sign_in: Option<Moment>,
    remarks: Vec<&'static str>,
}

/// The accounts, with what should be looked at each term (SEC-19).
pub(crate) fn all(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    let found = console.desk().accounts_review().into_iter();
    list(found.map(account).collect(), most(asked)?)
}

fn account(review: AccountReview) -> AccountShown {
    let account = review.account;
    AccountShown {
        id: account.id,
        name: account.name,
        shown: account.shown,
        role: account.role,
        standing: account.standing,
        second_factor: account.second_factor,
        temporary: account.temporary,
        sealed: account.sealed,
        classes: account.classes,
        sponsor: account.sponsor,
        expires: account.expires,
        absent_until: account.absent_until,
        last_sign_in: account.last_sign_in,
        remarks: review.remarks,
    }
}
