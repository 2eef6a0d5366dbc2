//! A middleware that does not exist.

use super::super::{Finding, Intent, Lint, Severity};
use super::Model;

pub(super) const LINT: Lint =
    Lint::new("traefik-undefined-middleware", Severity::Low, "a router names a middleware that is not in this file");

pub(super) fn check(model: &Model<'_>, _: &Intent<'_>, findings: &mut Vec<Finding>) {
    for (name, span) in model.routers.iter().flat_map(|router| &router.undefined) {
        findings.push(LINT.at(
            *span,
            format!("unless another file of the provider has `{name}`, Traefik refuses the router, and its requests get 404 or another router"),
            "define it, or name its provider: `NAME@docker`",
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{flags, is_silent, with};
    use super::*;

    #[test]
    fn middleware_has_to_be_somewhere() {
        flags(&with("[\"page\", \"gate\"]", "[\"page\", \"gat\"]"), &LINT, "gat\"]");
        is_silent(&with("[\"page\", \"gate\"]", "[\"page\", \"gate\", \"other@docker\"]"), &LINT);
    }
}
