//! Whose session is sealed.

use gatewright::{SessionClaims, UnixTime};
use serde::Deserialize;

use crate::error::{Result, invalid};

/// What a service that logs people in seals into the session cookie, as JSON has it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Session {
    sid: String,
    subject: String,
    issuer: Option<String>,
    email: Option<String>,
    name: Option<String>,
    #[serde(default)]
    groups: Vec<String>,
    #[serde(default)]
    scopes: Vec<String>,
    #[serde(default)]
    amr: Vec<String>,
    acr: Option<String>,
    #[serde(default)]
    hosts: Vec<String>,
    auth_time: Option<u64>,
    lifetime: Option<u64>,
}

/// Reads the claims of a session.
///
/// # Errors
/// A member is missing, unknown or of another type.
pub(crate) fn claims(text: &str) -> Result<SessionClaims> {
    let session: Session = serde_json::from_str(text).map_err(|error| invalid(format!("the session's claims: {error}")))?;
    let mut claims = SessionClaims::new(session.sid, session.subject)
        .with_groups(session.groups)
        .with_scopes(session.scopes)
        .with_amr(session.amr)
        .with_hosts(session.hosts);
    if let Some(issuer) = session.issuer {
        claims = claims.with_issuer(issuer);
    }
    if let Some(email) = session.email {
        claims = claims.with_email(email);
    }
    if let Some(name) = session.name {
        claims = claims.with_name(name);
    }
    if let Some(acr) = session.acr {
        claims = claims.with_acr(acr);
    }
    if let Some(auth_time) = session.auth_time {
        claims = claims.with_auth_time(UnixTime::from_secs(auth_time));
    }
    if let Some(lifetime) = session.lifetime {
        claims = claims.with_lifetime(lifetime);
    }
    Ok(claims)
}
