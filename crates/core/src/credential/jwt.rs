//! A JSON Web Token, and the proof of possession that may go with it.

use std::sync::Arc;

use super::lookup::{Effort, Lookup, fields};
use super::token::Sent;
use super::{Credentials, Scheme, Verified};
use crate::dpop::{self, Bound, Proof};
use crate::jwt::{self, DpopReplay, DpopUse, VerifiedToken};
use crate::rejection::{Failure, Refusal, Rejection};
use crate::revocation::{Revocable, RevocableId};
use crate::trace::{Step, Trace, check};

impl Credentials {
    /// Verifies a token; `None` if its signature, or that of its proof, is not to be checked here.
    pub(super) fn verify_jwt(
        &self,
        sent: Sent<'_>,
        lookup: Lookup<'_, '_>,
        trace: &mut impl Trace,
    ) -> Option<Result<Verified, Failure>> {
        let recalled = self.recall_jwt(sent, lookup, trace);
        let needs_signature = recalled.is_none() || sent.scheme == Some(Scheme::Dpop);
        if needs_signature && lookup.effort == Effort::Recall {
            return None;
        }
        Some(self.admit_jwt(recalled, sent, lookup, trace))
    }

    fn admit_jwt(
        &self,
        recalled: Option<Arc<VerifiedToken>>,
        sent: Sent<'_>,
        lookup: Lookup<'_, '_>,
        trace: &mut impl Trace,
    ) -> Result<Verified, Failure> {
        let facts = match recalled {
            Some(facts) => facts,
            None => {
                let facts = Arc::new(jwt::verify(sent.token, sent.source, &self.issuers, lookup.now, trace)?);
                if !trace.listens() {
                    self.memory.tokens.remember(sent.token, Arc::clone(&facts));
                }
                facts
            }
        };
        self.check_possession(&facts, sent, lookup, trace)?;
        let revocable = Revocable {
            id: facts.jti.as_deref().map_or(RevocableId::None, RevocableId::Token),
            subject: facts.identity.subject(),
            issuer: facts.identity.issuer(),
            issued_at: facts.issued_at,
        };
        self.revocations.check(revocable, trace)?;
        let (identity, kid) = (Arc::clone(&facts.identity), facts.kid.clone());
        Ok(Verified { identity, kid, scheme: sent.scheme, renewed_session: None })
    }

    /// A remembered token that does not count any more is verified anew, which also finds the right reason.
    fn recall_jwt(&self, sent: Sent<'_>, lookup: Lookup<'_, '_>, trace: &mut impl Trace) -> Option<Arc<VerifiedToken>> {
        let facts = self.memory.tokens.recall(sent.token, trace.listens())?;
        if !facts.holds(sent.source, &self.issuers, lookup.now) {
            return None;
        }
        trace.step(|| Step::Check {
            name: "remembered",
            passed: true,
            detail: format!("verified before under the same keys, valid until {}", facts.expires),
        });
        Some(facts)
    }

    /// Checks the proof of possession of a token that is bound to a key, or has to be (RFC 9449 §7.1).
    fn check_possession(
        &self,
        facts: &VerifiedToken,
        sent: Sent<'_>,
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
        if sent.scheme != Some(Scheme::Dpop) {
            let missing =
                || Refusal::new(Rejection::ProofMissing, "the token needs a proof of possession: `Authorization: DPoP`");
            return if needless { Ok(()) } else { Ok(check(trace, "proof", Err(missing()), |()| String::new())?) };
        }
        let proof = verify_proof(facts, sent.token, issuer.leeway, lookup);
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
}

fn verify_proof(facts: &VerifiedToken, token: &[u8], leeway: u64, lookup: Lookup<'_, '_>) -> Result<Proof, Refusal> {
    let invalid = |detail: String| Refusal::new(Rejection::ProofInvalid, detail);
    let thumbprint = facts.confirmation.as_deref();
    let thumbprint = thumbprint.ok_or_else(|| invalid("the token is bound to no key (`cnf.jkt`)".to_owned()))?;
    match fields(lookup.headers, "dpop") {
        (1, Some(field)) => dpop::verify(field, Bound { token, thumbprint, leeway }, lookup.request, lookup.now),
        (0, _) => Err(Refusal::new(Rejection::ProofMissing, "there is no `DPoP` field with the proof")),
        (count, _) => Err(invalid(format!("`DPoP` came {count} times"))),
    }
}
