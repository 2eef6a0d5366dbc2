//! Envoy's own port.

use super::super::{Finding, Intent, Lint, Severity};
use super::cluster::addresses;
use super::{Model, field};

pub(super) const LINT: Lint =
    Lint::new("envoy-admin-reachable", Severity::Medium, "Envoy's own port can be reached from other machines");

pub(super) fn check(model: &Model<'_>, _: &Intent<'_>, findings: &mut Vec<Finding>) {
    let Some(address) = field(model.root, "admin").and_then(|admin| field(admin, "address")) else { return };
    let is_local = |address: &String| {
        address.starts_with('/') || address.starts_with('@') || address.starts_with("127.") || address.starts_with("::1:")
    };
    if !addresses(address).iter().all(is_local) {
        findings.push(LINT.at(
            address.span,
            "whoever reaches `admin` can stop Envoy, read its configuration with the secrets in it, and change its runtime settings, without a password",
            "let it listen on `127.0.0.1` or a `pipe`, or leave `admin` out",
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{flags, is_silent, with};
    use super::*;

    #[test]
    fn admin_is_on_loopback() {
        flags(&with("address: 127.0.0.1, port_value: 9901", "address: 0.0.0.0, port_value: 9901"), &LINT, "admin:");
        is_silent(&with("socket_address: { address: 127.0.0.1, port_value: 9901 }", "pipe: { path: /run/admin.sock }"), &LINT);
    }
}
