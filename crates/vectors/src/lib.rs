//! Decision vectors, written from the contract and independently of the engine.
//!
//! `vectors/decisions/*.json` says for a configuration and a request which decision must follow, `vectors/attacks/*.json` the same
//! for what has broken somebody's gate. Every token and cookie in them is literal bytes, so that any program can run them without
//! signing anything. This crate writes the files:
//!
//! ```text
//! cargo run -p vectors             # write them
//! cargo run -p vectors -- --check  # say whether the files on disk are the ones that would be written
//! ```
//!
//! It must not depend on the crate `gatewright`: tokens are signed and sessions sealed a second time here, so that a shared
//! mistake would have to be made twice. The keys in `keys/` are fixed and public. HMAC, PKCS #1 and Ed25519 signatures are
//! deterministic; for ECDSA and RSA-PSS the signature of the file on disk is kept while it verifies for the same signing input.
//!
//! To add a case, see the README beside this crate.

pub mod attacks;
pub mod biscuit;
pub mod canonical;
pub mod case;
pub mod certificate;
pub mod key;
pub mod session;
pub mod token;
pub mod topics;

mod config;
mod written;

pub use config::{LOGIN, NOW, PARTNER};
pub use written::Written;
