use std::collections::BTreeSet;

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
        let is_server = model.server(location.server).rest == id;
        if model.is_protected(id)
            || model.is_asking(id)
            || !(model.is_reachable(id) || is_server)
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
fn looks_for_a_credential(subject: &Subject<'_>, condition: &Directive) -> bool {
    let (behind, rest) = read(subject, condition);
    let headers: [&[u8]; 4] = [b"http_cookie", b"http_authorization", b"http_x_api_key", b"http_x_auth_token"];
    let is_credential = |name: &Vec<u8>| name.starts_with(b"cookie_") || headers.contains(&name.as_slice());
    let is_tried = matches!(rest.as_slice(), [b"=" | b"!=", value] if !value.is_empty() && !is_trivial(value));
    behind.iter().any(is_credential) && !is_tried && !behind.iter().any(|name| has_secret(subject, name))
}

/// The condition is about something that a client cannot choose: a secret that is written out, a signed link, an address, a
/// certificate.
pub(super) fn is_proof(subject: &Subject<'_>, condition: &Directive) -> bool {
    let (behind, rest) = read(subject, condition);
    let sure: [&[u8]; 5] = [b"remote_addr", b"binary_remote_addr", b"ssl_client_verify", b"secure_link", b"secure_link_expires"];
    let is_sure = |name: &Vec<u8>| {
        let is_place = |definition: &Definition<'_>| matches!(definition, Definition::Table(table) if table.is("geo") && table.argument(1).is_none());
        sure.contains(&name.as_slice()) || has_secret(subject, name) || subject.model.variables.of(name).iter().any(is_place)
    };
    // What every client sends by itself is no secret.
    let is_plain = |name: &[u8]| PLAIN.iter().any(|start| name.starts_with(start.as_bytes()));
    let is_chosen = |name: &Vec<u8>| crate::model::is_clients(name) && !is_plain(name);
    let is_secret = matches!(rest.as_slice(), [b"=" | b"!=", value] if value.len() >= SECRET && behind.iter().any(is_chosen));
    is_secret || behind.iter().any(is_sure)
}

/// The variables behind what is looked at, and what it is compared with.
fn read<'d>(subject: &Subject<'_>, condition: &'d Directive) -> (BTreeSet<Vec<u8>>, Vec<&'d [u8]>) {
    let mut words = condition.arguments().iter().map(|word| word.value());
    let first = words.next().unwrap_or_default();
    let variable = first.strip_prefix(b"(").unwrap_or(first);
    let variable = variable.strip_suffix(b")").unwrap_or(variable);
    let rest = words.map(|word| word.strip_suffix(b")").unwrap_or(word)).filter(|word| !word.is_empty()).collect();
    (subject.model.variables.behind(variable), rest)
}

fn is_trivial(value: &[u8]) -> bool {
    matches!(value, b"0" | b"1" | b"no" | b"yes" | b"on" | b"off" | b"true" | b"false")
}

/// Headers that say what a client is or wants, not who it is.
const PLAIN: [&str; 8] =
    ["http_accept", "http_connection", "http_host", "http_origin", "http_referer", "http_sec", "http_upgrade", "http_user_agent"];

/// How long a text is at least that nobody guesses.
const SECRET: usize = 8;

/// Whether a `map` compares with something that may be a secret: a text that is written out.
fn has_secret(subject: &Subject<'_>, name: &[u8]) -> bool {
    subject.model.variables.of(name).iter().any(|definition| match definition {
        Definition::Table(table) => table.entries().any(|entry| {
            let is_text = !matches!(entry.name(), b"default" | b"hostnames" | b"volatile") && !entry.name().starts_with(b"~");
            is_text && entry.name().len() >= SECRET
        }),
        _ => false,
    })
}
