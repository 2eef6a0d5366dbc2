use crate::lint::finding::{Finding, Lint, Severity};
use crate::lint::nginx::Subject;
use crate::model::{Block, Definition, Return};
use crate::nginx::Directive;

pub(crate) const LINT: Lint =
    Lint::new("presence-is-no-proof", Severity::Critical, "a credential is looked for, but nobody checks it");

/// An `if` turns away who has no cookie or no `Authorization` in a location that does not ask the gate: any value passes.
pub(crate) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let model = &subject.model;
    for (id, location) in model.locations() {
        if model.is_protected(id)
            || model.is_asking(id)
            || !model.is_reachable(id)
            || subject.is_meant_open(id)
            || model.is_internal(id)
        {
            continue;
        }
        for (scope, block) in model.scopes.conditions(location.scope) {
            let Some(condition) = block.directive.filter(|_| block.block == Block::If) else { continue };
            let turns_away = |line: &&Directive| Return::read(line).is_some_and(|returned| matches!(returned.status, 300..=499));
            let turns_away = model.scopes.own(scope, "return").iter().any(turns_away);
            if turns_away && looks_for_a_credential(subject, condition) && !asks_anywhere_in(subject, id) {
                findings.push(LINT.at(
                    condition.words().first().map_or(condition.span(), |word| word.span()),
                    "whoever sends any value at all passes: `curl -H 'Cookie: session=x'` is enough",
                    "ask a gate that checks the value: `auth_request` instead of `if`",
                ));
            }
        }
    }
}

/// Whether every location of the server asks the gate all the same: then the `if` only saves it a question.
fn asks_anywhere_in(subject: &Subject<'_>, id: crate::model::LocationId) -> bool {
    let model = &subject.model;
    let location = model.location(id);
    let is_server = model.server(location.server).rest == id;
    is_server && model.is_guarded(location.server)
}

/// The condition is about a cookie or a header with a credential, and compares it with nothing that is a secret.
pub(super) fn looks_for_a_credential(subject: &Subject<'_>, condition: &Directive) -> bool {
    let mut words = condition.arguments().iter().map(|word| word.value());
    let first = words.next().unwrap_or_default();
    let variable = first.strip_prefix(b"(").unwrap_or(first);
    let variable = variable.strip_suffix(b")").unwrap_or(variable);
    let rest: Vec<&[u8]> = words.map(|word| word.strip_suffix(b")").unwrap_or(word)).filter(|word| !word.is_empty()).collect();
    let behind = subject.model.variables.behind(variable);
    let is_credential = |name: &Vec<u8>| {
        name.starts_with(b"cookie_")
            || [&b"http_cookie"[..], b"http_authorization", b"http_x_api_key", b"http_x_auth_token"].contains(&name.as_slice())
    };
    let is_secret = match rest.as_slice() {
        [b"=" | b"!=", value] => !value.is_empty() && !matches!(*value, b"0" | b"1" | b"no" | b"yes"),
        _ => false,
    };
    behind.iter().any(is_credential) && !is_secret && !behind.iter().any(|name| has_secret(subject, name))
}

/// Whether a `map` compares with something that may be a secret: a text that is written out.
fn has_secret(subject: &Subject<'_>, name: &[u8]) -> bool {
    subject.model.variables.of(name).iter().any(|definition| match definition {
        Definition::Table(table) => table.entries().any(|entry| {
            !matches!(entry.name(), b"" | b"default" | b"hostnames" | b"volatile") && !entry.name().starts_with(b"~")
        }),
        _ => false,
    })
}
