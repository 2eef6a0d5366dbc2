//! Tokens: in `Authorization`, or in a cookie or header that the file names.

use std::sync::Arc;

use super::authorization::Authorization;
use super::lookup::{Lookup, find_cookie, find_header};
use super::{Credentials, Presented, Scheme, Shown, Verified};
use crate::cookie::Found;
use crate::identity::CredentialKind;
use crate::jwt::{self, VerifiedToken};
use crate::rejection::{Failure, Refusal, Rejection};
use crate::revocation::{Revocable, RevocableId};
use crate::source::Source;
use crate::trace::{Step, Trace};

impl Credentials {
    /// `Authorization` first, then the configured cookies and headers in file order.
    pub(super) fn token(
        &self,
        authorization: &Authorization<'_>,
        lookup: Lookup<'_, '_>,
        trace: &mut impl Trace,
    ) -> Option<Presented> {
        if self.issuers.is_empty() {
            return None;
        }
        match authorization {
            Authorization::Of(scheme @ (Scheme::Bearer | Scheme::Dpop), credential) => {
                return Some(match credential {
                    Some(token) => self.verify_token(token, &Source::Bearer, Some(*scheme), lookup, trace),
                    None => refused(CredentialKind::Jwt, Some(*scheme), &Source::Bearer, scheme.malformed(), trace),
                });
            }
            Authorization::Of(Scheme::Basic, _) | Authorization::Absent | Authorization::Other | Authorization::Repeated(_) => {}
        }
        self.token_sources.iter().find_map(|source| {
            let found = match source {
                Source::Bearer => Found::Absent,
                Source::Cookie(name) => find_cookie(lookup.headers, name),
                Source::Header(name) => find_header(lookup.headers, name),
            };
            match found {
                Found::Absent => None,
                Found::One(token) => Some(self.verify_token(token, source, None, lookup, trace)),
                Found::Ambiguous => {
                    let refusal = Refusal::new(Rejection::CredentialAmbiguous, format!("{source} came with different values"));
                    Some(refused(CredentialKind::Jwt, None, source, refusal, trace))
                }
            }
        })
    }

    fn verify_token(
        &self,
        token: &[u8],
        source: &Source,
        scheme: Option<Scheme>,
        lookup: Lookup<'_, '_>,
        trace: &mut impl Trace,
    ) -> Presented {
        let kind = CredentialKind::Jwt;
        trace.step(|| Step::Credential { kind: kind.name(), source: source.to_string() });
        Presented::of(kind, scheme, self.verify_jwt(token, source, scheme, lookup, trace))
    }

    fn verify_jwt(
        &self,
        token: &[u8],
        source: &Source,
        scheme: Option<Scheme>,
        lookup: Lookup<'_, '_>,
        trace: &mut impl Trace,
    ) -> Result<Verified, Failure> {
        let facts = match self.recall(token, source, lookup, trace) {
            Some(facts) => facts,
            None => {
                let facts = Arc::new(jwt::verify(token, source, &self.issuers, lookup.now, trace)?);
                if !trace.listens() {
                    self.memory.remember(token, Arc::clone(&facts));
                }
                facts
            }
        };
        let revocable = Revocable {
            id: facts.jti.as_deref().map_or(RevocableId::None, RevocableId::Token),
            subject: facts.identity.subject(),
            issuer: facts.identity.issuer(),
            issued_at: facts.issued_at,
        };
        self.revocations.check(revocable, trace)?;
        Ok(Verified { identity: Arc::clone(&facts.identity), kid: facts.kid.clone(), scheme, renewed_session: None })
    }

    /// A remembered token that does not count any more is verified anew, which also finds the right reason.
    fn recall(
        &self,
        token: &[u8],
        source: &Source,
        lookup: Lookup<'_, '_>,
        trace: &mut impl Trace,
    ) -> Option<Arc<VerifiedToken>> {
        let facts = if trace.listens() { self.memory.recall(token) } else { self.memory.recall_and_touch(token) }?;
        if !facts.holds(source, &self.issuers, lookup.now) {
            return None;
        }
        trace.step(|| Step::Check {
            name: "remembered",
            passed: true,
            detail: format!("verified before under the same keys, valid until {}", facts.expires),
        });
        Some(facts)
    }
}

/// Refuses a credential that is not even in the form of one.
pub(super) fn refused(
    kind: CredentialKind,
    scheme: Option<Scheme>,
    source: &Source,
    refusal: Refusal,
    trace: &mut impl Trace,
) -> Presented {
    trace.step(|| Step::Credential { kind: kind.name(), source: source.to_string() });
    trace.step(|| Step::Check { name: "form", passed: false, detail: refusal.detail.clone().into_owned() });
    Presented::Failed(Shown { kind, scheme }, refusal.into())
}
