use crate::catalogue;
use crate::console::unfinished;
use crate::route::Verb;
use crate::routes::ROUTES;
use crate::when::When;
use crate::{Asked, Console};
use alert::Role;
use std::time::Duration;

/// What stands around every page.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    /// The name of the page.
    pub(crate) title: String,
    /// The path of the stylesheet.
    pub(crate) style: String,
    /// The school's name.
    pub(crate) school: String,
    /// Who is signed in.
    pub(crate) who: Option<WhoLine>,
    /// The pages that this person may open.
    pub(crate) menu: Vec<MenuLine>,
    /// The present moment.
    pub(crate) now: When,
    /// The hour at which an idle session ends.
    pub(crate) idle: Option<String>,
    /// What was just done.
    pub(crate) said: Option<&'static str>,
    /// When the technician's free days end.
    pub(crate) commissioning: Option<When>,
}

/// Who is signed in.
#[derive(Clone, Debug)]
pub(crate) struct WhoLine {
    /// The name that people read.
    pub(crate) shown: String,
    /// What they are to the school.
    pub(crate) role: &'static str,
}

/// One line of the menu.
#[derive(Clone, Debug)]
pub(crate) struct MenuLine {
    /// Where it leads.
    pub(crate) path: &'static str,
    /// What it is called.
    pub(crate) label: &'static str,
    /// Whether it is this page.
    pub(crate) current: bool,
}

impl Frame {
    /// The frame of a page with this title.
    pub(crate) fn new(console: &Console, asked: &Asked, title: impl Into<String>) -> Self {
        let somebody = asked.somebody.as_ref();
        let ready = somebody.filter(|acting| unfinished(acting).is_none());
        let commissioning = ready.and_then(|_| console.desk().commissioning());
        Self {
            title: title.into(),
            style: console.style().path().to_owned(),
            school: console.gate().state().school().to_owned(),
            who: somebody.map(|acting| WhoLine {
                shown: acting.shown.clone(),
                role: acting.role.title(),
            }),
            menu: ready.map_or_else(Vec::new, |acting| menu(acting.role, asked)),
            now: asked.zone.when(asked.now),
            idle: somebody.map(|_| asked.zone.hour(asked.now.after(IDLE))),
            said: catalogue::said(asked.query.raw("done")),
            commissioning: commissioning.map(|ends| asked.zone.when(ends)),
        }
    }
}

/// The pages of the menu that stand in the table of routes and that this role may open.
fn menu(role: Role, asked: &Asked) -> Vec<MenuLine> {
    let path = asked.path.as_str();
    let open = |page: &str| {
        ROUTES
            .iter()
            .filter(|route| route.verb == Verb::Show && route.path == page)
            .any(|route| route.who.admits(role) && route.reach.is_on(asked.face))
    };
    let under = |page: &str| path == page || (page != "/" && path.starts_with(&format!("{page}/")));
    catalogue::MENU
        .iter()
        .filter(|(page, _)| open(page))
        .map(|(page, label)| MenuLine {
            path: page,
            label,
            current: under(page),
        })
        .collect()
}

/// After so long without a request a session is over; the desk keeps the time.
const IDLE: Duration = Duration::from_secs(15 * 60);
