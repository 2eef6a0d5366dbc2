//! Decisions as HTTP answers: the one place where a status is chosen.

use bytes::Bytes;
use gatewright::{Challenge, Decision, Forbidden, Permit};
use http::header::{CACHE_CONTROL, CONNECTION, CONTENT_LENGTH, LOCATION, SET_COOKIE, WWW_AUTHENTICATE};
use http::{HeaderName, HeaderValue, Response, StatusCode};
use http_body_util::Full;

/// How a challenge is put: to be decided before the answer is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChallengeForm {
    /// 401, with the login's address in `Location` for a proxy or script that wants it.
    Status,
    /// 302 to the login, if there is one: the proxy hands it on and a person's browser follows.
    Redirect,
}

/// An answer that cannot be written: the sentence for the log. It becomes `internal`, a refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unwritable(pub(crate) String);

/// Writes the answer to a decision. Every body is empty; only an allow is 2xx.
///
/// # Errors
/// The headers are not valid, or exceed what a proxy takes.
pub(crate) fn answer(decision: &Decision, form: ChallengeForm) -> Result<Response<Full<Bytes>>, Unwritable> {
    match decision {
        Decision::Allow(permit) => allow(permit),
        Decision::Challenge(challenge) => challenged(challenge, form),
        Decision::Forbid(forbidden) => forbid(forbidden),
        Decision::Indeterminate(_) => Ok(empty(StatusCode::SERVICE_UNAVAILABLE)),
    }
}

/// Writes an answer without a body.
pub(crate) fn empty(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.reserve(8);
    headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Closes the connection after this answer.
pub(crate) fn closing(mut response: Response<Full<Bytes>>) -> Response<Full<Bytes>> {
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

/// Writes an allow. The engine keeps it within what every proxy takes; what cannot be a header at all is a fault of ours.
fn allow(permit: &Permit) -> Result<Response<Full<Bytes>>, Unwritable> {
    let mut response = empty(StatusCode::OK);
    let headers = response.headers_mut();
    for (name, value) in permit.headers() {
        let unwritable = || Unwritable(format!("identity header `{name}` cannot be written"));
        let field = HeaderName::from_bytes(name.as_bytes()).map_err(|_| unwritable())?;
        let value = HeaderValue::from_str(&value).map_err(|_| unwritable())?;
        if headers.insert(field, value).is_some() {
            return Err(unwritable()); // twice, or one of our own
        }
    }
    if let Some(cookie) = permit.renewed_session() {
        headers.insert(
            SET_COOKIE,
            HeaderValue::from_str(cookie).map_err(|_| Unwritable("the renewed session cannot be written".to_owned()))?,
        );
    }
    Ok(response)
}

/// Writes a 403. With a missing scope it says which (RFC 6750 §3.1); it never leads to a login.
fn forbid(forbidden: &Forbidden) -> Result<Response<Full<Bytes>>, Unwritable> {
    let mut response = empty(StatusCode::FORBIDDEN);
    if let Some(scheme) = forbidden.www_authenticate() {
        let scheme = HeaderValue::from_str(scheme).map_err(|_| Unwritable("`WWW-Authenticate` cannot be written".to_owned()))?;
        response.headers_mut().insert(WWW_AUTHENTICATE, scheme);
    }
    Ok(response)
}

fn challenged(challenge: &Challenge, form: ChallengeForm) -> Result<Response<Full<Bytes>>, Unwritable> {
    let login = challenge
        .login_url()
        .map(HeaderValue::from_str)
        .transpose()
        .map_err(|_| Unwritable("the login's address cannot be written".to_owned()))?;
    let mut response = match (form, &login) {
        (ChallengeForm::Redirect, Some(_)) => empty(StatusCode::FOUND),
        (ChallengeForm::Redirect, None) | (ChallengeForm::Status, _) => {
            let mut response = empty(StatusCode::UNAUTHORIZED);
            let scheme = HeaderValue::from_str(challenge.www_authenticate())
                .map_err(|_| Unwritable("`WWW-Authenticate` cannot be written".to_owned()))?;
            response.headers_mut().insert(WWW_AUTHENTICATE, scheme);
            response
        }
    };
    if let Some(login) = login {
        response.headers_mut().insert(LOCATION, login);
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use gatewright::{Outage, Rejection};

    use super::*;

    #[test]
    fn refusals_have_their_status_and_no_body() {
        for (decision, status) in [
            (Decision::refused(Rejection::RequestMalformed, "a"), 403),
            (Decision::refused(Rejection::PeerUntrusted, "a"), 403),
            (Decision::unavailable(Outage::Internal, "a"), 503),
            (Decision::unavailable(Outage::Overloaded, "a"), 503),
        ] {
            let response = answer(&decision, ChallengeForm::Redirect).unwrap();
            assert_eq!(response.status(), status);
            let names: Vec<&str> = response.headers().keys().map(HeaderName::as_str).collect();
            assert_eq!(names, ["content-length", "cache-control"]);
        }
    }
}
