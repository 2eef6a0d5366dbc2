//! The native half of the npm package `gatewright`: it translates, and decides nothing.
//!
//! Everything here takes JavaScript values, hands them to [`gatewright`] or [`gatewright_issuer`], and gives JavaScript values
//! back. Objects cross this border as one text, because each property that crosses it alone costs more than a decision. A panic
//! behind it becomes `ERR_GATEWRIGHT_INTERNAL`; nothing else in here may panic.
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    clippy::as_conversions
)]
#![expect(clippy::needless_pass_by_value, reason = "napi hands arguments over by value")]
#![expect(clippy::use_self, reason = "the generated types are written from the names")]
#![expect(
    unreachable_pub,
    unnameable_types,
    missing_debug_implementations,
    clippy::must_use_candidate,
    reason = "what napi exports is `pub` in name only: no Rust code ever uses it"
)]
mod error;
mod question;
mod page;
mod permits;
mod answer;
mod held;
mod identity;
mod report;
mod config;
mod keys;
mod session;
mod biscuit;
mod hashing;
mod asking;
mod authorizer;

use gatewright::{Outage, Rejection};
use napi_derive::napi;

/// Every reason code of a refusal, in the engine's order.
#[napi(catch_unwind)]
pub fn rejections() -> Vec<&'static str> {
    Rejection::ALL.iter().map(|rejection| rejection.code()).collect()
}

/// Every reason code of an outage, in the engine's order.
#[napi(catch_unwind)]
pub fn outages() -> Vec<&'static str> {
    Outage::ALL.iter().map(|outage| outage.code()).collect()
}

/// The version of the engine.
#[napi(catch_unwind)]
pub fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}
