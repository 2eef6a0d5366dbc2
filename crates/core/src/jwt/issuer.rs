//! What the file says of an issuer, and the keys it has now.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::ClaimMapping;
use crate::crypto::Algorithm;
use crate::jwk::KeySet;
use crate::source::Source;

/// What the file says of one issuer: how its tokens are verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Issuer {
    pub(crate) issuer: String,
    pub(crate) audiences: Vec<String>,
    pub(crate) algorithms: Vec<Algorithm>,
    /// Accepted `typ` values, lower case and without `application/`; `None` = the default (absent, `jwt`, `at+jwt`).
    pub(crate) types: Option<Vec<String>>,
    /// Seconds, at most 300.
    pub(crate) leeway: u64,
    /// Bytes, at most 64 KiB.
    pub(crate) max_token: usize,
    pub(crate) sources: Vec<Source>,
    pub(crate) claims: ClaimMapping,
    /// `danger_unverified_email`: take `email` without `email_verified = true`.
    pub(crate) unverified_email: bool,
    /// `danger_unchecked_cnf`: accept a bound token without checking its binding.
    pub(crate) unchecked_cnf: bool,
    pub(crate) dpop: DpopUse,
    pub(crate) dpop_replay: DpopReplay,
}

/// Which tokens need a proof of possession (`dpop`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DpopUse {
    /// Those that are bound to a key.
    WhenBound,
    /// All: a token that is bound to no key is refused.
    Required,
}

/// What becomes of a proof that was seen before (`dpop_replay`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DpopReplay {
    /// It counts again until it is too old: a proxy may ask twice about one request.
    Accept,
    /// It is refused, as far as this process has seen it.
    Refuse,
}

/// An issuer with the keys it has now.
#[derive(Clone, Debug)]
pub(crate) struct IssuerKeys {
    pub(crate) issuer: Arc<Issuer>,
    pub(crate) keys: Option<Arc<KeySet>>,
    /// Whether newer keys could be fetched (`jwks_url`, `discovery`): then failures say `wants_keys`.
    pub(crate) remote: bool,
    /// Fingerprint of settings and keys: what was verified under another one does not count under this one.
    pub(crate) epoch: u64,
}

impl IssuerKeys {
    pub(crate) fn new(issuer: Issuer, keys: Option<Arc<KeySet>>, remote: bool) -> Self {
        let mut hash = Sha256::new();
        hash.update(format!("{issuer:?}"));
        hash.update(keys.as_ref().map_or([0; 8], |keys| keys.fingerprint()));
        let epoch = hash.finalize().first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes));
        Self { issuer: Arc::new(issuer), keys, remote, epoch }
    }
}
