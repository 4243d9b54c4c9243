use crate::api;
use crate::audience::{
    ALL, DECIDERS, DECLINERS, EDITORS, LOOKERS, OVERSEERS, PROPOSERS, READERS_OF_REGISTER,
    READERS_OF_REPORTS, READERS_OF_SETTINGS, REGISTRARS, SEARCHERS, STAFF, WATCHERS,
};
use crate::pages::{
    accounts, activity, block, break_glass, changes, fixed, health, incident, incident_evidence,
    incidents, lesson, matter, password, policy, propose, reports, requests, reviews,
    second_factor, settings, sign_in, social, today, try_address,
};
use crate::route::Reach::{OffSite, Program, School};
use crate::route::Verb::{Act, Show};
use crate::route::Who::{Anybody, Begun, Only};
use crate::route::{Answerer, Reach, Route, Verb, Who};
use change::{ASKERS, CARERS, DISCLOSERS, OWNERS, READERS, REQUEST_READERS, SIGNERS, TEACHERS};

/// Every page and action of the console, with who may use it. The routers are built from this
/// table and from nothing else; a test walks it for each role and for nobody.
pub(crate) const ROUTES: &[Route] = &[
    // For machines, and before signing in.
    route(Show, "/healthz", Anybody, School, fixed::alive),
    route(Show, "/readyz", Anybody, School, fixed::ready),
    route(Show, "/metrics", Anybody, School, fixed::metrics),
    route(Show, "/style/{name}", Anybody, OffSite, fixed::style),
    route(Show, "/console.crt", Anybody, School, fixed::certificate),
    route(Show, "/sign-in", Anybody, OffSite, sign_in::show),
    route(Act, "/sign-in", Anybody, OffSite, sign_in::sign_in),
    route(Act, "/sign-out", Anybody, OffSite, sign_in::sign_out),
    route(Show, "/break-glass", Anybody, School, break_glass::show),
    route(Act, "/break-glass", Anybody, School, break_glass::unseal),
    // With a password to change or a second factor to set up.
    route(Show, "/password", Begun, School, password::show),
    route(Act, "/password", Begun, School, password::change),
    route(Show, "/second-factor", Begun, School, second_factor::show),
    route(Act, "/second-factor", Begun, School, second_factor::enrol),
    // For everybody who is signed in.
    route(Show, "/", Only(ALL), School, today::show),
    route(Show, "/help", Only(ALL), OffSite, fixed::help),
    // Requests and approvals.
    route(Show, "/requests", Only(ALL), OffSite, requests::list),
    route(
        Act,
        "/requests/sites/{id}/decline",
        Only(DECLINERS),
        OffSite,
        requests::decline,
    ),
    route(Show, "/requests/{id}", Only(ALL), OffSite, matter::show),
    route(
        Act,
        "/requests/{id}/approve",
        Only(DECIDERS),
        OffSite,
        matter::approve,
    ),
    route(
        Act,
        "/requests/{id}/refuse",
        Only(DECIDERS),
        OffSite,
        matter::refuse,
    ),
    route(
        Act,
        "/requests/{id}/confirm",
        Only(DECIDERS),
        OffSite,
        matter::ratify,
    ),
    route(
        Act,
        "/requests/{id}/review",
        Only(DECIDERS),
        OffSite,
        matter::review,
    ),
    route(
        Act,
        "/requests/{id}/collect",
        Only(DECIDERS),
        School,
        matter::collect,
    ),
    route(
        Act,
        "/requests/{id}/withdraw",
        Only(PROPOSERS),
        OffSite,
        matter::withdraw,
    ),
    route(Show, "/propose", Only(ASKERS), School, propose::show),
    route(Act, "/propose", Only(ASKERS), School, propose::propose),
    // The change log.
    route(Show, "/changes", Only(READERS), School, changes::list),
    route(
        Act,
        "/changes/verify",
        Only(READERS),
        School,
        changes::verify,
    ),
    route(
        Act,
        "/changes/sign-off",
        Only(SIGNERS),
        School,
        changes::sign_off,
    ),
    route(
        Show,
        "/changes/proof/{file}",
        Only(READERS),
        School,
        changes::proof,
    ),
    // Accounts, and the gateway itself.
    route(Show, "/accounts", Only(OVERSEERS), School, accounts::list),
    route(Act, "/accounts", Only(OWNERS), School, accounts::open),
    route(Act, "/accounts/{id}", Only(OWNERS), School, accounts::alter),
    route(Show, "/health", Only(WATCHERS), School, health::show),
    // Lessons, and closing at once.
    route(Show, "/lesson", Only(TEACHERS), School, lesson::show),
    route(Act, "/lesson", Only(TEACHERS), School, lesson::unlock),
    route(
        Act,
        "/lesson/{id}/extend",
        Only(TEACHERS),
        School,
        lesson::extend,
    ),
    route(Act, "/lesson/{id}/end", Only(TEACHERS), School, lesson::end),
    route(Show, "/block", Only(CARERS), School, block::show),
    route(Act, "/block", Only(CARERS), School, block::close),
    // Incidents.
    route(Show, "/incidents", Only(LOOKERS), OffSite, incidents::list),
    route(
        Show,
        "/incidents/new",
        Only(STAFF),
        OffSite,
        incidents::report,
    ),
    route(
        Act,
        "/incidents/new",
        Only(STAFF),
        OffSite,
        incidents::send_report,
    ),
    route(
        Show,
        "/incidents/{id}",
        Only(LOOKERS),
        OffSite,
        incident::show,
    ),
    route(
        Act,
        "/incidents/{id}/take",
        Only(LOOKERS),
        OffSite,
        incident::take,
    ),
    route(
        Act,
        "/incidents/{id}/note",
        Only(LOOKERS),
        OffSite,
        incident::note,
    ),
    route(
        Act,
        "/incidents/{id}/hand-on",
        Only(LOOKERS),
        OffSite,
        incident::hand_on,
    ),
    route(
        Act,
        "/incidents/{id}/close",
        Only(LOOKERS),
        OffSite,
        incident::close,
    ),
    route(
        Act,
        "/incidents/{id}/reopen",
        Only(LOOKERS),
        OffSite,
        incident::reopen,
    ),
    route(
        Act,
        "/incidents/{id}/block",
        Only(CARERS),
        OffSite,
        incident::block,
    ),
    route(
        Act,
        "/incidents/{id}/unseal",
        Only(DISCLOSERS),
        OffSite,
        incident_evidence::ask,
    ),
    route(
        Act,
        "/incidents/{id}/evidence",
        Only(DISCLOSERS),
        OffSite,
        incident_evidence::read,
    ),
    route(
        Show,
        "/incidents/{id}/record",
        Only(LOOKERS),
        OffSite,
        incident::record,
    ),
    route(
        Show,
        "/incidents/{id}/file/{file}",
        Only(LOOKERS),
        OffSite,
        incident::file,
    ),
    route(Show, "/contacts", Only(STAFF), OffSite, incidents::contacts),
    // What was asked for, and what is in force.
    route(Show, "/activity", Only(SEARCHERS), School, activity::show),
    route(
        Act,
        "/activity/disclose",
        Only(DISCLOSERS),
        School,
        activity::disclose,
    ),
    route(
        Show,
        "/activity/export/{form}",
        Only(SEARCHERS),
        School,
        activity::export,
    ),
    route(Show, "/policy", Only(ALL), School, policy::show),
    route(Show, "/policy/{group}", Only(ALL), School, policy::group),
    route(Show, "/try", Only(ALL), School, try_address::show),
    route(Show, "/reviews", Only(READERS), School, reviews::show),
    route(
        Act,
        "/reviews/access",
        Only(SIGNERS),
        School,
        reviews::sign_off_access,
    ),
    route(
        Show,
        "/settings",
        Only(READERS_OF_SETTINGS),
        School,
        settings::show,
    ),
    route(
        Act,
        "/settings/propose",
        Only(EDITORS),
        School,
        settings::propose,
    ),
    route(
        Show,
        "/social",
        Only(READERS_OF_REGISTER),
        School,
        social::show,
    ),
    route(Act, "/social", Only(REGISTRARS), School, social::propose),
    route(
        Show,
        "/reports",
        Only(READERS_OF_REPORTS),
        School,
        reports::show,
    ),
    route(
        Show,
        "/reports/{file}",
        Only(READERS_OF_REPORTS),
        School,
        reports::file,
    ),
    // For programs.
    route(
        Show,
        "/api/v1/openapi.json",
        Anybody,
        Program,
        api::openapi::show,
    ),
    route(Show, "/api/v1/me", Only(ALL), Program, api::status::me),
    route(
        Show,
        "/api/v1/status",
        Only(WATCHERS),
        Program,
        api::status::show,
    ),
    route(
        Show,
        "/api/v1/matters",
        Only(ALL),
        Program,
        api::matters::all,
    ),
    route(
        Act,
        "/api/v1/matters",
        Only(PROPOSERS),
        Program,
        api::matters::propose,
    ),
    route(
        Show,
        "/api/v1/matters/{id}",
        Only(ALL),
        Program,
        api::matters::one,
    ),
    route(
        Show,
        "/api/v1/matters/{id}/similar",
        Only(ALL),
        Program,
        api::matters::similar,
    ),
    route(
        Show,
        "/api/v1/matters/{id}/replay",
        Only(ALL),
        Program,
        api::matters::replay,
    ),
    route(
        Act,
        "/api/v1/matters/{id}/approve",
        Only(DECIDERS),
        Program,
        api::matters::approve,
    ),
    route(
        Act,
        "/api/v1/matters/{id}/refuse",
        Only(DECIDERS),
        Program,
        api::matters::refuse,
    ),
    route(
        Act,
        "/api/v1/matters/{id}/ratify",
        Only(DECIDERS),
        Program,
        api::matters::ratify,
    ),
    route(
        Act,
        "/api/v1/matters/{id}/review",
        Only(DECIDERS),
        Program,
        api::matters::review,
    ),
    route(
        Act,
        "/api/v1/matters/{id}/withdraw",
        Only(PROPOSERS),
        Program,
        api::matters::withdraw,
    ),
    route(
        Show,
        "/api/v1/in-force",
        Only(ALL),
        Program,
        api::matters::in_force,
    ),
    route(
        Show,
        "/api/v1/policy/drift",
        Only(READERS_OF_SETTINGS),
        Program,
        api::policy::drift,
    ),
    route(
        Act,
        "/api/v1/policy/files",
        Only(EDITORS),
        Program,
        api::policy::propose,
    ),
    route(
        Show,
        "/api/v1/changes",
        Only(READERS),
        Program,
        api::changes::all,
    ),
    route(
        Show,
        "/api/v1/changes/verification",
        Only(READERS),
        Program,
        api::changes::verification,
    ),
    route(
        Act,
        "/api/v1/changes/verify",
        Only(READERS),
        Program,
        api::changes::verify,
    ),
    route(
        Act,
        "/api/v1/changes/sign-off",
        Only(SIGNERS),
        Program,
        api::changes::sign_off,
    ),
    route(
        Show,
        "/api/v1/requests",
        Only(REQUEST_READERS),
        Program,
        api::requests::all,
    ),
    route(
        Act,
        "/api/v1/requests/{id}/decline",
        Only(DECLINERS),
        Program,
        api::requests::decline,
    ),
    route(
        Show,
        "/api/v1/accounts",
        Only(OVERSEERS),
        Program,
        api::accounts::all,
    ),
    route(Show, "/api/v1/tokens", Only(ALL), Program, api::tokens::all),
    route(
        Act,
        "/api/v1/tokens",
        Only(ALL),
        Program,
        api::tokens::issue,
    ),
    route(
        Act,
        "/api/v1/tokens/{id}/revoke",
        Only(ALL),
        Program,
        api::tokens::revoke,
    ),
    route(Act, FEED_PATH, Only(OWNERS), Program, api::bindings::bind),
    route(
        Show,
        "/api/v1/incidents",
        Only(LOOKERS),
        Program,
        api::incidents::all,
    ),
    route(
        Show,
        "/api/v1/incidents/{id}",
        Only(LOOKERS),
        Program,
        api::incidents::one,
    ),
    route(
        Act,
        "/api/v1/incidents/{id}/take",
        Only(LOOKERS),
        Program,
        api::incidents::take,
    ),
    route(
        Act,
        "/api/v1/incidents/{id}/note",
        Only(LOOKERS),
        Program,
        api::incidents::note,
    ),
    route(
        Act,
        "/api/v1/incidents/{id}/close",
        Only(LOOKERS),
        Program,
        api::incidents::close,
    ),
    route(
        Act,
        "/api/v1/incidents/{id}/reopen",
        Only(LOOKERS),
        Program,
        api::incidents::reopen,
    ),
    route(
        Show,
        "/api/v1/activity",
        Only(SEARCHERS),
        Program,
        api::activity::all,
    ),
    route(
        Act,
        "/api/v1/activity/disclose",
        Only(DISCLOSERS),
        Program,
        api::activity::disclose,
    ),
    route(
        Show,
        "/api/v1/try",
        Only(ALL),
        Program,
        api::try_address::show,
    ),
];

/// Where an identity feed says who is where; the one path that its token opens.
pub(crate) const FEED_PATH: &str = "/api/v1/identity/bindings";

const fn route(verb: Verb, path: &'static str, who: Who, reach: Reach, answer: Answerer) -> Route {
    Route {
        verb,
        path,
        who,
        reach,
        answer,
    }
}

#[cfg(test)]
mod walk;

#[cfg(test)]
mod tests {
    use super::*;
    use alert::Role;
    use change::RIGHTS;

    // SEC-01: the table admits whoever the desk could, and nobody else.
    #[test]
    fn the_table_agrees_with_the_rights_of_the_desk() {
        for role in Role::ALL {
            let decides = RIGHTS.iter().any(|right| right.decide.contains(role));
            assert_eq!(DECIDERS.contains(role), decides, "{role} decides");
            let proposes = RIGHTS.iter().any(|right| right.propose.contains(role));
            assert_eq!(PROPOSERS.contains(role), proposes, "{role} proposes");
            let unblock = change::Right::of(change::ChangeKind::Override).propose;
            assert_eq!(ASKERS.contains(role), unblock.contains(role), "{role} asks");
            let account = change::Right::of(change::ChangeKind::Account).propose;
            assert_eq!(OWNERS.contains(role), account.contains(role), "{role} owns");
            let feed = change::Right::of(change::ChangeKind::Feed).propose;
            assert_eq!(OWNERS.contains(role), feed.contains(role), "{role} feeds");
        }
    }

    #[test]
    fn nothing_that_acts_is_open_to_everybody_but_the_ways_in_and_out() {
        let open: Vec<_> = ROUTES
            .iter()
            .filter(|route| route.who == Anybody && route.verb == Act)
            .map(|route| route.path)
            .collect();
        assert_eq!(open, ["/sign-in", "/sign-out", "/break-glass"]);
    }
}
