use crate::lint::finding::{Finding, Lint, Severity};
use crate::lint::nginx::Subject;
use crate::model::Block;

pub(crate) const LINT: Lint = Lint::new("auth-request-misplaced", Severity::Medium, "nginx refuses `auth_request` in this block");

/// `auth_request` stands in an `if` or a `limit_except`, where nginx does not take it: it refuses the whole file, and goes on with the
/// one before.
pub(crate) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let scopes = &subject.model.scopes;
    for (id, scope) in scopes.iter().filter(|(_, scope)| matches!(scope.block, Block::If | Block::LimitExcept)) {
        let block = if scope.block == Block::If { "if" } else { "limit_except" };
        for line in scopes.own(id, "auth_request") {
            let why = format!("nginx does not start with `auth_request` in `{block}`, and a reload keeps what was there before");
            let help =
                "write `auth_request` into the location itself, and `auth_request off;` into one of its own for what is open";
            findings.push(LINT.at(line.span(), why, help));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::worst;
    use crate::lint::Severity;

    #[test]
    fn condition_takes_no_auth_request() {
        let with = |inside: &str| worst("auth-request-misplaced", &format!("location / {{ {inside} proxy_pass http://b; }}"));
        assert_eq!(with("if ($arg_x) { auth_request /_auth; }"), Some(Severity::Medium));
        assert_eq!(with("limit_except GET { auth_request /_auth; }"), Some(Severity::Medium));
        assert_eq!(with("auth_request /_auth;"), None);
    }
}
