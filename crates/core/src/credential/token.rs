//! Tokens: in `Authorization`, or in a cookie or header that the file names.

use std::sync::Arc;

use super::authorization::Authorization;
use super::lookup::{Lookup, fields, find_cookie, find_header};
use super::{Credentials, Presented, Scheme, Shown, Verified};
use crate::cookie::Found;
use crate::dpop::{self, Bound, Proof};
use crate::identity::CredentialKind;
use crate::jwt::{self, DpopReplay, DpopUse, VerifiedToken};
use crate::rejection::{Failure, Refusal, Rejection};
use crate::revocation::{Revocable, RevocableId};
use crate::source::Source;
use crate::trace::{Step, Trace, check};

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
        self.check_possession(&facts, token, scheme, lookup, trace)?;
        let revocable = Revocable {
            id: facts.jti.as_deref().map_or(RevocableId::None, RevocableId::Token),
            subject: facts.identity.subject(),
            issuer: facts.identity.issuer(),
            issued_at: facts.issued_at,
        };
        self.revocations.check(revocable, trace)?;
        Ok(Verified { identity: Arc::clone(&facts.identity), kid: facts.kid.clone(), scheme, renewed_session: None })
    }

    /// Checks the proof of possession of a token that is bound to a key, or has to be (RFC 9449 §7.1).
    fn check_possession(
        &self,
        facts: &VerifiedToken,
        token: &[u8],
        scheme: Option<Scheme>,
        lookup: Lookup<'_, '_>,
        trace: &mut impl Trace,
    ) -> Result<(), Failure> {
        // INVARIANT: the token was verified under this very issuer; without one there is nobody to say what is enough.
        let Some(issuer) = self.issuers.get(facts.issuer).map(|known| &known.issuer) else {
            return Err(Refusal::new(Rejection::IssuerUnknown, "the token's issuer is gone").into());
        };
        let needless = match (&facts.confirmation, issuer.dpop) {
            (Some(_), DpopUse::WhenBound) => issuer.unchecked_cnf,
            (None, DpopUse::WhenBound) => true,
            (_, DpopUse::Required) => false,
        };
        if scheme != Some(Scheme::Dpop) {
            let missing =
                || Refusal::new(Rejection::ProofMissing, "the token needs a proof of possession: `Authorization: DPoP`");
            return if needless { Ok(()) } else { Ok(check(trace, "proof", Err(missing()), |()| String::new())?) };
        }
        let proof = self.verify_proof(facts, token, issuer.leeway, lookup);
        let proof = check(trace, "proof", proof, |_| "the client holds the key that the token is bound to".to_owned())?;
        let proofs = &self.memory.proofs;
        let fresh = match issuer.dpop_replay {
            DpopReplay::Accept => true,
            DpopReplay::Refuse if trace.listens() => !proofs.knows(proof.id, lookup.now),
            DpopReplay::Refuse => proofs.note(proof.id, proof.expires, lookup.now),
        };
        let replayed = || Refusal::new(Rejection::ProofReplayed, "the proof was used before");
        check(trace, "replay", fresh.then_some(()).ok_or_else(replayed), |()| "not seen before, or accepted again".to_owned())?;
        Ok(())
    }

    fn verify_proof(&self, facts: &VerifiedToken, token: &[u8], leeway: u64, lookup: Lookup<'_, '_>) -> Result<Proof, Refusal> {
        let invalid = |detail: String| Refusal::new(Rejection::ProofInvalid, detail);
        let thumbprint = facts.confirmation.as_deref();
        let thumbprint = thumbprint.ok_or_else(|| invalid("the token is bound to no key (`cnf.jkt`)".to_owned()))?;
        match fields(lookup.headers, "dpop") {
            (1, Some(field)) => dpop::verify(field, Bound { token, thumbprint, leeway }, lookup.request, lookup.now),
            (0, _) => Err(Refusal::new(Rejection::ProofMissing, "there is no `DPoP` field with the proof")),
            (count, _) => Err(invalid(format!("`DPoP` came {count} times"))),
        }
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
