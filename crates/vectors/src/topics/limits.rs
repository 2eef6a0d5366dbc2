//! The limits on what a client sends, at both sides.

use crate::case::{File, Identity, allow, anonymous, get, refuse, refuse_all};
use crate::config::{MEMBERS, config, issuer, login, rule};
use crate::key::{Algorithm, ED_1, ED_2, Key};
use crate::token::{Claims, Signer, claims};
use crate::{LOGIN, PARTNER};

pub(super) fn limits(signer: &Signer) -> File {
    let deep = rule("deep", "/deep/**", "allow = \"anyone\"");
    let of_length = |length: usize| format!("/deep/{}", "x".repeat(length - "/deep/".len()));
    let of_segments = |count: usize| format!("/deep{}", "/x".repeat(count - 1));
    let partner = || claims().with("iss", PARTNER);
    let payload = claims().text();
    let nested = payload.replacen('{', &format!("{{\"a\":{}{},", "[".repeat(200), "]".repeat(200)), 1);
    let header = r#"{"alg":"EdDSA","kid":"ed-1"}"#;
    let pass = |issuer| allow("members", Identity::token("alice", issuer));
    let large = || refuse("token_too_large", "members");
    File::new(
        "limits",
        "Limits on the path and on tokens, at both sides.",
        config(&[&login(""), &issuer(PARTNER, "\"EdDSA\"", "max_token = \"16KiB\""), &deep, MEMBERS]),
    )
    .keys(LOGIN, &[ED_1.jwk()])
    .keys(PARTNER, &[ED_2.jwk()])
    .case("a path of 8,192 bytes passes", get(of_length(8192)), anonymous("deep"))
    .case("a path of 8,193 bytes is malformed", get(of_length(8193)), refuse_all("request_malformed"))
    .case(
        "a path of 8,192 bytes passes, whatever its query's length",
        get(format!("{}?{}", of_length(8192), "y".repeat(100))),
        anonymous("deep"),
    )
    .case("a path of 256 segments passes", get(of_segments(256)), anonymous("deep"))
    .case("a path of 257 segments is malformed", get(of_segments(257)), refuse_all("request_malformed"))
    .case(
        "ten thousand dot segments are malformed",
        get(format!("/deep/{}", "../".repeat(10_000))),
        refuse_all("request_malformed"),
    )
    .case("two thousand slashes are malformed", get("/".repeat(2000)), refuse_all("request_malformed"))
    .case("a token of 8,192 bytes passes", get("/").bearer(&sized(signer, ED_1, &claims(), 8192)), pass(LOGIN))
    .case("a token of 8,193 bytes is too large", get("/").bearer(&sized(signer, ED_1, &claims(), 8193)), large())
    .case(
        "a larger token passes where the issuer's limit is raised",
        get("/").bearer(&sized(signer, ED_2, &partner(), 16_384)),
        pass(PARTNER),
    )
    .case("a token beyond the raised limit is too large", get("/").bearer(&sized(signer, ED_2, &partner(), 16_385)), large())
    .case("a token of nothing but dots is malformed", get("/").bearer(&".".repeat(1000)), refuse("token_malformed", "members"))
    .case(
        "a payload nested two hundred deep is malformed",
        get("/").bearer(&signer.signed(ED_1, Algorithm::EdDsa, header, &nested)),
        refuse("token_malformed", "members"),
    )
    .case(
        "a kid of 5,000 bytes is malformed",
        get("/").bearer(&signer.token_with(ED_1, serde_json::json!({ "kid": "k".repeat(5000) }), &claims())),
        refuse("token_malformed", "members"),
    )
}

/// Makes a good token of exactly this many bytes.
fn sized(signer: &Signer, key: Key, claims: &Claims, size: usize) -> String {
    for header_filler in 0..3 {
        let members = serde_json::json!({ "x": "x".repeat(header_filler) });
        let smallest = signer.token_with(key, members.clone(), &claims.clone().with("x", "")).len();
        for filler in (size - smallest) * 3 / 4 - 3..(size - smallest) * 3 / 4 + 3 {
            let token = signer.token_with(key, members.clone(), &claims.clone().with("x", "x".repeat(filler)));
            if token.len() == size {
                return token;
            }
        }
    }
    panic!("no token has {size} bytes")
}
