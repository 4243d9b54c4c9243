use crate::change::lets_in;
use crate::{AccountChange, Change, Direction, Effect, Part, Route};
use alert::Role;
use std::time::Duration;

/// What is known of a change when its way is chosen.
#[derive(Debug)]
pub(crate) struct Case<'a> {
    pub(crate) change: &'a Change,
    pub(crate) effect: Option<&'a Effect>,
    /// Whether it names help, guarded or essential sites.
    pub(crate) guarded: bool,
    /// Whether it is for one group, class, person or device that no other follows.
    pub(crate) narrow: bool,
    /// What is ended or extended opens something, where something is.
    pub(crate) ends_opening: bool,
    /// What is ended or extended is the proposer's own lesson.
    pub(crate) own_lesson: bool,
    /// The new end is later than the old one.
    pub(crate) later: bool,
    /// Nothing but lists that were in force in the last seven days.
    pub(crate) recent_lists: bool,
    /// It is about the headteacher.
    pub(crate) about_head: bool,
    /// The role of who proposes it.
    pub(crate) proposer: Role,
    /// It is about the proposer's own account.
    pub(crate) own_account: bool,
}

impl Case<'_> {
    /// How it is decided: the modes of change control, by kind and direction.
    pub(crate) fn route(&self) -> Route {
        let route = match self.change {
            Change::Policy(_) => self.by_effect(),
            Change::Rollback { .. } if self.recent_lists => AFTERWARDS,
            Change::ListRollback(_) if self.recent_lists => AFTERWARDS,
            Change::Rollback { .. } | Change::ListRollback(_) => self.by_effect(),
            Change::Override(held) if !lets_in(held.action) && !self.guarded => {
                decide(Role::Coordinator, "it only closes")
            }
            Change::Override(_) if self.guarded => self.guarded(),
            Change::Override(held) if self.is_one_site(held.start.until(held.end)) => decide(
                Role::Coordinator,
                "it is one site for one group, for a week at most",
            ),
            Change::Override(_) => decide(
                Role::Headteacher,
                "it opens more than one site, for more than one group, or for more than a week",
            ),
            Change::Plan(_) => decide(Role::Headteacher, "it is about one person"),
            Change::Mode(_) if self.opens() => decide(Role::Headteacher, "it opens something"),
            Change::Mode(_) => decide(Role::Coordinator, "it only closes"),
            Change::Lesson(_) | Change::Hold(_) | Change::EndCommissioning => TOLD,
            Change::Pause(_) | Change::Isolation(_) | Change::Block(_) if self.guarded => {
                self.guarded()
            }
            Change::Pause(_) | Change::Isolation(_) | Change::Block(_) => EMERGENCY,
            Change::End { .. } if self.own_lesson => TOLD,
            Change::End { .. } if self.ends_opening => AFTERWARDS,
            Change::End { .. } => decide(Role::Headteacher, "ending a block opens what it closed"),
            Change::Extend { .. } if self.own_lesson => TOLD,
            Change::Extend { .. } if self.ends_opening && !self.later => AFTERWARDS,
            Change::Extend { .. } if !self.ends_opening && self.later => EMERGENCY,
            Change::Extend { .. } => decide(Role::Headteacher, "something is open for longer"),
            Change::Account(AccountChange::Absence { .. }) if self.own_account => TOLD,
            Change::Account(_) => decide(Role::Headteacher, "it is about who may do what"),
            Change::Feed(_) => decide(Role::Headteacher, "it is about who is who"),
            Change::Release { .. } if self.proposer == Role::SafeguardingLead => {
                decide(Role::Headteacher, "two people let records go")
            }
            Change::Release { .. } => decide(Role::SafeguardingLead, "two people let records go"),
            Change::Unseal { .. } if self.proposer == Role::SafeguardingLead => {
                decide(Role::Headteacher, "two people open what is sealed")
            }
            Change::Unseal { .. } => {
                decide(Role::SafeguardingLead, "two people open what is sealed")
            }
            Change::Erase { .. } => decide(Role::Headteacher, "what is erased never comes back"),
            Change::LiftLabels { .. } => AFTERWARDS,
            Change::RotateKey => decide(Role::Headteacher, "it is about the proof of the log"),
            Change::AcceptState { .. } => Route::Decide {
                by: vec![Role::Headteacher, Role::Chair],
                why: "an older state of the machine was brought back".to_owned(),
            },
            Change::SocialAccount(_) => decide(Role::Headteacher, "it speaks for the school"),
        };
        self.past_the_headteacher(route)
    }

    /// What is about the headteacher, or comes from there, goes to the chair.
    fn past_the_headteacher(&self, route: Route) -> Route {
        let Route::Decide { mut by, why } = route else {
            return route;
        };
        let own = self.proposer == Role::Headteacher && by.contains(&Role::Headteacher);
        if !own && !self.about_head {
            return Route::Decide { by, why };
        }
        by.clear();
        by.push(Role::Chair);
        let whose = match self.about_head {
            true => "it is about the headteacher",
            false => "the headteacher proposes it",
        };
        Route::Decide {
            by,
            why: format!("{why}, and {whose}"),
        }
    }

    fn by_effect(&self) -> Route {
        let sensitive = self.effect.is_none_or(|effect| {
            effect.lines.iter().any(|line| match line.part {
                Part::Identity | Part::Logging | Part::Alert | Part::Setting | Part::Essential => {
                    true
                }
                Part::Access
                | Part::Site
                | Part::Lock
                | Part::Mode
                | Part::Schedule
                | Part::SafeSearch
                | Part::Inspection
                | Part::Override
                | Part::Pause
                | Part::Emergency
                | Part::Plan
                | Part::List
                | Part::Category
                | Part::Exception
                | Part::Upstream
                | Part::Allowance
                | Part::Check => false,
            })
        });
        match (self.opens(), sensitive) {
            (true, _) => decide(Role::Headteacher, "it opens something"),
            (false, true) => decide(
                Role::Headteacher,
                "it is about who is who, what is written down, or who is told",
            ),
            (false, false) => decide(Role::Coordinator, "it opens nothing"),
        }
    }

    /// What was not compared opens.
    fn opens(&self) -> bool {
        self.effect
            .is_none_or(|effect| effect.direction == Direction::Opens)
    }

    fn guarded(&self) -> Route {
        decide(
            Role::Headteacher,
            "it names a site for help, or one that the school cannot do without",
        )
    }

    fn is_one_site(&self, span: Duration) -> bool {
        let [site] = self.change.sites() else {
            return false;
        };
        self.narrow && !site.starts_with("category:") && !site.contains('*') && span <= WEEK
    }
}

fn decide(by: Role, why: &str) -> Route {
    Route::Decide {
        by: vec![by],
        why: why.to_owned(),
    }
}

/// It comes into force, and others are told.
const TOLD: Route = Route::AtOnce {
    ratify: false,
    review: false,
};
/// It comes into force, and another person must consent within hours.
const EMERGENCY: Route = Route::AtOnce {
    ratify: true,
    review: false,
};
/// It comes into force, and another person must look at it within a school day.
const AFTERWARDS: Route = Route::AtOnce {
    ratify: false,
    review: true,
};
const WEEK: Duration = Duration::from_secs(7 * 86_400);
