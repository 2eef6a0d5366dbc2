use std::collections::BTreeSet;

use crate::lint::finding::{Finding, Lint, Severity};
use crate::lint::nginx::Subject;

pub(crate) const LINT: Lint = Lint::new(
    "open-backend-port",
    Severity::Info,
    "the application listens on the network, where the gate does not stand before it",
);

/// What is behind the gate is asked at an address that is neither of this machine nor a socket, without TLS. The configuration does not
/// show who else can reach it.
pub(crate) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let model = &subject.model;
    let mut seen = BTreeSet::new();
    for pass in model.protected().flat_map(|(id, _)| model.passes(id)) {
        let target = pass.directive.argument(0).unwrap_or_default();
        if [&b"https://"[..], b"grpcs://"].iter().any(|scheme| target.starts_with(scheme)) {
            continue;
        }
        for address in pass.addresses.iter().filter(|address| is_remote(address)) {
            if seen.insert(address) {
                let address = String::from_utf8_lossy(address);
                let why = format!(
                    "whoever reaches `{address}` by another way than this proxy is asked for nothing, and can say who they are"
                );
                let help = format!(
                    "let a firewall or a network of its own keep everybody but this proxy from `{address}`, or let the application listen on \
                     `127.0.0.1` or a socket"
                );
                findings.push(LINT.at(pass.directive.span(), why, help));
            }
        }
    }
}

fn is_remote(address: &[u8]) -> bool {
    let is_here = [&b"127."[..], b"[::1]", b"unix:"].iter().any(|start| address.starts_with(start));
    let is_unknown = address.is_empty() || address.contains(&b'$') || address.starts_with(b"upstream ");
    !is_here && !is_unknown
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::ids;

    fn count(pass: &str) -> usize {
        let gate = "location = /_auth { internal; proxy_pass http://10.0.0.1/verify; }";
        let text = format!(
            "{gate} location / {{ auth_request /_auth; proxy_pass {pass}; }} location /x {{ auth_request /_auth; proxy_pass {pass}; }}"
        );
        ids(&text).iter().filter(|(id, ..)| *id == "open-backend-port").count()
    }

    #[test]
    fn address_on_the_network_is_told_once() {
        assert_eq!(count("http://10.0.0.2:8080"), 1);
        assert_eq!(count("http://app:3000"), 1);
    }

    #[test]
    fn address_of_this_machine_is_fine() {
        for pass in ["http://127.0.0.1:8080", "http://localhost", "http://unix:/run/b", "https://10.0.0.2", "http://$b"] {
            assert_eq!(count(pass), 0, "{pass}");
        }
    }
}
