//! Asking the engine, and what holds for every answer of it.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use gatewright::{Authorizer, Config, Decision, Explanation, KeySet, Outage, Rejection, Request, Step, UnixTime};
use serde_json::json;
use vectors::key::{ED_1, P256_1};

/// The moment of every decision.
pub(crate) const NOW: UnixTime = UnixTime::from_secs(vectors::NOW);

/// An answer that kept every promise.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) decision: Decision,
    pub(crate) explanation: Explanation,
}

/// Reads a policy that is known to be right.
pub(crate) fn authorizer(policy: &str) -> Authorizer {
    let config = Config::from_toml(policy).unwrap_or_else(|error| panic!("{error}\n{policy}"));
    Authorizer::new(&config).unwrap()
}

/// Reads a policy with the login issuer, whose keys are `ED_1` and `P256_1`.
pub(crate) fn authorizer_with_keys(policy: &str) -> Authorizer {
    let keys = json!({ "keys": [ED_1.jwk(), P256_1.jwk()] }).to_string();
    authorizer(policy).with_keys(vectors::LOGIN, KeySet::from_json(&keys).unwrap()).unwrap()
}

/// Decides and explains, twice, and checks what holds for every decision.
pub(crate) fn ask(authorizer: &Authorizer, request: &Request<'_>) -> Asked {
    let (explained, explanation) = authorizer.explain(request, NOW);
    let decision = authorizer.decide(request, NOW);
    // The second one may come out of the memory.
    let again = authorizer.decide(request, NOW);
    for other in [&explained, &again] {
        assert_eq!(seen(&decision), seen(other), "{decision:?}\n{other:?}\n{explanation}");
    }
    check(&decision);
    let asked = Asked { decision, explanation };
    let outcome = (asked.decision.outcome(), asked.decision.code());
    let Some(Step::Outcome { outcome: last, code, .. }) = asked.explanation.steps().last() else {
        panic!("the last step is no outcome: {}", asked.explanation)
    };
    assert_eq!(outcome, (*last, *code), "{}", asked.explanation);
    asked
}

impl Asked {
    pub(crate) fn is_allowed(&self) -> bool {
        matches!(self.decision, Decision::Allow(_))
    }

    pub(crate) fn code(&self) -> &'static str {
        self.decision.code()
    }

    /// Returns the subject that the request is let pass with.
    pub(crate) fn subject(&self) -> Option<&str> {
        match &self.decision {
            Decision::Allow(permit) => permit.identity().map(gatewright::Identity::subject),
            Decision::Challenge(_) | Decision::Forbid(_) | Decision::Indeterminate(_) => None,
        }
    }

    /// Returns host and path as the engine understood them; `None` if they are malformed, or ambiguous beyond accepting.
    pub(crate) fn understood(&self) -> Option<(&str, &str)> {
        self.explanation.steps().iter().find_map(|step| match step {
            Step::Request { host, path, .. } => Some((host.as_str(), path.as_str())),
            _ => None,
        })
    }

    /// Checks that neither the explanation nor the decision shows what only the client and its issuer may know.
    pub(crate) fn keeps(&self, secret: &str) {
        assert!(!self.explanation.to_string().contains(secret), "{}", self.explanation);
        assert!(!format!("{:?}", self.decision).contains(secret), "{:?}", self.decision);
    }
}

/// What two decisions on one request must have in common. The assertion's signature may differ, and of several checks of a biscuit
/// that cannot be evaluated any may be named.
fn seen(decision: &Decision) -> (&'static str, &'static str, Option<&str>, Option<&str>, &str) {
    let subject = match decision {
        Decision::Allow(permit) => permit.identity().map(gatewright::Identity::subject),
        Decision::Challenge(_) | Decision::Forbid(_) | Decision::Indeterminate(_) => None,
    };
    let detail = if decision.code() == "caveat_failed" { "" } else { decision.detail() };
    (decision.outcome(), decision.code(), decision.rule(), subject, detail)
}

fn check(decision: &Decision) {
    let (status, code) = match decision {
        Decision::Allow(permit) => {
            let mut bytes = permit.renewed_session().map_or(0, str::len);
            for (name, value) in permit.headers() {
                let plain = value.bytes().all(|byte| matches!(byte, b' '..=b'~'));
                assert!(plain && value.trim_matches(' ') == value, "{name}: {value:?}");
                bytes += name.len() + value.len();
            }
            assert!(bytes <= 4_000, "{bytes} bytes of header");
            assert!(permit.renewed_session().is_none_or(is_field));
            (200, "allowed")
        }
        Decision::Challenge(challenge) => {
            assert!(is_field(challenge.www_authenticate()), "{challenge:?}");
            assert!(challenge.login_url().is_none_or(is_field), "{challenge:?}");
            (401, challenge.rejection().code())
        }
        Decision::Forbid(forbidden) => {
            assert!(forbidden.www_authenticate().is_none_or(is_field), "{forbidden:?}");
            (403, forbidden.rejection().code())
        }
        Decision::Indeterminate(indeterminate) => (503, indeterminate.outage().code()),
    };
    assert_eq!((decision.status(), decision.code()), (status, code));
    assert!(CODES.contains(code), "`{code}` is on no list");
    assert_eq!(decision.outcome() == "allow", decision.status() == 200);
}

fn is_field(value: &str) -> bool {
    value.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

static CODES: LazyLock<BTreeSet<&str>> = LazyLock::new(|| {
    let rejections = Rejection::ALL.iter().map(|rejection| rejection.code());
    rejections.chain(Outage::ALL.iter().map(|outage| outage.code())).chain(["allowed"]).collect()
});
