use axum::http::StatusCode;

/// Why a request is not answered as it was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    /// Nobody is signed in, or no longer.
    #[error("sign in first")]
    SignIn,
    /// A password must be changed, or a second factor set up, before anything else.
    #[error("choose your own password and set up your second factor at school first")]
    Finish(&'static str),
    /// The role may not.
    #[error("your role may not open this page")]
    Role,
    /// The page, or what it is about, is not there, or not for this person to know of.
    #[error("there is no such page")]
    Missing,
    /// The page is there, and takes no request of this kind.
    #[error("this address takes another method; the field `allow` names them")]
    Method,
    /// The request cannot be understood.
    #[error("{0}")]
    Malformed(String),
    /// The desk says no; its words say why and how to mend it.
    #[error("{0}")]
    Refused(String),
    /// Something moved meanwhile.
    #[error("{0}")]
    Moved(String),
    /// Too many tries.
    #[error("{0}")]
    TooMany(String),
    /// The request came from a page of another site.
    #[error("the request did not come from a page of this console")]
    OtherSite,
    /// The request names another host.
    #[error("this console is not known under that name")]
    OtherHost,
    /// More was sent than any form of the console holds.
    #[error("more was sent than is taken here")]
    TooLarge,
    /// The sender took too long, or the console did.
    #[error("that took too long; try again")]
    TooLate,
    /// A template could not be written.
    #[error("the page could not be written")]
    Page(#[from] askama::Error),
    /// JSON could not be written.
    #[error("the answer could not be written")]
    Json(#[from] serde_json::Error),
    /// The request cannot be answered so, with a status of its own.
    #[error("{1}")]
    Desk(StatusCode, String),
    /// Something failed on this side.
    #[error("{0}")]
    Failed(String),
}

impl Refusal {
    /// The status of HTTP.
    pub(crate) const fn status(&self) -> StatusCode {
        match self {
            Self::SignIn => StatusCode::UNAUTHORIZED,
            Self::Finish(_) | Self::Role | Self::Refused(_) | Self::OtherSite => {
                StatusCode::FORBIDDEN
            }
            Self::Missing => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Malformed(_) => StatusCode::BAD_REQUEST,
            Self::Moved(_) => StatusCode::CONFLICT,
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::OtherHost => StatusCode::MISDIRECTED_REQUEST,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooLate => StatusCode::REQUEST_TIMEOUT,
            Self::Desk(status, _) => *status,
            Self::Page(_) | Self::Json(_) | Self::Failed(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Writes the fault down where it is ours.
    pub(crate) fn log(&self) {
        if self.status().is_server_error() {
            tracing::error!(error = %self, cause = ?std::error::Error::source(self), "a page of the console failed");
        }
    }
}
