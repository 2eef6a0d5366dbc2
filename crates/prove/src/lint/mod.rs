//! Mistakes in configurations of proxies that let a request past the gate.

mod finding;
mod intent;
mod declared;
mod envoy;
mod traefik;
mod caddy;
mod ingress;
mod data_form;
#[cfg(test)]
mod testing;

pub use data_form::{data_lints, lint_data};
pub use finding::{Finding, Lint, Report, Severity};
pub use intent::Intent;
