//! A biscuit, and the checks that are evaluated with every request.

use std::sync::Arc;

use super::lookup::Lookup;
use super::token::Sent;
use super::{Credentials, Scheme, Verified};
use crate::biscuit::{self, RequestFacts, VerifiedBiscuit};
use crate::rejection::{Failure, Refusal, Rejection};
use crate::revocation::{Revocable, RevocableId};
use crate::trace::{Step, Trace, check};

impl Credentials {
    pub(super) fn verify_biscuit(
        &self,
        sent: Sent<'_>,
        lookup: Lookup<'_, '_>,
        trace: &mut impl Trace,
    ) -> Result<Verified, Failure> {
        if sent.scheme == Some(Scheme::Dpop) {
            let refusal =
                Refusal::new(Rejection::TokenMalformed, "a biscuit is bound to no key; it comes as `Authorization: Bearer`");
            return Ok(check(trace, "form", Err(refusal), |_: &Verified| String::new())?);
        }
        let facts = match self.recall_biscuit(sent, trace) {
            Some(facts) => facts,
            None => {
                let facts = Arc::new(biscuit::verify(sent.token, sent.source, &self.biscuits, trace)?);
                if !trace.listens() {
                    self.memory.biscuits.remember(sent.token, Arc::clone(&facts));
                }
                facts
            }
        };
        let id = RevocableId::Blocks(&facts.revocation_ids);
        self.revocations.check(Revocable { id, subject: facts.identity.subject(), issuer: None, issued_at: None }, trace)?;
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

    fn recall_biscuit(&self, sent: Sent<'_>, trace: &mut impl Trace) -> Option<Arc<VerifiedBiscuit>> {
        let facts = self.memory.biscuits.recall(sent.token, trace.listens())?;
        if !facts.holds(sent.source, &self.biscuits) {
            return None;
        }
        trace.step(|| Step::Check { name: "remembered", passed: true, detail: "verified before under the same keys".to_owned() });
        Some(facts)
    }
}
