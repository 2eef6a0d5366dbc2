//! nginx's question at `/auth/verify`.

use crate::draw::at_most;
use crate::proxy::Dialect;

/// What `Dialect::check` asserts: the method, the target and `Host` are read, nothing else.
pub fn verify_headers(data: &[u8]) {
    NGINX.check(at_most(data, 512));
}

const NGINX: Dialect = Dialect {
    endpoint: "/auth/verify",
    required: &["X-Original-Method", "X-Original-URI", "Host"],
    redirects: false,
    reads_forwarded_for: false,
    is_portless: true,
};

/// Inputs to begin with.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    vec![vec![0; 8], vec![0, 0, 0, 1, 0, 0, 4, 0], vec![0, 0, 0, 2, 0, 3, 0, 2, 3, 1, 1, 1]]
}
