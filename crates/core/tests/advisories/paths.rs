//! One request, two readings of its path: the proxy or the application takes another than the rule did.

use gatewright::{Authorizer, Request, UnixTime};

use crate::question::{HOST, MEMBERS, NOW, SESSION, anonymous, authorizer};

/// Everybody reaches `/public`, members the rest.
fn site() -> Authorizer {
    authorizer(&[SESSION, "[[rule]]\nid = \"public\"\npaths = [\"/public/**\"]\nallow = \"anyone\"\n", MEMBERS])
}

/// A rule in front of the others that opens this path.
fn opened(path: &str) -> Authorizer {
    authorizer(&[SESSION, &format!("[[rule]]\nid = \"open\"\npaths = ['{path}']\nallow = \"anyone\"\n"), MEMBERS])
}

/// Everybody reaches everything but `/admin`.
fn closed_admin() -> Authorizer {
    authorizer(&[
        "[[rule]]\nid = \"admin\"\npaths = [\"/admin/**\"]\ndeny = \"anyone\"\n",
        "[[rule]]\nid = \"rest\"\npaths = [\"/**\"]\nallow = \"anyone\"\n",
    ])
}

/// Asserts that the site itself is well, and that each of these targets gets this code.
#[track_caller]
fn refused(authorizer: &Authorizer, allowed: &str, code: &str, targets: &[&str]) {
    assert_eq!(anonymous(authorizer, allowed), "allowed", "{allowed}");
    for target in targets {
        assert_eq!(anonymous(authorizer, target), code, "{target}");
    }
}

#[test]
fn cve_2025_54576_a_rule_never_matches_the_query() {
    let site = opened("re:/foo/.*/bar");
    refused(
        &site,
        "/foo/a/bar",
        "credential_missing",
        &["/foo/critical?x=/bar", "/foo/critical?/bar", "/foo/critical?x=/foo/a/bar"],
    );
}

#[test]
fn cve_2026_41059_a_number_sign_ends_no_path() {
    let site = opened("re:/foo/.*/bar");
    refused(&site, "/foo/a/bar", "path_ambiguous", &["/foo/secret%23/bar", "/foo/secret%3f/bar"]);
    refused(&site, "/foo/a/bar", "request_malformed", &["/foo/secret#/bar"]);
}

#[test]
fn cve_2026_33494_dots_lead_out_of_no_public_folder() {
    refused(&site(), "/public/x", "path_ambiguous", &["/public/../admin/secrets", "/public/..", "/public/a/../../admin"]);
}

#[test]
fn cve_2023_33189_a_crafted_path_is_no_path_of_another_rule() {
    refused(
        &site(),
        "/public/x",
        "path_ambiguous",
        &["/public//../admin", "//public/x", "/public;/../admin", "/public/%2e%2e;/admin"],
    );
}

#[test]
fn cve_2021_39206_a_fragment_hides_no_path() {
    refused(&site(), "/public/x", "request_malformed", &["/admin#/public/", "/public/x#", "/public#@/admin"]);
}

#[test]
fn cve_2023_47106_a_fragment_in_the_request_line_is_malformed() {
    refused(&site(), "/public", "request_malformed", &["/public#/../admin", "/public/#/../admin"]);
}

#[test]
fn cve_2025_32431_a_path_matcher_is_not_passed_by_dots() {
    refused(&opened("/api/**"), "/api/x", "path_ambiguous", &["/api/../admin", "/api/x/../../admin"]);
}

#[test]
fn cve_2025_47952_a_path_matcher_is_not_passed_by_encoded_dots() {
    refused(&opened("/api/**"), "/api/x", "path_ambiguous", &["/api/%2e%2e/admin", "/api/.%2E/admin", "/api/%2e/admin"]);
}

#[test]
fn cve_2025_66490_a_path_matcher_is_not_passed_by_encoded_reserved_characters() {
    let targets = ["/api/a%2f..%2fadmin", "/api/a%5cadmin", "/api/a;admin", "/api/a%3badmin", "/api/a%3fadmin", "/api/a%23admin"];
    refused(&opened("/api/**"), "/api/x", "path_ambiguous", &targets);
    refused(&opened("/api/**"), "/api/x", "request_malformed", &["/api/a%00admin"]);
}

#[test]
fn cve_2026_40912_what_a_cut_prefix_would_turn_into_dots_is_ambiguous() {
    refused(&opened("/api/**"), "/api/x", "path_ambiguous", &["/api../admin", "/api/../admin", "/api%2e%2e/admin"]);
}

#[test]
fn cve_2026_48020_dots_behind_a_prefix_are_ambiguous() {
    refused(&opened("re:/api.*"), "/api/x", "path_ambiguous", &["/api../admin", "/api..%2fadmin", "/api./admin"]);
}

#[test]
fn cve_2026_65600_dots_that_a_replacement_would_bring_back_are_ambiguous() {
    refused(&opened("re:/api/.*"), "/api/x", "path_ambiguous", &["/api/%2e%2e/admin", "/api/%252e%252e/admin"]);
}

#[test]
fn cve_2026_67309_dots_that_a_rewrite_target_would_keep_are_ambiguous() {
    refused(&opened("re:/api(/|$)(.*)"), "/api/x", "path_ambiguous", &["/api/..", "/api/%2e%2e%2fadmin", "/api//admin"]);
}

#[test]
fn cve_2026_27587_one_reading_for_encoded_and_plain_paths_in_either_case() {
    let site = authorizer(&[
        "[[rule]]\nid = \"admin\"\npaths = [\"/admin/**\"]\ncase = \"insensitive\"\ndeny = \"anyone\"\n",
        "[[rule]]\nid = \"rest\"\npaths = [\"/**\"]\nallow = \"anyone\"\n",
    ]);
    refused(&site, "/other", "rule_denied", &["/ADMIN", "/ADMIN/%41", "/%41DMIN/x", "/aDm%49n"]);
    refused(&site, "/other", "path_ambiguous", &["/ADMIN%2f", "/ADMIN%2Fx"]);
}

#[test]
fn cve_2026_52844_backslashes_and_trailing_dots_are_ambiguous() {
    let targets = ["/private.%5csecret.txt", "/private./x", "/private%20/x", "/private%5csecret.txt"];
    refused(&closed_admin(), "/private/x", "path_ambiguous", &targets);
    refused(&closed_admin(), "/private/x", "request_malformed", &["/private.\\secret.txt"]);
}

#[test]
fn cve_2019_9901_a_path_that_would_be_normalised_is_ambiguous() {
    refused(&closed_admin(), "/a", "path_ambiguous", &["/a/../admin", "/a/./admin", "/a//admin"]);
}

#[test]
fn cve_2020_8595_an_exact_path_is_matched_without_its_query() {
    refused(&closed_admin(), "/a?/admin", "rule_denied", &["/admin", "/admin?", "/admin?x", "/admin/?x"]);
    refused(&closed_admin(), "/a", "request_malformed", &["/admin#"]);
}

#[test]
fn cve_2021_29492_escaped_and_doubled_slashes_are_ambiguous() {
    refused(&closed_admin(), "/a/admin", "path_ambiguous", &["/a%2fadmin", "//admin", "/%5cadmin", "/admin%2Fx"]);
}

#[test]
fn cve_2021_32779_a_denied_path_with_a_fragment_is_malformed() {
    refused(&closed_admin(), "/a", "request_malformed", &["/admin#x", "/admin/#"]);
}

#[test]
fn cve_2021_39156_a_fragment_makes_no_other_path() {
    refused(&closed_admin(), "/a", "request_malformed", &["/admin#foo", "/#/admin"]);
}

#[test]
fn cve_2026_32811_a_query_defeats_no_exact_rule_and_nothing_is_open_by_default() {
    refused(&closed_admin(), "/a", "rule_denied", &["/admin?x"]);
    refused(&closed_admin(), "/a", "path_ambiguous", &["/admin%3fx"]);
    let without_catch_all = authorizer(&["[[rule]]\nid = \"open\"\npaths = [\"/open\"]\nallow = \"anyone\"\n"]);
    refused(&without_catch_all, "/open?x", "no_rule", &["/admin?x", "/"]);
}

#[test]
fn cve_2026_35040_a_pattern_keeps_nothing_from_one_match_to_the_next() {
    let site = opened("re:/items/[0-9]+");
    for _ in 0..5 {
        refused(&site, "/items/7", "credential_missing", &["/items/", "/items/x"]);
    }
}

#[test]
fn cve_2026_35041_a_nested_repetition_takes_the_longest_path_there_is() {
    // An engine that tries every split would not come back.
    let (site, path) = (opened("re:/(a+)+"), "/".to_owned() + &"a".repeat(8_000));
    let request = Request::new("GET", "https", HOST, &path, &());
    assert_eq!(site.decide(&request, UnixTime::from_secs(NOW)).code(), "allowed");
    refused(&site, "/aaaa", "credential_missing", &[&format!("{path}!")]);
}
