//! What an `allow` table asks of an identity.

use serde_json::Value;

use crate::identity::{CredentialKind, Identity};
use crate::time::UnixTime;

/// A table: every condition must hold, and none of `not`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    pub(crate) conditions: Vec<Condition>,
    pub(crate) not: Vec<Condition>,
}

/// One key of a table.
#[derive(Clone, Debug)]
pub(crate) enum Condition {
    /// The subject is one of these.
    Users(Vec<String>),
    /// The e-mail address is one of these.
    Emails(Vec<String>),
    /// The e-mail address has exactly one `@`, and what follows is one of these.
    EmailDomains(Vec<String>),
    /// One of the identity's groups is one of these.
    Groups(Vec<String>),
    /// The issuer is one of these.
    Issuers(Vec<String>),
    /// The kind of credential is one of these.
    Credentials(Vec<CredentialKind>),
    /// The claim at the path is, or (an array) contains, one of these.
    Claim(Vec<String>, Vec<ClaimValue>),
    /// The identity has all of these scopes.
    Scopes(Vec<String>),
    /// The authentication context class is one of these.
    Acr(Vec<String>),
    /// One of the authentication methods is one of these.
    Amr(Vec<String>),
    /// The user authenticated at most this many seconds ago.
    MaxAuthAge(u64),
}

/// A value that a claim is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ClaimValue {
    Text(String),
    Integer(i64),
    Bool(bool),
}

/// What became of one condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Holds,
    Fails,
    /// The identity does not say, or says it in the wrong type: fails here, and makes a `not` fail too.
    Absent,
}

/// What a failing condition would take to hold: which decides the reason code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Remedy {
    /// Authenticate again, or better (RFC 9470).
    StepUp,
    /// A token with more scopes (RFC 6750 §3.1).
    Scopes,
    /// Another identity.
    Identity,
}

impl Condition {
    /// Evaluates the condition; `now` only matters for `max_auth_age`.
    pub(crate) fn evaluate(&self, identity: &Identity, now: UnixTime) -> Verdict {
        match self {
            Self::Users(users) => Verdict::from(contains(users, identity.subject())),
            Self::Emails(emails) => identity.email().map_or(Verdict::Absent, |email| contains(emails, email).into()),
            Self::EmailDomains(domains) => identity
                .email()
                .and_then(single_domain)
                .map_or(Verdict::Absent, |found| Verdict::from(domains.iter().any(|domain| domain.eq_ignore_ascii_case(found)))),
            Self::Groups(groups) => identity.groups.as_deref().map_or(Verdict::Absent, |has| intersects(groups, has).into()),
            Self::Issuers(issuers) => identity.issuer().map_or(Verdict::Absent, |issuer| contains(issuers, issuer).into()),
            Self::Credentials(kinds) => Verdict::from(kinds.contains(&identity.credential())),
            Self::Claim(path, values) => evaluate_claim(identity, path, values),
            Self::Scopes(scopes) => identity
                .scopes
                .as_deref()
                .map_or(Verdict::Absent, |has| Verdict::from(scopes.iter().all(|scope| has.iter().any(|it| **it == **scope)))),
            Self::Acr(values) => identity.acr().map_or(Verdict::Absent, |acr| contains(values, acr).into()),
            Self::Amr(values) => Verdict::from(intersects(values, &identity.amr)),
            Self::MaxAuthAge(seconds) => {
                // Who will have authenticated some day has not.
                let is_recent = |time| time <= now.plus(MAX_CLOCK_SKEW) && now.seconds_since(time) <= *seconds;
                identity.auth_time().map_or(Verdict::Absent, |time| Verdict::from(is_recent(time)))
            }
        }
    }

    /// Returns what would help if the condition fails.
    pub(crate) const fn remedy(&self) -> Remedy {
        match self {
            Self::Acr(_) | Self::Amr(_) | Self::MaxAuthAge(_) => Remedy::StepUp,
            Self::Scopes(_) => Remedy::Scopes,
            Self::Users(_)
            | Self::Emails(_)
            | Self::EmailDomains(_)
            | Self::Groups(_)
            | Self::Issuers(_)
            | Self::Credentials(_)
            | Self::Claim(..) => Remedy::Identity,
        }
    }

    /// Returns the key as the file writes it.
    pub(crate) fn key(&self) -> String {
        match self {
            Self::Users(_) => "users".to_owned(),
            Self::Emails(_) => "emails".to_owned(),
            Self::EmailDomains(_) => "email_domains".to_owned(),
            Self::Groups(_) => "groups".to_owned(),
            Self::Issuers(_) => "issuers".to_owned(),
            Self::Credentials(_) => "credentials".to_owned(),
            Self::Claim(path, _) => format!("claims.{}", path.join(".")),
            Self::Scopes(_) => "scopes".to_owned(),
            Self::Acr(_) => "acr".to_owned(),
            Self::Amr(_) => "amr".to_owned(),
            Self::MaxAuthAge(_) => "max_auth_age".to_owned(),
        }
    }

    /// Returns what the condition wants and what the identity has, for the explanation.
    pub(crate) fn describe(&self, identity: &Identity, now: UnixTime) -> String {
        let list = |values: &[String]| format!("[{}]", values.join(", "));
        let has = |values: Option<&[Box<str>]>| values.map_or("absent".to_owned(), |values| format!("[{}]", values.join(", ")));
        let text = |value: Option<&str>| value.map_or("absent".to_owned(), |value| format!("`{}`", value.escape_debug()));
        match self {
            Self::Users(users) => format!("wanted one of {}, subject is {}", list(users), text(Some(identity.subject()))),
            Self::Emails(emails) => format!("wanted one of {}, email is {}", list(emails), text(identity.email())),
            Self::EmailDomains(domains) => format!("wanted a domain of {}, email is {}", list(domains), text(identity.email())),
            Self::Groups(groups) => format!("wanted one of {}, groups are {}", list(groups), has(identity.groups.as_deref())),
            Self::Issuers(issuers) => format!("wanted one of {}, issuer is {}", list(issuers), text(identity.issuer())),
            Self::Credentials(kinds) => {
                let kinds: Vec<&str> = kinds.iter().map(|kind| kind.name()).collect();
                format!("wanted one of [{}], credential is `{}`", kinds.join(", "), identity.credential())
            }
            Self::Claim(path, values) => {
                let values: Vec<String> = values.iter().map(ClaimValue::to_string).collect();
                let found = find_claim(identity, path).map_or("absent".to_owned(), Value::to_string);
                format!("wanted one of [{}], claim is {found}", values.join(", "))
            }
            Self::Scopes(scopes) => format!("wanted all of {}, scopes are {}", list(scopes), has(identity.scopes.as_deref())),
            Self::Acr(values) => format!("wanted one of {}, acr is {}", list(values), text(identity.acr())),
            Self::Amr(values) => format!("wanted one of {}, amr is {}", list(values), has(Some(&identity.amr))),
            Self::MaxAuthAge(seconds) => {
                let age = identity.auth_time().map_or("unknown".to_owned(), |time| format!("{} s", now.seconds_since(time)));
                format!("wanted at most {seconds} s since the user authenticated, it is {age}")
            }
        }
    }
}

impl From<bool> for Verdict {
    fn from(holds: bool) -> Self {
        if holds { Self::Holds } else { Self::Fails }
    }
}

impl std::fmt::Display for ClaimValue {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(text) => formatter.write_str(text),
            Self::Integer(integer) => integer.fmt(formatter),
            Self::Bool(bool) => bool.fmt(formatter),
        }
    }
}

impl ClaimValue {
    /// Whether a claim's value can be compared with this one at all.
    fn has_type_of(&self, value: &Value) -> bool {
        match self {
            Self::Text(_) => value.is_string(),
            Self::Integer(_) => value.is_i64(),
            Self::Bool(_) => value.is_boolean(),
        }
    }

    fn equals(&self, value: &Value) -> bool {
        match self {
            Self::Text(text) => value.as_str() == Some(text),
            Self::Integer(integer) => value.as_i64() == Some(*integer),
            Self::Bool(bool) => value.as_bool() == Some(*bool),
        }
    }
}

/// A claim of a type that no value has says nothing, as if it were not there: `"true"` is no proof that somebody is not `true`.
fn evaluate_claim(identity: &Identity, path: &[String], values: &[ClaimValue]) -> Verdict {
    let found = match find_claim(identity, path) {
        None => return Verdict::Absent,
        Some(Value::Array(items)) => items.as_slice(),
        Some(scalar) => std::slice::from_ref(scalar),
    };
    if found.iter().any(|found| found.is_null() || found.is_array() || found.is_object()) {
        return Verdict::Absent;
    }
    if found.iter().any(|found| values.iter().any(|value| value.equals(found))) {
        return Verdict::Holds;
    }
    let comparable = found.iter().all(|found| values.iter().any(|value| value.has_type_of(found)));
    if comparable { Verdict::Fails } else { Verdict::Absent }
}

fn find_claim<'i>(identity: &'i Identity, path: &[String]) -> Option<&'i Value> {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    identity.claim(&path)
}

fn contains(values: &[String], value: &str) -> bool {
    values.iter().any(|it| it == value)
}

fn intersects(values: &[String], has: &[Box<str>]) -> bool {
    has.iter().any(|it| contains(values, it))
}

/// Returns what follows the `@` if there is exactly one and neither side is empty (CVE-2026-40574).
fn single_domain(email: &str) -> Option<&str> {
    let (local, domain) = email.split_once('@')?;
    (!local.is_empty() && !domain.is_empty() && !domain.contains('@') && !domain.ends_with('.')).then_some(domain)
}

/// In seconds: how far the clock of whoever authenticated somebody may be ahead of ours.
const MAX_CLOCK_SKEW: u64 = 60;

#[cfg(test)]
mod tests {
    use super::*;

    fn identity_with_email(email: &str) -> Identity {
        let mut identity = Identity::new("alice", CredentialKind::Jwt);
        identity.email = Some(email.into());
        identity
    }

    #[test]
    fn cve_2026_40574_an_address_with_two_at_signs_has_no_domain() {
        let condition = Condition::EmailDomains(vec!["company.com".to_owned()]);
        let verdict = |email| condition.evaluate(&identity_with_email(email), UnixTime::from_secs(0));
        assert_eq!(verdict("a@company.com"), Verdict::Holds);
        assert_eq!(verdict("a@COMPANY.com"), Verdict::Holds);
        assert_eq!(verdict("a@evilcompany.com"), Verdict::Fails);
        // Neither holds, nor is it proof of the contrary under `not`.
        for email in ["attacker@evil.com@company.com", "@company.com", "a@", "company.com", "a@company.com."] {
            assert_eq!(verdict(email), Verdict::Absent, "{email}");
        }
    }

    #[test]
    fn a_claim_of_another_type_is_no_proof_of_the_contrary() {
        let verdict = |wanted: ClaimValue, claim: &str| {
            let mut identity = Identity::new("alice", CredentialKind::Jwt);
            identity.claims = crate::identity::RawClaims::new(format!("{{\"x\":{claim}}}").as_bytes());
            Condition::Claim(vec!["x".to_owned()], vec![wanted]).evaluate(&identity, UnixTime::from_secs(0))
        };
        for (claim, expected) in [
            ("true", Verdict::Holds),
            ("[true,\"x\"]", Verdict::Holds),
            ("false", Verdict::Fails),
            ("[false]", Verdict::Fails),
            ("[]", Verdict::Fails),
            ("\"true\"", Verdict::Absent),
            ("1", Verdict::Absent),
            ("[\"true\"]", Verdict::Absent),
            ("[false,\"true\"]", Verdict::Absent),
            ("null", Verdict::Absent),
            ("{}", Verdict::Absent),
            ("[true,null]", Verdict::Absent),
            ("[true,[true]]", Verdict::Absent),
            ("[true,{}]", Verdict::Absent),
        ] {
            assert_eq!(verdict(ClaimValue::Bool(true), claim), expected, "{claim}");
        }
        for claim in ["\"1\"", "1.0", "1e0", "18446744073709551617", "true"] {
            assert_eq!(verdict(ClaimValue::Integer(1), claim), Verdict::Absent, "{claim}");
        }
        assert_eq!(verdict(ClaimValue::Integer(1), "2"), Verdict::Fails);
    }

    #[test]
    fn an_absent_claim_is_neither_equal_nor_different() {
        let condition = Condition::Groups(vec!["suspended".to_owned()]);
        assert_eq!(condition.evaluate(&Identity::new("alice", CredentialKind::Jwt), UnixTime::from_secs(0)), Verdict::Absent);
    }

    #[test]
    fn authentication_age_counts_to_the_last_second() {
        let mut identity = Identity::new("alice", CredentialKind::Session);
        identity.auth_time = Some(UnixTime::from_secs(1_000));
        let condition = Condition::MaxAuthAge(60);
        assert_eq!(condition.evaluate(&identity, UnixTime::from_secs(1_060)), Verdict::Holds);
        assert_eq!(condition.evaluate(&identity, UnixTime::from_secs(1_061)), Verdict::Fails);
        assert_eq!(condition.evaluate(&identity, UnixTime::from_secs(940)), Verdict::Holds, "clocks differ");
        assert_eq!(condition.evaluate(&identity, UnixTime::from_secs(939)), Verdict::Fails, "in the future");
    }
}
