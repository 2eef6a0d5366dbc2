//! `Authorizer`: decides.

use std::cell::{Cell, RefCell};
use std::path::PathBuf;
use std::sync::Arc;

use gatewright::{Authorizer, Decision, UnixTime, forwarded_headers};
use gatewright_issuer::{Embedded, Options, Pending, State, Wait};
use napi::bindgen_prelude::{AsyncTask, External, Function};
use napi_derive::napi;

use crate::config::NativeConfig;
use crate::error::{self, Failure, Result, guarded};
use crate::hashing::Hashing;
use crate::held::{Held, HeldExplanation};
use crate::identity::HeldIdentity;
use crate::keys::{NativeKeySet, NativeRevocations};
use crate::permits::{Permits, Place};
use crate::question::{Question, time};
use crate::report::Reporter;
use crate::{answer, session};

/// Decides requests.
#[napi]
pub struct NativeAuthorizer {
    embedded: Arc<Embedded>,
    reporter: Option<Reporter>,
    /// Whose header names JavaScript knows.
    told: RefCell<Option<Told>>,
    permits: RefCell<Permits>,
    /// What the last answer left to be taken.
    left: RefCell<Option<Decision>>,
    pending: RefCell<Option<Pending>>,
    fetches: Cell<u32>,
}

struct Told {
    state: Arc<State>,
    /// Each permit has an assertion of its own then, which no other may be shown as.
    has_assertions: bool,
}

#[napi]
impl NativeAuthorizer {
    /// Compiles a policy.
    #[napi(constructor, catch_unwind)]
    pub fn new(config: &NativeConfig) -> Result<Self> {
        let config = config.0.clone();
        guarded(|| Embedded::new(config))?.map(|embedded| Self::of(embedded, None)).map_err(|error| error::config(&error))
    }

    /// Opens a policy file and keeps up to date with it; `report` hears of what happens, as JSON.
    #[napi(factory, catch_unwind)]
    pub fn from_file(path: String, watch: bool, fetch: bool, report: Function<'_, String, ()>) -> Result<Self> {
        let reporter = Reporter::new(&report)?;
        let teller = reporter.clone();
        let options = Options { watch, fetch, events: Box::new(move |event| teller.event(&event)) };
        let embedded = guarded(|| Embedded::open(&PathBuf::from(path), options))?.map_err(|error| error::open(&error))?;
        Ok(Self::of(embedded, Some(reporter)))
    }

    /// The names, in lower case, of the headers that may make a difference: for a decision whose facts are given, and for one
    /// whose client and scheme the proxy says. From now on questions need have no others.
    #[napi(catch_unwind)]
    pub fn header_names(&self) -> Result<Vec<Vec<String>>> {
        let state = self.embedded.current();
        let given = state.authorizer.header_names().to_vec();
        let mut forwarded = given.clone();
        forwarded.extend(forwarded_headers().map(str::to_owned));
        let has_assertions = state.authorizer.assertion_keys().is_some();
        self.told.replace(Some(Told { state, has_assertions }));
        Ok(vec![given, forwarded])
    }

    /// Decides with the keys there are. Returns a number (`answer.rs`).
    #[napi(catch_unwind)]
    pub fn decide(&self, text: String, count: u32, now: i64) -> Result<u32> {
        self.ask(&text, count, now, |embedded, question, now| Ok(embedded.decide_without_fetching(&question.asked(), now)))
    }

    /// Decides if that needs no waiting.
    #[napi(catch_unwind)]
    pub fn decide_at_once(&self, text: String, count: u32, now: i64) -> Result<u32> {
        self.ask(&text, count, now, |embedded, question, now| embedded.decide_at_once(&question.asked(), now))
    }

    /// Takes what the last answer left.
    #[napi(catch_unwind)]
    pub fn take(&self) -> Option<External<Held>> {
        self.left.take().map(|decision| External::new(Held(decision)))
    }

    /// Calls `report` with the returned number once the keys have come that the last answer waits for.
    #[napi(catch_unwind)]
    pub fn await_keys(&self) -> Option<u32> {
        let (pending, reporter) = (self.pending.take()?, self.reporter.clone()?);
        let fetch = self.fetches.get();
        self.fetches.set(fetch.wrapping_add(1));
        pending.on_done(move || reporter.landed(fetch));
        Some(fetch)
    }

    /// Decides on another thread, hashing a password there. The question has to have every header.
    #[napi(catch_unwind, ts_return_type = "Promise<object> | null")]
    pub fn decide_hashing(&self, text: String, count: u32, now: i64) -> Result<Option<AsyncTask<Hashing>>> {
        if Question::parse(&text, count)?.is_none() {
            return Ok(None);
        }
        let hashing = Hashing { embedded: Arc::clone(&self.embedded), text, count, now: time(now) };
        Ok(Some(AsyncTask::new(hashing)))
    }

    /// Decides by the same code and says how. The question has to have every header.
    #[napi(catch_unwind)]
    pub fn explain(&self, text: String, count: u32, now: i64) -> Result<Option<External<HeldExplanation>>> {
        let Some(question) = Question::parse(&text, count)? else { return Ok(None) };
        let (decision, explanation) = guarded(|| self.embedded.explain(&question.asked(), time(now)))?;
        Ok(Some(External::new(HeldExplanation(decision, explanation))))
    }

    /// A new authorizer that uses these keys for that issuer.
    #[napi(catch_unwind)]
    pub fn with_keys(&self, issuer: String, keys: &NativeKeySet) -> Result<NativeAuthorizer> {
        let embedded = guarded(|| self.embedded.with_keys(&issuer, keys.0.clone()))?;
        embedded.map(|embedded| Self::of(embedded, None)).map_err(|error| error::embedded(&error))
    }

    /// A new authorizer that refuses what this list revokes.
    #[napi(catch_unwind)]
    pub fn with_revocations(&self, revocations: &NativeRevocations) -> Result<NativeAuthorizer> {
        let embedded = guarded(|| self.embedded.with_revocations(&revocations.0))?;
        embedded.map(|embedded| Self::of(embedded, None)).map_err(|error| error::embedded(&error))
    }

    /// Gives an issuer keys by hand.
    #[napi(catch_unwind)]
    pub fn update_keys(&self, issuer: String, keys: &NativeKeySet) -> Result<()> {
        guarded(|| self.embedded.update_keys(&issuer, keys.0.clone()))?.map_err(|error| error::embedded(&error))
    }

    /// Replaces the list of revocations.
    #[napi(catch_unwind)]
    pub fn update_revocations(&self, revocations: &NativeRevocations) -> Result<()> {
        guarded(|| self.embedded.update_revocations(revocations.0.clone()))?.map_err(|error| error::embedded(&error))
    }

    /// Reads the file again and puts it in force; returns what looks like a mistake in it.
    #[napi(catch_unwind)]
    pub fn reload(&self) -> Result<Vec<String>> {
        let reloaded = guarded(|| self.embedded.reload())?.map_err(|error| error::embedded(&error))?;
        Ok(reloaded.warnings.iter().map(ToString::to_string).chain(reloaded.rotation_warnings).collect())
    }

    /// Whether every remote issuer has had keys once.
    #[napi(catch_unwind)]
    pub fn ready(&self) -> bool {
        self.embedded.ready()
    }

    /// Whether it was closed.
    #[napi(catch_unwind)]
    pub fn closed(&self) -> bool {
        self.embedded.closed()
    }

    /// Ends the threads behind it.
    #[napi(catch_unwind)]
    pub fn close(&self) -> Result<()> {
        guarded(|| self.embedded.close())
    }

    /// Seals a session and returns the cookie's value.
    #[napi(catch_unwind)]
    pub fn seal_session(&self, claims: String, now: i64) -> Result<String> {
        let claims = session::claims(&claims)?;
        self.with(|authorizer| authorizer.seal_session(&claims, time(now)))?.map_err(|error| error::seal(&error))
    }

    /// The session cookie's name.
    #[napi(catch_unwind)]
    pub fn session_cookie(&self) -> Result<Option<String>> {
        self.with(|authorizer| authorizer.session_cookie().map(str::to_owned))
    }

    /// The `Set-Cookie` value that gives a browser a sealed session.
    #[napi(catch_unwind)]
    pub fn set_cookie(&self, value: String) -> Result<Option<String>> {
        self.with(|authorizer| authorizer.set_cookie(&value))
    }

    /// The `Set-Cookie` value that takes the session from a browser.
    #[napi(catch_unwind)]
    pub fn clear_cookie(&self) -> Result<Option<String>> {
        self.with(Authorizer::clear_cookie)
    }

    /// Where a login may return to.
    #[napi(catch_unwind)]
    pub fn return_address(&self, raw: String) -> Result<Option<String>> {
        self.with(|authorizer| authorizer.return_address(&raw))
    }

    /// Verifies a biscuit for the operator and returns whose it is.
    #[napi(catch_unwind)]
    pub fn inspect_biscuit(&self, token: String) -> Result<External<HeldIdentity>> {
        let identity = self.with(|authorizer| authorizer.inspect_biscuit(&token))?;
        identity
            .map(|identity| External::new(HeldIdentity(Arc::new(identity))))
            .map_err(|reason| error::unreadable_biscuit(&reason))
    }

    /// The public keys of `[assertion]` as a JWKS.
    #[napi(catch_unwind)]
    pub fn assertion_keys(&self) -> Result<Option<String>> {
        self.with(|authorizer| authorizer.assertion_keys().map(str::to_owned))
    }

    /// What looks like a mistake in the policy in force.
    #[napi(catch_unwind)]
    pub fn warnings(&self) -> Vec<String> {
        self.embedded.current().config.warnings().iter().map(ToString::to_string).collect()
    }

    /// The configured identity headers, which no client may write.
    #[napi(catch_unwind)]
    pub fn identity_headers(&self) -> Result<Vec<String>> {
        self.with(|authorizer| authorizer.identity_header_names().map(str::to_owned).collect())
    }
}

/// Whether a person's browser opens a page with the request, so that a challenge may send it to the login; nothing if a value
/// holds the separator.
#[napi(catch_unwind)]
pub fn is_navigation(text: String, count: u32) -> Result<Option<bool>> {
    let question = Question::parse(&text, count)?;
    guarded(|| question.map(|question| question.is_navigation()))
}

impl NativeAuthorizer {
    fn of(embedded: Embedded, reporter: Option<Reporter>) -> Self {
        Self {
            embedded: Arc::new(embedded),
            reporter,
            told: RefCell::new(None),
            permits: RefCell::new(Permits::new()),
            left: RefCell::new(None),
            pending: RefCell::new(None),
            fetches: Cell::new(0),
        }
    }

    /// Asks the engine, and says what it answers as one number.
    fn ask(
        &self,
        text: &str,
        count: u32,
        now: i64,
        decide: impl FnOnce(&Embedded, &Question<'_>, UnixTime) -> std::result::Result<Decision, Wait>,
    ) -> Result<u32> {
        let Some(question) = Question::parse(text, count)? else { return Ok(answer::SEPARATED) };
        guarded(|| {
            let told = self.told.borrow();
            let is_current = || told.as_ref().is_some_and(|told| Arc::ptr_eq(&told.state, &self.embedded.current()));
            if !question.is_complete && !is_current() {
                return answer::STALE;
            }
            let decided = decide(&self.embedded, &question, time(now));
            // A reload in between may have looked for headers that the question was made without.
            let is_current = is_current();
            if !question.is_complete && !is_current {
                return answer::STALE;
            }
            match decided {
                Ok(decision) => self.shown(decision, told.as_ref().filter(|_| is_current)),
                Err(Wait::ForPassword) => answer::PASSWORD,
                Err(Wait::ForKeys(decision, pending)) => {
                    self.pending.replace(Some(pending));
                    let number = answer::keys(&decision);
                    self.left.replace(Some(*decision));
                    number
                }
            }
        })
    }

    fn shown(&self, decision: Decision, told: Option<&Told>) -> u32 {
        let place = match told {
            Some(told) if !told.has_assertions => self.permits.borrow_mut().place(&decision),
            Some(_) | None => Place::Nowhere,
        };
        if let Place::Known(place) = place {
            return answer::known(place);
        }
        let number = answer::held(&decision, &place);
        self.left.replace(Some(decision));
        number
    }

    fn with<T>(&self, f: impl FnOnce(&Authorizer) -> T) -> std::result::Result<T, Failure> {
        let state = self.embedded.current();
        guarded(|| f(&state.authorizer))
    }
}
