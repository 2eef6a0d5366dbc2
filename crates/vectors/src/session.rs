//! Session cookies, sealed a second time from the words of the contract: `v1.<kid>.<payload>.<mac>`.

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::NOW;
use crate::key::{Algorithm, hmac};
use crate::token::base64url;

/// The name of the cookie when the file gives none.
pub const COOKIE: &str = "__Host-gatewright";

/// The session key that the files name first.
pub const KEY_A: &[u8] = b"first-session-key-of-the-vectors";
/// The session key that some files name second.
pub const KEY_B: &[u8] = b"other-session-key-of-the-vectors";
/// A session key that no file names.
pub const KEY_C: &[u8] = b"alien-session-key-of-the-vectors";

/// What a session says, in the order of the contract.
#[expect(missing_docs, reason = "the members are those of the sealed payload")]
#[derive(Clone, Debug, Serialize)]
pub struct Session {
    pub sid: &'static str,
    pub sub: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iss: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub groups: Option<Vec<&'static str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<&'static str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amr: Option<Vec<&'static str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acr: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hosts: Option<Vec<&'static str>>,
    pub auth_time: u64,
    pub iat: u64,
    pub exp: u64,
    pub seen: u64,
}

/// Alice of the staff, logged in ten minutes ago, seen a minute ago, for an hour to come.
#[must_use]
pub fn alice() -> Session {
    Session {
        sid: "s-alice",
        sub: "alice".to_owned(),
        iss: None,
        email: Some("alice@example.com".to_owned()),
        name: Some("Alice".to_owned()),
        groups: Some(vec!["staff"]),
        scopes: None,
        amr: None,
        acr: None,
        hosts: None,
        auth_time: NOW - 600,
        iat: NOW - 600,
        exp: NOW + 3600,
        seen: NOW - 60,
    }
}

/// Bob: a subject and nothing else.
#[must_use]
pub fn bob() -> Session {
    Session { sid: "s-bob", sub: "bob".to_owned(), email: None, name: None, groups: None, ..alice() }
}

impl Session {
    /// Seals with the first key for the default cookie.
    #[must_use]
    pub fn seal(&self) -> String {
        self.seal_with(KEY_A, COOKIE)
    }

    /// Seals with a key for a cookie.
    #[must_use]
    pub fn seal_with(&self, key: &[u8], cookie: &str) -> String {
        seal_text(key, cookie, &self.payload())
    }

    /// Returns the payload's text.
    #[must_use]
    pub fn payload(&self) -> String {
        serde_json::to_string(self).unwrap()
    }
}

/// Seals any payload, which need not be a session's.
#[must_use]
pub fn seal_text(key: &[u8], cookie: &str, payload: &str) -> String {
    let message = format!("v1.{}.{}", key_id(key), base64url(payload.as_bytes()));
    format!("{message}.{}", base64url(&mac(key, "gatewright session v1", cookie, &message)))
}

/// Makes the MAC over purpose, cookie name and message, each behind its length.
#[must_use]
pub fn mac(key: &[u8], purpose: &str, cookie: &str, message: &str) -> Vec<u8> {
    let mut input = Vec::new();
    for part in [purpose, cookie, message] {
        input.extend(u32::try_from(part.len()).unwrap().to_be_bytes());
        input.extend(part.as_bytes());
    }
    hmac(Algorithm::Hs256, key, &input)
}

/// Returns the key id: the first six bytes of the key's SHA-256.
#[must_use]
pub fn key_id(key: &[u8]) -> String {
    base64url(Sha256::digest(key).get(..6).unwrap())
}

/// Returns a key as the file takes it.
#[must_use]
pub fn key_text(key: &[u8]) -> String {
    key.iter().fold("hex:".to_owned(), |text, byte| format!("{text}{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_the_length_the_contract_asks_for() {
        for key in [KEY_A, KEY_B, KEY_C] {
            assert_eq!(key.len(), 32);
        }
    }
}
