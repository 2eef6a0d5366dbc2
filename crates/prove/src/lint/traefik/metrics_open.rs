//! Traefik answers something itself where applications are reached.

use super::super::{Finding, Intent, Lint, Severity};
use super::{Model, is_local, path};

pub(super) const LINT: Lint =
    Lint::new("traefik-metrics-open", Severity::Medium, "Traefik answers `/metrics` or `/ping` itself at every host");

pub(super) fn check(model: &Model<'_>, _: &Intent<'_>, findings: &mut Vec<Finding>) {
    let places: [(&[&str], Severity, &str); 2] = [
        (
            &["metrics", "prometheus", "entryPoint"],
            Severity::Medium,
            "`/metrics` of every host shows routers, services and their traffic to whoever asks",
        ),
        (
            &["ping", "entryPoint"],
            Severity::Info,
            "`/ping` of every host is answered by Traefik, and never reaches an application",
        ),
    ];
    for (names, severity, why) in places {
        let Some(place) = path(model.root, names) else { continue };
        let is_public = |name: &str| model.entry_points().iter().any(|entry| entry.key == name && !is_local(&entry.node));
        if place.text().is_some_and(|name| name != "traefik" && is_public(name)) {
            let help = "give it an entry point of its own, on an address that only its readers reach";
            findings.push(LINT.at(place.span, why, help).severity(severity));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{flags, is_silent, severities};
    use super::*;

    #[test]
    fn figures_are_not_for_everybody() {
        let text = "entryPoints: { web: { address: ':80' }, own: { address: '127.0.0.1:82' } }\nmetrics:\n  prometheus: { entryPoint: web }\n";
        flags(text, &LINT, "prometheus");
        is_silent(&text.replace("entryPoint: web", "entryPoint: own"), &LINT);
        assert_eq!(severities(&text.replace("metrics:\n  prometheus:", "ping:"), &LINT), [Severity::Info]);
    }
}
