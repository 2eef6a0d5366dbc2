//! Another check is enough.

use super::super::{Finding, Intent, Lint, Severity};
use super::resource::Model;
use crate::data::Node;

pub(super) const LINT: Lint = Lint::new("ingress-satisfy-any", Severity::High, "the gate's no is not enough to refuse");

pub(super) fn check(model: &Model<'_>, _: &Intent<'_>, findings: &mut Vec<Finding>) {
    for ingress in model.ingresses.iter().filter(|ingress| model.asks(ingress)) {
        let Some(any) = ingress.annotation("satisfy").filter(|satisfy| satisfy.text() == Some("any")) else { continue };
        let others = ["whitelist-source-range", "allowlist-source-range", "denylist-source-range", "auth-type"];
        let other = others.into_iter().find(|name| ingress.annotation(name).and_then(Node::text).is_some());
        let why = match other {
            Some(name) => format!("with `satisfy: any` whoever passes `{name}` is let in, whatever the gate says"),
            None => "with `satisfy: any` another check that somebody adds, here or in the controller's ConfigMap, is enough to be let in".to_owned(),
        };
        let finding = LINT.at(any.span, why, "leave `satisfy` out, or write `all`");
        findings.push(if other.is_some() { finding } else { finding.severity(Severity::Medium) });
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{annotated, flags, is_silent};
    use super::*;

    #[test]
    fn gate_has_to_agree() {
        let any = annotated("satisfy", "any");
        flags(&any, &LINT, Severity::Medium, "satisfy");
        let network =
            any.replace("satisfy: any", "satisfy: any\n    nginx.ingress.kubernetes.io/whitelist-source-range: 10.0.0.0/8");
        flags(&network, &LINT, Severity::High, "satisfy");
        is_silent(&annotated("satisfy", "all"), &LINT);
    }
}
