//! `KeySet` and `Revocations`: what an authorizer is given beside its policy.

use gatewright::{KeySet, Revocations};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::{error, value};

/// An issuer's public keys.
///
/// >>> KeySet.from_json({"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]})
/// <KeySet of 1>
#[pyclass(frozen, name = "KeySet", module = "gatewright")]
pub(crate) struct PyKeySet(pub(crate) KeySet);

/// What does not count any more: sessions, tokens, and everything a subject had before a moment.
///
/// >>> Revocations.from_json({"sessions": ["a-session-id"], "tokens": [], "subjects": []})
/// <Revocations>
#[pyclass(frozen, name = "Revocations", module = "gatewright")]
pub(crate) struct PyRevocations(pub(crate) Revocations);

#[pymethods]
impl PyKeySet {
    /// Reads a JWKS (RFC 7517 §5), as JSON text or as a dict. Raises `KeySetError` if no key of it can be used.
    #[staticmethod]
    fn from_json(jwks: &Bound<'_, PyAny>) -> PyResult<Self> {
        let text = text(jwks)?;
        error::guarded(|| KeySet::from_json(&text))?.map(Self).map_err(|error| error::key_set(&error))
    }

    /// Reads public keys in PEM. Raises `KeySetError`.
    #[staticmethod]
    fn from_pem(text: &str) -> PyResult<Self> {
        error::guarded(|| KeySet::from_pem(text))?.map(Self).map_err(|error| error::key_set(&error))
    }

    /// The keys that were left out, and why.
    #[getter]
    fn dropped(&self) -> Vec<String> {
        self.0.dropped().iter().map(ToString::to_string).collect()
    }

    fn __len__(&self) -> usize {
        self.0.len()
    }

    fn __repr__(&self) -> String {
        format!("<KeySet of {}>", self.0.len())
    }
}

#[pymethods]
impl PyRevocations {
    /// Reads a list, as JSON text or as a dict. Raises `RevocationsError`.
    #[staticmethod]
    fn from_json(revocations: &Bound<'_, PyAny>) -> PyResult<Self> {
        let text = text(revocations)?;
        error::guarded(|| Revocations::from_json(&text))?.map(Self).map_err(|error| error::revocations(&error))
    }

    fn __repr__(&self) -> &'static str {
        "<Revocations>"
    }
}

/// Takes JSON as text, or makes it of a dict.
fn text(given: &Bound<'_, PyAny>) -> PyResult<String> {
    match given.cast::<PyString>() {
        Ok(text) => Ok(text.to_str()?.to_owned()),
        Err(_) if given.cast::<pyo3::types::PyDict>().is_ok() => Ok(value::to_json(given)?.to_string()),
        Err(_) => Err(PyTypeError::new_err(format!("JSON must come as str or dict, not {}", given.get_type().name()?))),
    }
}
