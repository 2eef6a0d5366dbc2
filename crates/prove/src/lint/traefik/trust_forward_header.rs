//! What a client says it asks for is believed.

use super::super::{Finding, Intent, Lint, Severity};
use super::Model;

pub(super) const LINT: Lint =
    Lint::new("traefik-trust-forward-header", Severity::High, "the gate can be told another request than the one that is served");

pub(super) fn check(model: &Model<'_>, _: &Intent<'_>, findings: &mut Vec<Finding>) {
    for (gate, before) in model.gates() {
        let Some(trust) = gate.config.get_any_case("trustForwardHeader").filter(|trust| trust.is_true()) else { continue };
        let is_removed = |name: &&str| before.iter().any(|step| step.takes_header(name));
        let left: Vec<&str> = FACTS.iter().copied().filter(|name| !is_removed(name)).collect();
        if left.is_empty() {
            continue;
        }
        let finding = LINT.at(
            trust.span,
            format!("`{}` of the request are handed to the gate as they are: through an entry point that trusts the sender (`forwardedHeaders`), a client lets one address be judged and gets another", left.join("`, `")),
            "write `trustForwardHeader: false`; behind other proxies, remove these headers in a `headers` middleware before",
        );
        let trusts = model.entry_points().iter().any(|entry| super::forwarded_headers::trusts_anybody(&entry.node).is_some());
        findings.push(if trusts { finding } else { finding.severity(Severity::Medium) });
    }
}

/// What a request is about.
const FACTS: &[&str] = &["X-Forwarded-Host", "X-Forwarded-Method", "X-Forwarded-Uri"];

#[cfg(test)]
mod tests {
    use super::super::testing::{flags, is_silent, severities, with};
    use super::*;

    #[test]
    fn client_does_not_say_what_is_judged() {
        let text = with("trustForwardHeader: false", "trustForwardHeader: true");
        flags(&text, &LINT, "trustForwardHeader: true");
        assert_eq!(severities(&text, &LINT), [Severity::Medium]);
        let trusting = format!("{text}entryPoints: {{ web: {{ address: ':80', forwardedHeaders: {{ insecure: true }} }} }}\n");
        assert_eq!(severities(&trusting, &LINT), [Severity::High]);
    }

    #[test]
    fn headers_can_be_removed_before() {
        let text = with("trustForwardHeader: false", "trustForwardHeader: true");
        let remove = "    clean: { headers: { customRequestHeaders: { X-Forwarded-Host: \"\", X-Forwarded-Method: \"\", X-Forwarded-Uri: \"\" } } }\n    strip:";
        let text = text.replace("    strip:", remove);
        let text = text
            .replace("[\"page\", \"gate\"]", "[\"clean\", \"page\", \"gate\"]")
            .replace("middlewares: [\"gate\"]", "middlewares: [\"clean\", \"gate\"]");
        is_silent(&text, &LINT);
        flags(&text.replace("[\"clean\", \"gate\"]", "[\"gate\"]"), &LINT, "trustForwardHeader");
    }
}
