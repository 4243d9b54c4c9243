/// What somebody did about an incident, as the change log tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IncidentStep {
    /// Looked at it.
    Viewed,
    /// Took it on.
    Taken,
    /// Wrote a note.
    Noted,
    /// Handed it on to another role.
    HandedOn,
    /// Blocked its site until somebody else confirms that.
    Blocked,
    /// Took the report that is passed on outside.
    Forwarded,
    /// Closed it.
    Closed,
    /// Opened it again.
    Reopened,
}

impl IncidentStep {
    /// The word of the change log.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Viewed => "viewed",
            Self::Taken => "taken on",
            Self::Noted => "a note was written",
            Self::HandedOn => "handed on",
            Self::Blocked => "its site was blocked provisionally",
            Self::Forwarded => "the report to pass on was taken",
            Self::Closed => "closed",
            Self::Reopened => "opened again",
        }
    }
}
