//! A sealed session in its cookie.

use std::sync::Arc;

use super::lookup::{Lookup, find_cookie};
use super::{Credentials, Presented, Verified};
use crate::cookie::Found;
use crate::identity::CredentialKind;
use crate::rejection::{Failure, Refusal, Rejection};
use crate::revocation::{Revocable, RevocableId};
use crate::session::Sessions;
use crate::time::UnixTime;
use crate::trace::{Off, Step, Trace, check};

impl Credentials {
    /// Opens the session cookie, if there is one.
    pub(super) fn session(&self, lookup: Lookup<'_, '_>, trace: &mut impl Trace) -> Option<Presented> {
        let sessions = self.sessions.as_ref()?;
        let name = sessions.cookie();
        let value = match find_cookie(lookup.headers, name) {
            Found::Absent => return None,
            Found::One(value) => Ok(value),
            Found::Ambiguous => {
                Err(Refusal::new(Rejection::CredentialAmbiguous, format!("cookie `{name}` came with different values")))
            }
        };
        trace.step(|| Step::Credential { kind: CredentialKind::Session.name(), source: format!("cookie:{name}") });
        Some(Presented::of(CredentialKind::Session, None, self.open_session(sessions, value, lookup, trace)))
    }

    /// Returns the payload (JSON) of a value that was sealed here, and why it would not open, if so, whatever the host.
    pub(crate) fn inspect_session(&self, value: &[u8], now: UnixTime) -> Result<(Vec<u8>, Option<Failure>), Failure> {
        let none = || Refusal::new(Rejection::CredentialMissing, "the configuration has no [session]");
        let sessions = self.sessions.as_ref().ok_or_else(none)?;
        let (json, payload) = sessions.unseal(value, now)?;
        let revocable = Revocable {
            id: RevocableId::Session(&payload.sid),
            subject: &payload.sub,
            issuer: payload.iss.as_deref(),
            issued_at: Some(UnixTime::from_secs(payload.iat)),
        };
        let opens =
            sessions.check_times(&payload, now).map_err(Failure::from).and_then(|()| self.revocations.check(revocable, &mut Off));
        Ok((json, opens.err()))
    }

    fn open_session(
        &self,
        sessions: &Sessions,
        value: Result<&[u8], Refusal>,
        lookup: Lookup<'_, '_>,
        trace: &mut impl Trace,
    ) -> Result<Verified, Failure> {
        let opened = value.and_then(|value| sessions.open(value, lookup.request, lookup.now));
        let opened = check(trace, "session", opened, |_| "key, seal, lifetime and host hold".to_owned())?;
        let revocable = Revocable {
            id: RevocableId::Session(&opened.sid),
            subject: opened.identity.subject(),
            issuer: opened.identity.issuer(),
            issued_at: Some(opened.issued_at),
        };
        self.revocations.check(revocable, trace)?;
        Ok(Verified {
            renewed_session: opened.renewed.as_deref().map(|value| sessions.set_cookie(value).into()),
            identity: Arc::new(opened.identity),
            kid: None,
            scheme: None,
        })
    }
}
