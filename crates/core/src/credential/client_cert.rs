//! A client certificate in the headers of the proxy that verified it.

use super::lookup::Lookup;
use super::{Credentials, Presented, Verified};
use crate::identity::CredentialKind;
use crate::rejection::Failure;
use crate::revocation::{Revocable, RevocableId};
use crate::trace::{Step, Trace, check};

impl Credentials {
    /// Looks for a certificate in the headers that the proxy overwrites; any other is not read.
    pub(super) fn client_cert(&self, lookup: Lookup<'_, '_>, trace: &mut impl Trace) -> Option<Presented> {
        let vouched = self.certificates.iter().filter(|known| known.is_vouched_for(lookup.proxy_sets));
        let (form, verified) =
            vouched.filter_map(|known| Some((known.form, known.verify(lookup.headers).transpose()?))).next()?;
        let kind = CredentialKind::ClientCert;
        trace.step(|| Step::Credential { kind: kind.name(), source: format!("certificate:{}", form.name()) });
        let verified = check(trace, "certificate", verified, |(certificate, _)| certificate.to_string());
        let admitted = verified.map_err(Failure::from).and_then(|(certificate, identity)| {
            let revocable = Revocable { id: RevocableId::None, subject: identity.subject(), issuer: None, issued_at: None };
            self.revocations.check(revocable, trace)?;
            let kid = Some(certificate.hex_fingerprint().into());
            Ok(Verified { kid, identity: identity.clone(), scheme: None, renewed_session: None })
        });
        Some(Presented::of(kind, None, admitted))
    }
}
