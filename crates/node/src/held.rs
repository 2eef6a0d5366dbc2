//! What JavaScript reads of a decision when it wants to know more of it than outcome and code.

use gatewright::{ChallengeForm, CredentialKind, Decision, Explanation};
use napi::bindgen_prelude::External;
use napi_derive::napi;
use serde_json::{Value, json};

use crate::answer;
use crate::error::{Result, guarded, internal};
use crate::page::Page;

/// An explanation that JavaScript holds, with its decision.
pub struct HeldExplanation(pub(crate) Decision, pub(crate) Explanation);

/// The rule that decided, if one did.
#[napi(catch_unwind)]
pub fn held_rule(page: &External<Page>, number: u32) -> Result<Option<String>> {
    read(page, number, |decision| decision.rule().map(str::to_owned))
}

/// Everything of a decision but its identity, as JSON.
#[napi(catch_unwind)]
pub fn held_parts(page: &External<Page>, number: u32) -> Result<String> {
    read(page, number, |decision| parts(decision).to_string())
}

/// Whether the request speaks for somebody.
#[napi(catch_unwind)]
pub fn held_has_identity(page: &External<Page>, number: u32) -> Result<bool> {
    read(page, number, |decision| match decision {
        Decision::Allow(permit) => permit.identity().is_some(),
        Decision::Challenge(_) | Decision::Forbid(_) | Decision::Indeterminate(_) => false,
    })
}

/// Status and headers of the answer to give, as JSON; the same for every server.
#[napi(catch_unwind)]
pub fn held_answer(page: &External<Page>, number: u32, is_navigation: bool) -> Result<String> {
    read(page, number, |decision| {
        let answer = decision.answer(if is_navigation { ChallengeForm::Redirect } else { ChallengeForm::Status });
        json!({ "status": answer.status, "headers": answer.headers }).to_string()
    })
}

/// Outcome and code of the first decision of a page, as an answer has them.
#[napi(catch_unwind)]
pub fn held_first(page: &External<Page>) -> Result<u32> {
    read(page, 0, answer::head)
}

/// The decision of an explanation: the first of a page.
#[napi(catch_unwind)]
pub fn explained_decision(explained: &External<HeldExplanation>) -> External<Page> {
    let mut page = Page::default();
    page.push(explained.0.clone());
    External::new(page)
}

/// How it came about: the steps as JSON, and as text.
#[napi(catch_unwind)]
pub fn explained_steps(explained: &External<HeldExplanation>) -> Result<Vec<String>> {
    guarded(|| {
        let steps = serde_json::to_string(&explained.1).unwrap_or_else(|_| "[]".to_owned());
        vec![steps, explained.1.to_string()]
    })
}

fn read<T>(page: &Page, number: u32, f: impl FnOnce(&Decision) -> T) -> Result<T> {
    guarded(|| page.read(number, f))?.ok_or_else(internal)
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
