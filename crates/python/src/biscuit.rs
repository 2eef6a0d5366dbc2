//! Biscuits made and narrowed.

use gatewright_issuer::biscuit::{Holder, Restrictions, RootKey, attenuate as attenuated};
use pyo3::prelude::*;

use crate::error;

/// The private half of a biscuit root key.
///
/// >>> key = RootKey.generate()
/// >>> token = key.mint("report-bot", methods=["GET"], paths=["/reports/**"])
#[pyclass(frozen, name = "RootKey", module = "gatewright")]
pub(crate) struct PyRootKey(RootKey);

#[pymethods]
impl PyRootKey {
    /// Makes an Ed25519 key.
    #[staticmethod]
    fn generate() -> PyResult<Self> {
        error::guarded(RootKey::generate).map(Self)
    }

    /// Reads `ed25519-private/<hex>` or `secp256r1-private/<hex>`. Raises `BiscuitError`.
    #[staticmethod]
    fn parse(text: &str) -> PyResult<Self> {
        error::guarded(|| RootKey::parse(text))?.map(Self).map_err(|error| error::biscuit(&error))
    }

    /// The private half, in the form that `parse` reads.
    #[getter]
    fn private_text(&self) -> String {
        self.0.private_text()
    }

    /// The public half, in the form that the policy file takes.
    #[getter]
    fn public_text(&self) -> String {
        self.0.public_text()
    }

    /// Makes a token for somebody, narrowed to methods, hosts and paths (`/reports/**`), until a moment in seconds since 1970.
    ///
    /// Raises `BiscuitError` if the engine would not accept it.
    #[pyo3(signature = (subject, *, email = None, name = None, groups = Vec::new(), scopes = Vec::new(), key_id = None, methods = Vec::new(), hosts = Vec::new(), paths = Vec::new(), until = None))]
    #[expect(clippy::too_many_arguments, reason = "keyword arguments of Python")]
    fn mint(
        &self,
        subject: String,
        email: Option<String>,
        name: Option<String>,
        groups: Vec<String>,
        scopes: Vec<String>,
        key_id: Option<u32>,
        methods: Vec<String>,
        hosts: Vec<String>,
        paths: Vec<String>,
        until: Option<u64>,
    ) -> PyResult<String> {
        let narrow = restrictions(methods, hosts, paths, until)?;
        let holder = Holder { subject, email, name, groups, scopes };
        error::guarded(|| self.0.mint(key_id, &holder, &narrow))?.map_err(|error| error::biscuit(&error))
    }

    fn __repr__(&self) -> String {
        format!("<RootKey {}>", self.0.public_text())
    }
}

/// Narrows a token, which needs no key: whoever holds one may make it weaker. With `seal`, nothing can be appended afterwards.
///
/// Raises `BiscuitError`.
///
/// >>> weaker = attenuate(RootKey.generate().mint("alice"), methods=["GET"], seal=True)
/// >>> attenuate(weaker, methods=["POST"])
/// Traceback (most recent call last):
/// gatewright._errors.BiscuitError: the token is sealed: nothing can be appended to it
#[pyfunction]
#[pyo3(signature = (token, *, methods = Vec::new(), hosts = Vec::new(), paths = Vec::new(), until = None, seal = false))]
pub(crate) fn attenuate(
    token: &str,
    methods: Vec<String>,
    hosts: Vec<String>,
    paths: Vec<String>,
    until: Option<u64>,
    seal: bool,
) -> PyResult<String> {
    let narrow = restrictions(methods, hosts, paths, until)?;
    error::guarded(|| attenuated(token, &narrow, seal))?.map_err(|error| error::biscuit(&error))
}

fn restrictions(methods: Vec<String>, hosts: Vec<String>, paths: Vec<String>, until: Option<u64>) -> PyResult<Restrictions> {
    error::guarded(|| Restrictions::of(&methods, &hosts, &paths, until.map(gatewright::UnixTime::from_secs)))?
        .map_err(|error| error::biscuit(&error))
}
