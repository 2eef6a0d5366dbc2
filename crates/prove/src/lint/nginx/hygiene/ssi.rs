use std::collections::BTreeSet;

use crate::lint::finding::{Finding, Lint, Severity};
use crate::lint::nginx::Subject;
use crate::lint::nginx::words::named;
use crate::model::Target;

pub(crate) const LINT: Lint = Lint::new("ssi", Severity::High, "an open page can take in a protected one");

/// Server-side includes are on in an open location of a server with something behind the gate, or `add_before_body` and its kind name
/// a protected path there. What is taken in comes by a subrequest, before which the gate is not asked.
pub(crate) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let model = &subject.model;
    let mut seen = BTreeSet::new();
    for (id, _) in model.open().filter(|(id, _)| model.is_guarded(model.location(*id).server)) {
        let location = model.location(id);
        let includes = model.scopes.value(location.scope, "ssi").filter(|line| line.argument(0) == Some(b"on"));
        let added = ["add_before_body", "add_after_body"].iter().filter_map(|name| model.scopes.value(location.scope, name));
        let added = added.filter(|line| match model.target(location.server, line.argument(0).unwrap_or_default()) {
            Target::Location(target) => model.is_protected(target) && !model.is_asking(target),
            Target::Status(_) | Target::Elsewhere | Target::Unknown => false,
        });
        for line in includes.into_iter().chain(added) {
            if !seen.insert(line.span()) {
                continue;
            }
            let why = format!(
                "pages of {} can hold what a protected location serves: for what is taken in, nobody is asked",
                named(model, id)
            );
            let help = if line.is("ssi") {
                "write `ssi off;`, and `ssi on;` only into locations that ask the gate themselves"
            } else {
                "take in a page that anybody may see, or write `auth_request` into this location"
            };
            findings.push(LINT.at(line.span(), why, help));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::worst;
    use crate::lint::Severity;

    fn with(open: &str, admin: &str) -> Option<Severity> {
        let gate = "location = /_auth { internal; proxy_pass http://a/verify; }";
        let admin = format!("location /admin/ {{ auth_request /_auth; proxy_pass http://b; {admin} }}");
        worst("ssi", &format!("{gate} {admin} location / {{ root /srv; {open} }}"))
    }

    #[test]
    fn open_page_takes_in_a_protected_one() {
        assert_eq!(with("ssi on;", ""), Some(Severity::High));
        assert_eq!(with("add_after_body /admin/footer;", ""), Some(Severity::High));
    }

    #[test]
    fn protected_page_may() {
        assert_eq!(with("", "ssi on;"), None);
        assert_eq!(with("add_after_body /footer.html;", ""), None);
    }
}
