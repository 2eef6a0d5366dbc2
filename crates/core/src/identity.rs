//! Who a verified credential speaks for.

use std::fmt;
use std::sync::OnceLock;

use serde_json::Value;

use crate::json::{self, Object};
use crate::time::UnixTime;

/// The kinds of credential, in the order in which they are looked for.
///
/// # Example
/// ```
/// use gatewright::CredentialKind;
/// assert_eq!(CredentialKind::Jwt.name(), "jwt");
/// assert_eq!(CredentialKind::from_name("session"), Some(CredentialKind::Session));
/// ```
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CredentialKind {
    /// A signed JSON Web Token (RFC 7519).
    Jwt,
    /// A biscuit.
    Biscuit,
    /// A user name and password (RFC 7617).
    Basic,
    /// A key in a header.
    ApiKey,
    /// A sealed session cookie.
    Session,
    /// A client certificate, passed on by the proxy.
    ClientCert,
}

impl CredentialKind {
    /// Every kind, in the order in which they are looked for.
    pub const ALL: &'static [Self] = &[Self::Jwt, Self::Biscuit, Self::Basic, Self::ApiKey, Self::Session, Self::ClientCert];

    /// Returns the name used in the policy file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Jwt => "jwt",
            Self::Biscuit => "biscuit",
            Self::Basic => "basic",
            Self::ApiKey => "api_key",
            Self::Session => "session",
            Self::ClientCert => "client_cert",
        }
    }

    /// Returns the table of the policy file that configures the kind.
    pub(crate) const fn table(self) -> &'static str {
        match self {
            Self::Jwt => "issuer",
            Self::Biscuit | Self::Basic | Self::ApiKey | Self::Session | Self::ClientCert => self.name(),
        }
    }

    /// Finds a kind by the name used in the policy file.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }
}

impl fmt::Display for CredentialKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// Who a verified credential speaks for, and how they were authenticated.
///
/// Applications receive one from a [`Permit`](crate::Permit); only a verified credential makes one.
#[derive(Clone, Debug)]
pub struct Identity {
    pub(crate) subject: Box<str>,
    pub(crate) email: Option<Box<str>>,
    pub(crate) name: Option<Box<str>>,
    /// `None` if the credential says nothing of groups, which is not the same as none.
    pub(crate) groups: Option<Vec<Box<str>>>,
    /// `None` if the credential says nothing of scopes.
    pub(crate) scopes: Option<Vec<Box<str>>>,
    pub(crate) issuer: Option<Box<str>>,
    pub(crate) credential: CredentialKind,
    pub(crate) acr: Option<Box<str>>,
    pub(crate) amr: Vec<Box<str>>,
    pub(crate) auth_time: Option<UnixTime>,
    pub(crate) claims: RawClaims,
}

impl Identity {
    pub(crate) fn new(subject: impl Into<Box<str>>, credential: CredentialKind) -> Self {
        Self {
            subject: subject.into(),
            email: None,
            name: None,
            groups: None,
            scopes: None,
            issuer: None,
            credential,
            acr: None,
            amr: Vec::new(),
            auth_time: None,
            claims: RawClaims::default(),
        }
    }

    /// Returns the subject: the user's identifier at its issuer, never empty.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// Returns the e-mail address, if the credential carries one that its issuer vouches for.
    #[must_use]
    pub fn email(&self) -> Option<&str> {
        self.email.as_deref()
    }

    /// Returns the name to show.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Returns the groups, in the credential's order.
    pub fn groups(&self) -> impl ExactSizeIterator<Item = &str> {
        self.groups.as_deref().unwrap_or_default().iter().map(AsRef::as_ref)
    }

    /// Returns the scopes, in the credential's order.
    pub fn scopes(&self) -> impl ExactSizeIterator<Item = &str> {
        self.scopes.as_deref().unwrap_or_default().iter().map(AsRef::as_ref)
    }

    /// Returns the issuer (`iss`), which a session carries only if it was sealed with one.
    #[must_use]
    pub fn issuer(&self) -> Option<&str> {
        self.issuer.as_deref()
    }

    /// Returns the kind of credential that gave this identity.
    #[must_use]
    pub fn credential(&self) -> CredentialKind {
        self.credential
    }

    /// Returns the authentication context class (`acr`).
    #[must_use]
    pub fn acr(&self) -> Option<&str> {
        self.acr.as_deref()
    }

    /// Returns the authentication methods (`amr`, RFC 8176).
    pub fn amr(&self) -> impl ExactSizeIterator<Item = &str> {
        self.amr.iter().map(AsRef::as_ref)
    }

    /// Returns when the user last authenticated (`auth_time`).
    #[must_use]
    pub fn auth_time(&self) -> Option<UnixTime> {
        self.auth_time
    }

    /// Returns the claim at `path`, a list of member names from the outside in.
    #[must_use]
    pub fn claim(&self, path: &[&str]) -> Option<&Value> {
        path.iter().try_fold(self.claims.value(), |value, member| value.get(member))
    }
}

/// The claims as the credential carried them, parsed when first asked for.
///
/// The text was checked by the strict reader before it came here. That one takes numbers of any size, which `serde_json` does
/// not: a number that no double holds is null here, and the claims beside it are there all the same.
#[derive(Clone, Default)]
pub(crate) struct RawClaims {
    json: Box<[u8]>,
    parsed: OnceLock<Value>,
}

impl RawClaims {
    pub(crate) fn new(json: &[u8]) -> Self {
        Self { json: json.into(), parsed: OnceLock::new() }
    }

    fn value(&self) -> &Value {
        self.parsed.get_or_init(|| serde_json::from_slice(&self.json).unwrap_or_else(|_| without_huge_numbers(&self.json)))
    }
}

/// Reads claims of which `serde_json` cannot hold every number.
fn without_huge_numbers(json: &[u8]) -> Value {
    Object::parse(json).map_or(Value::Null, |claims| members(&claims))
}

/// Takes over the members of an object; the strict reader has bounded the depth.
fn members(object: &Object<'_>) -> Value {
    object.members().map(|(name, value)| (name.to_owned(), value_of(value))).collect()
}

fn value_of(value: &json::Value<'_>) -> Value {
    match value {
        json::Value::Null => Value::Null,
        json::Value::Bool(value) => Value::Bool(*value),
        json::Value::Number(number) => serde_json::from_str(number).unwrap_or_default(),
        json::Value::String(text) => Value::String(text.as_ref().to_owned()),
        json::Value::Array(array) => array.elements().iter().map(value_of).collect(),
        json::Value::Object(object) => members(&object.object()),
    }
}

impl fmt::Debug for RawClaims {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "RawClaims({} bytes)", self.json.len())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_number_that_no_double_holds_hides_no_other_claim() {
        let claims = RawClaims::new(br#"{"role":"admin","n":1e400,"deep":{"list":[1,-1e999,"x"],"yes":true},"none":null}"#);
        let expected = json!({ "role": "admin", "n": null, "deep": { "list": [1, null, "x"], "yes": true }, "none": null });
        assert_eq!(*claims.value(), expected);
    }
}
