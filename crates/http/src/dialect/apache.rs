//! `/auth/apache`: Apache httpd, by a script of mod_lua.
//!
//! The script writes every header of the question itself. `X-Forwarded-For` is read only if `proxy_sets.apache` names it.

use gatewright::{ChallengeForm, Decision, ForwardedFor};

use super::{Answer, Asked, Described, Malformed, x_forwarded};
use crate::response;

/// The endpoint's name in `proxy_sets`.
pub(crate) const NAME: &str = "apache";

/// Reads the request that Apache httpd asks about.
pub(crate) fn request_from<'r>(asked: Asked<'r, '_>) -> Result<Described<'r>, Malformed> {
    x_forwarded::request_from(asked, NAME, ForwardedFor::OnlyIfNamed, WRITES)
}

/// The script tells statuses apart, and sends people to the login by the `Location` of a 401.
pub(crate) fn response_to(decision: &Decision) -> Answer {
    response::answer(decision, ChallengeForm::Status)
}

const WRITES: &str = "the script of mod_lua writes it once; `gatewright init apache` has one";
