//! The answer, and everything a shell needs to act on it.

mod answer;
mod challenge;

use std::borrow::Cow;
use std::sync::Arc;

pub use self::answer::{Answer, ChallengeForm};
pub(crate) use self::challenge::{ChallengeParameters, www_authenticate};
use crate::credential::Scheme;
use crate::identity::{CredentialKind, Identity};
use crate::identity_headers::IdentityHeader;
use crate::rejection::{Outage, Rejection};
use crate::secret::Unprinted;

/// May this request pass? Exhaustive on purpose: a new outcome must break every caller.
///
/// # Example
/// ```
/// use gatewright::{Decision, Rejection};
/// let decision = Decision::refused(Rejection::RequestMalformed, "`X-Original-URI` is missing");
/// assert_eq!((decision.status(), decision.code()), (403, "request_malformed"));
/// let status = match decision {
///     Decision::Allow(_) => 200,
///     Decision::Challenge(_) => 401,
///     Decision::Forbid(_) => 403,
///     Decision::Indeterminate(_) => 503,
/// };
/// assert_eq!(status, 403);
/// ```
#[must_use]
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_enums, reason = "a new outcome must break every caller")]
pub enum Decision {
    /// Yes, with this identity (or none) to hand on.
    Allow(Permit),
    /// 401: log in, or log in better.
    Challenge(Challenge),
    /// 403: no.
    Forbid(Forbidden),
    /// 503: nobody can tell now, which is a no.
    Indeterminate(Indeterminate),
}

/// An allow: the only place where an identity is found.
#[derive(Clone, Debug)]
pub struct Permit {
    pub(crate) rule: Arc<str>,
    pub(crate) shadows: Vec<ShadowReport>,
    pub(crate) identity: Option<Arc<Identity>>,
    pub(crate) kid: Option<Arc<str>>,
    pub(crate) identity_headers: Arc<[IdentityHeader]>,
    /// Empty if there is nobody to speak of, or none is configured.
    pub(crate) assertion: Unprinted,
    pub(crate) renewed_session: Option<Unprinted>,
}

/// What every refusal carries.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reason {
    pub(crate) rule: Option<Arc<str>>,
    pub(crate) shadows: Vec<ShadowReport>,
    pub(crate) detail: Cow<'static, str>,
    pub(crate) wants_keys: Option<String>,
    pub(crate) audit: Audit,
}

/// A 401.
#[derive(Clone, Debug)]
pub struct Challenge {
    pub(crate) rejection: Rejection,
    pub(crate) reason: Reason,
    pub(crate) www_authenticate: String,
    pub(crate) login_url: Option<Unprinted>,
}

/// A 403.
#[derive(Clone, Debug)]
pub struct Forbidden {
    pub(crate) rejection: Rejection,
    pub(crate) reason: Reason,
    pub(crate) www_authenticate: Option<String>,
}

/// A 503.
#[derive(Clone, Debug)]
pub struct Indeterminate {
    pub(crate) outage: Outage,
    pub(crate) reason: Reason,
}

/// A refusal of any kind: what [`Decision::into_permit`] gives when there is no permit.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_enums, reason = "the three refusals of `Decision`")]
pub enum Denial {
    /// 401.
    Challenge(Challenge),
    /// 403.
    Forbid(Forbidden),
    /// 503.
    Indeterminate(Indeterminate),
}

/// Facts for the log only, never for the client.
#[non_exhaustive]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audit {
    /// The subject, if a credential was verified.
    pub subject: Option<Box<str>>,
    /// The issuer, if a credential was verified and names one.
    pub issuer: Option<Box<str>>,
    /// The id of the key that verified the credential, if it has one.
    pub kid: Option<Box<str>>,
    /// The kind of credential that was presented.
    pub credential: Option<CredentialKind>,
}

/// What a rule with `shadow = true` would have decided.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShadowReport {
    /// The rule.
    pub rule: String,
    /// `allowed`, or the reason code it would have given.
    pub code: &'static str,
}

impl Decision {
    /// Refuses without asking a policy: for shells whose own input is malformed, untrusted or too much.
    pub fn refused(rejection: Rejection, detail: impl Into<Cow<'static, str>>) -> Self {
        let reason = Reason { detail: detail.into(), ..Reason::default() };
        if rejection.status() == 401 {
            let www_authenticate = www_authenticate(None, Scheme::Bearer, rejection, &ChallengeParameters::default());
            return Self::Challenge(Challenge { rejection, reason, www_authenticate, login_url: None });
        }
        Self::Forbid(Forbidden { rejection, reason, www_authenticate: None })
    }

    /// Refuses because nobody can tell.
    pub fn unavailable(outage: Outage, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::Indeterminate(Indeterminate { outage, reason: Reason { detail: detail.into(), ..Reason::default() } })
    }

    /// Returns `allow`, `challenge`, `forbid` or `indeterminate`.
    #[must_use]
    pub fn outcome(&self) -> &'static str {
        match self {
            Self::Allow(_) => "allow",
            Self::Challenge(_) => "challenge",
            Self::Forbid(_) => "forbid",
            Self::Indeterminate(_) => "indeterminate",
        }
    }

    /// Returns 200, 401, 403 or 503.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Self::Allow(_) => 200,
            Self::Challenge(_) => 401,
            Self::Forbid(_) => 403,
            Self::Indeterminate(_) => 503,
        }
    }

    /// Returns `allowed` or the stable reason code ([`Rejection::code`], [`Outage::code`]).
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Allow(_) => ALLOWED,
            Self::Challenge(challenge) => challenge.rejection.code(),
            Self::Forbid(forbidden) => forbidden.rejection.code(),
            Self::Indeterminate(indeterminate) => indeterminate.outage.code(),
        }
    }

    /// Returns the id of the rule that decided, if one did.
    #[must_use]
    pub fn rule(&self) -> Option<&str> {
        match self {
            Self::Allow(permit) => Some(&permit.rule),
            Self::Challenge(_) | Self::Forbid(_) | Self::Indeterminate(_) => {
                self.reason().and_then(|reason| reason.rule.as_deref())
            }
        }
    }

    /// Returns the reason in words, for the operator and never for the client; empty on allow.
    #[must_use]
    pub fn detail(&self) -> &str {
        self.reason().map_or("", |reason| &reason.detail)
    }

    /// Returns facts for the log.
    #[must_use]
    pub fn audit(&self) -> Audit {
        match self {
            Self::Allow(permit) => Audit::of(permit.identity.as_deref(), permit.kid.as_deref()),
            Self::Challenge(_) | Self::Forbid(_) | Self::Indeterminate(_) => {
                self.reason().map(|reason| reason.audit.clone()).unwrap_or_default()
            }
        }
    }

    /// Returns what shadow rules would have decided.
    #[must_use]
    pub fn shadows(&self) -> &[ShadowReport] {
        match self {
            Self::Allow(permit) => &permit.shadows,
            Self::Challenge(_) | Self::Forbid(_) | Self::Indeterminate(_) => self.reason().map_or(&[], |reason| &reason.shadows),
        }
    }

    /// Returns the issuer whose newer keys could change this answer: the shell may fetch them and decide once more.
    #[must_use]
    pub fn wants_keys(&self) -> Option<&str> {
        self.reason().and_then(|reason| reason.wants_keys.as_deref())
    }

    /// Gives the permit, or the denial.
    ///
    /// # Errors
    /// Every outcome but allow.
    #[expect(clippy::result_large_err, reason = "a denial is data of the same size as a permit, not an error to propagate far")]
    pub fn into_permit(self) -> Result<Permit, Denial> {
        match self {
            Self::Allow(permit) => Ok(permit),
            Self::Challenge(challenge) => Err(Denial::Challenge(challenge)),
            Self::Forbid(forbidden) => Err(Denial::Forbid(forbidden)),
            Self::Indeterminate(indeterminate) => Err(Denial::Indeterminate(indeterminate)),
        }
    }

    fn reason(&self) -> Option<&Reason> {
        match self {
            Self::Allow(_) => None,
            Self::Challenge(challenge) => Some(&challenge.reason),
            Self::Forbid(forbidden) => Some(&forbidden.reason),
            Self::Indeterminate(indeterminate) => Some(&indeterminate.reason),
        }
    }
}

impl Permit {
    /// Returns the identity, if the request has one; a rule that allows anyone also lets requests pass without.
    #[must_use]
    pub fn identity(&self) -> Option<&Identity> {
        self.identity.as_deref()
    }

    /// Returns the identity as [`identity`](Self::identity) does, to keep without a copy: a remembered token gives the same value
    /// each time.
    #[must_use]
    pub fn shared_identity(&self) -> Option<Arc<Identity>> {
        self.identity.clone()
    }

    /// Returns every configured identity header once, in alphabetical order, empty if there is nothing to say; the signed
    /// assertion is one of them.
    ///
    /// Values are printable ASCII: other bytes, `%`, outer spaces and commas inside list items are percent-encoded.
    pub fn headers(&self) -> impl Iterator<Item = (&str, Cow<'_, str>)> {
        self.identity_headers.iter().map(|header| (header.name.as_str(), header.value(self.identity(), &self.assertion)))
    }

    /// Returns the `Set-Cookie` value of a renewed session.
    #[must_use]
    pub fn renewed_session(&self) -> Option<&str> {
        self.renewed_session.as_deref()
    }
}

impl Challenge {
    /// Returns the reason.
    #[must_use]
    pub fn rejection(&self) -> Rejection {
        self.rejection
    }

    /// Returns the one `WWW-Authenticate` value (RFC 6750 §3, RFC 9470 §3).
    #[must_use]
    pub fn www_authenticate(&self) -> &str {
        &self.www_authenticate
    }

    /// Returns where to log in, with `rd` as the last parameter; `None` without `[login]` and on the login page itself.
    #[must_use]
    pub fn login_url(&self) -> Option<&str> {
        self.login_url.as_deref()
    }
}

impl Forbidden {
    /// Returns the reason.
    #[must_use]
    pub fn rejection(&self) -> Rejection {
        self.rejection
    }

    /// Returns the `WWW-Authenticate` value that goes with a missing scope (RFC 6750 §3.1).
    #[must_use]
    pub fn www_authenticate(&self) -> Option<&str> {
        self.www_authenticate.as_deref()
    }
}

impl Indeterminate {
    /// Returns the reason.
    #[must_use]
    pub fn outage(&self) -> Outage {
        self.outage
    }
}

impl Audit {
    pub(crate) fn of(identity: Option<&Identity>, kid: Option<&str>) -> Self {
        Self {
            subject: identity.map(|identity| identity.subject().into()),
            issuer: identity.and_then(|identity| identity.issuer().map(Into::into)),
            kid: kid.map(Into::into),
            credential: identity.map(Identity::credential),
        }
    }
}

/// The code of an allow.
pub(crate) const ALLOWED: &str = "allowed";
