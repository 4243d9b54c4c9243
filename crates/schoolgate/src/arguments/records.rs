use super::{Acting, State};
use clap::Args;
use std::net::IpAddr;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(crate) struct Verify {
    #[command(flatten)]
    pub(crate) state: State,
    /// Exported file; the state folder's own log unless given.
    #[arg(long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// Evidence that was handed over, a folder or a tar file; nothing else is needed.
    #[arg(long, value_name = "PATH", conflicts_with_all = ["file", "checkpoint"])]
    pub(crate) evidence: Option<PathBuf>,
    /// Fingerprint of the key, from the headteacher's safe.
    #[arg(long)]
    pub(crate) fingerprint: Option<String>,
    /// Heads that were kept elsewhere, one or many; each must be an earlier state of the same log.
    #[arg(long, value_name = "FILE")]
    pub(crate) checkpoint: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Search {
    #[command(flatten)]
    pub(crate) state: State,
    /// Address of the client.
    #[arg(long)]
    pub(crate) client: Option<IpAddr>,
    /// User name.
    #[arg(long)]
    pub(crate) user: Option<String>,
    /// Group.
    #[arg(long)]
    pub(crate) group: Option<String>,
    /// Host, with all below it.
    #[arg(long)]
    pub(crate) host: Option<String>,
    /// Action: allow, warn, permission or block.
    #[arg(long, value_parser = action)]
    pub(crate) action: Option<model::Action>,
    /// Reference number of a block page.
    #[arg(long)]
    pub(crate) reference: Option<String>,
    /// From this moment on.
    #[arg(long, value_name = "RFC3339")]
    pub(crate) since: Option<model::Moment>,
    /// Before this moment.
    #[arg(long, value_name = "RFC3339")]
    pub(crate) until: Option<model::Moment>,
    /// At most so many rows.
    #[arg(long, default_value_t = 100)]
    pub(crate) limit: usize,
    /// File with the secret key that past days were closed to, `AGE-SECRET-KEY-1...`; the search
    /// then spans those days too.
    #[arg(long, value_name = "FILE")]
    pub(crate) identity: Option<PathBuf>,
    /// Print one JSON object a line.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Erase {
    #[command(flatten)]
    pub(crate) acting: Acting,
    /// Numbers of the entries, as `audit list` shows them, with commas between.
    #[arg(long, value_name = "N,N", value_delimiter = ',', required = true)]
    pub(crate) entries: Vec<u64>,
    /// Why.
    #[arg(long)]
    pub(crate) reason: String,
}

#[derive(Debug, Args)]
pub(crate) struct Hold {
    #[command(flatten)]
    pub(crate) acting: Acting,
    /// Whose records: `user:` or `device:` and a name, or an address.
    #[arg(long = "for", value_name = "WHOM")]
    pub(crate) whom: String,
    /// The moment; a day either side of it is kept.
    #[arg(long, value_name = "RFC3339")]
    pub(crate) around: model::Moment,
    /// Why.
    #[arg(long)]
    pub(crate) reason: String,
}

#[derive(Debug, Args)]
pub(crate) struct Release {
    #[command(flatten)]
    pub(crate) acting: Acting,
    /// The hold, such as `C-0042`.
    pub(crate) hold: String,
    /// Why.
    #[arg(long)]
    pub(crate) reason: String,
}

#[derive(Debug, Args)]
pub(crate) struct Keep {
    #[command(flatten)]
    pub(crate) acting: Acting,
    /// File with the secret key that past days were closed to, `AGE-SECRET-KEY-1...`.
    #[arg(long, value_name = "FILE")]
    pub(crate) identity: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Evidence {
    #[command(flatten)]
    pub(crate) acting: Acting,
    /// Number of the incident: what the change log tells of it, and what its person or device did
    /// a day either side.
    #[arg(long, value_name = "N")]
    pub(crate) incident: Option<u64>,
    /// Numbers of entries of the change log, with commas between.
    #[arg(long, value_name = "N,N", value_delimiter = ',')]
    pub(crate) entries: Vec<u64>,
    /// Whose decisions: `user:` or `device:` and a name, or an address.
    #[arg(long, value_name = "WHOM", requires_all = ["since", "until"])]
    pub(crate) person: Option<String>,
    /// Decisions from this moment on.
    #[arg(long, value_name = "RFC3339")]
    pub(crate) since: Option<model::Moment>,
    /// Decisions before this moment.
    #[arg(long, value_name = "RFC3339")]
    pub(crate) until: Option<model::Moment>,
    /// File with the secret key that past days were closed to.
    #[arg(long, value_name = "FILE")]
    pub(crate) identity: Option<PathBuf>,
    /// Why it is handed over, and to whom.
    #[arg(long)]
    pub(crate) reason: String,
    /// Where to: a folder, or a file that ends in `.tar`; it must not exist.
    #[arg(long, value_name = "PATH")]
    pub(crate) out: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Access {
    #[command(flatten)]
    pub(crate) acting: Acting,
    /// The person concerned: `user:` and a name; or `device:` and a name, or an address.
    #[arg(long, value_name = "WHOM")]
    pub(crate) person: String,
    /// From this moment on; as far back as records go unless given.
    #[arg(long, value_name = "RFC3339")]
    pub(crate) since: Option<model::Moment>,
    /// Before this moment.
    #[arg(long, value_name = "RFC3339")]
    pub(crate) until: Option<model::Moment>,
    /// File with the secret key that past days were closed to.
    #[arg(long, value_name = "FILE")]
    pub(crate) identity: Option<PathBuf>,
    /// How it is written: csv or jsonl.
    #[arg(long, default_value = "csv", value_parser = ["csv", "jsonl"])]
    pub(crate) form: String,
    /// Why, such as who asked for it and when.
    #[arg(long)]
    pub(crate) reason: String,
    /// File to write; it must not exist.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
}

fn action(text: &str) -> Result<model::Action, String> {
    use model::Action::{Allow, Block, Permission, Warn};
    [Allow, Warn, Permission, Block]
        .into_iter()
        .find(|action| action.word() == text)
        .ok_or_else(|| "known words: allow, warn, permission, block".to_owned())
}
