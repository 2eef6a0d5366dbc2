use std::collections::BTreeSet;

use crate::lint::finding::{Finding, Lint, Severity};
use crate::lint::nginx::Subject;
use crate::lint::nginx::words::{is_public_path, named};
use crate::model::{ErrorPage, LocationId, Return, Target};

pub(crate) const LINT: Lint =
    Lint::new("error-page-opens", Severity::Critical, "an error page hands the request to the application without the gate");

/// A page for a refusal, for an outage of the gate or for a missing file leads to a location that asks nobody and passes requests on
/// to what is behind the gate elsewhere.
pub(crate) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let model = &subject.model;
    let mut seen = BTreeSet::new();
    for (id, location) in model.locations() {
        let is_open = model.way(id).is_some();
        if !is_open && (!model.is_protected(id) || !model.is_reachable(id) || model.is_asking(id)) {
            continue;
        }
        for page in model.error_pages(location.scope) {
            let Target::Location(target) = model.target(location.server, page.page) else { continue };
            let Some(why) = why(subject, id, is_open, &page) else { continue };
            if model.is_protected(target)
                || model.is_asking(target)
                || subject.is_meant_open(target)
                || is_itself(subject, id, target)
            {
                continue;
            }
            let Some(pass) = model.passes(target).find(|pass| model.protected_at(&pass.addresses).is_some()) else { continue };
            if model.is_gate(&pass.addresses) || !seen.insert((page.directive.span(), target)) {
                continue;
            }
            let help = format!(
                "write `auth_request` into {} as well, or let the page be one that says only what went wrong",
                named(model, target)
            );
            let finding = LINT.at(page.directive.span(), why, help).severity(severity(subject, target));
            findings.push(finding.also(pass.directive.span(), "the request is passed on here, and nobody is asked"));
        }
    }
}

/// How a request comes to the page although the gate has not said yes; `None` if it has, or if the page can be asked for directly.
fn why(subject: &Subject<'_>, id: LocationId, is_open: bool, page: &ErrorPage<'_>) -> Option<String> {
    let model = &subject.model;
    let Target::Location(target) = model.target(model.location(id).server, page.page) else { return None };
    if is_open {
        let can_miss = !model.is_internal(target) || !page.is_for(&[401, 403, 404, 405, 500, 502, 503, 504]);
        return (!can_miss).then(|| {
            format!(
                "{} asks nobody, and any error there (a file that does not exist) ends in {}",
                named(model, id),
                named(model, target)
            )
        });
    }
    if page.is_for(&[401, 403]) {
        return Some(format!(
            "whom the gate refuses is handed on to {}, which serves what the gate was to keep",
            named(model, target)
        ));
    }
    if page.is_for(&[500]) {
        return Some(format!(
            "when the gate is down or answers with an error, nginx makes 500 of it, and this hands the request on to {}",
            named(model, target)
        ));
    }
    let returned: Vec<u16> = model.all_returns(id).iter().map(|returned: &Return<'_>| returned.status).collect();
    page.is_for(&returned).then(|| {
        format!("`return` comes before the gate is asked, and this hands what it returns on to {}", named(model, target))
    })
}

/// The application gets the path of the page, not the one that was asked for, unless the page is a `@name`: one path that somebody has
/// opened, or that is open everywhere, gives nothing away.
fn severity(subject: &Subject<'_>, target: LocationId) -> Severity {
    let location = subject.model.location(target);
    let is_off = subject.model.scopes.own(location.scope, "auth_request").iter().any(|line| line.argument(0) == Some(b"off"));
    let is_one = location.is_exact() && (is_off || is_public_path(location.pattern));
    if is_one { Severity::Low } else { Severity::Critical }
}

/// Whether the page is of the location's own tree of paths, which it may lead back to.
fn is_itself(subject: &Subject<'_>, id: LocationId, target: LocationId) -> bool {
    id == target || subject.model.location(target).parent == Some(id) && subject.model.is_protected(target)
}
