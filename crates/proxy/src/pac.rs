use crate::Settings;
use std::net::SocketAddr;

/// The script that tells browsers to use the proxy.
///
/// There is no `DIRECT` behind the proxy's name: when the proxy is away the browser says so and
/// does not go round it.
pub(crate) fn script(settings: &Settings, asked_at: SocketAddr) -> String {
    let proxy = match settings.advertise.as_str() {
        "" => asked_at.to_string(),
        named => named.to_owned(),
    };
    let mut conditions = String::from("isPlainHostName(host)");
    for name in &settings.direct {
        // INVARIANT: `Settings::faults` lets host names alone into both texts.
        conditions.push_str(&format!(
            " ||\n      host === \"{name}\" || dnsDomainIs(host, \".{name}\")"
        ));
    }
    format!(
        "function FindProxyForURL(url, host) {{\n  if ({conditions}) {{\n    return \"DIRECT\";\n  }}\n  return \"PROXY {proxy}\";\n}}\n"
    )
}

pub(crate) const MEDIA_TYPE: &str = "application/x-ns-proxy-autoconfig";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_never_go_round_the_proxy() {
        let settings = Settings {
            direct: vec!["school.example".to_owned()],
            ..Settings::default()
        };
        insta::assert_snapshot!(script(&settings, "10.0.0.1:3128".parse().unwrap()), @r#"
        function FindProxyForURL(url, host) {
          if (isPlainHostName(host) ||
              host === "school.example" || dnsDomainIs(host, ".school.example")) {
            return "DIRECT";
          }
          return "PROXY 10.0.0.1:3128";
        }
        "#);
    }
}
