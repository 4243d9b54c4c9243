use crate::{Covers, Reason, Suffixes};
use matcher::Coverage;
use model::Name;
use std::net::IpAddr;

/// What a name covers, or why it may be no entry.
pub(crate) fn judge(
    name: Name<'_>,
    covers: Covers,
    suffixes: Suffixes,
) -> Result<Coverage, Reason> {
    let text = name.as_str();
    let single = !text.contains('.');
    let public = if single {
        true
    } else {
        psl::suffix_str(text) == Some(text)
    };
    let private =
        || psl::suffix(text.as_bytes()).is_some_and(|s| s.typ() == Some(psl::Type::Private));
    match suffixes {
        Suffixes::Take => Ok(covers.into()),
        Suffixes::Refuse | Suffixes::TakePrivate | Suffixes::TakePrivateAlone if single => {
            Err(Reason::SingleLabel)
        }
        Suffixes::Refuse if public => Err(Reason::PublicSuffix),
        Suffixes::TakePrivate | Suffixes::TakePrivateAlone if public && !private() => {
            Err(Reason::PublicSuffix)
        }
        Suffixes::TakePrivate if public => Ok(match covers {
            Covers::Name => Coverage::Name,
            Covers::NameAndBelow | Covers::Below => Coverage::NameAndBeyond,
        }),
        Suffixes::Refuse | Suffixes::TakePrivate | Suffixes::TakePrivateAlone => Ok(covers.into()),
    }
}

/// Addresses that a list may not close: this machine, private networks, no single host.
pub(super) fn is_special(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [first, second, ..] = v4.octets();
            v4.is_private()
                || v4.is_loopback()
                || v4.is_link_local()
                || v4.is_multicast()
                || first == 0
                || first >= 240
                || (first == 100 && (64..128).contains(&second))
        }
        IpAddr::V6(v6) => {
            v6.is_unspecified()
                || v6.is_loopback()
                || v6.is_multicast()
                || v6.is_unique_local()
                || v6.is_unicast_link_local()
        }
    }
}
