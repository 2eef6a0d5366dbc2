//! `Identity`: who somebody is.

use std::sync::Arc;

use gatewright::{Identity, UnixTime};
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};

use crate::value;

/// Who a verified credential speaks for.
#[pyclass(frozen, name = "Identity", module = "gatewright")]
pub(crate) struct PyIdentity(pub(crate) Arc<Identity>);

#[pymethods]
impl PyIdentity {
    #[classattr]
    fn __match_args__() -> (&'static str,) {
        ("subject",)
    }

    #[getter]
    fn subject(&self) -> &str {
        self.0.subject()
    }

    #[getter]
    fn email(&self) -> Option<&str> {
        self.0.email()
    }

    #[getter]
    fn name(&self) -> Option<&str> {
        self.0.name()
    }

    #[getter]
    fn groups<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.0.groups())
    }

    #[getter]
    fn scopes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.0.scopes())
    }

    #[getter]
    fn issuer(&self) -> Option<&str> {
        self.0.issuer()
    }

    #[getter]
    fn credential<'py>(&self, py: Python<'py>) -> Bound<'py, PyString> {
        PyString::intern(py, self.0.credential().name())
    }

    #[getter]
    fn acr(&self) -> Option<&str> {
        self.0.acr()
    }

    #[getter]
    fn amr<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.0.amr())
    }

    #[getter]
    fn auth_time(&self) -> Option<u64> {
        self.0.auth_time().map(UnixTime::as_secs)
    }

    /// A claim by the names that lead to it; `None` if there is none.
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
