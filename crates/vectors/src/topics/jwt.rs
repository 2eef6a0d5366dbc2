//! JSON Web Tokens: form, header, registered claims, identity claims.

use serde_json::{Value, json};

use crate::case::{Expect, File, Identity, allow, anonymous, get, refuse};
use crate::config::{MEMBERS, config, login, rule};
use crate::key::{Algorithm, ED_1, ED_2};
use crate::token::{Claims, Signer, base64url, claims, message, unsigned};
use crate::{LOGIN, NOW};

const HEADER: &str = r#"{"alg":"EdDSA","kid":"ed-1"}"#;

fn pass() -> Expect {
    allow("members", Identity::token("alice", LOGIN))
}

fn no(code: &'static str) -> Expect {
    refuse(code, "members")
}

pub(super) fn form(signer: &Signer) -> File {
    let good = signer.token(ED_1, &claims());
    let payload = claims().text();
    let (signing_input, signature) = good.rsplit_once('.').unwrap();
    let (header64, payload64) = signing_input.split_once('.').unwrap();
    let signed = |header: &str, payload: &str| get("/").bearer(&signer.signed(ED_1, Algorithm::EdDsa, header, payload));
    let bytes = |header: &[u8], payload: &[u8]| get("/").bearer(&signer.sign(ED_1, Algorithm::EdDsa, &message(header, payload)));
    let field = |value: String| get("/").header("Authorization", value);
    let malformed = || no("token_malformed");
    // The last character of 64 bytes in base64url carries four bits that must be zero.
    let trailing_bits = format!("{signing_input}.{}", flip_unused_bits(signature));
    let polyglot = format!(r#"{{"protected":"{header64}","payload":"{payload64}","signature":"{signature}"}}"#);
    File::new("jwt_form", "The compact form, base64url, JSON: one strict reading or none.", config(&[&login(""), MEMBERS]))
        .keys(LOGIN, &[ED_1.jwk()])
        .case("a good token passes", get("/").bearer(&good), pass())
        .case("the scheme is case-insensitive", field(format!("bEARER {good}")), pass())
        .case("the field's name is case-insensitive", get("/").header("authorization", format!("Bearer {good}")), pass())
        .case("no token at all is missing", get("/"), no("credential_missing"))
        .case("the scheme alone is malformed", field("Bearer".to_owned()), malformed())
        .case("two spaces are malformed", field(format!("Bearer  {good}")), malformed())
        .case("a word behind the token is malformed", field(format!("Bearer {good} x")), malformed())
        .case("two credentials in one field are malformed", field(format!("Bearer {good}, Bearer {good}")), malformed())
        .case("the scheme twice is malformed", field(format!("Bearer Bearer {good}")), malformed())
        .case("a quoted token is malformed", field(format!("Bearer \"{good}\"")), malformed())
        .case("one part is malformed", get("/").bearer("abc"), malformed())
        .case("two parts are malformed", get("/").bearer(signing_input), malformed())
        .case("four parts are malformed", get("/").bearer(&format!("{good}.x")), malformed())
        .case("five parts (an encrypted token) are malformed", get("/").bearer("a.b.c.d.e"), malformed())
        .case("dots alone are malformed", get("/").bearer(".."), malformed())
        .case("an empty payload is malformed", get("/").bearer(&format!("{header64}..{signature}")), malformed())
        .case("padding is malformed", get("/").bearer(&format!("{good}=")), malformed())
        .case("the standard alphabet is malformed", get("/").bearer(&format!("{header64}.+/+/.{signature}")), malformed())
        .case("unused bits that are not zero are malformed", get("/").bearer(&trailing_bits), malformed())
        .case("a percent-encoded dot is malformed", get("/").bearer(&good.replacen('.', "%2e", 1)), malformed())
        .case("the JSON serialisation is malformed", get("/").bearer(&polyglot), malformed())
        .case(
            "a byte outside the alphabet is malformed",
            get("/").header_bytes("Authorization", &[b"Bearer ", good.as_bytes(), b"\xff"].concat()),
            malformed(),
        )
        .case("a header that is no JSON is malformed", signed("not json", &payload), malformed())
        .case("a header that is no object is malformed", signed("[]", &payload), malformed())
        .case("a header with trailing bytes is malformed", signed(&format!("{HEADER}x"), &payload), malformed())
        .case("a header with a byte order mark is malformed", signed(&format!("\u{feff}{HEADER}"), &payload), malformed())
        .case(
            "a header with a member twice is malformed",
            signed(r#"{"alg":"EdDSA","kid":"ed-1","alg":"EdDSA"}"#, &payload),
            malformed(),
        )
        .case(
            "a member twice under an escape is malformed",
            signed(r#"{"alg":"EdDSA","kid":"ed-1","\u0061lg":"EdDSA"}"#, &payload),
            malformed(),
        )
        .case("a header without alg is malformed", signed(r#"{"kid":"ed-1"}"#, &payload), malformed())
        .case("an alg that is no string is malformed", signed(r#"{"alg":["EdDSA"],"kid":"ed-1"}"#, &payload), malformed())
        .case("a kid that is no string is malformed", signed(r#"{"alg":"EdDSA","kid":1}"#, &payload), malformed())
        .case("a payload that is no JSON is malformed", signed(HEADER, "foo"), malformed())
        .case("a payload that is no object is malformed", signed(HEADER, r#""alice""#), malformed())
        .case("a payload with trailing bytes is malformed", signed(HEADER, &format!("{payload}{payload}")), malformed())
        .case(
            "a payload with a registered claim twice is malformed",
            signed(HEADER, &payload.replacen('{', r#"{"sub":"root","#, 1)),
            malformed(),
        )
        .case(
            "a payload with a private claim twice is malformed",
            signed(HEADER, &payload.replacen('{', r#"{"x":1,"x":2,"#, 1)),
            malformed(),
        )
        .case(
            "a payload that is not UTF-8 is malformed",
            bytes(HEADER.as_bytes(), &[&payload.as_bytes()[..payload.len() - 1], b",\"x\":\"\xff\"}"].concat()),
            malformed(),
        )
        .case(
            "a payload with a lone surrogate is malformed",
            signed(HEADER, &payload.replacen('{', r#"{"x":"\ud800","#, 1)),
            malformed(),
        )
        .case("white space inside the JSON is no harm", signed(&format!(" {HEADER}\n"), &payload), pass())
        .case("a malformed token is malformed before any keys have come", get("/").bearer("abc").without_keys(), malformed())
}

fn flip_unused_bits(base64: &str) -> String {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let (rest, last) = base64.split_at(base64.len() - 1);
    let position = ALPHABET.find(last).unwrap() | 1;
    format!("{rest}{}", &ALPHABET[position..=position])
}

pub(super) fn header(signer: &Signer) -> File {
    let with = |members: Value| get("/").bearer(&signer.token_with(ED_1, members, &claims()));
    let attacker_jwk = ED_2.jwk();
    let forged = |members: Value| {
        let header = crate::canonical::canonical(&members);
        get("/").bearer(&signer.signed(ED_2, Algorithm::EdDsa, &header, &claims().text()))
    };
    let mut file = File::new(
        "jwt_header",
        "The header: alg, typ, crit, and keys that a token brings along.",
        config(&[&login(""), MEMBERS]),
    )
    .keys(LOGIN, &[ED_1.jwk()])
    .case("typ absent passes", with(json!({})), pass())
    .case("typ JWT passes", with(json!({ "typ": "JWT" })), pass())
    .case("typ is case-insensitive", with(json!({ "typ": "jwt" })), pass())
    .case("typ at+jwt passes", with(json!({ "typ": "at+jwt" })), pass())
    .case("typ at+jwt is case-insensitive", with(json!({ "typ": "AT+JWT" })), pass())
    .case("typ may carry application/", with(json!({ "typ": "application/at+jwt" })), pass())
    .case("a logout token is no access token", with(json!({ "typ": "logout+jwt" })), no("token_type_mismatch"))
    .case("a security event is no access token", with(json!({ "typ": "secevent+jwt" })), no("token_type_mismatch"))
    .case("a proof is no access token", with(json!({ "typ": "dpop+jwt" })), no("token_type_mismatch"))
    .case("another tree than application/ is another type", with(json!({ "typ": "text/jwt" })), no("token_type_mismatch"))
    .case("an empty typ is another type", with(json!({ "typ": "" })), no("token_type_mismatch"))
    .case("crit is refused", with(json!({ "crit": ["exp"] })), no("critical_header_unsupported"))
    .case("an empty crit is refused", with(json!({ "crit": [] })), no("critical_header_unsupported"))
    .case("crit of the wrong type is refused", with(json!({ "crit": "b64" })), no("critical_header_unsupported"))
    .case("an unencoded payload is refused", with(json!({ "crit": ["b64"], "b64": false })), no("critical_header_unsupported"))
    .case(
        "a key in the header does not verify its own token",
        forged(json!({ "alg": "EdDSA", "kid": "ed-1", "jwk": attacker_jwk })),
        no("signature_invalid"),
    )
    .case(
        "a key in the header is not looked up by its kid",
        forged(json!({ "alg": "EdDSA", "kid": "ed-2", "jwk": attacker_jwk })),
        no("key_unknown"),
    )
    .case(
        "a key address in the header is not followed",
        forged(json!({ "alg": "EdDSA", "kid": "ed-2", "jku": "https://evil.example/jwks" })),
        no("key_unknown"),
    )
    .case(
        "a certificate address in the header is not followed",
        forged(json!({ "alg": "EdDSA", "kid": "ed-2", "x5u": "https://evil.example/c" })),
        no("key_unknown"),
    )
    .case(
        "kids are compared, not looked up as paths",
        forged(json!({ "alg": "EdDSA", "kid": "../../dev/null" })),
        no("key_unknown"),
    )
    .case("an empty kid is a kid", forged(json!({ "alg": "EdDSA", "kid": "" })), no("key_unknown"))
    .case("a signature with another key is invalid", forged(json!({ "alg": "EdDSA", "kid": "ed-1" })), no("signature_invalid"))
    .case(
        "a signature with another key is invalid, claims are not looked at",
        get("/").bearer(&signer.token_with(ED_2, json!({ "kid": "ed-1" }), &claims().with("exp", 1))),
        no("signature_invalid"),
    )
    .case(
        "a signature of zeros is invalid",
        get("/").bearer(&unsigned(&json!({ "alg": "EdDSA", "kid": "ed-1" }), &claims(), &[0; 64])),
        no("signature_invalid"),
    )
    .case(
        "a short signature is invalid",
        get("/").bearer(&unsigned(&json!({ "alg": "EdDSA", "kid": "ed-1" }), &claims(), &[1; 63])),
        no("signature_invalid"),
    )
    .case(
        "an expired token whose keys have not come cannot be judged",
        get("/").bearer(&signer.token(ED_1, &claims().with("exp", 1))).without_keys(),
        no("keys_unavailable"),
    )
    .case("a changed payload is invalid", get("/").bearer(&swapped_payload(signer)), no("signature_invalid"));
    for alg in ["none", "None", "NONE", "nOnE"] {
        let name = format!("alg {alg} is not allowed");
        file = file.case(
            name,
            get("/").bearer(&unsigned(&json!({ "alg": alg, "kid": "ed-1" }), &claims(), &[1; 64])),
            no("algorithm_not_allowed"),
        );
    }
    for alg in ["", "eddsa", "EdDSA ", "ES256", "HS256", "dir", "PBES2-HS256+A128KW"] {
        let name = format!("alg `{alg}` is not allowed");
        file = file.case(name, with(json!({ "alg": alg })), no("algorithm_not_allowed"));
    }
    file
}

fn swapped_payload(signer: &Signer) -> String {
    let token = signer.token(ED_1, &claims());
    let (signing_input, signature) = token.rsplit_once('.').unwrap();
    let (header, _) = signing_input.split_once('.').unwrap();
    format!("{header}.{}.{signature}", base64url(claims().with("sub", "root").text().as_bytes()))
}

pub(super) fn types(signer: &Signer) -> File {
    let with = |members: Value| get("/").bearer(&signer.token_with(ED_1, members, &claims()));
    File::new(
        "jwt_types",
        "An issuer whose tokens must say they are access tokens.",
        config(&[&login("types = [\"at+jwt\"]"), MEMBERS]),
    )
    .keys(LOGIN, &[ED_1.jwk()])
    .case("the listed type passes", with(json!({ "typ": "at+jwt" })), pass())
    .case("the listed type passes in full", with(json!({ "typ": "application/AT+jwt" })), pass())
    .case("an identity token is another type", with(json!({ "typ": "JWT" })), no("token_type_mismatch"))
    .case("a token that does not say is another type", with(json!({})), no("token_type_mismatch"))
}

pub(super) fn registered_claims(signer: &Signer) -> File {
    let at = |claims: &Claims| get("/").bearer(&signer.token(ED_1, claims));
    let with = |name: &str, value: Value| at(&claims().with(name, value));
    let raw = |from: &str, to: &str| {
        let payload = claims().text();
        assert!(payload.contains(from));
        get("/").bearer(&signer.signed(ED_1, Algorithm::EdDsa, HEADER, &payload.replacen(from, to, 1)))
    };
    let exp = format!("\"exp\":{}", NOW + 600);
    let (missing, invalid) = (|| no("claim_missing"), || no("claim_invalid"));
    File::new(
        "jwt_claims",
        "Registered claims: required, of the right type, in range, at both sides of every limit.",
        config(&[&login(""), MEMBERS]),
    )
    .keys(LOGIN, &[ED_1.jwk()])
    .case("iss is required", at(&claims().without("iss")), missing())
    .case("sub is required", at(&claims().without("sub")), missing())
    .case("aud is required", at(&claims().without("aud")), missing())
    .case("exp is required", at(&claims().without("exp")), missing())
    .case("iat, nbf and jti are not", at(&claims().without("iat")), pass())
    .case("another issuer is unknown", with("iss", json!("https://evil.example")), no("issuer_unknown"))
    .case(
        "the issuer is compared byte for byte: a slash more",
        with("iss", json!("https://login.example.com/")),
        no("issuer_unknown"),
    )
    .case(
        "the issuer is compared byte for byte: another case",
        with("iss", json!("https://LOGIN.example.com")),
        no("issuer_unknown"),
    )
    .case("the issuer is no prefix", with("iss", json!("https://login.example.co")), no("issuer_unknown"))
    .case("an array is no issuer, even with the right one inside", with("iss", json!([LOGIN])), invalid())
    .case("a number is no issuer", with("iss", json!(7)), invalid())
    .case("another audience is a mismatch", with("aud", json!("other")), no("audience_mismatch"))
    .case("an audience is case-sensitive", with("aud", json!("APP")), no("audience_mismatch"))
    .case("an audience is no prefix", with("aud", json!("application")), no("audience_mismatch"))
    .case("one of several audiences suffices", with("aud", json!(["other", "app"])), pass())
    .case("several wrong audiences do not", with("aud", json!(["other", "another"])), no("audience_mismatch"))
    .case("a number is no audience", with("aud", json!(5)), invalid())
    .case("an audience beside a number is none", with("aud", json!(["app", 5])), invalid())
    .case("null is no audience", with("aud", json!(null)), invalid())
    .case("an empty subject is none", with("sub", json!("")), invalid())
    .case("a number is no subject", with("sub", json!(1000)), invalid())
    .case("an array is no subject", with("sub", json!(["alice"])), invalid())
    .case("null is no subject", with("sub", json!(null)), invalid())
    .case("a second before exp and leeway are over it passes", with("exp", json!(NOW - 59)), pass())
    .case("when exp and leeway are over it is expired", with("exp", json!(NOW - 60)), no("token_expired"))
    .case("exp of 0 is expired", with("exp", json!(0)), no("token_expired"))
    .case("exp as a string is invalid", with("exp", json!((NOW + 600).to_string())), invalid())
    .case("exp as null is invalid", with("exp", json!(null)), invalid())
    .case("exp below zero is invalid", with("exp", json!(-1)), invalid())
    .case("exp in the last second of the year 9999 passes", with("exp", json!(253_402_300_799_u64)), pass())
    .case("exp a second later (or in milliseconds) is invalid", with("exp", json!(253_402_300_800_u64)), invalid())
    .case("exp beyond 64 bits is invalid", raw(&exp, "\"exp\":1e19"), invalid())
    .case("exp with a fraction passes", raw(&exp, &format!("\"exp\":{}.5", NOW + 600)), pass())
    .case("nbf within the leeway passes", with("nbf", json!(NOW + 60)), pass())
    .case("nbf beyond the leeway is too early", with("nbf", json!(NOW + 61)), no("token_not_yet_valid"))
    .case("nbf as a string is invalid", with("nbf", json!("99999999999")), invalid())
    .case("iat as a string is invalid", with("iat", json!((NOW - 60).to_string())), invalid())
    .case("iat in the future is no reason to refuse", with("iat", json!(NOW + 600)), pass())
    .case(
        "a token bound to a key is refused without a proof of possession",
        with("cnf", json!({ "jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I" })),
        no("proof_missing"),
    )
    .case("another claim of any type is no harm", with("x", json!({ "a": [null, true, 1.5] })), pass())
}

pub(super) fn leeway(signer: &Signer) -> File {
    let with = |name: &str, value: u64| get("/").bearer(&signer.token(ED_1, &claims().with(name, value)));
    let lines = "leeway = \"0s\"\ndanger_unchecked_cnf = true";
    let bound = claims().with("cnf", json!({ "jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I" }));
    File::new(
        "jwt_leeway",
        "An issuer without leeway, whose bound tokens are taken without a check of the bond.",
        config(&[&login(lines), MEMBERS]),
    )
    .keys(LOGIN, &[ED_1.jwk()])
    .case("a second before exp it passes", with("exp", NOW + 1), pass())
    .case("at exp it is expired", with("exp", NOW), no("token_expired"))
    .case("at nbf it passes", with("nbf", NOW), pass())
    .case("a second before nbf it is too early", with("nbf", NOW + 1), no("token_not_yet_valid"))
    .case("a bound token passes because the file says so", get("/").bearer(&signer.token(ED_1, &bound)), pass())
    .case("the moment is the caller's: later it is expired", with("exp", NOW + 600).at(NOW + 600), no("token_expired"))
    .case("the moment is the caller's: earlier it passes", with("exp", NOW + 600).at(NOW + 599), pass())
}

pub(super) fn identity_claims(signer: &Signer) -> File {
    let rules = [rule("open", "/open", "allow = \"anyone\""), MEMBERS.to_owned()].join("\n\n");
    let at = |claims: &Claims| get("/").bearer(&signer.token(ED_1, claims));
    let with = |name: &str, value: Value| at(&claims().with(name, value));
    let me = || Identity::token("alice", LOGIN);
    let verified = claims().with("email", "alice@example.com").with("email_verified", true);
    let members = |identity| allow("members", identity);
    File::new("jwt_identity", "The identity a token gives when the file maps no claims.", config(&[&login(""), &rules]))
        .keys(LOGIN, &[ED_1.jwk()])
        .case("a subject alone", at(&claims()), members(me()))
        .case(
            "every claim there is",
            at(&verified.clone().with("name", "Alice A.").with("groups", json!(["b", "a"])).with("scope", "read write")),
            members(me().email("alice@example.com").name("Alice A.").groups(&["b", "a"]).scopes(&["read", "write"])),
        )
        .case("an address its issuer did not verify is none", with("email", json!("alice@example.com")), members(me()))
        .case(
            "an address its issuer denies to have verified is none",
            at(&verified.clone().with("email_verified", false)),
            members(me()),
        )
        .case("a verification that is a string is none", at(&verified.clone().with("email_verified", "true")), members(me()))
        .case("groups may be one string", with("groups", json!("staff")), members(me().groups(&["staff"])))
        .case("groups may be empty", with("groups", json!([])), members(me()))
        .case("a number is no list of groups", with("groups", json!(7)), no("claim_invalid"))
        .case("a number among the groups is no group", with("groups", json!(["staff", 7])), no("claim_invalid"))
        .case("a number is no name", with("name", json!(7)), no("claim_invalid"))
        .case("an object is no list of scopes", with("scope", json!({ "read": true })), no("claim_invalid"))
        .case(
            "a bad claim is nobody where anyone passes",
            get("/open").bearer(&signer.token(ED_1, &claims().with("groups", 7))),
            anonymous("open"),
        )
}

pub(super) fn claim_mapping(signer: &Signer) -> File {
    let lines = r#"danger_unverified_email = true
claims = { subject = "preferred_username", email = "mail", name = ["profile", "display.name"], groups = "realm_access.roles", scopes = "scp" }"#;
    let at = |claims: &Claims| get("/").bearer(&signer.token(ED_1, claims));
    let mapped = claims().with("preferred_username", "alice.a");
    let me = || Identity::token("alice.a", LOGIN);
    let members = |identity| allow("members", identity);
    File::new(
        "jwt_claim_mapping",
        "Claims mapped by the file: a string names a member first, then a dotted path; an array is always a path.",
        config(&[&login(lines), MEMBERS]),
    )
    .keys(LOGIN, &[ED_1.jwk()])
    .case("the subject comes from the mapped claim", at(&mapped), members(me()))
    .case("the mapped subject is required", at(&claims()), no("claim_missing"))
    .case("sub stays required beside it", at(&mapped.clone().without("sub")), no("claim_missing"))
    .case("an empty mapped subject is none", at(&mapped.clone().with("preferred_username", "")), no("claim_invalid"))
    .case(
        "the address comes from the mapped claim, unverified because the file says so",
        at(&mapped.clone().with("mail", "a@example.com")),
        members(me().email("a@example.com")),
    )
    .case(
        "the usual claim is not looked at",
        at(&mapped.clone().with("email", "b@example.com").with("groups", json!(["x"])).with("scope", "y")),
        members(me()),
    )
    .case(
        "a dotted string reaches inside",
        at(&mapped.clone().with("realm_access", json!({ "roles": ["staff"] }))),
        members(me().groups(&["staff"])),
    )
    .case(
        "a member of the dotted name comes first",
        at(&mapped.clone().with("realm_access", json!({ "roles": ["inner"] })).with("realm_access.roles", json!(["exact"]))),
        members(me().groups(&["exact"])),
    )
    .case(
        "an array reaches a member whose name has a dot",
        at(&mapped.clone().with("profile", json!({ "display.name": "Alice" }))),
        members(me().name("Alice")),
    )
    .case(
        "an array is no dotted path",
        at(&mapped.clone().with("profile", json!({ "display": { "name": "Alice" } }))),
        members(me()),
    )
    .case(
        "scopes may be an array",
        at(&mapped.clone().with("scp", json!(["read", "write"]))),
        members(me().scopes(&["read", "write"])),
    )
}
