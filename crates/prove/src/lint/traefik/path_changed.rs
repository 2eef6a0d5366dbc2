//! The gate is asked about another path than the client's.

use super::super::{Finding, Intent, Lint, Severity};
use super::Model;

pub(super) const LINT: Lint =
    Lint::new("traefik-path-changed", Severity::High, "the gate is asked about another path than the client's");

pub(super) fn check(model: &Model<'_>, _: &Intent<'_>, findings: &mut Vec<Finding>) {
    for router in &model.routers {
        let Some((_, before)) = router.gate() else { continue };
        let changes = |kinds: &[&str]| before.iter().find(|step| kinds.iter().any(|kind| step.is(kind)));
        let replaced = changes(&["replacePath", "replacePathRegex"]);
        let Some(step) = replaced.or_else(|| changes(&["stripPrefix", "stripPrefixRegex", "addPrefix"])) else { continue };
        let finding = LINT.at(
            step.span,
            format!("`{}` stands before `forwardAuth`: `X-Forwarded-Uri` is the path that it makes, and rules about the client's path do not match it", step.kind()),
            "put the `forwardAuth` middleware first",
        );
        findings.push(if replaced.is_some() { finding } else { finding.severity(Severity::Medium) });
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{GOOD, flags, is_silent, severities, with};
    use super::*;

    #[test]
    fn gate_comes_before_what_changes_the_path() {
        let text = with("[\"all@file\", \"strip\"]", "[\"strip\", \"all@file\"]");
        flags(&text, &LINT, "middlewares: [\"strip\"");
        assert_eq!(severities(&text, &LINT), [Severity::Medium]);
        is_silent(GOOD, &LINT);
    }

    #[test]
    fn path_that_is_replaced_is_the_same_for_all() {
        let text = with("[\"all@file\", \"strip\"]", "[\"strip\", \"all@file\"]")
            .replace("stripPrefix: { prefixes: [\"/api\"] }", "replacePath: { path: /x }");
        assert_eq!(severities(&text, &LINT), [Severity::High]);
    }
}
