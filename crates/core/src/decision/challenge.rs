//! `WWW-Authenticate`: all that the client learns (RFC 6750 §3, RFC 9470 §3).

use crate::credential::{Scheme, Shown};
use crate::crypto::Algorithm;
use crate::identity::CredentialKind;
use crate::rejection::Rejection;

/// What a challenge asks for beside an identity.
#[derive(Clone, Debug, Default)]
pub(crate) struct ChallengeParameters {
    pub(crate) scopes: Vec<String>,
    pub(crate) acr_values: Vec<Box<str>>,
    pub(crate) max_age: Option<u64>,
}

/// Builds the one value: the scheme of what was presented, else the default; the realm; and for tokens an `error` if one was
/// presented or must be better.
pub(crate) fn www_authenticate(
    shown: Option<Shown>,
    default: Scheme,
    rejection: Rejection,
    wanted: &ChallengeParameters,
) -> String {
    let scheme = shown.and_then(|shown| shown.scheme).unwrap_or(default);
    let mut value = format!("{} realm=\"gatewright\"", scheme.name());
    if scheme == Scheme::Basic {
        // RFC 7617 §2.1: what user names and passwords are encoded in.
        parameter(&mut value, "charset", "UTF-8");
        return value;
    }
    if let Some(error) = error_code(shown, rejection) {
        parameter(&mut value, "error", error);
    }
    match rejection {
        Rejection::ScopeInsufficient => parameter(&mut value, "scope", &wanted.scopes.join(" ")),
        Rejection::StepUpRequired => {
            parameter(&mut value, "acr_values", &wanted.acr_values.join(" "));
            if let Some(seconds) = wanted.max_age {
                value.push_str(&format!(", max_age={seconds}"));
            }
        }
        _ => {}
    }
    if scheme == Scheme::Dpop {
        // RFC 9449 §7.1.
        let public = Algorithm::ALL.iter().filter(|algorithm| !algorithm.is_hmac()).map(|algorithm| algorithm.name());
        parameter(&mut value, "algs", &public.collect::<Vec<_>>().join(" "));
    }
    value
}

fn error_code(shown: Option<Shown>, rejection: Rejection) -> Option<&'static str> {
    let token = shown.filter(|shown| matches!(shown.kind, CredentialKind::Jwt | CredentialKind::Biscuit));
    match (rejection, token) {
        (Rejection::StepUpRequired, _) => Some("insufficient_user_authentication"),
        (Rejection::ScopeInsufficient, _) => Some("insufficient_scope"),
        (_, None) => None,
        (Rejection::CredentialAmbiguous, Some(_)) => Some("invalid_request"),
        (Rejection::ProofMissing | Rejection::ProofInvalid | Rejection::ProofReplayed, Some(shown))
            if shown.scheme == Some(Scheme::Dpop) =>
        {
            Some("invalid_dpop_proof")
        }
        (_, Some(_)) => Some("invalid_token"),
    }
}

/// Adds a quoted parameter (RFC 9110 §5.6.4), unless it is empty or has bytes a header must not carry.
fn parameter(value: &mut String, name: &str, text: &str) {
    if text.is_empty() || !text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()) {
        return;
    }
    value.push_str(&format!(", {name}=\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn challenge(kind: CredentialKind, scheme: Option<Scheme>, rejection: Rejection) -> String {
        www_authenticate(Some(Shown { kind, scheme }), Scheme::Bearer, rejection, &ChallengeParameters::default())
    }

    #[test]
    fn nothing_presented_gets_no_error() {
        let value = www_authenticate(None, Scheme::Bearer, Rejection::CredentialMissing, &ChallengeParameters::default());
        assert_eq!(value, r#"Bearer realm="gatewright""#);
    }

    #[test]
    fn a_refused_token_is_an_invalid_token() {
        let value = challenge(CredentialKind::Jwt, Some(Scheme::Bearer), Rejection::TokenExpired);
        assert_eq!(value, r#"Bearer realm="gatewright", error="invalid_token""#);
    }

    #[test]
    fn step_up_names_what_is_wanted() {
        let wanted = ChallengeParameters { acr_values: vec!["gold".into()], max_age: Some(60), ..ChallengeParameters::default() };
        let session = Shown { kind: CredentialKind::Session, scheme: None };
        let value = www_authenticate(Some(session), Scheme::Bearer, Rejection::StepUpRequired, &wanted);
        let expected = r#"Bearer realm="gatewright", error="insufficient_user_authentication", acr_values="gold", max_age=60"#;
        assert_eq!(value, expected);
    }

    #[test]
    fn a_missing_scope_is_named() {
        let wanted = ChallengeParameters { scopes: vec!["read".into(), "write".into()], ..ChallengeParameters::default() };
        let token = Shown { kind: CredentialKind::Jwt, scheme: Some(Scheme::Bearer) };
        let value = www_authenticate(Some(token), Scheme::Bearer, Rejection::ScopeInsufficient, &wanted);
        assert_eq!(value, r#"Bearer realm="gatewright", error="insufficient_scope", scope="read write""#);
    }

    #[test]
    fn a_wrong_proof_is_told_from_a_wrong_token() {
        let proof = challenge(CredentialKind::Jwt, Some(Scheme::Dpop), Rejection::ProofInvalid);
        assert!(proof.starts_with(r#"DPoP realm="gatewright", error="invalid_dpop_proof", algs="RS256 "#), "{proof}");
        let token = challenge(CredentialKind::Jwt, Some(Scheme::Dpop), Rejection::TokenExpired);
        assert!(token.starts_with(r#"DPoP realm="gatewright", error="invalid_token", algs="#), "{token}");
        let bearer = challenge(CredentialKind::Jwt, Some(Scheme::Bearer), Rejection::ProofMissing);
        assert_eq!(bearer, r#"Bearer realm="gatewright", error="invalid_token""#);
    }

    #[test]
    fn a_password_is_asked_for_in_its_own_scheme() {
        let value = challenge(CredentialKind::Basic, Some(Scheme::Basic), Rejection::PasswordIncorrect);
        assert_eq!(value, r#"Basic realm="gatewright", charset="UTF-8""#);
        let value = www_authenticate(None, Scheme::Basic, Rejection::CredentialMissing, &ChallengeParameters::default());
        assert_eq!(value, r#"Basic realm="gatewright", charset="UTF-8""#);
    }
}
