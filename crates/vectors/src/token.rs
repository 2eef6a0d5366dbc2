//! Tokens: JWS compact serialisation (RFC 7515 §3.1) of whatever a case needs, right or wrong.

use std::cell::RefCell;
use std::collections::HashMap;

use serde_json::{Value, json};

use crate::canonical::canonical;
use crate::key::{Algorithm, Key, hmac};
use crate::{LOGIN, NOW};

/// The claims of a token, as a JSON object.
#[derive(Clone, Debug)]
pub struct Claims(Value);

impl Claims {
    /// Sets a member.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0[name] = value.into();
        self
    }

    /// Removes a member.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.0.as_object_mut().unwrap().remove(name);
        self
    }

    /// Returns the payload's text.
    #[must_use]
    pub fn text(&self) -> String {
        canonical(&self.0)
    }
}

impl From<Value> for Claims {
    fn from(object: Value) -> Self {
        assert!(object.is_object(), "claims are an object");
        Self(object)
    }
}

/// The claims of a good token: alice at the login issuer, good for ten minutes.
#[must_use]
pub fn claims() -> Claims {
    Claims(json!({ "iss": LOGIN, "sub": "alice", "aud": "app", "iat": NOW - 60, "exp": NOW + 600 }))
}

/// Signs tokens; keeps an earlier signature where the algorithm would make a new one each time.
#[derive(Debug, Default)]
pub struct Signer {
    /// Signatures by signing input: of the files written before, and of this run.
    earlier: RefCell<HashMap<String, Vec<Vec<u8>>>>,
}

impl Signer {
    /// Learns the tokens in the text of vector files written before.
    pub fn remember(&mut self, text: &str) {
        let is_token_byte = |byte: char| byte.is_ascii_alphanumeric() || matches!(byte, '-' | '_' | '.');
        for word in text.split(|byte| !is_token_byte(byte)) {
            let Some((message, signature)) = word.rsplit_once('.') else { continue };
            let Ok(signature) = base64_simd::URL_SAFE_NO_PAD.decode_to_vec(signature) else { continue };
            if message.matches('.').count() == 1 {
                self.earlier.get_mut().entry(message.to_owned()).or_default().push(signature);
            }
        }
    }

    /// Makes a token whose header names the key and its usual algorithm.
    #[must_use]
    pub fn token(&self, key: Key, claims: &Claims) -> String {
        self.token_with(key, json!({}), claims)
    }

    /// Makes a token with these header members beside, or instead of, `alg` and `kid`; `null` leaves one out.
    ///
    /// It is signed as the key usually signs, whatever the header says.
    #[must_use]
    pub fn token_with(&self, key: Key, members: Value, claims: &Claims) -> String {
        self.signed(key, key.algorithm, &header(key, key.algorithm, members), &claims.text())
    }

    /// Makes a token with the key and one of the other algorithms of its family.
    #[must_use]
    pub fn token_by(&self, key: Key, algorithm: Algorithm, claims: &Claims) -> String {
        self.signed(key, algorithm, &header(key, algorithm, json!({})), &claims.text())
    }

    /// Signs any header and payload text.
    #[must_use]
    pub fn signed(&self, key: Key, algorithm: Algorithm, header: &str, payload: &str) -> String {
        let message = message(header.as_bytes(), payload.as_bytes());
        self.sign(key, algorithm, &message)
    }

    /// Signs a finished signing input, which need not be well formed.
    #[must_use]
    pub fn sign(&self, key: Key, algorithm: Algorithm, message: &str) -> String {
        let signature =
            if algorithm.is_randomised() { self.kept(key, algorithm, message) } else { key.sign(algorithm, message.as_bytes()) };
        format!("{message}.{}", base64url(&signature))
    }

    fn kept(&self, key: Key, algorithm: Algorithm, message: &str) -> Vec<u8> {
        let mut earlier = self.earlier.borrow_mut();
        let signatures = earlier.entry(message.to_owned()).or_default();
        if let Some(kept) = signatures.iter().find(|signature| key.verifies(algorithm, message.as_bytes(), signature)) {
            return kept.clone();
        }
        let signature = key.sign(algorithm, message.as_bytes());
        signatures.push(signature.clone());
        signature
    }
}

/// Makes a token with an HMAC; `header` is its text.
#[must_use]
pub fn hmac_token(algorithm: Algorithm, secret: &[u8], header: &Value, claims: &Claims) -> String {
    let message = message(canonical(header).as_bytes(), claims.text().as_bytes());
    format!("{message}.{}", base64url(&hmac(algorithm, secret, message.as_bytes())))
}

/// Makes a token with a given signature, or none.
#[must_use]
pub fn unsigned(header: &Value, claims: &Claims, signature: &[u8]) -> String {
    format!("{}.{}", message(canonical(header).as_bytes(), claims.text().as_bytes()), base64url(signature))
}

/// Returns the signing input of a header and a payload.
#[must_use]
pub fn message(header: &[u8], payload: &[u8]) -> String {
    format!("{}.{}", base64url(header), base64url(payload))
}

/// Encodes bytes in base64url without padding.
#[must_use]
pub fn base64url(bytes: &[u8]) -> String {
    base64_simd::URL_SAFE_NO_PAD.encode_to_string(bytes)
}

fn header(key: Key, algorithm: Algorithm, members: Value) -> String {
    let mut header = json!({ "alg": algorithm.name(), "kid": key.name });
    let Value::Object(members) = members else { panic!("members of a header are an object") };
    for (name, value) in members {
        if value.is_null() {
            header.as_object_mut().unwrap().remove(&name);
        } else {
            header[name] = value;
        }
    }
    canonical(&header)
}
