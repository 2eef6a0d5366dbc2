//! What is accepted, and the identity it gives.

use super::*;

fn accept(claims: &Json, issuers: &[IssuerKeys]) -> VerifiedToken {
    verify_at(sign(Algorithm::Hs256, claims).as_bytes(), issuers, NOW).unwrap()
}

/// An issuer of the shared secret with something changed.
fn issuer_with(change: impl FnOnce(&mut Issuer)) -> Vec<IssuerKeys> {
    let mut issuer = issuer(&[Algorithm::Hs256]);
    change(&mut issuer);
    with_keys(issuer, secret_keys())
}

fn texts<'i>(items: impl Iterator<Item = &'i str>) -> Vec<&'i str> {
    items.collect()
}

#[test]
fn every_algorithm_is_accepted_if_the_issuer_names_it() {
    for algorithm in Algorithm::ALL {
        let token = sign(*algorithm, &good_claims());
        let keys = if algorithm.name().starts_with("HS") { secret_keys() } else { public_keys() };
        for accepted in Algorithm::ALL {
            let issuers = with_keys(issuer(&[*accepted]), keys.clone());
            let wanted = if accepted.is_same_as(*algorithm) { "accepted" } else { "algorithm_not_allowed" };
            assert_eq!(code_of(&token, &issuers), wanted, "{algorithm:?} where {accepted:?} is accepted");
        }
    }
}

fn public_keys() -> KeySet {
    KeySet::from_json(&public_jwks().to_string()).unwrap()
}

#[test]
fn identity_carries_the_mapped_claims() {
    let mut claims = good_claims();
    let more = json!({
        "email": "alice@example.com", "email_verified": true, "name": "Alice A.", "groups": ["staff", "admins"],
        "scope": "read  write", "acr": "mfa", "amr": ["pwd", "otp"], "auth_time": 1_767_225_000.9, "jti": "t1",
        "tenant": { "id": 7 },
    });
    claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let token = accept(&claims, &hmac_issuer());
    let identity = &token.identity;
    assert_eq!(identity.subject(), "alice");
    assert_eq!(identity.email(), Some("alice@example.com"));
    assert_eq!(identity.name(), Some("Alice A."));
    assert_eq!(texts(identity.groups()), ["staff", "admins"]);
    assert_eq!(texts(identity.scopes()), ["read", "write"]);
    assert_eq!(identity.issuer(), Some(ISSUER));
    assert_eq!(identity.acr(), Some("mfa"));
    assert_eq!(texts(identity.amr()), ["pwd", "otp"]);
    assert_eq!(identity.auth_time(), Some(UnixTime::from_secs(1_767_225_000)));
    assert_eq!(identity.claim(&["tenant", "id"]), Some(&json!(7)));
    assert_eq!(token.jti.as_deref(), Some("t1"));
    assert_eq!(token.issued_at, Some(NOW));
    assert_eq!((token.expires, token.not_before), (NOW.plus(660), UnixTime::from_secs(0)));
    assert_eq!((token.issuer, token.kid), (0, None));
}

#[test]
fn email_needs_the_issuers_word_unless_that_is_waived() {
    let mut claims = claims_with("email", json!("a@example.com"));
    for verified in [json!(null), json!(false), json!("true"), json!(1)] {
        claims["email_verified"] = verified;
        assert_eq!(accept(&claims, &hmac_issuer()).identity.email(), None, "{claims}");
        let waived = issuer_with(|issuer| issuer.unverified_email = true);
        assert_eq!(accept(&claims, &waived).identity.email(), Some("a@example.com"));
    }
}

#[test]
fn groups_may_be_one_string_and_scopes_an_array() {
    let mut claims = claims_with("groups", json!("my staff"));
    claims["scope"] = json!(["read all", "write"]);
    let identity = accept(&claims, &hmac_issuer()).identity;
    assert_eq!(texts(identity.groups()), ["my staff"]);
    assert_eq!(texts(identity.scopes()), ["read all", "write"]);
}

#[test]
fn a_mapped_name_is_the_exact_member_first_then_a_path() {
    let mapped = |path: ClaimPath| issuer_with(|issuer| issuer.claims.groups = path);
    let text = || mapped(ClaimPath::Text("realm_access.roles".to_owned()));
    let path = || mapped(ClaimPath::Path(vec!["realm_access".to_owned(), "roles".to_owned()]));
    let mut claims = claims_with("realm_access", json!({ "roles": ["inner"] }));
    assert_eq!(texts(accept(&claims, &text()).identity.groups()), ["inner"]);
    claims["realm_access.roles"] = json!(["exact"]);
    assert_eq!(texts(accept(&claims, &text()).identity.groups()), ["exact"]);
    assert_eq!(texts(accept(&claims, &path()).identity.groups()), ["inner"]);
    claims["realm_access"] = json!("not an object");
    assert_eq!(texts(accept(&claims, &path()).identity.groups()), [""; 0]);
}

#[test]
fn another_claim_as_subject_is_required_beside_sub() {
    let issuers = issuer_with(|issuer| issuer.claims.subject = ClaimPath::Text("upn".to_owned()));
    let code_with = |claims: &Json| code_of(&sign(Algorithm::Hs256, claims), &issuers);
    assert_eq!(code_with(&good_claims()), "claim_missing");
    assert_eq!(code_with(&claims_with("upn", json!("a\nb"))), "claim_invalid");
    assert_eq!(code_with(&claims_with("upn", json!(7))), "claim_invalid");
    let mut claims = claims_with("upn", json!("alice@corp"));
    assert_eq!(accept(&claims, &issuers).identity.subject(), "alice@corp");
    claims["sub"] = json!("");
    assert_eq!(code_with(&claims), "claim_invalid");
}

#[test]
fn types_that_are_configured_are_required() {
    let token = |typ: Option<&str>| {
        let mut header = json!({ "alg": "HS256" });
        if let Some(typ) = typ {
            header["typ"] = json!(typ);
        }
        sign_text(Algorithm::Hs256, &header.to_string(), good_claims().to_string().as_bytes())
    };
    let strict = issuer_with(|issuer| issuer.types = Some(vec!["at+jwt".to_owned()]));
    for (typ, by_default, configured) in [
        (None, "accepted", "token_type_mismatch"),
        (Some("JWT"), "accepted", "token_type_mismatch"),
        (Some("at+jwt"), "accepted", "accepted"),
        (Some("AT+JWT"), "accepted", "accepted"),
        (Some("application/at+jwt"), "accepted", "accepted"),
        (Some("dpop+jwt"), "token_type_mismatch", "token_type_mismatch"),
        (Some("logout+jwt"), "token_type_mismatch", "token_type_mismatch"),
        (Some("secevent+jwt"), "token_type_mismatch", "token_type_mismatch"),
        (Some(""), "token_type_mismatch", "token_type_mismatch"),
        (Some("at+jwt "), "token_type_mismatch", "token_type_mismatch"),
    ] {
        assert_eq!(code_of(&token(typ), &hmac_issuer()), by_default, "{typ:?}");
        assert_eq!(code_of(&token(typ), &strict), configured, "{typ:?}");
    }
}

#[test]
fn a_bound_token_is_refused_unless_that_is_waived() {
    let claims = claims_with("cnf", json!({ "jkt": "x" }));
    assert_eq!(code_of_claims(&claims), "confirmation_unsupported");
    accept(&claims, &issuer_with(|issuer| issuer.unchecked_cnf = true));
}

#[test]
fn explanation_names_every_check_and_repeats_no_part_of_the_token() {
    let token = sign(Algorithm::Hs256, &good_claims());
    let mut explanation = Explanation::default();
    verify(token.as_bytes(), &Source::Bearer, &hmac_issuer(), NOW, &mut explanation).unwrap();
    let text = explanation.to_string();
    for name in
        ["form", "payload", "iss", "typ", "alg", "key", "signature", "exp", "nbf", "iat", "aud", "sub", "cnf", "jti", "identity"]
    {
        assert!(text.contains(&format!("ok  {name}: ")), "{name} in\n{text}");
    }
    assert!(token.split('.').all(|part| !text.contains(part)));
}
