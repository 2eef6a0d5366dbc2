//! A biscuit, and the checks that are evaluated with every request.

use std::sync::Arc;

use super::lookup::{Effort, Lookup};
use super::token::Sent;
use super::{Credentials, Scheme, Verified};
use crate::biscuit::{self, RequestFacts, VerifiedBiscuit};
use crate::identity::Identity;
use crate::rejection::{Failure, Refusal, Rejection};
use crate::revocation::{Revocable, RevocableId};
use crate::trace::{Off, Step, Trace, check};

impl Credentials {
    /// Verifies a token; `None` if its signatures are not to be checked here.
    pub(super) fn verify_biscuit(
        &self,
        sent: Sent<'_>,
        lookup: Lookup<'_, '_>,
        trace: &mut impl Trace,
    ) -> Option<Result<Verified, Failure>> {
        let recalled = self.recall_biscuit(sent, trace);
        if recalled.is_none() && lookup.effort == Effort::Recall {
            return None;
        }
        Some(self.admit_biscuit(recalled, sent, lookup, trace))
    }

    fn admit_biscuit(
        &self,
        recalled: Option<Arc<VerifiedBiscuit>>,
        sent: Sent<'_>,
        lookup: Lookup<'_, '_>,
        trace: &mut impl Trace,
    ) -> Result<Verified, Failure> {
        if sent.scheme == Some(Scheme::Dpop) {
            let refusal =
                Refusal::new(Rejection::TokenMalformed, "a biscuit is bound to no key; it comes as `Authorization: Bearer`");
            return Ok(check(trace, "form", Err(refusal), |_: &Verified| String::new())?);
        }
        let facts = match recalled {
            Some(facts) => facts,
            None => {
                let facts = Arc::new(biscuit::verify(sent.token, sent.source, &self.biscuits, trace)?);
                if !trace.listens() {
                    self.memory.biscuits.remember(sent.token, Arc::clone(&facts));
                }
                facts
            }
        };
        self.check_biscuit_revocation(&facts, trace)?;
        let request = lookup.request;
        let of_request = RequestFacts {
            operation: request.method,
            resource: &request.path.text(),
            host: &request.host.name,
            now: lookup.now,
            client: request.client,
        };
        facts.check(&of_request, trace)?;
        let (identity, kid) = (Arc::clone(&facts.identity), facts.kid.clone());
        Ok(Verified { identity, kid, scheme: sent.scheme, renewed_session: None })
    }

    /// Verifies a token for the operator, from the first source that takes it.
    pub(crate) fn inspect_biscuit(&self, token: &[u8]) -> Result<Identity, String> {
        let mut refusal = "the configuration has no [[biscuit]]".to_owned();
        for source in self.biscuits.iter().flat_map(|biscuits| &biscuits.sources) {
            let verified = biscuit::verify(token, source, &self.biscuits, &mut Off).map_err(Failure::from);
            let admitted = verified.and_then(|facts| {
                self.check_biscuit_revocation(&facts, &mut Off)?;
                Ok(facts)
            });
            match admitted {
                Ok(facts) => return Ok(Identity::clone(&facts.identity)),
                Err(failure) => refusal = failure.to_string(),
            }
        }
        Err(refusal)
    }

    fn check_biscuit_revocation(&self, facts: &VerifiedBiscuit, trace: &mut impl Trace) -> Result<(), Failure> {
        let id = RevocableId::Blocks(&facts.revocation_ids);
        self.revocations.check(Revocable { id, subject: facts.identity.subject(), issuer: None, issued_at: None }, trace)
    }

    fn recall_biscuit(&self, sent: Sent<'_>, trace: &mut impl Trace) -> Option<Arc<VerifiedBiscuit>> {
        let facts = self.memory.biscuits.recall(sent.token, trace.listens())?;
        if !facts.holds(sent.source, &self.biscuits) {
            return None;
        }
        trace.step(|| Step::Check { name: "remembered", passed: true, detail: "verified before under the same keys".to_owned() });
        Some(facts)
    }
}
