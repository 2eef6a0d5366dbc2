use crate::lint::finding::{Finding, Lint, Severity};
use crate::lint::nginx::Subject;
use crate::lint::nginx::words::{head, named};
use crate::model::{AuthRequest, By, Model, Path};
use crate::source::Span;

pub(crate) const LINT: Lint =
    Lint::new("auth-location-answers-itself", Severity::Critical, "nginx answers the question itself, and asks no gate");

/// The location of the gate passes nothing on: it returns, serves a file, or has nothing to answer with. Any 2xx lets everybody in,
/// anything else but 401 and 403 nobody.
pub(crate) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let model = &subject.model;
    for (id, auth) in model.asked() {
        let Some(place) = head(model.location(id)) else { continue };
        let Some((severity, span, why)) = judge(model, &auth, place) else { continue };
        let help = "write `proxy_pass http://127.0.0.1:9000/auth/verify;` with the address of the gate, and nothing that answers before it";
        findings.push(LINT.at(span, why, help).severity(severity).also(auth.directive.span(), "the gate is asked for here"));
    }
}

fn judge(model: &Model<'_>, auth: &AuthRequest<'_>, place: Span) -> Option<(Severity, Span, String)> {
    let answer = model.answer(auth.location, Path::OfRequest(auth.path));
    let is_own = answer.location == auth.location;
    match answer.by {
        By::Program(_) if is_own => None,
        By::Program(pass) => {
            let is_application = model.passes(answer.location).any(|pass| model.protected_at(&pass.addresses).is_some());
            let why =
                format!("nginx goes on in {}, where the application answers instead of the gate", named(model, answer.location));
            is_application.then(|| (Severity::Critical, pass.span(), why))
        }
        By::Success(line) => {
            let why = "every question is answered with a success here, and everybody gets in";
            Some((Severity::Critical, line.map_or(place, |line| line.span()), why.to_owned()))
        }
        By::Opaque(line) => {
            Some((Severity::Info, line.span(), "the code here decides who gets in, and it is not looked into".to_owned()))
        }
        By::Status(404) if is_file(auth.path) && model.returned(auth.location).is_none() => {
            let why = "no gate is asked here: a file of this name is sent as it is, with 200, and everybody gets in";
            Some((Severity::Critical, place, why.to_owned()))
        }
        By::Status(404) if model.returned(auth.location).is_none() => {
            Some((Severity::Medium, place, "no gate is asked here, there is not even a file: everybody gets 500".to_owned()))
        }
        By::Status(status @ 200..=299) => {
            let why = format!("`try_files` with `={status}` sends no answer: everybody gets 500");
            Some((Severity::Medium, place, why))
        }
        By::Status(status @ (401 | 403)) => {
            Some((Severity::Medium, place, format!("every question is answered with {status}, and nobody gets in")))
        }
        By::Status(status) => {
            Some((Severity::Medium, place, format!("every question is answered with {status}, and everybody gets 500")))
        }
    }
}

/// Whether a path has the ending of a file: then there is likely one.
fn is_file(path: &[u8]) -> bool {
    path.rsplit(|byte| *byte == b'/').next().is_some_and(|last| last.contains(&b'.'))
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::worst;
    use crate::lint::Severity;

    const ID: &str = "auth-location-answers-itself";

    fn with(location: &str) -> Option<Severity> {
        worst(ID, &format!("{location} location / {{ auth_request /_auth; proxy_pass http://b; }}"))
    }

    #[test]
    fn success_by_nginx_itself_opens() {
        for inside in [
            "return 200;",
            "return 204;",
            "empty_gif;",
            "stub_status;",
            "try_files /ok.txt =404;",
            "alias /srv/ok;",
            "root /srv;",
        ] {
            assert_eq!(with(&format!("location = /_auth {{ internal; {inside} }}")), Some(Severity::Critical), "{inside}");
        }
        assert_eq!(with("error_page 404 = /ok.html; location = /_auth { internal; }"), Some(Severity::Critical));
        assert_eq!(with("location = /_auth { rewrite ^ /ok last; } location = /ok { return 200; }"), Some(Severity::Critical));
    }

    #[test]
    fn no_answer_is_closed_but_broken() {
        assert_eq!(with("location = /_auth { internal; }"), Some(Severity::Medium));
        assert_eq!(with("location = /_auth { return 401; }"), Some(Severity::Medium));
        assert_eq!(with("location = /_auth { content_by_lua_block { ngx.exit(200) } }"), Some(Severity::Info));
    }

    #[test]
    fn folder_is_answered_with_its_index_file() {
        let folder = |location: &str| {
            worst(ID, &format!("root /srv; {location} location / {{ auth_request /public/; proxy_pass http://b; }}"))
        };
        assert_eq!(folder("location /public/ { internal; index index.html; }"), Some(Severity::Critical));
        assert_eq!(folder("location = /public/ { internal; index index.html; }"), Some(Severity::Critical));
        assert_eq!(folder("location ^~ /public/ { internal; alias /srv/ok/; }"), Some(Severity::Critical));
        assert_eq!(folder("location /public/ { internal; index /no; } location = /no { return 403; }"), Some(Severity::Medium));
        assert_eq!(folder("location /public/ { internal; }"), Some(Severity::Medium));
        assert_eq!(folder("location /public/ { internal; index index.html; proxy_pass http://a/verify; }"), None);
    }

    #[test]
    fn success_of_try_files_is_an_answer_only_if_nginx_sends_one() {
        assert_eq!(with("location = /_auth { internal; try_files /nope =200; }"), Some(Severity::Medium));
        assert_eq!(with("location = /_auth { internal; try_files /nope =204; }"), Some(Severity::Critical));
        assert_eq!(with("location = /_auth { internal; try_files /ok.txt =200; }"), Some(Severity::Critical));
    }

    #[test]
    fn script_that_nothing_runs_is_sent_as_a_file() {
        let text = "location = /auth.php { internal; } location / { auth_request /auth.php; proxy_pass http://b; }";
        assert_eq!(worst(ID, text), Some(Severity::Critical));
    }

    #[test]
    fn gate_that_is_asked_is_fine() {
        assert_eq!(with("location = /_auth { internal; proxy_pass http://a/verify; }"), None);
        assert_eq!(with("location = /_auth { fastcgi_pass unix:/run/a; }"), None);
        assert_eq!(with("location = /_auth { rewrite ^ /verify break; proxy_pass http://a; }"), None);
        assert_eq!(with("location = /_auth { rewrite ^ /v last; } location = /v { internal; proxy_pass http://a; }"), None);
    }
}
