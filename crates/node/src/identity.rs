//! An identity, read by JavaScript: one that a decision on a page has, or one that was inspected.

use gatewright::{Decision, Identity, UnixTime};
use napi::bindgen_prelude::External;
use napi_derive::napi;
use serde_json::json;

use crate::error::{Result, guarded, internal, invalid};
use crate::page::Page;

/// An identity that JavaScript holds: opaque there.
pub struct HeldIdentity(pub(crate) Identity);

/// Everything of a decision's identity but its claims, as JSON; nothing if there is nobody.
#[napi(catch_unwind)]
pub fn held_identity(page: &External<Page>, number: u32) -> Result<Option<String>> {
    guarded(|| page.read(number, |decision| of(decision).map(parts)))?.ok_or_else(internal)
}

/// A claim of a decision's identity as JSON, by the names that lead to it (a JSON list); nothing if there is none.
#[napi(catch_unwind)]
pub fn held_claim(page: &External<Page>, number: u32, path: String) -> Result<Option<String>> {
    let path = names(&path)?;
    guarded(|| page.read(number, |decision| of(decision).and_then(|identity| claim(identity, &path))))?.ok_or_else(internal)
}

/// Everything of an inspected identity but its claims, as JSON.
#[napi(catch_unwind)]
pub fn inspected_identity(identity: &External<HeldIdentity>) -> Result<String> {
    guarded(|| parts(&identity.0))
}

/// A claim of an inspected identity.
#[napi(catch_unwind)]
pub fn inspected_claim(identity: &External<HeldIdentity>, path: String) -> Result<Option<String>> {
    let path = names(&path)?;
    guarded(|| claim(&identity.0, &path))
}

fn of(decision: &Decision) -> Option<&Identity> {
    match decision {
        Decision::Allow(permit) => permit.identity(),
        Decision::Challenge(_) | Decision::Forbid(_) | Decision::Indeterminate(_) => None,
    }
}

fn parts(identity: &Identity) -> String {
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
}

fn claim(identity: &Identity, path: &[String]) -> Option<String> {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    identity.claim(&path).map(ToString::to_string)
}

fn names(path: &str) -> Result<Vec<String>> {
    serde_json::from_str(path).map_err(|error| invalid(format!("a claim's path: {error}")))
}
