//! Nothing is said of paths that can be read in two ways.

use super::super::{Finding, Intent, Lint, Severity};
use super::{Model, field};

pub(super) const LINT: Lint =
    Lint::new("envoy-ambiguous-path", Severity::Info, "what becomes of `//` and `%2f` in a path is left open");

pub(super) fn check(model: &Model<'_>, _: &Intent<'_>, findings: &mut Vec<Finding>) {
    for connection in model.asking() {
        let missing: Vec<&str> = ["merge_slashes", "path_with_escaped_slashes_action"]
            .into_iter()
            .filter(|name| field(connection.node, name).is_none())
            .collect();
        if !missing.is_empty() {
            findings.push(LINT.at(
                connection.node.span,
                format!("without `{}` such paths reach the gate and the application as they were sent; gatewright refuses them, another gate may read them otherwise than the application", missing.join("` and `")),
                "say so: `merge_slashes: true` and `path_with_escaped_slashes_action: UNESCAPE_AND_REDIRECT`, or `false` and `KEEP_UNCHANGED` for a gate that refuses them",
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{flags, is_silent, with};
    use super::*;

    #[test]
    fn what_is_written_is_meant() {
        flags(
            &with("          merge_slashes: true\n", ""),
            &LINT,
            "\"@type\": type.googleapis.com/envoy.extensions.filters.network",
        );
        is_silent(&with("merge_slashes: true", "merge_slashes: false"), &LINT);
    }
}
