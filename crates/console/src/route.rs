use crate::answer::Answer;
use crate::{Asked, Console, Refusal};
use alert::Role;
use axum::routing::MethodFilter;
use change::Roles;

/// One line of the table of routes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Route {
    /// Whether it reads or acts.
    pub(crate) verb: Verb,
    /// Its path, with parts in braces.
    pub(crate) path: &'static str,
    /// Who may.
    pub(crate) who: Who,
    /// Where it is answered.
    pub(crate) reach: Reach,
    /// What answers.
    pub(crate) answer: Answerer,
}

/// What answers a request; it may wait for the disk.
pub(crate) type Answerer = fn(&Console, &Asked) -> Result<Answer, Refusal>;

/// Whether a route reads or acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    /// `GET`: it shows, and alters nothing.
    Show,
    /// `POST`: it does something.
    Act,
}

/// Who may use a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    /// Everybody who reaches the listener.
    Anybody,
    /// Whoever gave a password, even with a password to change or a second factor to set up.
    Begun,
    /// These roles, signed in.
    Only(Roles),
}

/// Where a route is answered, and how the sender shows who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// On the console's listener, to a browser with a session.
    School,
    /// There, and on the listener for approvals off site.
    OffSite,
    /// On the console's listener, to a program with a token.
    Program,
}

/// Which listener a router is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Face {
    /// The console.
    Console,
    /// Approvals off site.
    OffSite,
}

impl Verb {
    /// The method of HTTP; `HEAD` is answered where `GET` is.
    pub(crate) const fn filter(self) -> MethodFilter {
        match self {
            Self::Show => MethodFilter::GET,
            Self::Act => MethodFilter::POST,
        }
    }
}

impl Who {
    /// Whether a role, signed in, may.
    pub(crate) const fn admits(self, role: Role) -> bool {
        match self {
            Self::Anybody | Self::Begun => true,
            Self::Only(roles) => roles.contains(role),
        }
    }
}

impl Reach {
    /// Whether it is answered on this listener.
    pub(crate) fn is_on(self, face: Face) -> bool {
        match face {
            Face::Console => true,
            Face::OffSite => self == Self::OffSite,
        }
    }
}
