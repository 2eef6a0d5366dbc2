//! `Config`: a policy, read and checked.

use std::path::PathBuf;

use gatewright::{Config, Reference};
use pyo3::prelude::*;

use crate::{error, value};

/// A policy, read and checked. The file is described in the reference of the policy file.
///
/// >>> Config.from_toml("version = 1").warnings
/// ['there is no [[rule]]: every request is forbidden']
/// >>> Config.from_toml("version = 1\n[sesion]")
/// Traceback (most recent call last):
/// gatewright._errors.ConfigError: 2:2: unknown key `sesion` in the file; did you mean `session`?
#[pyclass(frozen, name = "Config", module = "gatewright")]
pub(crate) struct PyConfig(pub(crate) Config);

#[pymethods]
impl PyConfig {
    /// Reads the text of a policy file. Raises `ConfigError` with line and column.
    #[staticmethod]
    fn from_toml(text: &str) -> PyResult<Self> {
        error::guarded(|| Config::from_toml(text))?.map(Self).map_err(|error| error::config(&error))
    }

    /// Takes a dict of the same shape. Raises `ConfigError`, or `TypeError` for what TOML has no word for.
    #[staticmethod]
    fn from_dict(policy: &Bound<'_, PyAny>) -> PyResult<Self> {
        let policy = value::to_json(policy)?;
        error::guarded(|| Config::from_json(&policy))?.map(Self).map_err(|error| error::config(&error))
    }

    /// Reads what the policy refers to, and returns a policy that refers to nothing: from the environment and from files below
    /// `folder` (by default, the current one), or by `read`, which gets `env:NAME` or `file:PATH` and returns bytes or str.
    ///
    /// Raises `ConfigError` where something cannot be read, and whatever `read` raises.
    ///
    /// >>> config = Config.from_toml('version = 1\n[session]\nkeys = ["env:KEY"]')
    /// >>> Authorizer(config.resolve(lambda reference: b"k" * 32)).session_cookie
    /// '__Host-gatewright'
    #[pyo3(signature = (read = None, *, folder = PathBuf::new()))]
    fn resolve(&self, py: Python<'_>, read: Option<&Bound<'_, PyAny>>, folder: PathBuf) -> PyResult<Self> {
        let config = self.0.clone();
        let Some(read) = read else {
            let resolved = py.detach(|| error::guarded(|| gatewright_issuer::resolve(config, &folder)));
            return resolved?.map(Self).map_err(|error| error::config(&error));
        };
        let mut raised = None;
        let resolved = error::guarded(|| {
            config.resolve(|reference| {
                let bytes = read
                    .call1((reference.to_string(),))
                    .and_then(|bytes| bytes.extract::<Vec<u8>>().or_else(|_| bytes.extract::<String>().map(String::into_bytes)));
                bytes.map_err(|error| {
                    let words = error.to_string();
                    raised.get_or_insert(error);
                    words
                })
            })
        })?;
        match (resolved, raised) {
            (_, Some(error)) => Err(error),
            (resolved, None) => resolved.map(Self).map_err(|error| error::config(&error)),
        }
    }

    /// What the policy refers to: `env:NAME` or `file:PATH`.
    #[getter]
    fn references(&self) -> Vec<String> {
        self.0.references().map(Reference::to_string).collect()
    }

    /// What looks like a mistake.
    #[getter]
    fn warnings(&self) -> Vec<String> {
        self.0.warnings().iter().map(ToString::to_string).collect()
    }

    fn __repr__(&self) -> &'static str {
        "<Config>"
    }
}
