use crate::Health;
use axum::http::StatusCode;
use prometheus::{Encoder, Registry, TextEncoder};

use crate::Answer;

/// Whether the process runs.
pub(crate) fn alive() -> Answer {
    Answer::text(StatusCode::OK, "the process runs\n")
}

/// Whether it does its work.
pub(crate) fn ready(health: &Health) -> Answer {
    let status = if health.ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    // A struct of a flag and texts always has a JSON form.
    Answer::json(status, health).unwrap_or_else(|_| Answer::text(status, "{}"))
}

/// What was counted, in Prometheus text form.
pub(crate) fn metrics(registry: &Registry) -> Answer {
    let encoder = TextEncoder::new();
    let mut text = Vec::new();
    match encoder.encode(&registry.gather(), &mut text) {
        Ok(()) => Answer::of_kind(prometheus::TEXT_FORMAT, text),
        Err(error) => {
            tracing::error!(%error, "the metrics could not be written");
            Answer::text(
                StatusCode::INTERNAL_SERVER_ERROR,
                "the metrics could not be written\n",
            )
        }
    }
}
