use crate::lint::finding::{Finding, Lint, Severity};
use crate::lint::nginx::Subject;
use crate::lint::nginx::words::named;
use crate::model::{Flag, LocationId, Matcher, Step, Target, Way};
use crate::nginx::Directive;

pub(crate) const LINT: Lint =
    Lint::new("rewrite-before-gate", Severity::Critical, "a rewrite leaves the protected location before the gate is asked");

/// A protected location rewrites the path and searches a location for it (no flag, or `last`), and the one that is found asks nobody;
/// or the server does so before any location is searched, and it is one that no client could ask for otherwise.
pub(crate) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    of_locations(subject, findings);
    of_servers(subject, findings);
}

fn of_servers(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let model = &subject.model;
    for (id, way) in model.open() {
        let Way::Through { from, step: Step::Rewrite, directive } = way else { continue };
        if !matches!(model.location(from).matcher, Matcher::Rest) || subject.is_meant_open(id) {
            continue;
        }
        let Some(pass) = model.passes(id).find(|pass| model.protected_at(&pass.addresses).is_some()) else { continue };
        let finding = LINT.at(
            directive.span(),
            format!(
                "the server rewrites before it searches a location, by what a client writes: {} is reached so, and asks nobody",
                named(model, id)
            ),
            format!(
                "write `auth_request` into {}; `internal` keeps out only those who ask for it by its own path",
                named(model, id)
            ),
        );
        let severity = if depends_on_the_path(subject, from, directive) { Severity::Medium } else { Severity::Critical };
        findings.push(finding.severity(severity).also(pass.directive.span(), "the application behind the gate"));
    }
}

/// Whether the rewrite stands in an `if` over the path as nginx understands it: then it opens one tree of paths, like a location.
fn depends_on_the_path(subject: &Subject<'_>, server: LocationId, directive: &Directive) -> bool {
    let model = &subject.model;
    let rewrites = model.rewrites(server);
    let rewrite = rewrites.iter().find(|rewrite| rewrite.directive.span() == directive.span());
    let condition = rewrite.and_then(|rewrite| model.scopes.directive(rewrite.scope)).filter(|condition| condition.is("if"));
    let test = condition.and_then(|condition| condition.argument(0)).unwrap_or_default();
    let behind = model.variables.behind(test.strip_prefix(b"(").unwrap_or(test));
    let is_path = |name: &Vec<u8>| matches!(name.as_slice(), b"uri" | b"document_uri");
    behind.iter().any(is_path) && !behind.contains(&b"request_uri"[..])
}

fn of_locations(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let model = &subject.model;
    for (id, auth) in model.protected() {
        let location = model.location(id);
        for rewrite in model.rewrites(id).into_iter().filter(|rewrite| rewrite.flag == Flag::Search) {
            let target = match model.target(location.server, rewrite.replacement) {
                Target::Location(target) => target,
                Target::Unknown if rewrite.replacement.starts_with(b"$") => {
                    findings.extend(to_anywhere(subject, id, rewrite.directive));
                    continue;
                }
                Target::Status(_) | Target::Elsewhere | Target::Unknown => continue,
            };
            let refuses = model.returned(target).is_some_and(|returned| !returned.is_success());
            if model.is_protected(target) || model.is_asking(target) || refuses || subject.is_meant_open(target) {
                continue;
            }
            let finding = LINT.at(
                rewrite.directive.span(),
                format!(
                    "rewrites come before the gate is asked, and the new path is taken by {}, which asks nobody",
                    named(model, target)
                ),
                format!(
                    "write `break` instead of `last` to stay in this location, or `auth_request {};` into {}",
                    String::from_utf8_lossy(auth.path),
                    named(model, target)
                ),
            );
            findings.push(finding.also(auth.directive.span(), "the gate that is left out"));
        }
    }
}

/// A rewrite to what the client has written: it leads to any location, and so to one that asks nobody, if the server has one.
fn to_anywhere(subject: &Subject<'_>, id: LocationId, directive: &Directive) -> Option<Finding> {
    let model = &subject.model;
    let server = model.location(id).server;
    let serves = |other: LocationId| {
        model.passes(other).next().is_some() || model.returned(other).is_none() && !model.location(other).is_named()
    };
    let (open, _) = model.open().find(|(other, _)| {
        let location = model.location(*other);
        location.server == server && !model.is_login(*other) && serves(*other) && !subject.is_meant_open(*other)
    })?;
    let finding = LINT.at(
        directive.span(),
        format!("rewrites come before the gate is asked, and where this one leads is the client's to say: to {}, which asks nobody", named(model, open)),
        "write `break` instead of `last` to stay in this location, or `auth_request` into the server, so that every location asks",
    );
    Some(finding.severity(Severity::High))
}
