//! Where a client comes from is what it says itself.

use super::super::{Finding, Intent, Lint, Severity};
use super::{Model, field, is_true};

pub(super) const LINT: Lint =
    Lint::new("envoy-client-address", Severity::Info, "a client can write its own address and internal headers");

pub(super) fn check(model: &Model<'_>, _: &Intent<'_>, findings: &mut Vec<Finding>) {
    for connection in model.asking() {
        let detection = field(connection.node, "original_ip_detection_extensions").is_some();
        if !detection && !is_true(connection.node, "use_remote_address") {
            findings.push(LINT.at(
                field(connection.node, "use_remote_address").unwrap_or(connection.node).span,
                "without `use_remote_address: true` Envoy hands on what a client writes into `X-Forwarded-For`, `X-Forwarded-Proto` and `x-envoy-…`",
                "write `use_remote_address: true`, and `xff_num_trusted_hops` for the proxies in front",
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{flags, is_silent, with};
    use super::*;

    #[test]
    fn address_is_that_of_the_connection() {
        flags(&with("use_remote_address: true", "use_remote_address: false"), &LINT, "use_remote_address: false");
        let text = with("use_remote_address: true", "original_ip_detection_extensions: [ { name: xff } ]");
        is_silent(&text, &LINT);
    }
}
