//! A client can have the identity removed.

use super::super::{Finding, Intent, Lint, Severity};
use super::flow::Model;

pub(super) const LINT: Lint =
    Lint::new("caddy-connection-header", Severity::Medium, "a client can have the identity removed by `Connection`");

pub(super) fn check(model: &Model<'_>, _: &Intent<'_>, findings: &mut Vec<Finding>) {
    for (reach, gate) in model.asked() {
        if let Some(name) = gate.copied.first().filter(|_| !reach.state.is_taken("connection")) {
            findings.push(LINT.at(
                gate.node.span,
                format!("with `Connection: close, {name}` a client makes Caddy remove the gate's header on the way to the application, which then sees nobody, or takes the request for one from inside"),
                "write `request_header -Connection` before `forward_auth`, for websockets `request_header Connection Upgrade`",
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{GOOD, flags, is_silent, with};
    use super::*;

    #[test]
    fn connection_is_written_anew() {
        flags(&with(", \"Connection\"", ""), &LINT, "\"handler\": \"reverse_proxy\",");
        is_silent(GOOD, &LINT);
    }
}
