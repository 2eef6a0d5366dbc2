//! Whether the configuration and what is declared beside it say the same.

mod comment_unknown;
mod policy_host_unprotected;

use super::{Rule, Subject};

pub(super) const RULES: &[Rule] =
    &[(&comment_unknown::LINT, comment_unknown::check), (&policy_host_unprotected::LINT, policy_host_unprotected::check)];
