//! Why a request is refused: one list of stable reason codes.
//!
//! A [`Rejection`] is the client's doing (401 or 403), an [`Outage`] the infrastructure's (503). Both are data inside a
//! decision, never an `Err`. The strings are API: codes are added, never changed.

use std::borrow::Cow;
use std::fmt;

macro_rules! reason_codes {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $code:literal $status:literal,)+ }) => {
        $(#[$doc])*
        #[non_exhaustive]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$variant_doc])* $variant,)+ }

        impl $name {
            /// Every reason, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Returns the stable string that logs, metrics and bindings use.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }

            /// Returns the HTTP status that goes with the reason.
            #[must_use]
            pub const fn status(self) -> u16 {
                match self { $(Self::$variant => $status,)+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(self.code())
            }
        }
    };
}

reason_codes! {
    /// A reason that lies with the request: a challenge (401) or a refusal (403).
    ///
    /// # Example
    /// ```
    /// use gatewright::Rejection;
    /// assert_eq!(Rejection::TokenExpired.code(), "token_expired");
    /// assert_eq!(Rejection::TokenExpired.status(), 401);
    /// assert_eq!(Rejection::NoRule.status(), 403);
    /// ```
    Rejection {
        /// Nothing was presented where an identity is needed.
        CredentialMissing = "credential_missing" 401,
        /// `Authorization` twice, or one source with two different values.
        CredentialAmbiguous = "credential_ambiguous" 401,
        /// The token, or the user name and password, is not in the form of its kind.
        TokenMalformed = "token_malformed" 401,
        /// The token is longer than the limit.
        TokenTooLarge = "token_too_large" 401,
        /// The header's `alg` is not among the issuer's, or does not fit the key.
        AlgorithmNotAllowed = "algorithm_not_allowed" 401,
        /// No key, or more than one, fits the token.
        KeyUnknown = "key_unknown" 401,
        /// The signature does not verify.
        SignatureInvalid = "signature_invalid" 401,
        /// No configured issuer has this `iss` at this source.
        IssuerUnknown = "issuer_unknown" 401,
        /// `aud` names none of the issuer's audiences.
        AudienceMismatch = "audience_mismatch" 401,
        /// `exp` has passed.
        TokenExpired = "token_expired" 401,
        /// `nbf` has not come.
        TokenNotYetValid = "token_not_yet_valid" 401,
        /// `typ` is not among the accepted types.
        TokenTypeMismatch = "token_type_mismatch" 401,
        /// A required claim is absent.
        ClaimMissing = "claim_missing" 401,
        /// A claim has the wrong type or an impossible value.
        ClaimInvalid = "claim_invalid" 401,
        /// The header has `crit` (RFC 7515 §4.1.11): no extension is understood.
        CriticalHeaderUnsupported = "critical_header_unsupported" 401,
        /// The session cookie is not of the form `v1.kid.payload.mac`, or its MAC is wrong.
        SessionMalformed = "session_malformed" 401,
        /// The session was sealed with a key that is not in the ring.
        SessionKeyUnknown = "session_key_unknown" 401,
        /// The session's lifetime is over.
        SessionExpired = "session_expired" 401,
        /// The session was not used for longer than the idle limit.
        SessionIdle = "session_idle" 401,
        /// The session is not for this host.
        SessionHostMismatch = "session_host_mismatch" 401,
        /// The session, token or subject was revoked.
        Revoked = "revoked" 401,
        /// User name and password do not match.
        PasswordIncorrect = "password_incorrect" 401,
        /// Too many failed attempts.
        Throttled = "throttled" 401,
        /// No entry has this API key.
        ApiKeyUnknown = "api_key_unknown" 401,
        /// No entry has this client certificate.
        CertificateUnknown = "certificate_unknown" 401,
        /// A bound token came without its proof of possession.
        ProofMissing = "proof_missing" 401,
        /// The proof of possession does not verify.
        ProofInvalid = "proof_invalid" 401,
        /// The proof of possession was seen before.
        ProofReplayed = "proof_replayed" 401,
        /// The token is bound (`cnf`) in a way that is not checked here.
        ConfirmationUnsupported = "confirmation_unsupported" 401,
        /// Evaluating the token would cost too much.
        TokenTooComplex = "token_too_complex" 401,
        /// The identity is right, its authentication too weak or too old (RFC 9470).
        StepUpRequired = "step_up_required" 401,
        /// No rule's target matches.
        NoRule = "no_rule" 403,
        /// A rule says `deny`.
        RuleDenied = "rule_denied" 403,
        /// The rule does not allow this identity.
        IdentityNotAllowed = "identity_not_allowed" 403,
        /// The identity lacks a scope (RFC 6750 §3.1).
        ScopeInsufficient = "scope_insufficient" 403,
        /// A check inside the token refused.
        CaveatFailed = "caveat_failed" 403,
        /// The path can be read in more than one way.
        PathAmbiguous = "path_ambiguous" 403,
        /// The request, or what the proxy says of it, is not well formed.
        RequestMalformed = "request_malformed" 403,
        /// A rule needs the client's address and nobody vouches for one.
        ClientAddressUnknown = "client_address_unknown" 403,
        /// The caller is not a trusted proxy.
        PeerUntrusted = "peer_untrusted" 403,
    }
}

reason_codes! {
    /// A reason that lies with the infrastructure: "I cannot know", which refuses with 503.
    ///
    /// # Example
    /// ```
    /// use gatewright::Outage;
    /// assert_eq!(Outage::KeysUnavailable.code(), "keys_unavailable");
    /// assert!(Outage::ALL.iter().all(|outage| outage.status() == 503));
    /// ```
    Outage {
        /// The issuer's keys have never been fetched.
        KeysUnavailable = "keys_unavailable" 503,
        /// Too much to do.
        Overloaded = "overloaded" 503,
        /// A list that the decision needs has never been readable.
        StoreUnavailable = "store_unavailable" 503,
        /// A fault of ours.
        Internal = "internal" 503,
    }
}

/// A rejection with the sentence for the operator's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) rejection: Rejection,
    pub(crate) detail: Cow<'static, str>,
}

impl Refusal {
    pub(crate) fn new(rejection: Rejection, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { rejection, detail: detail.into() }
    }
}

/// What keeps a credential from giving an identity: the client's fault, or nobody can tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The credential is wrong. `wants_keys` names the issuer whose newer keys could make it right.
    Refused { refusal: Refusal, wants_keys: Option<String> },
    /// Nobody can tell now. `wants_keys` as above.
    Unknown { outage: Outage, detail: String, wants_keys: Option<String> },
}

impl Failure {
    /// Returns the sentence for the operator's log.
    pub(crate) fn detail(&self) -> &str {
        match self {
            Self::Refused { refusal, .. } => &refusal.detail,
            Self::Unknown { detail, .. } => detail,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { refusal, .. } => write!(formatter, "{}: {}", refusal.rejection, refusal.detail),
            Self::Unknown { outage, detail, .. } => write!(formatter, "{outage}: {detail}"),
        }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused { refusal, wants_keys: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_distinct_and_lower_snake_case() {
        let mut codes: Vec<&str> = Rejection::ALL.iter().map(|r| r.code()).chain(Outage::ALL.iter().map(|o| o.code())).collect();
        let count = codes.len();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), count);
        assert!(codes.iter().all(|code| code.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')));
    }
}
