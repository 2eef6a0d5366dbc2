//! Tokens that are signed well and say the wrong thing.

use super::*;

/// Signs the good claims with one member written as given, JSON or not.
fn code_of_member(name: &str, text: &str) -> &'static str {
    let mut claims = good_claims();
    claims.as_object_mut().unwrap().remove(name);
    let rest = claims.to_string();
    let payload = format!("{{\"{name}\":{text},{}", rest.strip_prefix('{').unwrap());
    let token = sign_text(Algorithm::Hs256, "{\"alg\":\"HS256\"}", payload.as_bytes());
    code_of(&token, &hmac_issuer())
}

#[test]
fn required_claims_are_required() {
    for name in ["iss", "aud", "exp", "sub"] {
        assert_eq!(code_of_claims(&claims_with(name, Json::Null)), "claim_missing", "{name}");
        assert_eq!(code_of_member(name, "null"), "claim_invalid", "{name}");
    }
    assert_eq!(code_of_claims(&claims_with("iat", Json::Null)), "accepted");
}

#[test]
fn dates_are_numbers_in_range() {
    for name in ["exp", "nbf", "iat", "auth_time"] {
        for wrong in [
            "\"1767226200\"",
            "null",
            "true",
            "[1767226200]",
            "{\"t\":1767226200}",
            "\"\"",
            "-1",
            "-1767226200",
            "253402300800",
            "253402300799.5",
            "1767226200000",
            "9007199254740993",
            "9223372036854775807",
            "18446744073709551615",
            "1e19",
            "1e400",
        ] {
            assert_eq!(code_of_member(name, wrong), "claim_invalid", "{name} {wrong}");
        }
        for wrong in ["NaN", "Infinity", "01767226200", "+1767226200", "0x7fffffff", "1767226200.", ".5", "1_767_226_200"] {
            assert_eq!(code_of_member(name, wrong), "token_malformed", "{name} {wrong}");
        }
    }
}

#[test]
fn a_token_is_expired_from_exp_plus_leeway_on() {
    for (exp, code) in [
        ("0", "token_expired"),
        ("1767225539", "token_expired"),
        ("1767225540", "token_expired"),
        ("1767225540.999", "token_expired"),
        ("1767225541", "accepted"),
        ("1.767225541e9", "accepted"),
        ("253402300799", "accepted"),
    ] {
        assert_eq!(code_of_member("exp", exp), code, "{exp}");
    }
    assert_eq!(detail_of(&claims_with("exp", json!(1_767_225_500))), "token expired at 1767225500, now 1767225600, leeway 60");
}

#[test]
fn a_token_is_early_until_nbf_minus_leeway() {
    for (nbf, code) in [
        ("1767225661", "token_not_yet_valid"),
        ("1767225660.001", "token_not_yet_valid"),
        ("1767225660", "accepted"),
        ("0", "accepted"),
        ("253402300799", "token_not_yet_valid"),
    ] {
        assert_eq!(code_of_member("nbf", nbf), code, "{nbf}");
    }
    assert_eq!(
        detail_of(&claims_with("nbf", json!(1_767_225_661))),
        "token not valid before 1767225661, now 1767225600, leeway 60"
    );
}

#[test]
fn the_audience_is_compared_exactly() {
    for (aud, code) in [
        (json!("app"), "accepted"),
        (json!(["app"]), "accepted"),
        (json!(["other", "app"]), "accepted"),
        (json!(["app", "app"]), "accepted"),
        (json!("App"), "audience_mismatch"),
        (json!("app "), "audience_mismatch"),
        (json!("app/"), "audience_mismatch"),
        (json!("ap"), "audience_mismatch"),
        (json!("app,other"), "audience_mismatch"),
        (json!("other app"), "audience_mismatch"),
        (json!(""), "audience_mismatch"),
        (json!("*"), "audience_mismatch"),
        (json!(["other"]), "audience_mismatch"),
        (json!([]), "claim_invalid"),
        (json!(["app", 1]), "claim_invalid"),
        (json!(["app", null]), "claim_invalid"),
        (json!([["app"]]), "claim_invalid"),
        (json!({ "app": true }), "claim_invalid"),
        (json!(1), "claim_invalid"),
        (json!(true), "claim_invalid"),
    ] {
        assert_eq!(code_of_claims(&claims_with("aud", aud.clone())), code, "{aud}");
    }
    assert_eq!(detail_of(&claims_with("aud", json!("other"))), "`aud` is [`other`], wanted one of [`app`]");
    assert_eq!(
        detail_of(&claims_with("aud", json!(["a\nb", "`c`", "3", "4", "5", "6"]))),
        "`aud` is [`a\\nb`, `\\u{60}c\\u{60}`, `3`, `4`, `5`, …], wanted one of [`app`]"
    );
}

#[test]
fn the_issuer_is_compared_byte_for_byte() {
    for (iss, code) in [
        (json!(ISSUER), "accepted"),
        (json!("https://login.example.com/"), "issuer_unknown"),
        (json!("https://LOGIN.example.com"), "issuer_unknown"),
        (json!("http://login.example.com"), "issuer_unknown"),
        (json!("https://login.example.com "), "issuer_unknown"),
        (json!("https://login.example.com.evil.example"), "issuer_unknown"),
        (json!("login.example.com"), "issuer_unknown"),
        (json!(""), "issuer_unknown"),
        (json!([ISSUER]), "claim_invalid"),
        (json!([ISSUER, "https://evil.example"]), "claim_invalid"),
        (json!({ "iss": ISSUER }), "claim_invalid"),
        (json!(1), "claim_invalid"),
        (json!(true), "claim_invalid"),
    ] {
        assert_eq!(code_of_claims(&claims_with("iss", iss.clone())), code, "{iss}");
    }
}

#[test]
fn the_subject_can_stand_in_a_header() {
    let long = "s".repeat(257);
    for (sub, code) in [
        (json!("alice"), "accepted"),
        (json!("a b"), "accepted"),
        (json!("名前"), "accepted"),
        (json!("s".repeat(256)), "accepted"),
        (json!("auth0|5f7c"), "accepted"),
        (json!(""), "claim_invalid"),
        (json!(" "), "claim_invalid"),
        (json!(" alice"), "claim_invalid"),
        (json!("alice "), "claim_invalid"),
        (json!("\u{2003}alice"), "claim_invalid"),
        (json!("a\r\nX-Role: admin"), "claim_invalid"),
        (json!("a\nb"), "claim_invalid"),
        (json!("a\tb"), "claim_invalid"),
        (json!("a\0"), "claim_invalid"),
        (json!("a\u{7f}"), "claim_invalid"),
        (json!("a\u{85}b"), "claim_invalid"),
        (json!(long), "claim_invalid"),
        (json!(0), "claim_invalid"),
        (json!(1.5), "claim_invalid"),
        (json!(true), "claim_invalid"),
        (json!(["alice"]), "claim_invalid"),
        (json!({ "name": "alice" }), "claim_invalid"),
    ] {
        assert_eq!(code_of_claims(&claims_with("sub", sub.clone())), code, "{sub}");
    }
}

#[test]
fn other_claims_of_the_wrong_type_are_refused() {
    for (name, wrong) in [
        ("email", json!(1)),
        ("email", json!(["a@example.com"])),
        ("name", json!({})),
        ("groups", json!({ "admins": true })),
        ("groups", json!([1])),
        ("groups", json!(true)),
        ("groups", json!([["admins"]])),
        ("scope", json!(7)),
        ("scope", json!(["read", null])),
        ("acr", json!(2)),
        ("amr", json!("pwd")),
        ("amr", json!(["pwd", 2])),
        ("jti", json!(1)),
    ] {
        assert_eq!(code_of_claims(&claims_with(name, wrong.clone())), "claim_invalid", "{name} {wrong}");
    }
    for name in ["email", "name", "groups", "scope", "acr", "amr", "auth_time", "jti", "nbf", "iat"] {
        assert_eq!(code_of_member(name, "null"), "claim_invalid", "{name}");
    }
    assert_eq!(code_of_member("cnf", "null"), "confirmation_unsupported");
}

#[test]
fn the_payload_is_strict_json() {
    let good = good_claims().to_string();
    let inner = good.strip_prefix('{').unwrap();
    for payload in [
        String::new(),
        "null".to_owned(),
        "\"alice\"".to_owned(),
        format!("[{good}]"),
        format!("\u{feff}{good}"),
        format!("{good}{good}"),
        format!("{good}\0"),
        format!("{good}// x"),
        format!("/* x */{good}"),
        good.replace('"', "'"),
        format!("{{\"sub\":\"root\",{inner}"),
        format!("{{\"s\\u0075b\":\"root\",{inner}"),
        format!("{{\"private\":1,\"private\":2,{inner}"),
        format!("{{\"deep\":{{\"x\":1,\"x\":1}},{inner}"),
        format!("{{\"x\":\"\\ud800\",{inner}"),
        format!("{{\"x\":{}{},{inner}", "[".repeat(200), "]".repeat(200)),
        format!("{{\"x\":NaN,{inner}"),
        format!("{{\"x\":1,}},{inner}"),
    ] {
        let token = sign_text(Algorithm::Hs256, "{\"alg\":\"HS256\"}", payload.as_bytes());
        assert_eq!(code_of(&token, &hmac_issuer()), "token_malformed", "{payload}");
    }
    let not_utf8 = [b"{\"x\":\"\xff\",", inner.as_bytes()].concat();
    assert_eq!(code_of(&sign_text(Algorithm::Hs256, "{\"alg\":\"HS256\"}", &not_utf8), &hmac_issuer()), "token_malformed");
}
