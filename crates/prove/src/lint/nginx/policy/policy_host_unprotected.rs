use super::Subject;
use crate::lint::finding::{Finding, Lint, Severity};
use crate::model::{Server, ServerId};
use crate::source::Span;

pub(crate) const LINT: Lint =
    Lint::new("policy-host-unprotected", Severity::High, "the policy has rules for a host whose server asks nobody");

/// The server that takes a host of the policy's rules has no location that asks the gate (high), or no server is for it (medium: it
/// may be in another file).
pub(crate) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let Some((config, _)) = subject.intent.policy else { return };
    let model = &subject.model;
    let mut first = None;
    for (id, server) in model.servers() {
        first = first.or_else(|| at(server).map(|span| (id, span)));
    }
    let Some((_, first)) = first else { return };
    for pattern in config.hosts() {
        // `*.example.com` is asked as a name below it.
        let host = pattern.split(':').next().unwrap_or(&pattern).replace('*', "gatewright-sample").to_ascii_lowercase();
        let fitting = model.servers().filter_map(|(id, server)| Some((server.fit(host.as_bytes())?, id)));
        let mut fitting: Vec<_> = fitting.collect();
        fitting.sort();
        let Some((best, _)) = fitting.first().copied() else {
            let finding = LINT.at(
                first,
                format!("no server here is for `{pattern}`, about which the policy has rules"),
                format!("write a server with `server_name {pattern};` that asks the gate, or take the host from the rules"),
            );
            findings.push(finding.severity(Severity::Medium));
            continue;
        };
        // The same name may stand in several servers, one for each port; those that only redirect need no gate.
        let taking = fitting.iter().filter(|(fit, _)| *fit == best).map(|(_, id)| *id);
        let taking: Vec<ServerId> = taking.filter(|id| serves_something(subject, *id)).collect();
        for id in taking.into_iter().filter(|id| !model.is_guarded(*id)) {
            let Some(span) = at(model.server(id)) else { continue };
            findings.push(LINT.at(
                span,
                format!("the policy has rules for `{pattern}`, but nothing in the server that takes it asks the gate"),
                "write `auth_request` into this server",
            ));
        }
    }
}

fn serves_something(subject: &Subject<'_>, server: ServerId) -> bool {
    let model = &subject.model;
    let locations = model.locations().filter(|(_, location)| location.server == server);
    locations.into_iter().any(|(id, _)| model.is_reachable(id) && model.returned(id).is_none())
}

fn at(server: &Server<'_>) -> Option<Span> {
    server.directive?.words().first().map(|word| word.span())
}
