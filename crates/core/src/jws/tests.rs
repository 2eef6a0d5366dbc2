//! Project Wycheproof and the JOSE cookbook: signatures, keys and framing, without claims.

use serde_json::Value as Json;

use super::*;
use crate::base64url::encode;
use crate::jwk::KeySet;

/// Takes a token the way of a JWT, up to the signature: frame, header, key, signature, bytes.
fn verify(jws: &str, keys: &Json) -> Option<Vec<u8>> {
    let keys = KeySet::from_json_with_secrets(&keys.to_string()).ok()?;
    let token = Unverified::parse(jws.as_bytes(), 64 * 1024).ok()?;
    let key = keys.select(token.header().kid(), token.header().algorithm()).ok()?;
    token.verify(key).ok().map(|proof| proof.payload().to_vec())
}

/// Runs a file of Project Wycheproof and returns how many cases it had. An exception is a case that must be decided the
/// other way than the file says; one that agrees with the file fails, too.
fn run_wycheproof(file: &str, exceptions: &[(u64, &str)]) -> usize {
    let (mut cases, mut wrong) = (0, Vec::new());
    let file: Json = serde_json::from_str(file).unwrap();
    for group in file["testGroups"].as_array().unwrap() {
        let keys = group.get("public").or_else(|| group.get("private")).unwrap();
        for case in group["tests"].as_array().unwrap() {
            let (token, supported) = match (&case["jws"], &case["jwe"]) {
                (Json::String(token), Json::Null) => (token.clone(), true),
                (Json::Null, Json::String(token)) => (token.clone(), false),
                (json, Json::Null) | (Json::Null, json) => (json.to_string(), false),
                _ => panic!("neither JWS nor JWE: {case}"),
            };
            let id = case["tcId"].as_u64().unwrap();
            let expected = supported && case["result"] == "valid";
            let excepted = exceptions.iter().any(|(exception, _)| *exception == id);
            if (verify(&token, keys).is_some() == expected) == excepted {
                wrong.push(format!("tc{id} {} {}: {}", group["comment"], case["comment"], case["result"]));
            }
            cases += 1;
        }
    }
    assert!(wrong.is_empty(), "decided otherwise than listed:\n{}", wrong.join("\n"));
    cases
}

const PS384_WITH_PS256_KEY: &str = "called valid, but the JWK says PS256 and the token PS384";
const NO_ALGORITHM: &str = "called valid, but the JWK's `alg` ES521 does not exist";
const SAME_AS_VALID: &str = "called invalid, but the same bytes as tc357, which is called valid";
const NOT_BASE64URL: &str = "called valid, but the token has a `?`, which is not base64url";

#[test]
fn wycheproof_signatures_are_decided_as_listed() {
    let file = include_str!("../../../../vectors/third-party/wycheproof/json_web_signature_test.json");
    let exceptions = [
        (346, PS384_WITH_PS256_KEY),
        (347, NO_ALGORITHM),
        (350, PS384_WITH_PS256_KEY),
        (351, NO_ALGORITHM),
        (367, SAME_AS_VALID),
        (370, SAME_AS_VALID),
        (372, NOT_BASE64URL),
        (373, NOT_BASE64URL),
    ];
    assert_eq!(run_wycheproof(file, &exceptions), 401);
}

const STRAY_BITS: &str = "called invalid for its `kid` twice, but the second key is no base64url: it is dropped, one is left";
const ROCA: &str = "called invalid for a modulus of a weak generator (CVE-2017-15361), which is not looked for";

#[test]
fn wycheproof_keys_are_decided_as_listed() {
    let file = include_str!("../../../../vectors/third-party/wycheproof/json_web_key_test.json");
    assert_eq!(run_wycheproof(file, &[(4, STRAY_BITS), (7, ROCA)]), 26);
}

#[test]
fn wycheproof_signatures_of_the_combined_file_are_decided_as_listed() {
    let file = include_str!("../../../../vectors/third-party/wycheproof/json_web_crypto_test.json");
    assert_eq!(run_wycheproof(file, &[(46, ROCA)]), 83);
}

#[test]
fn wycheproof_encryption_is_refused_altogether() {
    let file = include_str!("../../../../vectors/third-party/wycheproof/json_web_encryption_test.json");
    assert_eq!(run_wycheproof(file, &[]), 139);
}

/// A file of the JOSE cookbook, its key without the private part.
fn cookbook(file: &str) -> (Json, Json) {
    let file: Json = serde_json::from_str(file).unwrap();
    let mut key = file["input"]["key"].clone();
    if key["kty"] != "oct" {
        let private = ["d", "p", "q", "dp", "dq", "qi"];
        if let Some(members) = key.as_object_mut() {
            members.retain(|name, _| !private.contains(&name.as_str()));
        }
    }
    (file, key)
}

#[test]
fn the_compact_signatures_of_the_cookbook_verify() {
    for text in [
        include_str!("../../../../vectors/third-party/jose-cookbook/jws/4_1.rsa_v15_signature.json"),
        include_str!("../../../../vectors/third-party/jose-cookbook/jws/4_2.rsa-pss_signature.json"),
        include_str!("../../../../vectors/third-party/jose-cookbook/jws/4_3.ecdsa_signature.json"),
        include_str!("../../../../vectors/third-party/jose-cookbook/jws/4_4.hmac-sha2_integrity_protection.json"),
        include_str!("../../../../vectors/third-party/jose-cookbook/curve25519/jws.json"),
    ] {
        let (file, key) = cookbook(text);
        let payload = verify(file["output"]["compact"].as_str().unwrap(), &key);
        let payload = payload.unwrap_or_else(|| panic!("{}", file["title"]));
        assert_eq!(payload, file["input"]["payload"].as_str().unwrap().as_bytes(), "{}", file["title"]);
    }
}

#[test]
fn detached_unencoded_and_json_forms_of_the_cookbook_are_refused() {
    for text in [
        include_str!("../../../../vectors/third-party/jose-cookbook/jws/4_5.signature_with_detached_content.json"),
        include_str!("../../../../vectors/third-party/jose-cookbook/jws/4_6.protecting_specific_header_fields.json"),
        include_str!("../../../../vectors/third-party/jose-cookbook/jws/4_7.protecting_content_only.json"),
        include_str!("../../../../vectors/third-party/jose-cookbook/jws/4_8.multiple_signatures.json"),
        include_str!("../../../../vectors/third-party/jose-cookbook/rfc7797/4.2.hmac-sha2_b64_false.json"),
        include_str!("../../../../vectors/third-party/jose-cookbook/rfc7797/hmac-sha2_b64_false.json"),
    ] {
        let (file, key) = cookbook(text);
        let mut forms = 0;
        for (_, form) in file["output"].as_object().unwrap() {
            let text = form.as_str().map_or_else(|| form.to_string(), str::to_owned);
            assert!(verify(&text, &key).is_none(), "{text}");
            forms += 1;
        }
        assert!(forms > 0);
    }
}

/// The code for a token with this header, an empty payload and no signature.
fn refusal_of_header(header: &str) -> Rejection {
    let token = format!("{}..", encode(header.as_bytes()));
    Unverified::parse(token.as_bytes(), 8192).map(|_| ()).unwrap_err().rejection
}

#[test]
fn extensions_are_refused_in_the_header() {
    for crit in ["[]", "[\"exp\"]", "[\"b64\"]", "\"b64\"", "null", "true"] {
        let header = format!("{{\"alg\":\"HS256\",\"crit\":{crit},\"b64\":false}}");
        assert_eq!(refusal_of_header(&header), Rejection::CriticalHeaderUnsupported, "{header}");
    }
    for member in ["\"b64\":false", "\"b64\":true", "\"zip\":\"DEF\"", "\"enc\":\"A128GCM\"", "\"cty\":\"JWT\"", "\"cty\":1"] {
        let header = format!("{{\"alg\":\"HS256\",{member}}}");
        assert_eq!(refusal_of_header(&header), Rejection::TokenMalformed, "{header}");
    }
}

#[test]
fn header_members_of_the_wrong_type_are_refused() {
    let long_kid = format!("{{\"alg\":\"HS256\",\"kid\":\"{}\"}}", "k".repeat(5_000));
    for header in [
        "{}",
        "{\"alg\":null}",
        "{\"alg\":[\"HS256\"]}",
        "{\"alg\":256}",
        "{\"alg\":\"HS256\",\"alg\":\"HS256\"}",
        "{\"alg\":\"HS256\",\"\\u0061lg\":\"none\"}",
        "{\"alg\":\"HS256\",\"typ\":1}",
        "{\"alg\":\"HS256\",\"typ\":null}",
        "{\"alg\":\"HS256\",\"kid\":1}",
        "{\"alg\":\"HS256\",\"kid\":\"a\\r\\nb\"}",
        &long_kid,
        "\u{feff}{\"alg\":\"HS256\"}",
        "[]",
        "",
    ] {
        assert_eq!(refusal_of_header(header), Rejection::TokenMalformed, "{header}");
    }
}

#[test]
fn types_are_compared_without_case_and_prefix() {
    let of = |typ: &str| {
        let header = format!("{{\"alg\":\"HS256\",\"typ\":\"{typ}\"}}");
        let header = Header::parse(header.as_bytes()).unwrap();
        header.token_type().name().map(str::to_owned)
    };
    for (typ, name) in [
        ("JWT", "jwt"),
        ("application/jwt", "jwt"),
        ("AT+JWT", "at+jwt"),
        ("Application/AT+jwt", "at+jwt"),
        ("dpop+jwt", "dpop+jwt"),
        ("", ""),
        ("text/jwt", "text/jwt"),
    ] {
        assert_eq!(of(typ).as_deref(), Some(name));
    }
}
