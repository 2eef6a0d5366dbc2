//! The configuration that the project starts from: what it lacks is said, and each of its details is missed when it is gone.

use std::io;

use gatewright_prove::nginx::Files;
use gatewright_prove::{Intent, Severity, lint};

const ARTICLE: &str = include_str!("article.conf");

#[test]
fn what_the_article_lacks_is_said_and_nothing_worse() {
    let found = found(ARTICLE);
    for id in ["auth-location-inherits-error-page", "auth-location-timeouts", "auth-location-keepalive"] {
        assert!(found.iter().any(|(found, _)| *found == id), "{id} in {found:?}");
    }
    assert!(found.iter().all(|(_, severity)| *severity <= Severity::Low), "{found:?}");
}

#[test]
fn internal_is_missed() {
    assert!(speaks("internal;", "auth-location-public") >= Severity::Medium);
}

#[test]
fn identity_that_is_not_taken_from_the_answer_is_missed() {
    assert_eq!(speaks("auth_request_set", "identity-variable-unknown"), Severity::High);
    let without_headers = without(&without(ARTICLE, "auth_request_set"), "  $user;");
    assert!(found(&without(&without_headers, " $email;")).contains(&("identity-unsent", Severity::Low)));
}

#[test]
fn body_that_is_left_on_is_missed() {
    assert_eq!(speaks("proxy_pass_request_body", "auth-location-body"), Severity::Low);
    let without_both = without(&without(ARTICLE, "proxy_pass_request_body"), "Content-Length");
    assert!(found(&without_both).contains(&("auth-location-body", Severity::Medium)));
}

/// The worst that a rule says when all lines with a word are gone; it says nothing of the article as it is.
#[track_caller]
fn speaks(word: &str, id: &str) -> Severity {
    assert!(found(ARTICLE).iter().all(|(found, _)| *found != id));
    let found = found(&without(ARTICLE, word));
    found.iter().filter(|(found, _)| *found == id).map(|(_, severity)| *severity).max().unwrap_or_else(|| panic!("{found:?}"))
}

fn without(text: &str, word: &str) -> String {
    let left: String = text.lines().filter(|line| !line.contains(word)).flat_map(|line| [line, "\n"]).collect();
    assert_ne!(left, text, "{word}");
    left
}

fn found(text: &str) -> Vec<(&'static str, Severity)> {
    let report = lint(b"article.conf", &Article(text), Intent::default()).unwrap();
    report.findings.iter().map(|finding| (finding.lint.id, finding.severity)).collect()
}

struct Article<'t>(&'t str);

impl Files for Article<'_> {
    fn read(&self, _: &[u8]) -> Result<Vec<u8>, io::ErrorKind> {
        Ok(self.0.as_bytes().to_vec())
    }

    fn names(&self, _: &[u8]) -> Vec<Vec<u8>> {
        Vec::new()
    }
}
