//! Key sets: JWK and JWKS (RFC 7517), PEM and HMAC secrets, parsed once when loaded.

mod key;
mod spki;
#[cfg(test)]
mod tests;

use std::fmt;

use sha2::{Digest as _, Sha256};

use crate::crypto::{Algorithm, KeyMaterial, VerificationKey};
use crate::json::{Object, Quoted, Value};
use crate::pem;
use crate::rejection::{Refusal, Rejection};
use crate::secret::Secret;
use key::Key;

/// A set of verification keys, parsed and ready.
///
/// # Example
/// ```
/// use gatewright::KeySet;
/// let keys = KeySet::from_json(r#"{"keys": [
///     {"kty": "OKP", "crv": "Ed25519", "kid": "a", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
///     {"kty": "oct", "kid": "b", "k": "c2VjcmV0"}
/// ]}"#)?;
/// assert_eq!(keys.len(), 1);
/// assert_eq!(keys.dropped()[0].kid.as_deref(), Some("b"));
/// # Ok::<_, gatewright::KeySetError>(())
/// ```
#[derive(Clone, Debug)]
pub struct KeySet {
    keys: Vec<Key>,
    fingerprint: [u8; 8],
    dropped: Vec<DroppedKey>,
}

/// A key that was left out of a set, and why; the good keys beside it still count.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DroppedKey {
    /// The key's `kid`, if it has one.
    pub kid: Option<String>,
    /// Why it cannot be used.
    pub reason: String,
}

/// The text is no key set at all, or no key in it can be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeySetError(pub(crate) String);

impl fmt::Display for KeySetError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for KeySetError {}

impl KeySet {
    /// Reads a public JWKS (or a single JWK). `oct` keys are dropped: a secret never comes from a public place.
    ///
    /// Private keys are dropped too, and so is every key that is broken, weak or not for signatures.
    ///
    /// # Errors
    /// The text is not strict JSON (a member twice, for one), has no keys, too many, or none that can be used.
    pub fn from_json(text: &str) -> Result<Self, KeySetError> {
        Self::from_jwks(text, Secrets::Drop)
    }

    /// Reads a JWKS (or a single JWK) of the operator's own, in which `oct` keys count.
    ///
    /// # Errors
    /// As [`KeySet::from_json`]; or the set has secrets beside public keys, which nobody publishes together on purpose.
    pub fn from_json_with_secrets(text: &str) -> Result<Self, KeySetError> {
        Self::from_jwks(text, Secrets::Take)
    }

    /// Reads one or more PEM public keys (SPKI `PUBLIC KEY`, or `CERTIFICATE`).
    ///
    /// Of a certificate only the key counts: its dates, names and signatures are not looked at.
    ///
    /// # Errors
    /// The text has no PEM block, too many, or none that can be used.
    pub fn from_pem(text: &str) -> Result<Self, KeySetError> {
        check_length(text)?;
        let blocks = pem::blocks(text).map_err(|reason| KeySetError(reason.to_owned()))?;
        check_count(blocks.len())?;
        Self::collect(blocks.iter().map(|block| {
            let key = spki::from_pem(block).and_then(|material| Key::new(None, &material, None));
            key.map_err(|reason| DroppedKey { kid: None, reason })
        }))
    }

    /// Makes a set of one HMAC secret.
    ///
    /// # Errors
    /// The secret has fewer than 32 bytes (RFC 7518 §3.2).
    pub fn from_secret(secret: &Secret) -> Result<Self, KeySetError> {
        let key = KeyMaterial::secret(secret.clone()).and_then(|material| Key::new(None, &material, None));
        Self::collect([key.map_err(|reason| DroppedKey { kid: None, reason })])
    }

    /// Returns how many keys can be used.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Returns whether no key can be used.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Returns the keys that were left out, and why.
    #[must_use]
    pub fn dropped(&self) -> &[DroppedKey] {
        &self.dropped
    }

    /// Returns a hash of the usable keys: equal for the same keys, whatever the order of JSON members.
    pub(crate) fn fingerprint(&self) -> [u8; 8] {
        self.fingerprint
    }

    /// Returns whether any key of the set can check this algorithm.
    pub(crate) fn has_key_for(&self, algorithm: Algorithm) -> bool {
        self.keys.iter().any(|key| key.bound_to(algorithm).is_some())
    }

    /// Finds the one key that fits a token's header.
    ///
    /// A `kid` selects by exact comparison. Without one, or if no key of the set has one, exactly one key must fit.
    pub(crate) fn select(&self, kid: Option<&str>, algorithm: Algorithm) -> Result<&VerificationKey, Refusal> {
        let Some(kid) = kid.filter(|_| self.keys.iter().any(|key| key.kid().is_some())) else {
            let mut fitting = self.keys.iter().filter_map(|key| key.bound_to(algorithm));
            return match (fitting.next(), fitting.next()) {
                (Some(key), None) => Ok(key),
                (None, _) => Err(unknown(format!("no key fits {}", algorithm.name()))),
                (Some(_), Some(_)) => Err(unknown(format!("several keys fit {} and no `kid` selects one", algorithm.name()))),
            };
        };
        let mut of_kid = self.keys.iter().filter(|key| key.kid() == Some(kid)).peekable();
        if of_kid.peek().is_none() {
            return Err(unknown(format!("no key has the `kid` {}", Quoted(kid))));
        }
        let mut fitting = of_kid.filter_map(|key| key.bound_to(algorithm));
        match (fitting.next(), fitting.next()) {
            (Some(key), None) => Ok(key),
            (None, _) => Err(Refusal::new(
                Rejection::AlgorithmNotAllowed,
                format!("the key {} is not for {}", Quoted(kid), algorithm.name()),
            )),
            (Some(_), Some(_)) => {
                Err(unknown(format!("several keys have the `kid` {} and fit {}", Quoted(kid), algorithm.name())))
            }
        }
    }

    fn from_jwks(text: &str, secrets: Secrets) -> Result<Self, KeySetError> {
        check_length(text)?;
        let document = Object::parse(text.as_bytes()).map_err(|error| KeySetError(format!("the key set {}", error.0)))?;
        let read = |jwk: &Object<'_>| {
            key::from_jwk(jwk, secrets).map_err(|reason| {
                let kid = jwk.get("kid").and_then(Value::as_str).filter(|kid| kid.len() <= MAX_KID);
                DroppedKey { kid: kid.map(str::to_owned), reason }
            })
        };
        match document.get("keys") {
            None if document.get("kty").is_some() => Self::collect([read(&document)]),
            Some(Value::Array(keys)) => {
                let keys = keys.elements();
                check_count(keys.len())?;
                if let Secrets::Take = secrets {
                    check_not_mixed(&keys)?;
                }
                Self::collect(keys.iter().map(|jwk| match jwk {
                    Value::Object(jwk) => read(&jwk.object()),
                    other => Err(DroppedKey { kid: None, reason: format!("the key is {}, wanted an object", other.kind()) }),
                }))
            }
            Some(other) => Err(KeySetError(format!("`keys` is {}, wanted an array", other.kind()))),
            None => Err(KeySetError("neither a JWKS (`keys`) nor a JWK (`kty`)".to_owned())),
        }
    }

    fn collect(read: impl IntoIterator<Item = Result<Key, DroppedKey>>) -> Result<Self, KeySetError> {
        let (mut keys, mut dropped) = (Vec::new(), Vec::new());
        for key in read {
            match key {
                Ok(key) => keys.push(key),
                Err(key) => dropped.push(key),
            }
        }
        if keys.is_empty() {
            let reasons: Vec<String> = dropped.iter().map(ToString::to_string).collect();
            let reasons = if reasons.is_empty() { "it is empty".to_owned() } else { reasons.join("; ") };
            return Err(KeySetError(format!("no key of the set can be used: {reasons}")));
        }
        let mut digests: Vec<[u8; 32]> = keys.iter().map(Key::digest).collect();
        digests.sort_unstable();
        let hash: [u8; 32] = Sha256::digest(digests.as_flattened()).into();
        let fingerprint = hash.first_chunk().copied().unwrap_or_default();
        Ok(Self { keys, fingerprint, dropped })
    }
}

/// A public key that somebody shows to prove that they hold its private half.
#[derive(Debug)]
pub(crate) struct ShownKey {
    pub(crate) key: VerificationKey,
    /// RFC 7638 §3, in base64url.
    pub(crate) thumbprint: String,
}

impl ShownKey {
    /// Reads a public JWK and binds it to the algorithm; the error says why it cannot be used.
    pub(crate) fn from_jwk(jwk: &Object<'_>, algorithm: Algorithm) -> Result<Self, String> {
        let (material, only) = key::material(jwk, Secrets::Drop)?;
        if only.is_some_and(|only| !only.is_same_as(algorithm)) {
            return Err(format!("the key is not for {}", algorithm.name()));
        }
        Ok(Self { key: VerificationKey::new(algorithm, &material)?, thumbprint: material.thumbprint() })
    }
}

impl fmt::Display for DroppedKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kid {
            Some(kid) => write!(formatter, "key {}: {}", Quoted(kid), self.reason),
            None => write!(formatter, "a key without `kid`: {}", self.reason),
        }
    }
}

/// What becomes of `oct` keys.
#[derive(Clone, Copy, Debug)]
enum Secrets {
    Drop,
    Take,
}

fn unknown(detail: String) -> Refusal {
    Refusal::new(Rejection::KeyUnknown, detail)
}

fn check_length(text: &str) -> Result<(), KeySetError> {
    if text.len() > MAX_TEXT {
        return Err(KeySetError(format!("the key set has {} bytes, at most {MAX_TEXT} are read", text.len())));
    }
    Ok(())
}

fn check_count(keys: usize) -> Result<(), KeySetError> {
    if keys > MAX_KEYS {
        return Err(KeySetError(format!("the key set has {keys} keys, at most {MAX_KEYS} are read")));
    }
    Ok(())
}

/// RFC 8725 §3.1: a key has one kind of use, and so has a set.
fn check_not_mixed(keys: &[Value<'_>]) -> Result<(), KeySetError> {
    let is_secret = |jwk: &Value<'_>| match jwk {
        Value::Object(jwk) => jwk.object().get("kty").and_then(Value::as_str) == Some("oct"),
        _ => false,
    };
    let secrets = keys.iter().filter(|jwk| is_secret(jwk)).count();
    if secrets == 0 || secrets == keys.len() {
        return Ok(());
    }
    Err(KeySetError("the key set has secrets (`oct`) beside public keys, wanted one or the other".to_owned()))
}

/// In bytes: a hundred keys of 8192 bits with a certificate each fit.
const MAX_TEXT: usize = 1024 * 1024;

/// Large providers publish fewer than ten.
const MAX_KEYS: usize = 100;

/// In bytes; the limit of a token's `kid`, so a longer one could never be met.
pub(crate) const MAX_KID: usize = 256;
