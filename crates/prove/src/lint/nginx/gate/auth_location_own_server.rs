use std::collections::HashMap;

use super::passing;
use crate::lint::finding::{Finding, Lint, Severity};
use crate::lint::nginx::Subject;
use crate::model::{By, Path, ServerId};

pub(crate) const LINT: Lint =
    Lint::new("auth-location-own-server", Severity::Critical, "a server of this nginx answers for the gate, and says yes");

/// The gate is asked at an address at which this configuration listens itself, and what listens there answers 2xx without asking
/// anybody: a stub, or a way out for the day on which the gate is down.
pub(crate) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let model = &subject.model;
    let mut by_port: HashMap<&[u8], Vec<ServerId>> = HashMap::new();
    for (id, server) in model.servers() {
        for listen in &server.listens {
            by_port.entry(port(listen)).or_default().push(id);
        }
    }
    for gate in passing(subject) {
        let path = gate.pass.path.as_deref().unwrap_or(gate.auth.path);
        let near = gate.pass.addresses.iter().filter_map(|address| by_port.get(port(address))).flatten().take(MOST);
        for server in near.copied() {
            let here = model.server(server);
            if !here.listens.iter().any(|listen| leads_to(&gate.pass.addresses, listen)) {
                continue;
            }
            let answer = model.answer(model.find(server, path), Path::OfRequest(path));
            let By::Success(line) = answer.by else { continue };
            let finding = LINT.at(
                gate.pass.directive.span(),
                "one of the servers that are asked is in this configuration, and it says yes to everybody",
                "ask the gate alone; when it is down, everything behind it has to wait",
            );
            let line = line.or(here.directive).map(crate::nginx::Directive::span);
            findings.push(match line {
                Some(span) => finding.also(span, "answered here"),
                None => finding,
            });
        }
    }
}

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
}
