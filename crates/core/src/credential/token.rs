//! Tokens: in `Authorization`, or in a cookie or header that the file names.

use super::authorization::Authorization;
use super::lookup::{Lookup, find_cookie, find_header};
use super::{Credentials, Presented, Scheme, Shown};
use crate::cookie::Found;
use crate::identity::CredentialKind;
use crate::jws;
use crate::rejection::{Refusal, Rejection};
use crate::source::Source;
use crate::trace::{Step, Trace};

/// A token and the place it was found in.
#[derive(Clone, Copy)]
pub(super) struct Sent<'s> {
    pub(super) token: &'s [u8],
    pub(super) source: &'s Source,
    pub(super) scheme: Option<Scheme>,
}

impl Credentials {
    /// `Authorization` first, then the configured cookies and headers in file order.
    pub(super) fn token(
        &self,
        authorization: &Authorization<'_>,
        lookup: Lookup<'_, '_>,
        trace: &mut impl Trace,
    ) -> Option<Presented> {
        if self.issuers.is_empty() && self.biscuits.is_empty() {
            return None;
        }
        match authorization {
            Authorization::Of(scheme @ (Scheme::Bearer | Scheme::Dpop), credential) => {
                let source = &Source::Bearer;
                return Some(match *credential {
                    Some(token) => self.verify_token(Sent { token, source, scheme: Some(*scheme) }, lookup, trace),
                    None => refused(self.kind_of(b"", source), Some(*scheme), source, scheme.malformed(), trace),
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
                Found::One(token) => Some(self.verify_token(Sent { token, source, scheme: None }, lookup, trace)),
                Found::Ambiguous => {
                    let refusal = Refusal::new(Rejection::CredentialAmbiguous, format!("{source} came with different values"));
                    Some(refused(self.kind_of(b"", source), None, source, refusal, trace))
                }
            }
        })
    }

    fn verify_token(&self, sent: Sent<'_>, lookup: Lookup<'_, '_>, trace: &mut impl Trace) -> Presented {
        let kind = self.kind_of(sent.token, sent.source);
        trace.step(|| Step::Credential { kind: kind.name(), source: sent.source.to_string() });
        let verified = match kind {
            CredentialKind::Biscuit => self.verify_biscuit(sent, lookup, trace),
            _ => self.verify_jwt(sent, lookup, trace),
        };
        match verified {
            Some(verified) => Presented::of(kind, sent.scheme, verified),
            None => Presented::Deferred,
        }
    }

    /// Where both kinds could come, two dots make a JWT and anything else is a biscuit.
    fn kind_of(&self, token: &[u8], source: &Source) -> CredentialKind {
        let issuers = self.issuers.iter().any(|known| known.issuer.sources.contains(source));
        let biscuits = self.biscuits.iter().any(|known| known.sources.contains(source));
        let is_jwt = match (issuers, biscuits) {
            (true, true) => jws::has_form(token),
            (false, false) => !self.issuers.is_empty(),
            (issuers, _) => issuers,
        };
        if is_jwt { CredentialKind::Jwt } else { CredentialKind::Biscuit }
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
