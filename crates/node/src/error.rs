//! The one place where an error becomes a JavaScript exception. Their classes are written in JavaScript (`lib/errors.js`), which
//! knows them by the codes here.

use std::panic::{AssertUnwindSafe, catch_unwind};

use gatewright::{ConfigError, KeySetError, Position, RevocationsError, SealError};
use gatewright_issuer::biscuit::BiscuitError;
use gatewright_issuer::{EmbeddedError, OpenError};
use serde_json::json;

/// An exception: its `code` and its message.
pub(crate) type Failure = napi::Error<&'static str>;

pub(crate) type Result<T> = std::result::Result<T, Failure>;

/// Runs what reaches the engine; a panic becomes `ERR_GATEWRIGHT_INTERNAL`.
///
/// # Errors
/// There was a panic (the panic hook has printed it).
pub(crate) fn guarded<T>(f: impl FnOnce() -> T) -> Result<T> {
    catch_unwind(AssertUnwindSafe(f)).map_err(|_| internal())
}

pub(crate) fn internal() -> Failure {
    let message = "the engine panicked, which is a fault of gatewright; the standard error output has more";
    Failure::new("ERR_GATEWRIGHT_INTERNAL", message)
}

pub(crate) fn config(error: &ConfigError) -> Failure {
    positioned(&error.to_string(), error.message(), error.position())
}

pub(crate) fn open(error: &OpenError) -> Failure {
    match error {
        OpenError::Config { rendered, error } => positioned(rendered, error.message(), error.position()),
        _ => positioned(&error.to_string(), &error.to_string(), None),
    }
}

pub(crate) fn key_set(error: &KeySetError) -> Failure {
    Failure::new("ERR_GATEWRIGHT_KEYSET", error.to_string())
}

pub(crate) fn revocations(error: &RevocationsError) -> Failure {
    Failure::new("ERR_GATEWRIGHT_REVOCATIONS", error.to_string())
}

pub(crate) fn seal(error: &SealError) -> Failure {
    Failure::new("ERR_GATEWRIGHT_SEAL", error.to_string())
}

pub(crate) fn biscuit(error: &BiscuitError) -> Failure {
    unreadable_biscuit(&error.to_string())
}

pub(crate) fn unreadable_biscuit(reason: &str) -> Failure {
    Failure::new("ERR_GATEWRIGHT_BISCUIT", reason)
}

pub(crate) fn embedded(error: &EmbeddedError) -> Failure {
    match error {
        EmbeddedError::UnknownIssuer(_) => Failure::new("ERR_GATEWRIGHT_UNKNOWN_ISSUER", error.to_string()),
        EmbeddedError::Open(error) => open(error),
        _ => Failure::new("ERR_GATEWRIGHT_STATE", error.to_string()),
    }
}

/// An argument of the right type that cannot be used.
pub(crate) fn invalid(message: impl Into<String>) -> Failure {
    Failure::new("ERR_INVALID_ARG_VALUE", message.into())
}

/// A mistake in a policy; the place goes along as JSON, since an exception of napi has a code and a message and nothing else.
fn positioned(rendered: &str, message: &str, position: Option<Position>) -> Failure {
    let (line, column) = (position.map(|position| position.line), position.map(|position| position.column));
    let parts = json!({ "message": rendered, "detail": message, "line": line, "column": column });
    Failure::new("ERR_GATEWRIGHT_CONFIG", parts.to_string())
}
