//! The engine: settings, keys and revocations compiled into one immutable value that decides.

mod evaluation;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use self::evaluation::{Deferred, Evaluation};
use crate::assertion::Assertions;
use crate::config::{Config, ConfigError, KeySource};
use crate::credential::{Credentials, Effort, Presented, RevocationList, Scheme};
use crate::decision::Decision;
use crate::identity::Identity;
use crate::identity_headers::{IdentityHeader, IdentityPart};
use crate::jwk::KeySet;
use crate::jwt::IssuerKeys;
use crate::memory::Memory;
use crate::policy::Policy;
use crate::rejection::Outage;
use crate::request::Request;
use crate::return_address::Login;
use crate::revocation::Revocations;
use crate::session_claims::{SealError, SessionClaims};
use crate::source::Source;
use crate::time::UnixTime;
use crate::trace::{Explanation, Off, Trace};

/// Decides requests. Compiled once, immutable but for its memory, `Send + Sync`, cheap to clone.
///
/// # Example
/// ```
/// use gatewright::{Authorizer, Config, Decision, Request, UnixTime};
///
/// let config = Config::from_toml(r#"
///     version = 1
///     [[rule]]
///     id = "health"
///     paths = ["/healthz"]
///     allow = "anyone"
/// "#)?;
/// let authorizer = Authorizer::new(&config)?;
/// let now = UnixTime::from_secs(1_767_225_600);
///
/// let healthz = Request::new("GET", "https", "app.example.com", "/healthz", &());
/// assert!(matches!(authorizer.decide(&healthz, now), Decision::Allow(_)));
///
/// let admin = Request::new("GET", "https", "app.example.com", "/admin", &());
/// assert_eq!(authorizer.decide(&admin, now).code(), "no_rule");
/// # Ok::<(), gatewright::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Authorizer {
    compiled: Arc<Compiled>,
}

/// Everything a decision needs; parts are shared between the values derived from one authorizer.
#[derive(Clone, Debug)]
struct Compiled {
    policy: Arc<Policy>,
    rule_names: Arc<[Arc<str>]>,
    credentials: Credentials,
    identity_headers: Arc<[IdentityHeader]>,
    assertions: Option<Assertions>,
    login: Option<Arc<Login>>,
    /// Every header that is read, in lower case.
    header_names: Arc<[String]>,
    /// The scheme that a challenge names when nothing in `Authorization` names one.
    default_scheme: Scheme,
}

/// A session cookie that was sealed with the authorizer's own settings.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InspectedSession {
    /// What was sealed, as JSON.
    pub payload: String,
    /// Why the session is over, the reason code first; `None` if it is not.
    pub refusal: Option<String>,
}

/// No configured issuer has this name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownIssuer(String);

impl fmt::Display for UnknownIssuer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "no configured issuer is called `{}`", self.0)
    }
}

impl std::error::Error for UnknownIssuer {}

impl Authorizer {
    /// Compiles a configuration.
    ///
    /// # Errors
    /// A reference (`env:`, `file:`, …) has not been resolved: call [`Config::resolve`] first.
    pub fn new(config: &Config) -> Result<Self, ConfigError> {
        config.require_resolved()?;
        let issuers: Vec<IssuerKeys> = config
            .issuers
            .iter()
            .map(|issuer| match &issuer.keys {
                KeySource::Remote(_) => IssuerKeys::new(issuer.issuer.clone(), None, true),
                KeySource::Local(keys) => IssuerKeys::new(issuer.issuer.clone(), keys.clone().map(Arc::new), false),
            })
            .collect();
        let mut token_sources: Vec<Source> = Vec::new();
        let of_issuers = config.issuers.iter().flat_map(|issuer| &issuer.issuer.sources);
        for source in of_issuers.chain(config.biscuits.iter().flat_map(|biscuits| &biscuits.sources)) {
            if *source != Source::Bearer && !token_sources.contains(source) {
                token_sources.push(source.clone());
            }
        }
        let mut identity_headers = config.identity_headers.clone();
        let assertions = config.assertions.clone();
        identity_headers
            .extend(assertions.iter().map(|it| IdentityHeader { name: it.header.clone(), value: IdentityPart::Assertion }));
        identity_headers.sort_by(|one, other| one.name.cmp(&other.name));
        let credentials = Credentials {
            issuers,
            biscuits: config.biscuits.clone().into(),
            token_sources,
            passwords: config.passwords.clone().map(Arc::new),
            api_keys: config.api_keys.clone().into(),
            sessions: config.session.clone(),
            certificates: config.certificates.clone().into(),
            revocations: if config.revocations.is_some() { RevocationList::Unread } else { RevocationList::None },
            memory: Arc::new(Memory::new()),
        };
        let policy = Policy::new(config.rules.clone());
        let names = credentials.header_names().chain(policy.header_names()).map(str::to_owned);
        let header_names: BTreeSet<String> = names.collect();
        Ok(Self {
            compiled: Arc::new(Compiled {
                rule_names: config.rules.iter().map(|rule| Arc::from(rule.id.as_str())).collect(),
                policy: Arc::new(policy),
                credentials,
                identity_headers: identity_headers.into(),
                assertions,
                login: config.login.clone().map(Arc::new),
                header_names: header_names.into_iter().collect(),
                default_scheme: if config.passwords.is_some() && config.login.is_none() { Scheme::Basic } else { Scheme::Bearer },
            }),
        })
    }

    /// Returns an authorizer that uses these keys for that issuer; it shares everything else, the memory included.
    ///
    /// # Errors
    /// No configured issuer has this name.
    pub fn with_keys(&self, issuer: &str, keys: impl Into<Arc<KeySet>>) -> Result<Self, UnknownIssuer> {
        let mut compiled = Compiled::clone(&self.compiled);
        let found = compiled.credentials.issuers.iter_mut().find(|known| known.issuer.issuer == issuer);
        let known = found.ok_or_else(|| UnknownIssuer(issuer.to_owned()))?;
        *known = IssuerKeys::new(known.issuer.as_ref().clone(), Some(keys.into()), known.remote);
        Ok(Self { compiled: Arc::new(compiled) })
    }

    /// Returns an authorizer that refuses what this list revokes; it shares everything else.
    #[must_use]
    pub fn with_revocations(&self, revocations: &Revocations) -> Self {
        let mut compiled = Compiled::clone(&self.compiled);
        compiled.credentials.revocations = RevocationList::Known(Arc::new(revocations.clone()));
        Self { compiled: Arc::new(compiled) }
    }

    /// Returns an authorizer that shares the memory of `other`, so that a reload does not forget verified tokens.
    ///
    /// What `other` verified under settings or keys that differ from this one's does not count here.
    #[must_use]
    pub fn with_memory_of(&self, other: &Self) -> Self {
        let mut compiled = Compiled::clone(&self.compiled);
        compiled.credentials.memory = Arc::clone(&other.compiled.credentials.memory);
        Self { compiled: Arc::new(compiled) }
    }

    /// Returns the keys that an issuer has now.
    #[must_use]
    pub fn keys(&self, issuer: &str) -> Option<&Arc<KeySet>> {
        self.compiled.credentials.issuers.iter().find(|known| known.issuer.issuer == issuer)?.keys.as_ref()
    }

    /// Returns the list of revocations in force, if there is one.
    #[must_use]
    pub fn revocations(&self) -> Option<&Revocations> {
        match &self.compiled.credentials.revocations {
            RevocationList::Known(list) => Some(list),
            RevocationList::None | RevocationList::Unread => None,
        }
    }

    /// Decides whether the request may pass at `now`. Never fails and never panics.
    ///
    /// With `[[basic]]`, a password that is not remembered is hashed here and now, which may take some hundred milliseconds;
    /// where nothing may wait, see [`decide_at_once`](Self::decide_at_once).
    pub fn decide(&self, request: &Request<'_>, now: UnixTime) -> Decision {
        self.run(request, now, None, &mut Off)
    }

    /// Decides unless a password has to be hashed first: then `None`, and [`decide`](Self::decide) answers, on a thread that
    /// may wait.
    ///
    /// # Example
    /// ```
    /// use gatewright::{Authorizer, Config, Request, UnixTime};
    /// // The password is `secret`.
    /// let config = Config::from_toml(r#"
    ///     version = 1
    ///     [[basic]]
    ///     htpasswd = "alice:$2b$04$xPcmM9vdqLbpoORXbhCHYOfyXMXawPau/s46rD3AI7zajaqSk28GS"
    ///     [[rule]]
    ///     id = "members"
    ///     allow = "authenticated"
    /// "#)?;
    /// let authorizer = Authorizer::new(&config)?;
    /// let now = UnixTime::from_secs(1_767_225_600);
    /// let headers = [("Authorization", "Basic YWxpY2U6c2VjcmV0")];
    /// let request = Request::new("GET", "https", "app.example.com", "/", &headers);
    ///
    /// assert!(authorizer.decide_at_once(&request, now).is_none());
    /// assert_eq!(authorizer.decide(&request, now).code(), "allowed");
    /// assert_eq!(authorizer.decide_at_once(&request, now).map(|decision| decision.code()), Some("allowed"), "remembered");
    /// # Ok::<(), gatewright::ConfigError>(())
    /// ```
    #[must_use]
    pub fn decide_at_once(&self, request: &Request<'_>, now: UnixTime) -> Option<Decision> {
        self.evaluate(request, now, Effort::Verify, None, &mut Off).ok()
    }

    /// Decides unless the signature of a token has to be checked or a password hashed first: then `None`, and
    /// [`decide`](Self::decide) answers.
    ///
    /// For callers that hold a lock of an interpreter, which is worth giving up for a signature but not for less.
    ///
    /// # Example
    /// ```
    /// use gatewright::{Authorizer, Config, Request, UnixTime};
    /// let config = Config::from_toml("version = 1\n[[rule]]\nid = \"open\"\npaths = [\"/open\"]\nallow = \"anyone\"")?;
    /// let authorizer = Authorizer::new(&config)?;
    /// let request = Request::new("GET", "https", "app.example.com", "/open", &());
    /// let decision = authorizer.decide_if_remembered(&request, UnixTime::from_secs(1_767_225_600));
    /// assert_eq!(decision.map(|decision| decision.code()), Some("allowed"), "there is nothing to verify");
    /// # Ok::<(), gatewright::ConfigError>(())
    /// ```
    #[must_use]
    pub fn decide_if_remembered(&self, request: &Request<'_>, now: UnixTime) -> Option<Decision> {
        self.evaluate(request, now, Effort::Recall, None, &mut Off).ok()
    }

    /// Decides by the same code and says how; the memory is only read.
    pub fn explain(&self, request: &Request<'_>, now: UnixTime) -> (Decision, Explanation) {
        let mut explanation = Explanation::default();
        let decision = self.run(request, now, None, &mut explanation);
        (decision, explanation)
    }

    /// Decides as if `assumed` had been presented: for the file's own tests.
    pub(crate) fn rehearse(&self, request: &Request<'_>, now: UnixTime, assumed: Option<Presented>) -> (Decision, Explanation) {
        let mut explanation = Explanation::default();
        let decision = self.run(request, now, assumed, &mut explanation);
        (decision, explanation)
    }

    /// Seals a session and returns the cookie's value, for the service that logs people in.
    ///
    /// # Errors
    /// There is no `[session]`, the claims are not well formed, or the sealed value would be over 2,000 bytes.
    pub fn seal_session(&self, claims: &SessionClaims, now: UnixTime) -> Result<String, SealError> {
        match &self.compiled.credentials.sessions {
            Some(sessions) => sessions.seal(claims, now),
            None => Err(SealError("the configuration has no [session]".to_owned())),
        }
    }

    /// Returns the session cookie's name.
    #[must_use]
    pub fn session_cookie(&self) -> Option<&str> {
        self.compiled.credentials.sessions.as_ref().map(|sessions| sessions.cookie())
    }

    /// Returns the `Set-Cookie` value that gives a browser a sealed session; `None` without `[session]`.
    #[must_use]
    pub fn set_cookie(&self, value: &str) -> Option<String> {
        self.compiled.credentials.sessions.as_ref().map(|sessions| sessions.set_cookie(value))
    }

    /// Returns the `Set-Cookie` value that takes the session from a browser; `None` without `[session]`.
    ///
    /// The cookie that was taken still opens until it expires: to end a session for good, revoke it.
    #[must_use]
    pub fn clear_cookie(&self) -> Option<String> {
        self.set_cookie("").map(|cookie| cookie + "; Max-Age=0")
    }

    /// Returns the names of the configured identity headers, the assertion's included: no client may write these.
    pub fn identity_header_names(&self) -> impl Iterator<Item = &str> {
        self.compiled.identity_headers.iter().map(|header| header.name.as_str())
    }

    /// Returns the names, in lower case, of every header that a decision may read; no other makes a difference.
    ///
    /// For callers to whom handing over a header is dear.
    #[must_use]
    pub fn header_names(&self) -> &[String] {
        &self.compiled.header_names
    }

    /// Opens a session cookie at whatever host, for the operator.
    ///
    /// # Errors
    /// The value was not sealed with these settings, said in words; the reason code comes first.
    pub fn inspect_session(&self, value: &str, now: UnixTime) -> Result<InspectedSession, String> {
        match self.compiled.credentials.inspect_session(value.as_bytes(), now) {
            Ok((json, failure)) => Ok(InspectedSession {
                payload: String::from_utf8_lossy(&json).into_owned(),
                refusal: failure.map(|failure| failure.to_string()),
            }),
            Err(failure) => Err(failure.to_string()),
        }
    }

    /// Returns the public keys of assertions as a JWKS (RFC 7517 §5) in JSON, for backends to verify them with; `None` without
    /// `[assertion]`.
    #[must_use]
    pub fn assertion_keys(&self) -> Option<&str> {
        self.compiled.assertions.as_ref().map(Assertions::jwks)
    }

    /// Verifies a biscuit, from whatever source it may come, for the operator: signatures, what it may cost, whose it is, and
    /// that it is not revoked. Its checks need a request: see [`explain`](Self::explain).
    ///
    /// # Errors
    /// Why it would be refused, the reason code first.
    pub fn inspect_biscuit(&self, token: &str) -> Result<Identity, String> {
        self.compiled.credentials.inspect_biscuit(token.as_bytes())
    }

    /// Judges the raw query text after `rd=`: the address to return to after a login, as received, if `[login]` allows it.
    #[must_use]
    pub fn return_address(&self, raw: &str) -> Option<String> {
        self.compiled.login.as_deref()?.return_address(raw)
    }

    fn run(&self, request: &Request<'_>, now: UnixTime, assumed: Option<Presented>, trace: &mut impl Trace) -> Decision {
        // INVARIANT: nothing is deferred where every effort is allowed; if it were, nobody could tell, which is a no.
        self.evaluate(request, now, Effort::Hash, assumed, trace)
            .unwrap_or_else(|Deferred| Decision::unavailable(Outage::Internal, "a credential was not verified"))
    }

    fn evaluate(
        &self,
        request: &Request<'_>,
        now: UnixTime,
        effort: Effort,
        assumed: Option<Presented>,
        trace: &mut impl Trace,
    ) -> Result<Decision, Deferred> {
        Evaluation { compiled: &self.compiled, request, now, effort }.run(assumed, trace)
    }
}
