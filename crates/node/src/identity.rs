//! An identity that JavaScript holds.

use std::sync::Arc;

use gatewright::{Identity, UnixTime};
use napi::bindgen_prelude::External;
use napi_derive::napi;
use serde_json::json;

use crate::error::{Result, guarded, invalid};

/// What JavaScript holds: opaque there.
pub struct HeldIdentity(pub(crate) Arc<Identity>);

/// Everything of an identity but its claims, as JSON.
#[napi(catch_unwind)]
pub fn identity_parts(identity: &External<HeldIdentity>) -> Result<String> {
    let identity = &identity.0;
    guarded(|| {
        json!({
            "subject": identity.subject(),
            "email": identity.email(),
            "name": identity.name(),
            "groups": identity.groups().collect::<Vec<_>>(),
            "scopes": identity.scopes().collect::<Vec<_>>(),
            "issuer": identity.issuer(),
            "credential": identity.credential().name(),
            "acr": identity.acr(),
            "amr": identity.amr().collect::<Vec<_>>(),
            "authTime": identity.auth_time().map(UnixTime::as_secs),
        })
        .to_string()
    })
}

/// A claim as JSON, by the names that lead to it (a JSON list); nothing if there is none.
#[napi(catch_unwind)]
pub fn identity_claim(identity: &External<HeldIdentity>, path: String) -> Result<Option<String>> {
    let path: Vec<String> = serde_json::from_str(&path).map_err(|error| invalid(format!("a claim's path: {error}")))?;
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    guarded(|| identity.0.claim(&path).map(ToString::to_string))
}
