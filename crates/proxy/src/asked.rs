use crate::authority;
use http::Uri;
use model::{Host, HostBuffer, Scheme, Target, UrlSeen};

/// What was asked for, kept while it is carried so that it can be judged and recorded again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// An absolute URL; cloning it copies no text.
    Url(Uri),
    /// A host and port.
    Host {
        /// As the client spelt it.
        host: Box<str>,
        /// The port.
        port: u16,
    },
}

/// A request names no target that a door carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NoTarget;

impl Asked {
    /// Calls back with the target in canonical form.
    pub(crate) fn with_target<R>(
        &self,
        call: impl FnOnce(&Target<'_>, u16) -> R,
    ) -> Result<R, NoTarget> {
        let mut buffer = HostBuffer::new();
        let (host, port, url) = match self {
            Self::Host { host, port } => (&**host, *port, None),
            Self::Url(uri) => {
                let authority = uri.authority().ok_or(NoTarget)?.as_str();
                let authority = authority
                    .rsplit_once('@')
                    .map_or(authority, |(_, host)| host);
                let (host, port) = authority::split(authority).ok_or(NoTarget)?;
                let url = UrlSeen::new(Scheme::Http, uri.path(), uri.query());
                (host, port.unwrap_or(80), Some(url))
            }
        };
        let target = Target {
            host: Host::normalise(host, &mut buffer).map_err(|_| NoTarget)?,
            port: Some(port),
            url,
        };
        Ok(call(&target, port))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_judged_is_what_is_connected_to() {
        let uri: Uri = "http://user@EXAMPLE.test:8080/a/../b?q=1".parse().unwrap();
        let shown = Asked::Url(uri).with_target(|target, port| {
            let url = target.url.as_ref().unwrap();
            format!("{} {port} {} {:?}", target.host, url.path, url.query)
        });
        assert_eq!(shown.as_deref(), Ok("example.test 8080 /b Some(\"q=1\")"));
    }

    #[test]
    fn a_port_that_is_none_is_no_target() {
        if let Ok(uri) = "http://a.test:99999/".parse::<Uri>() {
            assert_eq!(Asked::Url(uri).with_target(|_, port| port), Err(NoTarget));
        }
    }
}
