//! Questions answered without a socket: the same gate, one request at a time.
//!
//! For fuzzing, which asks a hundred thousand questions in the time a connection takes. Not part of the public interface: what
//! it gives and takes may change at any time.

use std::io;
use std::sync::Arc;

use gatewright_issuer::Live;
use http::header::{HeaderName, HeaderValue};
use http::{HeaderMap, Request, Uri};
use tokio::runtime::{Builder, Runtime};

use crate::dialect::check;
use crate::gate::{Clock, Gate};
use crate::grpc;
use crate::grpc::message::{HeaderValueOption, HttpResponse};
use crate::log::Log;
use crate::peer::Peer;

/// A gate that a unix socket would lead to.
#[derive(Debug)]
pub struct InProcess {
    gate: Arc<Gate>,
    runtime: Runtime,
}

/// What a proxy would be told.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct InProcessAnswer {
    /// The status.
    pub status: u16,
    /// Every header field, names in lower case.
    pub headers: Vec<(String, Vec<u8>)>,
}

impl InProcess {
    /// Opens a gate for this policy.
    ///
    /// # Errors
    /// There is no runtime to be had.
    pub fn new(live: Live, log: Log, clock: Clock) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_time().build()?;
        Ok(Self { gate: Arc::new(Gate::new(live, log, clock, Vec::new())), runtime })
    }

    /// Answers a GET of `path` with these header fields; `None` if they cannot stand in a request, which hyper would refuse.
    #[must_use]
    pub fn answer(&self, path: &str, fields: &[(String, Vec<u8>)]) -> Option<InProcessAnswer> {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
            headers.append(name, HeaderValue::from_bytes(value).ok()?);
        }
        let (mut parts, ()) = Request::new(()).into_parts();
        parts.uri = path.parse::<Uri>().ok()?;
        parts.headers = headers;
        let response = self.runtime.block_on(self.gate.answer(Peer::Unix, &parts, false));
        let headers = response.headers().iter().map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec()));
        Some(InProcessAnswer { status: response.status().as_u16(), headers: headers.collect() })
    }

    /// Answers a call of `Check` whose body has these bytes: the status that the client sees (0 on an allow), and what the backend
    /// is told beside the request; `None` if the answer is one that Envoy takes for an allow although it is none.
    #[must_use]
    pub fn check(&self, framed: &[u8]) -> Option<InProcessAnswer> {
        let question = check::Call::new(grpc::decode(framed));
        let response = self.runtime.block_on(self.gate.check(Peer::Unix, &HeaderMap::new(), &question));
        let code = response.status.map_or(0, |status| status.code);
        let (status, options) = match (code, response.http_response?) {
            (0, HttpResponse::Ok(ok)) => (0, [ok.headers, ok.response_headers_to_add].concat()),
            (0, HttpResponse::Denied(_)) | (_, HttpResponse::Ok(_)) => return None,
            (_, HttpResponse::Denied(denied)) => (u16::try_from(denied.status?.code).ok()?, denied.headers),
        };
        let header = |option: HeaderValueOption| option.header.map(|header| (header.key, header.value));
        let text = |(name, value): (Vec<u8>, Vec<u8>)| (String::from_utf8_lossy(&name).into_owned(), value);
        Some(InProcessAnswer { status, headers: options.into_iter().filter_map(header).map(text).collect() })
    }
}
