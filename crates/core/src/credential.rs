//! Finding the credential of a request and verifying it.
//!
//! Kinds are looked for in a fixed order; absence falls through to the next kind, presence decides. Only a kind that the file
//! configures is looked for.

use std::sync::Arc;

use crate::cookie::{self, Found};
use crate::headers::Headers;
use crate::identity::{CredentialKind, Identity};
use crate::jwt::{self, IssuerKeys, Source};
use crate::memory::{Memory, RememberedToken};
use crate::rejection::{Failure, Outage, Refusal, Rejection};
use crate::request::ParsedRequest;
use crate::revocation::{Revocable, RevocableId, Revocations};
use crate::session::Sessions;
use crate::time::UnixTime;
use crate::trace::{Step, Trace};

/// Everything that credentials are verified with.
#[derive(Clone, Debug)]
pub(crate) struct Credentials {
    pub(crate) issuers: Vec<IssuerKeys>,
    /// Cookies and headers that may hold a token, in file order.
    pub(crate) token_sources: Vec<Source>,
    pub(crate) sessions: Option<Sessions>,
    pub(crate) revocations: RevocationList,
    pub(crate) memory: Arc<Memory>,
}

/// What is known of revocations.
#[derive(Clone, Debug)]
pub(crate) enum RevocationList {
    /// The file does not configure any, and none were given.
    None,
    /// Configured, and never readable yet: nobody can tell whether a credential was revoked.
    Unread,
    /// The current list.
    Known(Arc<Revocations>),
}

/// What a request presented.
#[derive(Clone, Debug)]
pub(crate) enum Presented {
    /// No credential of a configured kind.
    Nothing,
    /// A credential that verified.
    Verified(Verified),
    /// A credential that did not.
    Failed(CredentialKind, Failure),
}

/// A verified credential.
#[derive(Clone, Debug)]
pub(crate) struct Verified {
    pub(crate) identity: Arc<Identity>,
    pub(crate) kid: Option<Arc<str>>,
    /// The `Set-Cookie` value, if the session is to be renewed.
    pub(crate) renewed_session: Option<String>,
}

impl Credentials {
    /// Looks for a credential and verifies it. With a listening trace the memory is only read.
    pub(crate) fn present(
        &self,
        request: &ParsedRequest<'_>,
        headers: &dyn Headers,
        now: UnixTime,
        trace: &mut impl Trace,
    ) -> Presented {
        match self.find_token(headers) {
            Token::Absent => {}
            Token::Wrong(source, refusal) => {
                found(trace, CredentialKind::Jwt, &source);
                trace.step(|| Step::Check { name: "form", passed: false, detail: refusal.detail.clone().into_owned() });
                return Presented::Failed(CredentialKind::Jwt, refusal.into());
            }
            Token::Found(source, token) => {
                found(trace, CredentialKind::Jwt, source);
                return match self.verify_token(token, source, now, trace) {
                    Ok(verified) => Presented::Verified(verified),
                    Err(failure) => Presented::Failed(CredentialKind::Jwt, failure),
                };
            }
        }
        self.present_session(request, headers, now, trace)
    }

    /// `Authorization` first, then the configured cookies and headers in file order.
    fn find_token<'h>(&'h self, headers: &'h dyn Headers) -> Token<'h> {
        let (count, first) = fields(headers, "authorization");
        if count > 1 {
            let refusal = Refusal::new(Rejection::CredentialAmbiguous, format!("`Authorization` came {count} times"));
            return Token::Wrong(Source::Bearer, refusal);
        }
        if self.issuers.is_empty() {
            return Token::Absent;
        }
        match first.map_or(Authorization::Other, Authorization::parse) {
            Authorization::Other => {}
            Authorization::Token(token) => return Token::Found(&Source::Bearer, token),
            Authorization::Wrong(refusal) => return Token::Wrong(Source::Bearer, refusal),
        }
        for source in &self.token_sources {
            let found = match source {
                Source::Bearer => Found::Absent,
                Source::Cookie(name) => find_cookie(headers, name),
                Source::Header(name) => find_header(headers, name),
            };
            match found {
                Found::Absent => {}
                Found::One(token) => return Token::Found(source, token),
                Found::Ambiguous => {
                    let refusal = Refusal::new(Rejection::CredentialAmbiguous, format!("{source} came with different values"));
                    return Token::Wrong(source.clone(), refusal);
                }
            }
        }
        Token::Absent
    }

    fn verify_token(&self, token: &[u8], source: &Source, now: UnixTime, trace: &mut impl Trace) -> Result<Verified, Failure> {
        let facts = match self.recall(token, source, now, trace) {
            Some(facts) => facts,
            None => {
                let verified = jwt::verify(token, source, &self.issuers, now, trace)?;
                let facts = Arc::new(RememberedToken {
                    identity: Arc::new(verified.identity),
                    expires: verified.expires,
                    not_before: verified.not_before,
                    issued_at: verified.issued_at,
                    jti: verified.jti,
                    kid: verified.kid.map(Arc::from),
                    issuer: verified.issuer,
                    epoch: self.issuers.get(verified.issuer).map_or(0, |issuer| issuer.epoch),
                });
                if !trace.listens() {
                    self.memory.remember(token, Arc::clone(&facts));
                }
                facts
            }
        };
        self.check_revocation(
            Revocable {
                id: RevocableId::Token(facts.jti.as_deref()),
                subject: facts.identity.subject(),
                issuer: facts.identity.issuer(),
                issued_at: facts.issued_at,
            },
            trace,
        )?;
        Ok(Verified { identity: Arc::clone(&facts.identity), kid: facts.kid.clone(), renewed_session: None })
    }

    /// A remembered token counts only while its times hold, at a source of its issuer, and under the very settings and keys
    /// it was verified with; otherwise it is verified anew, which also finds the right reason.
    fn recall(&self, token: &[u8], source: &Source, now: UnixTime, trace: &mut impl Trace) -> Option<Arc<RememberedToken>> {
        let facts = if trace.listens() { self.memory.recall(token) } else { self.memory.recall_and_touch(token) }?;
        let issuer = self.issuers.get(facts.issuer)?;
        let current = issuer.epoch == facts.epoch && issuer.issuer.sources.contains(source);
        let valid = facts.not_before <= now && now < facts.expires;
        if !(current && valid) {
            return None;
        }
        trace.step(|| Step::Check {
            name: "remembered",
            passed: true,
            detail: format!("verified before under the same keys, valid until {}", facts.expires),
        });
        Some(facts)
    }

    fn present_session(
        &self,
        request: &ParsedRequest<'_>,
        headers: &dyn Headers,
        now: UnixTime,
        trace: &mut impl Trace,
    ) -> Presented {
        let Some(sessions) = &self.sessions else { return Presented::Nothing };
        let value = match find_cookie(headers, sessions.cookie()) {
            Found::Absent => return Presented::Nothing,
            Found::One(value) => Ok(value),
            Found::Ambiguous => Err(Refusal::new(
                Rejection::CredentialAmbiguous,
                format!("cookie `{}` came with different values", sessions.cookie()),
            )),
        };
        trace.step(|| Step::Credential { kind: CredentialKind::Session.name(), source: format!("cookie:{}", sessions.cookie()) });
        let opened = value.and_then(|value| sessions.open(value, request, now));
        trace.step(|| match &opened {
            Ok(_) => Step::Check { name: "session", passed: true, detail: "key, seal, lifetime and host hold".to_owned() },
            Err(refusal) => Step::Check { name: "session", passed: false, detail: refusal.detail.clone().into_owned() },
        });
        let opened = match opened {
            Ok(opened) => opened,
            Err(refusal) => return Presented::Failed(CredentialKind::Session, refusal.into()),
        };
        let revocable = Revocable {
            id: RevocableId::Session(&opened.sid),
            subject: opened.identity.subject(),
            issuer: opened.identity.issuer(),
            issued_at: Some(opened.issued_at),
        };
        if let Err(failure) = self.check_revocation(revocable, trace) {
            return Presented::Failed(CredentialKind::Session, failure);
        }
        Presented::Verified(Verified {
            renewed_session: opened.renewed.as_deref().map(|value| sessions.set_cookie(value)),
            identity: Arc::new(opened.identity),
            kid: None,
        })
    }

    fn check_revocation(&self, credential: Revocable<'_>, trace: &mut impl Trace) -> Result<(), Failure> {
        let list = match &self.revocations {
            RevocationList::None => return Ok(()),
            RevocationList::Unread => {
                let detail = "the list of revocations has never been readable".to_owned();
                trace.step(|| Step::Check { name: "revocation", passed: false, detail: detail.clone() });
                return Err(Failure::Unknown { outage: Outage::StoreUnavailable, detail, wants_keys: None });
            }
            RevocationList::Known(list) => list,
        };
        let checked = list.check(credential);
        trace.step(|| match &checked {
            Ok(()) => Step::Check { name: "revocation", passed: true, detail: "not revoked".to_owned() },
            Err(refusal) => Step::Check { name: "revocation", passed: false, detail: refusal.detail.clone().into_owned() },
        });
        checked.map_err(Failure::from)
    }
}

/// A token in the request.
enum Token<'h> {
    Absent,
    Found(&'h Source, &'h [u8]),
    Wrong(Source, Refusal),
}

/// What an `Authorization` field says to us.
enum Authorization<'h> {
    /// Another scheme: not for us.
    Other,
    Token(&'h [u8]),
    Wrong(Refusal),
}

impl<'h> Authorization<'h> {
    /// Reads `Bearer TOKEN` (RFC 6750 §2.1): the scheme in any case, exactly one space, the token.
    fn parse(field: &'h [u8]) -> Self {
        let scheme = field.split(|byte| !byte.is_ascii_graphic()).next().unwrap_or_default();
        if scheme.eq_ignore_ascii_case(b"dpop") {
            let detail = "a `DPoP` token came, and proofs of possession are not checked";
            return Self::Wrong(Refusal::new(Rejection::ConfirmationUnsupported, detail));
        }
        if !scheme.eq_ignore_ascii_case(b"bearer") {
            return Self::Other;
        }
        match field.get(scheme.len()..).unwrap_or_default().split_first() {
            Some((b' ', token)) if !token.is_empty() && token.iter().all(u8::is_ascii_graphic) => Self::Token(token),
            _ => Self::Wrong(Refusal::new(Rejection::TokenMalformed, "after `Bearer` comes exactly one space and one token")),
        }
    }
}

fn found(trace: &mut impl Trace, kind: CredentialKind, source: &Source) {
    trace.step(|| Step::Credential { kind: kind.name(), source: source.to_string() });
}

/// Returns how many fields of that name there are, and the first.
fn fields<'h>(headers: &'h dyn Headers, name: &str) -> (usize, Option<&'h [u8]>) {
    let (mut count, mut first) = (0_usize, None);
    headers.each(name, &mut |value| {
        count = count.saturating_add(1);
        first = first.or(Some(value));
    });
    (count, first)
}

fn find_cookie<'h>(headers: &'h dyn Headers, name: &str) -> Found<'h> {
    let mut found = Found::Absent;
    headers.each("cookie", &mut |field| found = found.and(cookie::find(std::iter::once(field), name)));
    found
}

fn find_header<'h>(headers: &'h dyn Headers, name: &str) -> Found<'h> {
    let mut found = Found::Absent;
    headers.each(name, &mut |field| found = found.and(Found::One(field)));
    found
}
