//! `/auth/haproxy`: HAProxy, by a script that asks before the request is routed.
//!
//! HAProxy writes nothing by itself: the lines `http-request set-header` of its configuration do, and overwrite what the client
//! sent. Questions come with HEAD or GET alike. `X-Forwarded-For` is read only if `proxy_sets.haproxy` names it.

use gatewright::{ChallengeForm, Decision, ForwardedFor};

use super::{Answer, Asked, Described, Malformed, x_forwarded};
use crate::response;

/// The endpoint's name in `proxy_sets`.
pub(crate) const NAME: &str = "haproxy";

/// Reads the request that HAProxy asks about.
pub(crate) fn request_from<'r>(asked: Asked<'r, '_>) -> Result<Described<'r>, Malformed> {
    x_forwarded::request_from(asked, NAME, ForwardedFor::OnlyIfNamed, WRITES)
}

/// The script tells statuses apart, and sends people to the login by the `Location` of a 401.
pub(crate) fn response_to(decision: &Decision) -> Answer {
    response::answer(decision, ChallengeForm::Status)
}

const WRITES: &str =
    "the configuration overwrites it with `http-request set-header`, once; `gatewright init haproxy` writes such a configuration";
