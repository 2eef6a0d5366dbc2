//! The admin listener: for whoever runs the service, never for a proxy.

use std::sync::atomic::Ordering;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderValue, Method, Response, StatusCode};
use http_body_util::Full;

use crate::gate::Gate;
use crate::response;

/// Answers `/healthz` (the process runs), `/readyz` (it can decide), `/metrics` and `/.well-known/jwks.json` (the keys of
/// assertions); by path alone, whoever asks.
pub(crate) fn answer(gate: &Gate, parts: &Parts) -> Response<Full<Bytes>> {
    if parts.method != Method::GET && parts.method != Method::HEAD {
        return response::closing(response::empty(StatusCode::METHOD_NOT_ALLOWED));
    }
    match parts.uri.path() {
        "/healthz" => text(StatusCode::OK, "ok\n"),
        "/readyz" => readiness(gate),
        "/metrics" => metrics(gate),
        "/.well-known/jwks.json" => assertion_keys(gate),
        _ => response::empty(StatusCode::NOT_FOUND),
    }
}

fn readiness(gate: &Gate) -> Response<Full<Bytes>> {
    if gate.draining.load(Ordering::Relaxed) {
        text(StatusCode::SERVICE_UNAVAILABLE, "draining\n")
    } else if gate.live.ready() {
        text(StatusCode::OK, "ready\n")
    } else {
        text(StatusCode::SERVICE_UNAVAILABLE, "waiting for an issuer's keys\n")
    }
}

fn metrics(gate: &Gate) -> Response<Full<Bytes>> {
    let mut response = text(StatusCode::OK, gate.metrics.text(gate.log.dropped()));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8"));
    response
}

fn assertion_keys(gate: &Gate) -> Response<Full<Bytes>> {
    let current = gate.live.current();
    let Some(keys) = current.authorizer.assertion_keys() else { return response::empty(StatusCode::NOT_FOUND) };
    let mut response = text(StatusCode::OK, keys.to_owned());
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/jwk-set+json"));
    // Backends may keep the keys for a while: a new one is published before it signs.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
    response
}

fn text(status: StatusCode, body: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let body = body.into();
    let mut response = Response::new(Full::new(body.clone()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
