//! Caddy's own port.

use super::super::{Finding, Intent, Lint, Severity};
use super::flow::Model;
use super::path;
use crate::data::Node;

pub(super) const LINT: Lint =
    Lint::new("caddy-admin-reachable", Severity::High, "whoever reaches Caddy's own port can change its configuration");

pub(super) fn check(model: &Model<'_>, _: &Intent<'_>, findings: &mut Vec<Finding>) {
    let Some(listen) = path(model.root, &["admin", "listen"]) else { return };
    let disabled = path(model.root, &["admin", "disabled"]).is_some_and(Node::is_true);
    let address = listen.text().unwrap_or_default().to_ascii_lowercase();
    let is_local =
        ["127.", "localhost:", "[::1]:", "unix/"].iter().any(|local| address.trim_start_matches("tcp/").starts_with(local));
    if !is_local && !disabled {
        findings.push(LINT.at(
            listen.span,
            "the admin endpoint takes a new configuration without a password: whoever reaches it from another machine can take the gate out",
            "let it listen on `localhost:2019` or a unix socket, or write `admin off`",
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{flags, is_silent, with};
    use super::*;

    #[test]
    fn admin_is_on_loopback() {
        let admin = |listen: &str| with("\"disabled\": true", &format!("\"listen\": \"{listen}\""));
        flags(&admin("0.0.0.0:2019"), &LINT, "\"admin\"");
        flags(&admin(":2019"), &LINT, "\"admin\"");
        is_silent(&admin("unix//run/caddy.sock"), &LINT);
        is_silent(&admin("localhost:2019"), &LINT);
    }
}
