use crate::lint::finding::{Finding, Lint, Severity};
use crate::lint::nginx::Subject;
use crate::lint::nginx::words::named;
use crate::model::{LocationId, Matcher, Step, Way};

pub(crate) const LINT: Lint =
    Lint::new("open-fallback", Severity::Critical, "nginx goes on from an open location to the application behind the gate");

/// A location that no client can ask for passes requests on to what is behind the gate elsewhere, asks nobody, and is where
/// `try_files`, `rewrite` or a chain of error pages of an open location ends.
pub(crate) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let model = &subject.model;
    for (id, way) in model.open() {
        let Way::Through { from, step, directive } = way else { continue };
        let is_told_elsewhere = match step {
            Step::ErrorPage => !matches!(model.way(from), Some(Way::Through { .. })),
            Step::Rewrite => model.is_protected(from) || matches!(model.location(from).matcher, Matcher::Rest),
            Step::TryFiles => false,
        };
        if is_told_elsewhere || subject.is_meant_open(id) || subject.is_meant_open(from) || model.is_asking(id) {
            continue;
        }
        let Some(pass) = model.passes(id).find(|pass| model.protected_at(&pass.addresses).is_some()) else { continue };
        let finding = LINT.at(
            directive.span(),
            format!(
                "{} asks nobody, and what it does not serve itself goes on to {}, which asks nobody either",
                start(subject, from),
                named(model, id)
            ),
            format!("write `auth_request` into {}, or end with `=404` here", named(model, id)),
        );
        findings.push(finding.also(pass.directive.span(), "the application behind the gate"));
    }
}

/// The location in which the chain starts.
fn start(subject: &Subject<'_>, from: LocationId) -> String {
    let mut at = from;
    for _ in 0..MOST {
        match subject.model.way(at) {
            Some(Way::Through { from, .. }) => at = from,
            _ => break,
        }
    }
    named(&subject.model, at)
}

/// How long a chain is looked back.
const MOST: usize = 20;

#[cfg(test)]
mod tests {
    use crate::lint::Severity;
    use crate::lint::nginx::testing::worst;

    fn with(rest: &str) -> Option<Severity> {
        let gate = "location = /_auth { internal; proxy_pass http://a/verify; }";
        worst("open-fallback", &format!("server {{ {gate} location / {{ auth_request /_auth; proxy_pass http://b; }} {rest} }}"))
    }

    #[test]
    fn way_through_an_open_location_opens() {
        assert_eq!(with("location /s/ { try_files $uri @b; } location @b { proxy_pass http://b; }"), Some(Severity::Critical));
        let rewrite = "location /s/ { rewrite ^/s/(.*)$ /raw/$1 last; } location /raw/ { internal; proxy_pass http://b/; }";
        assert_eq!(with(rewrite), Some(Severity::Critical));
        let chain = "location /s/ { error_page 404 = @x; } location @x { error_page 404 = @y; proxy_pass http://c; } location @y { proxy_pass http://b; }";
        assert_eq!(with(chain), Some(Severity::Critical));
    }

    #[test]
    fn way_to_somewhere_else_or_with_the_gate_does_not() {
        assert_eq!(with("location /s/ { try_files $uri @b; } location @b { proxy_pass http://c; }"), None);
        assert_eq!(with("location /s/ { try_files $uri @b; } location @b { auth_request /_auth; proxy_pass http://b; }"), None);
        assert_eq!(with("location /s/ { try_files $uri =404; }"), None);
    }
}
