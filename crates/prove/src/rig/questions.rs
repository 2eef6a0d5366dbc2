//! What is asked of one server.

use super::probe::Looks;

/// What is asked of one server.
#[derive(Debug)]
pub(crate) struct Questions {
    /// Names that lead to the server.
    pub(crate) host: String,
    /// Paths that any file can have, and those of its locations.
    pub(crate) paths: Vec<String>,
    /// Some that are behind the gate.
    pub(crate) main: Vec<String>,
    /// Of those the ones whose own location asks the gate, which is what somebody who wrote it would name; all of them if there are none.
    pub(crate) guarded: Vec<String>,
    /// Some of locations that do not ask the gate.
    pub(crate) beside: Vec<String>,
    /// Texts that expressions of its locations are for.
    pub(crate) samples: Vec<String>,
    /// Whether anything of it is behind the gate.
    pub(crate) is_behind: bool,
}

impl Questions {
    /// The same place, written so that nginx and the program behind it could disagree.
    pub(crate) fn variants(&self, looks: &Looks) -> Vec<String> {
        let mut found = Vec::new();
        for path in &self.main {
            let stem = path.trim_end_matches('/');
            let rest = path.trim_start_matches('/');
            found.extend(BEHIND.iter().map(|end| format!("{stem}{end}")));
            found.extend(BEFORE.iter().map(|start| format!("{start}{path}")));
            found.extend(INSTEAD.iter().map(|start| format!("{start}{rest}")));
            found.push(path.to_uppercase());
            found.extend(self.samples.iter().flat_map(|sample| [format!("{stem}{sample}"), format!("{stem}/x{sample}")]));
            for name in &looks.arguments {
                found.extend(["1", "x", "true", "evil"].map(|value| format!("{path}?{name}={value}")));
            }
        }
        found
    }
}

/// Paths that sites have.
pub(crate) const USUAL: [&str; 19] = [
    "/",
    "/admin/",
    "/admin",
    "/admin/report.txt",
    "/secret.txt",
    "/index.html",
    "/api/v1/x",
    "/app/x",
    "/Admin/",
    "/adminx",
    "/login.html",
    "/missing",
    "/static/nope",
    "/boom",
    "/denied",
    "/files/report.txt",
    "/docs/report.txt",
    "/x.php",
    "/login",
];

const BEHIND: [&str; 42] = [
    "?debug=1",
    "?token=x",
    ";x",
    ";/x",
    "/x.php",
    "/x.css",
    "/x.js",
    "/x.json",
    "/x.png",
    "/x.txt",
    ".php",
    "/x.php/health",
    "/health",
    "/healthz",
    ".php/health",
    ";/healthz",
    "/login",
    "/static/x",
    "/ws",
    "/api",
    "%5cx",
    "%20",
    "/.",
    "/x/../",
    "//",
    "%23x",
    "#x",
    ".json",
    "/favicon.ico",
    "/robots.txt",
    "/index.html",
    "/x.svg",
    "/x.woff2",
    "/assets/x",
    "/public",
    "/metrics",
    "/ping",
    "/.well-known/acme-challenge/x",
    "?x=/public/",
    "?/login",
    "/x.jpg",
    "/x.html",
];

const BEFORE: [&str; 17] = [
    "/",
    "/.",
    "/x/..",
    "/x/%2e%2e",
    "/;",
    "/;x",
    "/x/..;",
    "/static/..;",
    "/public/..;",
    "/public/..",
    "/public/%2e%2e",
    "/assets/..",
    "/x%2f..",
    "/.well-known/acme-challenge/..;",
    "/.well-known/acme-challenge/../..",
    "/public",
    "/health",
];

const INSTEAD: [&str; 6] = ["/x%5c..%5c", "/x/..%252f", "/public/..%252f", "/static../", "/%2f", "/%5c"];

/// How many paths of a server are asked for.
pub(crate) const MOST_PATHS: usize = 400;
