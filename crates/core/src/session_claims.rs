//! What a session says: the claims a login service hands in, and the payload they are sealed as.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

use crate::claims::check_name;
use crate::host::HostPattern;
use crate::time::UnixTime;

/// What a session says. Made by the service that logs people in, sealed by the authorizer.
///
/// Only the session's id and the subject are required; what is empty is left out. Times are set when it is sealed.
///
/// # Example
/// ```
/// use gatewright::{SessionClaims, UnixTime};
/// let claims = SessionClaims::new("3f9c1b", "alice")
///     .with_issuer("https://login.example.com")
///     .with_email("alice@example.com")
///     .with_groups(["staff", "admins"])
///     .with_hosts(["app.example.com"])
///     .with_auth_time(UnixTime::from_secs(1_767_225_600));
/// assert_eq!(claims.subject(), "alice");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionClaims {
    sid: Box<str>,
    subject: Box<str>,
    issuer: Option<Box<str>>,
    email: Option<Box<str>>,
    name: Option<Box<str>>,
    groups: Vec<Box<str>>,
    scopes: Vec<Box<str>>,
    amr: Vec<Box<str>>,
    acr: Option<Box<str>>,
    hosts: Vec<Box<str>>,
    auth_time: Option<UnixTime>,
    lifetime: Option<u64>,
}

/// Why a session cannot be sealed: the caller's mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealError(pub(crate) String);

impl SessionClaims {
    /// Starts the claims of one session: its id, by which it can be revoked (make it unguessable and unique), and its subject.
    #[must_use]
    pub fn new(sid: impl Into<String>, subject: impl Into<String>) -> Self {
        Self {
            sid: sid.into().into(),
            subject: subject.into().into(),
            issuer: None,
            email: None,
            name: None,
            groups: Vec::new(),
            scopes: Vec::new(),
            amr: Vec::new(),
            acr: None,
            hosts: Vec::new(),
            auth_time: None,
            lifetime: None,
        }
    }

    /// Sets the issuer the subject belongs to; without one the session matches no rule that names `issuers`.
    #[must_use]
    pub fn with_issuer(self, issuer: impl Into<String>) -> Self {
        Self { issuer: non_empty(issuer.into()), ..self }
    }

    /// Sets the e-mail address, which you vouch for.
    #[must_use]
    pub fn with_email(self, email: impl Into<String>) -> Self {
        Self { email: non_empty(email.into()), ..self }
    }

    /// Sets the name to show.
    #[must_use]
    pub fn with_name(self, name: impl Into<String>) -> Self {
        Self { name: non_empty(name.into()), ..self }
    }

    /// Sets the groups.
    #[must_use]
    pub fn with_groups(self, groups: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { groups: list(groups), ..self }
    }

    /// Sets the scopes.
    #[must_use]
    pub fn with_scopes(self, scopes: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { scopes: list(scopes), ..self }
    }

    /// Sets how the user authenticated (RFC 8176).
    #[must_use]
    pub fn with_amr(self, amr: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { amr: list(amr), ..self }
    }

    /// Sets the authentication context class.
    #[must_use]
    pub fn with_acr(self, acr: impl Into<String>) -> Self {
        Self { acr: non_empty(acr.into()), ..self }
    }

    /// Limits the session to these host patterns (`app.example.com`, `*.example.com`, an optional `:port`).
    #[must_use]
    pub fn with_hosts(self, hosts: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { hosts: list(hosts), ..self }
    }

    /// Sets when the user authenticated; without it that is the moment of sealing.
    #[must_use]
    pub fn with_auth_time(self, auth_time: UnixTime) -> Self {
        Self { auth_time: Some(auth_time), ..self }
    }

    /// Lets this session end `seconds` after it is sealed, sooner than the configured lifetime.
    #[must_use]
    pub fn with_lifetime(self, seconds: u64) -> Self {
        Self { lifetime: Some(seconds), ..self }
    }

    /// Returns the session's id.
    #[must_use]
    pub fn sid(&self) -> &str {
        &self.sid
    }

    /// Returns the subject.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// Returns the hosts the session is limited to; none means every host.
    pub fn hosts(&self) -> impl ExactSizeIterator<Item = &str> {
        self.hosts.iter().map(AsRef::as_ref)
    }

    /// Makes the payload of a session sealed at `now`.
    pub(crate) fn payload(&self, lifetime: u64, now: UnixTime) -> Result<Payload, SealError> {
        for (what, name) in [("session id", &self.sid), ("subject", &self.subject)] {
            check_name(name).map_err(|fault| SealError(format!("the {what} {fault}")))?;
        }
        for host in &self.hosts {
            HostPattern::parse(host).map_err(SealError)?;
        }
        let auth_time = self.auth_time.unwrap_or(now);
        if auth_time > now {
            return Err(SealError(format!("auth_time {auth_time} is later than now, {now}")));
        }
        let own_lifetime = self.lifetime.unwrap_or(lifetime);
        if own_lifetime == 0 || own_lifetime > lifetime {
            return Err(SealError(format!("a lifetime of {own_lifetime} s is not between 1 s and the configured {lifetime} s")));
        }
        Ok(Payload {
            sid: self.sid.clone(),
            sub: self.subject.clone(),
            iss: self.issuer.clone(),
            email: self.email.clone(),
            name: self.name.clone(),
            groups: self.groups.clone(),
            scopes: self.scopes.clone(),
            amr: self.amr.clone(),
            acr: self.acr.clone(),
            hosts: self.hosts.clone(),
            auth_time: auth_time.as_secs(),
            iat: now.as_secs(),
            exp: now.plus(own_lifetime).as_secs(),
            seen: now.as_secs(),
        })
    }
}

impl fmt::Display for SealError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for SealError {}

/// The payload of a session, version 1, with its members in the order of the format.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Payload {
    pub(crate) sid: Box<str>,
    pub(crate) sub: Box<str>,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub(crate) iss: Option<Box<str>>,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub(crate) email: Option<Box<str>>,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<Box<str>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) groups: Vec<Box<str>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) scopes: Vec<Box<str>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) amr: Vec<Box<str>>,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub(crate) acr: Option<Box<str>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) hosts: Vec<Box<str>>,
    pub(crate) auth_time: u64,
    pub(crate) iat: u64,
    pub(crate) exp: u64,
    pub(crate) seen: u64,
}

impl Payload {
    /// Reads a payload whose MAC was right: one object, every member known and of its type.
    pub(crate) fn parse(json: &[u8]) -> Result<Self, &'static str> {
        // serde would also take the members as an array.
        if json.first() != Some(&b'{') {
            return Err("the payload is not an object");
        }
        let payload: Self = serde_json::from_slice(json).map_err(|_| "the payload does not have the members of version 1")?;
        if check_name(&payload.sid).is_err() || check_name(&payload.sub).is_err() {
            return Err("sid or sub is empty, too long or holds control characters or outer spaces");
        }
        if payload.exp > UnixTime::MAX.as_secs() {
            return Err("exp is past the year 9999");
        }
        Ok(payload)
    }

    /// Whether one of its times has not come yet, by more than clocks differ.
    pub(crate) fn is_of_the_future(&self, now: UnixTime) -> bool {
        let latest = now.plus(MAX_CLOCK_SKEW).as_secs();
        [self.auth_time, self.iat, self.seen].iter().any(|time| *time > latest)
    }
}

/// Reads an optional member that is there: `null` is not a way to leave it out.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

fn non_empty(text: String) -> Option<Box<str>> {
    (!text.is_empty()).then(|| text.into())
}

fn list(items: impl IntoIterator<Item = impl Into<String>>) -> Vec<Box<str>> {
    items.into_iter().map(|item| item.into().into()).collect()
}

/// How far the clocks of the sealing and the opening machine may be apart.
const MAX_CLOCK_SKEW: u64 = 60;
