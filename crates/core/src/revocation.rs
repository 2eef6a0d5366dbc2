//! Revoked sessions, tokens and subjects, as data.

use std::collections::{HashMap, HashSet};
use std::fmt;

use serde::Deserialize;

use crate::rejection::{Refusal, Rejection};
use crate::time::UnixTime;

/// What was revoked.
///
/// The JSON form is `{ "sessions": [sid], "tokens": [jti], "subjects": [{ "subject", "issuer"?, "before" }] }`; every member
/// may be left out. A subject's entry revokes what was issued before `before` (seconds since the epoch), at that issuer or,
/// without `issuer`, anywhere; a credential that does not say when it was issued counts as issued before.
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
        let document: Document = serde_json::from_str(text).map_err(|error| RevocationsError(error.to_string()))?;
        let mut list = Self {
            sessions: document.sessions.into_iter().collect(),
            tokens: document.tokens.into_iter().collect(),
            subjects: HashMap::new(),
        };
        for entry in document.subjects {
            let revoked = RevokedSubject { issuer: entry.issuer, before: UnixTime::from_secs(entry.before) };
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
    before: u64,
}

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
    fn session_and_token_ids_do_not_mix() {
        assert!(check(r#"{"sessions":["j1"]}"#, None, Some(1)));
        assert!(!check(r#"{"tokens":["j1"]}"#, None, Some(1)));
    }
}
