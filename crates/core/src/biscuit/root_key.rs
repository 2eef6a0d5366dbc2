//! Root public keys, and which of them a token is to be verified with.

use std::fmt;

use biscuit_auth::{Algorithm, KeyPair, PrivateKey, PublicKey};

use super::Biscuits;
use crate::rejection::{Refusal, Rejection};

/// A root key, with its id if it has one.
#[derive(Clone, Copy)]
pub(crate) struct RootKey {
    pub(crate) id: Option<u32>,
    pub(super) public: PublicKey,
}

impl RootKey {
    /// Reads `ed25519/<hex>` or `secp256r1/<hex>`; the error says what to write instead.
    pub(crate) fn parse(text: &str, id: Option<u32>) -> Result<Self, String> {
        let (algorithm, digits) = match text.split_once('/') {
            Some(("ed25519", digits)) => (Algorithm::Ed25519, digits),
            Some(("secp256r1", digits)) => (Algorithm::Secp256r1, digits),
            Some(("ed25519-private", digits)) => return Err(private(digits, Algorithm::Ed25519)),
            Some(("secp256r1-private", digits)) => return Err(private(digits, Algorithm::Secp256r1)),
            _ => return Err("expected a public key such as `ed25519/<64 hexadecimal digits>`".to_owned()),
        };
        let public = PublicKey::from_bytes_hex(digits, algorithm).map_err(|error| format!("the key cannot be used: {error}"))?;
        Ok(Self { id, public })
    }
}

/// What to write where somebody has written a private key, which is never repeated.
fn private(digits: &str, algorithm: Algorithm) -> String {
    match PrivateKey::from_bytes_hex(digits.trim(), algorithm) {
        Ok(private) => format!(
            "this is a private key, which belongs elsewhere; write its public half: `{}`",
            KeyPair::from(&private).public()
        ),
        Err(_) => "this is a private key, and not a whole one; write the public one".to_owned(),
    }
}

impl fmt::Display for RootKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.id {
            Some(id) => write!(formatter, "root key {id}, {}", self.public.algorithm_string()),
            None => write!(formatter, "root key without id, {}", self.public.algorithm_string()),
        }
    }
}

impl fmt::Debug for RootKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "RootKey({:?}, {})", self.id, self.public)
    }
}

/// Selects the one key for a token: by its id; without one, or if no key has one, exactly one key must be there.
pub(super) fn select<'t>(
    id: Option<u32>,
    tables: impl Iterator<Item = (usize, &'t Biscuits)>,
) -> Result<(usize, RootKey), Refusal> {
    let keys: Vec<(usize, RootKey)> = tables.flat_map(|(index, table)| table.keys.iter().map(move |key| (index, *key))).collect();
    let by_id = id.filter(|_| keys.iter().any(|(_, key)| key.id.is_some()));
    let mut fitting = keys.into_iter().filter(|(_, key)| by_id.is_none() || key.id == by_id);
    let unknown = |detail: String| Err(Refusal::new(Rejection::KeyUnknown, detail));
    match (fitting.next(), fitting.next(), by_id) {
        (Some(found), None, _) => Ok(found),
        (None, _, Some(id)) => unknown(format!("no root key has the id {id}")),
        (None, _, None) => unknown("there is no root key".to_owned()),
        (Some(_), Some(_), Some(id)) => unknown(format!("several root keys have the id {id}")),
        (Some(_), Some(_), None) => unknown("several root keys are there and the token names none".to_owned()),
    }
}
