//! Keys and algorithms: which key a token selects, each accepted algorithm, each confusion.

use serde_json::{Value, json};

use crate::case::{Expect, File, Identity, allow, get, refuse};
use crate::config::{MEMBERS, config, issuer};
use crate::key::{
    Algorithm, ED_1, ED_2, Key, P256_1, P256_2, P384_1, P521_1, RSA_1, RSA_1_PUBLIC_PEM, RSA_2, RSA_1024_JWK, pkcs8,
};
use crate::session::key_text;
use crate::token::{Signer, base64url, claims, hmac_token, unsigned};
use crate::{LOGIN, PARTNER};

/// Long enough for HS512.
const SECRET: &[u8; 64] = b"a secret of sixty-four bytes, which is as long as SHA-512 wants.";

fn pass() -> Expect {
    allow("members", Identity::token("alice", LOGIN))
}

fn no(code: &'static str) -> Expect {
    refuse(code, "members")
}

pub(super) fn selection(signer: &Signer) -> File {
    let by = |key: Key, members: Value| get("/").bearer(&signer.token_with(key, members, &claims()));
    let nameless = |key: Key| key.jwk_with(json!({}));
    let named = |key: Key, kid: &str| key.jwk_with(json!({ "kid": kid }));
    let with = |key: Key, member: &str, value: Value| key.jwk_with(json!({ "kid": key.name, member: value }));
    let mut short: Value = serde_json::from_str(RSA_1024_JWK).unwrap();
    short["kid"] = json!("short");
    let broken = json!({ "kty": "OKP", "crv": "Ed25519", "kid": "broken", "x": "AAAA" });
    let unknown = json!({ "kty": "XYZ", "kid": "unknown" });
    let oct = json!({ "kty": "oct", "kid": "oct", "k": base64url(SECRET) });
    let ed_1 = || by(ED_1, json!({}));
    let without_kid = || by(ED_1, json!({ "kid": null }));
    let to = |kid: &str| get("/").bearer(&unsigned(&json!({ "alg": "RS256", "kid": kid }), &claims(), &[1; 256]));
    File::new(
        "jwt_keys",
        "Which key a token selects: by kid, or the only fitting one; what a JWK says narrows its use.",
        config(&[&issuer(LOGIN, r#""EdDSA", "ES256", "RS256", "RS384""#, ""), MEMBERS]),
    )
    .keys(LOGIN, &[ED_1.jwk()])
    .case("kid selects among keys of one family", ed_1().keys(&[ED_2.jwk(), ED_1.jwk()]), pass())
    .case("kid selects, wherever the key stands", ed_1().keys(&[ED_1.jwk(), P256_1.jwk(), RSA_1.jwk(), ED_2.jwk()]), pass())
    .case("a kid that no key has is unknown", ed_1().keys(&[ED_2.jwk()]), no("key_unknown"))
    .case("a kid is case-sensitive", by(ED_1, json!({ "kid": "ED-1" })), no("key_unknown"))
    .case("a kid is no prefix", by(ED_1, json!({ "kid": "ed-" })), no("key_unknown"))
    .case("the next key of a rotation is unknown before it comes", by(ED_2, json!({})), no("key_unknown"))
    .case("the next key of a rotation is known when it has come", by(ED_2, json!({})).keys(&[ED_1.jwk(), ED_2.jwk()]), pass())
    .case("the old key of a rotation is unknown when it has gone", ed_1().keys(&[ED_2.jwk()]), no("key_unknown"))
    .case("without kid the only key is taken", without_kid(), pass())
    .case("without kid the only key of the family is taken", without_kid().keys(&[P256_1.jwk(), ED_1.jwk(), RSA_1.jwk()]), pass())
    .case("without kid two keys of the family are none", without_kid().keys(&[ED_1.jwk(), ED_2.jwk()]), no("key_unknown"))
    .case("without kid no key of the family is none", without_kid().keys(&[P256_1.jwk(), RSA_1.jwk()]), no("key_unknown"))
    .case("with a kid the only nameless key is taken", ed_1().keys(&[nameless(ED_1)]), pass())
    .case("with a kid the only fitting nameless key is taken", ed_1().keys(&[nameless(P256_1), nameless(ED_1)]), pass())
    .case("with a kid two fitting nameless keys are none", ed_1().keys(&[nameless(ED_1), nameless(ED_2)]), no("key_unknown"))
    .case(
        "one kid for keys of two families: the fitting one is taken",
        by(ED_1, json!({ "kid": "a" })).keys(&[named(P256_1, "a"), named(ED_1, "a")]),
        pass(),
    )
    .case(
        "one kid for two fitting keys: none is taken",
        by(ED_1, json!({ "kid": "a" })).keys(&[named(ED_1, "a"), named(ED_2, "a")]),
        no("key_unknown"),
    )
    .case("use sig passes", ed_1().keys(&[with(ED_1, "use", json!("sig"))]), pass())
    .case("key_ops verify passes", ed_1().keys(&[with(ED_1, "key_ops", json!(["verify"]))]), pass())
    .case("alg of the key passes when it agrees", ed_1().keys(&[with(ED_1, "alg", json!("EdDSA"))]), pass())
    .case("a key for encryption is no key here", ed_1().keys(&[with(ED_1, "use", json!("enc")), ED_2.jwk()]), no("key_unknown"))
    .case(
        "a key that may not verify is no key here",
        ed_1().keys(&[with(ED_1, "key_ops", json!(["sign"])), ED_2.jwk()]),
        no("key_unknown"),
    )
    .case(
        "a key for RS384 does not verify RS256",
        by(RSA_1, json!({})).keys(&[with(RSA_1, "alg", json!("RS384"))]),
        no("algorithm_not_allowed"),
    )
    .case(
        "a key for RS384 verifies RS384",
        get("/").bearer(&signer.token_by(RSA_1, Algorithm::Rs384, &claims())).keys(&[with(RSA_1, "alg", json!("RS384"))]),
        pass(),
    )
    .case("a broken key beside a good one is no harm to the good one", ed_1().keys(&[broken.clone(), ED_1.jwk()]), pass())
    .case("a broken key is unknown", by(ED_1, json!({ "kid": "broken" })).keys(&[broken, ED_1.jwk()]), no("key_unknown"))
    .case("a key of an unknown kind beside a good one is no harm", ed_1().keys(&[unknown, ED_1.jwk()]), pass())
    .case("an RSA key that is too short is unknown", to("short").keys(&[short, RSA_1.jwk()]), no("key_unknown"))
    .case(
        "a secret from a public place makes no token good",
        get("/")
            .bearer(&hmac_token(Algorithm::Hs256, SECRET, &json!({ "alg": "HS256", "kid": "oct" }), &claims()))
            .keys(&[oct, ED_1.jwk()]),
        no("algorithm_not_allowed"),
    )
}

pub(super) fn accepted_algorithms(signer: &Signer) -> File {
    let secret = key_text(SECRET);
    let partner = format!(
        "[[issuer]]\nissuer = \"{PARTNER}\"\naudiences = [\"app\"]\nalgorithms = [\"HS256\", \"HS384\", \"HS512\"]\nkeys = {{ secret = \"{secret}\" }}"
    );
    let inline = format!(
        "[[issuer]]\nissuer = \"https://inline.example.org\"\naudiences = [\"app\"]\nalgorithms = [\"EdDSA\"]\n\
         keys = {{ jwks = {{ keys = [{{ kty = \"OKP\", crv = \"Ed25519\", kid = \"ed-2\", x = \"{}\" }}] }} }}",
        ED_2.jwk()["x"].as_str().unwrap()
    );
    let all = r#""RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519""#;
    let mut file = File::new(
        "algorithms",
        "Each accepted algorithm once: with keys from an address, a secret, and keys in the file.",
        config(&[&issuer(LOGIN, all, ""), &partner, &inline, MEMBERS]),
    )
    .keys(LOGIN, &[RSA_1.jwk(), P256_1.jwk(), P384_1.jwk(), P521_1.jwk(), ED_1.jwk()]);
    for (key, algorithm) in [
        (RSA_1, Algorithm::Rs256),
        (RSA_1, Algorithm::Rs384),
        (RSA_1, Algorithm::Rs512),
        (RSA_1, Algorithm::Ps256),
        (RSA_1, Algorithm::Ps384),
        (RSA_1, Algorithm::Ps512),
        (P256_1, Algorithm::Es256),
        (P384_1, Algorithm::Es384),
        (P521_1, Algorithm::Es512),
        (ED_1, Algorithm::EdDsa),
    ] {
        let name = format!("{} passes", algorithm.name());
        file = file.case(name, get("/").bearer(&signer.token_by(key, algorithm, &claims())), pass());
    }
    let fully_named = signer.token_with(ED_1, json!({ "alg": "Ed25519" }), &claims());
    file = file.case("Ed25519, the algorithm's name since RFC 9864, passes", get("/").bearer(&fully_named), pass());
    for algorithm in [Algorithm::Hs256, Algorithm::Hs384, Algorithm::Hs512] {
        let token = hmac_token(algorithm, SECRET, &json!({ "alg": algorithm.name() }), &claims().with("iss", PARTNER));
        let name = format!("{} passes", algorithm.name());
        file = file.case(name, get("/").bearer(&token), allow("members", Identity::token("alice", PARTNER)));
    }
    let with_kid = hmac_token(Algorithm::Hs256, SECRET, &json!({ "alg": "HS256", "kid": "any" }), &claims().with("iss", PARTNER));
    let inline_claims = claims().with("iss", "https://inline.example.org");
    file.case(
        "a secret has no kid: a token's own does not matter",
        get("/").bearer(&with_kid),
        allow("members", Identity::token("alice", PARTNER)),
    )
    .case(
        "keys in the file pass",
        get("/").bearer(&signer.token(ED_2, &inline_claims)),
        allow("members", Identity::token("alice", "https://inline.example.org")),
    )
    .case(
        "keys in the file are there before any have come",
        get("/").bearer(&signer.token(ED_2, &inline_claims)).without_keys(),
        allow("members", Identity::token("alice", "https://inline.example.org")),
    )
    .case("the key of one issuer is not another's", get("/").bearer(&signer.token(ED_2, &claims())), no("key_unknown"))
    .case("the key of one issuer signs for no other", get("/").bearer(&signer.token(ED_1, &inline_claims)), no("key_unknown"))
    .case(
        "an issuer's name in a token does not lend it the key",
        get("/").bearer(&signer.token_with(ED_1, json!({ "kid": "ed-2" }), &inline_claims)),
        no("signature_invalid"),
    )
}

pub(super) fn confusions(signer: &Signer) -> File {
    let partner = format!(
        "[[issuer]]\nissuer = \"{PARTNER}\"\naudiences = [\"app\"]\nalgorithms = [\"HS256\"]\nkeys = {{ secret = \"{}\" }}",
        key_text(SECRET)
    );
    let mut file = File::new(
        "algorithm_confusion",
        "The key decides the algorithm, the header may only agree: every known confusion is refused.",
        config(&[&issuer(LOGIN, r#""RS256", "ES256""#, ""), &partner, MEMBERS]),
    )
    .keys(LOGIN, &[RSA_1.jwk(), P256_1.jwk()]);
    let jwk = RSA_1.jwk().to_string();
    for (what, secret) in [
        ("its PEM text", RSA_1_PUBLIC_PEM.as_bytes().to_vec()),
        ("its PEM text without the last line end", RSA_1_PUBLIC_PEM.trim_end().as_bytes().to_vec()),
        ("its DER bytes", pkcs8(RSA_1_PUBLIC_PEM)),
        ("its modulus as text", RSA_1.modulus().into_bytes()),
        ("its modulus", base64_simd::URL_SAFE_NO_PAD.decode_to_vec(RSA_1.modulus()).unwrap()),
        ("its JWK", jwk.into_bytes()),
        ("nothing", Vec::new()),
    ] {
        let token = hmac_token(Algorithm::Hs256, &secret, &json!({ "alg": "HS256", "kid": "rsa-1" }), &claims());
        file = file.case(format!("a public key is no secret: {what}"), get("/").bearer(&token), no("algorithm_not_allowed"));
    }
    let by = |key: Key, members: Value| get("/").bearer(&signer.token_with(key, members, &claims()));
    let hmac = |algorithm: Algorithm, alg: &str, issuer: &str| {
        get("/").bearer(&hmac_token(algorithm, SECRET, &json!({ "alg": alg }), &claims().with("iss", issuer)))
    };
    let es256 = signer.token(P256_1, &claims());
    let (signing_input, es256_signature) = es256.rsplit_once('.').unwrap();
    let es256_signature = base64_simd::URL_SAFE_NO_PAD.decode_to_vec(es256_signature).unwrap();
    let resigned = |signature: &[u8]| get("/").bearer(&format!("{signing_input}.{}", base64url(signature)));
    let invalid = || no("signature_invalid");
    let hs256 = hmac_token(Algorithm::Hs256, SECRET, &json!({ "alg": "HS256" }), &claims().with("iss", PARTNER));
    let (hs256_message, hs256_signature) = hs256.rsplit_once('.').unwrap();
    let rs256 = json!({ "alg": "RS256", "kid": "rsa-1" });
    let pss_as_rs256 = {
        let token = signer.token_by(RSA_1, Algorithm::Ps256, &claims());
        let (_, signature) = token.rsplit_once('.').unwrap();
        unsigned(&rs256, &claims(), &base64_simd::URL_SAFE_NO_PAD.decode_to_vec(signature).unwrap())
    };
    file.case("RS256 passes", by(RSA_1, json!({})), pass())
        .case("ES256 passes", by(P256_1, json!({})), pass())
        .case("RS256 without kid takes the only RSA key", by(RSA_1, json!({ "kid": null })), pass())
        .case(
            "RS512 is not listed",
            get("/").bearer(&signer.token_by(RSA_1, Algorithm::Rs512, &claims())),
            no("algorithm_not_allowed"),
        )
        .case(
            "PS256 is not listed",
            get("/").bearer(&signer.token_by(RSA_1, Algorithm::Ps256, &claims())),
            no("algorithm_not_allowed"),
        )
        .case("EdDSA is not listed", by(ED_1, json!({ "kid": "p256-1" })), no("algorithm_not_allowed"))
        .case("ES384 is not listed", by(P384_1, json!({ "kid": "p256-1" })), no("algorithm_not_allowed"))
        .case("ES256 is not for an RSA key", by(P256_1, json!({ "kid": "rsa-1" })), no("algorithm_not_allowed"))
        .case("RS256 is not for an elliptic-curve key", by(RSA_1, json!({ "kid": "p256-1" })), no("algorithm_not_allowed"))
        .case(
            "an HMAC by another issuer's secret is not allowed",
            hmac(Algorithm::Hs256, "HS256", LOGIN),
            no("algorithm_not_allowed"),
        )
        .case("HS512 by a secret for HS256 is not allowed", hmac(Algorithm::Hs512, "HS512", PARTNER), no("algorithm_not_allowed"))
        .case("HS512 that calls itself HS256 is invalid", hmac(Algorithm::Hs512, "HS256", PARTNER), invalid())
        .case(
            "a signature is not for an issuer with a secret",
            get("/").bearer(&signer.token(RSA_1, &claims().with("iss", PARTNER))),
            no("algorithm_not_allowed"),
        )
        .case("half an HMAC is invalid", get("/").bearer(&format!("{hs256_message}.{}", &hs256_signature[..20])), invalid())
        .case("another RSA key's signature is invalid", by(RSA_2, json!({ "kid": "rsa-1" })), invalid())
        .case("an RSA signature of zeros is invalid", get("/").bearer(&unsigned(&rs256, &claims(), &[0; 256])), invalid())
        .case(
            "an RSA signature of another length is invalid",
            get("/").bearer(&unsigned(&rs256, &claims(), &[1; 255])),
            invalid(),
        )
        .case("an RSA-PSS signature under the name RS256 is invalid", get("/").bearer(&pss_as_rs256), invalid())
        .case("another P-256 key's signature is invalid", by(P256_2, json!({ "kid": "p256-1" })), invalid())
        .case("an ECDSA signature of zeros is invalid", resigned(&[0; 64]), invalid())
        .case("an ECDSA signature in DER is invalid", resigned(&der(&es256_signature)), invalid())
        .case("an ECDSA signature that is cut is invalid", resigned(&es256_signature[..63]), invalid())
        .case("an ECDSA signature with a byte more is invalid", resigned(&[&es256_signature[..], &[0]].concat()), invalid())
        .case(
            "an ECDSA signature with its halves changed over is invalid",
            resigned(&[&es256_signature[32..], &es256_signature[..32]].concat()),
            invalid(),
        )
}

/// Writes a raw ECDSA signature as `SEQUENCE { INTEGER r, INTEGER s }`.
fn der(raw: &[u8]) -> Vec<u8> {
    let integer = |half: &[u8]| {
        let mut value: Vec<u8> = half.iter().copied().skip_while(|byte| *byte == 0).collect();
        if value.first().is_some_and(|byte| *byte >= 0x80) {
            value.insert(0, 0);
        }
        [vec![0x02, u8::try_from(value.len()).unwrap()], value].concat()
    };
    let (r, s) = raw.split_at(raw.len() / 2);
    let body = [integer(r), integer(s)].concat();
    [vec![0x30, u8::try_from(body.len()).unwrap()], body].concat()
}
