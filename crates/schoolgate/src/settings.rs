use model::{Document, Fault, Faults, Files};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, SocketAddr};

/// `config/schoolgate.toml`: the school and the gateway itself.
///
/// Each part owns its settings; this type only joins them.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Settings {
    /// The school.
    pub(crate) school: School,
    /// What the gateway says of its own work.
    pub(crate) log: Log,
    /// The DNS door.
    pub(crate) dns: resolver::Settings,
    /// The proxy doors.
    pub(crate) proxy: proxy::Settings,
    /// The console, health and metrics.
    pub(crate) management: console::Settings,
    /// The pages for everybody: why something is closed, ask for it, tell an adult.
    pub(crate) faces: console::FacesSettings,
    /// How changes are decided.
    pub(crate) change: change::Settings,
    /// How the lists of others are fetched.
    pub(crate) lists: lists::Fetching,
    /// Notices: whom they reach, and how.
    pub(crate) alert: alert::Settings,
    /// The journal of decisions.
    pub(crate) journal: JournalSettings,
    /// How long decisions are kept, and how.
    pub(crate) records: audit::Settings,
}

/// The journal of decisions.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct JournalSettings {
    /// How much of a path is kept. Queries never are, nor any path of a help site.
    pub(crate) path: gate::PathDetail,
}

/// The school.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct School {
    /// Its name, as it stands on the block page.
    pub(crate) name: String,
    /// The name of the ledger in its signed heads, such as "oakfield.example/ledger". Without
    /// spaces and `+`; it cannot be changed after the first start.
    pub(crate) ledger: String,
}

impl Default for School {
    fn default() -> Self {
        Self {
            name: "the school".to_owned(),
            ledger: "schoolgate.invalid/ledger".to_owned(),
        }
    }
}

/// What the gateway says of its own work. Never a pupil's name or a host that was asked for.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Log {
    /// The form of the lines.
    pub(crate) format: LogFormat,
    /// How much is said.
    pub(crate) level: LogLevel,
}

/// The form of log lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum LogFormat {
    /// Lines for people.
    #[default]
    Plain,
    /// One JSON object a line.
    Json,
}

/// How much is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum LogLevel {
    /// Only what needs somebody.
    Error,
    /// Also what should be looked at.
    Warn,
    /// Also starts, changes and stops.
    #[default]
    Info,
    /// Also what helps to find a fault.
    Debug,
}

impl LogLevel {
    pub(crate) const fn filter(self) -> tracing::Level {
        match self {
            Self::Error => tracing::Level::ERROR,
            Self::Warn => tracing::Level::WARN,
            Self::Info => tracing::Level::INFO,
            Self::Debug => tracing::Level::DEBUG,
        }
    }
}

impl Settings {
    /// Reads `config/schoolgate.toml`; absent, everything stands at its default.
    pub(crate) fn read(files: &Files, faults: &mut Faults) -> Self {
        let Some(content) = files.content(PATH) else {
            return Self::default();
        };
        let Ok(text) = std::str::from_utf8(content) else {
            faults.push(Fault::of_file(
                PATH,
                "the file is not UTF-8",
                "save it as UTF-8",
            ));
            return Self::default();
        };
        let (document, settings) = Document::parse::<Self>(PATH, text, faults);
        let settings = settings.unwrap_or_default();
        let origin = &settings.school.ledger;
        if origin.is_empty() || origin.len() > 200 || origin.contains([' ', '+', '\n', '\t']) {
            let steps = ["school".into(), "ledger".into()];
            let fault = document.fault(
                &steps,
                "the ledger's name is empty, too long, or has a space or `+`",
            );
            faults.push(fault.mend("write a name such as \"oakfield.example/ledger\""));
        }
        if let Err(error) = settings.dns.check() {
            let fault = document.key_fault(&["dns".into()], crate::failure::chain(&error));
            faults.push(
                fault.mend(
                    "correct the setting; `schoolgate schema schoolgate` says what each holds",
                ),
            );
        }
        let parts = [
            ("proxy", settings.proxy.faults()),
            ("change", settings.change.faults()),
            ("alert", settings.alert.faults()),
            ("lists", settings.lists.faults()),
        ];
        for (key, found) in parts {
            for what in found {
                let fault = document.key_fault(&[key.into()], what);
                faults.push(fault.mend(
                    "correct the setting; `schoolgate schema schoolgate` says what each holds",
                ));
            }
        }
        settings
    }

    /// The host name of the pages for everybody where none is set: `why.` and the school's zone.
    pub(crate) fn faces_name(&self) -> String {
        match (&self.faces.name, self.dns.local_zones.first()) {
            (Some(name), _) => name.clone(),
            (None, Some(zone)) => format!("why.{}", zone.trim_end_matches('.')),
            (None, None) => "why.internal".to_owned(),
        }
    }

    /// Tells the proxy and the resolver where the pages for everybody are.
    pub(crate) fn lead_to_faces(&mut self, address: SocketAddr, secret: &str) {
        let name = self.faces_name().to_ascii_lowercase();
        let local = match address.ip() {
            ip if ip.is_unspecified() => SocketAddr::from(([127, 0, 0, 1], address.port())),
            _ => address,
        };
        self.proxy.faces = Some(proxy::Faces {
            name: name.clone(),
            address: local,
            secret: secret.to_owned(),
        });
        if self.proxy.console.is_empty() {
            self.proxy.console = format!("http://{name}");
        }
        // A name that the school answers itself stays as the school has it.
        if self.dns.records.iter().any(|record| record.name == name) {
            return;
        }
        let listens = self.dns.listen.iter().map(SocketAddr::ip);
        let reached: Vec<IpAddr> = match address.ip() {
            ip if ip.is_unspecified() => listens.filter(|ip| !ip.is_unspecified()).collect(),
            ip => vec![ip],
        };
        let mut record = resolver::LocalRecord {
            name,
            a: Vec::new(),
            aaaa: Vec::new(),
            cname: None,
            ptr: None,
        };
        for ip in reached {
            match ip {
                IpAddr::V4(ip) => record.a.push(ip),
                IpAddr::V6(ip) => record.aaaa.push(ip),
            }
        }
        if !record.a.is_empty() || !record.aaaa.is_empty() {
            self.dns.records.push(record);
        }
    }
}

/// Where the settings stand among the files.
const PATH: &str = "config/schoolgate.toml";
