//! The three cookies of the demo.

use gatewright::{Authorizer, SessionClaims, UnixTime};

use crate::cli::failure::Failure;
use crate::cli::random;

/// A cookie that was minted for the demo.
#[derive(Clone, Debug)]
pub(crate) struct Cookie {
    /// The shell variable that holds it.
    pub(crate) variable: &'static str,
    /// Whose it is.
    pub(crate) about: &'static str,
    /// The sealed value.
    pub(crate) value: String,
}

/// Mints alice's, bob's and an expired cookie.
pub(crate) fn mint(authorizer: &Authorizer, now: UnixTime) -> Result<[Cookie; 3], Failure> {
    let two_days_ago = UnixTime::from_secs(now.as_secs().saturating_sub(2 * 86_400));
    let seal = |variable, about, subject: &str, group: &str, at| -> Result<Cookie, Failure> {
        let claims = SessionClaims::new(random::session_id()?, subject)
            .with_email(format!("{subject}@example.com"))
            .with_groups([group.to_owned()]);
        let value = authorizer.seal_session(&claims, at).map_err(|error| Failure::Failed(error.to_string()))?;
        Ok(Cookie { variable, about, value })
    };
    Ok([
        seal(ALICE, "alice@example.com, in the group admins", "alice", "admins", now)?,
        seal(BOB, "bob@example.com, in the group staff", "bob", "staff", now)?,
        seal(EXPIRED, "alice again, but sealed two days ago", "alice", "admins", two_days_ago)?,
    ])
}

/// The variable with an administrator's cookie.
pub(crate) const ALICE: &str = "ALICE";
/// The variable with a colleague's cookie.
pub(crate) const BOB: &str = "BOB";
/// The variable with a cookie that is too old.
pub(crate) const EXPIRED: &str = "EXPIRED";
