//! A key in a header of its own.

use std::sync::Arc;

use super::lookup::{Lookup, find_header};
use super::{Credentials, Presented, Verified};
use crate::api_key::ApiKeys;
use crate::cookie::Found;
use crate::identity::CredentialKind;
use crate::rejection::{Failure, Refusal, Rejection};
use crate::revocation::{Revocable, RevocableId};
use crate::trace::{Step, Trace, check};

impl Credentials {
    /// Checks the first configured header that is there.
    pub(super) fn api_key(&self, lookup: Lookup<'_, '_>, trace: &mut impl Trace) -> Option<Presented> {
        let (keys, value) = self.api_keys.iter().find_map(|keys| match find_header(lookup.headers, &keys.header) {
            Found::Absent => None,
            Found::One(value) => Some((keys, Ok(value))),
            Found::Ambiguous => {
                let detail = format!("`{}` came with different values", keys.header);
                Some((keys, Err(Refusal::new(Rejection::CredentialAmbiguous, detail))))
            }
        })?;
        let kind = CredentialKind::ApiKey;
        trace.step(|| Step::Credential { kind: kind.name(), source: format!("header:{}", keys.header) });
        Some(Presented::of(kind, None, self.verify_api_key(keys, value, lookup, trace)))
    }

    fn verify_api_key(
        &self,
        keys: &ApiKeys,
        value: Result<&[u8], Refusal>,
        lookup: Lookup<'_, '_>,
        trace: &mut impl Trace,
    ) -> Result<Verified, Failure> {
        let found = value.and_then(|value| keys.verify(value, lookup.now));
        let key = check(trace, "key", found, |key| format!("`{}`", key.id))?;
        let revocable = Revocable { id: RevocableId::None, subject: key.identity.subject(), issuer: None, issued_at: None };
        self.revocations.check(revocable, trace)?;
        Ok(Verified { identity: Arc::clone(&key.identity), kid: Some(Arc::clone(&key.id)), scheme: None, renewed_session: None })
    }
}
