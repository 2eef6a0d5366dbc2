//! The application serves the page for those who are refused.

use super::super::{Finding, Intent, Lint, Severity};
use super::{Model, plain, text};
use crate::data::Node;

pub(super) const LINT: Lint =
    Lint::new("traefik-errors-page", Severity::High, "a refused request is sent to the application for its error page");

pub(super) fn check(model: &Model<'_>, _: &Intent<'_>, findings: &mut Vec<Finding>) {
    for router in &model.routers {
        let Some((_, before)) = router.gate() else { continue };
        for step in before.iter().filter(|step| step.is("errors") && is_about_refusals(step.config)) {
            let service = text(step.config, "service").unwrap_or_default();
            let goes = model.addresses(service);
            let own = router.service.map(|(own, _)| model.addresses(own)).unwrap_or_default();
            if goes.iter().any(|address| own.contains(address)) {
                findings.push(LINT.at(
                    step.config.get_any_case("service").unwrap_or(step.config).span,
                    format!("when the gate refuses or is down, `{}` is asked for the page with the client's own headers: it answers a request that nobody was asked about, for whoever the client says it is", plain(service)),
                    "let another service have the error pages",
                ));
            }
            let rewrites = step.config.get_any_case("statusRewrites").map(Node::entries).unwrap_or_default();
            let success = rewrites.iter().find(|entry| {
                is_refusal(&entry.key) && entry.node.number().is_some_and(|status| (200.0..300.0).contains(&status))
            });
            if let Some(entry) = success {
                findings.push(
                    LINT.at(
                        entry.node.span,
                        "a refusal becomes a success: the client, and a proxy in front that asks this one, take it for a yes",
                        "leave the status of a refusal as it is",
                    )
                    .severity(Severity::Medium),
                );
            }
        }
    }
}

fn is_about_refusals(errors: &Node) -> bool {
    errors.get_any_case("status").map(Node::texts).unwrap_or_default().iter().any(|(status, _)| is_refusal(status))
}

/// Whether `401`, `400-499` or `500-599` holds a status with which somebody is refused.
fn is_refusal(statuses: &str) -> bool {
    let (from, to) = statuses.split_once('-').unwrap_or((statuses, statuses));
    let (Ok(from), Ok(to)) = (from.trim().parse::<u16>(), to.trim().parse::<u16>()) else { return false };
    [401, 403, 500, 502, 503, 504].iter().any(|status| (from..=to).contains(status))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{GOOD, flags, is_silent, severities, with};
    use super::*;

    #[test]
    fn application_does_not_serve_the_error_page() {
        flags(&with("service: pages, query", "service: app, query"), &LINT, "page: { errors");
        flags(&with(":8082", ":8080"), &LINT, "page: { errors");
        is_silent(&with("status: [\"401\"], service: pages", "status: [\"404\"], service: app"), &LINT);
        is_silent(GOOD, &LINT);
    }

    #[test]
    fn behind_the_gate_it_is_only_asked_for_those_who_may() {
        is_silent(
            &with("[\"page\", \"gate\"]", "[\"gate\", \"page\"]").replace("service: pages, query", "service: app, query"),
            &LINT,
        );
    }

    #[test]
    fn refusal_stays_one() {
        let text = with("query: \"/{status}.html\"", "query: \"/\", statusRewrites: { \"401\": 200 }");
        assert_eq!(severities(&text, &LINT), [Severity::Medium]);
    }
}
