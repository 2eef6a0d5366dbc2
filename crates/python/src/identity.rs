//! `Identity`: who somebody is.

use std::sync::Arc;

use gatewright::{Identity, UnixTime};
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};

use crate::value;

/// Who a verified credential speaks for.
///
/// >>> cookie = authorizer.seal_session(SessionClaims("alice", groups=["staff"]))
/// >>> request = Request("GET", "app.example.com", "/reports/7", {"Cookie": f"{authorizer.session_cookie}={cookie}"})
/// >>> identity = authorizer.require(request).identity
/// >>> identity
/// <Identity subject='alice', credential='session'>
/// >>> identity.groups
/// ('staff',)
#[pyclass(frozen, name = "Identity", module = "gatewright")]
pub(crate) struct PyIdentity(pub(crate) Arc<Identity>);

#[pymethods]
impl PyIdentity {
    #[classattr]
    fn __match_args__() -> (&'static str,) {
        ("subject",)
    }

    /// The identifier that rules and logs know it by.
    #[getter]
    fn subject(&self) -> &str {
        self.0.subject()
    }

    /// The e-mail address, if it is verified.
    #[getter]
    fn email(&self) -> Option<&str> {
        self.0.email()
    }

    /// The name to show.
    #[getter]
    fn name(&self) -> Option<&str> {
        self.0.name()
    }

    /// The groups, in the order of the credential.
    #[getter]
    fn groups<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.0.groups())
    }

    /// The scopes of a token.
    #[getter]
    fn scopes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.0.scopes())
    }

    /// The issuer of a token or session, if it names one.
    #[getter]
    fn issuer(&self) -> Option<&str> {
        self.0.issuer()
    }

    /// The kind of credential: `jwt`, `biscuit`, `basic`, `api_key`, `session` or `client_cert`.
    #[getter]
    fn credential<'py>(&self, py: Python<'py>) -> Bound<'py, PyString> {
        PyString::intern(py, self.0.credential().name())
    }

    /// How strongly it was authenticated (OpenID Connect Core §2).
    #[getter]
    fn acr(&self) -> Option<&str> {
        self.0.acr()
    }

    /// By which methods (RFC 8176).
    #[getter]
    fn amr<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.0.amr())
    }

    /// When, in seconds since 1970.
    #[getter]
    fn auth_time(&self) -> Option<u64> {
        self.0.auth_time().map(UnixTime::as_secs)
    }

    /// A claim by the names that lead to it, as a JSON value; None if there is none.
    #[pyo3(signature = (*path))]
    fn claim<'py>(&self, py: Python<'py>, path: Vec<String>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        self.0.claim(&path).map(|claim| value::to_python(py, claim)).transpose()
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let subject = PyString::new(py, self.0.subject()).repr()?.to_string();
        let issuer = self.0.issuer().map(|issuer| PyString::new(py, issuer).repr()).transpose()?;
        let issuer = issuer.map_or_else(String::new, |issuer| format!(", issuer={issuer}"));
        Ok(format!("<Identity subject={subject}{issuer}, credential='{}'>", self.0.credential().name()))
    }
}
