//! What a table asks of an identity.

use serde_json::Value;

use super::policy::Table;

/// Somebody whose credential is good: its claims, by the names that a session and the issuer's tokens share.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    pub(crate) kind: &'static str,
    pub(crate) claims: Value,
}

/// What a key says of an identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    Yes,
    No,
    /// The claim is absent, or of the wrong type: no, and no under `not` as well.
    Unsaid,
}

/// Returns nothing if one of the tables holds, else the code of the nearest one.
pub(crate) fn refusal(tables: &[Table], identity: &Identity, now: u64) -> Option<&'static str> {
    let failed: Vec<Vec<&str>> = tables.iter().map(|table| failing(table, identity, now)).collect();
    if failed.iter().any(Vec::is_empty) {
        return None;
    }
    let only = |keys: &[&str]| failed.iter().any(|failed| failed.iter().all(|key| keys.contains(key)));
    Some(if only(&["acr", "amr", "max_auth_age"]) {
        "step_up_required"
    } else if only(&["scopes"]) {
        "scope_insufficient"
    } else {
        "identity_not_allowed"
    })
}

/// The keys of the table that do not hold; `not` is one of them.
fn failing<'t>(table: &'t Table, identity: &Identity, now: u64) -> Vec<&'t str> {
    let mut failed: Vec<&str> = table
        .keys
        .iter()
        .filter(|(key, wanted)| answer(key, wanted, identity, now) != Answer::Yes)
        .map(|(key, _)| *key)
        .collect();
    if table.not.iter().any(|(key, wanted)| answer(key, wanted, identity, now) != Answer::No) {
        failed.push("not");
    }
    failed
}

fn answer(key: &str, wanted: &Value, identity: &Identity, now: u64) -> Answer {
    let wanted_texts = || wanted.as_array().into_iter().flatten().filter_map(Value::as_str);
    let any_of = |has: Option<Vec<String>>| match has {
        None => Answer::Unsaid,
        Some(has) => yes(wanted_texts().any(|wanted| has.iter().any(|has| has == wanted))),
    };
    match key {
        "users" => any_of(identity.text("sub")),
        "emails" => any_of(identity.email()),
        "email_domains" => match identity.email().map(|email| email.concat()) {
            None => Answer::Unsaid,
            Some(email) => match email.split('@').collect::<Vec<_>>().as_slice() {
                [name, domain] if !name.is_empty() && !domain.is_empty() && !domain.ends_with('.') => {
                    yes(wanted_texts().any(|wanted| wanted.eq_ignore_ascii_case(domain)))
                }
                _ => Answer::Unsaid,
            },
        },
        "groups" => any_of(identity.list("groups")),
        "issuers" => any_of(identity.text("iss")),
        "credentials" => any_of(Some(vec![identity.kind.to_owned()])),
        "scopes" => match identity.list(if identity.kind == "jwt" { "scope" } else { "scopes" }) {
            None => Answer::Unsaid,
            Some(has) => yes(wanted_texts().all(|wanted| has.iter().any(|has| has == wanted))),
        },
        "acr" => any_of(identity.text("acr")),
        "amr" => any_of(identity.list("amr")),
        "max_auth_age" => match identity.claims["auth_time"].as_u64() {
            None => Answer::Unsaid,
            Some(time) => {
                let age: u64 = wanted.as_str().and_then(|text| text.strip_suffix('s')).unwrap().parse().unwrap();
                yes(time <= now + 60 && now.saturating_sub(time) <= age)
            }
        },
        claim => claim_answer(&identity.claims, claim.strip_prefix("claims.").unwrap(), wanted.as_array().unwrap()),
    }
}

fn claim_answer(claims: &Value, path: &str, wanted: &[Value]) -> Answer {
    let found = path.split('.').try_fold(claims, |value, name| value.get(name));
    let is_scalar = |value: &Value| value.is_string() || value.is_number() || value.is_boolean();
    let items = match found {
        Some(Value::Array(items)) => items.clone(),
        Some(value) => vec![value.clone()],
        None => return Answer::Unsaid,
    };
    let alike = |one: &Value, other: &Value| {
        (one.is_string() && other.is_string()) || (one.is_i64() && other.is_i64()) || (one.is_boolean() && other.is_boolean())
    };
    if !items.iter().all(is_scalar) {
        Answer::Unsaid
    } else if items.iter().any(|item| wanted.contains(item)) {
        Answer::Yes
    } else if items.iter().all(|item| wanted.iter().any(|wanted| alike(wanted, item))) {
        Answer::No
    } else {
        Answer::Unsaid
    }
}

fn yes(yes: bool) -> Answer {
    if yes { Answer::Yes } else { Answer::No }
}

impl Identity {
    fn text(&self, claim: &str) -> Option<Vec<String>> {
        Some(vec![self.claims.get(claim)?.as_str()?.to_owned()])
    }

    /// A session's address is vouched for by whoever sealed it, an issuer's only if it says so.
    fn email(&self) -> Option<Vec<String>> {
        let vouched = self.kind == "session" || self.claims["email_verified"] == Value::Bool(true);
        self.text("email").filter(|_| vouched)
    }

    /// An array of strings; for groups one string is one group, for a scope the words of a string are several.
    fn list(&self, claim: &str) -> Option<Vec<String>> {
        match self.claims.get(claim)? {
            Value::String(text) if claim == "scope" => Some(text.split_whitespace().map(str::to_owned).collect()),
            Value::String(text) => Some(vec![text.clone()]),
            Value::Array(items) => Some(items.iter().filter_map(Value::as_str).map(str::to_owned).collect()),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => None,
        }
    }
}
