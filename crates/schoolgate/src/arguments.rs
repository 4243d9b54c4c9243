mod change;
mod records;

pub(crate) use change::{
    AccountCommand, Acting, AtOnce, Lesson, NewAccount, OverrideCommand, Person, PolicyCommand,
};

pub(crate) use records::{Access, Erase, Evidence, Hold, Keep, Release, Search, Verify};

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::net::IpAddr;
use std::path::PathBuf;

/// A filtering HTTP and DNS proxy for school gateways.
///
/// Start with `schoolgate demo`: a whole school on this machine, without network or rights.
/// Then `schoolgate init`, `schoolgate check`, `schoolgate run`.
#[derive(Debug, Parser)]
#[command(
    name = "schoolgate",
    version,
    max_term_width = 100,
    arg_required_else_help = true
)]
#[command(
    after_help = "Exit codes: 0 done; 1 the answer is no, or faults were found; 2 wrong usage; \
    3 an address, file or folder could not be had; 4 the state folder is held by another gateway."
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the gateway: DNS, proxy, health.
    Run(Run),
    /// Show a whole school on loopback: stub upstream, stub sites, a school day of traffic.
    Demo(Demo),
    /// Write a policy for a school: asks, or takes flags.
    Init(Init),
    /// Check a policy: every fault of every file, then the policy's own tests.
    Check(Check),
    /// Print the JSON Schemas that editors complete and check the files with.
    Schema(Schema),
    /// Say what would be decided for a client and a target, and why.
    Explain(Explain),
    /// Tell the gateway who is at an address, or show what it knows.
    #[command(subcommand)]
    Identity(Identity),
    /// Fetch the lists of others, compile and show all lists, or say why a name is labelled.
    #[command(subcommand)]
    Lists(Lists),
    /// Read and verify the change log; search the decisions.
    #[command(subcommand)]
    Audit(Audit),
    /// Show, compare and propose policies; return to an earlier one.
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// Ask for unblocks, and decide what waits.
    #[command(subcommand)]
    Override(OverrideCommand),
    /// Unlock something for a class, for one lesson.
    #[command(subcommand)]
    Lesson(Lesson),
    /// Pause web access for somebody; learning sites stay open.
    Pause(AtOnce),
    /// Cut a device off.
    Isolate(AtOnce),
    /// Close a site at once.
    Block(AtOnce),
    /// Open, list and close the accounts of people.
    #[command(subcommand)]
    Account(AccountCommand),
    /// Move the clock of a running demo.
    #[command(hide = true)]
    Clock {
        #[command(flatten)]
        state: State,
        /// Where to.
        to: model::Moment,
    },
    /// Compile the lists of a job for a running gateway, which starts this by itself.
    #[command(hide = true)]
    MakeLists {
        #[command(flatten)]
        state: State,
    },
    /// Say what is in force, what is missing, and whether the gateway runs.
    Status(Status),
    /// Print completions for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

/// Where the working files lie.
#[derive(Clone, Debug, Args)]
pub(crate) struct Policy {
    /// Folder of the policy.
    #[arg(long, value_name = "DIR", default_value = "config")]
    pub(crate) config: PathBuf,
    /// Folder of the lists; beside the policy unless given.
    #[arg(long, value_name = "DIR")]
    pub(crate) blocklists: Option<PathBuf>,
}

/// Where the gateway keeps what it must not lose.
#[derive(Clone, Debug, Args)]
pub(crate) struct State {
    /// Folder of ledger, journal, bundles and compiled lists.
    #[arg(long, value_name = "DIR", default_value = "state")]
    pub(crate) state: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Run {
    #[command(flatten)]
    pub(crate) policy: Policy,
    #[command(flatten)]
    pub(crate) state: State,
    /// Do not watch the files; SIGHUP still reads them again.
    #[arg(long)]
    pub(crate) no_watch: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Folder to keep the demo in; a new one that is removed at the end unless given.
    #[arg(long, value_name = "DIR")]
    pub(crate) folder: Option<PathBuf>,
    /// DNS port; 0 takes a free one.
    #[arg(long, default_value_t = 5353)]
    pub(crate) dns_port: u16,
    /// Proxy port; 0 takes a free one.
    #[arg(long, default_value_t = 3128)]
    pub(crate) proxy_port: u16,
    /// Port of the pages for everybody; 0 takes a free one.
    #[arg(long, default_value_t = 8481)]
    pub(crate) faces_port: u16,
    /// Management port; 0 takes a free one.
    #[arg(long, default_value_t = 8480)]
    pub(crate) management_port: u16,
    /// Open no accounts, so that the first ones can be founded by hand.
    #[arg(long)]
    pub(crate) no_accounts: bool,
    /// Begin at this moment, without a school day before it.
    #[arg(long, value_name = "RFC3339")]
    pub(crate) at: Option<model::Moment>,
    /// Stop after the school day instead of waiting for Ctrl-C.
    #[arg(long)]
    pub(crate) once: bool,
}

/// A kind of school.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Template {
    /// Foundation to Year 6.
    Primary,
    /// Year 7 to sixth form.
    Secondary,
    /// Foundation to sixth form.
    AllThrough,
}

#[derive(Debug, Args)]
pub(crate) struct Init {
    /// Folder to write `config` and `blocklists` into; it must not have them yet.
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) folder: PathBuf,
    /// Name of the school.
    #[arg(long)]
    pub(crate) school: Option<String>,
    /// Kind of school, which gives its groups.
    #[arg(long, value_enum)]
    pub(crate) template: Option<Template>,
    /// Network of a group, such as `ks2=10.20.0.0/16`; may be given several times.
    #[arg(long, value_name = "GROUP=CIDR")]
    pub(crate) network: Vec<String>,
    /// Upstream resolver, such as `9.9.9.9`, or `tls://9.9.9.9#dns.quad9.net`.
    #[arg(long)]
    pub(crate) upstream: Vec<String>,
    /// Ask nothing: take defaults for what no flag gives.
    #[arg(long)]
    pub(crate) yes: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Check {
    #[command(flatten)]
    pub(crate) policy: Policy,
    #[command(flatten)]
    pub(crate) state: State,
    /// Print faults as JSON.
    #[arg(long)]
    pub(crate) json: bool,
    /// Count warnings as faults.
    #[arg(long)]
    pub(crate) strict: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Schema {
    /// Name of one schema, such as `group`; all are listed unless given.
    pub(crate) name: Option<String>,
    /// Write all schemas into this folder.
    #[arg(long, value_name = "DIR", conflicts_with = "name")]
    pub(crate) write: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Explain {
    #[command(flatten)]
    pub(crate) policy: Policy,
    #[command(flatten)]
    pub(crate) state: State,
    /// Address of the client.
    #[arg(long, value_name = "IP", required_unless_present_any = ["batch", "file"])]
    pub(crate) client: Option<IpAddr>,
    /// Address that the name would lead to, where a list speaks of addresses; may be given again.
    #[arg(long, value_name = "IP", conflicts_with_all = ["batch", "file"])]
    pub(crate) address: Vec<IpAddr>,
    /// User who would be signed in there.
    #[arg(long)]
    pub(crate) user: Option<String>,
    /// Group to decide by, in place of the one that the address gives.
    #[arg(long)]
    pub(crate) group: Option<String>,
    /// Moment, such as 2026-11-23T10:15:00Z; now unless given.
    #[arg(long, value_name = "RFC3339")]
    pub(crate) at: Option<model::Moment>,
    /// Answer with the policy, and all on top of it, that were in force at that moment in the
    /// state folder, in place of the working files.
    #[arg(long, conflicts_with_all = ["config", "blocklists", "batch"])]
    pub(crate) in_force: bool,
    /// Print one JSON object a line.
    #[arg(long)]
    pub(crate) json: bool,
    /// Answer tab-separated lines `client  at  target` from a file, or `-` for standard input;
    /// `-` as the moment means now. Always JSON, in order.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["client", "user", "group", "targets"])]
    pub(crate) batch: Option<PathBuf>,
    /// Score the text of a page for a group: HTML, JSON by the ending `.json`, or plain text by `.txt`.
    #[arg(long, value_name = "PAGE", requires = "group", conflicts_with_all = ["batch", "client", "user", "at", "targets"])]
    pub(crate) file: Option<PathBuf>,
    /// Hosts or URLs.
    #[arg(value_name = "TARGET", required_unless_present_any = ["batch", "file"])]
    pub(crate) targets: Vec<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Identity {
    /// Bind an address to a device, a user, a group or classes for a while.
    Bind {
        #[command(flatten)]
        state: State,
        /// The address.
        #[arg(long)]
        address: IpAddr,
        /// Hardware address of the device.
        #[arg(long)]
        hardware: Option<String>,
        /// User name.
        #[arg(long)]
        user: Option<String>,
        /// Group.
        #[arg(long)]
        group: Option<String>,
        /// Class; may be given several times.
        #[arg(long = "class")]
        classes: Vec<String>,
        /// How long it holds, in minutes.
        #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=1440))]
        minutes: u32,
    },
    /// Show what is known of an address.
    Show {
        #[command(flatten)]
        state: State,
        /// The address.
        address: IpAddr,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Lists {
    /// Compile the lists and report what was found.
    Compile {
        #[command(flatten)]
        policy: Policy,
        #[command(flatten)]
        state: State,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Fetch lists that others publish; all in use unless named. The running gateway does it and
    /// brings them into force; where none runs, they decide from the next start on.
    Fetch {
        #[command(flatten)]
        policy: Policy,
        #[command(flatten)]
        state: State,
        /// Print one JSON object a list.
        #[arg(long)]
        json: bool,
        /// Names of lists, in use or not.
        #[arg(value_name = "NAME")]
        names: Vec<String>,
    },
    /// Take a list that is handed over, such as one of a members' service. It is kept sealed.
    Take {
        #[command(flatten)]
        policy: Policy,
        #[command(flatten)]
        state: State,
        /// Print JSON.
        #[arg(long)]
        json: bool,
        /// Name of the list, which has `delivered = true` in sources.toml.
        name: String,
        /// The list.
        file: PathBuf,
        /// Its publisher's signature.
        #[arg(long, value_name = "FILE")]
        signature: Option<PathBuf>,
    },
    /// Show the lists with their entries, source, licence and state; one of them with its versions.
    Show {
        #[command(flatten)]
        policy: Policy,
        #[command(flatten)]
        state: State,
        /// Print JSON.
        #[arg(long)]
        json: bool,
        /// Print whom the licences of the lists in use ask to be named.
        #[arg(long, conflicts_with_all = ["json", "name"])]
        notice: bool,
        /// Name of a list.
        name: Option<String>,
    },
    /// Say what one version of a fetched list has that another has not.
    Diff {
        #[command(flatten)]
        policy: Policy,
        #[command(flatten)]
        state: State,
        /// Name of the list.
        name: String,
        /// Beginning of the digest of a version; the one before the one in use unless given.
        from: Option<String>,
        /// Beginning of the digest of another; the one in use unless given.
        to: Option<String>,
    },
    /// Propose to return to an earlier version of a fetched list. To one of the last seven days
    /// one person may, and others are told at once; to an older one two must agree.
    Rollback {
        #[command(flatten)]
        policy: Policy,
        #[command(flatten)]
        acting: Acting,
        /// Name of the list.
        name: String,
        /// Beginning of the digest of a version; the one before the one in use unless given.
        version: Option<String>,
        /// Why.
        #[arg(long)]
        reason: String,
    },
    /// Say which lists and exceptions concern a name or URL.
    Why {
        #[command(flatten)]
        policy: Policy,
        #[command(flatten)]
        state: State,
        /// Print JSON.
        #[arg(long)]
        json: bool,
        /// Host or URL.
        target: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// Print the signed head of the change log, to be kept elsewhere.
    Head {
        #[command(flatten)]
        state: State,
    },
    /// List the entries of the change log.
    List {
        #[command(flatten)]
        state: State,
        /// Print one JSON object a line.
        #[arg(long)]
        json: bool,
    },
    /// List the last entries of the change log.
    Tail {
        #[command(flatten)]
        state: State,
        /// How many.
        #[arg(short = 'n', long, default_value_t = 10)]
        count: usize,
        /// Print one JSON object a line.
        #[arg(long)]
        json: bool,
    },
    /// Verify the change log, an exported file of it, or evidence; needs nothing else.
    Verify(Verify),
    /// Prove that an entry is in the log, or that the log grew out of an earlier size.
    Prove {
        #[command(flatten)]
        state: State,
        /// Index of the entry.
        #[arg(long, required_unless_present = "since", conflicts_with = "since")]
        entry: Option<u64>,
        /// Earlier size of the log.
        #[arg(long)]
        since: Option<u64>,
    },
    /// Write the whole log into one file that verifies without this machine.
    Export {
        #[command(flatten)]
        state: State,
        /// File to write; it must not exist.
        file: PathBuf,
    },
    /// Search the decisions.
    Search(Search),
    /// Propose to destroy the words of entries for good; somebody else decides.
    Erase(Erase),
    /// Keep somebody's records from deletion, a day either side of a moment.
    Hold(Hold),
    /// Propose to let a hold go; somebody else decides.
    Release(Release),
    /// Copy what holds keep out of days that were closed, with the key of those days.
    Keep(Keep),
    /// Put evidence together for the police or the local authority.
    Evidence(Evidence),
    /// Write out what is recorded about a person, for that person; others are taken out.
    Access(Access),
}

#[derive(Debug, Args)]
pub(crate) struct Status {
    #[command(flatten)]
    pub(crate) state: State,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_holds_together() {
        use clap::CommandFactory as _;
        Arguments::command().debug_assert();
    }
}
