use crate::control::{Special, special};
use crate::plan::{LocalNode, Plan};
use crate::question::{NameText, kind};
use crate::responder::LONGEST_FILTERED;
use crate::safe_search::{Rewrite, rewrite};
use crate::shape::{Moulded, wire_name, wire_of};
use crate::upstream::{Asked, Found, Upstreams};
use hickory_resolver::proto::op::{Message, ResponseCode};
use hickory_resolver::proto::rr::rdata::{A, AAAA, CNAME, PTR, SOA};
use hickory_resolver::proto::rr::{Name, RData, Record};
use model::Obligations;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::rc::Rc;

/// What was looked up to answer a question: free of any view but for its safe search.
#[derive(Debug)]
pub(crate) enum Errand {
    /// The answer is known here, and points to no other name.
    Known(Moulded),
    /// Records to be shaped, behind an alias of ours where there is one.
    Found { found: Found, alias: Option<Alias> },
    /// No upstream answered.
    Lost,
}

/// A name that we made another name of.
#[derive(Debug)]
pub(crate) struct Alias {
    pub(crate) target: Name,
    /// Whether the gate is asked about what it leads to. Not for safe search: that is the
    /// school's own choice, and a group with everything unknown closed must still get there.
    pub(crate) judged: bool,
}

impl Errand {
    /// Looks up what a question needs.
    pub(crate) async fn run(
        plan: &Plan,
        upstreams: &Rc<Upstreams>,
        asked: &Asked,
        text: &NameText,
        obligations: Obligations,
    ) -> Self {
        let Some(name) = wire_name(&asked.wire) else {
            return Self::Lost;
        };
        if let Some(plain) = text.plain() {
            if let Some(node) = plan.record(plain) {
                return Self::local(plan, upstreams, asked, &name, node).await;
            }
            if let Some(rewrite) = rewrite(plain, obligations) {
                return Self::rewritten(plan, upstreams, asked, &name, rewrite).await;
            }
            if plan.forward(plain).is_none()
                && let Some(special) = special(plain)
            {
                return Self::Known(special_answer(&name, asked.kind, special));
            }
        }
        match upstreams.find(asked).await {
            Ok(found) => Self::Found { found, alias: None },
            Err(_) => Self::Lost,
        }
    }

    async fn local(
        plan: &Plan,
        upstreams: &Rc<Upstreams>,
        asked: &Asked,
        name: &Name,
        node: &LocalNode,
    ) -> Self {
        match &node.cname {
            Some(target) if asked.kind != kind::CNAME => {
                Self::behind(plan, upstreams, asked, target, true).await
            }
            Some(_) | None => Self::Known(local_answer(name, asked.kind, node)),
        }
    }

    async fn rewritten(
        plan: &Plan,
        upstreams: &Rc<Upstreams>,
        asked: &Asked,
        name: &Name,
        rewrite: Rewrite,
    ) -> Self {
        match rewrite {
            Rewrite::Address(address) => {
                let node = LocalNode {
                    a: vec![address],
                    ..LocalNode::default()
                };
                Self::Known(local_answer(name, asked.kind, &node))
            }
            // Only addresses follow the alias: any other record could lead around it (SAF-10).
            Rewrite::Name(target) if matches!(asked.kind, kind::A | kind::AAAA) => {
                Self::behind(plan, upstreams, asked, target, false).await
            }
            Rewrite::Name(target) => match plain_name(target) {
                Some(target) => Self::Known(alias_alone(name, &target, asked.kind)),
                None => Self::Lost,
            },
        }
    }

    /// Looks up what stands behind an alias of ours.
    async fn behind(
        plan: &Plan,
        upstreams: &Rc<Upstreams>,
        asked: &Asked,
        target: &str,
        judged: bool,
    ) -> Self {
        let Some((target, wire)) =
            plain_name(target).and_then(|name| Some((name.clone(), wire_of(&name)?)))
        else {
            return Self::Lost;
        };
        let mut text = NameText::new();
        let known = text
            .read(&wire)
            .and_then(|_| plan.record(text.plain()?))
            .map(|node| known(local_answer(&target, asked.kind, node)));
        let found = match known {
            Some(found) => Ok(found),
            None => {
                let behind = Asked {
                    wire,
                    ..asked.clone()
                };
                upstreams.find(&behind).await
            }
        };
        match found {
            Ok(found) => Self::Found {
                found,
                alias: Some(Alias { target, judged }),
            },
            Err(_) => Self::Lost,
        }
    }
}

fn known(made: Moulded) -> Found {
    let mut message = Message::query().into_response();
    message.metadata.response_code = made.rcode;
    message.answers = made.answers;
    message.authorities = made.authorities;
    Found {
        message,
        age: 0,
        stale: false,
        authentic: false,
    }
}

fn plain_name(text: &str) -> Option<Name> {
    let mut name = Name::from_ascii(text).ok()?;
    name.set_fqdn(true);
    Some(name)
}

/// The answer from what is known here of a name.
fn local_answer(name: &Name, kind: u16, node: &LocalNode) -> Moulded {
    let own = |value| Record::from_rdata(name.clone(), LOCAL_TTL, value);
    let to = |target: &str| plain_name(target);
    let answers: Vec<Record> = match kind {
        kind::A => node.a.iter().map(|&a| own(RData::A(A(a)))).collect(),
        kind::AAAA => node
            .aaaa
            .iter()
            .map(|&a| own(RData::AAAA(AAAA(a))))
            .collect(),
        kind::CNAME => {
            let target = node.cname.as_deref().and_then(to);
            target
                .map(|target| own(RData::CNAME(CNAME(target))))
                .into_iter()
                .collect()
        }
        kind::PTR => {
            let target = node.ptr.as_deref().and_then(to);
            target
                .map(|target| own(RData::PTR(PTR(target))))
                .into_iter()
                .collect()
        }
        _ => Vec::new(),
    };
    made(name, answers, ResponseCode::NoError)
}

/// An alias with nothing behind it.
fn alias_alone(name: &Name, target: &Name, kind: u16) -> Moulded {
    let alias = Record::from_rdata(
        name.clone(),
        LONGEST_FILTERED,
        RData::CNAME(CNAME(target.clone())),
    );
    let mut answer = made(target, Vec::new(), ResponseCode::NoError);
    if kind == kind::CNAME {
        answer.authorities.clear();
    }
    answer.answers.push(alias);
    answer
}

fn special_answer(name: &Name, kind: u16, special: Special) -> Moulded {
    match special {
        Special::Localhost => {
            let node = LocalNode {
                a: vec![Ipv4Addr::LOCALHOST],
                aaaa: vec![Ipv6Addr::LOCALHOST],
                ..LocalNode::default()
            };
            local_answer(name, kind, &node)
        }
        Special::Nowhere => made(name, Vec::new(), ResponseCode::NXDomain),
    }
}

/// An answer of our own: with an SOA where there is nothing, so that it may be remembered.
fn made(owner: &Name, answers: Vec<Record>, rcode: ResponseCode) -> Moulded {
    let authorities = if answers.is_empty() {
        soa(owner).into_iter().collect()
    } else {
        Vec::new()
    };
    Moulded::own(answers, authorities, rcode)
}

/// The SOA of answers that are our own.
pub(crate) fn soa(owner: &Name) -> Option<Record> {
    let (mname, rname) = (
        plain_name("schoolgate.invalid")?,
        plain_name("nobody.invalid")?,
    );
    let soa = SOA::new(mname, rname, 1, 3600, 600, 86_400, LONGEST_FILTERED);
    Some(Record::from_rdata(
        owner.clone(),
        LONGEST_FILTERED,
        RData::SOA(soa),
    ))
}

const LOCAL_TTL: u32 = 60;
