use super::{Asking, passing};
use crate::lint::finding::{Finding, Lint, Severity};
use crate::lint::nginx::Subject;
use crate::lint::nginx::words::named;
use crate::model::{Flag, Matcher};

pub(crate) const LINT: Lint = Lint::new(
    "auth-location-wrong-page",
    Severity::Critical,
    "the page that is asked says yes to everybody, or is not the gate's",
);

/// The path that is asked is that of a login form or a health check, which answer 200 to everybody; it is `/`; or the address is that
/// of the application, which knows no such question.
pub(crate) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    for gate in passing(subject).iter().filter(|gate| gate.is_proxy()) {
        let Some((severity, why)) = judge(gate) else { continue };
        let application = gate.model.protected_at(&gate.pass.addresses);
        let help = "write the address and the path at which the gate itself answers 401 to a stranger: `proxy_pass http://127.0.0.1:9000/auth/verify;`";
        let finding = LINT.at(gate.pass.directive.span(), why, help).severity(severity);
        findings.push(match application.and_then(|id| gate.model.passes(id).next()) {
            Some(pass) => finding.also(pass.directive.span(), "what the gate is to keep comes from the same address"),
            None => finding,
        });
    }
}

fn judge(gate: &Asking<'_, '_>) -> Option<(Severity, String)> {
    let path = asked(gate);
    let shown = String::from_utf8_lossy(&path);
    let application = gate.model.protected_at(&gate.pass.addresses).map(|id| named(gate.model, id));
    match application {
        Some(_) if is_for_all(&path) => Some((
            Severity::Critical,
            format!("the application is asked for `{shown}`, a page that is there for everybody: its 200 lets everybody in"),
        )),
        None if is_for_all(&path) => Some((
            Severity::High,
            format!(
                "`{shown}` looks like a page that is there for everybody: if it answers 200 to a stranger, everybody gets in"
            ),
        )),
        Some(location) if !is_question(&path) || is_made_up(gate, &path) => Some((
            Severity::High,
            format!(
                "the application of {location} is asked for `{shown}` instead of the gate: if any page answers 2xx there, everybody gets in"
            ),
        )),
        Some(location) if has_another(gate) => Some((
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
fn has_another(gate: &Asking<'_, '_>) -> bool {
    let servers = gate.pass.addresses.iter().filter(|address| !address.starts_with(b"upstream "));
    servers.into_iter().any(|address| gate.model.protected_at(std::slice::from_ref(address)).is_none())
}

/// The path that the gate is asked for.
fn asked(gate: &Asking<'_, '_>) -> Vec<u8> {
    let rewrites = gate.model.rewrites(gate.id);
    let rewritten = rewrites.iter().find(|rewrite| rewrite.flag == Flag::Stay && rewrite.scope == gate.location.scope);
    let path = match (rewritten, &gate.pass.path, &gate.location.matcher) {
        (Some(rewrite), ..) => rewrite.replacement.to_vec(),
        (None, Some(path), Matcher::Prefix | Matcher::Final) => {
            let rest = gate.auth.path.strip_prefix(gate.location.pattern).unwrap_or_default();
            [path, rest].concat()
        }
        (None, Some(path), _) => path.clone(),
        (None, None, _) => gate.auth.path.to_vec(),
    };
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
