//! What an account must be before it is opened or changed.

use super::Desk;
use super::bounds::YEAR;
use super::validate::InvalidChange;
use crate::{AccountChange, NewAccount};
use alert::Role;
use model::Moment;

impl Desk {
    /// Whether an account may be changed so.
    pub(super) fn check_account(
        &self,
        change: &AccountChange,
        now: Moment,
    ) -> Result<(), InvalidChange> {
        let register = self.register();
        match change.account() {
            Some(account) if !register.accounts.contains_key(&account) => {
                return Err(InvalidChange::Account {
                    why: "there is no such account",
                });
            }
            Some(_) | None => {}
        }
        match change {
            AccountChange::Open { new } => check_new_account(&register, new, now),
            AccountChange::Role {
                role: Role::Support,
                ..
            } => Err(InvalidChange::Account {
                why: "open an account of its own for an outside company",
            }),
            AccountChange::Role { .. }
            | AccountChange::Suspend { .. }
            | AccountChange::Reopen { .. }
            | AccountChange::Close { .. }
            | AccountChange::ResetSecondFactor { .. }
            | AccountChange::ResetPassword { .. }
            | AccountChange::Absence { .. }
            | AccountChange::Classes { .. }
            | AccountChange::Mail { .. }
            | AccountChange::Expiry { .. } => Ok(()),
        }
    }
}

/// Whether an account may be opened so.
pub(super) fn check_new_account(
    register: &crate::register::Register,
    new: &NewAccount,
    now: Moment,
) -> Result<(), InvalidChange> {
    let no = |why| Err(InvalidChange::Account { why });
    if !is_id(&new.name) {
        return no("a sign-in name has 2 to 60 lower-case letters, digits, dots and hyphens");
    }
    if register.account_named(&new.name).is_some() {
        return no("there is an account of this name already, perhaps a closed one");
    }
    if !(2..=100).contains(&new.shown.trim().chars().count()) || new.shown.contains(model::steers) {
        return no("write the name that people read, of 2 to 100 characters");
    }
    if new.person.is_some_and(|person| {
        !register
            .accounts
            .values()
            .any(|account| account.person == person)
    }) {
        return no("no account belongs to this person; leave the person out");
    }
    let same = |account: &crate::Account| {
        Some(account.person) != new.person
            && (account.user.is_some() && account.user == new.user
                || account.mail.is_some() && account.mail == new.mail)
    };
    if register.accounts.values().any(same) {
        return no("another account has this network name or mail; say that it is the same person");
    }
    if new.mail.as_deref().is_some_and(|mail| !is_mail(mail)) {
        return no("this is no mail address");
    }
    let outside = new.role == Role::Support;
    if outside && (new.sponsor.is_none() || new.hours.is_none() || new.expires.is_none()) {
        return no("an account of an outside company has a sponsor, hours, and an end");
    }
    if new
        .sponsor
        .is_some_and(|sponsor| !register.accounts.contains_key(&sponsor))
    {
        return no("the sponsor has no account");
    }
    let longest = now.after(YEAR);
    if new
        .expires
        .is_some_and(|end| end <= now || (outside && end > longest))
    {
        return no("the account would be over already, or last for more than a year");
    }
    Ok(())
}

/// Whether a text is an id: lower-case letters, digits, dots and hyphens.
pub(super) fn is_id(text: &str) -> bool {
    let plain = |byte: u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'-')
    };
    (2..=60).contains(&text.len()) && text.bytes().all(plain)
}

fn is_mail(text: &str) -> bool {
    let parts = text.split_once('@');
    let plain = |part: &str| {
        !part.is_empty()
            && part
                .chars()
                .all(|c| c.is_ascii_graphic() && !"@<>,;:\"\\()[]".contains(c))
    };
    text.len() <= 254
        && parts.is_some_and(|(local, host)| plain(local) && plain(host) && host.contains('.'))
}
