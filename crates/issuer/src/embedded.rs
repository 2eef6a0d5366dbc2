//! An authorizer inside a program of another language: fixed, or one that keeps itself up to date; closed when it is done, and
//! started anew after a fork.
//!
//! Both bindings hold one of these and add nothing to it but the shapes of their language.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use gatewright::{
    Authorizer, Config, ConfigError, Decision, Explanation, KeySet, Outage, Request, Revocations, UnixTime, forwarded_headers,
};

use crate::error::{OpenError, UpdateError};
use crate::flight::{Pending, Refresh};
use crate::live::{Live, Options};
use crate::room::Room;
use crate::state::{Reloaded, State};

/// What a binding holds.
///
/// # Example
/// ```
/// use gatewright::{Config, Request, UnixTime};
/// use gatewright_issuer::{Asked, Embedded, Facts};
/// let config = Config::from_toml("version = 1\n[[rule]]\nid = \"health\"\npaths = [\"/healthz\"]\nallow = \"anyone\"")?;
/// let embedded = Embedded::new(config)?;
/// let request = Request::new("GET", "https", "app.example.com", "/healthz", &());
/// let asked = Asked { request, facts: Facts::Given };
/// assert_eq!(embedded.decide(&asked, UnixTime::from_secs(1_767_225_600)).code(), "allowed");
/// # Ok::<(), gatewright::ConfigError>(())
/// ```
pub struct Embedded(ArcSwap<Inner>);

struct Inner {
    hold: Hold,
    room: Room,
}

enum Hold {
    Fixed(Arc<State>),
    Live(Live),
    /// Decides nothing any more; the settings can still be looked at.
    Closed(Arc<State>),
}

/// A request, and where its client and scheme come from.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "a question has two parts")]
pub struct Asked<'r> {
    /// The request.
    pub request: Request<'r>,
    /// Who says which scheme and client it has.
    pub facts: Facts,
}

/// Who says which scheme and client a request has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "the caller or the proxy")]
pub enum Facts {
    /// The caller: as the request has them.
    Given,
    /// The proxy in front, by the headers that `proxy_sets.middleware` names ([`gatewright::HttpSettings::middleware`]).
    Forwarded,
}

/// What a decision would have to wait for.
#[derive(Debug)]
#[expect(clippy::exhaustive_enums, reason = "a caller has to know everything that can be waited for")]
pub enum Wait {
    /// A password has to be hashed: [`Embedded::decide`] does, on a thread that may wait.
    ForPassword,
    /// Newer keys are being fetched, which could change this answer; afterwards the caller decides once more.
    ForKeys(Box<Decision>, Pending),
}

/// What cannot be done with this authorizer.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EmbeddedError {
    /// No issuer of this name is configured.
    UnknownIssuer(String),
    /// The policy file cannot be put in force.
    Open(OpenError),
    /// It is for an authorizer that was opened from a file.
    NeedsFile(&'static str),
    /// An authorizer from a file is changed in place.
    FromFile(&'static str),
    /// It was closed.
    Closed,
}

impl Embedded {
    /// Compiles a configuration.
    ///
    /// # Errors
    /// As for [`Authorizer::new`].
    pub fn new(config: Config) -> Result<Self, ConfigError> {
        let authorizer = Authorizer::new(&config)?;
        Ok(Self::hold(Hold::Fixed(Arc::new(State::fixed(authorizer, Arc::new(config))))))
    }

    /// Opens a policy file and keeps up to date with it.
    ///
    /// # Errors
    /// As for [`Live::open`].
    pub fn open(path: &Path, options: Options) -> Result<Self, OpenError> {
        Ok(Self::hold(Hold::Live(Live::open(path, options)?)))
    }

    /// Returns an authorizer that uses these keys for that issuer.
    ///
    /// # Errors
    /// No such issuer is configured, or this one is from a file.
    pub fn with_keys(&self, issuer: &str, keys: KeySet) -> Result<Self, EmbeddedError> {
        let state = self.fixed("update_keys")?;
        let unknown = |_| EmbeddedError::UnknownIssuer(issuer.to_owned());
        let authorizer = state.authorizer.with_keys(issuer, keys).map_err(unknown)?;
        Ok(Self::hold(Hold::Fixed(Arc::new(State::fixed(authorizer, Arc::clone(&state.config))))))
    }

    /// Returns an authorizer that refuses what this list revokes.
    ///
    /// # Errors
    /// This one is from a file.
    pub fn with_revocations(&self, list: &Revocations) -> Result<Self, EmbeddedError> {
        let state = self.fixed("update_revocations")?;
        let authorizer = state.authorizer.with_revocations(list);
        Ok(Self::hold(Hold::Fixed(Arc::new(State::fixed(authorizer, Arc::clone(&state.config))))))
    }

    /// Gives an issuer keys by hand, as [`Live::update_keys`] does.
    ///
    /// # Errors
    /// No such issuer is configured, or this authorizer is not from a file.
    pub fn update_keys(&self, issuer: &str, keys: KeySet) -> Result<(), EmbeddedError> {
        self.live("with_keys")?.update_keys(issuer, keys).map_err(|error| match error {
            UpdateError::UnknownIssuer(issuer) => EmbeddedError::UnknownIssuer(issuer),
            UpdateError::Unanswered => EmbeddedError::Open(OpenError::Unanswered),
        })
    }

    /// Replaces the list of revocations, as [`Live::update_revocations`] does.
    ///
    /// # Errors
    /// This authorizer is not from a file.
    pub fn update_revocations(&self, list: Revocations) -> Result<(), EmbeddedError> {
        self.live("with_revocations")?.update_revocations(list);
        Ok(())
    }

    /// Reads the file again, as [`Live::reload`] does.
    ///
    /// # Errors
    /// The file cannot be put in force (the old policy stays), or there is none.
    pub fn reload(&self) -> Result<Reloaded, EmbeddedError> {
        self.live("a new authorizer")?.reload().map_err(EmbeddedError::Open)
    }

    /// Says whether every remote issuer has had keys once; of a fixed authorizer, always.
    #[must_use]
    pub fn ready(&self) -> bool {
        match &self.0.load().hold {
            Hold::Fixed(_) => true,
            Hold::Live(live) => live.ready(),
            Hold::Closed(_) => false,
        }
    }

    /// Ends the threads behind it. From then on every decision is `internal` (503).
    pub fn close(&self) {
        let state = self.current();
        self.0.store(Arc::new(Inner { hold: Hold::Closed(state), room: Room::new() }));
    }

    /// Returns whether it was closed.
    #[must_use]
    pub fn closed(&self) -> bool {
        matches!(self.0.load().hold, Hold::Closed(_))
    }

    /// Starts anew in a child process, right after the fork and before anything else uses it there.
    ///
    /// Threads stay with the parent, and so do those who would unlock what is locked. If no thread can be started, it is closed.
    pub fn after_fork(&self) {
        let old = self.0.load_full();
        let hold = match &old.hold {
            Hold::Fixed(state) => {
                state.forgetful().map_or_else(|_| Hold::Closed(Arc::clone(state)), |state| Hold::Fixed(Arc::new(state)))
            }
            Hold::Live(live) => live.after_fork().map_or_else(|_| Hold::Closed(live.current().clone()), Hold::Live),
            Hold::Closed(state) => Hold::Closed(Arc::clone(state)),
        };
        self.0.store(Arc::new(Inner { hold, room: Room::new() }));
        // Dropping it would take locks that nobody unlocks any more.
        std::mem::forget(old);
    }

    /// Returns what is in force now, or was when it was closed.
    #[must_use]
    pub fn current(&self) -> Arc<State> {
        match &self.0.load().hold {
            Hold::Fixed(state) | Hold::Closed(state) => Arc::clone(state),
            Hold::Live(live) => Arc::clone(&live.current()),
        }
    }

    /// Returns the names, in lower case, of every header that may make a difference: for the decision, for who the client is, and
    /// for whether it is a person's browser.
    #[must_use]
    pub fn header_names(&self) -> Vec<String> {
        let state = self.current();
        let mut names: Vec<String> = state.authorizer.header_names().to_vec();
        names.extend(forwarded_headers().map(str::to_owned));
        names.sort();
        names.dedup();
        names
    }

    /// Decides. Waits for a password to be hashed, and up to five seconds for newer keys if they could change the answer.
    pub fn decide(&self, asked: &Asked<'_>, now: UnixTime) -> Decision {
        match self.decide_at_once(asked, now) {
            Ok(decision) => decision,
            Err(Wait::ForPassword) => self.hashed(asked, now),
            Err(Wait::ForKeys(decision, pending)) => {
                if !pending.wait(MAX_WAIT) {
                    return *decision;
                }
                self.attempt(asked, now).unwrap_or_else(|| self.hashed(asked, now))
            }
        }
    }

    /// Decides with the keys there are. If newer ones could change the answer, they are fetched behind it.
    pub fn decide_without_fetching(&self, asked: &Asked<'_>, now: UnixTime) -> Decision {
        match self.decide_at_once(asked, now) {
            Ok(decision) => decision,
            Err(Wait::ForPassword) => self.hashed(asked, now),
            Err(Wait::ForKeys(decision, _)) => *decision,
        }
    }

    /// Decides that nobody can tell, because too many wait already: for callers that keep a queue of their own.
    pub fn overloaded() -> Decision {
        Decision::unavailable(Outage::Overloaded, "too many passwords wait to be checked")
    }

    /// Decides if that needs no waiting.
    ///
    /// # Errors
    /// What would have to be waited for.
    pub fn decide_at_once(&self, asked: &Asked<'_>, now: UnixTime) -> Result<Decision, Wait> {
        let decision = self.attempt(asked, now).ok_or(Wait::ForPassword)?;
        let Some(issuer) = decision.wants_keys() else { return Ok(decision) };
        let refresh = match &self.0.load().hold {
            Hold::Live(live) => live.refresh(issuer),
            Hold::Fixed(_) | Hold::Closed(_) => Refresh::Cooling,
        };
        match refresh {
            Refresh::Pending(pending) => Err(Wait::ForKeys(Box::new(decision), pending)),
            Refresh::Cooling => Ok(decision),
        }
    }

    /// Decides if nothing has to be verified that is not remembered, as [`Authorizer::decide_if_remembered`] does; what could be
    /// answered better with newer keys is `None` too.
    #[must_use]
    pub fn decide_if_remembered(&self, asked: &Asked<'_>, now: UnixTime) -> Option<Decision> {
        let decision = self.by(asked, |authorizer, request| authorizer.decide_if_remembered(request, now), Some)?;
        decision.wants_keys().is_none().then_some(decision)
    }

    /// Decides by the same code and says how.
    pub fn explain(&self, asked: &Asked<'_>, now: UnixTime) -> (Decision, Explanation) {
        self.by(asked, |authorizer, request| authorizer.explain(request, now), |decision| (decision, Explanation::default()))
    }

    fn attempt(&self, asked: &Asked<'_>, now: UnixTime) -> Option<Decision> {
        self.by(asked, |authorizer, request| authorizer.decide_at_once(request, now), Some)
    }

    /// Hashes a password when it is its turn, unless somebody has hashed the same meanwhile.
    fn hashed(&self, asked: &Asked<'_>, now: UnixTime) -> Decision {
        let inner = self.0.load_full();
        let Some(_place) = inner.room.place() else {
            return Self::overloaded();
        };
        self.by(asked, |authorizer, request| authorizer.decide(request, now), |decision| decision)
    }

    /// Asks the authorizer in force, or answers in its place.
    fn by<T>(
        &self,
        asked: &Asked<'_>,
        ask: impl FnOnce(&Authorizer, &Request<'_>) -> T,
        answer: impl FnOnce(Decision) -> T,
    ) -> T {
        let inner = self.0.load();
        let (fixed, live);
        let state: &State = match &inner.hold {
            Hold::Fixed(state) => {
                fixed = state;
                fixed
            }
            Hold::Live(it) => {
                live = it.current();
                &live
            }
            Hold::Closed(_) => return answer(Decision::unavailable(Outage::Internal, "the authorizer was closed")),
        };
        match asked.facts {
            Facts::Given => ask(&state.authorizer, &asked.request),
            Facts::Forwarded => match state.config.http().middleware(asked.request) {
                Ok(request) => ask(&state.authorizer, &request),
                Err(refusal) => answer(refusal),
            },
        }
    }

    fn hold(hold: Hold) -> Self {
        Self(ArcSwap::from_pointee(Inner { hold, room: Room::new() }))
    }

    fn fixed(&self, instead: &'static str) -> Result<Arc<State>, EmbeddedError> {
        match &self.0.load().hold {
            Hold::Fixed(state) => Ok(Arc::clone(state)),
            Hold::Live(_) => Err(EmbeddedError::FromFile(instead)),
            Hold::Closed(_) => Err(EmbeddedError::Closed),
        }
    }

    fn live(&self, instead: &'static str) -> Result<Live, EmbeddedError> {
        match &self.0.load().hold {
            Hold::Live(live) => Ok(live.clone()),
            Hold::Fixed(_) => Err(EmbeddedError::NeedsFile(instead)),
            Hold::Closed(_) => Err(EmbeddedError::Closed),
        }
    }
}

impl fmt::Debug for Embedded {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match &self.0.load().hold {
            Hold::Fixed(_) => "Embedded(fixed)",
            Hold::Live(_) => "Embedded(from a file)",
            Hold::Closed(_) => "Embedded(closed)",
        })
    }
}

impl fmt::Display for EmbeddedError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownIssuer(issuer) => write!(formatter, "no issuer `{issuer}` is configured"),
            Self::Open(error) => error.fmt(formatter),
            Self::NeedsFile(instead) => {
                write!(formatter, "this authorizer was not opened from a file and never changes: use {instead}")
            }
            Self::FromFile(instead) => {
                write!(formatter, "this authorizer was opened from a file and changes in place: use {instead}")
            }
            Self::Closed => formatter.write_str("the authorizer was closed"),
        }
    }
}

impl std::error::Error for EmbeddedError {}

/// How long a decision waits for keys: more than any healthy issuer needs, less than anybody waits for a page.
const MAX_WAIT: Duration = Duration::from_secs(5);
