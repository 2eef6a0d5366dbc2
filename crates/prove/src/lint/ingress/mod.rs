//! Kubernetes Ingresses with annotations of ingress-nginx, and the ConfigMap of its controller. They are looked at together.

mod resource;

mod auth_cache_key;
mod auth_url;
mod custom_errors;
mod identity_header;
mod no_auth_locations;
mod not_asked;
mod satisfy_any;
mod snippet;
mod unknown_annotation;

use self::resource::Model;
use super::{Finding, Intent, Lint};
use crate::data::Node;

/// All that is looked for.
pub(crate) const LINTS: &[&Lint] = &[
    &auth_cache_key::LINT,
    &auth_url::LINT,
    &custom_errors::LINT,
    &identity_header::LINT,
    &no_auth_locations::LINT,
    &not_asked::LINT,
    &satisfy_any::LINT,
    &snippet::LINT,
    &unknown_annotation::LINT,
];

const CHECKS: &[fn(&Model<'_>, &Intent<'_>, &mut Vec<Finding>)] = &[
    auth_cache_key::check,
    auth_url::check,
    custom_errors::check,
    identity_header::check,
    no_auth_locations::check,
    not_asked::check,
    satisfy_any::check,
    snippet::check,
    unknown_annotation::check,
];

/// Whether a document is an Ingress, the controller's ConfigMap, or a list with one of them.
pub(crate) fn is_one(root: &Node) -> bool {
    resource::is_ingress(root)
        || resource::is_settings(root)
        || root.get("items").is_some_and(|items| items.items().iter().any(is_one_item))
}

fn is_one_item(item: &Node) -> bool {
    resource::is_ingress(item) || resource::is_settings(item)
}

/// Looks at all documents of a file.
pub(crate) fn check(documents: &[Node], intent: &Intent<'_>) -> Vec<Finding> {
    let model = Model::new(documents);
    let mut findings = Vec::new();
    for check in CHECKS {
        check(&model, intent, &mut findings);
    }
    findings
}

#[cfg(test)]
mod testing {
    use super::super::Severity;
    use super::*;
    use crate::data::{self, Language};
    use crate::source::Sources;

    /// A file without a finding; tests replace something in it.
    pub(super) const GOOD: &str = include_str!("testing/good.yaml");

    pub(super) fn findings(text: &str, intent: &Intent<'_>) -> Vec<Finding> {
        let mut sources = Sources::default();
        let file = sources.add("-", text);
        check(&data::read(&sources, file, Language::Yaml).unwrap(), intent)
    }

    /// How bad a rule says it is, and in which line.
    pub(super) fn found(text: &str, lint: &Lint, intent: &Intent<'_>) -> Vec<(Severity, String)> {
        let line = |at: usize| text.lines().nth(text[..at].matches('\n').count()).unwrap_or_default().trim().to_owned();
        let findings = findings(text, intent);
        let own = findings.iter().filter(|finding| finding.lint.id == lint.id);
        own.map(|finding| (finding.severity, line(finding.span.start))).collect()
    }

    #[track_caller]
    pub(super) fn flags(text: &str, lint: &Lint, severity: Severity, words: &str) {
        let found = found(text, lint, &Intent::default());
        assert!(
            found.len() == 1 && found[0].0 == severity && found[0].1.contains(words),
            "{found:?} instead of {words:?} in\n{text}"
        );
    }

    #[track_caller]
    pub(super) fn is_silent(text: &str, lint: &Lint) {
        assert_eq!(found(text, lint, &Intent::default()), []);
    }

    #[track_caller]
    pub(super) fn with(from: &str, to: &str) -> String {
        assert!(GOOD.contains(from), "{from}");
        GOOD.replace(from, to)
    }

    /// The good Ingress with one more annotation.
    pub(super) fn annotated(name: &str, value: &str) -> String {
        let first = "    nginx.ingress.kubernetes.io/auth-url:";
        with(first, &format!("    nginx.ingress.kubernetes.io/{name}: {value}\n{first}"))
    }

    /// The good file with a ConfigMap of the controller.
    pub(super) fn configured(name: &str, value: &str) -> String {
        format!(
            "{GOOD}---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{ name: ingress-nginx-controller }}\ndata:\n  {name}: {value}\n"
        )
    }

    #[test]
    fn good_file_has_no_finding() {
        assert_eq!(findings(GOOD, &Intent::default()), []);
    }
}
