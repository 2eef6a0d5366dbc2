//! Where a login may send somebody back to. The engine is asked with the raw text behind `rd=`; what it does not return,
//! nobody is sent to.

use gatewright::Authorizer;

use crate::question::{MEMBERS, SESSION, authorizer, decide};
use crate::signer::LOGIN;

fn site() -> Authorizer {
    let login = "[login]\nurl = \"https://auth.example.com/login\"\nreturn_hosts = [\"app.example.com\", \"*.example.com\"]\n";
    authorizer(&[SESSION, login, MEMBERS])
}

/// Asserts that a good address is returned as it came, and none of these.
#[track_caller]
fn refused(addresses: &[&str]) {
    let site = site();
    for good in ["https://app.example.com/a?x=1", "https%3A%2F%2Fapp.example.com%2Fa%3Fx%3D1"] {
        assert_eq!(site.return_address(good).as_deref(), Some("https://app.example.com/a?x=1"), "{good}");
    }
    for address in addresses {
        assert_eq!(site.return_address(address), None, "{address:?}");
    }
}

#[test]
fn cve_2017_1000070_two_slashes_name_another_host() {
    refused(&["//evil.com", "//evil.com/", "%2F%2Fevil.com", "https://evil.com/"]);
}

#[test]
fn cve_2020_5233_a_slash_and_a_backslash_name_another_host() {
    refused(&["/\\evil.com", "\\\\evil.com", "%2F%5Cevil.com", "https:/\\evil.com", "https://app.example.com\\@evil.com/"]);
}

#[test]
fn cve_2020_11053_white_space_between_slashes_is_left_out_by_browsers() {
    refused(&["/%09/evil.com", "/%0a/evil.com", "/%0d/evil.com", "/\t/evil.com", "/\n/evil.com", "https:/%09/evil.com"]);
}

#[test]
fn cve_2020_4037_no_mixture_of_spaces_dots_and_slashes_names_another_host() {
    refused(&[
        "/ /evil.com",
        "/\t/\t\\evil.com",
        "/./\\evil.com",
        "/.//evil.com",
        "///evil.com",
        "/%5cevil.com",
        "ht\ntps://evil.com",
    ]);
}

#[test]
fn cve_2021_21291_a_suffix_ends_at_a_dot() {
    refused(&[
        "https://evilexample.com/",
        "https://app.example.com.evil.com/",
        "https://evil.com/.example.com",
        "https://example.com/",
    ]);
    assert!(site().return_address("https://other.example.com/").is_some());
}

#[test]
fn cve_2021_29456_another_domain_is_no_place_to_go_after_a_logout() {
    refused(&["https://evil.com/?rd=https://app.example.com/", "https://app.example.com@evil.com/", "http://app.example.com/"]);
}

#[test]
fn cve_2021_29651_the_way_to_the_login_carries_no_credential_and_leads_nowhere_else() {
    let issuer = format!(
        "[[issuer]]\nissuer = \"{LOGIN}\"\naudiences = [\"app\"]\nalgorithms = [\"EdDSA\"]\nkeys = {{ jwks_url = \"{LOGIN}/jwks\" }}\n"
    );
    let login = "[login]\nurl = \"https://auth.example.com/login\"\nreturn_hosts = [\"app.example.com\"]\n";
    let site = authorizer(&[SESSION, &issuer, login, MEMBERS]);
    let decision =
        decide(&site, "/?pomerium_redirect_uri=https://evil.com", &[("Authorization", "Bearer eyJhbGciOiJub25lIn0.e30.")]);
    let gatewright::Decision::Challenge(challenge) = decision else { panic!("{decision:?}") };
    let url = challenge.login_url().unwrap();
    assert!(url.starts_with("https://auth.example.com/login?rd=https%3A%2F%2Fapp.example.com%2F"), "{url}");
    assert!(!url.contains("eyJ"), "{url}");
}

#[test]
fn cve_2024_21497_two_slashes_after_a_login_lead_nowhere() {
    refused(&["//evil.com/%2e%2e", "////evil.com", "https:////evil.com", "https:evil.com"]);
}

#[test]
fn cve_2019_14857_a_further_slash_leads_nowhere() {
    refused(&[
        "///evil.com",
        "https:///evil.com",
        "////evil.com/",
        "%2F%2F%2Fevil.com",
        " https://evil.com/",
        "%20https://app.example.com/",
    ]);
}

#[test]
fn cve_2021_32786_a_backslash_is_no_slash() {
    refused(&["/\\/evil.com", "https:\\\\evil.com", "https://app.example.com\\evil.com", "https%3A%5C%5Cevil.com"]);
}

#[test]
fn cve_2021_39191_a_target_link_is_held_to_the_same_list() {
    refused(&[
        "https://evil.com/app.example.com",
        "javascript:alert(1)//https://app.example.com",
        "data:text/html,https://app.example.com",
    ]);
}

#[test]
fn cve_2022_23527_a_slash_a_tab_and_a_slash_name_another_host() {
    refused(&["/\t/evil.com", "/%09%2Fevil.com", "/%09evil.com", "https://app.example.com/\t"]);
}

#[test]
fn cve_2019_3877_backslashes_after_a_logout_lead_nowhere() {
    refused(&["\\\\evil.com", "%5C%5Cevil.com", "https:%5C%5Cevil.com", "/%5C%5Cevil.com", "https%3A///%5Cevil.com"]);
}
