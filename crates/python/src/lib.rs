//! The native half of the Python package `gatewright`: it translates, and decides nothing.
//!
//! Everything here takes Python values, hands them to [`gatewright`] or [`gatewright_issuer`], and gives Python values back. A
//! panic behind it becomes `InternalError`; nothing else in here may panic.
#![forbid(unsafe_code)]
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    clippy::as_conversions
)]
#![expect(clippy::needless_pass_by_value, reason = "pyo3 hands arguments over by value")]

mod authorizer;
mod biscuit;
mod callback;
mod clock;
mod config;
mod decision;
mod error;
mod event;
mod identity;
mod keys;
mod request;
mod session;
mod text;
mod value;

use pyo3::prelude::*;

/// What `import gatewright._native` gives; `gatewright/__init__.py` names what users import.
#[pymodule]
mod _native {
    use gatewright::{Outage, Rejection};
    use pyo3::prelude::*;

    #[pymodule_export]
    use crate::authorizer::{PyAuthorizer, PyExplanation};
    #[pymodule_export]
    use crate::biscuit::{PyRootKey, attenuate};
    #[pymodule_export]
    use crate::config::PyConfig;
    #[pymodule_export]
    use crate::decision::{PyAllow, PyAudit, PyChallenge, PyDecision, PyForbid, PyIndeterminate, PyPermit};
    #[pymodule_export]
    use crate::event::PyEvent;
    #[pymodule_export]
    use crate::identity::PyIdentity;
    #[pymodule_export]
    use crate::keys::{PyKeySet, PyRevocations};
    #[pymodule_export]
    use crate::request::{PyRequest, panicking_request};
    #[pymodule_export]
    use crate::session::PySessionClaims;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        let py = module.py();
        py.import("atexit")?.call_method1("register", (wrap_pyfunction!(crate::callback::end_calls, module)?,))?;
        let rejections: Vec<&str> = Rejection::ALL.iter().map(|rejection| rejection.code()).collect();
        let outages: Vec<&str> = Outage::ALL.iter().map(|outage| outage.code()).collect();
        module.add("REJECTIONS", pyo3::types::PyTuple::new(py, rejections)?)?;
        module.add("OUTAGES", pyo3::types::PyTuple::new(py, outages)?)?;
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
