//! What an authorizer remembers: facts that were costly to find, and how often somebody has tried. Never a decision.
//!
//! The memory is bounded, has no clock and is shared by every value derived from one authorizer. A hit on a verified token
//! saves the signature and the parsing; times and revocation are checked again by the caller, and facts found under other keys
//! or settings do not count.

mod passwords;
mod proofs;
mod throttle;

use std::fmt;
use std::sync::Arc;

use quick_cache::Weighter;
use quick_cache::sync::Cache;

use self::passwords::RememberedPasswords;
use self::proofs::UsedProofs;
pub(crate) use self::throttle::{Throttle, Throttled};
use crate::jwt::VerifiedToken;

/// Everything that changes while requests are decided.
pub(crate) struct Memory {
    tokens: Cache<Box<[u8]>, Arc<VerifiedToken>, ByBytes, ahash::RandomState>,
    pub(crate) passwords: RememberedPasswords,
    pub(crate) throttle: Throttle,
    pub(crate) proofs: UsedProofs,
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
            passwords: RememberedPasswords::new(),
            throttle: Throttle::new(),
            proofs: UsedProofs::new(),
        }
    }

    /// Looks a token up without changing anything.
    pub(crate) fn recall(&self, token: &[u8]) -> Option<Arc<VerifiedToken>> {
        self.tokens.peek(token)
    }

    /// Looks a token up and marks it as used.
    pub(crate) fn recall_and_touch(&self, token: &[u8]) -> Option<Arc<VerifiedToken>> {
        self.tokens.get(token)
    }

    /// Remembers a verified token; the least useful ones go when there is no room.
    pub(crate) fn remember(&self, token: &[u8], facts: Arc<VerifiedToken>) {
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

impl Weighter<Box<[u8]>, Arc<VerifiedToken>> for ByBytes {
    fn weight(&self, token: &Box<[u8]>, _: &Arc<VerifiedToken>) -> u64 {
        u64::try_from(token.len()).unwrap_or(u64::MAX).saturating_mul(3).saturating_add(ENTRY_BYTES)
    }
}

/// What all remembered tokens together may weigh.
const MAX_BYTES: u64 = 32 * 1024 * 1024;
/// What an entry weighs beside its token: identity, times, bookkeeping.
const ENTRY_BYTES: u64 = 512;
/// How many tokens of an ordinary size fit: the starting size of the tables.
const TYPICAL_TOKENS: usize = 16_384;
