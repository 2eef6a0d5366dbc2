//! Paths that the controller leaves out of every check.

use super::super::declared::{Paths, is_open};
use super::super::{Finding, Intent, Lint, Severity};
use super::resource::Model;

pub(super) const LINT: Lint =
    Lint::new("ingress-no-auth-locations", Severity::Critical, "the controller asks nobody about some paths");

pub(super) fn check(model: &Model<'_>, intent: &Intent<'_>, findings: &mut Vec<Finding>) {
    let Some(entry) = model.setting("no-auth-locations") else { return };
    let listed = entry.node.text().unwrap_or_default().split(',').map(str::trim).filter(|path| !path.is_empty());
    for path in listed.filter(|path| *path != "/.well-known/acme-challenge") {
        if !is_open(intent, &[], &Paths::Below(path.to_owned())) {
            let finding = LINT.at(
                entry.node.span,
                format!(
                    "nobody is asked about Ingress paths that begin with `{path}`, at every host and whatever `auth-url` says"
                ),
                "take the path out, and let the gate's rules say what is open",
            );
            findings.push(if path == "/" { finding } else { finding.severity(Severity::High) });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{configured, flags, found, is_silent};
    use super::*;

    #[test]
    fn paths_are_asked_about() {
        let text = configured("no-auth-locations", "\"/.well-known/acme-challenge,/api\"");
        flags(&text, &LINT, Severity::High, "no-auth-locations");
        flags(&configured("no-auth-locations", "/"), &LINT, Severity::Critical, "no-auth-locations");
        is_silent(&configured("no-auth-locations", "/.well-known/acme-challenge"), &LINT);
        let open = ["/api*".to_owned()];
        assert_eq!(found(&text, &LINT, &Intent { open: &open, ..Intent::default() }), []);
    }
}
