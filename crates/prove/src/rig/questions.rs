//! For which paths a server is asked: those of every location and around it, and the usual.

use std::collections::BTreeSet;

use super::probe::Looks;
use super::sample;
use crate::lint::Subject;
use crate::model::{LocationId, Matcher, ServerId};

/// What is asked of one server.
#[derive(Debug)]
pub(crate) struct Questions {
    /// Names that lead to the server.
    pub(crate) host: String,
    /// Paths that any file can have, and those of its locations.
    pub(crate) paths: Vec<String>,
    /// Some that are behind the gate.
    pub(crate) main: Vec<String>,
    /// Some of locations that do not ask the gate.
    pub(crate) beside: Vec<String>,
    /// Texts that expressions of its locations are for.
    samples: Vec<String>,
}

impl Questions {
    pub(crate) fn new(subject: &Subject<'_>, server: ServerId) -> Self {
        let model = &subject.model;
        let names = &model.server(server).names;
        let host = names.iter().find(|name| !name.is_empty() && *name != b"_" && !name.starts_with(b"~"));
        let host = host.map_or_else(|| "app.test".to_owned(), |name| host_of(&String::from_utf8_lossy(name)));
        let mut paths: Vec<String> = USUAL.iter().map(|path| (*path).to_owned()).collect();
        let [mut main, mut beside] = [Vec::new(), Vec::new()];
        for (id, location) in model.locations().filter(|(_, location)| location.server == server) {
            let Some(base) = base(subject, id) else { continue };
            let stem = base.trim_end_matches('/');
            let ends = [
                "",
                "/",
                "x",
                "/x",
                "/x/y",
                "../admin/report.txt",
                "../private/report.txt",
                "/missing",
                "/x.php",
                "/report.txt",
                "/index.html",
                "/../nope/",
                "../nope/",
            ];
            paths.push(base.clone());
            paths.extend(ends.iter().map(|end| format!("{stem}{end}")));
            let is_main = model.is_protected(id) && !model.is_asking(id) && main.len() < MOST_MAIN;
            if !model.is_protected(id) && !model.is_asking(id) && model.passes(id).next().is_some() && beside.len() < MOST_MAIN {
                beside.push(if location.is_exact() { base.clone() } else { format!("{stem}/x") });
            }
            if is_main {
                main.push(if location.is_exact() { base } else { format!("{stem}/report.txt") });
            }
        }
        let samples = samples(subject, server);
        main.extend(["/admin/report.txt", "/admin/", "/api/v1/x"].map(str::to_owned));
        let one = |paths: Vec<String>| {
            let mut seen = BTreeSet::new();
            paths.into_iter().filter(|path| path.starts_with('/') && seen.insert(path.clone())).collect::<Vec<_>>()
        };
        let (mut paths, main) = (one(paths), one(main));
        paths.truncate(MOST_PATHS);
        Self { host, paths, main, beside, samples }
    }

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

/// A path that leads to a location; none to one that no request can name.
fn base(subject: &Subject<'_>, id: LocationId) -> Option<String> {
    let location = subject.model.location(id);
    match &location.matcher {
        Matcher::Named | Matcher::Rest => None,
        Matcher::Regex(pattern) => {
            let start = pattern.starts().first().map(|start| String::from_utf8_lossy(start).into_owned());
            start.filter(|start| start.starts_with('/') && start.len() > 1)
        }
        Matcher::Exact | Matcher::Prefix | Matcher::Final => Some(String::from_utf8_lossy(location.pattern).into_owned()),
    }
}

/// Texts that the expressions of a server's locations are for.
fn samples(subject: &Subject<'_>, server: ServerId) -> Vec<String> {
    let locations = subject.model.locations().filter(|(_, location)| location.server == server);
    let expressions = locations.filter(|(_, location)| location.regex().is_some());
    let expressions = expressions.filter_map(|(_, location)| std::str::from_utf8(location.pattern).ok());
    expressions.flat_map(sample::of).take(MOST_SAMPLES).collect()
}

/// A host that a server name stands for.
fn host_of(name: &str) -> String {
    name.replace('*', "w").trim_start_matches('.').to_owned()
}

const USUAL: [&str; 19] = [
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
const MOST_PATHS: usize = 400;

/// How many texts of expressions are tried.
const MOST_SAMPLES: usize = 40;

/// How many of them are asked for in every way.
const MOST_MAIN: usize = 3;
