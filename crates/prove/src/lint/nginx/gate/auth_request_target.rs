use std::collections::BTreeSet;

use crate::lint::finding::{Finding, Lint, Severity};
use crate::lint::nginx::Subject;
use crate::lint::nginx::words::{head, named};
use crate::model::{AuthRequest, By, LocationId, Model, Path};

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
    for (_, auth) in model.protected() {
        let server = model.server(model.location(auth.location).server);
        // In a file that could not be read there may be a location for it.
        if !seen.insert((auth.directive.span(), auth.location)) || !model.scopes.is_whole(server.scope) {
            continue;
        }
        if let Some((severity, why)) = judge(model, &auth) {
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

fn judge(model: &Model<'_>, auth: &AuthRequest<'_>) -> Option<(Severity, String)> {
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
        By::Program(_) if is_for_questions(model, auth) => (
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

/// Whether the path is one that an application may have for the purpose, in a location that is not for everything.
fn is_for_questions(model: &Model<'_>, auth: &AuthRequest<'_>) -> bool {
    let location = model.location(auth.location);
    !auth.is_rewritten
        && location.is_prefix()
        && location.pattern != b"/"
        && super::auth_location_wrong_page::is_question(auth.path)
}

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
    fn location_that_can_be_in_another_file_is_a_guess() {
        let inside = "location / { auth_request /_auth; proxy_pass http://b; }";
        assert_eq!(worst("auth-request-target", inside), Some(Severity::Medium));
        assert_eq!(with(&format!("include gate.conf; {inside}")), None);
    }
}
