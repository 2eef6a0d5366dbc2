//! Where nginx goes on with a request by itself, and when: error pages, rewrites, returns.

mod error_page_hides_refusal;
mod error_page_opens;
mod forbidden_loop;
mod gate_variable_too_early;
mod login_behind_gate;
mod login_without_location;
mod opaque_code;
mod open_fallback;
mod return_before_gate;
mod rewrite_before_gate;

use super::Rule;

pub(super) const RULES: &[Rule] = &[
    (&error_page_hides_refusal::LINT, error_page_hides_refusal::check),
    (&error_page_opens::LINT, error_page_opens::check),
    (&forbidden_loop::LINT, forbidden_loop::check),
    (&gate_variable_too_early::LINT, gate_variable_too_early::check),
    (&login_behind_gate::LINT, login_behind_gate::check),
    (&login_without_location::LINT, login_without_location::check),
    (&opaque_code::LINT, opaque_code::check),
    (&open_fallback::LINT, open_fallback::check),
    (&return_before_gate::LINT, return_before_gate::check),
    (&rewrite_before_gate::LINT, rewrite_before_gate::check),
];
