//! gatewright answers one question: *may this request pass?*
//!
//! The core is pure: it opens no socket, reads no file, no clock and no environment. Keys, settings and time come in as
//! arguments, and the same arguments always give the same decision.
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::string_slice,
        clippy::arithmetic_side_effects,
        clippy::as_conversions
    )
)]

// Bottom to top: a module may use only those above it in this list (tests/layers.rs).
mod time;
mod base64url;
mod secret;
mod json;
mod rejection;
mod excerpt;
mod crypto;
mod pem;
mod jwk;
mod signing_key;
mod jws;
mod claims;
mod percent;
mod form;
mod reading;
mod path;
mod cookie;
mod host;
mod query;
mod headers;
mod navigation;
mod network;
mod request;
mod identity;
mod identity_headers;
mod assertion;
mod trace;
mod revocation;
mod session_claims;
mod session_cookie;
mod session_seal;
mod session;
mod source;
mod jwt;
mod dpop;
mod datalog;
mod biscuit;
mod password;
mod api_key;
mod certificate;
mod memory;
mod credential;
mod return_address;
mod policy;
mod decision;
mod config;
mod forwarded;
mod authorizer;
mod policy_test;

// The public interface is:
pub use authorizer::{Authorizer, InspectedSession, UnknownIssuer};
pub use certificate::certificate_headers;
pub use config::{Config, ConfigError, HttpSettings, KeyLocation, Position, Reference, RemoteKeys, Warning};
pub use crypto::Algorithm;
pub use datalog::{Datalog, DatalogError};
pub use decision::{Answer, Audit, Challenge, ChallengeForm, Decision, Denial, Forbidden, Indeterminate, Permit, ShadowReport};
pub use forwarded::{ForwardedFor, forwarded_headers};
pub use headers::Headers;
pub use identity::{CredentialKind, Identity};
pub use jwk::{DroppedKey, KeySet, KeySetError};
pub use navigation::is_navigation;
pub use network::{Network, NetworkError, TrustedHops, client_from_forwarded_for, client_network};
pub use policy_test::TestReport;
pub use rejection::{Outage, Rejection};
pub use request::Request;
pub use revocation::{Revocations, RevocationsError};
pub use secret::Secret;
pub use session_claims::{SealError, SessionClaims};
pub use signing_key::SigningKey;
pub use time::{TimeError, UnixTime};
pub use trace::{Explanation, Step};

/// The README's example, run as a test.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
