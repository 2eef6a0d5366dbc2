use super::{openness, shared, unasked};
use crate::lint::finding::{Finding, Lint, Severity};
use crate::lint::nginx::Subject;
use crate::lint::nginx::words::{head, named};
use crate::model::{LocationId, Server};

pub(crate) const LINT: Lint =
    Lint::new("open-server", Severity::Critical, "another server leads to the same application, and asks nobody");

/// A location of another server passes requests on to a program that is behind the gate. Which server takes a request is the
/// client's to say, by the `Host` header, the port and the address.
pub(crate) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let model = &subject.model;
    for id in unasked(subject) {
        let location = model.location(id);
        let Some((pass, protected)) = shared(subject, id).filter(|(_, protected)| is_elsewhere(subject, id, *protected)) else {
            continue;
        };
        let Some(head) = head(location) else { continue };
        let server = model.server(location.server);
        if !server.listens.is_empty() && server.listens.iter().all(|listen| listen.starts_with(b"unix:")) {
            continue; // no client gets there
        }
        let guarded = model.server(model.location(protected).server);
        let severity = match openness(subject, id, pass) {
            Severity::Critical if is_another_site(server, guarded) => Severity::High,
            severity => severity,
        };
        let finding = LINT.at(
            head,
            format!(
                "whoever asks for {} gets to the application that the gate keeps in {}",
                hosts(server),
                named(model, protected)
            ),
            "protect this server as well, or let it answer `return 444;` to every other host",
        );
        let mut finding = finding.severity(severity).also(pass.directive.span(), "the same application");
        if let Some(auth) = model.auth_request(protected) {
            finding = finding.also(auth.directive.span(), "the gate, in the other server");
        }
        findings.push(finding);
    }
}

fn is_elsewhere(subject: &Subject<'_>, id: LocationId, protected: LocationId) -> bool {
    subject.model.location(id).server != subject.model.location(protected).server
}

/// Whether a server has names of its own and is not the one for all others.
fn is_another_site(server: &Server<'_>, guarded: &Server<'_>) -> bool {
    let is_name = |name: &Vec<u8>| name.contains(&b'.') && !name.starts_with(b"~") && !guarded.names.contains(name);
    !server.is_default && !server.names.is_empty() && server.names.iter().all(is_name)
}

fn hosts(server: &Server<'_>) -> String {
    let names = server.names.iter().filter(|name| !name.is_empty());
    let names: Vec<_> = names.map(|name| String::from_utf8_lossy(name)).collect();
    let at = server.listens.iter().map(|listen| String::from_utf8_lossy(listen)).collect::<Vec<_>>().join(", ");
    match (server.is_default || names.is_empty() || names == ["_"], at.is_empty()) {
        (true, true) => "any other host".to_owned(),
        (true, false) => format!("any other host at {at}"),
        (false, true) => names.join(", "),
        (false, false) => format!("{} at {at}", names.join(", ")),
    }
}
