use super::overrides::show;
use crate::act::Act;
use crate::arguments::{self, AccountCommand};
use crate::control::Request;
use crate::failure::Failure;
use crate::person::{act, enrol, secret, send};
use alert::Role;
use change::{NewAccount, Scope};
use model::visible;
use std::path::Path;
use zeroize::Zeroizing;

/// Opens, lists and closes accounts.
pub(crate) fn account(asked: &AccountCommand) -> Result<(), Failure> {
    match asked {
        AccountCommand::Found { state, new, json } => {
            let request = Request::Found {
                new: Box::new(wanted(new)?),
                same: new.same_person_as.clone(),
            };
            let handed = send(&state.state, &request)?;
            if *json {
                say!("{handed}");
                return Ok(());
            }
            let text = |key: &str| handed[key].as_str().unwrap_or_default();
            say!("account            {}", text("name"));
            say!("temporary password {}", text("password"));
            eprintln!(
                "Hand it over in person; the first sign-in changes it and asks for a second factor."
            );
            Ok(())
        }
        AccountCommand::Propose {
            acting,
            new,
            reason,
        } => {
            let asked = Act::ProposeAccount {
                new: Box::new(wanted(new)?),
                same: new.same_person_as.clone(),
                reason: reason.clone(),
            };
            show(acting, &act(acting, asked)?)
        }
        AccountCommand::List { acting } => {
            let found = act(acting, Act::Accounts)?;
            for account in found.as_array().into_iter().flatten() {
                if acting.json {
                    say!("{account}");
                    continue;
                }
                let text = |key: &str| visible(account[key].as_str().unwrap_or("-"));
                say!(
                    "{:<20} {:<18} {:<10} last sign-in {:<26} {}",
                    text("name"),
                    text("role"),
                    text("standing"),
                    text("last_sign_in"),
                    text("shown")
                );
            }
            Ok(())
        }
        AccountCommand::Close {
            acting,
            account,
            reason,
        } => {
            let asked = Act::CloseAccount {
                name: account.clone(),
                reason: reason.clone(),
            };
            show(acting, &act(acting, asked)?)
        }
        AccountCommand::Password {
            acting,
            new_secret_file,
        } => {
            let new = first(new_secret_file.as_deref())?;
            act(acting, Act::Password { new })?;
            if acting.json {
                say!("{{}}");
            } else {
                eprintln!("The password is changed; other sessions of the account are over.");
            }
            Ok(())
        }
        AccountCommand::Enrol {
            acting,
            new_secret_file,
        } => {
            let new = first(new_secret_file.as_deref())?;
            let done = enrol(acting, Some(new), |begun| {
                let text = |key: &str| begun[key].as_str().unwrap_or_default();
                say!("secret  {}", text("secret"));
                say!("address {}", text("uri"));
                eprintln!("Add it to the authenticator on your telephone.");
                Ok(())
            })?;
            if acting.json {
                say!("{done}");
                return Ok(());
            }
            eprintln!("These codes stand in for a lost telephone, each once; keep them safe:");
            for code in done["recovery_codes"].as_array().into_iter().flatten() {
                say!("{}", code.as_str().unwrap_or_default());
            }
            Ok(())
        }
        AccountCommand::Token {
            acting,
            scope,
            feed,
            days,
        } => {
            let scope = match scope.as_str() {
                "propose" => Scope::Propose,
                "feed" => Scope::Feed,
                _ => Scope::Read,
            };
            let issued = act(
                acting,
                Act::IssueToken {
                    scope,
                    feed: feed.clone(),
                    days: *days,
                },
            )?;
            if acting.json {
                say!("{issued}");
            } else {
                say!("{}", issued["token"].as_str().unwrap_or_default());
            }
            Ok(())
        }
    }
}

fn first(file: Option<&Path>) -> Result<Zeroizing<String>, Failure> {
    let lines = secret(file, "New password: ")?;
    Ok(lines.into_iter().next().unwrap_or_default())
}

fn wanted(new: &arguments::NewAccount) -> Result<NewAccount, Failure> {
    let role = Role::ALL
        .iter()
        .copied()
        .find(|role| role.word() == new.role);
    let Some(role) = role else {
        let known: Vec<_> = Role::ALL.iter().map(|role| role.word()).collect();
        return Err(Failure::asked(
            format!("there is no role `{}`", new.role),
            format!("known roles: {}", known.join(", ")),
        ));
    };
    let shown = new.shown.as_deref().unwrap_or(&new.name);
    Ok(NewAccount {
        user: new.user.clone(),
        mail: new.mail.clone(),
        classes: new.classes.clone(),
        ..NewAccount::new(&new.name, shown, role)
    })
}
