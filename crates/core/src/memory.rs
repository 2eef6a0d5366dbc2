//! What an authorizer remembers: tokens whose signature was verified, as facts and never as decisions.
//!
//! The memory is bounded, has no clock and is shared by every value derived from one authorizer. A hit saves the signature
//! and the parsing; times and revocation are checked again by the caller, and facts found under other keys or settings do not count.

use std::fmt;
use std::sync::Arc;

use quick_cache::Weighter;
use quick_cache::sync::Cache;

use crate::identity::Identity;
use crate::time::UnixTime;

/// A bounded store of verified tokens.
pub(crate) struct Memory {
    tokens: Cache<Box<[u8]>, Arc<RememberedToken>, ByBytes, ahash::RandomState>,
}

/// What stays true of a verified token.
#[derive(Debug)]
pub(crate) struct RememberedToken {
    pub(crate) identity: Arc<Identity>,
    /// Accepted while `now < expires`.
    pub(crate) expires: UnixTime,
    /// Accepted while `now >= not_before`.
    pub(crate) not_before: UnixTime,
    pub(crate) issued_at: Option<UnixTime>,
    pub(crate) jti: Option<Box<str>>,
    pub(crate) kid: Option<Arc<str>>,
    /// Index of the issuer, meaningful only together with `epoch`.
    pub(crate) issuer: usize,
    /// Fingerprint of the issuer's settings and keys under which the token was verified.
    pub(crate) epoch: u64,
}

impl Memory {
    pub(crate) fn new() -> Self {
        Self {
            tokens: Cache::with(
                TYPICAL_TOKENS,
                MAX_BYTES,
                ByBytes,
                ahash::RandomState::new(),
                quick_cache::sync::DefaultLifecycle::default(),
            ),
        }
    }

    /// Looks a token up without changing anything.
    pub(crate) fn recall(&self, token: &[u8]) -> Option<Arc<RememberedToken>> {
        self.tokens.peek(token)
    }

    /// Looks a token up and marks it as used.
    pub(crate) fn recall_and_touch(&self, token: &[u8]) -> Option<Arc<RememberedToken>> {
        self.tokens.get(token)
    }

    /// Remembers a verified token; the least useful ones go when there is no room.
    pub(crate) fn remember(&self, token: &[u8], facts: Arc<RememberedToken>) {
        self.tokens.insert(token.into(), facts);
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Memory({} tokens)", self.tokens.len())
    }
}

/// Weighs an entry by the bytes it keeps alive: the token, and the identity parsed from it.
#[derive(Clone)]
struct ByBytes;

impl Weighter<Box<[u8]>, Arc<RememberedToken>> for ByBytes {
    fn weight(&self, token: &Box<[u8]>, _: &Arc<RememberedToken>) -> u64 {
        u64::try_from(token.len()).unwrap_or(u64::MAX).saturating_mul(3).saturating_add(ENTRY_BYTES)
    }
}

/// What all entries together may weigh.
const MAX_BYTES: u64 = 32 * 1024 * 1024;
/// What an entry weighs beside its token: identity, times, bookkeeping.
const ENTRY_BYTES: u64 = 512;
/// How many tokens of an ordinary size fit: the starting size of the tables.
const TYPICAL_TOKENS: usize = 16_384;
