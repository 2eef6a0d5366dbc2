use crate::lint::finding::{Finding, Lint, Severity};
use crate::lint::nginx::Subject;

pub(crate) const LINT: Lint = Lint::new(
    "opaque-code",
    Severity::Info,
    "a program within nginx can answer before the gate is asked, and is not looked into",
);

/// Lua or JavaScript of the rewrite phase is in force in a protected location.
pub(crate) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let model = &subject.model;
    for (id, _) in model.protected() {
        let scope = model.location(id).scope;
        let names = ["rewrite_by_lua", "rewrite_by_lua_block", "rewrite_by_lua_file", "server_rewrite_by_lua_block"];
        for line in names.iter().flat_map(|name| model.scopes.effective(scope, name)) {
            findings.push(LINT.at(
                line.words().first().map_or(line.span(), |word| word.span()),
                "code of the rewrite phase comes before the gate, and can end a request or send it elsewhere",
                "see that it neither answers nor jumps (`ngx.exit`, `ngx.exec`, `ngx.say`); `access_by_lua` comes after the gate",
            ));
        }
    }
}
