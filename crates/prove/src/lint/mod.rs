//! Mistakes in configurations of proxies that let a request past the gate.

mod finding;
mod intent;

pub use finding::{Finding, Lint, Report, Severity};
pub use intent::Intent;
