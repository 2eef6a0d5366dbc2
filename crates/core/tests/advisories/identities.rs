//! Whose request it is: rules about people, what is remembered of them, and what is handed on.

use std::thread;

use gatewright::{Authorizer, Decision, Request, Revocations, SessionClaims, UnixTime};
use serde_json::{Value, json};

use crate::question::{HOST, MEMBERS, NOW, SESSION, authorizer, bearer, config_error, decide, permit, session, with_keys};
use crate::signer::{Key, LOGIN, claims, claims_with};

const PARTNER: &str = "https://partner.example.net";

/// `[[issuer]]` that signs with Ed25519.
fn issuer(name: &str, lines: &str) -> String {
    format!(
        "[[issuer]]\nissuer = \"{name}\"\naudiences = [\"app\"]\nalgorithms = [\"EdDSA\"]\nkeys = {{ jwks_url = \"{name}/jwks\" }}\n{lines}\n"
    )
}

fn code_at(authorizer: &Authorizer, headers: &[(&str, String)], later: u64) -> &'static str {
    let headers = headers.to_vec();
    authorizer.decide(&Request::new("GET", "https", HOST, "/", &headers), UnixTime::from_secs(NOW + later)).code()
}

#[test]
fn cve_2021_21411_a_rule_about_groups_is_kept_and_a_key_that_nobody_reads_is_an_error() {
    let site = authorizer(&[SESSION, "[[rule]]\nid = \"a\"\nallow = [{ groups = [\"a\"] }]\n"]);
    for (groups, code) in [(&["a", "b"][..], "allowed"), (&["b"], "identity_not_allowed"), (&[], "identity_not_allowed")] {
        let headers = session(&site, &SessionClaims::new("s", "alice").with_groups(groups.iter().copied()));
        assert_eq!(decide(&site, "/", &headers).code(), code, "{groups:?}");
    }
    for key in ["gitlab_group = [\"a\"]", "group = [\"a\"]"] {
        let error = config_error(&[SESSION, &format!("[[rule]]\nid = \"a\"\nallow = [{{ {key} }}]\n")]);
        assert!(error.contains("group"), "{error}");
    }
}

#[test]
fn cve_2026_40574_an_address_with_two_at_signs_has_no_domain() {
    let site = authorizer(&[SESSION, "[[rule]]\nid = \"company\"\nallow = [{ email_domains = [\"company.com\"] }]\n"]);
    for (email, code) in [
        ("alice@company.com", "allowed"),
        ("attacker@evil.com@company.com", "identity_not_allowed"),
        ("attacker@company.com@evil.com", "identity_not_allowed"),
        ("@company.com", "identity_not_allowed"),
        ("attacker@x.company.com", "identity_not_allowed"),
    ] {
        let headers = session(&site, &SessionClaims::new("s", "alice").with_email(email));
        assert_eq!(decide(&site, "/", &headers).code(), code, "{email}");
    }
}

#[test]
fn ghsa_x883_2vmg_xwf7_groups_of_a_session_count_no_longer_than_it_and_end_with_a_revocation() {
    let site = authorizer(&[SESSION, "[[rule]]\nid = \"a\"\nallow = [{ groups = [\"a\"] }]\n"]);
    let headers = session(&site, &SessionClaims::new("s", "alice").with_groups(["a"]));
    let hours = 12 * 3600;
    assert_eq!((code_at(&site, &headers, 0), code_at(&site, &headers, hours - 1)), ("allowed", "allowed"));
    assert_eq!(code_at(&site, &headers, hours), "session_expired");
    let list = Revocations::from_json(r#"{"sessions":["s"]}"#).unwrap();
    assert_eq!(code_at(&site.with_revocations(&list), &headers, 1), "revoked");
}

#[test]
fn cve_2021_41230_claims_from_before_a_change_end_with_the_next_request() {
    let site = with_keys(&authorizer(&[&issuer(LOGIN, ""), MEMBERS]), LOGIN, &Key::Ed25519.jwk());
    let headers = [("Authorization", format!("Bearer {}", Key::Ed25519.token(&claims())))];
    assert_eq!(code_at(&site, &headers, 0), "allowed");
    let list = Revocations::from_json(&json!({ "subjects": [{ "subject": "alice", "before": NOW }] }).to_string()).unwrap();
    assert_eq!(code_at(&site.with_revocations(&list), &headers, 0), "revoked", "remembered or not");
    let later = [("Authorization", format!("Bearer {}", Key::Ed25519.token(&claims_with("iat", json!(NOW)))))];
    assert_eq!(code_at(&site.with_revocations(&list), &later, 0), "allowed", "a token from after it");
}

#[test]
fn cve_2021_32701_what_is_remembered_of_a_token_is_who_it_is_and_not_what_it_may() {
    let rule = |name: &str| format!("[[rule]]\nid = \"{name}\"\npaths = [\"/{name}\"]\nallow = [{{ scopes = [\"{name}\"] }}]\n");
    let site = with_keys(&authorizer(&[&issuer(LOGIN, ""), &rule("foo"), &rule("bar")]), LOGIN, &Key::Ed25519.jwk());
    let headers = [("Authorization", format!("Bearer {}", Key::Ed25519.token(&claims_with("scope", json!("foo")))))];
    for _ in 0..3 {
        assert_eq!(decide(&site, "/foo", &headers).code(), "allowed");
        assert_eq!(decide(&site, "/bar", &headers).code(), "scope_insufficient");
    }
}

#[test]
fn cve_2026_33496_a_token_remembered_for_one_issuers_place_counts_in_no_other() {
    let partner = issuer(PARTNER, "sources = [\"cookie:partner\"]");
    let site = authorizer(&[&issuer(LOGIN, ""), &partner, MEMBERS]);
    let site = with_keys(&with_keys(&site, LOGIN, &Key::Ed25519.jwk()), PARTNER, &Key::Ed25519.jwk());
    let token = Key::Ed25519.token(&claims());
    for _ in 0..2 {
        assert_eq!(decide(&site, "/", &[("Authorization", format!("Bearer {token}"))]).code(), "allowed");
        assert_eq!(decide(&site, "/", &[("Cookie", format!("partner={token}"))]).code(), "issuer_unknown");
    }
}

#[test]
fn ghsa_rp9m_7r4c_75qg_a_token_that_differs_in_one_byte_is_another_token() {
    let site = with_keys(&authorizer(&[&issuer(LOGIN, ""), MEMBERS]), LOGIN, &Key::Ed25519.jwk());
    let token = Key::Ed25519.token(&claims());
    assert_eq!(bearer(&site, &token), "allowed");
    let start = token.rfind('.').unwrap() + 1;
    for at in start..token.len() - 1 {
        let mut changed = token.clone().into_bytes();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        let code = bearer(&site, &String::from_utf8(changed).unwrap());
        assert_eq!(code, "signature_invalid", "byte {at}");
    }
    let mut other: Value = serde_json::from_str(include_str!("../../../vectors/keys/ed-2.jwk.json")).unwrap();
    other["kid"] = json!("ed");
    assert_eq!(bearer(&with_keys(&site, LOGIN, &other), &token), "signature_invalid", "what was verified with other keys");
}

#[test]
fn cve_2026_33544_concurrent_requests_never_change_identities() {
    let site = authorizer(&[SESSION, "[identity_headers]\nX-User = \"subject\"\n", MEMBERS]);
    let people: Vec<_> = (0..8).map(|number| format!("user-{number}")).collect();
    thread::scope(|scope| {
        for name in &people {
            let site = site.clone();
            scope.spawn(move || {
                let headers = session(&site, &SessionClaims::new(name.clone(), name.clone()));
                for _ in 0..200 {
                    let permit = permit(decide(&site, "/", &headers));
                    assert_eq!(permit.identity().unwrap().subject(), name);
                    assert!(permit.headers().any(|(_, value)| value == name.as_str()));
                }
            });
        }
    });
}

/// What is handed on for a session with this subject, as e-mail and as user.
fn handed_on(subject: &str) -> [String; 2] {
    let site = authorizer(&[SESSION, "[identity_headers]\nX-User = \"subject\"\nX-Email = \"email\"\n", MEMBERS]);
    let permit = permit(decide(&site, "/", &session(&site, &SessionClaims::new("s", subject))));
    let handed: Vec<(&str, _)> = permit.headers().collect();
    let [("X-Email", email), ("X-User", user)] = &handed[..] else { panic!("{handed:?}") };
    [email.clone().into_owned(), user.clone().into_owned()]
}

#[test]
fn cve_2026_30851_every_configured_header_is_handed_on_even_with_nothing_in_it() {
    assert_eq!(handed_on("alice"), ["", "alice"]);
    let open = authorizer(&[
        SESSION,
        "[identity_headers]\nX-User = \"subject\"\n[[rule]]\nid = \"open\"\npaths = [\"/**\"]\nallow = \"anyone\"\n",
    ]);
    let permit = permit(decide(&open, "/", &[("X-User", "admin")]));
    assert_eq!(permit.headers().map(|(_, value)| value.into_owned()).collect::<Vec<_>>(), [""], "the client's own says nothing");
}

#[test]
fn cve_2026_30852_what_a_client_says_is_expanded_nowhere() {
    assert_eq!(handed_on("{env.SECRET}")[1], "{env.SECRET}");
    assert_eq!(handed_on("${SECRET}")[1], "${SECRET}");
}

#[test]
fn ghsa_wwhq_w58m_w29c_what_names_a_clients_header_is_expanded_nowhere() {
    assert_eq!(handed_on("{http.request.header.X}")[1], "{http.request.header.X}");
    assert_eq!(handed_on("{{env.SECRET}}")[1], "{{env.SECRET}}");
}

#[test]
fn ghsa_j8px_rmrx_76h9_nothing_is_expanded_in_the_way_to_the_login() {
    let login = "[login]\nurl = \"https://auth.example.com/login\"\nreturn_hosts = [\"app.example.com\"]\n";
    let site = authorizer(&[SESSION, login, MEMBERS]);
    let Decision::Challenge(challenge) = decide(&site, "/?x={env.SECRET}", &()) else { panic!("nobody is let in") };
    let url = challenge.login_url().unwrap();
    assert!(url.ends_with("%2F%3Fx%3D%7Benv.SECRET%7D"), "{url}");
}

#[test]
fn cve_2026_33433_one_header_has_one_name_however_it_is_written() {
    let error = config_error(&[SESSION, "[identity_headers]\nX-Auth-User = \"subject\"\nx-auth-user = \"email\"\n", MEMBERS]);
    assert!(error.to_ascii_lowercase().contains("x-auth-user"), "{error}");
    let site = authorizer(&[SESSION, "[identity_headers]\nx-auth-user = \"subject\"\n", MEMBERS]);
    let headers = session(&site, &SessionClaims::new("s", "alice"));
    let both = [headers[0].clone(), ("X-Auth-User", "admin".to_owned())];
    let values: Vec<_> = permit(decide(&site, "/", &both)).headers().map(|(_, value)| value.into_owned()).collect();
    assert_eq!(values, ["alice"]);
}
