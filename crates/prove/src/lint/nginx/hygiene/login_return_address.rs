use std::collections::BTreeSet;

use crate::lint::finding::{Finding, Lint, Severity};
use crate::lint::nginx::Subject;
use crate::model::{Block, Definition, ErrorPage, Flag, Return, ScopeId, Variables, names};
use crate::nginx::{Directive, Part, parts};

pub(crate) const LINT: Lint =
    Lint::new("login-return-address", Severity::Medium, "after the login, people come back to another page, or to another host");

/// A redirect in a server with something behind the gate holds `$request_uri` with a parameter behind it, or `$http_host`. nginx does
/// not escape the former, and a client says the latter.
pub(crate) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let model = &subject.model;
    let servers: BTreeSet<_> = model.guarded().map(|(server, _)| model.server(server).scope).collect();
    for (scope, block) in model.scopes.iter() {
        let is_in = model.scopes.outward(scope).any(|outer| servers.contains(&outer));
        if !is_in && (block.block != Block::Http || servers.is_empty()) {
            continue;
        }
        for (line, address) in redirects(subject, scope) {
            if model.variables.behind(address).contains(&b"http_host"[..]) {
                let why = "`$http_host` is what the client says, whatever server answers: a cache or a proxy in front can hand the redirect to others";
                findings.push(LINT.at(line.span(), why, "write `$host` in place of `$http_host`"));
            } else if is_cut(&model.variables, address) {
                let why = "nginx does not escape `$request_uri`: the `&` of its query ends the parameter, and what it holds can be taken for others";
                let help = "let the parameter with `$request_uri` be the last one, and the login take all that is behind it";
                findings.push(LINT.at(line.span(), why, help).severity(Severity::Low));
            }
        }
    }
}

/// The redirects of a block, each with where it leads.
fn redirects<'c>(subject: &Subject<'c>, scope: ScopeId) -> Vec<(&'c Directive, &'c [u8])> {
    let lines = subject.model.scopes.all_own(scope).iter().copied();
    lines.filter_map(|line| Some((line, address(line)?))).collect()
}

fn address(line: &Directive) -> Option<&[u8]> {
    match line.name() {
        b"return" => Return::read(line).filter(Return::is_redirect).and_then(|returned| returned.text),
        b"rewrite" => Flag::read(line).filter(|flag| *flag == Flag::Redirect).and_then(|_| line.argument(1)),
        b"error_page" => ErrorPage::read(line).map(|page| page.page).filter(|page| page.windows(3).any(|part| part == b"://")),
        _ => None,
    }
}

/// Whether a parameter stands behind the path of the request.
fn is_cut(variables: &Variables<'_>, address: &[u8]) -> bool {
    let holds_path = |name: &[u8]| {
        let set = |definition: &Definition<'_>| matches!(definition, Definition::Set(line) if names(line.argument(1).unwrap_or_default()).any(|name| name == b"request_uri"));
        name.eq_ignore_ascii_case(b"request_uri") || variables.of(name).iter().any(set)
    };
    let mut is_behind = false;
    for part in parts(address) {
        match part {
            Part::Variable(name) if holds_path(name) => is_behind = true,
            Part::Text(text) | Part::Broken(text) if is_behind && text.contains(&b'&') => return true,
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::worst;
    use crate::lint::Severity;

    fn with(line: &str) -> Option<Severity> {
        let gate = "location = /_auth { internal; proxy_pass http://a/verify; }";
        let login = format!("location @login {{ {line} }}");
        let text = format!("{gate} {login} location / {{ auth_request /_auth; error_page 401 = @login; proxy_pass http://b; }}");
        worst("login-return-address", &text)
    }

    #[test]
    fn address_of_the_client_is_no_address() {
        assert_eq!(with("return 302 https://l.test/?rd=$scheme://$http_host$request_uri;"), Some(Severity::Medium));
        assert_eq!(with("rewrite ^ https://l.test/?rd=$http_host$request_uri redirect;"), Some(Severity::Medium));
        let page = "error_page 401 =302 https://l.test/?rd=$scheme://$http_host$request_uri;";
        assert_eq!(with(page), Some(Severity::Medium));
    }

    #[test]
    fn parameter_behind_the_path_is_lost() {
        assert_eq!(with("return 302 https://l.test/?rd=$scheme://$host$request_uri&rm=$request_method;"), Some(Severity::Low));
        assert_eq!(with("set $to $request_uri; return 302 https://l.test/?rd=$to&a=b;"), Some(Severity::Low));
    }

    #[test]
    fn path_at_the_end_is_fine() {
        assert_eq!(with("return 302 https://l.test/?rm=$request_method&rd=$scheme://$host$request_uri;"), None);
    }
}
