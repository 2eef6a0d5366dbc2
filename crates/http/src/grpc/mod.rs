//! The listener for `envoy.service.auth.v3.Authorization/Check`: one unary call over HTTP/2, read and answered here.
//!
//! A question that cannot be read is answered by a denial, not by an error of gRPC: Envoy lets a request pass on an error where
//! `failure_mode_allow` says so.

pub(crate) mod message;

use std::convert::Infallible;

use bytes::{BufMut as _, Bytes, BytesMut};
use http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use http::request::Parts;
use http::{Method, Response, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use prost::Message as _;

use self::message::{CheckRequest, CheckResponse};

/// The body of an answer: a message, then trailers.
pub(crate) type Answer = Response<UnsyncBoxBody<Bytes, Infallible>>;

/// Returns whether this is a call of `Check`; else what to answer.
pub(crate) fn recognise(parts: &Parts) -> Result<(), Box<Answer>> {
    let content_type = parts.headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    let form = content_type.strip_prefix(b"application/grpc");
    if !form.is_some_and(|form| matches!(form.first(), None | Some(b'+' | b';'))) {
        let mut answer = Response::new(Full::default().boxed_unsync());
        *answer.status_mut() = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        return Err(Box::new(answer));
    }
    if parts.method != Method::POST || parts.uri.path() != CHECK {
        return Err(Box::new(trailers_alone(UNIMPLEMENTED)));
    }
    Ok(())
}

/// Reads the message of a call; `None` is one that is too long, ends early or is none.
pub(crate) async fn read(body: Incoming) -> Option<CheckRequest> {
    let collected = Limited::new(body, MAX_MESSAGE + PREFIX).collect().await.ok()?;
    decode(&collected.to_bytes())
}

/// Reads one message behind its prefix: a byte that says whether it is compressed, and its length.
pub(crate) fn decode(framed: &[u8]) -> Option<CheckRequest> {
    let (prefix, message) = framed.split_at_checked(PREFIX)?;
    let [compressed, length @ ..] = prefix else { return None };
    let length = u32::from_be_bytes(length.try_into().ok()?);
    if *compressed != 0 || usize::try_from(length).ok()? != message.len() {
        return None;
    }
    CheckRequest::decode(message).ok()
}

/// Writes the answer to a call.
pub(crate) fn write(response: &CheckResponse) -> Answer {
    let message = response.encode_to_vec();
    let Ok(length) = u32::try_from(message.len()) else { return trailers_alone(INTERNAL) };
    let mut framed = BytesMut::with_capacity(message.len().saturating_add(PREFIX));
    framed.put_u8(0);
    framed.put_u32(length);
    framed.put_slice(&message);
    let body = Full::new(framed.freeze()).with_trailers(std::future::ready(Some(Ok(status(OK)))));
    let mut answer = Response::new(body.boxed_unsync());
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    answer
}

/// Answers a call by a status without a message.
fn trailers_alone(code: &'static str) -> Answer {
    let mut answer = Response::new(Full::default().boxed_unsync());
    answer.headers_mut().extend(status(code));
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    answer
}

fn status(code: &'static str) -> HeaderMap {
    HeaderMap::from_iter([(http::HeaderName::from_static("grpc-status"), HeaderValue::from_static(code))])
}

const CHECK: &str = "/envoy.service.auth.v3.Authorization/Check";
/// One byte that says whether the message is compressed, four for its length.
const PREFIX: usize = 5;
/// Envoy takes heads of 60 KiB by default, 96 KiB at the most, and sends a body only if it is told to.
const MAX_MESSAGE: usize = 1 << 18;
/// `google.rpc.Code`, as text.
const OK: &str = "0";
const UNIMPLEMENTED: &str = "12";
const INTERNAL: &str = "13";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn message_is_read_behind_its_prefix() {
        let message = CheckRequest { attributes: Some(message::AttributeContext::default()) };
        let encoded = message.encode_to_vec();
        let framed = |compressed: u8, length: u32| [&[compressed][..], &length.to_be_bytes(), &encoded].concat();
        let length = u32::try_from(encoded.len()).unwrap();
        assert_eq!(decode(&framed(0, length)), Some(message));
        for wrong in
            [framed(1, length), framed(0, length + 1), framed(0, length - 1), framed(0, u32::MAX), Vec::new(), vec![0; 4]]
        {
            assert_eq!(decode(&wrong), None, "{wrong:?}");
        }
        assert_eq!(decode(&[0, 0, 0, 0, 3, 0xff, 0xff, 0xff]), None, "no protobuf");
    }
}
