//! `Event`: what an authorizer that keeps itself up to date tells.

use gatewright_issuer::Event;
use pyo3::prelude::*;

/// Something that happened behind the decisions. It holds no secret.
#[pyclass(frozen, get_all, name = "Event", module = "gatewright")]
pub(crate) struct PyEvent {
    /// Such as `reloaded`, `reload_failed`, `warning`, `keys_fetched`, `keys_failed`, `key_dropped`.
    kind: &'static str,
    /// What happened, in words.
    message: String,
    /// Whether the operator should look.
    is_warning: bool,
}

impl PyEvent {
    /// Returns one for each line that a log would have.
    pub(crate) fn all(event: &Event) -> Vec<Self> {
        let sentences = event.sentences().into_iter();
        sentences.map(|(kind, message)| Self { kind, message, is_warning: Event::is_warning(kind) }).collect()
    }
}

#[pymethods]
impl PyEvent {
    fn __str__(&self) -> &str {
        &self.message
    }

    fn __repr__(&self) -> String {
        format!("<Event {}>", self.kind)
    }
}
