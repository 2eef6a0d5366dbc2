//! What the operator has declared, asked in the terms of proxies whose configurations are data.

use gatewright::{Decision, Request, UnixTime};

use super::Intent;
use crate::data::Node;

/// Which paths a route takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Paths {
    /// This one alone.
    One(String),
    /// All that begin so.
    Below(String),
    /// Chosen in a way that is not looked into.
    Some,
}

/// Whether all of these paths are meant to be open: each is listed as such, or the policy lets anybody see it.
///
/// Without a host that is known, at every host of the policy.
pub(super) fn is_open(intent: &Intent<'_>, hosts: &[String], paths: &Paths) -> bool {
    let listed = |path: &str, whole: bool| {
        intent.open.iter().any(|open| match open.strip_suffix('*') {
            Some(prefix) => path.starts_with(prefix),
            None => whole && open == path,
        })
    };
    match paths {
        Paths::One(path) => listed(path, true) || anybody_may_see(intent, hosts, std::slice::from_ref(path)),
        Paths::Below(path) => listed(path, false) || anybody_may_see(intent, hosts, &below(intent, path)),
        Paths::Some => false,
    }
}

fn anybody_may_see(intent: &Intent<'_>, hosts: &[String], paths: &[String]) -> bool {
    let Some((config, _)) = intent.policy else { return false };
    let mut hosts: Vec<String> = hosts.iter().filter(|host| *host != "*").cloned().collect();
    if hosts.is_empty() {
        hosts = config.hosts();
    }
    if hosts.is_empty() {
        hosts.push("gatewright.invalid".to_owned());
    }
    let hosts: Vec<String> = hosts.iter().map(|host| host.replace('*', "gatewright-lint")).collect();
    hosts.iter().all(|host| paths.iter().all(|path| lets_anybody_pass(intent, host.as_bytes(), path.as_bytes())))
}

/// Whether the policy lets anybody pass, by whatever method: without the gate, all of them do.
pub(super) fn lets_anybody_pass(intent: &Intent<'_>, host: &[u8], path: &[u8]) -> bool {
    let Some((_, authorizer)) = intent.policy else { return false };
    METHODS.iter().all(|method| {
        let request = Request::new(method, "https", host, path, &());
        matches!(authorizer.decide(&request, NOW), Decision::Allow(_))
    })
}

/// Paths that stand for all below one: any, and for each rule of the policy about something below one that it is about.
pub(super) fn below(intent: &Intent<'_>, start: &str) -> Vec<String> {
    let tree = start.trim_end_matches('/');
    let mut paths = vec![start.to_owned(), format!("{tree}/gatewright/lint.html")];
    for pattern in intent.policy.map(|(config, _)| config.paths()).unwrap_or_default() {
        if pattern.starts_with("re:") {
            // What it matches is not known, so nothing is open below for certain.
            return vec!["gatewright:no-path".to_owned()];
        }
        let plain = pattern.replace("/**", "/gatewright-lint").replace("/*", "/gatewright-lint");
        let ended = pattern.strip_suffix("/**").map(|folder| folder.replace("/*", "/gatewright-lint"));
        paths.extend([Some(plain), ended].into_iter().flatten().filter(|path| path.starts_with(start) && !path.is_empty()));
    }
    paths
}

/// Whether rules of the policy are about this host.
pub(super) fn is_host_of_policy(intent: &Intent<'_>, host: &str) -> bool {
    let name = |host: &str| match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name.to_ascii_lowercase(),
        _ => host.to_ascii_lowercase(),
    };
    let host = name(host);
    let hosts = intent.policy.map(|(config, _)| config.hosts()).unwrap_or_default();
    hosts.iter().map(|pattern| name(pattern)).any(|pattern| {
        host == pattern || pattern.strip_prefix('*').is_some_and(|suffix| host.len() > suffix.len() && host.ends_with(suffix))
    })
}

/// The headers that tell the application who is asking, in lower case: of the policy, and those that are declared.
pub(super) fn identity(intent: &Intent<'_>) -> Vec<String> {
    let policy = intent.policy.into_iter().flat_map(|(_, authorizer)| authorizer.identity_header_names());
    let mut names: Vec<String> = intent.identity.iter().map(String::as_str).chain(policy).map(str::to_ascii_lowercase).collect();
    names.sort();
    names.dedup();
    names
}

/// Adds names that configurations themselves give the gate's answers, but those that are no identity.
pub(super) fn with_found<'t>(mut names: Vec<String>, found: impl IntoIterator<Item = &'t str>) -> Vec<String> {
    let found = found.into_iter().map(str::to_ascii_lowercase);
    names.extend(found.filter(|name| !name.starts_with("x-forwarded-") && !NO_IDENTITY.contains(&name.as_str())));
    names.sort();
    names.dedup();
    names
}

/// Whether the gate of this policy says in every answer who is asking; of other gates that is not known.
pub(super) fn always_answers_with(intent: &Intent<'_>, header: &str) -> bool {
    intent.policy.is_some_and(|(_, authorizer)| authorizer.identity_header_names().any(|name| name.eq_ignore_ascii_case(header)))
}

/// Whether the gate looks for its session in a cookie; `None` if that is not known.
pub(super) fn needs_cookie(intent: &Intent<'_>) -> Option<bool> {
    intent.policy.map(|(_, authorizer)| authorizer.session_cookie().is_some())
}

/// Whether the policy knows of proxies in front, which say where a client comes from.
pub(super) fn stands_behind_proxies(intent: &Intent<'_>) -> bool {
    let hops = intent.policy.map(|(config, _)| config.http().trusted_hops.clone());
    hops.is_some_and(|hops| hops != gatewright::TrustedHops::Networks(Vec::new()) && hops != gatewright::TrustedHops::Count(0))
}

/// How a program that believes CGI's spelling would write a header otherwise: `x_user` for `x-user`; `None` if there is no other.
pub(super) fn alias(header: &str) -> Option<String> {
    header.contains('-').then(|| header.replace('-', "_"))
}

/// What a path of a gate stands for, if programs usually answer it with 200 whoever asks.
pub(super) fn answers_anybody(path: &str) -> Option<&'static str> {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    let is = |names: &[&str]| names.contains(&last.as_str());
    if is(&["login", "signin", "sign_in", "sign-in"]) {
        return Some("a login page");
    }
    is(HEALTH).then_some("a health check")
}

/// `host:port` of a URL or an address, in lower case, so that two can be compared; without a port that of the scheme.
pub(super) fn authority(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let authority = authority.rsplit('@').next().unwrap_or_default().to_ascii_lowercase().replace("localhost", "127.0.0.1");
    let has_port =
        authority.rsplit_once(':').is_some_and(|(_, port)| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()));
    let port = if scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("h2") { "443" } else { "80" };
    if has_port { authority } else { format!("{}:{port}", authority.trim_end_matches(':')) }
}

/// The path of a URL, `/` if it has none.
pub(super) fn path_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("/")
}

/// Whether the value or one of those around it is declared open by a comment.
pub(super) fn is_commented_open<'n>(nodes: impl IntoIterator<Item = &'n Node>) -> bool {
    nodes.into_iter().any(|node| node.declared_open)
}

/// The methods that programs use.
const METHODS: &[&str] = &["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
/// Any moment: what is open to anybody does not depend on it.
const NOW: UnixTime = UnixTime::from_secs(1_767_225_600);
const NO_IDENTITY: &[&str] = &[
    "accept",
    "authorization",
    "cache-control",
    "connection",
    "content-length",
    "content-type",
    "cookie",
    "date",
    "host",
    "location",
    "proxy-authorization",
    "server",
    "set-cookie",
    "traceparent",
    "www-authenticate",
    "x-gatewright-proxy",
    "x-request-id",
];
const HEALTH: &[&str] = &[
    "health",
    "healthz",
    "health_check",
    "healthcheck",
    "health-check",
    "live",
    "livez",
    "liveness",
    "metrics",
    "ping",
    "ready",
    "readyz",
    "readiness",
    "robots.txt",
    "favicon.ico",
];

#[cfg(test)]
mod tests {
    use gatewright::{Authorizer, Config};

    use super::*;

    #[test]
    fn policy_says_what_is_open() {
        let policy = "version = 1\n[[rule]]\nid = \"static\"\nhosts = [\"a.example\"]\npaths = [\"/static/**\", \"/static\", \"/one\"]\nallow = \"anyone\"\n[[rule]]\nid = \"rest\"\nhosts = [\"a.example\", \"*.b.example\"]\ndeny = \"anyone\"\n";
        let config = Config::from_toml(policy).unwrap();
        let authorizer = Authorizer::new(&config).unwrap();
        let intent = Intent { policy: Some((&config, &authorizer)), ..Intent::default() };
        let open = |host: &str, paths: Paths| is_open(&intent, &[host.to_owned()], &paths);
        assert!(open("a.example", Paths::Below("/static".to_owned())) && open("a.example", Paths::One("/one".to_owned())));
        assert!(!open("a.example", Paths::Below("/one".to_owned())) && !open("x.b.example", Paths::One("/one".to_owned())));
        assert!(!open("*", Paths::One("/one".to_owned())), "at every host of the policy");
        assert!(is_host_of_policy(&intent, "A.example:443") && is_host_of_policy(&intent, "x.b.example"));
        assert!(!is_host_of_policy(&intent, "b.example"));
    }

    #[test]
    fn tree_is_open_if_no_rule_closes_a_part_of_it_or_a_method() {
        let below = |rules: &str| {
            let config = Config::from_toml(&format!("version = 1\n{rules}")).unwrap();
            let authorizer = Authorizer::new(&config).unwrap();
            let intent = Intent { policy: Some((&config, &authorizer)), ..Intent::default() };
            is_open(&intent, &["a.example".to_owned()], &Paths::Below("/static/".to_owned()))
        };
        let open = "[[rule]]\nid = \"open\"\nhosts = [\"a.example\"]\npaths = [\"/static/**\"]\nallow = \"anyone\"\n";
        let closed = |path: &str| format!("[[rule]]\nid = \"closed\"\npaths = [\"{path}\"]\ndeny = \"anyone\"\n");
        assert!(below(open) && below(&format!("{}{open}", closed("/other/**"))));
        for path in ["/static/admin/**", "/static/*/secret", "/static/key", "re:/static/[0-9]+"] {
            assert!(!below(&format!("{}{open}", closed(path))), "{path}");
        }
        assert!(!below(&open.replace("allow =", "methods = [\"GET\"]\nallow =")));
    }

    #[test]
    fn list_says_what_is_open() {
        let open = ["/static/*".to_owned(), "/one".to_owned()];
        let intent = Intent { open: &open, ..Intent::default() };
        let is_open = |paths: Paths| is_open(&intent, &[], &paths);
        assert!(is_open(Paths::Below("/static/a".to_owned())) && is_open(Paths::One("/one".to_owned())));
        assert!(!is_open(Paths::Below("/one".to_owned())) && !is_open(Paths::Below("/".to_owned())) && !is_open(Paths::Some));
    }

    #[test]
    fn addresses_are_compared_with_their_port() {
        assert_eq!(authority("http://App/x"), "app:80");
        assert_eq!(authority("https://localhost"), "127.0.0.1:443");
        assert_eq!(authority("10.0.0.1:8080"), "10.0.0.1:8080");
        assert_eq!((path_of("http://a"), path_of("http://a:1/b?c")), ("/", "/b?c"));
    }

    #[test]
    fn pages_for_everybody_are_known_by_their_names() {
        assert_eq!(answers_anybody("/oauth2/sign_in"), Some("a login page"));
        assert_eq!(answers_anybody("/healthz?full"), Some("a health check"));
        assert_eq!(answers_anybody("/auth/forward"), None);
    }
}
