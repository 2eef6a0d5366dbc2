use std::collections::BTreeMap;

use super::{after_the_gate, hands_headers_on, setter_for};
use crate::lint::finding::{Finding, Lint, Severity};
use crate::lint::nginx::words::named;
use crate::lint::nginx::{Known, Subject};
use crate::model::{LocationId, Pass};

pub(crate) const LINT: Lint =
    Lint::new("identity-not-set", Severity::Critical, "the application gets the identity that the client writes");

/// A header that carries the identity is not among those that are in force where the request is passed on: the client's own header
/// of that name goes through. One header in a location is enough to lose all that the blocks around it set.
///
/// Open locations of the same application count as well, because it reads the header there too; they are high.
pub(crate) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let model = &subject.model;
    if subject.identity.is_empty() {
        return;
    }
    let mut looked_at: BTreeMap<LocationId, Severity> = BTreeMap::new();
    for (id, _) in model.protected() {
        looked_at.insert(id, Severity::Critical);
        for (target, _) in after_the_gate(subject, id) {
            looked_at.entry(target).or_insert(Severity::Critical);
        }
    }
    for (id, _) in model.open() {
        if model.passes(id).any(|pass| model.protected_at(&pass.addresses).is_some()) {
            looked_at.entry(id).or_insert(Severity::High);
        }
    }
    for (id, severity) in looked_at {
        for pass in model.passes(id) {
            look_at(subject, id, pass, severity, findings);
        }
    }
}

fn look_at(subject: &Subject<'_>, id: LocationId, pass: &Pass<'_>, severity: Severity, findings: &mut Vec<Finding>) {
    let model = &subject.model;
    let scope = model.location(id).scope;
    let Some(setter) = setter_for(pass.directive.name()).filter(|_| hands_headers_on(subject, scope, pass)) else { return };
    let missing: Vec<_> = subject
        .identity
        .iter()
        .filter(|(header, known)| subject.sent(scope, setter, header).is_none() && is_known_here(subject, id, pass, known))
        .collect();
    let Some((_, known)) = missing.first() else { return };
    let names: Vec<String> = missing.iter().map(|(header, _)| shown(header)).collect();
    let own = model.scopes.own(scope, setter).first();
    let is_hidden = own.is_some() && missing.iter().any(|(header, _)| is_set_around(subject, id, setter, header));
    // Another application than those that read such headers, unless it was to get what is set around it.
    let is_told = subject.identity.keys().any(|header| subject.is_told(header, &pass.addresses));
    let is_other = !is_told && !is_hidden && !model.is_internal(id) && model.is_protected(id);
    let is_other = is_other && !matches!(known, Known::Declared);
    let severity = if is_other { Severity::Medium } else { severity };
    let why = if is_hidden {
        format!(
            "a `{setter}` of its own makes {} lose all those around it: a client's {} reaches the application",
            named(model, id),
            names.join(", ")
        )
    } else {
        format!("nothing sets it in {}: a client that sends {} is taken for that person", named(model, id), names.join(", "))
    };
    let lines: Vec<String> = missing.iter().map(|(header, known)| line(setter, header, known, severity)).collect();
    let finding = LINT.at(pass.directive.span(), why, format!("write `{}` here", lines.join(" "))).severity(severity);
    let finding = match own.filter(|_| is_hidden) {
        Some(own) => finding.also(own.span(), "from here on, none from outside is in force"),
        None => finding,
    };
    findings.push(match known {
        Known::Sent(line) => finding.also(line.span(), "set from the gate's answer here"),
        Known::Taken(line) => finding.also(line.span(), "taken from the gate's answer here, and never sent"),
        Known::Declared => finding,
    });
}

/// A header that is declared counts everywhere; one that was found counts in its own server, and where the same program is asked.
fn is_known_here(subject: &Subject<'_>, id: LocationId, pass: &Pass<'_>, known: &Known<'_>) -> bool {
    let model = &subject.model;
    let line = match known {
        Known::Declared => return true,
        Known::Sent(line) | Known::Taken(line) => line.span(),
    };
    let server = model.server(model.location(id).server);
    let is_inside = server.directive.is_none_or(|server| {
        let span = server.span();
        span.file == line.file && span.start <= line.start && line.end <= span.end
    });
    is_inside
        || model.protected_at(&pass.addresses).is_some_and(|other| model.location(other).server != model.location(id).server)
}

fn is_set_around(subject: &Subject<'_>, id: LocationId, setter: &str, header: &[u8]) -> bool {
    let scopes = &subject.model.scopes;
    let around = scopes.outward(subject.model.location(id).scope).skip(1);
    around.into_iter().any(|scope| {
        let lines = scopes.own(scope, setter);
        lines.iter().any(|line| line.argument(0).is_some_and(|name| name.eq_ignore_ascii_case(header)))
    })
}

/// The line to write: where nobody is asked, one that takes the header away.
fn line(setter: &str, header: &[u8], known: &Known<'_>, severity: Severity) -> String {
    let name = if setter.ends_with("_param") { cgi(header) } else { shown(header) };
    match known {
        _ if severity != Severity::Critical => format!("{setter} {name} \"\";"),
        Known::Sent(line) => {
            let value = line.argument(1).unwrap_or_default();
            format!("{setter} {name} {};", String::from_utf8_lossy(value))
        }
        Known::Taken(line) => {
            let variable = line.argument(0).unwrap_or_default();
            format!("{setter} {name} {};", String::from_utf8_lossy(variable))
        }
        Known::Declared => format!("{setter} {name} $identity;"),
    }
}

/// `x-user` as people write it.
fn shown(header: &[u8]) -> String {
    let words = header.split(|byte| *byte == b'-').map(|word| {
        let word = String::from_utf8_lossy(word);
        let mut letters = word.chars();
        letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect::<String>()
    });
    words.collect::<Vec<_>>().join("-")
}

fn cgi(header: &[u8]) -> String {
    format!("HTTP_{}", String::from_utf8_lossy(header).to_ascii_uppercase().replace('-', "_"))
}
