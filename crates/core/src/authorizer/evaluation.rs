//! The order of evaluation, which also fixes the reason code: malformed request, ambiguous path, first target, deny or no
//! rule, credential, conditions.

use std::cell::OnceCell;
use std::sync::Arc;

use super::Compiled;
use crate::credential::{Effort, Lookup, Presented, Verified};
use crate::decision::{
    ALLOWED, Audit, Challenge, ChallengeParameters, Decision, Forbidden, Indeterminate, Permit, Reason, ShadowReport,
    www_authenticate,
};
use crate::identity::CredentialKind;
use crate::policy::rule::{Candidate, Effect, Match, Rule};
use crate::policy::{self, Shortfall};
use crate::rejection::{Failure, Outage, Refusal, Rejection};
use crate::request::{ParsedRequest, Request};
use crate::secret::Unprinted;
use crate::time::UnixTime;
use crate::trace::{Step, Trace};

/// One request on its way to a decision.
pub(super) struct Evaluation<'a> {
    pub(super) compiled: &'a Compiled,
    pub(super) request: &'a Request<'a>,
    pub(super) now: UnixTime,
    pub(super) effort: Effort,
}

/// No decision yet: it costs more than the caller's [`Effort`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Deferred;

/// What a rule says.
enum Judgement {
    Allow(Option<Verified>),
    Refuse {
        rejection: Rejection,
        detail: std::borrow::Cow<'static, str>,
        wants_keys: Option<String>,
        wanted: ChallengeParameters,
    },
    Unknown {
        outage: Outage,
        detail: String,
        wants_keys: Option<String>,
    },
}

impl Evaluation<'_> {
    /// Decides. `assumed` stands in for the credential when the file's own tests say who asks.
    pub(super) fn run(&self, assumed: Option<Presented>, trace: &mut impl Trace) -> Result<Decision, Deferred> {
        let decision = match self.request.parse() {
            Ok(parsed) => self.decide(&parsed, assumed, trace)?,
            Err(refusal) => forbid(refusal, Reason::default()),
        };
        trace.step(|| Step::Outcome { outcome: decision.outcome(), code: decision.code(), detail: decision.detail().to_owned() });
        Ok(decision)
    }

    fn decide(
        &self,
        parsed: &ParsedRequest<'_>,
        assumed: Option<Presented>,
        trace: &mut impl Trace,
    ) -> Result<Decision, Deferred> {
        trace.step(|| Step::Request {
            method: parsed.method.to_owned(),
            scheme: parsed.scheme.name().to_owned(),
            host: parsed.host.to_string(),
            path: parsed.path.text().into_owned(),
            client: parsed.client.map(|client| client.to_string()),
        });
        let readings = match parsed.path.readings() {
            Ok(readings) => readings,
            Err(refusal) => return Ok(forbid(refusal, Reason::default())),
        };
        let candidate = Candidate { request: parsed, headers: self.request.headers, readings: &readings };
        let presented = assumed.map_or_else(OnceCell::new, OnceCell::from);
        let mut shadows = Vec::new();
        let mut from = 0;
        while let Some((index, rule, matched)) = self.compiled.policy.first(candidate, from, trace) {
            trace.step(|| Step::Rule {
                rule: rule.id.clone(),
                matched: true,
                detail: if rule.shadow {
                    "matches, and is only a shadow".to_owned()
                } else {
                    "matches: this rule decides".to_owned()
                },
            });
            let judgement = match matched {
                Match::Refuses(refusal) => Judgement::from(refusal),
                Match::Decides => self.judge(rule, &presented, parsed, trace)?,
            };
            if rule.shadow {
                shadows.push(ShadowReport { rule: rule.id.clone(), code: judgement.code() });
                from = index.saturating_add(1);
                continue;
            }
            let name = self.compiled.rule_names.get(index).map(Arc::clone);
            return Ok(self.conclude(judgement, name, shadows, presented.get(), parsed));
        }
        let forms = parsed.path.forms();
        let refusal = if forms.is_empty() {
            Refusal::new(Rejection::NoRule, "no rule's target matches")
        } else {
            Refusal::new(Rejection::PathAmbiguous, format!("the path has {}, and no rule's target matches", forms.names()))
        };
        Ok(forbid(refusal, Reason { shadows, ..Reason::default() }))
    }

    fn judge(
        &self,
        rule: &Rule,
        presented: &OnceCell<Presented>,
        parsed: &ParsedRequest<'_>,
        trace: &mut impl Trace,
    ) -> Result<Judgement, Deferred> {
        let tables = match &rule.effect {
            Effect::Deny => return Ok(Judgement::refuse(Rejection::RuleDenied, "the rule denies")),
            Effect::Anyone | Effect::Authenticated => [].as_slice(),
            Effect::Tables(tables) => tables,
        };
        let presented = match presented.get() {
            Some(presented) => presented,
            None => {
                let found = self.compiled.credentials.present(self.lookup(parsed), trace);
                presented.get_or_init(|| found)
            }
        };
        Ok(match (&rule.effect, presented) {
            (_, Presented::Deferred) => return Err(Deferred),
            (Effect::Anyone, Presented::Verified(verified)) => Judgement::Allow(Some(verified.clone())),
            // A failed credential is not an identity, and this rule asks for none.
            (Effect::Anyone, Presented::Nothing | Presented::Failed(..)) => Judgement::Allow(None),
            (_, Presented::Nothing) => Judgement::refuse(Rejection::CredentialMissing, "no credential was presented"),
            (_, Presented::Failed(_, failure)) => Judgement::from(failure.clone()),
            (Effect::Authenticated, Presented::Verified(verified)) => Judgement::Allow(Some(verified.clone())),
            (Effect::Tables(_) | Effect::Deny, Presented::Verified(verified)) => {
                match policy::evaluate(&rule.id, tables, &verified.identity, self.now, trace) {
                    Ok(()) => Judgement::Allow(Some(verified.clone())),
                    Err(shortfall) => Judgement::from(shortfall),
                }
            }
        })
    }

    fn lookup<'l, 'r>(&'l self, parsed: &'l ParsedRequest<'r>) -> Lookup<'l, 'r> {
        Lookup {
            request: parsed,
            headers: self.request.headers,
            proxy_sets: self.request.proxy_sets,
            now: self.now,
            effort: self.effort,
        }
    }

    fn conclude(
        &self,
        judgement: Judgement,
        rule: Option<Arc<str>>,
        shadows: Vec<ShadowReport>,
        presented: Option<&Presented>,
        parsed: &ParsedRequest<'_>,
    ) -> Decision {
        let shown = presented.and_then(Presented::shown);
        let audit = || match presented {
            Some(Presented::Verified(verified)) => Audit::of(Some(&verified.identity), verified.kid.as_deref()),
            Some(Presented::Failed(..) | Presented::Nothing | Presented::Deferred) | None => {
                Audit { credential: shown.map(|shown| shown.kind), ..Audit::default() }
            }
        };
        match judgement {
            Judgement::Allow(verified) => self.allow(verified, rule, shadows, &parsed.host.name),
            Judgement::Unknown { outage, detail, wants_keys } => Decision::Indeterminate(Indeterminate {
                outage,
                reason: Reason { rule, shadows, detail: detail.into(), wants_keys, audit: audit() },
            }),
            Judgement::Refuse { rejection, detail, wants_keys, wanted } => {
                let reason = Reason { rule, shadows, detail, wants_keys, audit: audit() };
                let www_authenticate = www_authenticate(shown, self.compiled.default_scheme, rejection, &wanted);
                if rejection.status() == 401 {
                    let login_url = self.login_url(parsed, &wanted).map(Unprinted::from);
                    return Decision::Challenge(Challenge { rejection, reason, www_authenticate, login_url });
                }
                let is_token = shown.is_some_and(|shown| matches!(shown.kind, CredentialKind::Jwt | CredentialKind::Biscuit));
                let www_authenticate = (rejection == Rejection::ScopeInsufficient && is_token).then_some(www_authenticate);
                Decision::Forbid(Forbidden { rejection, reason, www_authenticate })
            }
        }
    }

    /// Makes the permit, and keeps the answer within what every proxy can take.
    fn allow(&self, verified: Option<Verified>, rule: Option<Arc<str>>, shadows: Vec<ShadowReport>, host: &str) -> Decision {
        let (identity, kid, renewed_session) = match verified {
            Some(verified) => (Some(verified.identity), verified.kid, verified.renewed_session),
            None => (None, None, None),
        };
        let assertion = match (&self.compiled.assertions, &identity) {
            (Some(assertions), Some(identity)) => assertions.sign(identity, host, self.now),
            (Some(_), None) | (None, _) => Some(String::new()),
        };
        let unsigned = assertion.is_none();
        let mut permit = Permit {
            rule: rule.unwrap_or_default(),
            shadows,
            identity,
            kid,
            identity_headers: Arc::clone(&self.compiled.identity_headers),
            assertion: assertion.unwrap_or_default().into(),
            renewed_session,
        };
        if unsigned {
            return self.internal(permit, "the assertion could not be signed".to_owned());
        }
        let (mut total, mut longest) = (FIXED_HEADER_BYTES, (0, ""));
        for (name, value) in permit.headers() {
            let length = name.len().saturating_add(value.len()).saturating_add(FIELD_OVERHEAD);
            total = total.saturating_add(length);
            if length > longest.0 {
                longest = (length, name);
            }
        }
        if total > MAX_HEADER_BYTES {
            let detail =
                format!("the identity headers take {total} bytes of at most {MAX_HEADER_BYTES}; the longest is `{}`", longest.1);
            return self.internal(permit, detail);
        }
        let renewal = permit.renewed_session.as_ref().map_or(0, |cookie| cookie.len().saturating_add(SET_COOKIE_OVERHEAD));
        if total.saturating_add(renewal) > MAX_HEADER_BYTES {
            permit.renewed_session = None;
        }
        Decision::Allow(permit)
    }

    /// Refuses what could not be handed on.
    fn internal(&self, permit: Permit, detail: String) -> Decision {
        let audit = Audit::of(permit.identity(), permit.kid.as_deref());
        let reason = Reason { rule: Some(permit.rule), shadows: permit.shadows, detail: detail.into(), wants_keys: None, audit };
        Decision::Indeterminate(Indeterminate { outage: Outage::Internal, reason })
    }

    /// Where to log in. The login page never sends to itself.
    fn login_url(&self, parsed: &ParsedRequest<'_>, wanted: &ChallengeParameters) -> Option<String> {
        let login = self.compiled.login.as_deref()?;
        if login.is_login_page(&parsed.host.name, parsed.host.port, &parsed.path.text()) {
            return None;
        }
        // The target was checked: its bytes are printable ASCII in the path, and the query is taken as it came.
        let target = str::from_utf8(self.request.target).ok();
        let address = target.map(|target| format!("{}://{}{target}", parsed.scheme.name(), parsed.host));
        Some(login.location(address.as_deref(), wanted.max_age, &wanted.acr_values))
    }
}

impl Judgement {
    fn refuse(rejection: Rejection, detail: &'static str) -> Self {
        Self::from(Refusal::new(rejection, detail))
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Allow(_) => ALLOWED,
            Self::Refuse { rejection, .. } => rejection.code(),
            Self::Unknown { outage, .. } => outage.code(),
        }
    }
}

impl From<Refusal> for Judgement {
    fn from(refusal: Refusal) -> Self {
        Self::Refuse {
            rejection: refusal.rejection,
            detail: refusal.detail,
            wants_keys: None,
            wanted: ChallengeParameters::default(),
        }
    }
}

impl From<Failure> for Judgement {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused { refusal, wants_keys } => Self::Refuse {
                rejection: refusal.rejection,
                detail: refusal.detail,
                wants_keys,
                wanted: ChallengeParameters::default(),
            },
            Failure::Unknown { outage, detail, wants_keys } => Self::Unknown { outage, detail, wants_keys },
        }
    }
}

impl From<Shortfall> for Judgement {
    fn from(shortfall: Shortfall) -> Self {
        let wanted =
            ChallengeParameters { scopes: shortfall.scopes, acr_values: shortfall.acr_values, max_age: shortfall.max_auth_age };
        Self::Refuse { rejection: shortfall.rejection, detail: shortfall.detail.into(), wants_keys: None, wanted }
    }
}

fn forbid(refusal: Refusal, reason: Reason) -> Decision {
    Decision::Forbid(Forbidden {
        rejection: refusal.rejection,
        reason: Reason { detail: refusal.detail, ..reason },
        www_authenticate: None,
    })
}

/// The most bytes of header an allow may have: nginx reads the answer into 4 KiB (`proxy_buffer_size`).
const MAX_HEADER_BYTES: usize = 4_000;
/// The status line, `Content-Length`, `Cache-Control`, `Date`, `Connection` and the blank line.
const FIXED_HEADER_BYTES: usize = 150;
/// `: ` and CR LF around a field.
const FIELD_OVERHEAD: usize = 4;
/// `Set-Cookie: ` and CR LF.
const SET_COOKIE_OVERHEAD: usize = 14;
