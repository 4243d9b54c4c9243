use crate::Health;
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use hyper::{Method, Response, StatusCode};
use prometheus::{Encoder, Registry, TextEncoder};

const PLAIN: &str = "text/plain; charset=utf-8";

/// Answers one request by its method and path; nothing else of it is looked at.
pub(crate) fn answer(
    method: &Method,
    path: &str,
    registry: &Registry,
    health: &impl Fn() -> Health,
) -> Response<Full<Bytes>> {
    if method != Method::GET && method != Method::HEAD {
        let mut refused = response(
            StatusCode::METHOD_NOT_ALLOWED,
            PLAIN,
            "only GET is answered\n",
        );
        refused
            .headers_mut()
            .insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return refused;
    }
    match path {
        "/healthz" => response(StatusCode::OK, PLAIN, "the process runs\n"),
        "/readyz" => readiness(&health()),
        "/metrics" => metrics(registry),
        "/" => response(
            StatusCode::OK,
            PLAIN,
            "Schoolgate, management listener\n\n/healthz  whether the process runs\n/readyz   whether it does its work\n/metrics  counts, in Prometheus text form\n",
        ),
        _ => response(
            StatusCode::NOT_FOUND,
            PLAIN,
            "no such page; / lists those there are\n",
        ),
    }
}

fn readiness(health: &Health) -> Response<Full<Bytes>> {
    let status = if health.ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    // A struct of a flag and texts always has a JSON form.
    let body = serde_json::to_string(health).unwrap_or_default();
    response(status, "application/json", body + "\n")
}

fn metrics(registry: &Registry) -> Response<Full<Bytes>> {
    let encoder = TextEncoder::new();
    let mut text = Vec::new();
    match encoder.encode(&registry.gather(), &mut text) {
        Ok(()) => response(StatusCode::OK, encoder.format_type(), text),
        Err(error) => {
            tracing::error!(%error, "the metrics could not be written");
            response(
                StatusCode::INTERNAL_SERVER_ERROR,
                PLAIN,
                "the metrics could not be written\n",
            )
        }
    }
}

fn response(status: StatusCode, kind: &str, body: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut made = Response::new(Full::new(body.into()));
    *made.status_mut() = status;
    let headers = made.headers_mut();
    if let Ok(kind) = HeaderValue::from_str(kind) {
        headers.insert(CONTENT_TYPE, kind);
    }
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    made
}
