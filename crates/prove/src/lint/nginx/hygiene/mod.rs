//! What stands beside the gate and weakens it: other ways to be let in, caches, what strangers can read or reach.

mod authorization_forwarded;
mod header_aliases;
mod login_return_address;
mod merge_slashes;
mod open_backend_port;
mod page_cache;
mod real_ip_anyone;
mod satisfy_any;
mod ssi;
mod status_page;

use super::Rule;

pub(super) const RULES: &[Rule] = &[
    (&authorization_forwarded::LINT, authorization_forwarded::check),
    (&header_aliases::LINT, header_aliases::check),
    (&login_return_address::LINT, login_return_address::check),
    (&merge_slashes::LINT, merge_slashes::check),
    (&open_backend_port::LINT, open_backend_port::check),
    (&page_cache::LINT, page_cache::check),
    (&real_ip_anyone::LINT, real_ip_anyone::check),
    (&satisfy_any::LINT, satisfy_any::check),
    (&ssi::LINT, ssi::check),
    (&status_page::LINT, status_page::check),
];
