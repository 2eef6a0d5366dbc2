//! A decision that JavaScript holds, and reads when it wants to know more of it than outcome and code.

use gatewright::{ChallengeForm, CredentialKind, Decision, Explanation};
use napi::bindgen_prelude::External;
use napi_derive::napi;
use serde_json::{Value, json};

use crate::answer;
use crate::error::{Result, guarded};
use crate::identity::HeldIdentity;

/// What JavaScript holds: opaque there.
pub struct Held(pub(crate) Decision);

/// An explanation that JavaScript holds, with its decision.
pub struct HeldExplanation(pub(crate) Decision, pub(crate) Explanation);

/// Outcome and code as one number, as in the answer itself.
#[napi(catch_unwind)]
pub fn held_head(held: &External<Held>) -> u32 {
    answer::head(&held.0)
}

/// The rule that decided, if one did.
#[napi(catch_unwind)]
pub fn held_rule(held: &External<Held>) -> Option<&str> {
    held.0.rule()
}

/// Everything of a decision but its identity, as JSON.
#[napi(catch_unwind)]
pub fn held_parts(held: &External<Held>) -> Result<String> {
    guarded(|| parts(&held.0).to_string())
}

/// Who the request speaks for, if anybody.
#[napi(catch_unwind)]
pub fn held_identity(held: &External<Held>) -> Option<External<HeldIdentity>> {
    match &held.0 {
        Decision::Allow(permit) => permit.shared_identity().map(|identity| External::new(HeldIdentity(identity))),
        Decision::Challenge(_) | Decision::Forbid(_) | Decision::Indeterminate(_) => None,
    }
}

/// Status and headers of the answer to give, as JSON; the same for every server.
#[napi(catch_unwind)]
pub fn held_answer(held: &External<Held>, is_navigation: bool) -> Result<String> {
    guarded(|| {
        let answer = held.0.answer(if is_navigation { ChallengeForm::Redirect } else { ChallengeForm::Status });
        json!({ "status": answer.status, "headers": answer.headers }).to_string()
    })
}

/// The decision of an explanation.
#[napi(catch_unwind)]
pub fn explained_decision(explained: &External<HeldExplanation>) -> External<Held> {
    External::new(Held(explained.0.clone()))
}

/// How it came about: the steps as JSON, and as text.
#[napi(catch_unwind)]
pub fn explained_steps(explained: &External<HeldExplanation>) -> Result<Vec<String>> {
    guarded(|| {
        let steps = serde_json::to_string(&explained.1).unwrap_or_else(|_| "[]".to_owned());
        vec![steps, explained.1.to_string()]
    })
}

fn parts(decision: &Decision) -> Value {
    let audit = decision.audit();
    let shadows: Vec<Value> =
        decision.shadows().iter().map(|shadow| json!({ "rule": shadow.rule, "code": shadow.code })).collect();
    let mut parts = json!({
        "detail": decision.detail(),
        "audit": {
            "subject": audit.subject,
            "issuer": audit.issuer,
            "kid": audit.kid,
            "credential": audit.credential.map(CredentialKind::name),
        },
        "shadows": shadows,
        "wantsKeys": decision.wants_keys(),
    });
    let Some(members) = parts.as_object_mut() else { return parts };
    match decision {
        Decision::Allow(permit) => {
            members.insert("headers".to_owned(), permit.headers().map(|(name, value)| json!([name, value])).collect());
            members.insert("renewedSession".to_owned(), json!(permit.renewed_session()));
        }
        Decision::Challenge(challenge) => {
            members.insert("wwwAuthenticate".to_owned(), json!(challenge.www_authenticate()));
            members.insert("loginUrl".to_owned(), json!(challenge.login_url()));
        }
        Decision::Forbid(forbidden) => {
            members.insert("wwwAuthenticate".to_owned(), json!(forbidden.www_authenticate()));
        }
        Decision::Indeterminate(_) => {}
    }
    parts
}
