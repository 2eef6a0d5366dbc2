//! `KeySet` and `Revocations`: what an authorizer is given beside its policy.

use gatewright::{KeySet, Revocations};
use napi_derive::napi;

use crate::error::{self, Result, guarded};

/// An issuer's public keys.
#[napi]
pub struct NativeKeySet(pub(crate) KeySet);

/// What does not count any more.
#[napi]
pub struct NativeRevocations(pub(crate) Revocations);

#[napi]
impl NativeKeySet {
    /// Reads a JWKS (RFC 7517 §5).
    #[napi(factory, catch_unwind)]
    pub fn from_json(text: String) -> Result<Self> {
        guarded(|| KeySet::from_json(&text))?.map(Self).map_err(|error| error::key_set(&error))
    }

    /// Reads public keys in PEM.
    #[napi(factory, catch_unwind)]
    pub fn from_pem(text: String) -> Result<Self> {
        guarded(|| KeySet::from_pem(&text))?.map(Self).map_err(|error| error::key_set(&error))
    }

    /// The keys that were left out, and why.
    #[napi(catch_unwind)]
    pub fn dropped(&self) -> Vec<String> {
        self.0.dropped().iter().map(ToString::to_string).collect()
    }

    /// How many keys can be used.
    #[napi(catch_unwind)]
    pub fn size(&self) -> u32 {
        u32::try_from(self.0.len()).unwrap_or(u32::MAX)
    }
}

#[napi]
impl NativeRevocations {
    /// Reads a list of revocations.
    #[napi(factory, catch_unwind)]
    pub fn from_json(text: String) -> Result<Self> {
        guarded(|| Revocations::from_json(&text))?.map(Self).map_err(|error| error::revocations(&error))
    }
}
