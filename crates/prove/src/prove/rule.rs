//! The rule of the linter that finds a hole in a configuration, by the proxy that seems to have answered.
//!
//! Probes name the rule for nginx. Caddy and Envoy say their names in `Server`; of them it is the rule for theirs, if there is one.

use super::wire::Response;

/// A proxy that says its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    Caddy,
    Envoy,
}

impl Said {
    /// Which proxy all of these refusals come from; behind one that says nothing of itself, an application may say anything.
    pub(crate) fn of<'r>(mut answers: impl Iterator<Item = &'r Response>) -> Option<Self> {
        let said = |answer: &Response| match answer.value("server")?.to_ascii_lowercase().as_str() {
            "caddy" => Some(Self::Caddy),
            "envoy" => Some(Self::Envoy),
            _ => None,
        };
        let first = said(answers.next()?)?;
        answers.all(|answer| said(answer) == Some(first)).then_some(first)
    }
}

/// The rule for this proxy's configurations.
pub(crate) fn rule(said: Option<Said>, nginx: &'static str) -> &'static str {
    let (caddy, envoy) = match nginx {
        "open-sibling" | "open-regex" | "index-around-gate" | "return-before-gate" | "auth-location-answers-some" => {
            ("caddy-not-asked", "envoy-disabled-route")
        }
        "auth-request-target" | "presence-is-no-proof" => ("caddy-not-asked", "envoy-not-asked"),
        "merge-slashes" | "alias-traversal" => ("caddy-path-matcher", "envoy-path-not-normalized"),
        "open-server" => ("caddy-unknown-host", "envoy-not-asked"),
        "error-page-opens" | "auth-location-error-page" => ("caddy-errors-reach-application", "envoy-failure-mode-allow"),
        "identity-not-set" | "identity-from-client" => ("caddy-identity-header", "envoy-client-identity"),
        "header-aliases" => ("caddy-underscore-headers", "envoy-underscore-headers"),
        "real-ip-anyone" | "auth-location-no-request" | "auth-location-no-method" => {
            ("caddy-gate-behind-proxy", "envoy-client-address")
        }
        other => (other, other),
    };
    match said {
        Some(Said::Caddy) => caddy,
        Some(Said::Envoy) => envoy,
        None => nginx,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::wire::End;
    use super::*;

    fn said(servers: &[&str]) -> Option<Said> {
        let answer = |server: &&str| {
            let (lines, interim, body) = (vec![server.as_bytes().to_vec()], Vec::new(), Vec::new());
            Response { status: 401, interim, lines, body, length: 0, end: End::Length, time: Duration::ZERO }
        };
        let answers: Vec<Response> = servers.iter().map(answer).collect();
        Said::of(answers.iter())
    }

    #[test]
    fn proxy_is_what_all_refusals_name() {
        assert_eq!(said(&["Server: Caddy", "server: caddy"]), Some(Said::Caddy));
        assert_eq!(said(&["Server: envoy"]), Some(Said::Envoy));
        assert_eq!([said(&["Server: Caddy", "Server: app"]), said(&["X: y"]), said(&[])], [None, None, None]);
    }

    /// Of every rule that a probe names, or could be named for it.
    #[test]
    fn rules_for_other_proxies_exist() {
        let known: Vec<&str> = crate::lint::lints().iter().map(|lint| lint.id).collect();
        for id in &known {
            for said in [None, Some(Said::Caddy), Some(Said::Envoy)] {
                assert!(known.contains(&rule(said, id)), "{id} becomes {}", rule(said, id));
            }
        }
        assert_eq!(rule(Some(Said::Caddy), "open-sibling"), "caddy-not-asked");
        assert_eq!(rule(Some(Said::Envoy), "auth-location-error-page"), "envoy-failure-mode-allow");
    }
}
