//! Whether there is an nginx to run.

use std::path::Path;

/// `GATEWRIGHT_REQUIRE_PROXIES` makes it a failure if there is none.
pub(crate) fn has_nginx() -> bool {
    let has = Path::new("/usr/sbin/nginx").exists();
    assert!(has || std::env::var_os("GATEWRIGHT_REQUIRE_PROXIES").is_none(), "nginx is not installed");
    if !has {
        eprintln!("skipped: nginx is not installed");
    }
    has
}

/// A configuration of which it is known what it does.
pub(crate) fn catalogue(file: &str) -> String {
    format!("{}/tests/linter/catalogue/{file}", env!("CARGO_MANIFEST_DIR"))
}
