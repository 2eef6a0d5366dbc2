//! Filters that answer before the gate has been asked.

use super::super::{Finding, Intent, Lint, Severity};
use super::Model;
use super::connection::Kind;

pub(super) const LINT: Lint = Lint::new("envoy-filter-order", Severity::High, "a filter answers before the gate is asked");

pub(super) fn check(model: &Model<'_>, _: &Intent<'_>, findings: &mut Vec<Finding>) {
    for connection in model.asking() {
        for filter in connection.before_gate() {
            if filter.kind == Kind::Cache {
                findings.push(LINT.at(
                    filter.node.span,
                    format!("`{}` stands before the gate: what one person may see, it hands to everybody who asks for the same address", filter.name),
                    "move the filter behind `ext_authz`",
                ));
            }
            if filter.kind == Kind::Router {
                findings.push(
                    LINT.at(
                        filter.node.span,
                        "the router ends the list of filters: Envoy refuses a file with a filter behind it, and no gate would be asked there",
                        "move the router to the end",
                    )
                    .severity(Severity::Medium),
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{GOOD, flags, is_silent, with};
    use super::*;

    const CACHE: &str = "          - name: cache\n            typed_config: { \"@type\": type.googleapis.com/envoy.extensions.filters.http.cache.v3.CacheConfig }\n";

    #[test]
    fn cache_before_the_gate_answers_everybody() {
        let gate = "          - name: gate\n            typed_config:\n";
        flags(&with(gate, &format!("{CACHE}{gate}")), &LINT, "- name: cache");
        let router = "          - name: envoy.filters.http.router\n";
        is_silent(&with(router, &format!("{CACHE}{router}")), &LINT);
    }

    #[test]
    fn router_is_the_last() {
        let router = "          - name: envoy.filters.http.router\n            typed_config: { \"@type\": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }\n";
        let text = GOOD.replace(router, "").replace("          http_filters:\n", &format!("          http_filters:\n{router}"));
        flags(&text, &LINT, "- name: envoy.filters.http.router");
    }
}
