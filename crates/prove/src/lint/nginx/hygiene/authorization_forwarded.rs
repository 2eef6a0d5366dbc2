use crate::lint::finding::{Finding, Lint, Severity};
use crate::lint::nginx::Subject;

pub(crate) const LINT: Lint =
    Lint::new("authorization-forwarded", Severity::Info, "the application gets the credentials that are meant for the gate");

/// A protected location passes `Authorization` on as the client sent it: the token is in the application's hands and logs. Said once
/// in each server.
pub(crate) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let model = &subject.model;
    let passes_on = |scope| {
        let headers = model.scopes.value(scope, "proxy_pass_request_headers").and_then(|line| line.argument(0));
        headers != Some(b"off")
            && subject.sent(scope, "proxy_set_header", b"authorization").is_none()
            && model.scopes.is_known(scope, "proxy_set_header")
    };
    for (_, locations) in model.guarded() {
        let mut passes =
            locations.iter().copied().filter(|id| passes_on(model.location(*id).scope)).flat_map(|id| model.passes(id));
        if let Some(pass) = passes.find(|pass| pass.directive.is("proxy_pass")) {
            let why =
                "the token or password that opens everything behind the gate is handed to this application with each request";
            let help = "write `proxy_set_header Authorization \"\";` unless the application checks it as well";
            findings.push(LINT.at(pass.directive.span(), why, help));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::ids;

    fn count(inside: &str) -> usize {
        let gate = "location = /_auth { internal; proxy_pass http://a/verify; }";
        let text = format!(
            "{gate} location / {{ auth_request /_auth; proxy_pass http://b; {inside} location /x {{ proxy_pass http://b; }} }}"
        );
        ids(&text).iter().filter(|(id, ..)| *id == "authorization-forwarded").count()
    }

    #[test]
    fn header_is_passed_on_unless_it_is_cleared() {
        assert_eq!(count(""), 1);
        assert_eq!(count("proxy_set_header Authorization '';"), 0);
    }
}
