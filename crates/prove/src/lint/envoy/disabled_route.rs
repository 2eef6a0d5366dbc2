//! The gate is switched off for a route.

use super::super::declared::{is_commented_open, is_open};
use super::super::{Finding, Intent, Lint, Severity};
use super::connection::{Connection, Kind, Route};
use super::{Model, field};

pub(super) const LINT: Lint = Lint::new("envoy-disabled-route", Severity::High, "the gate is switched off for a route");

pub(super) fn check(model: &Model<'_>, intent: &Intent<'_>, findings: &mut Vec<Finding>) {
    let protected = model.protected();
    for connection in &model.connections {
        for route in &connection.routes {
            let (Some(disabled), Some((cluster, _))) = (route.disabled(connection), route.cluster) else { continue };
            if is_commented_open(route.levels.iter().copied()) || is_open(intent, &route.hosts, &route.paths) {
                continue;
            }
            let finding = LINT.at(
                disabled,
                format!("`disabled: true` opens {} of `{cluster}`: nobody is asked about, and a client's identity headers count for nothing more than its own word", shown(route)),
                "take it out, and let a rule say `allow = \"anyone\"` for what is meant to be open; or declare the path as open",
            );
            findings.push(if protected.contains(cluster) { finding } else { finding.severity(Severity::Medium) });
        }
        findings.extend(switched_off(connection));
    }
}

/// A gate that only some routes switch on.
fn switched_off<'c>(connection: &'c Connection<'_>) -> impl Iterator<Item = Finding> + 'c {
    let gates = connection.filters.iter().filter(|filter| filter.kind == Kind::Gate);
    gates.filter_map(|gate| field(gate.node, "disabled").filter(|disabled| disabled.is_true())).map(|disabled| {
        LINT.at(
            disabled.span,
            "the filter is switched off but for routes that switch it on: each route that does not is open",
            "take `disabled: true` out of the list of filters",
        )
    })
}

fn shown(route: &Route<'_>) -> String {
    use super::super::declared::Paths;
    match &route.paths {
        Paths::One(path) => format!("`{path}`"),
        Paths::Below(path) => format!("all below `{path}`"),
        Paths::Some => "these paths".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing;
    use super::super::check as check_all;
    use super::super::testing::{flags, is_silent, with};
    use super::*;

    const OFF: &str = "\n                typed_per_filter_config: { gate: { \"@type\": type.googleapis.com/envoy.extensions.filters.http.ext_authz.v3.ExtAuthzPerRoute, disabled: true } }";

    #[test]
    fn route_without_the_gate_is_open() {
        let text = with(
            "/static/ }\n                route: { cluster: app }",
            &format!("/static/ }}\n                route: {{ cluster: app }}{OFF}"),
        );
        flags(&text, &LINT, "disabled: true");
        is_silent(&text.replace("disabled: true", "disabled: false"), &LINT);
        is_silent(&text.replace("{ gate: {", "{ another: {"), &LINT);
        let open = ["/static/*".to_owned()];
        let intent = Intent { open: &open, ..Intent::default() };
        assert_eq!(testing::found_with(check_all, &text, &intent), []);
        is_silent(
            &text.replace(
                "              - match: { prefix: /static/ }",
                "              # gatewright: open pictures\n              - match: { prefix: /static/ }",
            ),
            &LINT,
        );
    }

    #[test]
    fn nearest_setting_counts() {
        let host = "              domains: [ app.example.com ]";
        let off = OFF.replace("                typed", "              typed");
        let text = with(host, &format!("{host}{off}"));
        assert_eq!(testing::found(check_all, &text).iter().filter(|(id, _)| *id == LINT.id).count(), 2, "each route");
    }

    #[test]
    fn filter_that_is_off_asks_nobody() {
        flags(&with("          - name: gate\n", "          - name: gate\n            disabled: true\n"), &LINT, "disabled: true");
    }
}
