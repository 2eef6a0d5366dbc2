//! Rotation of session keys: a first key that nobody knew before locks everybody out who still has the old list.

use gatewright::{Authorizer, SessionClaims, UnixTime};

/// Returns a warning if `new` seals cookies with a key that `old` cannot open.
///
/// Found out by trying: a probe sealed by the new authorizer is shown to the old one.
pub(crate) fn warning(old: &Authorizer, new: &Authorizer, now: UnixTime) -> Option<String> {
    old.session_cookie()?;
    let probe = SessionClaims::new("probe", "probe");
    let sealed = new.seal_session(&probe, now).ok()?;
    let before = old.seal_session(&probe, now).ok()?;
    if key_id(&sealed) == key_id(&before) || old.inspect_session(&sealed, now).is_ok() {
        return None;
    }
    Some(WARNING.to_owned())
}

/// `v1.<kid>.<payload>.<mac>`
fn key_id(sealed: &str) -> Option<&str> {
    sealed.split('.').nth(1)
}

const WARNING: &str = "the first key of `[session] keys` was not in the list before: instances that have not reloaded yet refuse \
                       the cookies sealed with it; append a new key everywhere first, then move it to the front";
