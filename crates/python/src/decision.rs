//! `Decision` and its four classes, for `match`; and `Permit`, the only place where an identity is found.

use gatewright::{ChallengeForm, Decision, Permit};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};

use crate::error;
use crate::identity::PyIdentity;

/// May this request pass?
#[pyclass(frozen, subclass, name = "Decision", module = "gatewright")]
pub(crate) struct PyDecision(pub(crate) Decision);

/// Yes.
#[pyclass(frozen, extends = PyDecision, name = "Allow", module = "gatewright")]
pub(crate) struct PyAllow;

/// 401.
#[pyclass(frozen, extends = PyDecision, name = "Challenge", module = "gatewright")]
pub(crate) struct PyChallenge;

/// 403.
#[pyclass(frozen, extends = PyDecision, name = "Forbid", module = "gatewright")]
pub(crate) struct PyForbid;

/// 503.
#[pyclass(frozen, extends = PyDecision, name = "Indeterminate", module = "gatewright")]
pub(crate) struct PyIndeterminate;

/// What an allow hands on.
#[pyclass(frozen, name = "Permit", module = "gatewright")]
pub(crate) struct PyPermit(Permit);

/// Facts for the log.
#[pyclass(frozen, get_all, name = "Audit", module = "gatewright")]
pub(crate) struct PyAudit {
    subject: Option<String>,
    issuer: Option<String>,
    kid: Option<String>,
    credential: Option<&'static str>,
}

impl PyDecision {
    /// Makes the object of the class that the outcome has.
    pub(crate) fn object<'py>(py: Python<'py>, decision: Decision) -> PyResult<Bound<'py, PyAny>> {
        let base = |decision| PyClassInitializer::from(Self(decision));
        Ok(match decision {
            Decision::Allow(_) => Bound::new(py, base(decision).add_subclass(PyAllow))?.into_any(),
            Decision::Challenge(_) => Bound::new(py, base(decision).add_subclass(PyChallenge))?.into_any(),
            Decision::Forbid(_) => Bound::new(py, base(decision).add_subclass(PyForbid))?.into_any(),
            Decision::Indeterminate(_) => Bound::new(py, base(decision).add_subclass(PyIndeterminate))?.into_any(),
        })
    }
}

#[pymethods]
impl PyDecision {
    #[getter]
    fn outcome<'py>(&self, py: Python<'py>) -> Bound<'py, PyString> {
        PyString::intern(py, self.0.outcome())
    }

    #[getter]
    fn status(&self) -> u16 {
        self.0.status()
    }

    #[getter]
    fn code<'py>(&self, py: Python<'py>) -> Bound<'py, PyString> {
        PyString::intern(py, self.0.code())
    }

    #[getter]
    fn rule(&self) -> Option<&str> {
        self.0.rule()
    }

    #[getter]
    fn detail(&self) -> &str {
        self.0.detail()
    }

    #[getter]
    fn audit(&self) -> PyAudit {
        let audit = self.0.audit();
        PyAudit {
            subject: audit.subject.map(Into::into),
            issuer: audit.issuer.map(Into::into),
            kid: audit.kid.map(Into::into),
            credential: audit.credential.map(gatewright::CredentialKind::name),
        }
    }

    #[getter]
    fn shadows<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.0.shadows().iter().map(|shadow| (shadow.rule.as_str(), shadow.code)))
    }

    #[getter]
    fn wants_keys(&self) -> Option<&str> {
        self.0.wants_keys()
    }

    /// Gives the permit, or raises `Denied`.
    pub(crate) fn into_permit(slf: &Bound<'_, Self>) -> PyResult<PyPermit> {
        match &slf.get().0 {
            Decision::Allow(permit) => Ok(PyPermit(permit.clone())),
            Decision::Challenge(_) | Decision::Forbid(_) | Decision::Indeterminate(_) => Err(error::denied(slf)),
        }
    }

    /// Status and headers of the answer to give, the same for every server.
    #[pyo3(signature = (*, navigation = false))]
    fn answer(&self, navigation: bool) -> (u16, Vec<(String, String)>) {
        let answer = self.0.answer(if navigation { ChallengeForm::Redirect } else { ChallengeForm::Status });
        (answer.status, answer.headers.into_iter().map(|(name, value)| (name.to_owned(), value.into_owned())).collect())
    }

    fn __bool__(&self) -> PyResult<bool> {
        Err(PyTypeError::new_err("a decision is neither true nor false: match it, or ask `authorizer.require` for a permit"))
    }

    fn __repr__(&self) -> String {
        let rule = self.0.rule().map_or_else(String::new, |rule| format!(" by rule {rule:?}"));
        format!("<{} {} {}{rule}>", self.0.outcome(), self.0.status(), self.0.code())
    }
}

#[pymethods]
impl PyAllow {
    #[classattr]
    fn __match_args__() -> (&'static str,) {
        ("permit",)
    }

    #[getter]
    fn permit(slf: &Bound<'_, Self>) -> PyResult<PyPermit> {
        PyDecision::into_permit(slf.as_super())
    }
}

#[pymethods]
impl PyChallenge {
    #[classattr]
    fn __match_args__() -> (&'static str,) {
        ("code",)
    }

    #[getter]
    fn www_authenticate<'a>(slf: &'a Bound<'_, Self>) -> &'a str {
        match &slf.as_super().get().0 {
            Decision::Challenge(challenge) => challenge.www_authenticate(),
            Decision::Allow(_) | Decision::Forbid(_) | Decision::Indeterminate(_) => "",
        }
    }

    #[getter]
    fn login_url<'a>(slf: &'a Bound<'_, Self>) -> Option<&'a str> {
        match &slf.as_super().get().0 {
            Decision::Challenge(challenge) => challenge.login_url(),
            Decision::Allow(_) | Decision::Forbid(_) | Decision::Indeterminate(_) => None,
        }
    }
}

#[pymethods]
impl PyForbid {
    #[classattr]
    fn __match_args__() -> (&'static str,) {
        ("code",)
    }

    #[getter]
    fn www_authenticate<'a>(slf: &'a Bound<'_, Self>) -> Option<&'a str> {
        match &slf.as_super().get().0 {
            Decision::Forbid(forbidden) => forbidden.www_authenticate(),
            Decision::Allow(_) | Decision::Challenge(_) | Decision::Indeterminate(_) => None,
        }
    }
}

#[pymethods]
impl PyIndeterminate {
    #[classattr]
    fn __match_args__() -> (&'static str,) {
        ("code",)
    }
}

#[pymethods]
impl PyPermit {
    #[classattr]
    fn __match_args__() -> (&'static str,) {
        ("identity",)
    }

    #[getter]
    fn identity(&self) -> Option<PyIdentity> {
        self.0.shared_identity().map(PyIdentity)
    }

    #[getter]
    fn headers(&self) -> Vec<(&str, std::borrow::Cow<'_, str>)> {
        self.0.headers().collect()
    }

    #[getter]
    fn renewed_session(&self) -> Option<&str> {
        self.0.renewed_session()
    }

    fn __repr__(&self) -> String {
        match self.0.identity() {
            Some(identity) => format!("<Permit for {:?}>", identity.subject()),
            None => "<Permit for nobody>".to_owned(),
        }
    }
}

#[pymethods]
impl PyAudit {
    fn __repr__(&self) -> String {
        let Self { subject, issuer, kid, credential } = self;
        let said = |text: &Option<String>| text.as_ref().map_or_else(|| "None".to_owned(), |text| format!("{text:?}"));
        let (subject, issuer, kid, credential) = (said(subject), said(issuer), said(kid), credential.unwrap_or("None"));
        format!("<Audit subject={subject} issuer={issuer} kid={kid} credential={credential}>")
    }
}
