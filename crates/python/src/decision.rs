//! `Decision` and its four classes, for `match`; and `Permit`, the only place where an identity is found.

use gatewright::{ChallengeForm, Decision, Permit};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};

use crate::error;
use crate::identity::PyIdentity;

/// May this request pass? One of `Allow`, `Challenge`, `Forbid` and `Indeterminate`.
///
/// A decision is neither true nor false: `if authorizer.decide(request):` raises `TypeError`.
///
/// >>> decision = authorizer.decide(Request("GET", "app.example.com", "/healthz"))
/// >>> decision
/// <allow 200 allowed by rule "health">
/// >>> match decision:
/// ...     case Allow(permit):
/// ...         print("for", permit.identity)
/// ...     case Challenge(code) | Forbid(code) | Indeterminate(code):
/// ...         print(decision.status, code)
/// for None
#[pyclass(frozen, subclass, name = "Decision", module = "gatewright")]
pub(crate) struct PyDecision(pub(crate) Decision);

/// Yes (200), with a permit.
///
/// >>> isinstance(authorizer.decide(Request("GET", "app.example.com", "/healthz")), Allow)
/// True
#[pyclass(frozen, extends = PyDecision, name = "Allow", module = "gatewright")]
pub(crate) struct PyAllow;

/// Log in, or log in better (401).
///
/// >>> challenge = authorizer.decide(Request("GET", "app.example.com", "/reports/7"))
/// >>> challenge.code, challenge.www_authenticate
/// ('credential_missing', 'Bearer realm="gatewright"')
#[pyclass(frozen, extends = PyDecision, name = "Challenge", module = "gatewright")]
pub(crate) struct PyChallenge;

/// No (403): logging in again would not help.
///
/// >>> authorizer.decide(Request("GET", "app.example.com", "/a/../b"))
/// <forbid 403 path_ambiguous>
#[pyclass(frozen, extends = PyDecision, name = "Forbid", module = "gatewright")]
pub(crate) struct PyForbid;

/// Nobody can tell now (503), which is a no.
///
/// >>> closed = Authorizer(config)
/// >>> closed.close()
/// >>> closed.decide(Request("GET", "app.example.com", "/healthz"))
/// <indeterminate 503 internal>
#[pyclass(frozen, extends = PyDecision, name = "Indeterminate", module = "gatewright")]
pub(crate) struct PyIndeterminate;

/// What an allow hands on: the only place where an identity is found.
///
/// >>> permit = authorizer.require(Request("GET", "app.example.com", "/healthz"))
/// >>> permit.headers
/// [('X-User', '')]
#[pyclass(frozen, name = "Permit", module = "gatewright")]
pub(crate) struct PyPermit(pub(crate) Permit);

/// Facts for the log, never for the client.
#[pyclass(frozen, get_all, name = "Audit", module = "gatewright")]
pub(crate) struct PyAudit {
    /// The subject, if a credential was verified.
    subject: Option<String>,
    /// The issuer, if a credential was verified and names one.
    issuer: Option<String>,
    /// The id of the key that verified the credential, if it has one.
    kid: Option<String>,
    /// The kind of credential that was presented.
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
    /// `allow`, `challenge`, `forbid` or `indeterminate`.
    #[getter]
    fn outcome<'py>(&self, py: Python<'py>) -> Bound<'py, PyString> {
        PyString::intern(py, self.0.outcome())
    }

    /// 200, 401, 403 or 503.
    #[getter]
    fn status(&self) -> u16 {
        self.0.status()
    }

    /// `allowed`, or the stable reason code.
    #[getter]
    fn code<'py>(&self, py: Python<'py>) -> Bound<'py, PyString> {
        PyString::intern(py, self.0.code())
    }

    /// The id of the rule that decided, if one did.
    #[getter]
    fn rule(&self) -> Option<&str> {
        self.0.rule()
    }

    /// The reason in words, for the operator and never for the client; empty on allow.
    #[getter]
    fn detail(&self) -> &str {
        self.0.detail()
    }

    /// Facts for the log.
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

    /// What rules with `shadow = true` would have decided: pairs of rule and code.
    #[getter]
    fn shadows<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.0.shadows().iter().map(|shadow| (shadow.rule.as_str(), shadow.code)))
    }

    /// The issuer whose newer keys could change this answer.
    #[getter]
    fn wants_keys(&self) -> Option<&str> {
        self.0.wants_keys()
    }

    /// Gives the permit, or raises `Denied` with the decision.
    pub(crate) fn into_permit(slf: &Bound<'_, Self>) -> PyResult<PyPermit> {
        match &slf.get().0 {
            Decision::Allow(permit) => Ok(PyPermit(permit.clone())),
            Decision::Challenge(_) | Decision::Forbid(_) | Decision::Indeterminate(_) => Err(error::denied(slf)),
        }
    }

    /// Status and headers of the answer to give; its body is empty. Only an allow is 2xx.
    ///
    /// With `navigation`, a challenge sends the browser to the login (302), if there is one.
    ///
    /// >>> authorizer.decide(Request("GET", "app.example.com", "/reports/7")).answer()
    /// (401, [('Cache-Control', 'no-store'), ('WWW-Authenticate', 'Bearer realm="gatewright"')])
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

    /// What it hands on.
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

    /// The one `WWW-Authenticate` value (RFC 6750 §3, RFC 9470 §3).
    #[getter]
    fn www_authenticate<'a>(slf: &'a Bound<'_, Self>) -> &'a str {
        match &slf.as_super().get().0 {
            Decision::Challenge(challenge) => challenge.www_authenticate(),
            Decision::Allow(_) | Decision::Forbid(_) | Decision::Indeterminate(_) => "",
        }
    }

    /// Where to log in, with the return address; None without `[login]` and on the login page itself.
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

    /// The `WWW-Authenticate` value that goes with a missing scope (RFC 6750 §3.1).
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

    /// Whose request it is; None where a rule allows anyone and nobody is logged in.
    #[getter]
    fn identity(&self) -> Option<PyIdentity> {
        self.0.shared_identity().map(PyIdentity)
    }

    /// Every configured identity header once, empty if there is nothing to say. Values are printable ASCII.
    #[getter]
    fn headers(&self) -> Vec<(&str, std::borrow::Cow<'_, str>)> {
        self.0.headers().collect()
    }

    /// The `Set-Cookie` value of a renewed session, to be handed on with the answer.
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
