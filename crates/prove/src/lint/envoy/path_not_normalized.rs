//! Paths are not normalised before the gate is asked and the route is chosen.

use super::super::declared::Paths;
use super::super::{Finding, Intent, Lint, Severity};
use super::{Model, field};
use crate::data::Node;

pub(super) const LINT: Lint =
    Lint::new("envoy-path-not-normalized", Severity::High, "`..` in a path is left for the application to resolve");

pub(super) fn check(model: &Model<'_>, _: &Intent<'_>, findings: &mut Vec<Finding>) {
    for connection in model.asking() {
        let setting = field(connection.node, "normalize_path");
        if setting.is_some_and(Node::is_true) {
            continue;
        }
        let open = connection.routes.iter().find_map(|route| {
            let below = matches!(&route.paths, Paths::Below(path) if path != "/");
            route.disabled(connection).filter(|_| below && route.cluster.is_some())
        });
        let span = setting.map_or(connection.node.span, |setting| setting.span);
        let help = "write `normalize_path: true` in the connection manager";
        let finding = match open {
            Some(route) => LINT
                .at(span, "a route without the gate is chosen by the path as it was sent: `/open/../admin` takes it, and the application resolves the `..`", help)
                .also(route, "the route without the gate"),
            None => LINT
                .at(span, "the gate and the application get the path as it was sent, and may resolve `..` and `%2e` differently", help)
                .severity(Severity::Medium),
        };
        findings.push(finding);
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing;
    use super::super::testing::{flags, is_silent, with};
    use super::*;

    #[test]
    fn path_is_normalized_first() {
        flags(&with("normalize_path: true", "normalize_path: false"), &LINT, "normalize_path: false");
        flags(
            &with("          normalize_path: true\n", ""),
            &LINT,
            "\"@type\": type.googleapis.com/envoy.extensions.filters.network",
        );
        is_silent(&with("normalize_path: true", "normalizePath: true"), &LINT);
    }

    #[test]
    fn open_route_makes_it_a_way_in() {
        let off = "/static/ }\n                typed_per_filter_config: { gate: { disabled: true } }";
        let text = with("normalize_path: true", "normalize_path: false").replace("/static/ }", off);
        let findings = testing::findings(super::super::check, &text, &Intent::default());
        assert!(findings.iter().any(|finding| finding.lint.id == LINT.id && finding.severity == Severity::High));
    }
}
