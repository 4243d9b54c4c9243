//! What each route of the API takes and gives; who may use it stands in the table of routes alone.

use super::bodies::{
    ApproveBody, BindingBody, BindingsBody, CloseBody, DiscloseBody, FilesBody, IntentWord,
    NoteBody, RatifyBody, ScopeWord, SignOffBody, TokenBody, WordsBody,
};
use crate::route::Verb::{self, Act, Show};
use utoipa::openapi::schema::ComponentsBuilder;

/// One operation of the API.
#[derive(Clone, Copy, Debug)]
pub(super) struct Operation {
    pub(super) verb: Verb,
    pub(super) path: &'static str,
    /// Its name for programs.
    pub(super) id: &'static str,
    /// What it does.
    pub(super) summary: &'static str,
    pub(super) query: &'static [Parameter],
    /// The name of the schema of its body.
    pub(super) body: Option<&'static str>,
    pub(super) gives: Gives,
}

/// What an operation gives back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gives {
    /// One thing.
    One,
    /// One thing that was not there before.
    New,
    /// A list.
    List,
}

/// Something that the query may say.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parameter {
    pub(super) name: &'static str,
    pub(super) words: &'static str,
    pub(super) form: Form,
    pub(super) required: bool,
}

/// How something in the query is written.
#[derive(Clone, Copy, Debug)]
pub(super) enum Form {
    Text,
    Moment,
    Flag,
    Number(u32, u32),
    Address,
}

/// Every operation, in the order of the table of routes.
pub(super) const OPERATIONS: &[Operation] = &[
    get(
        "/api/v1/openapi.json",
        "openapi",
        "This document",
        &[],
        Gives::One,
    ),
    get(
        "/api/v1/me",
        "me",
        "Who acts, and what the token may do",
        &[],
        Gives::One,
    ),
    get(
        "/api/v1/status",
        "status",
        "Whether the gateway does its work, and by what it decides",
        &[],
        Gives::One,
    ),
    get(
        "/api/v1/matters",
        "matters",
        "The changes that this account may see, the newest first",
        MATTERS,
        Gives::List,
    ),
    post(
        "/api/v1/matters",
        "propose",
        "Proposes a change; what needs no decision is in force when this returns",
        Some("Draft"),
        Gives::New,
    ),
    get(
        "/api/v1/matters/{id}",
        "matter",
        "One change, with what it opens and closes",
        &[],
        Gives::One,
    ),
    get(
        "/api/v1/matters/{id}/similar",
        "similar",
        "Earlier changes about the same sites",
        &[],
        Gives::List,
    ),
    get(
        "/api/v1/matters/{id}/replay",
        "replay",
        "What it would have changed in the last days",
        &[DAYS],
        Gives::One,
    ),
    post(
        "/api/v1/matters/{id}/approve",
        "approve",
        "Consents to it as it was seen; needs a session, password and code",
        Some("ApproveBody"),
        Gives::One,
    ),
    post(
        "/api/v1/matters/{id}/refuse",
        "refuse",
        "Refuses it, with words; needs a session",
        Some("WordsBody"),
        Gives::One,
    ),
    post(
        "/api/v1/matters/{id}/ratify",
        "ratify",
        "Consents afterwards to what came into force on one word; needs a session, password and code",
        Some("RatifyBody"),
        Gives::One,
    ),
    post(
        "/api/v1/matters/{id}/review",
        "review",
        "Says that it was looked at afterwards; needs a session",
        Some("WordsBody"),
        Gives::One,
    ),
    post(
        "/api/v1/matters/{id}/withdraw",
        "withdraw",
        "Takes one's own proposal back",
        Some("WordsBody"),
        Gives::One,
    ),
    get(
        "/api/v1/in-force",
        "in_force",
        "What holds for a while just now",
        &[LIMIT],
        Gives::List,
    ),
    get(
        "/api/v1/policy/drift",
        "drift",
        "Whether the files of the gateway's folder differ from what is in force",
        &[],
        Gives::One,
    ),
    post(
        "/api/v1/policy/files",
        "propose_files",
        "Proposes policy files and lists",
        Some("FilesBody"),
        Gives::New,
    ),
    get(
        "/api/v1/changes",
        "changes",
        "The change log in plain words, the newest first",
        CHANGES,
        Gives::List,
    ),
    get(
        "/api/v1/changes/verification",
        "verification",
        "What the last verification of the change log found",
        &[],
        Gives::One,
    ),
    post(
        "/api/v1/changes/verify",
        "verify",
        "Verifies the change log now, from its files",
        None,
        Gives::One,
    ),
    post(
        "/api/v1/changes/sign-off",
        "sign_off",
        "Signs the change log off up to an entry; needs a session",
        Some("SignOffBody"),
        Gives::One,
    ),
    get(
        "/api/v1/requests",
        "requests",
        "What people asked for on block pages; nobody who asked is named",
        &[LIMIT],
        Gives::List,
    ),
    post(
        "/api/v1/requests/{id}/decline",
        "decline",
        "Declines a request, with words",
        Some("WordsBody"),
        Gives::One,
    ),
    get(
        "/api/v1/accounts",
        "accounts",
        "The accounts, with what should be looked at",
        &[LIMIT],
        Gives::List,
    ),
    get(
        "/api/v1/tokens",
        "tokens",
        "One's own tokens, without their secrets",
        &[],
        Gives::List,
    ),
    post(
        "/api/v1/tokens",
        "issue_token",
        "Issues a token; needs a session, password and code",
        Some("TokenBody"),
        Gives::New,
    ),
    post(
        "/api/v1/tokens/{id}/revoke",
        "revoke_token",
        "Takes one's own token back; needs a session",
        None,
        Gives::One,
    ),
    post(
        "/api/v1/identity/bindings",
        "bind_addresses",
        "Says who is at which address, for a while; takes the token of an approved feed, from its own address",
        Some("BindingsBody"),
        Gives::One,
    ),
    get(
        "/api/v1/incidents",
        "incidents",
        "The incidents that this account may know of, the newest first",
        &[LIMIT],
        Gives::List,
    ),
    get(
        "/api/v1/incidents/{id}",
        "incident",
        "One incident",
        &[],
        Gives::One,
    ),
    post(
        "/api/v1/incidents/{id}/take",
        "take_incident",
        "Takes it on",
        None,
        Gives::One,
    ),
    post(
        "/api/v1/incidents/{id}/note",
        "note_incident",
        "Adds a note",
        Some("NoteBody"),
        Gives::One,
    ),
    post(
        "/api/v1/incidents/{id}/close",
        "close_incident",
        "Closes it, with what was done and what came of it",
        Some("CloseBody"),
        Gives::One,
    ),
    post(
        "/api/v1/incidents/{id}/reopen",
        "reopen_incident",
        "Opens it again, with words",
        Some("WordsBody"),
        Gives::One,
    ),
    get(
        "/api/v1/activity",
        "activity",
        "What was asked for on the network; names take a reason first",
        ACTIVITY,
        Gives::List,
    ),
    post(
        "/api/v1/activity/disclose",
        "disclose",
        "Writes down why a named person's history is read; needs a session",
        Some("DiscloseBody"),
        Gives::One,
    ),
    get(
        "/api/v1/try",
        "try_address",
        "What would be decided of an address, and which steps led there",
        TRY,
        Gives::One,
    ),
];

/// Adds the schemas of all bodies; that of a draft is written by hand.
pub(super) fn schemas(components: ComponentsBuilder) -> ComponentsBuilder {
    components
        .schema_from::<ApproveBody>()
        .schema_from::<BindingBody>()
        .schema_from::<BindingsBody>()
        .schema_from::<CloseBody>()
        .schema_from::<DiscloseBody>()
        .schema_from::<FilesBody>()
        .schema_from::<IntentWord>()
        .schema_from::<NoteBody>()
        .schema_from::<RatifyBody>()
        .schema_from::<ScopeWord>()
        .schema_from::<SignOffBody>()
        .schema_from::<TokenBody>()
        .schema_from::<WordsBody>()
}

const fn get(
    path: &'static str,
    id: &'static str,
    summary: &'static str,
    query: &'static [Parameter],
    gives: Gives,
) -> Operation {
    Operation {
        verb: Show,
        path,
        id,
        summary,
        query,
        body: None,
        gives,
    }
}

const fn post(
    path: &'static str,
    id: &'static str,
    summary: &'static str,
    body: Option<&'static str>,
    gives: Gives,
) -> Operation {
    Operation {
        verb: Act,
        path,
        id,
        summary,
        query: &[],
        body,
        gives,
    }
}

const fn may(name: &'static str, words: &'static str, form: Form) -> Parameter {
    Parameter {
        name,
        words,
        form,
        required: false,
    }
}

const LIMIT: Parameter = may(
    "limit",
    "At most so many; 100 where it is not said.",
    Form::Number(1, 500),
);
const DAYS: Parameter = may("days", "How many days back.", Form::Number(1, 31));

const MATTERS: &[Parameter] = &[
    may(
        "stage",
        "How far it has come, such as `waiting`.",
        Form::Text,
    ),
    may("kind", "What it is about, such as `override`.", Form::Text),
    may("mine", "One's own proposals alone.", Form::Flag),
    may(
        "waiting",
        "Those alone that wait for this account.",
        Form::Flag,
    ),
    may("since", "Proposed at this moment or later.", Form::Moment),
    may("until", "Proposed before this moment.", Form::Moment),
    may(
        "text",
        "With this text in reason, sites, or for whom.",
        Form::Text,
    ),
    LIMIT,
];

const CHANGES: &[Parameter] = &[
    may("since", "Written at this moment or later.", Form::Moment),
    may("until", "Written before this moment.", Form::Moment),
    may("direction", "`opens` or `closes`.", Form::Text),
    may("who", "By somebody with this text in the name.", Form::Text),
    may("text", "With this text in the words.", Form::Text),
    may("unsigned", "That nobody signed off yet.", Form::Flag),
    may(
        "routine",
        "Sign-ins, starts and checks as well.",
        Form::Flag,
    ),
    may(
        "before",
        "Before this entry, for the next page.",
        Form::Number(0, u32::MAX),
    ),
    LIMIT,
];

const ACTIVITY: &[Parameter] = &[
    may(
        "from_date",
        "The first day, such as `2026-11-23`; today where it is not said.",
        Form::Text,
    ),
    may(
        "from_time",
        "The first minute, such as `08:30`.",
        Form::Text,
    ),
    may("until_date", "The last day.", Form::Text),
    may("until_time", "The last minute.", Form::Text),
    may(
        "user",
        "A person, by the name on the network; takes a reason first.",
        Form::Text,
    ),
    may("device", "A device, by its name or address.", Form::Text),
    may("site", "A site, and all below it.", Form::Text),
    may("category", "A kind of site, by its id.", Form::Text),
    may("group", "A group, by its id.", Form::Text),
    may(
        "action",
        "`allow`, `warn`, `permission` or `block`.",
        Form::Text,
    ),
    may("reference", "The number on a block page.", Form::Text),
    may("names", "With names; takes a reason first.", Form::Text),
    LIMIT,
];

const TRY: &[Parameter] = &[
    Parameter {
        name: "target",
        words: "A host, `host:port`, or a URL.",
        form: Form::Text,
        required: true,
    },
    may(
        "client",
        "The address that would ask; or give `group`.",
        Form::Address,
    ),
    may("group", "The group to decide by.", Form::Text),
    may("class", "A class of the group.", Form::Text),
    may(
        "user",
        "A person, for roles that may know of individual plans.",
        Form::Text,
    ),
    may("at", "The moment; now where it is not said.", Form::Moment),
];
