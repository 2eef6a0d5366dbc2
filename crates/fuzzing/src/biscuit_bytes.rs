//! Biscuits: any bytes, good ones with a byte changed, and good ones to which somebody appended blocks.

use std::sync::LazyLock;

use gatewright::{Authorizer, Request, Revocations};
use vectors::biscuit::{Biscuit, OTHER, ROOT, biscuit, public_key, signed};
use vectors::token::base64url;

use crate::asked::{Asked, ask, authorizer};
use crate::draw::{Draw, at_most};

/// Bytes that nobody signed are refused; a block that is appended can only take away, and never speaks for anybody else.
///
/// A token has one spelling but for the padding of its base64, so no changed byte is accepted. Whatever else is accepted is asked
/// whether it is one of ours: it speaks for the same subject, and whoever revokes ours revokes it. The first byte chooses.
pub fn biscuit_bytes(data: &[u8]) {
    let Some((kind, rest)) = at_most(data, MAX_TOKEN).split_first() else { return };
    match kind % 4 {
        0 => any_bytes(rest),
        1 => {
            let asked = present(rest);
            let known =
                TOKENS.iter().any(|token| rest == token.text.as_bytes() || rest == token.text.trim_end_matches('=').as_bytes());
            assert_eq!(asked.is_allowed(), known, "{}", asked.explanation);
        }
        _ => appended(&mut Draw::new(rest)),
    }
}

fn present(token: &[u8]) -> Asked {
    present_to(&AUTHORIZER, token)
}

fn present_to(authorizer: &Authorizer, token: &[u8]) -> Asked {
    let headers = [("Authorization", [b"Bearer ", token].concat())];
    ask(authorizer, &Request::new("GET", "https", "app.example.com", "/reports/7", &headers).client([192, 0, 2, 7].into()))
}

fn any_bytes(bytes: &[u8]) {
    let asked = present(base64url(bytes).as_bytes());
    if asked.is_allowed() {
        is_one_of(&base64url(bytes), &asked, &TOKENS.iter().flat_map(|token| token.revocation_ids.clone()).collect::<Vec<_>>());
    }
}

fn appended(draw: &mut Draw<'_>) {
    let foreign = draw.one_in(8);
    // Whoever signs may say who the holder is, so here only the blocks after the first may try.
    let authority = format!("user(\"alice\"); {}", code(draw, 2, &NAMES[1..]));
    let mut token = if foreign { signed(OTHER, None, &authority) } else { biscuit(&authority) };
    let mut allowed = present(token.text().as_bytes());
    for _ in 0..draw.below(4) {
        token = append(token, draw);
        let more = present(token.text().as_bytes());
        assert!(allowed.is_allowed() || !more.is_allowed(), "a block gives what was not there:\n{}", more.explanation);
        allowed = more;
    }
    if draw.one_in(4) {
        token = token.sealed();
        let sealed = present(token.text().as_bytes());
        assert_eq!(sealed.code(), allowed.code(), "{}", sealed.explanation);
    }
    if !allowed.is_allowed() {
        return;
    }
    assert!(!foreign, "{}", allowed.explanation);
    assert_eq!(allowed.subject(), Some("alice"), "{}", allowed.explanation);
    allowed.keeps(token.text().trim_end_matches('='));
    let mut bytes = token.bytes();
    let position = draw.below(bytes.len());
    bytes[position] ^= draw.byte().max(1);
    let flipped = present(base64url(&bytes).as_bytes());
    assert!(!flipped.is_allowed(), "byte {position} was changed: {}", flipped.explanation);
}

/// Checks that an accepted token is another spelling of one that was made here.
fn is_one_of(token: &str, asked: &Asked, revocation_ids: &[String]) {
    assert_eq!(asked.subject(), Some("alice"), "{}", asked.explanation);
    let list = serde_json::json!({ "tokens": revocation_ids }).to_string();
    let revoking = AUTHORIZER.with_revocations(&Revocations::from_json(&list).unwrap());
    let revoked = present_to(&revoking, token.as_bytes());
    assert_eq!(revoked.code(), "revoked", "{}", revoked.explanation);
}

fn append(token: Biscuit, draw: &mut Draw<'_>) -> Biscuit {
    let code = code(draw, 3, &NAMES);
    match draw.below(4) {
        0 => token.third_party_block(&code),
        1 => token.p256_block(&code),
        _ => token.block(&code),
    }
}

/// Draws datalog that is well formed: facts that would make somebody else of the holder, rules that derive them, and checks.
fn code(draw: &mut Draw<'_>, most: usize, names: &[&str]) -> String {
    let mut code = String::new();
    for _ in 0..draw.below(most + 1) {
        let statement = match draw.below(4) {
            0 => format!("{}({});", draw.one_of(names), term(draw)),
            1 => format!("{}($x) <- {}($x){};", draw.one_of(names), draw.one_of(&NAMES), guard(draw)),
            2 => format!("check if {}({}){};", draw.one_of(&NAMES), term(draw), guard_of(draw, "")),
            _ => {
                let kind = draw.one_of(&["check if", "check all", "reject if"]);
                format!("{kind} {}($x){};", draw.one_of(&NAMES), guard(draw))
            }
        };
        code.push_str(&statement);
    }
    code
}

fn term(draw: &mut Draw<'_>) -> &'static str {
    draw.one_of::<&str>(&[
        "\"mallory\"",
        "\"GET\"",
        "\"/reports/7\"",
        "\"app.example.com\"",
        "7",
        "true",
        "hex:00ff",
        "2026-01-01T00:00:00Z",
        "[1, \"a\"]",
    ])
}

fn guard(draw: &mut Draw<'_>) -> String {
    guard_of(draw, "$x")
}

/// Draws a condition on a variable, on constants if there is none.
fn guard_of(draw: &mut Draw<'_>, variable: &str) -> String {
    let variable = if variable.is_empty() { "\"GET\"" } else { variable };
    let conditions = [
        "",
        ", V == \"GET\"",
        ", V.starts_with(\"/rep\")",
        ", V.matches(\"(a+)+$\")",
        ", V != \"mallory\"",
        ", V.length() > 3",
        ", 1 / 0 == 1",
        ", 9223372036854775807 + 1 > 0",
        ", [\"GET\", \"POST\"].contains(V)",
        ", true || V == 1",
    ];
    draw.one_of(&conditions).replace('V', variable)
}

const NAMES: [&str; 9] = ["user", "group", "operation", "resource", "host", "time", "client_ip", "right", "query"];

/// A good token.
struct Token {
    text: String,
    bytes: Vec<u8>,
    revocation_ids: Vec<String>,
}

static TOKENS: LazyLock<Vec<Token>> = LazyLock::new(|| {
    let tokens = [
        biscuit("user(\"alice\")"),
        biscuit("user(\"alice\"); group(\"staff\")").block("check if operation(\"GET\")"),
        biscuit("user(\"alice\")").third_party_block("check if resource($r), $r.starts_with(\"/reports/\")").sealed(),
    ];
    tokens
        .iter()
        .map(|token| Token { text: token.text(), bytes: token.bytes(), revocation_ids: token.revocation_ids() })
        .collect()
});

static AUTHORIZER: LazyLock<Authorizer> = LazyLock::new(|| {
    authorizer(&format!(
        r#"
        version = 1
        [[biscuit]]
        public_keys = ["{}"]
        identity = {{ subject = "data($u) <- user($u)", groups = "data($g) <- group($g)" }}
        [identity_headers]
        X-User = "subject"
        X-Groups = "groups"
        [[rule]]
        id = "members"
        allow = "authenticated"
        "#,
        public_key(ROOT)
    ))
});

const MAX_TOKEN: usize = 6 * 1024;

/// Inputs to begin with.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let bytes = TOKENS.iter().map(|token| [b"\x00", token.bytes.as_slice()].concat());
    let texts = TOKENS.iter().map(|token| [b"\x01", token.text.as_bytes()].concat());
    bytes.chain(texts).chain([vec![2], vec![2, 1, 0, 0, 3, 2]]).collect()
}
