//! Traefik's and Caddy's question at `/auth/forward`.

use crate::draw::at_most;
use crate::proxy::Dialect;

/// What `Dialect::check` asserts: four of the `X-Forwarded-…` headers are read, and the client's address from the fifth.
pub fn forward_headers(data: &[u8]) {
    TRAEFIK.check(at_most(data, 512));
}

const TRAEFIK: Dialect = Dialect {
    endpoint: "/auth/forward",
    required: &["X-Forwarded-Method", "X-Forwarded-Uri", "X-Forwarded-Host", "X-Forwarded-Proto"],
    redirects: true,
    reads_forwarded_for: true,
    is_portless: false,
};

/// Inputs to begin with.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    vec![vec![0; 8], vec![0, 0, 0, 1, 0, 0, 0, 0, 4, 3], vec![0, 0, 0, 4, 0, 0, 0, 0, 4, 3, 0, 3, 1, 2]]
}
