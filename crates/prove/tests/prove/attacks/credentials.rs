//! Credentials that nobody looks at closely, and those of people who may not.

use super::{Site, assert_found, assert_uncertain, credential, is_admin, json, ledger, missing, proved, unauthorized};
use crate::fake::Asked;

/// `{"alg":"HS256","typ":"JWT"}`, `{"sub":"alice","exp":4102444800}`, and a signature.
const TOKEN: [&str; 3] = [
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9",
    "eyJzdWIiOiJhbGljZSIsImV4cCI6NDEwMjQ0NDgwMH0",
    "c2lnbmF0dXJlc2lnbmF0dXJlc2lnbmF0dXJlMTIzNDU2Nzg",
];

/// The three parts of the token that was sent.
fn token(asked: &Asked) -> Option<[&str; 3]> {
    let token = asked.value("authorization")?.strip_prefix("Bearer ")?;
    token.split('.').collect::<Vec<_>>().try_into().ok()
}

#[test]
fn token_whose_signature_nobody_looks_at_is_found() {
    let sites: [(&str, Site); 2] = [
        ("never looked at", |asked| match token(asked) {
            Some([_, claims, _]) if claims == TOKEN[1] => ledger(),
            _ => unauthorized(),
        }),
        ("not asked for by the token itself", |asked| match token(asked) {
            Some([header, claims, ""]) if claims == TOKEN[1] && header != TOKEN[0] => ledger(),
            Some(whole) if whole == TOKEN => ledger(),
            _ => unauthorized(),
        }),
    ];
    for (name, site) in sites {
        let report = proved(site, |options| options.allow = credential(&format!("Authorization: Bearer {}", TOKEN.join("."))));
        assert_eq!(report.nothing_proved, None, "{name}");
        assert_found(&report, "P04");
    }
}

#[test]
fn token_whose_signature_is_looked_at_is_not() {
    let site = |asked: &Asked| if token(asked) == Some(TOKEN) { ledger() } else { unauthorized() };
    let report = proved(site, |options| options.allow = credential(&format!("Authorization: Bearer {}", TOKEN.join("."))));
    super::assert_closed("signed", &report);
}

fn cookie<'a>(asked: &'a Asked, name: &str) -> Option<&'a str> {
    asked.value("cookie")?.split("; ").find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
}

#[test]
fn number_for_a_cookie_that_everybody_can_count_up_is_found() {
    let site = |asked: &Asked| {
        let number = cookie(asked, "uid").and_then(|uid| uid.parse::<u32>().ok());
        if number.is_some_and(|uid| (1..500).contains(&uid)) { ledger() } else { unauthorized() }
    };
    let report = proved(site, |options| options.allow = credential("Cookie: uid=17"));
    assert_found(&report, "P04");
}

#[test]
fn cookie_that_nobody_looks_at_is_found_beside_one_that_must_be_right() {
    let site = |asked: &Asked| match (cookie(asked, "tenant"), cookie(asked, "session")) {
        (Some("acme"), Some(_)) => ledger(),
        _ => unauthorized(),
    };
    let report = proved(site, |options| options.allow = credential("Cookie: tenant=acme; session=0a1b2c3d4e5f"));
    assert_found(&report, "P04");
}

#[test]
fn somebody_forbidden_who_gets_rows_of_their_own_proves_nothing_of_the_forbidden() {
    let site = |asked: &Asked| {
        let rows = |owner: &str| {
            let rows: Vec<String> = (0..20).map(|row| format!("\"{owner}{row}\"")).collect();
            json(&format!(r#"{{"owner":"{owner}","rows":[{}]}}"#, rows.join(",")))
        };
        match asked.value("cookie") {
            _ if !is_admin(asked) => missing(),
            Some("session=good") => rows("alice"),
            Some("session=mallory") => rows("mallory"),
            _ => unauthorized(),
        }
    };
    let report = proved(site, |options| options.forbid = credential("Cookie: session=mallory"));
    assert_uncertain(&report, "P03");
}

#[test]
fn forbidden_credential_that_is_not_known_proves_nothing_of_the_forbidden() {
    let report = proved(super::all_closed, |options| options.forbid = credential("Cookie: session=long-gone"));
    assert_uncertain(&report, "P03");
}
