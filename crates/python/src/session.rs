//! `SessionClaims`: whose session is sealed.

use gatewright::{SessionClaims, UnixTime};
use pyo3::prelude::*;

/// What a service that logs people in seals into the session cookie. Times are in seconds; `sid` is random if none is given.
///
/// >>> authorizer.seal_session(SessionClaims("alice", email="alice@example.com", lifetime=3600))[:3]
/// 'v1.'
#[pyclass(frozen, name = "SessionClaims", module = "gatewright")]
pub(crate) struct PySessionClaims(pub(crate) SessionClaims);

#[pymethods]
impl PySessionClaims {
    #[new]
    #[pyo3(signature = (subject, *, sid = None, issuer = None, email = None, name = None, groups = Vec::new(), scopes = Vec::new(), amr = Vec::new(), acr = None, hosts = Vec::new(), auth_time = None, lifetime = None))]
    #[expect(clippy::too_many_arguments, reason = "keyword arguments of Python")]
    fn new(
        py: Python<'_>,
        subject: String,
        sid: Option<String>,
        issuer: Option<String>,
        email: Option<String>,
        name: Option<String>,
        groups: Vec<String>,
        scopes: Vec<String>,
        amr: Vec<String>,
        acr: Option<String>,
        hosts: Vec<String>,
        auth_time: Option<u64>,
        lifetime: Option<u64>,
    ) -> PyResult<Self> {
        let sid = match sid {
            Some(sid) => sid,
            None => py.import("secrets")?.call_method1("token_urlsafe", (SID_BYTES,))?.extract()?,
        };
        let mut claims = SessionClaims::new(sid, subject).with_groups(groups).with_scopes(scopes).with_amr(amr).with_hosts(hosts);
        if let Some(issuer) = issuer {
            claims = claims.with_issuer(issuer);
        }
        if let Some(email) = email {
            claims = claims.with_email(email);
        }
        if let Some(name) = name {
            claims = claims.with_name(name);
        }
        if let Some(acr) = acr {
            claims = claims.with_acr(acr);
        }
        if let Some(auth_time) = auth_time {
            claims = claims.with_auth_time(UnixTime::from_secs(auth_time));
        }
        if let Some(lifetime) = lifetime {
            claims = claims.with_lifetime(lifetime);
        }
        Ok(Self(claims))
    }

    /// The session's id, by which it can be revoked.
    #[getter]
    fn sid(&self) -> &str {
        self.0.sid()
    }

    /// The subject.
    #[getter]
    fn subject(&self) -> &str {
        self.0.subject()
    }

    fn __repr__(&self) -> String {
        format!("<SessionClaims of {:?}>", self.0.subject())
    }
}

/// Bytes of randomness in a session's id: more than anybody can guess.
const SID_BYTES: u8 = 16;
