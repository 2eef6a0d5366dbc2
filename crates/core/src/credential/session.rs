//! A sealed session in its cookie.

use std::sync::Arc;

use super::lookup::{Lookup, find_cookie};
use super::{Credentials, Presented, Verified};
use crate::cookie::Found;
use crate::identity::CredentialKind;
use crate::rejection::{Failure, Refusal, Rejection};
use crate::revocation::{Revocable, RevocableId};
use crate::session::{Sessions, VerifiedSession};
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
        let (json, payload) = sessions.inspect(value)?;
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
        let verified = value.map(|value| (value, self.recall_session(sessions, value, trace)));
        let admitted = verified.and_then(|(value, recalled)| {
            let (session, is_new) = match recalled {
                Some(session) => (session, false),
                None => (Arc::new(sessions.verify(value)?), true),
            };
            let renewed = sessions.admit(&session, lookup.request, lookup.now)?;
            if is_new && !trace.listens() {
                self.memory.sessions.remember(value, Arc::clone(&session));
            }
            Ok((session, renewed))
        });
        let (session, renewed) = check(trace, "session", admitted, |_| "key, seal, lifetime and host hold".to_owned())?;
        let revocable = Revocable {
            id: RevocableId::Session(session.sid()),
            subject: session.identity.subject(),
            issuer: session.identity.issuer(),
            issued_at: Some(session.issued_at()),
        };
        self.revocations.check(revocable, trace)?;
        Ok(Verified {
            renewed_session: renewed.map(|value| sessions.set_cookie(&value).into()),
            identity: Arc::clone(&session.identity),
            kid: None,
            scheme: None,
        })
    }

    /// A remembered session counts while the key that sealed it is in the ring; time and host are looked at every time.
    fn recall_session(&self, sessions: &Sessions, value: &[u8], trace: &mut impl Trace) -> Option<Arc<VerifiedSession>> {
        let session = self.memory.sessions.recall(value, trace.listens())?;
        if !session.holds(sessions) {
            return None;
        }
        trace.step(|| Step::Check { name: "remembered", passed: true, detail: "verified before under the same key".to_owned() });
        Some(session)
    }
}
