//! What the desk refuses, as a status of HTTP; its own words say why and how to mend it.

use crate::Refusal;
use alert::IncidentError;
use axum::http::StatusCode;
use change::{
    BindError, ConfirmError, DecideError, DriftError, LookError, ProposeError, SessionError,
    SignInError, TokenError,
};
use gate::QuestionError;

impl From<SessionError> for Refusal {
    fn from(error: SessionError) -> Self {
        match error {
            SessionError::Over | SessionError::Changed => Self::SignIn,
            SessionError::NotReady => Self::Refused(error.to_string()),
        }
    }
}

impl From<ProposeError> for Refusal {
    fn from(error: ProposeError) -> Self {
        let words = error.to_string();
        match error {
            ProposeError::Session(error) => error.into(),
            ProposeError::Role { .. } => Self::Refused(words),
            ProposeError::NoPolicy | ProposeError::SetBack | ProposeError::NobodyDecides { .. } => {
                Self::Moved(words)
            }
            ProposeError::Invalid(_) | ProposeError::Faults { .. } => Self::Desk(INVALID, words),
            ProposeError::Full { .. } => Self::TooMany(words),
            ProposeError::Ledger(_) | ProposeError::Activate(_) => Self::Desk(CANNOT, words),
        }
    }
}

impl From<DecideError> for Refusal {
    fn from(error: DecideError) -> Self {
        let words = error.to_string();
        match error {
            DecideError::Session(error) => error.into(),
            DecideError::Unknown { .. } => Self::Missing,
            DecideError::Stale
            | DecideError::Own
            | DecideError::Turn { .. }
            | DecideError::Role { .. } => Self::Refused(words),
            DecideError::Stage { .. }
            | DecideError::LookAgain
            | DecideError::SetBack
            | DecideError::HeldUp { .. } => Self::Moved(words),
            DecideError::Words | DecideError::Faults { .. } => Self::Desk(INVALID, words),
            DecideError::Ledger(_) | DecideError::Activate(_) => Self::Desk(CANNOT, words),
        }
    }
}

impl From<ConfirmError> for Refusal {
    fn from(error: ConfirmError) -> Self {
        let words = error.to_string();
        match error {
            ConfirmError::Session(error) => error.into(),
            ConfirmError::Token | ConfirmError::Sealed | ConfirmError::Begun => {
                Self::Refused(words)
            }
            ConfirmError::SignIn(error) => match error {
                SignInError::Often { .. } => Self::TooMany(words),
                SignInError::Wrong
                | SignInError::CodeNeeded
                | SignInError::Hours
                | SignInError::Credential(_) => Self::Refused(words),
                SignInError::Ledger(_) => Self::Desk(CANNOT, words),
            },
        }
    }
}

impl From<LookError> for Refusal {
    fn from(error: LookError) -> Self {
        let words = error.to_string();
        match error {
            LookError::Session(error) => error.into(),
            LookError::Role { .. } => Self::Refused(words),
            LookError::Unknown { .. } => Self::Missing,
            LookError::Reason | LookError::Faults { .. } => Self::Desk(INVALID, words),
            LookError::NoReplay { .. } => Self::Moved(words),
            LookError::Replay(_) | LookError::Bundle(_) | LookError::Ledger(_) => {
                Self::Desk(CANNOT, words)
            }
        }
    }
}

impl From<DriftError> for Refusal {
    fn from(error: DriftError) -> Self {
        let words = error.to_string();
        match error {
            DriftError::Propose(error) => error.into(),
            DriftError::NoPolicy => Self::Moved(words),
            DriftError::Bundle(_) => Self::Desk(CANNOT, words),
        }
    }
}

impl From<TokenError> for Refusal {
    fn from(error: TokenError) -> Self {
        let words = error.to_string();
        match error {
            TokenError::Session(error) => error.into(),
            TokenError::Unknown => Self::Missing,
            TokenError::Elsewhere | TokenError::Stale => Self::Refused(words),
            TokenError::Expiry | TokenError::Feed { .. } => Self::Desk(INVALID, words),
            TokenError::Full => Self::Moved(words),
            TokenError::Secret(_) => Self::Desk(CANNOT, words),
        }
    }
}

impl From<BindError> for Refusal {
    fn from(error: BindError) -> Self {
        let words = error.to_string();
        match error {
            BindError::Token(error) => error.into(),
            BindError::NoPolicy | BindError::NoFeeds => Self::Moved(words),
            BindError::Count
            | BindError::Span { .. }
            | BindError::Outside { .. }
            | BindError::Group { .. }
            | BindError::Class { .. }
            | BindError::Hardware { .. }
            | BindError::User { .. } => Self::Desk(INVALID, words),
            BindError::Ledger(_) => Self::Desk(CANNOT, words),
        }
    }
}

impl From<IncidentError> for Refusal {
    fn from(error: IncidentError) -> Self {
        let words = error.to_string();
        match error {
            IncidentError::Unknown { .. } => Self::Missing,
            IncidentError::Concerned { .. } => Self::Refused(words),
            IncidentError::Closed { .. } | IncidentError::NotClosed { .. } => Self::Moved(words),
            IncidentError::Unsaid { .. } => Self::Desk(INVALID, words),
            IncidentError::Io { .. } => Self::Desk(CANNOT, words),
        }
    }
}

impl From<QuestionError> for Refusal {
    fn from(error: QuestionError) -> Self {
        Self::Desk(INVALID, error.to_string())
    }
}

/// It was understood, and cannot be so.
pub(super) const INVALID: StatusCode = StatusCode::UNPROCESSABLE_ENTITY;

/// The disk does not take it; nothing that was sent is at fault.
pub(super) const CANNOT: StatusCode = StatusCode::SERVICE_UNAVAILABLE;
