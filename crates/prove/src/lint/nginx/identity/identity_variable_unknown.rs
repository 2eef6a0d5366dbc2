use std::collections::BTreeSet;

use crate::lint::finding::{Finding, Lint, Severity};
use crate::lint::nginx::Subject;
use crate::lint::nginx::subject::{SETTERS, header, is_identity_name};
use crate::model::names;

pub(crate) const LINT: Lint = Lint::new(
    "identity-variable-unknown",
    Severity::High,
    "a header about the person is set from a variable that nothing gives a value",
);

/// A header whose name is about a person has a value of one variable that no `auth_request_set`, `set`, `map` or named group of an
/// expression defines. nginx refuses to start; a directive of another module might define it.
pub(crate) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let model = &subject.model;
    let mut groups: Option<BTreeSet<Vec<u8>>> = None;
    for (scope, _) in model.scopes.iter() {
        for line in SETTERS.iter().flat_map(|setter| model.scopes.own(scope, setter)) {
            let setter = String::from_utf8_lossy(line.name()).into_owned();
            let header = line.argument(0).and_then(|name| header(&setter, name));
            if !header.is_some_and(|header| is_identity_name(&header)) {
                continue;
            }
            for name in names(line.argument(1).unwrap_or_default()) {
                let groups = groups.get_or_insert_with(|| super::named_groups(subject));
                if !model.variables.of(&name).is_empty() || groups.contains(&name) || is_nginxs(&name) {
                    continue;
                }
                let name = String::from_utf8_lossy(&name);
                findings.push(LINT.at(
                    line.span(),
                    format!(
                        "nothing takes `${name}` from the gate's answer: nginx refuses to start, and no identity gets through"
                    ),
                    format!("write `auth_request_set ${name} $upstream_http_…;` beside the `auth_request`"),
                ));
            }
        }
    }
}

/// Whether nginx or a module of it gives the variable a value by itself, as far as headers about people are made of one.
fn is_nginxs(name: &[u8]) -> bool {
    let starts: [&[u8]; 12] = [
        b"http_",
        b"upstream_",
        b"sent_",
        b"cookie_",
        b"arg_",
        b"ssl_",
        b"request",
        b"remote_",
        b"jwt_",
        b"geoip",
        b"realip_",
        b"proxy_",
    ];
    let names: [&[u8]; 12] = [
        b"host",
        b"uri",
        b"args",
        b"scheme",
        b"hostname",
        b"server_name",
        b"server_addr",
        b"server_port",
        b"is_args",
        b"document_uri",
        b"binary_remote_addr",
        b"oidc_user",
    ];
    starts.iter().any(|start| name.starts_with(start)) || names.contains(&name)
}
