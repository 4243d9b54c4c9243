use crate::School;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A school's files and state in a folder of their own, with ports that nobody else has.
#[derive(Debug)]
pub struct Installation {
    folder: TempDir,
}

/// What a story sets of the gateway.
#[derive(Clone, Debug, Default)]
pub struct Wiring {
    /// The DNS server that is asked.
    pub upstream: Option<SocketAddr>,
    /// Names that lead to an address of this machine, for origins.
    pub origins: Vec<&'static str>,
    /// Ports that plain HTTP may be asked for, beside 80.
    pub http_ports: Vec<u16>,
    /// Ports that CONNECT may be asked for, beside 443.
    pub connect_ports: Vec<u16>,
}

impl Installation {
    /// Lays out the example school on loopback.
    ///
    /// The hours in which nobody is in school are taken out, so that a story told at night ends as
    /// one told at noon.
    pub fn new(wiring: &Wiring) -> Self {
        let mut school = School::example().on_loopback();
        let pupils = school.text("config/groups/pupils.toml");
        let hours = "when   = \"out-of-hours\"\n";
        assert!(
            pupils.contains(hours),
            "the mode for the night is written otherwise now"
        );
        school.put("config/groups/pupils.toml", &pupils.replace(hours, ""));
        // They tell of the hours and of the school's real networks.
        school.put("config/expectations.toml", "");
        school.put("config/schoolgate.toml", &settings(wiring));
        let installation = Self {
            folder: TempDir::new().expect("a folder for the test"),
        };
        school.write(installation.folder.path());
        installation
    }

    /// A path inside the installation.
    pub fn path(&self, inside: &str) -> PathBuf {
        self.folder.path().join(inside)
    }

    /// The text of a file.
    pub fn text(&self, inside: &str) -> String {
        crate::read(&self.path(inside))
    }

    /// Writes a file as an editor does: beside, then in its place.
    pub fn write(&self, inside: &str, text: &str) {
        let path = self.path(inside);
        let part = path.with_extension("part");
        std::fs::write(&part, text).expect("the folder is ours");
        std::fs::rename(&part, &path).expect("the folder is ours");
    }

    /// `--config` and its folder, as words of a command.
    pub fn config(&self) -> [String; 2] {
        ["--config".to_owned(), text(&self.path("config"))]
    }

    /// `--state` and its folder, as words of a command.
    pub fn state(&self) -> [String; 2] {
        ["--state".to_owned(), text(&self.path("state"))]
    }
}

fn text(path: &Path) -> String {
    path.to_str()
        .expect("the folder of temporary files has a plain name")
        .to_owned()
}

fn settings(wiring: &Wiring) -> String {
    let mut text = String::from(
        "[school]\nname = \"Example School\"\nledger = \"school.example/ledger\"\n\
         [log]\nformat = \"json\"\n\
         [management]\nlisten = \"127.0.0.1:0\"\n\
         [faces]\nlisten = \"127.0.0.1:0\"\n",
    );
    let ports = |first: u16, more: &[u16]| {
        let ports: Vec<String> = std::iter::once(&first)
            .chain(more)
            .map(u16::to_string)
            .collect();
        ports.join(", ")
    };
    // Writing to a string does not fail.
    let _ = write!(
        text,
        "[proxy]\nlisten = [\"127.0.0.1:0\"]\nworkers = 1\ncontact = \"the school office\"\n\
         allow_private = [\"127.0.0.1/32\"]\nhttp_ports = [{}]\nconnect_ports = [{}]\n\
         [dns]\nlisten = [\"127.0.0.1:0\"]\nworkers = 1\nclient_rate = 0\n",
        ports(80, &wiring.http_ports),
        ports(443, &wiring.connect_ports),
    );
    for name in &wiring.origins {
        let _ = write!(
            text,
            "[[dns.records]]\nname = \"{name}\"\na = [\"127.0.0.1\"]\n"
        );
    }
    let nobody = SocketAddr::from(([127, 0, 0, 1], 9));
    let upstream = wiring.upstream.unwrap_or(nobody);
    let _ = write!(
        text,
        "[[dns.upstreams]]\nprotocol = \"udp\"\naddress = \"{upstream}\"\n"
    );
    text
}
