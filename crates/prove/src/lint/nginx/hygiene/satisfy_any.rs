use std::collections::BTreeMap;

use crate::lint::finding::{Finding, Lint, Severity};
use crate::lint::nginx::Subject;
use crate::model::{LocationId, Model};
use crate::nginx::Directive;

pub(crate) const LINT: Lint = Lint::new("satisfy-any", Severity::Critical, "something else than the gate's yes is enough");

/// `satisfy any` is in force in a protected location: an `allow` that fits, or a password, lets in without the gate. Alone it does
/// nothing yet.
pub(crate) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let model = &subject.model;
    let mut found: BTreeMap<_, (&Directive, Instead<'_>)> = BTreeMap::new();
    for (id, _) in model.protected() {
        let line = model.scopes.value(model.location(id).scope, "satisfy").filter(|line| line.argument(0) == Some(b"any"));
        let Some(line) = line else { continue };
        let instead = instead(model, id);
        let entry = found.entry(line.span()).or_insert((line, instead));
        if entry.1.severity() < instead.severity() {
            entry.1 = instead;
        }
    }
    for (line, instead) in found.into_values() {
        let help = "write `satisfy all;`, or give what is open to those addresses a location of its own with `auth_request off;`";
        let finding = LINT.at(line.span(), instead.why(), help).severity(instead.severity());
        findings.push(match instead.directive() {
            Some(directive) => finding.also(directive.span(), "this is enough"),
            None => finding,
        });
    }
}

/// What is enough instead of the gate.
#[derive(Clone, Copy)]
enum Instead<'c> {
    Everybody(&'c Directive),
    Address(&'c Directive),
    Password(&'c Directive),
    Nothing,
}

fn instead<'c>(model: &Model<'c>, id: LocationId) -> Instead<'c> {
    let scope = model.location(id).scope;
    // The first that fits decides: behind a `deny all` nothing is looked at.
    let rules = model.scopes.addresses(scope).into_iter();
    let mut rules = rules.take_while(|line| !(line.is("deny") && line.argument(0) == Some(b"all")));
    if let Some(allow) = rules.find(|line| line.is("allow")) {
        return if allow.argument(0) == Some(b"all") { Instead::Everybody(allow) } else { Instead::Address(allow) };
    }
    let password = ["auth_basic", "auth_jwt"].iter().find_map(|name| model.scopes.value(scope, name));
    password.filter(|line| line.argument(0) != Some(b"off")).map_or(Instead::Nothing, Instead::Password)
}

impl<'c> Instead<'c> {
    const fn severity(self) -> Severity {
        match self {
            Self::Everybody(_) => Severity::Critical,
            Self::Address(_) => Severity::High,
            Self::Password(_) => Severity::Medium,
            Self::Nothing => Severity::Info,
        }
    }

    const fn why(self) -> &'static str {
        match self {
            Self::Everybody(_) => "`allow all` lets everybody in, and the gate is asked for nothing",
            Self::Address(_) => {
                "whoever comes from an allowed address is let in whatever the gate says; behind another proxy, everybody has that proxy's address"
            }
            Self::Password(_) => "whoever has a password or a token for this is let in whatever the gate says",
            Self::Nothing => {
                "there is nothing yet that could be enough instead of the gate; whoever adds an `allow` opens the gate with it"
            }
        }
    }

    const fn directive(self) -> Option<&'c Directive> {
        match self {
            Self::Everybody(line) | Self::Address(line) | Self::Password(line) => Some(line),
            Self::Nothing => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::worst;
    use crate::lint::Severity;

    fn with(inside: &str) -> Option<Severity> {
        let gate = "location = /_auth { internal; proxy_pass http://a/verify; }";
        worst("satisfy-any", &format!("{gate} location / {{ auth_request /_auth; proxy_pass http://b; {inside} }}"))
    }

    #[test]
    fn address_or_password_is_enough() {
        assert_eq!(with("satisfy any; allow 10.0.0.0/8; deny all;"), Some(Severity::High));
        assert_eq!(with("satisfy any; allow all;"), Some(Severity::Critical));
        assert_eq!(with("satisfy any; auth_basic closed;"), Some(Severity::Medium));
    }

    #[test]
    fn nothing_else_is_enough() {
        assert_eq!(with("satisfy any;"), Some(Severity::Info));
        assert_eq!(with("satisfy any; deny all; auth_basic off;"), Some(Severity::Info));
        assert_eq!(with("satisfy any; deny all; allow 10.0.0.0/8;"), Some(Severity::Info));
        assert_eq!(with("satisfy all; allow 10.0.0.0/8; deny all;"), None);
    }
}
