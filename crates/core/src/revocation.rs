//! Revoked sessions, tokens and subjects, as data.

use std::collections::{HashMap, HashSet};
use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use crate::rejection::{Refusal, Rejection};
use crate::time::{TimeError, UnixTime};

/// What was revoked.
///
/// The JSON form is `{ "sessions": [sid], "tokens": [jti], "subjects": [{ "subject", "issuer"?, "before" }] }`; every member
/// may be left out. `sid` is a session's id, `jti` a token's, or the revocation id of any block of a biscuit (hexadecimal, in
/// either case). A subject's entry revokes what was issued before `before` (seconds since 1970, or `"2026-12-31T23:59:59Z"`), at
/// that issuer or, without `issuer`, anywhere; a credential that does not say when it was issued counts as issued before.
///
/// # Example
/// ```
/// use gatewright::Revocations;
/// let list = Revocations::from_json(r#"{ "sessions": ["4f1c"], "subjects": [{ "subject": "bob", "before": 1767225600 }] }"#)?;
/// assert!(Revocations::from_json(r#"{ "session": [] }"#).is_err());
/// # Ok::<(), gatewright::RevocationsError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Revocations {
    sessions: HashSet<String>,
    tokens: HashSet<String>,
    subjects: HashMap<String, Vec<RevokedSubject>>,
}

#[derive(Clone, Debug)]
struct RevokedSubject {
    issuer: Option<String>,
    before: UnixTime,
}

/// The text is no list of revocations; says what is wrong and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevocationsError(String);

impl fmt::Display for RevocationsError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for RevocationsError {}

/// What is asked about a verified credential.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Revocable<'c> {
    pub(crate) id: RevocableId<'c>,
    pub(crate) subject: &'c str,
    pub(crate) issuer: Option<&'c str>,
    pub(crate) issued_at: Option<UnixTime>,
}

/// The credential's own identifier.
#[derive(Clone, Copy, Debug)]
pub(crate) enum RevocableId<'c> {
    Session(&'c str),
    Token(&'c str),
    /// One for each block of a biscuit: revoking any revokes what was made from it.
    Blocks(&'c [Box<str>]),
    /// It has none.
    None,
}

impl Revocations {
    /// Reads the JSON form.
    ///
    /// # Errors
    /// The text is not JSON, has an unknown member, or a member of the wrong type.
    pub fn from_json(text: &str) -> Result<Self, RevocationsError> {
        // Serde would read an array as the members in their order.
        if !text.trim_ascii_start().starts_with('{') {
            return Err(RevocationsError(
                "expected an object such as { \"sessions\": [], \"tokens\": [], \"subjects\": [] }".to_owned(),
            ));
        }
        let document: Document = serde_json::from_str(text).map_err(|error| RevocationsError(error.to_string()))?;
        let hex = document.tokens.iter().filter(|id| is_upper_hex(id)).map(|id| id.to_ascii_lowercase()).collect::<Vec<_>>();
        let mut list = Self {
            sessions: document.sessions.into_iter().collect(),
            tokens: document.tokens.into_iter().chain(hex).collect(),
            subjects: HashMap::new(),
        };
        for entry in document.subjects {
            let revoked = RevokedSubject { issuer: entry.issuer, before: entry.before };
            list.subjects.entry(entry.subject).or_default().push(revoked);
        }
        Ok(list)
    }

    /// Refuses what was revoked.
    pub(crate) fn check(&self, credential: Revocable<'_>) -> Result<(), Refusal> {
        let revoked = |what: &str| Err(Refusal::new(Rejection::Revoked, format!("the {what} was revoked")));
        match credential.id {
            RevocableId::Session(sid) if self.sessions.contains(sid) => return revoked("session"),
            RevocableId::Token(jti) if self.tokens.contains(jti) => return revoked("token"),
            RevocableId::Blocks(ids) if ids.iter().any(|id| self.tokens.contains(id.as_ref())) => return revoked("token"),
            RevocableId::Session(_) | RevocableId::Token(_) | RevocableId::Blocks(_) | RevocableId::None => {}
        }
        let Some(entries) = self.subjects.get(credential.subject) else { return Ok(()) };
        let applies = |entry: &RevokedSubject| {
            entry.issuer.as_deref().is_none_or(|issuer| credential.issuer == Some(issuer))
                && credential.issued_at.is_none_or(|issued_at| issued_at < entry.before)
        };
        if entries.iter().any(applies) {
            return Err(Refusal::new(Rejection::Revoked, "everything issued to the subject before a moment was revoked"));
        }
        Ok(())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default)]
    sessions: Vec<String>,
    #[serde(default)]
    tokens: Vec<String>,
    #[serde(default)]
    subjects: Vec<SubjectEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SubjectEntry {
    subject: String,
    issuer: Option<String>,
    #[serde(deserialize_with = "moment")]
    before: UnixTime,
}

/// Reads seconds since 1970, or a date with time and offset (RFC 3339).
fn moment<'de, D: Deserializer<'de>>(deserializer: D) -> Result<UnixTime, D::Error> {
    let wrong = |what: &dyn fmt::Display| D::Error::custom(format!("`before`: {what}"));
    match serde_json::Value::deserialize(deserializer)? {
        serde_json::Value::Number(number) => match number.as_u64() {
            Some(seconds) if seconds <= UnixTime::MAX.as_secs() => Ok(UnixTime::from_secs(seconds)),
            _ => Err(wrong(&format_args!("{number} is not between 0 and {}, in seconds", UnixTime::MAX))),
        },
        serde_json::Value::String(text) => text.parse().map_err(|error: TimeError| wrong(&error)),
        _ => Err(wrong(&"expected seconds since 1970, or a moment such as \"2026-12-31T23:59:59Z\"")),
    }
}

/// Whether this is what a block of a biscuit may be called by, in capitals.
fn is_upper_hex(id: &str) -> bool {
    id.len() >= SIGNATURE_DIGITS
        && id.bytes().all(|byte| byte.is_ascii_hexdigit())
        && id.bytes().any(|byte| byte.is_ascii_uppercase())
}

/// No signature is shorter.
const SIGNATURE_DIGITS: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;

    fn check(list: &str, issuer: Option<&str>, issued_at: Option<u64>) -> bool {
        let credential =
            Revocable { id: RevocableId::Token("j1"), subject: "bob", issuer, issued_at: issued_at.map(UnixTime::from_secs) };
        Revocations::from_json(list).unwrap().check(credential).is_ok()
    }

    #[test]
    fn a_subject_is_revoked_up_to_a_moment() {
        let list = r#"{"subjects":[{"subject":"bob","before":100}]}"#;
        assert!(!check(list, None, Some(99)));
        assert!(check(list, None, Some(100)));
        assert!(!check(list, None, None), "no iat counts as issued before");
    }

    #[test]
    fn an_issuer_narrows_the_entry() {
        let list = r#"{"subjects":[{"subject":"bob","issuer":"https://a","before":100}]}"#;
        assert!(!check(list, Some("https://a"), Some(1)));
        assert!(check(list, Some("https://b"), Some(1)));
        assert!(check(list, None, Some(1)));
    }

    #[test]
    fn a_moment_is_seconds_or_a_date() {
        let list = |before: &str| format!(r#"{{"subjects":[{{"subject":"bob","before":{before}}}]}}"#);
        assert!(!check(&list("\"1970-01-01T00:01:40Z\""), None, Some(99)));
        assert!(check(&list("\"1970-01-01T00:01:40Z\""), None, Some(100)));
        for (wrong, sentence) in [
            ("\"soon\"", "such as 2026-12-31T23:59:59Z"),
            ("1767225600000", "is not between 0 and"),
            ("-1", "is not between 0 and"),
            ("1.5", "is not between 0 and"),
            ("null", "expected seconds since 1970"),
        ] {
            let error = Revocations::from_json(&list(wrong)).unwrap_err().to_string();
            assert!(error.contains(sentence) && error.contains("line 1"), "{wrong}: {error}");
        }
    }

    #[test]
    fn a_list_is_an_object_with_known_members() {
        for wrong in ["", "[]", "[[\"a\"],[],[]]", "null", "{\"session\":[]}", "{\"sessions\":[1]}", "{\"tokens\":\"a\"}", "{} x"]
        {
            assert!(Revocations::from_json(wrong).is_err(), "{wrong}");
        }
        assert!(Revocations::from_json(" {}\n").is_ok());
    }

    #[test]
    fn the_id_of_a_block_may_be_written_in_capitals() {
        let id = "0a".repeat(64);
        let list = Revocations::from_json(&format!(r#"{{"tokens":["{}"]}}"#, id.to_uppercase())).unwrap();
        let blocks = [Box::from(id)];
        let credential = Revocable { id: RevocableId::Blocks(&blocks), subject: "bob", issuer: None, issued_at: None };
        assert!(list.check(credential).is_err());
    }

    #[test]
    fn session_and_token_ids_do_not_mix() {
        assert!(check(r#"{"sessions":["j1"]}"#, None, Some(1)));
        assert!(!check(r#"{"tokens":["j1"]}"#, None, Some(1)));
    }
}
