use super::auth_location_wrong_page::is_question;
use crate::lint::finding::{Finding, Lint, Severity};
use crate::lint::nginx::Subject;
use crate::lint::nginx::words::named;
use crate::model::{By, Flag, LocationId, Model, Path, Return, Target};
use crate::source::Span;

pub(crate) const LINT: Lint =
    Lint::new("auth-location-answers-some", Severity::Critical, "some questions are answered with yes before the gate is asked");

/// An `if` in the location of the gate returns a success, or leads to one. What it looks at is mostly the client's: in a subrequest
/// `$request_method` and all headers are those of the request.
pub(crate) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let model = &subject.model;
    for (id, auth) in model.asked() {
        for (span, what) in successes(model, id) {
            let why = format!("whoever makes this condition true gets in: {what}, and the gate is not asked");
            let help = "take the `if` out of this location; to let requests pass without the gate, write `auth_request off;` into a location of their own";
            findings.push(LINT.at(span, why, help).also(auth.directive.span(), "the gate is asked for here"));
        }
    }
}

fn successes(model: &Model<'_>, id: LocationId) -> Vec<(Span, String)> {
    let location = model.location(id);
    let mut found = Vec::new();
    for (condition, _) in model.scopes.conditions(location.scope) {
        let returned = model.scopes.own(condition, "return").iter().filter_map(|line| Return::read(line));
        let returned = returned.filter(Return::is_success);
        found.extend(returned.map(|returned| (returned.directive.span(), format!("{} is a yes", returned.status))));
    }
    for rewrite in
        model.rewrites(id).into_iter().filter(|rewrite| rewrite.scope != location.scope && rewrite.flag == Flag::Search)
    {
        let Target::Location(target) = model.target(location.server, rewrite.replacement) else { continue };
        let answer = model.answer(target, Path::OfFile(rewrite.replacement));
        let span = rewrite.directive.span();
        let is_application = || model.passes(answer.location).any(|pass| model.protected_at(&pass.addresses).is_some());
        match answer.by {
            _ if target == id => {}
            By::Success(_) => found.push((span, format!("{} answers with a success", named(model, answer.location)))),
            By::Program(_) if !is_question(rewrite.replacement) && is_application() => {
                found.push((span, format!("the application answers in {}", named(model, answer.location))));
            }
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::worst;
    use crate::lint::Severity;

    fn with(inside: &str) -> Option<Severity> {
        let gate =
            format!("location = /_auth {{ internal; {inside} proxy_pass http://a/verify; }} location = /ok {{ return 200; }}");
        worst("auth-location-answers-some", &format!("{gate} location / {{ auth_request /_auth; proxy_pass http://b; }}"))
    }

    #[test]
    fn success_in_a_condition_opens() {
        assert_eq!(with("if ($request_method = OPTIONS) { return 200; }"), Some(Severity::Critical));
        assert_eq!(with("if ($arg_x) { rewrite ^ /ok last; }"), Some(Severity::Critical));
        assert_eq!(with("if ($arg_x) { rewrite ^ /app last; }"), Some(Severity::Critical));
    }

    #[test]
    fn refusal_in_a_condition_does_not() {
        assert_eq!(with("if ($http_x = evil) { return 403; }"), None);
        assert_eq!(with("if ($arg_x) { rewrite ^ /other break; }"), None);
        assert_eq!(with("if ($arg_x) { rewrite ^ /app/session last; }"), None);
        assert_eq!(
            with("if ($arg_x) { rewrite ^ /gate2 last; } } location = /gate2 { proxy_pass http://a2; } location = /x {"),
            None
        );
    }
}
