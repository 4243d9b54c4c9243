use crate::failure::chain;
use crate::gateway::Gateway;
use crate::handing_out::{self, AccessAsked, EvidenceAsked};
use change::{
    AccountChange, Acting, Change, Confirmed, Draft, Filter, Matter, NewAccount, Outcome,
    ProposalId, Scope, SignedIn,
};
use model::Digest;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;
use zeroize::Zeroizing;

/// What a person at the command line wants done. It goes through the desk, as everything does.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, tag = "do")]
pub(crate) enum Act {
    /// Propose a change.
    Propose {
        /// What, and why.
        draft: Box<Draft>,
    },
    /// Propose the working files.
    ProposeFiles {
        /// Why.
        reason: String,
    },
    /// Propose an account; `same` names one that its person has already.
    ProposeAccount {
        /// What it shall be.
        new: Box<NewAccount>,
        /// Sign-in name of an account of the same person.
        same: Option<String>,
        /// Why.
        reason: String,
    },
    /// Propose to close an account.
    CloseAccount {
        /// Its sign-in name.
        name: String,
        /// Why.
        reason: String,
    },
    /// Consent to what waits.
    Approve {
        /// What.
        id: ProposalId,
        /// What was seen of it; what stands there now, where absent.
        seen: Option<Digest>,
        /// Why.
        words: String,
    },
    /// Refuse what waits.
    Refuse {
        /// What.
        id: ProposalId,
        /// Why.
        words: String,
    },
    /// End what is in force, or take back what one proposed.
    Revoke {
        /// What.
        id: ProposalId,
        /// Why.
        words: String,
    },
    /// Consent afterwards.
    Ratify {
        /// To what.
        id: ProposalId,
        /// Why.
        words: String,
    },
    /// List matters.
    Matters {
        /// Also what is over.
        all: bool,
    },
    /// List accounts.
    Accounts,
    /// Choose one's own password.
    Password {
        /// The new one.
        new: Zeroizing<String>,
    },
    /// Begin with a second factor; a temporary password is changed first.
    Enrol {
        /// The new password, where the old one is temporary.
        new: Option<Zeroizing<String>>,
    },
    /// Prove that the second factor works.
    FinishEnrolment {
        /// The first code that it gave.
        code: String,
    },
    /// Copy what holds keep out of closed days.
    Keep {
        /// The secret key of those days.
        identity: Zeroizing<String>,
    },
    /// Put evidence together.
    Evidence {
        /// What it holds.
        order: Box<EvidenceAsked>,
    },
    /// Write out what is recorded about a person.
    Access {
        /// What.
        order: Box<AccessAsked>,
    },
    /// Give out a token for a program.
    IssueToken {
        /// What it may do.
        scope: Scope,
        /// The identity feed that it speaks for.
        feed: Option<String>,
        /// For how many days.
        days: u32,
    },
}

/// What proves who acts.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, tag = "by")]
pub(crate) enum Credential {
    /// What only that person has.
    Person {
        /// The sign-in name.
        name: String,
        /// The password.
        password: Zeroizing<String>,
        /// The code of the second factor.
        code: Option<String>,
    },
    /// The token of a program; it never decides.
    Token {
        /// The token.
        token: Zeroizing<String>,
    },
    /// A session that an enrolment began.
    Session {
        /// Its secret.
        token: Zeroizing<String>,
    },
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Person { .. } => "Credential::Person",
            Self::Token { .. } => "Credential::Token",
            Self::Session { .. } => "Credential::Session",
        })
    }
}

/// Does what a person asked for.
///
/// # Errors
///
/// Why not, in plain words.
pub(crate) fn act(gateway: &Gateway, who: &Credential, act: Act) -> Result<Value, String> {
    let desk = &gateway.desk;
    match act {
        Act::Approve { id, seen, words } => {
            let confirmed = confirmed(gateway, who)?;
            let seen = match seen {
                Some(seen) => seen,
                None => matter(gateway, confirmed.acting(), id)?.digest,
            };
            shown(&said(desk.approve(confirmed, id, seen, &words))?)
        }
        Act::Ratify { id, words } => {
            shown(&said(desk.ratify(confirmed(gateway, who)?, id, &words))?)
        }
        Act::IssueToken { scope, feed, days } => {
            let now = gateway.doors.gate.clock().now();
            let end = now.after(Duration::from_secs(u64::from(days) * 86_400));
            let confirmed = confirmed(gateway, who)?;
            let issued = said(desk.issue_token(confirmed, scope, feed.as_deref(), end))?;
            Ok(json!({ "token": issued.token.as_str(), "expires": end }))
        }
        other => match who {
            Credential::Token { token } => {
                let (acting, scope) = said(desk.acting_by_token(token, HERE))?;
                may(scope, &other)?;
                signed_in(gateway, &acting, None, other)
            }
            Credential::Session { token } => {
                let acting = said(desk.acting(token))?;
                let done = signed_in(gateway, &acting, None, other);
                desk.sign_out(token);
                done
            }
            Credential::Person {
                name,
                password,
                code,
            } => {
                let signed = said(desk.sign_in(name, password, code.as_deref(), HERE))?;
                if let Act::Enrol { new } = other {
                    return enrol(gateway, signed, password, new.as_deref());
                }
                let done = signed_in(gateway, &signed.acting, Some(password), other);
                desk.sign_out(&signed.token);
                done
            }
        },
    }
}

/// Password and code for one decision; a token or an old session is not enough.
fn confirmed(gateway: &Gateway, who: &Credential) -> Result<Confirmed, String> {
    match who {
        Credential::Person {
            name,
            password,
            code,
        } => {
            let code = code.as_deref().unwrap_or_default();
            said(gateway.desk.confirm_once(name, password, code, HERE))
        }
        Credential::Token { .. } | Credential::Session { .. } => {
            Err("a decision needs a person with password and second factor; use `--as`".to_owned())
        }
    }
}

/// Whether a token's scope covers what is asked.
fn may(scope: Scope, act: &Act) -> Result<(), String> {
    let covered = match act {
        Act::Matters { .. } | Act::Accounts => match scope {
            Scope::Read | Scope::Propose => true,
            Scope::Feed => false,
        },
        Act::Propose { .. }
        | Act::ProposeFiles { .. }
        | Act::ProposeAccount { .. }
        | Act::CloseAccount { .. }
        | Act::Revoke { .. } => match scope {
            Scope::Propose => true,
            Scope::Read | Scope::Feed => false,
        },
        Act::Approve { .. }
        | Act::Refuse { .. }
        | Act::Ratify { .. }
        | Act::Password { .. }
        | Act::Enrol { .. }
        | Act::FinishEnrolment { .. }
        | Act::Keep { .. }
        | Act::Evidence { .. }
        | Act::Access { .. }
        | Act::IssueToken { .. } => false,
    };
    if covered {
        return Ok(());
    }
    Err("this token may not do that; ask for one with a wider scope, or act as a person".to_owned())
}

/// Changes a temporary password and begins with a second factor; the session stays for its end.
fn enrol(
    gateway: &Gateway,
    signed: SignedIn,
    password: &str,
    new: Option<&String>,
) -> Result<Value, String> {
    let desk = &gateway.desk;
    let signed = match new {
        Some(new) => said(desk.change_password(&signed.acting, password, new))?,
        None => signed,
    };
    let enrolment = said(desk.begin_second_factor(&signed.acting))?;
    Ok(json!({
        "session": signed.token.as_str(),
        "uri": enrolment.uri.as_str(),
        "secret": enrolment.secret.as_str(),
    }))
}

/// What needs no second look at who asks.
fn signed_in(
    gateway: &Gateway,
    acting: &Acting,
    password: Option<&str>,
    act: Act,
) -> Result<Value, String> {
    let desk = &gateway.desk;
    match act {
        Act::Propose { draft } => proposed(desk.propose(acting, *draft)),
        Act::ProposeFiles { reason } => {
            let mut faults = model::Faults::default();
            let files = gateway.files(&mut faults);
            if faults.errors() > 0 {
                return Err(faults.to_string());
            }
            proposed(desk.propose_files(acting, files, &reason))
        }
        Act::ProposeAccount {
            mut new,
            same,
            reason,
        } => {
            if let Some(name) = same {
                new.person = Some(account(gateway, &name)?.person);
            }
            let change = AccountChange::Open { new };
            proposed(desk.propose(acting, Draft::new(Change::Account(change), &reason)))
        }
        Act::CloseAccount { name, reason } => {
            let account = account(gateway, &name)?.id;
            let change = AccountChange::Close { account };
            proposed(desk.propose(acting, Draft::new(Change::Account(change), &reason)))
        }
        Act::Refuse { id, words } => shown(&said(desk.refuse(acting, id, &words))?),
        Act::Revoke { id, words } => {
            if matter(gateway, acting, id)?.waits() {
                return shown(&said(desk.withdraw(acting, id, &words))?);
            }
            let end = Change::End { id: id.to_string() };
            proposed(desk.propose(acting, Draft::new(end, &words)))
        }
        Act::Matters { all } => {
            // Consent is given to what a change would do to the policy of just now, by its mark; a
            // program decides nothing and needs none.
            let fresh = |listed: Matter| match listed.waits() && password.is_some() {
                true => match desk.matter(acting, listed.id) {
                    Ok(Some(fresh)) => fresh,
                    Ok(None) | Err(_) => listed,
                },
                false => listed,
            };
            let matters: Vec<_> = desk
                .matters(acting, &Filter::default())
                .into_iter()
                .filter(|matter| all || matter.waits() || matter.stage.in_force())
                .map(fresh)
                .collect();
            value(&matters)
        }
        Act::Accounts => value(&desk.accounts()),
        Act::Password { new } => {
            let old = password.unwrap_or_default();
            said(desk.change_password(acting, old, &new)).map(|_| json!({}))
        }
        Act::FinishEnrolment { code } => {
            let codes = said(desk.finish_second_factor(acting, &code))?;
            let codes: Vec<&str> = codes.0.iter().map(|code| code.as_str()).collect();
            Ok(json!({ "recovery_codes": codes }))
        }
        Act::Keep { identity } => handing_out::keep(gateway, acting, &identity),
        Act::Evidence { order } => handing_out::evidence(gateway, acting, &order),
        Act::Access { order } => handing_out::access(gateway, acting, &order),
        Act::Enrol { .. } | Act::Approve { .. } | Act::Ratify { .. } | Act::IssueToken { .. } => {
            Err("this needs a person's own password".to_owned())
        }
    }
}

fn matter(gateway: &Gateway, acting: &Acting, id: ProposalId) -> Result<Matter, String> {
    let found = said(gateway.desk.matter(acting, id))?;
    found.ok_or_else(|| format!("there is no matter {id} that you may see"))
}

fn account(gateway: &Gateway, name: &str) -> Result<change::Account, String> {
    let accounts = gateway.desk.accounts();
    let found = accounts.into_iter().find(|account| account.name == name);
    found.ok_or_else(|| format!("there is no account `{name}`; `account list` names them"))
}

fn proposed<E: std::error::Error>(outcome: Result<Outcome, E>) -> Result<Value, String> {
    shown(said(outcome)?.matter())
}

fn shown(matter: &Matter) -> Result<Value, String> {
    value(matter)
}

pub(crate) fn value(of: &impl Serialize) -> Result<Value, String> {
    serde_json::to_value(of).map_err(|error| error.to_string())
}

/// What the desk said, in words.
pub(crate) fn said<T, E: std::error::Error>(done: Result<T, E>) -> Result<T, String> {
    done.map_err(|error| chain(&error))
}

/// The socket is of this machine.
const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
