//! `WWW-Authenticate`: all that the client learns (RFC 6750 §3, RFC 9470 §3).

use crate::identity::CredentialKind;
use crate::rejection::Rejection;

/// What a challenge asks for beside an identity.
#[derive(Clone, Debug, Default)]
pub(crate) struct ChallengeParameters {
    pub(crate) scopes: Vec<String>,
    pub(crate) acr_values: Vec<Box<str>>,
    pub(crate) max_age: Option<u64>,
}

/// Builds the one value: scheme, realm, and an `error` if a token was presented or must be better.
pub(crate) fn www_authenticate(presented: Option<CredentialKind>, rejection: Rejection, wanted: &ChallengeParameters) -> String {
    let mut value = String::from("Bearer realm=\"gatewright\"");
    if let Some(error) = error_code(presented, rejection) {
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
    value
}

fn error_code(presented: Option<CredentialKind>, rejection: Rejection) -> Option<&'static str> {
    match (rejection, presented) {
        (Rejection::StepUpRequired, _) => Some("insufficient_user_authentication"),
        (Rejection::ScopeInsufficient, _) => Some("insufficient_scope"),
        (Rejection::CredentialAmbiguous, Some(CredentialKind::Jwt)) => Some("invalid_request"),
        (_, Some(CredentialKind::Jwt)) => Some("invalid_token"),
        _ => None,
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

    #[test]
    fn nothing_presented_gets_no_error() {
        let value = www_authenticate(None, Rejection::CredentialMissing, &ChallengeParameters::default());
        assert_eq!(value, r#"Bearer realm="gatewright""#);
    }

    #[test]
    fn a_refused_token_is_an_invalid_token() {
        let value = www_authenticate(Some(CredentialKind::Jwt), Rejection::TokenExpired, &ChallengeParameters::default());
        assert_eq!(value, r#"Bearer realm="gatewright", error="invalid_token""#);
    }

    #[test]
    fn step_up_names_what_is_wanted() {
        let wanted = ChallengeParameters { acr_values: vec!["gold".into()], max_age: Some(60), ..ChallengeParameters::default() };
        let value = www_authenticate(Some(CredentialKind::Session), Rejection::StepUpRequired, &wanted);
        let expected = r#"Bearer realm="gatewright", error="insufficient_user_authentication", acr_values="gold", max_age=60"#;
        assert_eq!(value, expected);
    }
}
