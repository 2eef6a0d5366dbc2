use std::collections::BTreeSet;

use crate::lint::finding::{Finding, Lint, Severity};
use crate::lint::nginx::Subject;
use crate::lint::nginx::words::{head, named};
use crate::model::{AuthRequest, By, LocationId, Matcher, Model, Path};

pub(crate) const LINT: Lint =
    Lint::new("auth-request-target", Severity::Critical, "the subrequest to the gate ends somewhere else than at the gate");

/// The path of `auth_request` is taken by a location that is there for other requests: the application's, or that of files. It opens
/// if an answer there can be 2xx; otherwise everybody gets 500.
///
/// In a file that is included in a server, the location can be in another one: then this is a guess.
///
/// A `?`, `$`, `@` or `://` in the path means nothing to nginx, which searches a location for the text as it stands.
pub(crate) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let model = &subject.model;
    let mut seen = BTreeSet::new();
    for (id, auth) in model.protected() {
        let server = model.server(model.location(auth.location).server);
        // In a file that could not be read there may be a location for it.
        if !seen.insert((auth.directive.span(), auth.location)) || !model.scopes.is_whole(server.scope) {
            continue;
        }
        if let Some((severity, why)) = judge(model, id, &auth) {
            let is_piece = server.directive.is_none() && severity == Severity::Critical;
            let (severity, why) = if is_piece {
                (Severity::Medium, format!("{why}, unless the server that includes this file has a location for it"))
            } else {
                (severity, why)
            };
            let mut finding = LINT.at(auth.directive.span(), why, help(&auth)).severity(severity);
            if let Some(place) = head(model.location(auth.location)) {
                finding = finding.also(place, "the subrequest ends here");
            }
            findings.push(finding);
        }
    }
}

fn judge(model: &Model<'_>, id: LocationId, auth: &AuthRequest<'_>) -> Option<(Severity, String)> {
    let path = String::from_utf8_lossy(auth.path);
    let literal = literal(auth.path);
    if model.is_asking(auth.location) {
        let literal = literal?;
        return Some((Severity::Medium, format!("{literal}, and the gate is asked about `{path}` as it stands here")));
    }
    let taker = named(model, auth.location);
    let because = literal.map(|literal| format!("{literal}; ")).unwrap_or_default();
    let answer = model.answer(auth.location, Path::OfRequest(auth.path));
    if auth.is_redirected {
        let why = format!(
            "nginx redirects `{path}` to the same with a slash at its end, which is no answer to a subrequest: everybody gets 500"
        );
        return Some((Severity::Medium, why));
    }
    let because = if auth.is_rewritten { format!("the server rewrites `{path}` first; ") } else { because };
    Some(match answer.by {
        By::Program(_) if asks_gate_itself(model, auth.location) => (
            Severity::Medium,
            format!(
                "{taker} takes the subrequest and has an `auth_request` itself: it is there for clients too, or the line is one too many"
            ),
        ),
        By::Program(_) if is_for_questions(model, id, auth) => (
            Severity::Medium,
            format!(
                "{because}{taker} takes `{path}` and passes it on to the application: whether that says no to a stranger, it alone decides"
            ),
        ),
        By::Program(pass) => (
            Severity::Critical,
            format!(
                "{because}{taker} takes the subrequest for `{path}`, `{} {}` answers it, and any 2xx lets everybody in",
                String::from_utf8_lossy(pass.name()),
                String::from_utf8_lossy(pass.argument(0).unwrap_or_default())
            ),
        ),
        By::Success(_) => (
            Severity::Critical,
            format!("{because}{taker} takes the subrequest for `{path}` and answers it with a success: everybody gets in"),
        ),
        By::Opaque(_) => {
            (Severity::Medium, format!("{because}{taker} takes the subrequest for `{path}`, and its code is not looked into"))
        }
        By::Status(_) => (
            Severity::Medium,
            format!("{because}{taker} takes the subrequest for `{path}` and has nothing to answer it with: everybody gets 500"),
        ),
    })
}

/// Whether only subrequests get there, so that an `auth_request` of its own is never asked.
fn asks_gate_itself(model: &Model<'_>, id: LocationId) -> bool {
    model.location(id).is_exact() && model.is_internal(id)
}

/// Whether the path is one that an application may have for the purpose. In the location for everything it takes more than one word
/// to tell it from a name that only nginx was to know, a location that clients get to without the gate, and nobody else's pages to
/// keep.
fn is_for_questions(model: &Model<'_>, id: LocationId, auth: &AuthRequest<'_>) -> bool {
    let location = model.location(auth.location);
    if auth.is_rewritten || !super::auth_location_wrong_page::is_question(auth.path) {
        return false;
    }
    match &location.matcher {
        Matcher::Rest => false,
        Matcher::Prefix if location.pattern == b"/" => {
            is_of_application(auth.path)
                && !model.is_protected(auth.location)
                && is_same_program(model, id, auth.location)
                && !has_idle_gate(model, auth.location)
        }
        Matcher::Regex(_) => is_own_script(model, auth),
        _ => location.is_prefix(),
    }
}

/// Whether what is kept are files, or pages of the program that takes the subrequest.
fn is_same_program(model: &Model<'_>, kept: LocationId, taker: LocationId) -> bool {
    let mut kept = model.passes(kept).flat_map(|pass| &pass.addresses).peekable();
    let of_taker = || model.passes(taker).flat_map(|pass| &pass.addresses);
    kept.peek().is_none() || kept.any(|address| of_taker().any(|other| other == address))
}

/// Whether there is a location in the server that was to be asked, by all that it is, and never is.
fn has_idle_gate(model: &Model<'_>, id: LocationId) -> bool {
    let server = model.location(id).server;
    model.locations().any(|(other, location)| {
        location.server == server
            && location.is_exact()
            && model.is_internal(other)
            && !model.is_asking(other)
            && model.passes(other).next().is_some()
            && super::auth_location_wrong_page::is_question(location.pattern)
    })
}

/// Whether a path looks like one of an application: within a folder of it, and without the marks of those made up for nginx.
fn is_of_application(path: &[u8]) -> bool {
    let mut parts = path.split(|byte| *byte == b'/').filter(|part| !part.is_empty());
    let is_made_up = |part: &[u8]| {
        !part.first().is_some_and(u8::is_ascii_alphanumeric)
            || part.eq_ignore_ascii_case(b"internal")
            || part.iter().any(|byte| matches!(byte, b'?' | b'$' | b'@' | b':'))
    };
    parts.clone().count() > 1 && !parts.any(is_made_up)
}

/// Whether the path names a script that the location runs as it is named, with others of its kind.
fn is_own_script(model: &Model<'_>, auth: &AuthRequest<'_>) -> bool {
    let location = model.location(auth.location);
    let is_run = model.passes(auth.location).next().is_some_and(|pass| !pass.directive.is("proxy_pass"));
    let is_script = SCRIPTS.iter().any(|end| auth.path.ends_with(end));
    let names = |line: &crate::nginx::Directive| {
        line.argument(1).is_some_and(|value| {
            let own = [&b"$fastcgi_script_name"[..], b"$uri", b"$document_uri", b"$request_filename"];
            own.iter().any(|own| value.windows(own.len()).any(|window| window == *own))
        })
    };
    let params = model.scopes.effective(location.scope, "fastcgi_param").iter();
    let mut scripts = params.filter(|line| line.argument(0) == Some(b"SCRIPT_FILENAME"));
    let is_fixed = scripts.clone().next().is_some() && !scripts.any(|line| names(line));
    is_run && is_script && !is_fixed && model.try_files(auth.location).is_none_or(|(_, last)| last.starts_with(b"="))
}

/// The endings of scripts.
const SCRIPTS: [&[u8]; 4] = [b".php", b".cgi", b".pl", b".py"];

/// Why the path is not what it looks like.
fn literal(path: &[u8]) -> Option<&'static str> {
    let found = LITERAL.iter().find(|(mark, _)| path.windows(mark.len()).any(|window| window == mark.as_bytes()));
    found.map(|(_, why)| *why)
}

fn help(auth: &AuthRequest<'_>) -> String {
    let end = auth.path.iter().position(|byte| matches!(byte, b'?' | b'$' | b'@' | b':'));
    let path = auth.path.get(..end.unwrap_or(auth.path.len())).filter(|path| path.len() > 1 && path.starts_with(b"/"));
    let path = String::from_utf8_lossy(path.unwrap_or(b"/_auth"));
    let path = path.trim_end_matches('/');
    format!(
        "write `auth_request {path};` and, in the same server, `location = {path} {{ internal; proxy_pass http://127.0.0.1:9000/auth/verify; \
         proxy_pass_request_body off; proxy_set_header Content-Length \"\"; proxy_set_header X-Original-URI $request_uri; }}`"
    )
}

const LITERAL: [(&str, &str); 4] = [
    ("://", "`auth_request` takes no address, only a path in this server"),
    ("$", "`auth_request` knows no variables"),
    ("?", "`auth_request` takes no arguments: the `?` is part of the path"),
    ("@", "`auth_request` knows no named locations"),
];

#[cfg(test)]
mod tests {
    use super::super::super::testing::worst;
    use crate::lint::Severity;

    fn with(server: &str) -> Option<Severity> {
        worst("auth-request-target", &format!("server {{ {server} }}"))
    }

    #[test]
    fn missing_location_opens_if_the_application_answers() {
        assert_eq!(with("location / { auth_request /_auth; proxy_pass http://b; }"), Some(Severity::Critical));
        let single_page = "location /app { auth_request /auth; proxy_pass http://b; } location / { try_files $uri /index.html; }";
        assert_eq!(with(single_page), Some(Severity::Critical));
        let page = "error_page 404 =200 /index.html; location /app { auth_request /auth; proxy_pass http://b; }";
        assert_eq!(with(page), Some(Severity::Critical));
    }

    #[test]
    fn missing_location_without_an_answer_is_closed_but_broken() {
        assert_eq!(with("root /srv; location / { auth_request /_auth; }"), Some(Severity::Medium));
        let not_found = "location /app { auth_request /auth; proxy_pass http://b; } location / { try_files $uri =404; }";
        assert_eq!(with(not_found), Some(Severity::Medium));
        let page = "error_page 404 /404.html; location /app { auth_request /auth; proxy_pass http://b; }";
        assert_eq!(with(page), Some(Severity::Medium));
    }

    #[test]
    fn path_is_taken_literally() {
        let gate = "location = /_auth { internal; proxy_pass http://a/verify; }";
        let all = |path| format!("{gate} location / {{ auth_request {path}; proxy_pass http://b; }}");
        assert_eq!(with(&all("/_auth?x=1")), Some(Severity::Critical));
        assert_eq!(with(&all("http://a/verify")), Some(Severity::Medium));
        assert_eq!(with(&all("/_auth")), None);
        assert_eq!(
            with("location /_auth { proxy_pass http://a; } location / { auth_request /_auth?x; proxy_pass http://b; }"),
            Some(Severity::Medium)
        );
    }

    #[test]
    fn location_of_the_gate_for_a_prefix_is_its_own() {
        let text = "location /oauth2/ { proxy_pass http://a; } location / { auth_request /oauth2/auth; proxy_pass http://b; }";
        assert_eq!(with(text), None);
    }

    #[test]
    fn script_among_others_decides_alone() {
        let php = |path: &str, script: &str| {
            let run = format!("fastcgi_param SCRIPT_FILENAME {script}; fastcgi_pass unix:/run/php;");
            with(&format!("location /files/ {{ auth_request {path}; }} location ~ \\.php$ {{ {run} }}"))
        };
        assert_eq!(php("/check-session.php", "$document_root$fastcgi_script_name"), Some(Severity::Medium));
        assert_eq!(php("/check-session.php", "/srv/index.php"), Some(Severity::Critical));
        assert_eq!(php("/index.php", "$document_root$fastcgi_script_name"), Some(Severity::Critical));
    }

    #[test]
    fn application_asked_for_a_page_of_its_own_decides_alone() {
        let app = |path: &str, inside: &str| {
            with(&format!(
                "location / {{ {inside} proxy_pass http://b; }} location /files/ {{ auth_request {path}; alias /srv/; }}"
            ))
        };
        assert_eq!(app("/accounts/session-check/", ""), Some(Severity::Medium));
        assert_eq!(app("/accounts/session-check/", "auth_request /_auth;"), Some(Severity::Critical));
        let idle = "} location = /accounts-session { internal; proxy_pass http://a; ";
        assert_eq!(
            with(&format!("location / {{ proxy_pass http://b; {idle} }} location /x {{ auth_request /accounts/session; }}")),
            Some(Severity::Critical)
        );
        let other = "location / { proxy_pass http://b; } location /x { auth_request /accounts/session; proxy_pass http://c; }";
        assert_eq!(with(other), Some(Severity::Critical));
        for path in ["/auth", "/_auth/check", "/-/check", "/internal/auth", "/api/auth?x=1", "/pages/list"] {
            assert_eq!(app(path, ""), Some(Severity::Critical), "{path}");
        }
    }

    #[test]
    fn location_that_can_be_in_another_file_is_a_guess() {
        let inside = "location / { auth_request /_auth; proxy_pass http://b; }";
        assert_eq!(worst("auth-request-target", inside), Some(Severity::Medium));
        assert_eq!(with(&format!("include gate.conf; {inside}")), None);
    }
}
