//! How each proxy describes the request it asks about, and the answer it understands: `request_from` and `response_to`.
//!
//! One file per dialect; none reads the headers of another.

pub(crate) mod apache;
pub(crate) mod check;
pub(crate) mod envoy;
pub(crate) mod forward;
pub(crate) mod haproxy;
pub(crate) mod ingress_nginx;
pub(crate) mod verify;
mod x_forwarded;

use std::net::IpAddr;

use bytes::Bytes;
use gatewright::{ChallengeForm, Decision, HttpSettings, Request};
use http::Response;
use http_body_util::Full;

use crate::fields::Fields;
use crate::response::Unwritable;

/// The answer to a decision, or why it cannot be written.
pub(crate) type Answer = Result<Response<Full<Bytes>>, Unwritable>;

/// A proxy's question, as it arrived, and what the operator says of the proxy.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'r, 's> {
    /// The method of the question itself.
    pub(crate) method: &'r [u8],
    /// Path and query of the question itself, without the endpoint's path.
    pub(crate) rest: &'r [u8],
    pub(crate) fields: Fields<'r>,
    pub(crate) settings: &'s HttpSettings,
    /// The names under which this service itself is reached.
    pub(crate) own_hosts: &'s [String],
}

/// The request the proxy asks about, borrowed from the request it asks with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Described<'r> {
    pub(crate) method: &'r [u8],
    pub(crate) scheme: &'r [u8],
    pub(crate) host: &'r [u8],
    /// Path and query, raw.
    pub(crate) target: &'r [u8],
    pub(crate) client: Option<IpAddr>,
    /// Whether the host never carries a port, so that none may be inferred.
    pub(crate) portless: bool,
}

/// The proxy's request does not describe one: the sentence for the log, naming the line to add.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Malformed(pub(crate) String);

impl<'r> Described<'r> {
    /// Returns the request for the engine.
    pub(crate) fn request(&'r self, fields: &'r Fields<'r>) -> Request<'r> {
        let mut request = Request::new(self.method, self.scheme, self.host, self.target, fields);
        if let Some(client) = self.client {
            request = request.client(client);
        }
        if self.portless { request.portless_host() } else { request }
    }

    /// Returns the path without query and fragment, for the log.
    pub(crate) fn path(&self) -> &'r [u8] {
        self.target.split(|byte| matches!(byte, b'?' | b'#')).next().unwrap_or_default()
    }

    /// Returns the host without a user's name and password, for the log.
    pub(crate) fn shown_host(&self) -> &'r [u8] {
        self.host.rsplit(|byte| *byte == b'@').next().unwrap_or_default()
    }
}

/// How a proxy takes a challenge: some hand a redirect on to the client, others make an error of it.
pub(crate) fn status_or_redirect(decision: &Decision, navigation: bool) -> Answer {
    crate::response::answer(decision, challenge_form(navigation))
}

const fn challenge_form(navigation: bool) -> ChallengeForm {
    if navigation { ChallengeForm::Redirect } else { ChallengeForm::Status }
}

/// A question of these header fields alone, for tests.
#[cfg(test)]
pub(crate) fn asked<'r, 's>(headers: &'r http::HeaderMap, settings: &'s HttpSettings) -> Asked<'r, 's> {
    Asked { method: b"GET", rest: b"", fields: Fields(headers), settings, own_hosts: &[] }
}
