use super::NO_ERROR_PAGE;
use super::auth_location_error_page::pardons;
use crate::lint::finding::{Finding, Lint, Severity};
use crate::lint::nginx::Subject;
use crate::lint::nginx::words::head;

pub(crate) const LINT: Lint = Lint::new(
    "auth-location-inherits-error-page",
    Severity::Low,
    "an error page added to the server would hold for the gate as well",
);

/// The location of the gate has no `error_page` of its own, so those of the server and of `http` are in force there, today's and
/// tomorrow's. Says nothing where one of today's opens already: `auth-location-error-page` does.
pub(crate) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let model = &subject.model;
    for (id, auth) in model.asked() {
        let location = model.location(id);
        let is_bare =
            model.scopes.own(location.scope, "error_page").is_empty() && model.scopes.is_known(location.scope, "error_page");
        let Some(place) = head(location).filter(|_| is_bare) else { continue };
        if pardons(model, id, auth.path).is_empty() {
            let why = "whoever adds `error_page 502 = /50x.html;` to the server, to be kind in an outage, opens everything in that outage";
            findings.push(LINT.at(
                place,
                why,
                format!("write `{NO_ERROR_PAGE}` into this location: one of its own keeps all others out"),
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::worst;
    use crate::lint::Severity;

    fn with(server: &str, inside: &str) -> Option<Severity> {
        let gate = format!("location = /_auth {{ internal; proxy_pass http://a/verify; {inside} }}");
        let all = format!("server {{ {server} {gate} location / {{ auth_request /_auth; proxy_pass http://b; }} }}");
        worst("auth-location-inherits-error-page", &all)
    }

    #[test]
    fn location_without_a_page_of_its_own_takes_any() {
        assert_eq!(with("", ""), Some(Severity::Low));
        assert_eq!(with("error_page 502 /50x.html;", ""), Some(Severity::Low));
    }

    #[test]
    fn page_of_its_own_or_a_worse_finding_is_enough() {
        assert_eq!(with("", "error_page 599 /;"), None);
        assert_eq!(with("error_page 502 = /50x.html;", ""), None);
    }
}
