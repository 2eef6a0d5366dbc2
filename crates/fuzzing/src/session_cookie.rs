//! Session cookies: any bytes, and payloads sealed here with the right key.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use gatewright::{Authorizer, Decision, Request, SessionClaims};
use serde_json::{Value, json};
use vectors::NOW;
use vectors::session::{COOKIE, KEY_A, KEY_B, KEY_C, alice, bob, key_text, mac, seal_text};
use vectors::token::base64url;

use crate::asked::{self, Asked, ask, authorizer};
use crate::draw::{Draw, at_most};

/// A value opens only if it was sealed with a key of the ring, for this cookie, and its payload has no flaw; then for its very
/// subject, and no longer once a character is another.
///
/// The first byte chooses between the cookie's bytes, a payload's members, a payload's text, and claims that the engine seals.
pub fn session_cookie(data: &[u8]) {
    let Some((kind, rest)) = at_most(data, MAX_VALUE).split_first() else { return };
    match kind % 4 {
        0 => any_bytes(rest),
        1 => members(Draw::new(rest)),
        2 => text(rest),
        _ => sealed_by_the_engine(Draw::new(rest)),
    }
}

fn open(value: impl AsRef<[u8]>) -> Asked {
    let headers = [("Cookie", [COOKIE.as_bytes(), b"=", value.as_ref()].concat())];
    ask(&AUTHORIZER, &Request::new("GET", "https", "app.example.com", "/", &headers))
}

fn any_bytes(value: &[u8]) {
    let value = value.split(|byte| *byte == b';').next().unwrap_or_default();
    let asked = open(value);
    let ours = SEALED.iter().any(|ours| ours.as_bytes() == trimmed(value));
    assert_eq!(asked.is_allowed(), ours, "{}", asked.explanation);
}

fn trimmed(value: &[u8]) -> &[u8] {
    let end = value.iter().rposition(|byte| !b" \t".contains(byte)).map_or(0, |last| last + 1);
    &value[..end]
}

fn text(payload: &[u8]) {
    let payload = String::from_utf8_lossy(payload);
    let asked = open(seal_text(KEY_A, COOKIE, &payload));
    if !asked.is_allowed() {
        return;
    }
    let value: Value = serde_json::from_str(&payload).unwrap_or_else(|_| panic!("no JSON opens: {payload}"));
    assert_eq!(asked.subject(), value["sub"].as_str(), "{payload}");
    assert!(value["exp"].as_u64().is_some_and(|exp| exp > NOW), "{payload}");
    assert!(value["sid"].is_string() && value["iat"].is_u64() && value["seen"].is_u64() && value["auth_time"].is_u64());
}

fn members(mut draw: Draw<'_>) {
    let (payload, flaws) = drawn_payload(&mut draw);
    let (mut value, mut flaws) = (seal_text(KEY_A, COOKIE, &payload), flaws);
    match draw.below(12) {
        0 => {
            value = seal_text(KEY_C, COOKIE, &payload);
            flaws.insert("session_key_unknown");
        }
        1 => {
            value = seal_text(KEY_A, "gatewright", &payload);
            flaws.insert("session_malformed");
        }
        2 => {
            let text = value.rsplit_once('.').map_or("", |(text, _)| text).to_owned();
            value = format!("{text}.{}", base64url(&mac(KEY_A, "gatewright csrf v1", COOKIE, &text)));
            flaws.insert("session_malformed");
        }
        3 => value = seal_text(KEY_B, COOKIE, &payload),
        _ => {}
    }
    if value.len() > 2_000 {
        flaws.insert("session_malformed");
    }
    let asked = open(&value);
    if !flaws.is_empty() {
        assert!(flaws.contains(asked.code()), "{} of {flaws:?}: {payload}\n{}", asked.code(), asked.explanation);
        return;
    }
    assert!(asked.is_allowed(), "{payload}\n{}", asked.explanation);
    flip(&value, &mut draw);
}

/// Checks that no character of an accepted value can be another.
fn flip(value: &str, draw: &mut Draw<'_>) {
    open(value).keeps(value);
    let position = draw.below(value.len());
    let mut bytes = value.as_bytes().to_vec();
    bytes[position] ^= draw.byte().max(1);
    let flipped = open(&bytes);
    // The value ends before a `;` or a space: what is left is shorter, and refused as well.
    assert!(!flipped.is_allowed(), "byte {position} does not matter: {value}\n{}", flipped.explanation);
}

/// Draws the members of a payload and says which codes its flaws have.
fn drawn_payload(draw: &mut Draw<'_>) -> (String, BTreeSet<&'static str>) {
    let mut flaws = BTreeSet::new();
    let mut payload: Vec<(&str, Value)> = Vec::new();
    for name in ["sid", "sub"] {
        let text = if draw.one_in(2) { draw.text(12) } else { "alice".to_owned() };
        if text.is_empty() || text.contains(char::is_control) || text.trim() != text {
            flaws.insert("session_malformed");
        }
        payload.push((name, json!(text)));
    }
    for name in ["iss", "email", "name", "acr"] {
        if draw.one_in(4) {
            payload.push((name, json!(draw.text(12))));
        }
    }
    for name in ["groups", "scopes", "amr"] {
        if draw.one_in(4) {
            let count = draw.below(3);
            payload.push((name, Value::from_iter((0..count).map(|_| draw.text(8)))));
        }
    }
    if draw.one_in(4) {
        let hosts = draw.some_of(
            &["app.example.com", "*.example.com", "other.test", "app.example.com:443", "app.example.com:8443"],
            1,
            2,
        );
        if !hosts.iter().any(|host| ["app.example.com", "*.example.com", "app.example.com:443"].contains(host)) {
            flaws.insert("session_host_mismatch");
        }
        payload.push(("hosts", json!(hosts)));
    }
    let near = |draw: &mut Draw<'_>, around: u64| around + u64::from(draw.byte() % 4) - 1;
    let future = |time: u64| time > NOW + 60;
    let auth_time = *draw.one_of(&[NOW - 600, NOW, NOW + 60, NOW + 61, 0, u64::MAX]);
    let iat = [NOW - 600, near(draw, NOW), near(draw, NOW - 43_200), near(draw, NOW + 60), 0, u64::MAX][draw.below(6)];
    let exp = [NOW + 600, near(draw, NOW), near(draw, 253_402_300_799), 0, u64::MAX][draw.below(5)];
    let seen = [NOW - 60, near(draw, NOW - 3_600), near(draw, NOW + 60), 0][draw.below(4)];
    if future(auth_time) || future(iat) || future(seen) || exp > 253_402_300_799 {
        flaws.insert("session_malformed");
    } else if exp.min(iat + 43_200) <= NOW {
        flaws.insert("session_expired");
    } else if seen + 3_600 <= NOW {
        flaws.insert("session_idle");
    }
    payload.extend([("auth_time", json!(auth_time)), ("iat", json!(iat)), ("exp", json!(exp)), ("seen", json!(seen))]);
    if draw.one_in(8) {
        flaws.insert("session_malformed");
        let position = draw.below(payload.len());
        match draw.below(4) {
            0 => payload[position].1 = Value::Null,
            1 => payload[position].1 = json!({}),
            2 => payload.push(("admin", json!(true))),
            _ => payload.push(payload[position].clone()),
        }
    }
    let text: Vec<String> = payload.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
    (format!("{{{}}}", text.join(",")), flaws)
}

fn sealed_by_the_engine(mut draw: Draw<'_>) {
    let mut claims = SessionClaims::new(draw.text(40), draw.text(300))
        .with_issuer(draw.text(12))
        .with_email(draw.text(12))
        .with_name(draw.text(12))
        .with_groups([draw.text(8), draw.text(8)])
        .with_auth_time(gatewright::UnixTime::from_secs(NOW - 10 + u64::from(draw.byte() % 16)));
    if draw.one_in(3) {
        claims = claims.with_hosts([draw.pieces(&["app", ".", "example.com", "*.", ":443"], 5)]);
    }
    if draw.one_in(3) {
        claims = claims.with_lifetime(draw.number() >> 40);
    }
    let Ok(value) = AUTHORIZER.seal_session(&claims, asked::NOW) else { return };
    let asked = open(&value);
    let listed = claims.hosts().all(|host| matches!(&*host.to_ascii_lowercase(), "app.example.com" | "*.example.com"));
    if listed {
        assert_eq!(asked.subject(), Some(claims.subject()), "{}", asked.explanation);
    }
    if let Decision::Allow(_) = asked.decision {
        flip(&value, &mut draw);
    } else {
        assert_eq!(asked.code(), "session_host_mismatch", "what was sealed opens: {}", asked.explanation);
    }
}

static SEALED: LazyLock<Vec<String>> = LazyLock::new(|| vec![bob().seal(), alice().seal(), bob().seal_with(KEY_B, COOKIE)]);

static AUTHORIZER: LazyLock<Authorizer> = LazyLock::new(|| {
    authorizer(&format!(
        r#"
        version = 1
        [session]
        keys = ["{}", "{}"]
        lifetime = "12h"
        idle = "1h"
        [identity_headers]
        X-User = "subject"
        X-Email = "email"
        X-Name = "name"
        X-Groups = "groups"
        [[rule]]
        id = "members"
        allow = "authenticated"
        "#,
        key_text(KEY_A),
        key_text(KEY_B)
    ))
});

/// Above the 2,000 bytes that are read.
const MAX_VALUE: usize = 2_200;

/// Inputs to begin with.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let value = |value: &String| [b"\x00", value.as_bytes()].concat();
    let payload = [b"\x02", bob().payload().as_bytes()].concat();
    SEALED.iter().map(value).chain([payload, vec![1], vec![3, 1, b's', 1, b'u']]).collect()
}
