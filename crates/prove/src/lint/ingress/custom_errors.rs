//! An error page is taken for the gate's yes.

use super::super::{Finding, Intent, Lint, Severity};
use super::resource::Model;
use crate::data::Node;

pub(super) const LINT: Lint = Lint::new("ingress-custom-errors", Severity::High, "an error page can be taken for the gate's yes");

pub(super) fn check(model: &Model<'_>, _: &Intent<'_>, findings: &mut Vec<Finding>) {
    let own = model
        .ingresses
        .iter()
        .filter(|ingress| model.asks(ingress))
        .filter_map(|ingress| ingress.annotation("custom-http-errors"));
    for node in own.chain(model.setting("custom-http-errors").map(|entry| &entry.node)) {
        let statuses = statuses(node);
        let has = |wanted: &[&str]| statuses.iter().any(|status| wanted.contains(&status.as_str()));
        let why = if has(&["401", "403"]) {
            "the gate's refusal is replaced by a page of the default backend: where that is answered with 200, the controller takes it for a yes, and everybody is let in (CVE-2026-24513; fixed in its last versions)"
        } else if has(&["502", "503", "504"]) {
            "while the gate is down, the controller's own error is replaced by a page of the default backend: where that is answered with 200, it is taken for a yes, and everybody is let in"
        } else {
            continue;
        };
        findings.push(LINT.at(node.span, why, "take 401, 403, 502, 503 and 504 out of `custom-http-errors`"));
    }
}

fn statuses(node: &Node) -> Vec<String> {
    let text = node.text().unwrap_or_default();
    text.split(',').map(|status| status.trim().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{annotated, configured, flags, is_silent};
    use super::*;

    #[test]
    fn refusals_and_outages_stay_what_they_are() {
        flags(&annotated("custom-http-errors", "\"404, 401\""), &LINT, Severity::High, "custom-http-errors");
        flags(&configured("custom-http-errors", "\"503\""), &LINT, Severity::High, "custom-http-errors");
        is_silent(&annotated("custom-http-errors", "404"), &LINT);
        is_silent(&configured("custom-http-errors", "\"404,500\""), &LINT);
    }
}
