//! How each proxy describes the request it asks about. One file per dialect; none reads the headers of another.

pub(crate) mod forward;
pub(crate) mod verify;

use std::net::IpAddr;

use gatewright::Request;

use crate::fields::Fields;

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
