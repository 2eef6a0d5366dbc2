//! Verified tokens of one kind, by their bytes.

use std::sync::Arc;

use quick_cache::Weighter;
use quick_cache::sync::{Cache, DefaultLifecycle};

/// A bounded store of what was found in tokens; the least useful go when there is no room.
pub(crate) struct RememberedTokens<T> {
    tokens: Cache<Box<[u8]>, Arc<T>, ByBytes, ahash::RandomState>,
}

impl<T> RememberedTokens<T> {
    pub(super) fn new(weight: ByBytes) -> Self {
        let state = ahash::RandomState::new();
        Self { tokens: Cache::with(weight.typical_count(), MAX_BYTES, weight, state, DefaultLifecycle::default()) }
    }

    /// Looks a token up; marks it as used unless the memory is only to be read.
    pub(crate) fn recall(&self, token: &[u8], only_read: bool) -> Option<Arc<T>> {
        if only_read { self.tokens.peek(token) } else { self.tokens.get(token) }
    }

    pub(crate) fn remember(&self, token: &[u8], facts: Arc<T>) {
        self.tokens.insert(token.into(), facts);
    }

    pub(super) fn len(&self) -> usize {
        self.tokens.len()
    }
}

/// Weighs an entry by the bytes it keeps alive, estimated from the length of its token.
#[derive(Clone, Copy)]
pub(super) struct ByBytes {
    pub(super) per_byte: u64,
    /// Bookkeeping, and what does not grow with the token.
    pub(super) per_entry: u64,
}

impl ByBytes {
    fn of(self, length: usize) -> u64 {
        u64::try_from(length).unwrap_or(u64::MAX).saturating_mul(self.per_byte).saturating_add(self.per_entry)
    }

    /// How many tokens of an ordinary size fit: the starting size of the tables.
    fn typical_count(self) -> usize {
        MAX_BYTES.checked_div(self.of(TYPICAL_LENGTH)).and_then(|count| count.try_into().ok()).unwrap_or_default()
    }
}

impl<T> Weighter<Box<[u8]>, Arc<T>> for ByBytes {
    fn weight(&self, token: &Box<[u8]>, _: &Arc<T>) -> u64 {
        self.of(token.len())
    }
}

/// What all remembered tokens of one kind together may weigh.
const MAX_BYTES: u64 = 32 * 1024 * 1024;
const TYPICAL_LENGTH: usize = 512;
