//! The gate is asked about another path than the client's.

use super::super::{Finding, Intent, Lint, Severity};
use super::flow::Model;

pub(super) const LINT: Lint =
    Lint::new("caddy-rewrite-before", Severity::High, "the gate is asked about another path than the client's");

pub(super) fn check(model: &Model<'_>, _: &Intent<'_>, findings: &mut Vec<Finding>) {
    for (reach, _) in model.asked() {
        if let Some((span, is_fixed)) = reach.state.rewritten {
            let finding = LINT.at(
                span,
                "this changes the path before the gate is asked: `X-Forwarded-Uri` is the path that it makes, and rules about the client's path do not match it",
                "put both into a `route` block, `forward_auth` first: outside, Caddy sorts `rewrite`, `uri` and `try_files` before it",
            );
            findings.push(if is_fixed { finding } else { finding.severity(Severity::Medium) });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{GOOD, flags, is_silent, severities, with};
    use super::*;

    #[test]
    fn gate_comes_before_what_changes_the_path() {
        let first = "        { \"handle\": [{ \"handler\": \"headers\"";
        let rewrite =
            |what: &str| with(first, &format!("        {{ \"handle\": [{{ \"handler\": \"rewrite\", {what} }}] }},\n{first}"));
        let text = rewrite("\"strip_path_prefix\": \"/app\"");
        flags(&text, &LINT, "strip_path_prefix");
        assert_eq!(severities(&text, &LINT), [Severity::Medium]);
        assert_eq!(severities(&rewrite("\"uri\": \"/index.html\""), &LINT), [Severity::High]);
        is_silent(&rewrite("\"method\": \"GET\""), &LINT);
        is_silent(GOOD, &LINT);
    }
}
