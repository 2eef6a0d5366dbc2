//! `Authorizer`: decides.

use std::path::PathBuf;

use gatewright::{Decision, Explanation};
use gatewright_issuer::{Embedded, Options, Wait};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyString};

use crate::callback;
use crate::config::PyConfig;
use crate::decision::{PyDecision, PyPermit};
use crate::error::guarded;
use crate::event::PyEvent;
use crate::identity::PyIdentity;
use crate::keys::{PyKeySet, PyRevocations};
use crate::request::PyRequest;
use crate::session::PySessionClaims;
use crate::{clock, error, value};

/// Decides requests: compiled once, shared by all threads.
///
/// `Authorizer(config)` never changes; `with_keys` and `with_revocations` give a new one. `Authorizer.from_file` keeps itself up to
/// date. Both work in threads, beside an event loop, and after a fork.
///
/// >>> authorizer = Authorizer(config)
/// >>> authorizer.decide(Request("GET", "app.example.com", "/healthz"))
/// <allow 200 allowed by rule "health">
#[pyclass(frozen, weakref, name = "Authorizer", module = "gatewright")]
pub(crate) struct PyAuthorizer(Embedded);

/// How a decision came about; `str` of it is for people. It never contains a token, a cookie or a key.
#[pyclass(frozen, name = "Explanation", module = "gatewright")]
pub(crate) struct PyExplanation(Explanation);

#[pymethods]
impl PyAuthorizer {
    #[new]
    fn new(py: Python<'_>, config: &Bound<'_, PyConfig>) -> PyResult<Py<Self>> {
        let config = config.get().0.clone();
        let embedded = guarded(|| Embedded::new(config))?.map_err(|error| error::config(&error))?;
        Self::renewed_after_fork(py, embedded)
    }

    /// Opens a policy file and keeps up to date with it: fetches the issuers' keys, and reloads when a file changes.
    ///
    /// `on_event` is told of every change and every failure, on another thread; by default they go to the logger `gatewright`. Without
    /// `watch` the files are read at `reload` alone, without `fetch` nothing is asked of the network. Use it as a context manager, or
    /// `close` it, to end its threads.
    ///
    /// Raises `ConfigError` if the file cannot be put in force. Later mistakes leave the old policy in force.
    ///
    /// >>> with Authorizer.from_file("gatewright.toml") as authorizer:
    /// ...     authorizer.decide(Request("GET", "app.example.com", "/healthz")).code
    /// 'allowed'
    #[staticmethod]
    #[pyo3(signature = (path, *, watch = true, fetch = true, on_event = None))]
    fn from_file(py: Python<'_>, path: PathBuf, watch: bool, fetch: bool, on_event: Option<Py<PyAny>>) -> PyResult<Py<Self>> {
        let on_event = match on_event {
            Some(on_event) => on_event,
            None => py.import("gatewright._events")?.getattr("log")?.unbind(),
        };
        let events = Box::new(move |event: gatewright_issuer::Event| {
            callback::call(|py| {
                for event in PyEvent::all(&event) {
                    if let Err(error) = on_event.call1(py, (event,)) {
                        error.write_unraisable(py, Some(on_event.bind(py)));
                    }
                }
            });
        });
        let options = Options { watch, fetch, events };
        let embedded = py.detach(|| guarded(|| Embedded::open(&path, options)))?.map_err(|error| error::open(&error))?;
        Self::renewed_after_fork(py, embedded)
    }

    /// Decides whether a request may pass now, or at `now` in seconds since 1970.
    ///
    /// Never refuses by an exception. With `[[basic]]` it may take as long as hashing a password takes, and for a token of an unknown key
    /// up to five seconds; other threads run meanwhile. Beside an event loop use `decide_async`.
    #[pyo3(signature = (request, *, now = None))]
    fn decide<'py>(&self, py: Python<'py>, request: &Bound<'py, PyRequest>, now: Option<u64>) -> PyResult<Bound<'py, PyAny>> {
        PyDecision::object(py, self.decided(py, request.get(), now)?)
    }

    /// Decides if that needs no waiting: no password to hash, no keys to fetch. Else None, and `decide` answers on a thread that
    /// may wait.
    #[pyo3(signature = (request, *, now = None))]
    fn decide_at_once<'py>(
        &self,
        py: Python<'py>,
        request: &Bound<'py, PyRequest>,
        now: Option<u64>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let (asked, now) = (request.get().asked(), clock::or_system(now));
        let decision = match guarded(|| self.0.decide_if_remembered(&asked, now))? {
            Some(decision) => Some(decision),
            None => {
                let request = request.get();
                py.detach(|| guarded(|| self.0.decide_at_once(&request.asked(), now).ok()))?
            }
        };
        decision.map(|decision| PyDecision::object(py, decision)).transpose()
    }

    /// Decides if that needs no waiting. Else False if a password has to be hashed, or True if newer keys are being fetched: `wake`
    /// is called, on another thread, when they have come or not.
    fn _attempt<'py>(
        &self,
        py: Python<'py>,
        request: &Bound<'py, PyRequest>,
        now: Option<u64>,
        wake: Py<PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (request, now) = (request.get(), clock::or_system(now));
        if let Some(decision) = guarded(|| self.0.decide_if_remembered(&request.asked(), now))? {
            return PyDecision::object(py, decision);
        }
        match py.detach(|| guarded(|| self.0.decide_at_once(&request.asked(), now)))? {
            Ok(decision) => PyDecision::object(py, decision),
            Err(Wait::ForPassword) => Ok(PyBool::new(py, false).to_owned().into_any()),
            Err(Wait::ForKeys(_, pending)) => {
                py.detach(|| {
                    pending.on_done(move || {
                        callback::call(|py| {
                            if let Err(error) = wake.call0(py) {
                                error.write_unraisable(py, None);
                            }
                        });
                    });
                });
                Ok(PyBool::new(py, true).to_owned().into_any())
            }
        }
    }

    /// Decides with the keys there are.
    #[pyo3(signature = (request, now))]
    fn _decide_without_fetching<'py>(
        &self,
        py: Python<'py>,
        request: &Bound<'py, PyRequest>,
        now: Option<u64>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (request, now) = (request.get(), clock::or_system(now));
        let decision = py.detach(|| guarded(|| self.0.decide_without_fetching(&request.asked(), now)))?;
        PyDecision::object(py, decision)
    }

    /// Refuses because too many wait.
    #[staticmethod]
    fn _overloaded(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        PyDecision::object(py, Embedded::overloaded())
    }

    /// Decides as `decide` does, to be awaited: the event loop runs on meanwhile.
    #[pyo3(signature = (request, *, now = None))]
    fn decide_async<'py>(
        slf: &Bound<'py, Self>,
        request: &Bound<'py, PyRequest>,
        now: Option<u64>,
    ) -> PyResult<Bound<'py, PyAny>> {
        slf.py().import("gatewright._aio")?.getattr("decide")?.call1((slf, request, now))
    }

    /// Gives the permit of a request, or raises `Denied`.
    ///
    /// >>> authorizer.require(Request("GET", "app.example.com", "/reports/7"))
    /// Traceback (most recent call last):
    /// gatewright._errors.Denied: 401 credential_missing
    #[pyo3(signature = (request, *, now = None))]
    fn require(&self, py: Python<'_>, request: &Bound<'_, PyRequest>, now: Option<u64>) -> PyResult<PyPermit> {
        match self.decided(py, request.get(), now)? {
            Decision::Allow(permit) => Ok(PyPermit(permit)),
            refusal @ (Decision::Challenge(_) | Decision::Forbid(_) | Decision::Indeterminate(_)) => {
                Err(error::denied(PyDecision::object(py, refusal)?.cast::<PyDecision>()?))
            }
        }
    }

    /// Decides by the same code and says how; nothing is remembered.
    ///
    /// >>> decision, explanation = authorizer.explain(Request("GET", "app.example.com", "/healthz"))
    /// >>> print(explanation)
    /// request     GET https://app.example.com/healthz from an unknown address
    /// rule        ok `health`: matches: this rule decides
    /// outcome     allow (allowed):
    #[pyo3(signature = (request, *, now = None))]
    fn explain<'py>(
        &self,
        py: Python<'py>,
        request: &Bound<'py, PyRequest>,
        now: Option<u64>,
    ) -> PyResult<(Bound<'py, PyAny>, PyExplanation)> {
        let (request, now) = (request.get(), clock::or_system(now));
        let (decision, explanation) = py.detach(|| guarded(|| self.0.explain(&request.asked(), now)))?;
        Ok((PyDecision::object(py, decision)?, PyExplanation(explanation)))
    }

    /// Returns an authorizer that uses these keys for that issuer. Raises `UnknownIssuerError`.
    fn with_keys(&self, py: Python<'_>, issuer: &str, keys: &Bound<'_, PyKeySet>) -> PyResult<Py<Self>> {
        let embedded = guarded(|| self.0.with_keys(issuer, keys.get().0.clone()))?.map_err(|error| error::embedded(&error))?;
        Self::renewed_after_fork(py, embedded)
    }

    /// Returns an authorizer that refuses what this list revokes.
    fn with_revocations(&self, py: Python<'_>, revocations: &Bound<'_, PyRevocations>) -> PyResult<Py<Self>> {
        let embedded = guarded(|| self.0.with_revocations(&revocations.get().0))?.map_err(|error| error::embedded(&error))?;
        Self::renewed_after_fork(py, embedded)
    }

    /// Gives an issuer keys by hand, in force when it returns; for an authorizer from a file.
    fn update_keys(&self, py: Python<'_>, issuer: &str, keys: &Bound<'_, PyKeySet>) -> PyResult<()> {
        let keys = keys.get().0.clone();
        py.detach(|| guarded(|| self.0.update_keys(issuer, keys)))?.map_err(|error| error::embedded(&error))
    }

    /// Replaces the list of revocations, in force when it returns; for an authorizer from a file.
    fn update_revocations(&self, py: Python<'_>, revocations: &Bound<'_, PyRevocations>) -> PyResult<()> {
        let list = revocations.get().0.clone();
        py.detach(|| guarded(|| self.0.update_revocations(list)))?.map_err(|error| error::embedded(&error))
    }

    /// Reads the file again, in force when it returns; returns what looks like a mistake in it. Raises `ConfigError`.
    fn reload(&self, py: Python<'_>) -> PyResult<Vec<String>> {
        let reloaded = py.detach(|| guarded(|| self.0.reload()))?.map_err(|error| error::embedded(&error))?;
        Ok(reloaded.warnings.iter().map(ToString::to_string).chain(reloaded.rotation_warnings).collect())
    }

    /// Whether every issuer has had keys once, or 30 seconds have passed.
    #[getter]
    fn ready(&self) -> bool {
        self.0.ready()
    }

    /// Whether it was closed.
    #[getter]
    fn closed(&self) -> bool {
        self.0.closed()
    }

    /// Ends the threads behind it; from then on every decision is `internal` (503).
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        py.detach(|| guarded(|| self.0.close()))
    }

    fn __enter__<'py>(slf: &Bound<'py, Self>) -> Bound<'py, Self> {
        slf.clone()
    }

    #[pyo3(signature = (*_exception))]
    fn __exit__(&self, py: Python<'_>, _exception: &Bound<'_, PyAny>) -> PyResult<()> {
        self.close(py)
    }

    /// Seals a session and returns the cookie's value. Raises `SealError`.
    #[pyo3(signature = (claims, *, now = None))]
    fn seal_session(&self, claims: &Bound<'_, PySessionClaims>, now: Option<u64>) -> PyResult<String> {
        let state = self.0.current();
        guarded(|| state.authorizer.seal_session(&claims.get().0, clock::or_system(now)))?.map_err(|error| error::seal(&error))
    }

    /// The session cookie's name; None without `[session]`.
    #[getter]
    fn session_cookie(&self) -> Option<String> {
        self.0.current().authorizer.session_cookie().map(str::to_owned)
    }

    /// The `Set-Cookie` value that gives a browser a sealed session.
    #[pyo3(signature = (value))]
    fn set_cookie(&self, value: &str) -> Option<String> {
        self.0.current().authorizer.set_cookie(value)
    }

    /// The `Set-Cookie` value that takes the session from a browser.
    #[getter]
    fn clear_cookie(&self) -> Option<String> {
        self.0.current().authorizer.clear_cookie()
    }

    /// Judges the raw query text after `rd=`: the address to return to after a login, as received, if `[login]` allows it.
    ///
    /// >>> authorizer.return_address("https%3A%2F%2Fevil.example%2F") is None
    /// True
    fn return_address(&self, raw: &str) -> PyResult<Option<String>> {
        let state = self.0.current();
        guarded(|| state.authorizer.return_address(raw))
    }

    /// Verifies a biscuit for the operator and returns whose it is. Raises `BiscuitError`, the reason code first.
    fn inspect_biscuit(&self, token: &str) -> PyResult<PyIdentity> {
        let state = self.0.current();
        let identity = guarded(|| state.authorizer.inspect_biscuit(token))?;
        identity.map(|identity| PyIdentity(identity.into())).map_err(|reason| error::raised("BiscuitError", &reason))
    }

    /// The public keys of `[assertion]` as a JWKS in JSON; None without it.
    #[getter]
    fn assertion_keys(&self) -> Option<String> {
        self.0.current().authorizer.assertion_keys().map(str::to_owned)
    }

    /// What looks like a mistake in the policy in force.
    #[getter]
    fn warnings(&self) -> Vec<String> {
        self.0.current().config.warnings().iter().map(ToString::to_string).collect()
    }

    /// The configured identity headers, which no client may write.
    #[getter]
    fn identity_headers(&self) -> Vec<String> {
        self.0.current().authorizer.identity_header_names().map(str::to_owned).collect()
    }

    /// Starts anew in a child process.
    fn _after_fork(&self) {
        self.0.after_fork();
    }

    fn __repr__(&self) -> &'static str {
        if self.0.closed() { "<Authorizer, closed>" } else { "<Authorizer>" }
    }
}

impl PyAuthorizer {
    /// Decides: what is remembered at once, everything else while other Python threads run.
    fn decided(&self, py: Python<'_>, request: &PyRequest, now: Option<u64>) -> PyResult<Decision> {
        let now = clock::or_system(now);
        if let Some(decision) = guarded(|| self.0.decide_if_remembered(&request.asked(), now))? {
            return Ok(decision);
        }
        py.detach(|| guarded(|| self.0.decide(&request.asked(), now)))
    }

    fn renewed_after_fork(py: Python<'_>, embedded: Embedded) -> PyResult<Py<Self>> {
        let authorizer = Py::new(py, Self(embedded))?;
        py.import("gatewright._fork")?.getattr("register")?.call1((&authorizer,))?;
        Ok(authorizer)
    }
}

#[pymethods]
impl PyExplanation {
    /// The steps in order, each a dict with the member `step`.
    #[getter]
    fn steps<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let steps = serde_json::to_value(&self.0).map_err(|error| error::raised("InternalError", &error.to_string()))?;
        value::to_python(py, &steps)
    }

    fn __str__<'py>(&self, py: Python<'py>) -> Bound<'py, PyString> {
        PyString::new(py, &self.0.to_string())
    }

    fn __repr__(&self) -> String {
        format!("<Explanation of {} steps>", self.0.steps().len())
    }
}
