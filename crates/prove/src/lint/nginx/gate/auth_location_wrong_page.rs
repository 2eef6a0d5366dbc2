use std::collections::BTreeSet;

use super::{Asking, passing};
use crate::lint::finding::{Finding, Lint, Severity};
use crate::lint::nginx::Subject;
use crate::lint::nginx::words::named;
use crate::model::{Block, Flag, Matcher, Pass, is_clients, names};
use crate::nginx::Directive;
use crate::source::Span;

pub(crate) const LINT: Lint = Lint::new(
    "auth-location-wrong-page",
    Severity::Critical,
    "the page that is asked says yes to everybody, or is not the gate's",
);

/// The path that is asked is that of a login form or a health check, which answer 200 to everybody; it is `/`; or the address is that
/// of the application, which knows no such question.
///
/// Every `if` of the location is a gate of its own, and so is every value of a variable in the address. Where the client chooses among
/// them, in a subrequest by its method, headers, cookies and arguments, it takes the one that says yes.
pub(crate) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    for gate in passing(subject).iter().filter(|gate| gate.is_proxy()) {
        let mut said = BTreeSet::new();
        for question in questions(gate) {
            let Some((severity, why)) = judge(gate, &question) else { continue };
            let span = question.line.span();
            if !said.insert((span, severity)) {
                continue;
            }
            let application = gate.model.protected_at(&question.pass.addresses);
            let help = "write the address and the path at which the gate itself answers 401 to a stranger: `proxy_pass http://127.0.0.1:9000/auth/verify;`";
            let finding = LINT.at(span, why, help).severity(severity);
            findings.push(match application.and_then(|id| gate.model.passes(id).next()) {
                Some(pass) => finding.also(pass.directive.span(), "what the gate is to keep comes from the same address"),
                None => finding,
            });
        }
    }
}

/// One of the ways in which a location asks.
struct Question<'m, 'c> {
    /// The line that makes it.
    line: &'c Directive,
    pass: &'m Pass<'c>,
    path: Vec<u8>,
    choice: Choice,
}

/// What chooses a question among others.
enum Choice {
    /// It is the only one.
    None,
    /// Nothing that a client writes.
    Fixed,
    /// What a client writes: shown as it stands in the file.
    Clients(String),
}

/// All ways in which a location asks: its own first.
fn questions<'m, 'c>(gate: &Asking<'m, 'c>) -> Vec<Question<'m, 'c>> {
    let model = gate.model;
    let scope = gate.location.scope;
    let rewrites = model.rewrites(gate.id);
    let stays = |scope| rewrites.iter().find(|rewrite| rewrite.flag == Flag::Stay && rewrite.scope == scope);
    let written = |pass: &Pass<'c>| match stays(scope) {
        Some(rewrite) => rewrite.replacement,
        None => pass.directive.argument(0).unwrap_or_default(),
    };
    let chosen = written(gate.pass);
    let around: Vec<Span> =
        model.scopes.outward(scope).filter_map(|scope| model.scopes.directive(scope)).map(Directive::span).collect();
    let values = model.variables.expand(chosen, &around);
    let choice = |count: usize| match clients(gate, chosen) {
        _ if count < 2 => Choice::None,
        Some(name) => Choice::Clients(format!("`${}`", String::from_utf8_lossy(&name))),
        None => Choice::Fixed,
    };
    let own = |path: Vec<u8>| Question { line: gate.pass.directive, pass: gate.pass, path, choice: choice(values.len()) };
    let mut found: Vec<_> = match stays(scope) {
        Some(_) => values.iter().map(|value| own(literal(value))).collect(),
        None if values.len() < 2 => vec![own(asked(gate, gate.pass))],
        None => values.iter().map(|value| own(path_of(value).map_or_else(|| asked(gate, gate.pass), literal))).collect(),
    };
    for (condition, block) in model.scopes.conditions(scope).filter(|(_, scope)| scope.block == Block::If) {
        let pass = model.passes(gate.id).find(|pass| {
            let lines = model.scopes.all_own(condition);
            lines.iter().any(|line| line.span() == pass.directive.span()) && pass.directive.span() != gate.pass.directive.span()
        });
        let rewrite = stays(condition).or_else(|| stays(scope));
        let line = pass.map(|pass| pass.directive).or_else(|| stays(condition).map(|rewrite| rewrite.directive));
        // What returns before that asks nobody.
        let Some(line) = line.filter(|_| model.scopes.own(condition, "return").is_empty()) else { continue };
        let test: Vec<u8> = block
            .directive
            .map(|line| line.arguments())
            .unwrap_or_default()
            .iter()
            .flat_map(|word| [word.value(), b" "].concat())
            .collect();
        let choice = match clients(gate, &test) {
            Some(_) => Choice::Clients(format!("`if {}`", String::from_utf8_lossy(&test).trim_end())),
            None => Choice::Fixed,
        };
        let pass = pass.unwrap_or(gate.pass);
        let path = rewrite.map_or_else(|| asked(gate, pass), |rewrite| literal(rewrite.replacement));
        found.push(Question { line, pass, path, choice });
    }
    found
}

/// A variable behind a value that says what the client writes. Its host is none: what answers hangs on it as well.
fn clients(gate: &Asking<'_, '_>, value: &[u8]) -> Option<Vec<u8>> {
    let is_one = |name: &Vec<u8>| name == b"request_method" || (is_clients(name) && name != b"http_host" && name != b"request");
    names(value).find(|name| gate.model.variables.behind(&[b"$", name.as_slice()].concat()).iter().any(is_one))
}

fn judge(gate: &Asking<'_, '_>, question: &Question<'_, '_>) -> Option<(Severity, String)> {
    let found = judge_page(gate, question.pass, &question.path);
    let is_other = question.pass.addresses != gate.pass.addresses;
    let shown = String::from_utf8_lossy(&question.path);
    match (&question.choice, found) {
        (Choice::Clients(choice), Some((severity, why))) if severity >= Severity::High => {
            Some((Severity::Critical, format!("the client chooses what is asked, by {choice}: {why}")))
        }
        (Choice::Clients(choice), None) if is_other => {
            let server = String::from_utf8_lossy(question.pass.directive.argument(0).unwrap_or_default());
            let why = format!(
                "the client chooses who is asked, by {choice}: if `{server}` answers 2xx to a stranger for \
                 `{shown}`, everybody gets in"
            );
            Some((Severity::High, why))
        }
        (_, found) => found,
    }
}

fn judge_page(gate: &Asking<'_, '_>, pass: &Pass<'_>, path: &[u8]) -> Option<(Severity, String)> {
    let shown = String::from_utf8_lossy(path);
    let application = gate.model.protected_at(&pass.addresses).map(|id| named(gate.model, id));
    match application {
        Some(_) if is_for_all(path) => Some((
            Severity::Critical,
            format!("the application is asked for `{shown}`, a page that is there for everybody: its 200 lets everybody in"),
        )),
        None if is_for_all(path) => Some((
            Severity::High,
            format!(
                "`{shown}` looks like a page that is there for everybody: if it answers 200 to a stranger, everybody gets in"
            ),
        )),
        Some(location) if !is_question(path) || is_made_up(gate, path) => Some((
            Severity::High,
            format!(
                "the application of {location} is asked for `{shown}` instead of the gate: if any page answers 2xx there, everybody gets in"
            ),
        )),
        Some(location) if has_another(gate, pass) => Some((
            Severity::High,
            format!("one of the servers that are asked is the application of {location}: whoever it says 2xx to gets in"),
        )),
        Some(location) => Some((
            Severity::Info,
            format!("the application of {location} is its own gate: `{shown}` there has to refuse strangers by itself"),
        )),
        None if path == b"/" => {
            Some((Severity::High, "the gate is asked for `/`, which most programs answer with 200 for everybody".to_owned()))
        }
        None => None,
    }
}

/// Whether the group of servers that is asked also has one that is no application behind the gate.
fn has_another(gate: &Asking<'_, '_>, pass: &Pass<'_>) -> bool {
    let servers = pass.addresses.iter().filter(|address| !address.starts_with(b"upstream "));
    servers.into_iter().any(|address| gate.model.protected_at(std::slice::from_ref(address)).is_none())
}

/// The path that is asked for at an address, if nothing rewrites it.
fn asked(gate: &Asking<'_, '_>, pass: &Pass<'_>) -> Vec<u8> {
    let path = match (&pass.path, &gate.location.matcher) {
        (Some(path), Matcher::Prefix | Matcher::Final) => {
            let rest = gate.auth.path.strip_prefix(gate.location.pattern).unwrap_or_default();
            [path, rest].concat()
        }
        (Some(path), _) => path.clone(),
        (None, _) => gate.auth.path.to_vec(),
    };
    literal(&path)
}

/// The path in an address, if there is one.
fn path_of(address: &[u8]) -> Option<&[u8]> {
    let start = address.windows(3).position(|window| window == b"://")?.saturating_add(3);
    let rest = address.get(start..).filter(|rest| !rest.starts_with(b"unix:"))?;
    rest.get(rest.iter().position(|byte| *byte == b'/')?..)
}

/// What a path is before its arguments and variables.
fn literal(path: &[u8]) -> Vec<u8> {
    let end = path.iter().position(|byte| matches!(byte, b'?' | b'$')).unwrap_or(path.len());
    path.get(..end).unwrap_or_default().to_vec()
}

/// Whether the path is one that nginx alone knows: that of the subrequest, with the underscore that such names have.
fn is_made_up(gate: &Asking<'_, '_>, path: &[u8]) -> bool {
    path == gate.auth.path && path.starts_with(b"/_")
}

/// Whether a path is that of a page for strangers. Its last part says what it is.
fn is_for_all(path: &[u8]) -> bool {
    let lower = path.to_ascii_lowercase();
    let last = lower.rsplit(|byte| *byte == b'/').find(|part| !part.is_empty()).unwrap_or_default();
    let words: Vec<&[u8]> = last.split(|byte| !byte.is_ascii_alphanumeric()).collect();
    let has = |word: &str| words.contains(&word.as_bytes());
    let is_login = words.windows(2).any(|pair| pair == [&b"sign"[..], b"in"]) || PAGES.iter().any(|page| has(page));
    is_login || (has("status") && !is_question(path))
}

/// Whether a path is that of a question about a request.
pub(super) fn is_question(path: &[u8]) -> bool {
    let path = path.to_ascii_lowercase();
    QUESTIONS.iter().any(|word| path.windows(word.len()).any(|window| window == word.as_bytes())) || path.ends_with(b"/me")
}

const PAGES: [&str; 10] = ["login", "signin", "health", "healthz", "healthcheck", "ping", "index", "livez", "readyz", "logon"];

const QUESTIONS: [&str; 14] = [
    "access",
    "allow",
    "auth",
    "authz",
    "check",
    "forward",
    "introspect",
    "permission",
    "session",
    "token",
    "user",
    "validate",
    "verify",
    "whoami",
];

#[cfg(test)]
mod tests {
    use super::super::super::testing::worst;
    use crate::lint::Severity;

    fn with(pass: &str) -> Option<Severity> {
        let gate = format!("location = /_auth {{ internal; {pass} }}");
        worst("auth-location-wrong-page", &format!("{gate} location / {{ auth_request /_auth; proxy_pass http://b; }}"))
    }

    #[test]
    fn page_for_everybody_opens() {
        assert_eq!(with("proxy_pass http://b/login;"), Some(Severity::Critical));
        assert_eq!(with("proxy_pass http://a/oauth2/sign_in;"), Some(Severity::High));
        assert_eq!(with("proxy_pass http://a/healthz;"), Some(Severity::High));
        assert_eq!(with("rewrite ^ /login break; proxy_pass http://a;"), Some(Severity::High));
        assert_eq!(with("proxy_pass http://a/;"), Some(Severity::High));
        let group = "upstream gate { server a; server b; }";
        assert_eq!(with(&format!("{group} proxy_pass http://a/verify;").replace(group, "")), None);
    }

    #[test]
    fn application_is_no_gate() {
        assert_eq!(with("proxy_pass http://b;"), Some(Severity::High));
        assert_eq!(with("proxy_pass http://b/;"), Some(Severity::High));
        assert_eq!(with("proxy_pass http://b/api/auth/verify;"), Some(Severity::Info));
    }

    #[test]
    fn branch_is_a_gate_of_its_own() {
        let branch = |inside: &str| with(&format!("{inside} proxy_pass http://a;"));
        assert_eq!(branch("if ($request_method = OPTIONS) { rewrite ^ /health break; }"), Some(Severity::Critical));
        assert_eq!(branch("if ($remote_addr = 10.0.0.1) { rewrite ^ /health break; }"), Some(Severity::High));
        assert_eq!(branch("if ($http_user_agent ~* android) { proxy_pass http://old; }"), Some(Severity::High));
        assert_eq!(branch("if ($http_user_agent ~* android) { proxy_pass http://b; }"), Some(Severity::Critical));
        assert_eq!(branch("if ($cookie_x) { rewrite ^ /ping break; proxy_pass http://old; }"), Some(Severity::Critical));
    }

    #[test]
    fn branch_that_the_client_does_not_choose_is_fine() {
        let branch = |inside: &str| with(&format!("{inside} proxy_pass http://a;"));
        assert_eq!(branch("if ($remote_addr = 10.0.0.1) { proxy_pass http://old; }"), None);
        assert_eq!(branch("if ($http_host = a.test) { proxy_pass http://old; }"), None);
        assert_eq!(branch("if ($http_user_agent ~* android) { proxy_pass http://a; }"), None);
        assert_eq!(branch("if ($request_method = OPTIONS) { rewrite ^ /verify/options break; }"), None);
        assert_eq!(branch("if ($request_method = OPTIONS) { return 403; }"), None);
    }

    #[test]
    fn page_that_a_map_chooses_is_asked_as_well() {
        let chosen = |map: &str, path: &str| {
            let gate = format!("location = /_auth {{ internal; {path} }}");
            let server = format!("{gate} location / {{ auth_request /_auth; proxy_pass http://b; }}");
            worst("auth-location-wrong-page", &format!("{map} server {{ {server} }}"))
        };
        let address = "proxy_pass http://a$page;";
        for map in ["default /verify; OPTIONS /ping;", "OPTIONS /ping; default /verify;"] {
            assert_eq!(chosen(&format!("map $request_method $page {{ {map} }}"), address), Some(Severity::Critical));
        }
        assert_eq!(
            chosen("map $http_x $page { 1 /ping; default /verify; }", "rewrite ^ $page break; proxy_pass http://a;"),
            Some(Severity::Critical)
        );
        assert_eq!(chosen("map $request_method $page { default /verify; OPTIONS /verify/o; }", address), None);
        assert_eq!(chosen("map $server_port $page { default /verify; 81 /ping; }", address), Some(Severity::High));
    }

    #[test]
    fn variable_of_another_server_is_no_choice() {
        let server = |page: &str| {
            let gate = format!("set $page {page}; location = /_auth {{ internal; proxy_pass http://a$page; }}");
            format!("server {{ {gate} location / {{ auth_request /_auth; proxy_pass http://b; }} }}")
        };
        let text = format!("{} {}", server("/verify"), server("/ping"));
        let found = super::super::super::testing::ids(&text);
        let found: Vec<_> = found.iter().filter(|(id, ..)| *id == "auth-location-wrong-page").collect();
        assert!(matches!(found[..], [(_, Severity::High, _)]), "{found:?}");
    }

    #[test]
    fn page_of_the_gate_is_fine() {
        for pass in [
            "proxy_pass http://a/verify;",
            "proxy_pass http://a;",
            "proxy_pass http://a/login/check;",
            "proxy_pass http://a/auth/status;",
        ] {
            assert_eq!(with(pass), None, "{pass}");
        }
    }
}
