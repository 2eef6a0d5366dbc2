use super::unasked;
use crate::lint::finding::{Finding, Lint, Severity};
use crate::lint::nginx::Subject;
use crate::lint::nginx::words::head;
use crate::model::LocationId;
use crate::nginx::Directive;

pub(crate) const LINT: Lint = Lint::new("alias-traversal", Severity::High, "a path can climb out of the folder of the location");

/// An open location without a slash at its end maps to something with one: `/static../private` becomes `/srv/static/../private`.
/// Without a gate anywhere in the server it is medium: what lies there may be public.
pub(crate) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let model = &subject.model;
    for id in unasked(subject) {
        let location = model.location(id);
        if location.regex().is_some() {
            of_expression(subject, id, findings);
            continue;
        }
        if !location.is_prefix() || location.pattern.ends_with(b"/") {
            continue;
        }
        let alias = model.scopes.own(location.scope, "alias").last().copied();
        let alias = alias.filter(|line| line.argument(0).is_some_and(|folder| folder.ends_with(b"/")));
        let passed = model.passes(id).find(|pass| pass.path.as_ref().is_some_and(|path| path.ends_with(b"/") && path.len() > 1));
        let Some(directive) = alias.or(passed.map(|pass| pass.directive)) else { continue };
        let has_gate = model.is_guarded(location.server);
        let pattern = String::from_utf8_lossy(location.pattern);
        let what = if alias.is_some() { "of the folder above" } else { "of the application, in front of this path" };
        let finding = LINT.at(
            directive.span(),
            format!("`{pattern}../x` is taken by this location, and leads to `x` {what}"),
            format!("write `location {pattern}/`, with a slash at the end of both or of neither"),
        );
        let finding = finding.severity(if has_gate { Severity::High } else { Severity::Medium });
        findings.push(match head(location) {
            Some(span) => finding.also(span, "no slash at the end"),
            None => finding,
        });
    }
}

/// An expression whose group starts in the middle of a name: `^/img(.*)$` takes `/img../x`, and `/srv/img/$1` is `/srv/img/../x`.
fn of_expression(subject: &Subject<'_>, id: LocationId, findings: &mut Vec<Finding>) {
    let model = &subject.model;
    let location = model.location(id);
    let at = location.pattern.windows(4).position(|window| matches!(window, b"(.*)" | b"(.+)"));
    let is_inside_a_name =
        at.and_then(|at| at.checked_sub(1)).and_then(|before| location.pattern.get(before)).is_some_and(|byte| *byte != b'/');
    let mut lines = ["alias", "proxy_pass"].iter().flat_map(|name| model.scopes.own(location.scope, name));
    let climbs = |line: &&&Directive| line.argument(0).is_some_and(|value| value.windows(3).any(|window| window == b"/$1"));
    let Some(line) = lines.find(|line| climbs(line)).filter(|_| is_inside_a_name) else { return };
    let severity = if model.is_guarded(location.server) { Severity::High } else { Severity::Medium };
    let finding = LINT.at(
        line.span(),
        "what the group takes can start with `..`, and stands behind a slash here: it leads out of this folder",
        "let the group begin behind a slash: `^/name/(.*)$`",
    );
    findings.push(finding.severity(severity));
}
