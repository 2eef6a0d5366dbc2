//! From a proxy's question to the answer: peer, dialect, engine, response, log, in this order.
//!
//! What takes long is done elsewhere meanwhile: newer keys are waited for, passwords are hashed in the password pool.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use gatewright::{ChallengeForm, Decision, HttpSettings, Outage, Rejection, UnixTime, is_navigation};
use gatewright_issuer::{Live, Refresh};
use http::request::Parts;
use http::{HeaderMap, Response, StatusCode};
use http_body_util::Full;
use tokio::sync::{Semaphore, oneshot};
use tokio::time::timeout;

use crate::dialect::{Described, Malformed, check};
use crate::endpoint::Endpoint;
use crate::fields::Fields;
use crate::grpc::message::CheckResponse;
use crate::log::{Entry, Log, RequestId};
use crate::metrics::Metrics;
use crate::password_pool::{PasswordPool, PoolFull};
use crate::peer::Peer;
use crate::response::{self, Unwritable};

/// What tells the time of a decision.
///
/// A service runs by [`Clock::system`]; a test or a replay of old requests sets its own.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> UnixTime + Send + Sync>);

impl Clock {
    /// Makes a clock of a function.
    #[must_use]
    pub fn new(now: impl Fn() -> UnixTime + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// The machine's clock.
    #[must_use]
    pub fn system() -> Self {
        Self::new(gatewright_issuer::now)
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Clock")
    }
}

/// Everything that answering needs, shared by all connections.
#[derive(Debug)]
pub(crate) struct Gate {
    pub(crate) live: Live,
    pub(crate) log: Log,
    pub(crate) metrics: Metrics,
    /// Set when the service is about to end.
    pub(crate) draining: AtomicBool,
    clock: Clock,
    /// The names under which this service itself is reached.
    own_hosts: Vec<String>,
    /// Room for requests that wait for newer keys.
    waiting: Semaphore,
    passwords: PasswordPool,
    requests: AtomicU64,
}

/// A question of a proxy.
#[derive(Clone, Copy)]
struct Question<'r> {
    peer: Peer,
    channel: Channel<'r>,
}

/// The way on which it came.
#[derive(Clone, Copy)]
enum Channel<'r> {
    Http {
        endpoint: Endpoint,
        parts: &'r Parts,
    },
    /// Over gRPC; `metadata` came with the call, not with the client's request.
    Check {
        call: &'r check::Call,
        metadata: &'r HeaderMap,
    },
}

/// The decision, and what is known of the request that it is about.
struct Answered<'r> {
    decision: Decision,
    described: Option<Described<'r>>,
    /// Whether a person's browser asks for a page, so that a login may be shown.
    navigation: bool,
}

/// A password has to be hashed before this request can be decided.
struct Deferred<'r>(Described<'r>);

/// What was sent is no question of the proxy's.
struct NoQuestion {
    rejection: Rejection,
    sentence: String,
}

impl Gate {
    pub(crate) fn new(live: Live, log: Log, clock: Clock, own_hosts: Vec<String>) -> Self {
        Self {
            live,
            log,
            metrics: Metrics::default(),
            draining: AtomicBool::new(false),
            clock,
            own_hosts,
            waiting: Semaphore::new(MAX_WAITING),
            passwords: PasswordPool::new(),
            requests: AtomicU64::new(0),
        }
    }

    /// Answers a request on the auth listener. Its body is never read; if one is announced, the connection ends with the answer,
    /// so that nothing that follows can be taken for a request, however it was framed.
    pub(crate) async fn answer(self: &Arc<Self>, peer: Peer, parts: &Parts, body_announced: bool) -> Response<Full<Bytes>> {
        let response = match Endpoint::of(parts.uri.path()) {
            Some(endpoint) => self.answer_at(endpoint, peer, parts).await,
            None => self.not_found(parts.uri.path()),
        };
        // A stranger keeps no connection.
        if body_announced || !peer.is_trusted(self.live.current().config.http()) { response::closing(response) } else { response }
    }

    async fn answer_at(self: &Arc<Self>, endpoint: Endpoint, peer: Peer, parts: &Parts) -> Response<Full<Bytes>> {
        let write = |decision: &Decision, navigation| {
            let response = endpoint.response_to(decision, navigation)?;
            let without_secret = decision.code() == Rejection::PeerUntrusted.code(); // keeps no connection either
            Ok((response.status().as_u16(), if without_secret { response::closing(response) } else { response }))
        };
        let decided = self.decided(Question { peer, channel: Channel::Http { endpoint, parts } }, write).await;
        decided.unwrap_or_else(|| response::empty(StatusCode::SERVICE_UNAVAILABLE))
    }

    /// Returns whether somebody may call `Check` at all; else says so in the log.
    pub(crate) fn admits(&self, peer: Peer) -> bool {
        let state = self.live.current();
        let admitted = peer.is_trusted(state.config.http());
        if let (false, Peer::Tcp(address)) = (admitted, peer) {
            let text = format!("{address} is not in `trusted_peers`; if it is Envoy, add it to `[http] trusted_peers`");
            self.log.note("peer_untrusted", &text);
        }
        admitted
    }

    /// Answers a call of `Check`; `metadata` is what came with the call.
    pub(crate) async fn check(self: &Arc<Self>, peer: Peer, metadata: &HeaderMap, call: &check::Call) -> CheckResponse {
        let write = |decision: &Decision, navigation| {
            let status = decision.answer(if navigation { ChallengeForm::Redirect } else { ChallengeForm::Status }).status;
            Ok((status, check::response_to(call, decision, navigation)))
        };
        let decided = self.decided(Question { peer, channel: Channel::Check { call, metadata } }, write).await;
        decided.unwrap_or_else(|| check::response_to(call, &panicked(), false))
    }

    /// Decides, writes the answer by `write`, which also returns the status that the client will see, and logs. `None` if not even
    /// a refusal can be written.
    async fn decided<A>(
        self: &Arc<Self>,
        question: Question<'_>,
        write: impl Fn(&Decision, bool) -> Result<(u16, A), Unwritable>,
    ) -> Option<A> {
        let started = Instant::now();
        let given_up = GivenUp(self);
        let mut answered = self.attempt(question).await;
        if let Some(issuer) = answered.decision.wants_keys()
            && self.newer_keys(issuer).await
        {
            answered = self.attempt(question).await;
        }
        let written = write(&answered.decision, answered.navigation).or_else(|Unwritable(sentence)| {
            answered.decision = Decision::unavailable(Outage::Internal, sentence);
            write(&answered.decision, false)
        });
        let (status, answer) =
            written.map_or((StatusCode::SERVICE_UNAVAILABLE.as_u16(), None), |(status, answer)| (status, Some(answer)));
        given_up.not_at_all();
        let taken = started.elapsed();
        self.metrics.decided(&answered.decision, taken);
        self.log.decision(&Entry {
            decision: &answered.decision,
            status,
            described: answered.described.as_ref(),
            request_id: self.request_id(question.fields()),
            taken,
        });
        answer
    }

    fn not_found(&self, path: &str) -> Response<Full<Bytes>> {
        self.metrics.not_found.fetch_add(1, Ordering::Relaxed);
        self.log.note(
            "not_found",
            &format!(
                "`{path}` is no endpoint; nginx belongs at /auth/verify, Traefik and Caddy at /auth/forward, \
                 and /auth/ingress-nginx, /auth/haproxy, /auth/apache and /auth/envoy are for whom they are named after"
            ),
        );
        response::empty(StatusCode::NOT_FOUND)
    }

    /// Decides once.
    async fn attempt<'r>(self: &Arc<Self>, question: Question<'r>) -> Answered<'r> {
        match self.attempt_at_once(question) {
            Ok(answered) => answered,
            Err(Deferred(described)) => self.attempt_with_password(question, described).await,
        }
    }

    /// Decides unless that would take long. A panic anywhere on the way is a refusal.
    fn attempt_at_once<'r>(&self, question: Question<'r>) -> Result<Answered<'r>, Deferred<'r>> {
        catch_unwind(AssertUnwindSafe(|| self.judge(question))).unwrap_or_else(|_| Ok(Answered::without_request(panicked())))
    }

    /// Waits for a place in the password pool and decides there, unless somebody has hashed the same password meanwhile.
    async fn attempt_with_password<'r>(self: &Arc<Self>, question: Question<'r>, described: Described<'r>) -> Answered<'r> {
        let place = match self.passwords.place(described.client).await {
            Ok(place) => place,
            Err(PoolFull) => {
                let sentence = "too many passwords wait to be checked";
                let decision = Decision::unavailable(Outage::Overloaded, sentence);
                return Answered { decision, described: Some(described), navigation: false };
            }
        };
        if let Ok(answered) = self.attempt_at_once(question) {
            return answered;
        }
        let (gate, peer) = (Arc::clone(self), question.peer);
        let decide: Box<dyn FnOnce() -> Decision + Send> = match question.channel {
            Channel::Http { endpoint, parts } => {
                let parts = parts.clone();
                Box::new(move || gate.decide_slowly(Question { peer, channel: Channel::Http { endpoint, parts: &parts } }))
            }
            Channel::Check { call, metadata } => {
                let (call, metadata) = (call.clone(), metadata.clone());
                let decide = move || {
                    let channel = Channel::Check { call: &call, metadata: &metadata };
                    gate.decide_slowly(Question { peer, channel })
                };
                Box::new(decide)
            }
        };
        let decided = tokio::task::spawn_blocking(move || {
            let _place = place;
            decide()
        });
        let decision = decided.await.unwrap_or_else(|_| panicked());
        Answered { decision, described: Some(described), navigation: question.is_navigation(&described) }
    }

    fn judge<'r>(&self, question: Question<'r>) -> Result<Answered<'r>, Deferred<'r>> {
        let state = self.live.current();
        let settings = state.config.http();
        let described = match self.describe(question, settings) {
            Ok(described) => described,
            Err(reason) => return Ok(Answered::without_request(Decision::refused(reason.rejection, reason.sentence))),
        };
        let fields = question.fields();
        let request = described.request(&fields).proxy_sets(question.vouched(settings));
        let decision = state.authorizer.decide_at_once(&request, (self.clock.0)()).ok_or(Deferred(described))?;
        Ok(Answered { decision, described: Some(described), navigation: question.is_navigation(&described) })
    }

    /// Decides as [`judge`](Self::judge) does, and hashes a password if it must.
    fn decide_slowly(&self, question: Question<'_>) -> Decision {
        let state = self.live.current();
        let settings = state.config.http();
        match self.describe(question, settings) {
            Ok(described) => {
                let fields = question.fields();
                let request = described.request(&fields).proxy_sets(question.vouched(settings));
                state.authorizer.decide(&request, (self.clock.0)())
            }
            Err(reason) => Decision::refused(reason.rejection, reason.sentence),
        }
    }

    /// Reads the request that the proxy asks about, if it is the proxy who asks.
    fn describe<'r>(&self, question: Question<'r>, settings: &HttpSettings) -> Result<Described<'r>, NoQuestion> {
        let untrusted = |sentence| NoQuestion { rejection: Rejection::PeerUntrusted, sentence };
        question.peer.check(settings, question.envelope()).map_err(untrusted)?;
        let malformed = |Malformed(sentence)| NoQuestion { rejection: Rejection::RequestMalformed, sentence };
        match question.channel {
            Channel::Http { endpoint, parts } => endpoint.request_from(parts, settings, &self.own_hosts),
            Channel::Check { call, .. } => check::request_from(call, settings),
        }
        .map_err(malformed)
    }

    /// Waits for newer keys of an issuer, if they may be fetched now. Without room to wait, the answer is what it is.
    async fn newer_keys(&self, issuer: &str) -> bool {
        let Refresh::Pending(pending) = self.live.refresh(issuer) else { return false };
        let Ok(_room) = self.waiting.try_acquire() else { return false };
        let (done, fetched) = oneshot::channel();
        pending.on_done(move || {
            let _ = done.send(()); // nobody waits any more: fine
        });
        timeout(MAX_WAIT, fetched).await.is_ok()
    }

    fn request_id<'r>(&self, fields: Fields<'r>) -> RequestId<'r> {
        let sent = fields.at_most_one("x-request-id").ok().flatten().filter(|id| (1..=MAX_REQUEST_ID).contains(&id.len()));
        match sent.map(std::str::from_utf8) {
            Some(Ok(id)) => RequestId::Sent(id),
            _ => RequestId::Counted(self.requests.fetch_add(1, Ordering::Relaxed)),
        }
    }
}

impl<'r> Question<'r> {
    /// The fields of the client's request.
    fn fields(self) -> Fields<'r> {
        match self.channel {
            Channel::Http { parts, .. } => Fields(&parts.headers),
            Channel::Check { call, .. } => Fields(&call.headers),
        }
    }

    /// The fields that came with the question itself.
    fn envelope(self) -> Fields<'r> {
        match self.channel {
            Channel::Http { parts, .. } => Fields(&parts.headers),
            Channel::Check { metadata, .. } => Fields(metadata),
        }
    }

    /// The proxy's name in `proxy_sets`.
    fn name(self) -> &'static str {
        match self.channel {
            Channel::Http { endpoint, .. } => endpoint.name(),
            Channel::Check { .. } => check::NAME,
        }
    }

    /// The optional headers that the endpoint's proxy overwrites, if it is certainly the proxy who wrote this request: over a unix
    /// socket, or with the secret that [`Peer::check`] has asked for.
    fn vouched(self, settings: &HttpSettings) -> &[String] {
        match self.peer {
            Peer::Unix => settings.proxy_sets(self.name()),
            Peer::Tcp(_) if settings.proxy_secret.is_some() => settings.proxy_sets(self.name()),
            Peer::Tcp(_) => &[],
        }
    }

    fn is_navigation(self, described: &Described<'_>) -> bool {
        is_navigation(described.method, &self.fields())
    }
}

impl Answered<'_> {
    fn without_request(decision: Decision) -> Self {
        Self { decision, described: None, navigation: false }
    }
}

/// Counts and logs a question whose asker went away before the answer, so that nobody guesses unseen.
struct GivenUp<'g>(&'g Gate);

impl GivenUp<'_> {
    fn not_at_all(self) {
        std::mem::forget(self);
    }
}

impl Drop for GivenUp<'_> {
    fn drop(&mut self) {
        self.0.metrics.given_up.fetch_add(1, Ordering::Relaxed);
        self.0.log.note("given_up", "a question was given up before it was answered; the proxy waits less long than the gate");
    }
}

fn panicked() -> Decision {
    Decision::unavailable(Outage::Internal, "panic while deciding; the standard error output has more")
}

/// Requests that may wait for keys at once: each holds a connection, and a connection that answers is worth more.
const MAX_WAITING: usize = 256;
/// How long a request waits for keys; proxies wait longer (nginx 60 s).
const MAX_WAIT: Duration = Duration::from_secs(5);
/// An id longer than this is not logged.
const MAX_REQUEST_ID: usize = 128;
