use super::{Policy, State};
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// Who acts: a person with an account, never the machine's administrator by right.
///
/// The password is asked for at the terminal, and so is the code of the second factor.
#[derive(Clone, Debug, Args)]
pub(crate) struct Person {
    /// Sign-in name of the account that acts.
    #[arg(
        id = "as",
        long = "as",
        value_name = "NAME",
        required_unless_present = "token_file"
    )]
    pub(crate) name: Option<String>,
    /// File whose first line is a token for programs, in place of a person; it never decides.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["as", "secret_file", "code"])]
    pub(crate) token_file: Option<PathBuf>,
    /// File whose first line is the password, and whose second, if there is one, the code;
    /// `-` is standard input. Asked at the terminal unless given.
    #[arg(long, value_name = "FILE")]
    pub(crate) secret_file: Option<PathBuf>,
    /// Code of the second factor. Asked at the terminal unless given.
    #[arg(long)]
    pub(crate) code: Option<String>,
}

/// The gateway that is asked, and who asks.
#[derive(Clone, Debug, Args)]
pub(crate) struct Acting {
    #[command(flatten)]
    pub(crate) state: State,
    #[command(flatten)]
    pub(crate) person: Person,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// What is in force, what was, and what an edit of the files would do.
#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// Say what is in force, with all that holds on top of the files for a while.
    Show {
        #[command(flatten)]
        state: State,
        /// As it was at this moment.
        #[arg(long, value_name = "RFC3339")]
        at: Option<model::Moment>,
        /// Write its files into this folder, which must not exist yet.
        #[arg(long, value_name = "DIR")]
        files: Option<PathBuf>,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Say how the working files differ from what is in force, and what that opens or closes.
    Diff {
        #[command(flatten)]
        policy: Policy,
        #[command(flatten)]
        state: State,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Propose the working files; somebody else decides.
    Propose {
        #[command(flatten)]
        acting: Acting,
        /// Why.
        #[arg(long)]
        reason: String,
    },
    /// Say what the working files would have decided otherwise in the last days.
    Replay {
        #[command(flatten)]
        policy: Policy,
        #[command(flatten)]
        state: State,
        /// How many days back.
        #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..=90))]
        days: u32,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// List what was ever in force, the newest last.
    History {
        #[command(flatten)]
        state: State,
        /// Print one JSON object a line.
        #[arg(long)]
        json: bool,
    },
    /// Propose to return to an earlier policy; `policy history` lists them.
    Rollback {
        #[command(flatten)]
        acting: Acting,
        /// The version, as `policy history` prints it.
        version: String,
        /// Why.
        #[arg(long)]
        reason: String,
    },
}

/// Exceptions that end by themselves, and every other matter that waits for a decision.
#[derive(Debug, Subcommand)]
pub(crate) enum OverrideCommand {
    /// Ask for an unblock, or for a block, of sites or a category.
    Request {
        #[command(flatten)]
        acting: Acting,
        /// Site such as `maps.example` or `maps.example/world`, or `category:` and an id;
        /// may be given several times.
        #[arg(long = "site", required = true)]
        sites: Vec<String>,
        /// For whom: `group:`, `class:`, `user:`, `device:` or `zone:` and an id; may be given
        /// several times.
        #[arg(long = "for", value_name = "WHOM", required = true)]
        whom: Vec<String>,
        /// What it becomes: allow or block.
        #[arg(long, default_value = "allow", value_parser = ["allow", "block"])]
        action: String,
        /// When it begins; now unless given.
        #[arg(long, value_name = "RFC3339")]
        from: Option<model::Moment>,
        /// When it is over.
        #[arg(long, value_name = "RFC3339")]
        until: model::Moment,
        /// Try it first with these alone: `group:`, `class:` or `set:` and an id.
        #[arg(long, value_name = "WHOM", requires = "try_until")]
        try_with: Vec<String>,
        /// When the trial ends and it is open for all.
        #[arg(long, value_name = "RFC3339", requires = "try_with")]
        try_until: Option<model::Moment>,
        /// Why.
        #[arg(long)]
        reason: String,
    },
    /// Consent to what waits; never to one's own.
    Approve {
        #[command(flatten)]
        acting: Acting,
        /// Number of the matter, such as `C-12`.
        id: String,
        /// The mark that `override list` shows beside it: consent is given to what was seen.
        #[arg(long)]
        seen: Option<String>,
        /// Why.
        #[arg(long)]
        reason: String,
    },
    /// Refuse what waits.
    Refuse {
        #[command(flatten)]
        acting: Acting,
        /// Number of the matter.
        id: String,
        /// Why.
        #[arg(long)]
        reason: String,
    },
    /// End something that is in force, or take back what one proposed oneself.
    Revoke {
        #[command(flatten)]
        acting: Acting,
        /// Number of the matter.
        id: String,
        /// Why.
        #[arg(long)]
        reason: String,
    },
    /// Consent afterwards to a block or pause that one person made.
    Ratify {
        #[command(flatten)]
        acting: Acting,
        /// Number of the matter.
        id: String,
        /// Why.
        #[arg(long)]
        reason: String,
    },
    /// List matters: what waits, and what is in force.
    List {
        #[command(flatten)]
        acting: Acting,
        /// Also what is over.
        #[arg(long)]
        all: bool,
    },
}

/// What a teacher may do for a class, for one lesson.
#[derive(Debug, Subcommand)]
pub(crate) enum Lesson {
    /// Unlock what the policy marks `permission`, for one's own class.
    Unlock {
        #[command(flatten)]
        acting: Acting,
        /// The class.
        #[arg(long)]
        class: String,
        /// Category to unlock, or a site; may be given several times.
        #[arg(long = "open", required = true)]
        sites: Vec<String>,
        /// For how many minutes; until the lesson ends unless given.
        #[arg(long)]
        minutes: Option<u32>,
        /// What for.
        #[arg(long)]
        reason: String,
    },
    /// End it early.
    End {
        #[command(flatten)]
        acting: Acting,
        /// Number of the matter.
        id: String,
    },
}

/// Something that one person may close at once; it is told and ratified.
#[derive(Debug, Args)]
pub(crate) struct AtOnce {
    #[command(flatten)]
    pub(crate) acting: Acting,
    /// For whom: `user:`, `device:`, `class:` or `group:` and an id; may be given several times.
    #[arg(long = "for", value_name = "WHOM")]
    pub(crate) whom: Vec<String>,
    /// Site or `category:` and an id that is closed (for `block`).
    #[arg(long = "site")]
    pub(crate) sites: Vec<String>,
    /// For how many minutes.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=40_320))]
    pub(crate) minutes: u32,
    /// Why.
    #[arg(long)]
    pub(crate) reason: String,
}

/// The accounts of people who use console and command line.
#[derive(Debug, Subcommand)]
pub(crate) enum AccountCommand {
    /// Open the first accounts, before there is a headteacher's; afterwards `propose`.
    Found {
        #[command(flatten)]
        state: State,
        #[command(flatten)]
        new: NewAccount,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Propose an account; somebody else decides.
    Propose {
        #[command(flatten)]
        acting: Acting,
        #[command(flatten)]
        new: NewAccount,
        /// Why.
        #[arg(long)]
        reason: String,
    },
    /// List the accounts, with role and last sign-in.
    List {
        #[command(flatten)]
        acting: Acting,
    },
    /// Propose to close an account.
    Close {
        #[command(flatten)]
        acting: Acting,
        /// Sign-in name of the account.
        account: String,
        /// Why.
        #[arg(long)]
        reason: String,
    },
    /// Choose one's own password.
    Password {
        #[command(flatten)]
        acting: Acting,
        /// File whose first line is the new password; asked for at the terminal unless given.
        #[arg(long, value_name = "FILE")]
        new_secret_file: Option<PathBuf>,
    },
    /// Sign in for the first time: choose a password, enrol the second factor.
    Enrol {
        #[command(flatten)]
        acting: Acting,
        /// File whose first line is the new password; asked for at the terminal unless given.
        #[arg(long, value_name = "FILE")]
        new_secret_file: Option<PathBuf>,
    },
    /// Give out a token for a program. It shows itself once, and never decides.
    Token {
        #[command(flatten)]
        acting: Acting,
        /// What it may do: read, propose or feed.
        #[arg(long, default_value = "read", value_parser = ["read", "propose", "feed"])]
        scope: String,
        /// The identity feed that it speaks for, with the scope `feed`.
        #[arg(long, value_name = "NAME", required_if_eq("scope", "feed"))]
        feed: Option<String>,
        /// For how many days.
        #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(u32).range(1..=366))]
        days: u32,
    },
}

/// An account that is to be opened.
#[derive(Clone, Debug, Args)]
pub(crate) struct NewAccount {
    /// Sign-in name: small letters, digits, `.` and `-`.
    pub(crate) name: String,
    /// Role: technician, support, coordinator, headteacher, deputy, safeguarding-lead, teacher,
    /// governor, chair or auditor.
    #[arg(long)]
    pub(crate) role: String,
    /// How the person is shown to others.
    #[arg(long)]
    pub(crate) shown: Option<String>,
    /// User name on the school's network, so that nobody decides about themselves.
    #[arg(long)]
    pub(crate) user: Option<String>,
    /// Address for notices.
    #[arg(long)]
    pub(crate) mail: Option<String>,
    /// Class that a teacher has; may be given several times.
    #[arg(long = "class")]
    pub(crate) classes: Vec<String>,
    /// Sign-in name of an account that the same person has already.
    #[arg(long, value_name = "NAME")]
    pub(crate) same_person_as: Option<String>,
}
