//! Decisions as HTTP answers of hyper's.

use bytes::Bytes;
use gatewright::{ChallengeForm, Decision};
use http::header::{CACHE_CONTROL, CONNECTION, CONTENT_LENGTH};
use http::{HeaderName, HeaderValue, Response, StatusCode};
use http_body_util::Full;

/// An answer that cannot be written: the sentence for the log. It becomes `internal`, a refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unwritable(pub(crate) String);

/// Writes the answer to a decision, which the engine keeps within what every proxy takes. Every body is empty.
///
/// # Errors
/// A header cannot be written, or comes twice: a fault of ours.
pub(crate) fn answer(decision: &Decision, form: ChallengeForm) -> Result<Response<Full<Bytes>>, Unwritable> {
    let answer = decision.answer(form);
    let status = StatusCode::from_u16(answer.status).map_err(|_| Unwritable("the status cannot be written".to_owned()))?;
    let mut response = bare(status);
    let headers = response.headers_mut();
    for (name, value) in answer.headers {
        let unwritable = || Unwritable(format!("header `{name}` cannot be written"));
        let field = HeaderName::from_bytes(name.as_bytes()).map_err(|_| unwritable())?;
        let value = HeaderValue::from_str(&value).map_err(|_| unwritable())?;
        if headers.insert(field, value).is_some() {
            return Err(unwritable()); // twice, or one of our own
        }
    }
    Ok(response)
}

/// Writes an answer that is no decision's.
pub(crate) fn empty(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = bare(status);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Closes the connection after this answer.
pub(crate) fn closing(mut response: Response<Full<Bytes>>) -> Response<Full<Bytes>> {
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

fn bare(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.reserve(8);
    headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    response
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
