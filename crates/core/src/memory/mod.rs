//! What an authorizer remembers: facts that were costly to find, and how often somebody has tried. Never a decision.
//!
//! The memory is bounded, has no clock and is shared by every value derived from one authorizer. A hit on a verified token
//! saves the signature and the parsing; times and revocation are checked again by the caller, and facts found under other keys
//! or settings do not count.

mod passwords;
mod proofs;
mod throttle;
mod tokens;

use std::fmt;

use self::passwords::RememberedPasswords;
use self::proofs::UsedProofs;
pub(crate) use self::throttle::{Throttle, Throttled};
use self::tokens::ByBytes;
pub(crate) use self::tokens::RememberedTokens;
use crate::biscuit::VerifiedBiscuit;
use crate::jwt::VerifiedToken;
use crate::session::VerifiedSession;

/// Everything that changes while requests are decided.
pub(crate) struct Memory {
    pub(crate) tokens: RememberedTokens<VerifiedToken>,
    pub(crate) biscuits: RememberedTokens<VerifiedBiscuit>,
    pub(crate) sessions: RememberedTokens<VerifiedSession>,
    pub(crate) passwords: RememberedPasswords,
    pub(crate) throttle: Throttle,
    pub(crate) proofs: UsedProofs,
}

impl Memory {
    pub(crate) fn new() -> Self {
        Self {
            tokens: RememberedTokens::new(JWT),
            biscuits: RememberedTokens::new(BISCUIT),
            sessions: RememberedTokens::new(SESSION),
            passwords: RememberedPasswords::new(),
            throttle: Throttle::new(),
            proofs: UsedProofs::new(),
        }
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (tokens, biscuits, sessions) = (self.tokens.len(), self.biscuits.len(), self.sessions.len());
        write!(formatter, "Memory({tokens} tokens, {biscuits} biscuits, {sessions} sessions)")
    }
}

/// The token, and the identity parsed from it.
const JWT: ByBytes = ByBytes { per_byte: 3, per_entry: 512 };
/// The value, the payload and the identity made of it.
const SESSION: ByBytes = ByBytes { per_byte: 4, per_entry: 768 };
/// The token, and its rules and checks as trees.
const BISCUIT: ByBytes = ByBytes { per_byte: 16, per_entry: 2_048 };
