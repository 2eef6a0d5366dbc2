//! How long the gate is waited for.

use super::super::{Finding, Intent, Lint, Severity};
use super::{Model, field, path, seconds};

pub(super) const LINT: Lint =
    Lint::new("envoy-gate-timeout", Severity::Low, "the gate is waited for too short or without an end");

pub(super) fn check(model: &Model<'_>, _: &Intent<'_>, findings: &mut Vec<Finding>) {
    for gate in model.gates() {
        let service = field(gate.config, "grpc_service").or_else(|| path(gate.config, &["http_service", "server_uri"]));
        let Some(service) = service else { continue };
        match field(service, "timeout") {
            None if field(gate.config, "grpc_service").is_none() => findings.push(LINT.at(
                service.span,
                "`server_uri` needs a `timeout`: Envoy refuses the file without one",
                "write `timeout: 3s`",
            )),
            None => findings.push(LINT.at(
                service.span,
                "without `timeout` Envoy waits 200 milliseconds: a password that is hashed, or keys that are fetched, take longer, and people are refused",
                "write `timeout: 3s`",
            )),
            Some(timeout) if seconds(timeout) == Some(0.0) => findings.push(LINT.at(
                timeout.span,
                "`0s` is no limit: a gate that hangs takes every request with it",
                "write `timeout: 3s`",
            )),
            Some(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{flags, is_silent, with};
    use super::*;

    #[test]
    fn gate_is_waited_for_some_seconds() {
        flags(&with(", timeout: 3s }", " }"), &LINT, "server_uri:");
        flags(&with("timeout: 3s", "timeout: 0s"), &LINT, "timeout: 0s");
        is_silent(&with("timeout: 3s", "timeout: 0.5s"), &LINT);
        let grpc = "grpc_service: { envoy_grpc: { cluster_name: gate } }\n              was:";
        flags(&with("http_service:", grpc), &LINT, "grpc_service:");
    }
}
