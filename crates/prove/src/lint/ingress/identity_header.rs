//! A client can say who it is.

use super::super::declared::{identity, with_found};
use super::super::{Finding, Intent, Lint, Severity};
use super::resource::{Ingress, Model};
use crate::data::Node;

pub(super) const LINT: Lint =
    Lint::new("ingress-identity-header", Severity::High, "a client's identity header reaches the application");

pub(super) fn check(model: &Model<'_>, intent: &Intent<'_>, findings: &mut Vec<Finding>) {
    for ingress in &model.ingresses {
        let Some(url) = ingress.annotation("auth-url") else { continue };
        let same = model.ingresses.iter().filter(|other| other.annotation("auth-url").and_then(Node::text) == url.text());
        let names = with_found(identity(intent), same.flat_map(response_headers));
        let own = response_headers(ingress);
        for name in names.iter().filter(|name| !own.iter().any(|header| header.eq_ignore_ascii_case(name))) {
            findings.push(LINT.at(
                ingress.annotation("auth-response-headers").unwrap_or(url).span,
                format!("`{name}` is not in `auth-response-headers`: the application gets what the client wrote, and not what the gate says"),
                format!("add `{name}` to `nginx.ingress.kubernetes.io/auth-response-headers`"),
            ));
        }
    }
}

fn response_headers<'n>(ingress: &Ingress<'n>) -> Vec<&'n str> {
    let list = ingress.annotation("auth-response-headers").and_then(Node::text).unwrap_or_default();
    list.split(',').map(str::trim).filter(|name| !name.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{GOOD, found, with};
    use super::*;

    #[test]
    fn identity_comes_from_the_gate() {
        let identity = ["X-User".to_owned(), "X-Email".to_owned()];
        let intent = Intent { identity: &identity, ..Intent::default() };
        assert_eq!(found(GOOD, &LINT, &intent), []);
        let found = found(&with("X-User, X-Email", "X-Email"), &LINT, &intent);
        assert!(found.len() == 1 && found[0].1.contains("auth-response-headers"), "{found:?}");
    }
}
