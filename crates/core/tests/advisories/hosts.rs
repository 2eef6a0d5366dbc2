//! One host, several spellings: the rule has to be the same for all of them.

use gatewright::Authorizer;

use crate::question::{SESSION, authorizer, decide_at};

fn rule_for(authorizer: &Authorizer, host: &str) -> Option<String> {
    decide_at(authorizer, host, "/", &()).rule().map(str::to_owned)
}

/// A strict rule for one host pattern in front of an open one.
fn strict_then_open(strict: &str, open: &str) -> Authorizer {
    authorizer(&[
        SESSION,
        &format!("[[rule]]\nid = \"strict\"\nhosts = [\"{strict}\"]\nallow = \"authenticated\"\n"),
        &format!("[[rule]]\nid = \"open\"\nhosts = [\"{open}\"]\npaths = [\"/**\"]\nallow = \"anyone\"\n"),
    ])
}

#[test]
fn cve_2026_48794_a_wildcard_host_is_compared_without_regard_to_case() {
    let site = strict_then_open("*.admin.example.com", "*.example.com");
    assert_eq!(decide_at(&site, "other.example.com", "/", &()).code(), "allowed");
    for host in ["secure.admin.example.com", "secure.ADMIN.example.com", "Secure.Admin.Example.COM"] {
        let decision = decide_at(&site, host, "/", &());
        assert_eq!((decision.rule(), decision.code()), (Some("strict"), "credential_missing"), "{host}");
    }
}

#[test]
fn cve_2026_77560_an_applications_own_rule_is_found_in_any_case() {
    let site = strict_then_open("app.example.com", "*.example.com");
    assert_eq!(rule_for(&site, "other.example.com").as_deref(), Some("open"));
    assert_eq!(rule_for(&site, "APP.example.com").as_deref(), Some("strict"));
}

#[test]
fn cve_2022_23632_a_trailing_dot_makes_no_other_host() {
    let site = strict_then_open("app.example.com", "*.example.com");
    assert_eq!(rule_for(&site, "other.example.com.").as_deref(), Some("open"));
    assert_eq!(rule_for(&site, "app.example.com.").as_deref(), Some("strict"));
    assert_eq!(decide_at(&site, "app.example.com..", "/", &()).code(), "request_malformed");
}

#[test]
fn cve_2026_53622_mixed_case_under_a_wildcard_makes_no_other_host() {
    let site = strict_then_open("*.app.example.com", "*.example.com");
    for host in ["a.app.example.com", "A.App.Example.Com", "a.APP.example.com.", "a.app.example.com:443"] {
        assert_eq!(rule_for(&site, host).as_deref(), Some("strict"), "{host}");
    }
    assert_eq!(rule_for(&site, "application.example.com").as_deref(), Some("open"));
}

#[test]
fn cve_2026_27588_a_long_list_of_hosts_is_compared_as_a_short_one_is() {
    let hosts: Vec<String> = (0..300).map(|number| format!("\"h{number}.example.com\"")).collect();
    let site = authorizer(&[
        SESSION,
        &format!("[[rule]]\nid = \"strict\"\nhosts = [{}]\nallow = \"authenticated\"\n", hosts.join(", ")),
        "[[rule]]\nid = \"open\"\npaths = [\"/**\"]\nallow = \"anyone\"\n",
    ]);
    for host in ["h299.example.com", "H299.example.com", "h150.EXAMPLE.com."] {
        assert_eq!(rule_for(&site, host).as_deref(), Some("strict"), "{host}");
    }
    assert_eq!(rule_for(&site, "h300.example.com").as_deref(), Some("open"));
}

#[test]
fn cve_2021_39155_a_denied_host_is_denied_in_any_case() {
    let site = authorizer(&[
        "[[rule]]\nid = \"denied\"\nhosts = [\"internal.example.com\"]\ndeny = \"anyone\"\n",
        "[[rule]]\nid = \"open\"\npaths = [\"/**\"]\nallow = \"anyone\"\n",
    ]);
    assert_eq!(decide_at(&site, "www.example.com", "/", &()).code(), "allowed");
    for host in ["internal.example.com", "INTERNAL.example.com", "Internal.Example.Com:443"] {
        assert_eq!(decide_at(&site, host, "/", &()).code(), "rule_denied", "{host}");
    }
}
