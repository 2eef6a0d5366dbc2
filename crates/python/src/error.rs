//! The one place where an error becomes a Python exception. Their classes are written in Python (`gatewright/_errors.py`).

use std::panic::{AssertUnwindSafe, catch_unwind};

use gatewright::{ConfigError, KeySetError, RevocationsError, SealError};
use gatewright_issuer::biscuit::BiscuitError;
use gatewright_issuer::{EmbeddedError, OpenError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;

use crate::decision::PyDecision;

/// Runs what reaches the engine; a panic becomes `InternalError`.
///
/// # Errors
/// There was a panic (the panic hook has printed it).
pub(crate) fn guarded<T>(f: impl FnOnce() -> T) -> PyResult<T> {
    catch_unwind(AssertUnwindSafe(f)).map_err(|_| {
        raised("InternalError", "the engine panicked, which is a fault of gatewright; the standard error output has more")
    })
}

pub(crate) fn config(error: &ConfigError) -> PyErr {
    let position = error.position();
    let (line, column) = (position.map(|position| position.line), position.map(|position| position.column));
    raised_with("ConfigError", (error.to_string(), error.message(), line, column))
}

pub(crate) fn open(error: &OpenError) -> PyErr {
    match error {
        OpenError::Config { rendered, error } => {
            let position = error.position();
            let (line, column) = (position.map(|position| position.line), position.map(|position| position.column));
            raised_with("ConfigError", (rendered.clone(), error.message(), line, column))
        }
        _ => raised("ConfigError", &error.to_string()),
    }
}

pub(crate) fn key_set(error: &KeySetError) -> PyErr {
    raised("KeySetError", &error.to_string())
}

pub(crate) fn revocations(error: &RevocationsError) -> PyErr {
    raised("RevocationsError", &error.to_string())
}

pub(crate) fn seal(error: &SealError) -> PyErr {
    raised("SealError", &error.to_string())
}

pub(crate) fn biscuit(error: &BiscuitError) -> PyErr {
    raised("BiscuitError", &error.to_string())
}

pub(crate) fn embedded(error: &EmbeddedError) -> PyErr {
    match error {
        EmbeddedError::UnknownIssuer(_) => raised("UnknownIssuerError", &error.to_string()),
        EmbeddedError::Open(error) => open(error),
        _ => raised("GatewrightError", &error.to_string()),
    }
}

/// Makes the exception that carries a refusal.
pub(crate) fn denied(decision: &Bound<'_, PyDecision>) -> PyErr {
    raised_with("Denied", (decision.clone().unbind(),))
}

/// Makes an exception of `gatewright` with one argument.
pub(crate) fn raised(class: &'static str, message: &str) -> PyErr {
    raised_with(class, (message,))
}

fn raised_with(class: &'static str, arguments: impl for<'py> pyo3::call::PyCallArgs<'py>) -> PyErr {
    Python::attach(|py| {
        let exception = classes(py, class).and_then(|class| class.call1(arguments));
        exception.map_or_else(|error| error, PyErr::from_value)
    })
}

/// Finds an exception class; the module that defines them is imported once.
fn classes<'py>(py: Python<'py>, class: &'static str) -> PyResult<Bound<'py, PyType>> {
    static MODULE: PyOnceLock<Py<PyModule>> = PyOnceLock::new();
    let module = MODULE.get_or_try_init(py, || py.import("gatewright._errors").map(Bound::unbind))?;
    Ok(module.bind(py).getattr(class)?.cast_into::<PyType>()?)
}
