//! The bodies of the fuzz targets in `fuzz/`: each takes any bytes, puts them to the engine and asserts what must hold.
//!
//! They are plain functions, so that `cargo test` runs them without a fuzzer: over the corpus in `fuzz/corpus`, over what a fuzzer
//! found in `fuzz/artifacts`, and over the same few hundred pseudo-random inputs each time (`tests/corpus.rs`).
//!
//! A body that only waits for a panic finds little. Where a signature stands in the way, tokens are signed here; where the contract
//! says what must come out, it is computed a second time, without the engine (`reference`).
//!
//! Not covered: passwords, whose hashes take longer than all the rest together, and the other spelling that every ECDSA signature
//! has, so that bytes are only flipped under Ed25519 and HMAC.
#![forbid(unsafe_code)]

mod asked;
mod draw;
mod proxy;
mod reference;

mod biscuit_bytes;
mod check_request;
mod config_toml;
mod cookie_header;
mod decide;
mod forward_headers;
mod forwarded_for;
mod host;
mod jwks;
mod path;
mod proxy_configuration;
mod return_address;
mod session_cookie;
mod token_bytes;
mod token_structured;
mod verify_headers;

macro_rules! targets {
    ($($name:ident)+) => {
        $(pub use $name::$name;)+

        /// Every target, in alphabetical order.
        pub const TARGETS: &[Target] = &[$(Target { name: stringify!($name), body: $name::$name, seeds: $name::seeds }),+];
    };
}

targets! {
    biscuit_bytes check_request config_toml cookie_header decide forward_headers forwarded_for host jwks path
    proxy_configuration return_address session_cookie token_bytes token_structured verify_headers
}

/// A fuzz target.
#[non_exhaustive]
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// The name of its binary in `fuzz/`.
    pub name: &'static str,
    /// Takes one input; panics if something does not hold.
    pub body: fn(&[u8]),
    /// Makes the inputs that a corpus begins with.
    pub seeds: fn() -> Vec<Vec<u8>>,
}
