use super::ProxyWord;
use axum::http::HeaderMap;
use gate::{Client, Gate, Reading, Session};
use model::ZoneKind;
use std::net::IpAddr;
use std::sync::Arc;
use subtle::ConstantTimeEq as _;

/// Who asks for a page, as far as their address tells.
#[derive(Clone, Debug)]
pub(crate) struct Asker {
    /// The address.
    pub(crate) client: IpAddr,
    /// Whether the address stands for one device.
    pub(crate) place: Place,
    /// The id of the group.
    pub(crate) group: Option<String>,
    /// How the group reads.
    pub(crate) reading: Reading,
    /// Whether it is a group of pupils.
    pub(crate) pupil: bool,
    /// The name on the network, where one is known.
    pub(crate) user: Option<String>,
    /// The device, where the school named it.
    pub(crate) device: Option<String>,
    /// The first class.
    pub(crate) class: Option<String>,
}

/// What stands behind an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// One device.
    Own,
    /// Many people; what one of them was refused is nothing for the others.
    Shared,
    /// Nothing that the school knows.
    Outside,
}

impl Asker {
    /// Finds out who asks from an address, with a session to ask the gate for them.
    pub(crate) fn of(gate: &Arc<Gate>, client: IpAddr) -> (Self, Session, Client) {
        let mut session = gate.session();
        let known = session.client(client);
        let state = Arc::clone(session.state());
        let roster = state.identifier().roster();
        let subject = known.subject.as_ref();
        let facts = subject.and_then(|subject| state.policy().group(subject.group));
        let place = match state.identifier().zone(known.source).map(|zone| zone.kind) {
            Some(ZoneKind::Clients | ZoneKind::Things) => Place::Own,
            Some(ZoneKind::Shared | ZoneKind::Forwarder) => Place::Shared,
            None => Place::Outside,
        };
        let bound = state.bindings().known(known.source, gate.clock().now());
        let named = subject.and_then(|subject| roster.users.name(subject.user?));
        let user = bound.and_then(|held| held.user.as_deref()).or(named);
        let own = |text: Option<&str>| text.filter(|_| place == Place::Own).map(str::to_owned);
        let asker = Self {
            client: known.source,
            place,
            group: facts.map(|facts| facts.id.clone()),
            reading: facts.map_or(Reading::Plain, |facts| facts.reading),
            // Who is not known is spoken to as a pupil: no more is said than a pupil needs.
            pupil: facts.is_none_or(|facts| facts.pupil),
            user: own(user),
            device: own(subject.and_then(|subject| roster.devices.name(subject.device?))),
            class: subject
                .and_then(|subject| subject.classes.iter().next())
                .and_then(|class| roster.classes.name(class))
                .map(str::to_owned),
        };
        (asker, session, known)
    }

    /// How many people may stand behind the address, for limits.
    pub(crate) const fn many(&self) -> u32 {
        match self.place {
            Place::Own | Place::Outside => 1,
            Place::Shared => 30,
        }
    }
}

/// The address that asks: the peer's, or the one that the proxy of this process gives its word for.
///
/// A word without the secret, or one that is said twice, is no word.
pub(crate) fn client(peer: IpAddr, headers: &HeaderMap, proxy: Option<&ProxyWord>) -> IpAddr {
    let peer = peer.to_canonical();
    let Some(proxy) = proxy.filter(|proxy| !proxy.secret.is_empty()) else {
        return peer;
    };
    let one = |name: &str| {
        let mut found = headers.get_all(name).iter();
        let first = found.next().and_then(|value| value.to_str().ok());
        first.filter(|_| found.next().is_none())
    };
    let proven = one(proxy.secret_field)
        .is_some_and(|said| bool::from(said.as_bytes().ct_eq(proxy.secret.as_bytes())));
    if !proven {
        return peer;
    }
    one(proxy.client_field)
        .and_then(|client| client.parse::<IpAddr>().ok())
        .map_or(peer, |client| client.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderName, HeaderValue};

    fn asked(fields: &[(&'static str, &'static str)], secret: &str) -> String {
        let word = ProxyWord {
            client_field: "x-client",
            secret_field: "x-secret",
            secret: secret.to_owned(),
        };
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            );
        }
        client("127.0.0.1".parse().unwrap(), &headers, Some(&word)).to_string()
    }

    #[test]
    fn only_the_proxy_speaks_for_another_address() {
        let good = [("x-client", "10.20.0.5"), ("x-secret", "known to both")];
        assert_eq!(asked(&good, "known to both"), "10.20.0.5");
        assert_eq!(asked(&good, "another"), "127.0.0.1");
        assert_eq!(asked(&good, ""), "127.0.0.1", "no secret proves nothing");
        assert_eq!(asked(&good[..1], "known to both"), "127.0.0.1");
        let empty = [("x-client", "10.20.0.5"), ("x-secret", "")];
        assert_eq!(asked(&empty, ""), "127.0.0.1");
        let twice = [good[0], good[0], good[1]];
        assert_eq!(asked(&twice, "known to both"), "127.0.0.1");
        let other = [("x-client", "::ffff:10.20.0.5"), good[1]];
        assert_eq!(asked(&other, "known to both"), "10.20.0.5");
        let none = [("x-client", "somebody"), good[1]];
        assert_eq!(asked(&none, "known to both"), "127.0.0.1");
    }
}
