use crate::lint::finding::{Finding, Lint, Severity};
use crate::lint::nginx::Subject;
use crate::model::Definition;
use crate::nginx::Directive;

pub(crate) const LINT: Lint = Lint::new(
    "gate-variable-too-early",
    Severity::Medium,
    "a variable from the gate's answer is looked at before there is an answer",
);

/// `if`, `set` or `rewrite` in a protected location names a variable of `auth_request_set`, or a map over one: it is still empty
/// there. A map keeps the empty value for the rest of the request.
pub(crate) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let model = &subject.model;
    let is_answer =
        |name: &Vec<u8>| model.variables.of(name).iter().any(|definition| matches!(definition, Definition::Answer(_)));
    let names_answer = |line: &Directive, skip: usize| {
        line.arguments().iter().skip(skip).any(|word| {
            let value = word.value().strip_prefix(b"(").unwrap_or(word.value());
            model.variables.behind(value).iter().any(is_answer)
        })
    };
    for (id, _) in model.protected() {
        let scope = model.location(id).scope;
        let lines = [("if", 0, Severity::Medium), ("set", 1, Severity::Low), ("rewrite", 1, Severity::Low)];
        for (name, skip, severity) in lines {
            for line in model.scopes.own(scope, name).iter().filter(|line| names_answer(line, skip)) {
                let finding = LINT.at(
                    line.words().first().map_or(line.span(), |word| word.span()),
                    format!("`{name}` runs before the gate is asked: the variable is always empty here, for everybody"),
                    "leave it to the gate's own policy, or set a header from the variable and let the application look at it",
                );
                findings.push(finding.severity(severity));
            }
        }
    }
}
