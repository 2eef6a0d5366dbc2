//! Claims: times, audiences, issuers, subjects, and tokens that were made for something else.

use serde_json::{Value, json};

use super::{no, pass};
use crate::case::{Expect, File, Identity, allow, get};
use crate::config::{MEMBERS, config, issuer, login};
use crate::key::{Algorithm, ED_1};
use crate::token::{Claims, Signer, claims};
use crate::{LOGIN, NOW, PARTNER};

const HEADER: &str = r#"{"alg":"EdDSA","kid":"ed-1"}"#;

fn file(name: &'static str, description: &'static str) -> File {
    File::new(name, description, config(&[&login("leeway = \"0s\""), MEMBERS])).keys(LOGIN, &[ED_1.jwk()])
}

/// Puts a claim's text into a good payload, whatever it is.
fn with_text(signer: &Signer, name: &str, text: &str) -> String {
    let payload = claims().without(name).text().replacen('{', &format!("{{\"{name}\":{text},"), 1);
    signer.signed(ED_1, Algorithm::EdDsa, HEADER, &payload)
}

pub(super) fn times(signer: &Signer) -> File {
    let mut file =
        file("claims_times", "Times are JSON numbers of seconds within what a calendar holds, or the token is refused.");
    let text = |name: &str, value: &str| get("/").bearer(&with_text(signer, name, value));
    let invalid = || no("claim_invalid");
    for name in ["exp", "nbf", "iat"] {
        for wrong in [
            "\"1767229200\"",
            "\"\"",
            "null",
            "true",
            "false",
            "[]",
            "[1767229200]",
            "{}",
            "{\"$date\":1767229200}",
            "-1",
            "-0.5",
            "1e400",
            "253402300800",
            "1e19",
            "18446744073709551615",
            "18446744073709551616",
            "9223372036854775808",
            "9007199254740993000",
            "1767229200000",
            "1e308",
        ] {
            file = file.case(format!("{name} {wrong}"), text(name, wrong), invalid());
        }
    }
    let expired = || no("token_expired");
    let early = || no("token_not_yet_valid");
    for (value, expect) in [
        ("0", expired()),
        ("1", expired()),
        ("-0", invalid()),
        ("1767225600", expired()),
        ("1767225599", expired()),
        ("1767225600.0", expired()),
        ("1.7672256e9", expired()),
        ("1767225600.5", expired()),
        ("1767225601", pass()),
        ("253402300799", pass()),
        ("1.767229200e9", pass()),
    ] {
        file = file.case(format!("exp {value}"), text("exp", value), expect);
    }
    for (value, expect) in
        [("1767225601", early()), ("1767225600.5", early()), ("253402300799", early()), ("1767225600", pass()), ("0", pass())]
    {
        file = file.case(format!("nbf {value}"), text("nbf", value), expect);
    }
    for (value, expect) in [("1767225601", pass()), ("253402300799", pass()), ("1767225600", pass())] {
        file = file.case(format!("iat {value}"), text("iat", value), expect);
    }
    file.case("no exp", get("/").bearer(&signer.token(ED_1, &claims().without("exp"))), no("claim_missing")).case(
        "exp in the past, nbf in the future",
        get("/").bearer(&signer.token(ED_1, &claims().with("exp", NOW - 1).with("nbf", NOW + 1))),
        expired(),
    )
}

pub(super) fn audiences(signer: &Signer) -> File {
    let mut file =
        file("claims_audiences", "The audience is ours, as a text or in a list of texts, byte for byte (RFC 7519 §4.1.3).");
    let text = |value: &str| get("/").bearer(&with_text(signer, "aud", value));
    for good in ["\"app\"", "[\"app\"]", "[\"other\",\"app\"]", "[\"app\",\"app\"]"] {
        file = file.case(format!("aud {good} passes"), text(good), pass());
    }
    for other in [
        "\"App\"",
        "\"app \"",
        "\" app\"",
        "\"app\\u0000\"",
        "\"apple\"",
        "\"ap\"",
        "\"*\"",
        "\"app,other\"",
        "\"other app\"",
        "\"https://app\"",
        "\"client-id\"",
        "[\"other\"]",
        "[\"ap\",\"p\"]",
        "\"\\u0430pp\"",
    ] {
        file = file.case(format!("aud {other}"), text(other), no("audience_mismatch"));
    }
    for wrong in [
        "null",
        "1",
        "true",
        "{}",
        "{\"app\":true}",
        "[1]",
        "[null]",
        "[[\"app\"]]",
        "[\"app\",1]",
        "[\"app\",null]",
        "[{\"app\":1}]",
        "\"\"",
        "[]",
        "[\"\"]",
    ] {
        file = file.case(
            format!("aud {wrong}"),
            text(wrong),
            no(match wrong {
                "\"\"" | "[\"\"]" => "audience_mismatch",
                _ => "claim_invalid",
            }),
        );
    }
    file.case("no aud", get("/").bearer(&signer.token(ED_1, &claims().without("aud"))), no("claim_missing"))
}

pub(super) fn issuers(signer: &Signer) -> File {
    let mut file =
        file("claims_issuers", "The issuer is a text, compared byte for byte: no list, no prefix, no repair (RFC 7519 §4.1.1).");
    for other in [
        "",
        "https://login.example.com/",
        "https://LOGIN.example.com",
        "HTTPS://login.example.com",
        "https://login.example.com ",
        " https://login.example.com",
        "https://login.example.com\0",
        "https://login.example.com:443",
        "https://login.example.com.",
        "http://login.example.com",
        "https://login.example.co",
        "https://login.example.com.evil.example",
        "login.example.com",
        "https://evil.example",
        "https://login.example.com@evil.example",
        "https://login%2eexample.com",
        "https://login.example.com?",
        "https://login.example.com#",
        "https://lоgin.example.com",
        "*",
        "https://login.example.com,https://evil.example",
    ] {
        file = file.case(
            format!("iss {other:?}"),
            get("/").bearer(&signer.token(ED_1, &claims().with("iss", other))),
            no("issuer_unknown"),
        );
    }
    for wrong in [
        json!(["https://login.example.com"]),
        json!(["https://evil.example", "https://login.example.com"]),
        json!(null),
        json!(1),
        json!(true),
        json!({}),
        json!({ "0": "https://login.example.com" }),
        json!([]),
    ] {
        file = file.case(
            format!("iss {wrong} (CVE-2025-30144)"),
            get("/").bearer(&signer.token(ED_1, &claims().with("iss", wrong))),
            no("claim_invalid"),
        );
    }
    file.case("no iss", get("/").bearer(&signer.token(ED_1, &claims().without("iss"))), no("claim_missing"))
}

pub(super) fn subjects(signer: &Signer) -> File {
    let mut file = file("claims_subjects", "The subject is a name that every header, log and list takes as it is.");
    let with = |value: Value| get("/").bearer(&signer.token(ED_1, &claims().with("sub", value)));
    let named = |subject: &str| allow("members", Identity::token(subject, LOGIN));
    for good in ["alice", "a", "alice@example.com", "CN=Alice,O=Example", "Zoë", "名前", "a b", "a,b", "a%2cb", "𝒜"] {
        file = file.case(format!("sub {good:?} passes"), with(json!(good)), named(good));
    }
    for wrong in [
        json!(""),
        json!(" "),
        json!(" alice"),
        json!("alice "),
        json!("\talice"),
        json!("alice\n"),
        json!("alice\r\nX-Admin: 1"),
        json!("al\0ice"),
        json!("al\u{7f}ice"),
        json!("al\u{85}ice"),
        json!("\u{a0}alice"),
        json!("alice\u{3000}"),
        json!("alice\u{2028}"),
        json!("a".repeat(257)),
        json!("é".repeat(129)),
        json!(1),
        json!(0),
        json!(1.5),
        json!(null),
        json!(true),
        json!([]),
        json!(["alice"]),
        json!({}),
        json!({ "sub": "alice" }),
    ] {
        let shown = wrong.to_string();
        let shown = if shown.len() > 40 { format!("of {} bytes", shown.len() - 2) } else { shown };
        file = file.case(format!("sub {shown}"), with(wrong), no("claim_invalid"));
    }
    file.case("no sub", get("/").bearer(&signer.token(ED_1, &claims().without("sub"))), no("claim_missing")).case(
        "a sub of 256 bytes passes",
        with(json!("a".repeat(256))),
        named(&"a".repeat(256)),
    )
}

/// Somebody known by an e-mail address that anybody could have entered.
pub(super) fn subject_by_email(signer: &Signer) -> File {
    let lines = "claims = { subject = \"email\" }";
    let mut file = File::new(
        "claims_subject_by_email",
        "Where the subject is the e-mail address, the issuer has to vouch for it (OpenID Connect Core §5.1).",
        config(&[&login(lines), &issuer(PARTNER, "\"EdDSA\"", "claims = { subject = \"email\", email = \"mail\" }"), MEMBERS]),
    )
    .keys(LOGIN, &[ED_1.jwk()])
    .keys(PARTNER, &[ED_1.jwk()]);
    let elsewhere = claims().with("iss", PARTNER).with("email", "root@example.com").with("mail", "x@example.com");
    let with = |verified: Value| {
        get("/").bearer(&signer.token(ED_1, &claims().with("email", "root@example.com").with("email_verified", verified)))
    };
    let root = allow("members", Identity::token("root@example.com", LOGIN).email("root@example.com"));
    file = file.case("an address that is vouched for", with(json!(true)), root).case(
        "an address of which nothing is said",
        get("/").bearer(&signer.token(ED_1, &claims().with("email", "root@example.com"))),
        no("claim_invalid"),
    );
    file = file.case(
        "an address whose name another claim has taken",
        get("/").bearer(&signer.token(ED_1, &elsewhere)),
        no("claim_invalid"),
    );
    for wrong in [json!(false), json!("true"), json!(1), Value::Null, json!([true])] {
        file = file.case(format!("email_verified {wrong}"), with(wrong), no("claim_invalid"));
    }
    file
}

/// Tokens that somebody signed with the right key for another purpose (RFC 8725 §2.8, RFC 9700 §4.15).
pub(super) fn other_kinds(signer: &Signer) -> File {
    let token = |header: Value, claims: &Claims| get("/").bearer(&signer.token_with(ED_1, header, claims));
    let plain = |claims: &Claims| token(json!({ "typ": "JWT" }), claims);
    let audience = || no("audience_mismatch");
    let kind = || no("token_type_mismatch");
    let cases: Vec<(&str, _, Expect)> = vec![
        (
            "an ID token for a client",
            plain(&claims().with("aud", "client-1").with("nonce", "n").with("at_hash", "x")),
            audience(),
        ),
        (
            "an ID token for a client, in a list",
            plain(&claims().with("aud", json!(["client-1"])).with("azp", "client-1")),
            audience(),
        ),
        ("a token for a sibling API", plain(&claims().with("aud", "https://sibling.example.com")), audience()),
        ("a token for every API", plain(&claims().with("aud", "https://*.example.com")), audience()),
        ("a refresh token", plain(&claims().with("aud", LOGIN).with("typ", "Refresh")), audience()),
        ("a logout token", token(json!({ "typ": "logout+jwt" }), &claims().with("events", json!({}))), kind()),
        ("a security event", token(json!({ "typ": "secevent+jwt" }), &claims().with("events", json!({}))), kind()),
        ("a proof of possession", token(json!({ "typ": "dpop+jwt" }), &claims().with("htm", "GET")), kind()),
        ("an assertion of ours", token(json!({ "typ": "gatewright-assertion+jwt" }), &claims()), kind()),
        (
            "a client's own assertion (RFC 7523)",
            plain(&claims().with("iss", "client-1").with("sub", "client-1").with("aud", LOGIN)),
            no("issuer_unknown"),
        ),
        ("an authorization request (RFC 9101)", token(json!({ "typ": "oauth-authz-req+jwt" }), &claims()), kind()),
        ("an introspection response (RFC 9701)", token(json!({ "typ": "token-introspection+jwt" }), &claims()), kind()),
        (
            "a token bound to a certificate (RFC 8705)",
            plain(&claims().with("cnf", json!({ "x5t#S256": "AAAA" }))),
            no("confirmation_unsupported"),
        ),
        (
            "a token bound to a key, as a bearer",
            plain(&claims().with("cnf", json!({ "jkt": "A".repeat(43) }))),
            no("proof_missing"),
        ),
        ("a token with an empty confirmation", plain(&claims().with("cnf", json!({}))), no("confirmation_unsupported")),
        ("a token with a confirmation that is no object", plain(&claims().with("cnf", "AAAA")), no("confirmation_unsupported")),
    ];
    let file = file("claims_other_kinds", "Signed by the right key, and made for something else.");
    cases.into_iter().fold(file, |file, (name, question, expect)| file.case(name, question, expect))
}
