use std::collections::BTreeSet;

use crate::lint::finding::{Finding, Lint, Severity};
use crate::lint::nginx::Subject;
use crate::lint::nginx::words::is_public_path;
use crate::model::{Location, Return, ScopeId};

pub(crate) const LINT: Lint = Lint::new("return-before-gate", Severity::Critical, "`return` answers before the gate is asked");

/// A protected location has a `return` that says something, on its own (critical) or in an `if` (high). One that only has a status,
/// or sends the client to another page, gives little away (low); an address elsewhere in a location that asks the gate for nothing but
/// that is what it was to keep (high).
pub(crate) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let model = &subject.model;
    let mut seen = BTreeSet::new();
    for (id, location) in model.locations() {
        if !model.is_protected(id)
            || model.is_asking(id)
            || model.is_login(id)
            || model.is_internal(id)
            || subject.is_meant_open(id)
        {
            continue;
        }
        let own = [(location.scope, false)];
        let is_preflight = |scope| {
            model
                .scopes
                .directive(scope)
                .is_some_and(|condition| condition.arguments().iter().any(|word| word.value() == b"OPTIONS)"))
        };
        let conditions =
            model.scopes.conditions(location.scope).filter(|(scope, _)| !is_preflight(*scope)).map(|(scope, _)| (scope, true));
        for (scope, is_conditional) in own.into_iter().chain(conditions) {
            for returned in returns(subject, scope) {
                let severity = match returned {
                    _ if returned.is_success() && (is_public_path(location.pattern) || is_sign_of_life(&returned)) => {
                        Severity::Info
                    }
                    _ if returned.is_success() && returned.has_body() && !is_conditional => Severity::Critical,
                    _ if returned.is_success() && returned.has_body() => Severity::High,
                    _ if is_kept_in_vain(subject, location, &returned) && !is_conditional => Severity::High,
                    _ if returned.is_success() || is_to_another_page(&returned) => Severity::Low,
                    _ => continue,
                };
                if seen.insert(returned.directive.span()) {
                    findings.push(finding(&returned, severity, is_conditional));
                }
            }
        }
    }
}

/// A text that says no more than that somebody is there.
fn is_sign_of_life(returned: &Return<'_>) -> bool {
    let text = returned.text.unwrap_or_default();
    let word = text.strip_suffix(b"\\n").unwrap_or(text).trim_ascii();
    [&b"ok"[..], b"pong", b"healthy", b"alive", b"up"].iter().any(|life| word.eq_ignore_ascii_case(life))
}

/// An address elsewhere that a location with an `auth_request` of its own gives away, and does nothing but that.
fn is_kept_in_vain(subject: &Subject<'_>, location: &Location<'_>, returned: &Return<'_>) -> bool {
    let asks = subject.model.scopes.own(location.scope, "auth_request").iter().any(|line| line.argument(0) != Some(b"off"));
    let is_elsewhere = returned.text.is_some_and(|text| text.starts_with(b"http"));
    asks && is_elsewhere && is_to_another_page(returned)
}

fn returns<'c>(subject: &Subject<'c>, scope: ScopeId) -> impl Iterator<Item = Return<'c>> {
    subject.model.scopes.own(scope, "return").iter().filter_map(|line| Return::read(line))
}

/// A redirect, but not that of the same page to another scheme or host.
fn is_to_another_page(returned: &Return<'_>) -> bool {
    let is_same = |text: &[u8]| text.windows(12).any(|window| window == b"$request_uri");
    returned.is_redirect() && !returned.text.is_some_and(is_same)
}

fn finding(returned: &Return<'_>, severity: Severity, is_conditional: bool) -> Finding {
    let why = match (severity, is_conditional) {
        (Severity::Low, _) if returned.is_redirect() => {
            "nginx answers `return` before it asks the gate: anybody learns this address"
        }
        (Severity::Low, _) => "nginx answers `return` before it asks the gate: anybody gets this status",
        (_, true) => "nginx answers `return` before it asks the gate: whoever makes the condition true gets this text",
        _ => "nginx answers `return` before it asks the gate, which is never asked here: everybody gets this text",
    };
    let help = "let the application or a file answer (`proxy_pass`, `try_files`), which comes after the gate";
    LINT.at(returned.directive.span(), why, help).severity(severity)
}
