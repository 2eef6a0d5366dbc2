use super::{NO_ERROR_PAGE, kind};
use crate::lint::finding::{Finding, Lint, Severity};
use crate::lint::nginx::Subject;
use crate::lint::nginx::words::{head, named};
use crate::model::{LocationId, Model, Path};
use crate::nginx::Directive;

pub(crate) const LINT: Lint =
    Lint::new("auth-location-error-page", Severity::Critical, "an error page makes a yes of the gate's no, or of its outage");

/// An `error_page` with `=` is in force in the location of the gate, inherited or its own, and what it leads to can answer 2xx. For a
/// refusal that takes `proxy_intercept_errors on`; when the gate cannot be reached, the 502 or 504 is nginx's own, and nothing more is
/// needed.
pub(crate) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let model = &subject.model;
    for (id, auth) in model.asked() {
        for pardon in pardons(model, id, auth.path) {
            let intercept = kind_of(model, id).unwrap_or("proxy");
            let help = format!("write `{NO_ERROR_PAGE}` and `{intercept}_intercept_errors off;` into {}", named(model, id));
            let mut finding = LINT.at(pardon.directive.span(), pardon.why, help).severity(pardon.severity);
            if let Some(place) = head(model.location(id)) {
                finding = finding.also(place, "the gate is asked here");
            }
            findings.push(finding);
        }
    }
}

/// A line that makes a yes of something else.
pub(super) struct Pardon<'c> {
    pub(super) directive: &'c Directive,
    pub(super) severity: Severity,
    pub(super) why: String,
}

/// Those that are in force in a location of the gate, each once, with the worst that it does.
pub(super) fn pardons<'c>(model: &Model<'c>, id: LocationId, path: &[u8]) -> Vec<Pardon<'c>> {
    let scope = model.location(id).scope;
    let intercepts = kind_of(model, id).is_some_and(|kind| model.scopes.is_on(scope, &format!("{kind}_intercept_errors")));
    let mut found: Vec<Pardon<'c>> = Vec::new();
    for code in model.error_pages(scope).into_iter().flat_map(|page| page.codes) {
        let Some(severity) = severity(code, intercepts) else { continue };
        let Some((page, answer)) = model.pardon(id, Path::OfRequest(path), code) else { continue };
        let pardon = Pardon { directive: page.directive, severity, why: why(code, severity, &named(model, answer.location)) };
        match found.iter_mut().find(|other| other.directive.span() == pardon.directive.span()) {
            Some(other) if other.severity < severity => *other = pardon,
            Some(_) => {}
            None => found.push(pardon),
        }
    }
    found
}

fn kind_of(model: &Model<'_>, id: LocationId) -> Option<&'static str> {
    model.passes(id).find_map(kind)
}

/// How bad it is to pardon a status; `None` if the question never has it.
const fn severity(code: u16, intercepts: bool) -> Option<Severity> {
    match (code, intercepts) {
        (401 | 403 | 300..=399, true) | (500 | 502 | 504, _) | (503, true) => Some(Severity::Critical),
        (400..=599, true) | (503, false) => Some(Severity::Medium),
        _ => None,
    }
}

fn why(code: u16, severity: Severity, page: &str) -> String {
    match code {
        401 | 403 | 300..=399 => {
            format!("the gate's own {code} is caught here and answered by {page} with a success: everybody gets in")
        }
        503 if severity < Severity::Critical => {
            format!("{page} makes a success of 503, which nginx itself says where a limit of requests or connections is reached")
        }
        500..=504 => {
            format!(
                "as soon as the gate is down, nginx's own {code} is answered by {page} with a success: everybody gets in until it is back"
            )
        }
        _ => format!("an answer {code} of the gate is caught here and answered by {page} with a success"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::worst;
    use crate::lint::Severity;

    fn with(server: &str) -> Option<Severity> {
        let gate = "location = /_auth { internal; proxy_pass http://a/verify; }";
        let all = format!("server {{ {server} {gate} location / {{ auth_request /_auth; proxy_pass http://b; }} }}");
        worst("auth-location-error-page", &all)
    }

    #[test]
    fn refusal_that_is_caught_opens() {
        assert_eq!(with("proxy_intercept_errors on; error_page 401 =200 /login.html;"), Some(Severity::Critical));
        assert_eq!(with("proxy_intercept_errors on; error_page 401 = /login.html;"), Some(Severity::Critical));
        assert_eq!(with("proxy_intercept_errors on; error_page 404 = /404.html;"), Some(Severity::Medium));
    }

    #[test]
    fn refusal_that_is_not_caught_stays_one() {
        assert_eq!(with("error_page 401 =200 /login.html;"), None);
        assert_eq!(with("proxy_intercept_errors on; error_page 401 /login.html;"), None);
        assert_eq!(with("proxy_intercept_errors on; error_page 401 =302 https://login.test/;"), None);
        assert_eq!(with("proxy_intercept_errors on; error_page 401 = @l; location @l { return 302 /login; }"), None);
        assert_eq!(with("proxy_intercept_errors on; error_page 403 =403 /no.html;"), None);
    }

    #[test]
    fn outage_opens_whether_caught_or_not() {
        assert_eq!(with("error_page 500 502 503 504 =200 /maintenance.html;"), Some(Severity::Critical));
        assert_eq!(with("error_page 502 = /50x.html;"), Some(Severity::Critical));
        assert_eq!(with("error_page 502 = @b; location @b { proxy_pass http://b; }"), Some(Severity::Critical));
        assert_eq!(with("error_page 503 = @down; location @down { rewrite ^ /down.html break; }"), Some(Severity::Medium));
        assert_eq!(with("error_page 502 =200 @text; location @text { return 503 'later'; }"), Some(Severity::Critical));
    }

    #[test]
    fn outage_that_stays_one_is_fine() {
        assert_eq!(with("error_page 500 502 503 504 /50x.html;"), None);
        assert_eq!(with("error_page 502 = @down; location @down { return 503; }"), None);
        assert_eq!(with("error_page 502 =200 @down; location @down { return 503; }"), None);
        assert_eq!(with("error_page 502 =503 /50x.html;"), None);
    }

    #[test]
    fn page_of_the_location_itself_is_in_force_there_alone() {
        let text = "error_page 502 = /50x.html; location = /_auth { error_page 599 /; proxy_pass http://a/verify; }
                    location / { auth_request /_auth; proxy_pass http://b; }";
        assert_eq!(worst("auth-location-error-page", text), None);
        let text = "location = /_auth { proxy_pass http://a/verify; }
                    location / { auth_request /_auth; error_page 502 = /50x.html; proxy_pass http://b; }";
        assert_eq!(worst("auth-location-error-page", text), None);
    }
}
