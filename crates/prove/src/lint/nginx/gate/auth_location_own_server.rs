use std::collections::{BTreeSet, HashMap};

use super::{Asking, passing};
use crate::lint::finding::{Finding, Lint, Severity};
use crate::lint::nginx::Subject;
use crate::model::{By, LocationId, Model, Pass, Path, ServerId};
use crate::nginx::Directive;

pub(crate) const LINT: Lint =
    Lint::new("auth-location-own-server", Severity::Critical, "a server of this nginx answers for the gate, and says yes");

/// The gate is asked at an address at which this configuration listens itself, and what listens there answers 2xx without asking
/// anybody: a stub, or a way out for the day on which the gate is down.
///
/// A server that passes the question on, to the gate or to another server here, opens as well if it makes a yes of an outage, or keeps
/// one person's yes for the next.
pub(crate) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let model = &subject.model;
    let mut by_port: HashMap<&[u8], Vec<ServerId>> = HashMap::new();
    for (id, server) in model.servers() {
        for listen in &server.listens {
            by_port.entry(port(listen)).or_default().push(id);
        }
    }
    for gate in passing(subject) {
        let mut seen = BTreeSet::new();
        let mut open = vec![(gate.id, gate.pass, gate.pass.path.clone().unwrap_or_else(|| gate.auth.path.to_vec()))];
        while let Some((from, pass, path)) = open.pop() {
            let near = pass.addresses.iter().filter_map(|address| by_port.get(port(address))).flatten().take(MOST).copied();
            let near: Vec<_> = near
                .filter(|server| model.server(*server).listens.iter().any(|listen| leads_to(&pass.addresses, listen)))
                .collect();
            let taking = taking(model, &near, from, pass);
            for server in near {
                let here = model.server(server);
                let id = model.find(server, &path);
                let is_taking = taking.contains(&server);
                let found = match model.answer(id, Path::OfRequest(&path)).by {
                    By::Success(line) if is_taking || from == gate.id => {
                        let line = line.or(here.directive);
                        Some(Opening { severity: Severity::Critical, why: SAYS_YES.to_owned(), help: ALONE.to_owned(), line })
                    }
                    By::Program(_) if is_taking && seen.insert(server) && !model.is_protected(id) => {
                        let Some(next) = model.passes(id).next() else { continue };
                        open.push((id, next, path_at(model, id, next, &path)));
                        passed_on(&gate, id, next, &path)
                    }
                    _ => None,
                };
                let Some(Opening { severity, why, help, line }) = found else { continue };
                let finding = LINT.at(gate.pass.directive.span(), why, help).severity(severity);
                findings.push(match line.map(Directive::span) {
                    Some(span) => finding.also(span, "it is done here"),
                    None => finding,
                });
            }
        }
    }
}

/// What lets people in at a server that is asked.
struct Opening<'c> {
    severity: Severity,
    why: String,
    help: String,
    line: Option<&'c Directive>,
}

/// Of the servers at an address, those that can take the question: by the name that it is asked for, or else the first.
fn taking(model: &Model<'_>, near: &[ServerId], from: LocationId, pass: &Pass<'_>) -> Vec<ServerId> {
    let location = model.location(from);
    let set = model.scopes.effective(location.scope, "proxy_set_header").iter();
    let host = set.rev().find(|line| line.argument(0).is_some_and(|name| name.eq_ignore_ascii_case(b"host")));
    let host = host.and_then(|line| line.argument(1)).map_or_else(|| authority(pass), <[u8]>::to_ascii_lowercase);
    if host.contains(&b'$') && !host.starts_with(b"$proxy_host") {
        // The name of the request, which its own server is for.
        if near.contains(&location.server) {
            return vec![location.server];
        }
    }
    let host = if host.starts_with(b"$") { authority(pass) } else { host };
    let host = host.split(|byte| *byte == b':').next().unwrap_or_default();
    let best = near.iter().filter_map(|id| Some((model.server(*id).fit(host)?, *id))).min_by(|left, right| left.0.cmp(&right.0));
    let default = near.iter().copied().find(|id| model.server(*id).is_default).or_else(|| near.first().copied());
    best.map(|(_, id)| id).or(default).into_iter().collect()
}

/// The host that an address names, in lower case.
fn authority(pass: &Pass<'_>) -> Vec<u8> {
    let address = pass.directive.argument(0).unwrap_or_default();
    let start = address.windows(3).position(|window| window == b"://").map_or(0, |at| at.saturating_add(3));
    let rest = address.get(start..).unwrap_or_default();
    rest.split(|byte| matches!(byte, b'/' | b':' | b'$')).next().unwrap_or_default().to_ascii_lowercase()
}

/// The path that is asked for from a location that takes one.
fn path_at(model: &Model<'_>, id: LocationId, pass: &Pass<'_>, path: &[u8]) -> Vec<u8> {
    let location = model.location(id);
    match &pass.path {
        Some(other) if location.is_prefix() => [other, path.strip_prefix(location.pattern).unwrap_or_default()].concat(),
        Some(other) => other.clone(),
        None => path.to_vec(),
    }
}

/// What makes a yes of something else where the question is passed on.
fn passed_on<'c>(gate: &Asking<'_, 'c>, id: LocationId, pass: &Pass<'c>, path: &[u8]) -> Option<Opening<'c>> {
    let model = gate.model;
    let pardons = super::auth_location_error_page::pardons(model, id, path);
    if let Some(pardon) = pardons.into_iter().max_by_key(|pardon| pardon.severity) {
        let why = format!("the gate is asked through a server in this configuration: {}", pardon.why);
        return Some(Opening { severity: pardon.severity, why, help: ALONE.to_owned(), line: Some(pardon.directive) });
    }
    let location = model.location(id);
    let inner = Asking { model, id, location, auth: gate.auth, pass, place: gate.place, kind: super::kind(pass)? };
    let cache = super::auth_location_cache::cache(&inner)?;
    let (severity, why) = super::auth_location_cache::judge(&inner).filter(|(severity, _)| *severity >= Severity::High)?;
    let why = format!("the gate is asked through a server in this configuration, which keeps its answers: {why}");
    let help = format!("write `{}_cache off;` where that server passes the question on, or ask the gate itself", inner.kind);
    Some(Opening { severity, why, help, line: inner.option("cache_key").or(Some(cache)) })
}

const SAYS_YES: &str = "one of the servers that are asked is in this configuration, and it says yes to everybody";
const ALONE: &str = "ask the gate alone; when it is down, everything behind it has to wait";

/// What stands behind the last colon: the port, or the path of a socket.
fn port(address: &[u8]) -> &[u8] {
    address.rsplit(|byte| *byte == b':').next().unwrap_or(address)
}

/// How many servers on one port are looked at: those of one address answer alike.
const MOST: usize = 100;

/// Whether one of the addresses is where a server listens.
fn leads_to(addresses: &[Vec<u8>], listen: &[u8]) -> bool {
    let is_here = |address: &Vec<u8>| {
        let any = [&b"*:"[..], b"0.0.0.0:", b"[::]:"].iter().find_map(|any| listen.strip_prefix(*any));
        let local = [&b"127.0.0.1:"[..], b"[::1]:"].iter().find_map(|local| address.strip_prefix(*local));
        address == listen || any.is_some() && any == local
    };
    addresses.iter().any(is_here)
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::worst;
    use crate::lint::Severity;

    fn with(other: &str) -> Option<Severity> {
        let gate = "location = /_auth { internal; proxy_pass http://gate/verify; }";
        let app = format!("server {{ listen 80; {gate} location / {{ auth_request /_auth; proxy_pass http://b; }} }}");
        let group = "upstream gate { server 127.0.0.1:4180; server 127.0.0.1:4181 backup; }";
        worst("auth-location-own-server", &format!("{group} {app} server {{ {other} }}"))
    }

    #[test]
    fn server_that_says_yes_opens() {
        assert_eq!(with("listen 4181; return 204;"), Some(Severity::Critical));
        assert_eq!(with("listen 127.0.0.1:4181; location / { return 200 ok; }"), Some(Severity::Critical));
    }

    #[test]
    fn server_that_asks_somebody_or_says_no_is_fine() {
        assert_eq!(with("listen 4181; location / { proxy_pass http://127.0.0.1:9000; }"), None);
        assert_eq!(with("listen 4181; return 503;"), None);
        assert_eq!(with("listen 4182; return 204;"), None);
    }

    #[test]
    fn server_that_passes_on_with_kindness_opens() {
        let inner = |inside: &str| {
            with(&format!(
                "listen 4181; {inside} location / {{ proxy_pass http://127.0.0.1:9000; }} location @ok {{ return 200; }}"
            ))
        };
        assert_eq!(inner("error_page 502 504 =200 @ok;"), Some(Severity::Critical));
        assert_eq!(inner("error_page 401 = @ok; proxy_intercept_errors on;"), Some(Severity::Critical));
        assert_eq!(inner("error_page 502 =503 @ok;"), None);
        assert_eq!(inner("error_page 401 = @ok;"), None);
    }

    #[test]
    fn server_that_passes_on_and_keeps_answers_opens() {
        let inner = |inside: &str| with(&format!("listen 4181; location / {{ proxy_pass http://127.0.0.1:9000; {inside} }}"));
        assert_eq!(inner("proxy_cache z; proxy_cache_valid 200 1m; proxy_cache_key $request_uri;"), Some(Severity::Critical));
        assert_eq!(inner("proxy_cache z; proxy_cache_valid 200 1m; proxy_cache_key $http_cookie$http_authorization;"), None);
        let hop = "location / { proxy_pass http://127.0.0.1:4182; } } server { listen 4182; location / { proxy_pass http://a; ";
        assert_eq!(with(&format!("listen 4181; {hop} proxy_cache z; proxy_cache_valid 1m; }}")), Some(Severity::Critical));
        assert_eq!(with(&format!("listen 4181; {hop} }}")), None);
    }

    #[test]
    fn server_of_another_name_is_not_asked() {
        let kind = "error_page 502 =200 /50x.html; location / { proxy_pass http://127.0.0.1:9000; }";
        let plain = "location / { proxy_pass http://127.0.0.1:9000; }";
        let both =
            |first: &str, second: &str| with(&format!("listen 4181; {first} }} server {{ listen 4181; server_name x; {second}"));
        assert_eq!(both(plain, kind), None);
        assert_eq!(both(kind, plain), Some(Severity::Critical));
        let hop = "location / { proxy_pass http://127.0.0.1:4182; } } server { listen 4182; return 503; } server { listen 4182;";
        assert_eq!(with(&format!("listen 4181; {hop} server_name x; return 200;")), None);
    }
}
