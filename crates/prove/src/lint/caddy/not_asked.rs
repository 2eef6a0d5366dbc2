//! A way to an application on which no gate is asked.

use super::super::declared::{is_host_of_policy, is_open};
use super::super::{Finding, Intent, Lint, Severity};
use super::flow::{Model, Reach};
use super::matcher::declared;
use super::state::Asked;

pub(super) const LINT: Lint =
    Lint::new("caddy-not-asked", Severity::High, "a route leads to a protected application without asking the gate");

pub(super) fn check(model: &Model<'_>, intent: &Intent<'_>, findings: &mut Vec<Finding>) {
    let protected = model.protected();
    for reach in model.reaches.iter().filter(|reach| !reach.state.is_error) {
        let state = &reach.state;
        match &state.asked {
            Asked::Yes => {}
            Asked::No => {
                let of_policy = state.hosts.iter().any(|host| is_host_of_policy(intent, host));
                let known = reach.is_one_of(&protected) || of_policy;
                if known && !is_open(intent, &state.hosts, &state.paths) && model.unreached.is_empty() {
                    findings.push(LINT.at(
                        reach.node.span,
                        format!("this route leads to {}, and nothing in front of it asks: whoever comes this way is let in", shown(reach)),
                        "put `forward_auth` before it, in the same `route` or `handle` block",
                    ));
                }
            }
            Asked::Partly(part) if part.paths.is_empty() && !part.not_paths.is_empty() => {
                let closed = |path: &&String| !is_open(intent, &state.hosts, &declared(path));
                if let Some(path) = part.not_paths.iter().find(closed) {
                    findings.push(
                        LINT.at(part.span, format!("nobody is asked about `{path}`"), "declare the path as open, or take it out of the condition")
                            .severity(Severity::Medium),
                    );
                }
            }
            Asked::Partly(part) if part.paths.is_empty() => findings.push(LINT.at(
                part.span,
                format!("the gate is asked only about requests that match this, and the client chooses what it sends: others reach {} unasked", shown(reach)),
                "ask about every request: let the gate's rules tell them apart",
            )),
            Asked::Partly(_) => {}
        }
    }
}

fn shown(reach: &Reach<'_>) -> String {
    reach.upstreams.first().map_or_else(|| "an application".to_owned(), |address| format!("`{address}`"))
}

#[cfg(test)]
mod tests {
    use super::super::super::testing;
    use super::super::testing::{GOOD, flags, is_silent, severities, with};
    use super::*;

    const FIRST: &str = "        { \"handle\": [{ \"handler\": \"headers\"";

    fn sibling(matcher: &str) -> String {
        with(
            FIRST,
            &format!(
                "        {{ \"group\": \"g\", \"match\": [{matcher}], \"handle\": [{{ \"handler\": \"reverse_proxy\", \"upstreams\": [{{ \"dial\": \"localhost:8080\" }}] }}] }},\n{FIRST}"
            ),
        )
    }

    #[test]
    fn sibling_is_open() {
        let text = sibling("{ \"path\": [\"/api/*\"] }");
        flags(&text, &LINT, "localhost:8080");
        let open = ["/api/*".to_owned()];
        assert_eq!(testing::found_with(super::super::check, &text, &Intent { open: &open, ..Intent::default() }), []);
        is_silent(&text.replace("localhost:8080", "localhost:8081"), &LINT);
        is_silent(GOOD, &LINT);
    }

    #[test]
    fn other_site_is_open() {
        let site = "      { \"match\": [{ \"host\": [\"other.example.com\"] }], \"handle\": [{ \"handler\": \"reverse_proxy\", \"upstreams\": [{ \"dial\": \"127.0.0.1:8080\" }] }] },\n";
        let last = "      { \"handle\": [{ \"handler\": \"static_response\"";
        flags(&with(last, &format!("{site}{last}")), &LINT, "other.example.com");
    }

    #[test]
    fn condition_of_the_client_opens() {
        let gate = "        { \"handle\": [{ \"handler\": \"reverse_proxy\",\n";
        let conditional =
            |condition: &str| with(gate, &gate.replace("{ \"handle\"", &format!("{{ \"match\": [{condition}], \"handle\"")));
        let header = conditional("{ \"header\": { \"X-Key\": [\"*\"] } }");
        assert_eq!(severities(&header, &LINT), [Severity::High]);
        let path = conditional("{ \"not\": [{ \"path\": [\"/public/*\"] }] }");
        assert_eq!(severities(&path, &LINT), [Severity::Medium]);
    }
}
