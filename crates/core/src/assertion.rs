//! The signed identity assertion (`[assertion]`): a short JWT for backends that verify instead of trusting headers.
//!
//! Its explicit type keeps it from being taken for an access token (RFC 8725 §3.11), its audience from being used at another
//! host, its lifetime from being of use for long.

use std::sync::Arc;

use serde::Serialize;

use crate::identity::Identity;
use crate::signing_key::SigningKey;
use crate::time::UnixTime;

/// What the file says of assertions.
#[derive(Clone, Debug)]
pub(crate) struct Assertions {
    /// The header's name as written in the file.
    pub(crate) header: String,
    pub(crate) issuer: String,
    pub(crate) audience: Audience,
    /// Seconds.
    pub(crate) lifetime: u64,
    /// Newest first: the first signs, all are published. Never empty.
    keys: Arc<[SigningKey]>,
    /// `{"keys":[…]}`
    jwks: Arc<str>,
}

/// Whom an assertion is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Audience {
    /// The host of the request, without its port.
    Host,
    Fixed(String),
}

impl Assertions {
    pub(crate) fn new(header: String, issuer: String, audience: Audience, lifetime: u64, keys: Vec<SigningKey>) -> Self {
        let jwks: Vec<&str> = keys.iter().map(SigningKey::public_jwk).collect();
        let jwks = format!(r#"{{"keys":[{}]}}"#, jwks.join(",")).into();
        Self { header, issuer, audience, lifetime, keys: keys.into(), jwks }
    }

    /// Returns the public halves as a JWKS (RFC 7517 §5) in JSON.
    pub(crate) fn jwks(&self) -> &str {
        &self.jwks
    }

    /// Signs who `identity` is, for `host`; `None` if nothing can be signed.
    pub(crate) fn sign(&self, identity: &Identity, host: &str, now: UnixTime) -> Option<String> {
        let key = self.keys.first()?;
        let header = format!(r#"{{"alg":"{}","kid":"{}","typ":"{TYPE}"}}"#, key.algorithm().name(), key.kid());
        let claims = Claims {
            iss: &self.issuer,
            aud: match &self.audience {
                Audience::Host => host,
                Audience::Fixed(audience) => audience,
            },
            sub: identity.subject(),
            iat: now.as_secs(),
            exp: now.plus(self.lifetime).as_secs(),
            email: identity.email(),
            name: identity.name(),
            groups: identity.groups.as_deref(),
            scope: identity.scopes.as_ref().map(|scopes| scopes.join(" ")),
            idp: identity.issuer(),
            credential: identity.credential().name(),
            acr: identity.acr(),
            amr: (!identity.amr.is_empty()).then_some(&identity.amr),
            auth_time: identity.auth_time().map(UnixTime::as_secs),
        };
        key.sign(&header, &serde_json::to_string(&claims).ok()?)
    }
}

/// The claims, by their registered names where there are such (RFC 7519 §4, RFC 9068 §2.2, OpenID Connect Core §5.1).
#[derive(Serialize)]
struct Claims<'c> {
    iss: &'c str,
    aud: &'c str,
    sub: &'c str,
    iat: u64,
    exp: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'c str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'c str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    groups: Option<&'c [Box<str>]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    /// The issuer of the credential.
    #[serde(skip_serializing_if = "Option::is_none")]
    idp: Option<&'c str>,
    /// The kind of credential.
    credential: &'c str,
    #[serde(skip_serializing_if = "Option::is_none")]
    acr: Option<&'c str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    amr: Option<&'c Vec<Box<str>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_time: Option<u64>,
}

/// The type in the header.
const TYPE: &str = "gatewright-assertion+jwt";
