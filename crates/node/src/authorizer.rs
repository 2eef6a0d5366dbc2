//! `Authorizer`: decides.

use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use gatewright::Authorizer;
use gatewright_issuer::{Embedded, Options};
use napi::Env;
use napi::bindgen_prelude::{AsyncTask, External, Function, Latin1String};
use napi_derive::napi;

use crate::asking::{self, Asker, Decider, Patience};
use crate::config::NativeConfig;
use crate::error::{self, Result, guarded};
use crate::hashing::Hashing;
use crate::held::HeldExplanation;
use crate::identity::HeldIdentity;
use crate::keys::{NativeKeySet, NativeRevocations};
use crate::page::Page;
use crate::question::{Question, time};
use crate::report::Reporter;
use crate::session;

/// Decides requests.
#[napi]
pub struct NativeAuthorizer {
    embedded: Arc<Embedded>,
    asker: Rc<Asker>,
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

    /// The function that asks: with what it may wait for, or at once or not at all.
    #[napi(catch_unwind, ts_return_type = "(text: string, count: number, now?: number) => number")]
    pub fn decider<'env>(&self, env: &'env Env, is_patient: bool) -> Result<Decider<'env>> {
        asking::decider(env, Rc::clone(&self.asker), if is_patient { Patience::Some } else { Patience::None })
    }

    /// The names of the headers that questions need have: of those whose facts are given, and of those the proxy adds to.
    #[napi(catch_unwind)]
    pub fn header_names(&self) -> Result<Vec<Vec<String>>> {
        guarded(|| self.asker.header_names())
    }

    /// The page that the last decision is on: of those that have a place, or of the others.
    #[napi(catch_unwind)]
    pub fn page(&self, is_kept: bool) -> External<Page> {
        External::new(self.asker.page(is_kept))
    }

    /// Calls `report` with the returned number once the keys have come that the last answer waits for.
    #[napi(catch_unwind)]
    pub fn await_keys(&self) -> Result<Option<u32>> {
        guarded(|| self.asker.await_keys())
    }

    /// Decides on another thread, hashing a password there. The question has to have every header.
    #[napi(catch_unwind, ts_return_type = "Promise<object> | null")]
    pub fn decide_hashing(&self, text: Latin1String, count: u32, now: i64) -> Result<Option<AsyncTask<Hashing>>> {
        if Question::parse(&text, count)?.is_none() {
            return Ok(None);
        }
        let hashing = Hashing { embedded: Arc::clone(&self.embedded), text: text.to_vec(), count, now: time(now) };
        Ok(Some(AsyncTask::new(hashing)))
    }

    /// Decides by the same code and says how. The question has to have every header.
    #[napi(catch_unwind)]
    pub fn explain(&self, text: Latin1String, count: u32, now: i64) -> Result<Option<External<HeldExplanation>>> {
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
        identity.map(|identity| External::new(HeldIdentity(identity))).map_err(|reason| error::unreadable_biscuit(&reason))
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
pub fn is_navigation(text: Latin1String, count: u32) -> Result<Option<bool>> {
    let question = Question::parse(&text, count)?;
    guarded(|| question.map(|question| question.is_navigation()))
}

impl NativeAuthorizer {
    fn of(embedded: Embedded, reporter: Option<Reporter>) -> Self {
        let embedded = Arc::new(embedded);
        let asker = Rc::new(Asker::new(Arc::clone(&embedded), reporter));
        Self { embedded, asker }
    }

    fn with<T>(&self, f: impl FnOnce(&Authorizer) -> T) -> Result<T> {
        let state = self.embedded.current();
        guarded(|| f(&state.authorizer))
    }
}
