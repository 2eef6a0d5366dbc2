use std::collections::BTreeMap;

use crate::lint::finding::{Finding, Lint, Severity};
use crate::lint::nginx::Subject;
use crate::model::{Block, Definition, LocationId, names};
use crate::nginx::Directive;

pub(crate) const LINT: Lint =
    Lint::new("real-ip-anyone", Severity::Critical, "clients choose the address that nginx takes for theirs");

/// `set_real_ip_from` names all addresses, or nearly all, and is in force in a protected location. Then a header says where a client is:
/// it opens where an `allow` is enough, and makes rules about addresses worthless elsewhere.
pub(crate) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let model = &subject.model;
    let mut found: BTreeMap<_, (&Directive, Severity)> = BTreeMap::new();
    for (id, _) in model.protected() {
        let lines = model.scopes.effective(model.location(id).scope, "set_real_ip_from");
        for line in lines.iter().filter(|line| line.argument(0).is_some_and(is_everybody)) {
            let severity = severity(subject, id);
            let entry = found.entry(line.span()).or_insert((line, severity));
            entry.1 = entry.1.max(severity);
        }
    }
    for (line, severity) in found.into_values() {
        let why = match severity {
            Severity::Critical => {
                "a client that sends the header with an allowed address is let in without the gate: `satisfy any` asks for no more"
            }
            Severity::High => "a client that sends the header with an allowed address passes the conditions about addresses here",
            _ => "logs, limits, rules about addresses and what the gate is told go by an address that the client has made up",
        };
        let help = "name the proxies in front alone: `set_real_ip_from 10.0.0.1;`";
        findings.push(LINT.at(line.span(), why, help).severity(severity));
    }
}

fn severity(subject: &Subject<'_>, id: LocationId) -> Severity {
    let model = &subject.model;
    let scope = model.location(id).scope;
    let allows = model.scopes.addresses(scope).iter().any(|line| line.is("allow"));
    let is_any = model.scopes.value(scope, "satisfy").and_then(|line| line.argument(0)) == Some(b"any");
    match (allows, is_any) {
        (true, true) => Severity::Critical,
        (true, false) => Severity::Medium,
        (false, _) if asks_where(subject, id) => Severity::High,
        (false, _) => Severity::Medium,
    }
}

/// Whether an `if` of the location or its server looks at a `geo` of the address, or at the address itself.
fn asks_where(subject: &Subject<'_>, id: LocationId) -> bool {
    let model = &subject.model;
    let is_place = |name: &[u8]| {
        let is_geo = |definition: &Definition<'_>| matches!(definition, Definition::Table(line) if line.is("geo") && line.argument(1).is_none());
        name == b"remote_addr" || model.variables.of(name).iter().any(is_geo)
    };
    let conditions = model.scopes.outward(model.location(id).scope).flat_map(|scope| model.scopes.conditions(scope));
    let conditions = conditions.filter(|(_, scope)| scope.block == Block::If).filter_map(|(_, scope)| scope.directive);
    let words = conditions.flat_map(|directive| directive.arguments()).flat_map(|word| names(word.value()));
    words.flat_map(|name| model.variables.behind(&[b"$", &name[..]].concat())).any(|name| is_place(&name))
}

/// Whether a network is at least a 128th of all addresses.
fn is_everybody(network: &[u8]) -> bool {
    let length = network.iter().position(|byte| *byte == b'/').and_then(|at| network.get(at.saturating_add(1)..));
    let length = length.and_then(|length| std::str::from_utf8(length).ok()).and_then(|length| length.parse::<u8>().ok());
    length.is_some_and(|length| length < 8) || network == b"all"
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::worst;
    use crate::lint::Severity;

    fn with(server: &str) -> Option<Severity> {
        let gate = "location = /_auth { internal; proxy_pass http://a/verify; }";
        let all = format!("server {{ {server} {gate} location / {{ auth_request /_auth; proxy_pass http://b; }} }}");
        worst("real-ip-anyone", &format!("geo $inside {{ default 0; 10.0.0.0/8 1; }} {all}"))
    }

    #[test]
    fn address_from_anybody_is_the_clients_choice() {
        let real = "set_real_ip_from 0.0.0.0/0; real_ip_header X-Forwarded-For;";
        assert_eq!(with(&format!("{real} satisfy any; allow 10.0.0.0/8; deny all;")), Some(Severity::Critical));
        assert_eq!(with(&format!("{real} allow 10.0.0.0/8; deny all;")), Some(Severity::Medium));
        assert_eq!(with(&format!("{real} if ($inside = 0) {{ return 403; }}")), Some(Severity::High));
        assert_eq!(with(real), Some(Severity::Medium));
        assert_eq!(with("set_real_ip_from ::/0;"), Some(Severity::Medium));
    }

    #[test]
    fn address_from_known_proxies_is_fine() {
        assert_eq!(with("set_real_ip_from 10.0.0.0/8; set_real_ip_from unix:; set_real_ip_from 2001:db8::/32;"), None);
    }
}
