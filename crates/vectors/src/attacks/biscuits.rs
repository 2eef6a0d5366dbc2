//! Biscuits that somebody has added to, cut, or made costly. What else may cost too much is in `decisions/biscuit_costly`.

use super::no;
use crate::biscuit::{Biscuit, OTHER, ROOT, THIRD_PARTY, biscuit, public_key, signed};
use crate::case::{File, Identity, allow, get, refuse};
use crate::config::{MEMBERS, config, rule};
use crate::token::base64url;

pub(super) fn biscuits() -> File {
    let table = format!(
        "[[biscuit]]\npublic_keys = [{{ id = 1, key = \"{}\" }}, {{ id = 2, key = \"{}\" }}]\n\
         identity = {{ subject = \"data($u) <- user($u)\", groups = \"data($g) <- group($g)\" }}",
        public_key(ROOT),
        public_key(OTHER)
    );
    let admins = rule("admins", "/admin/**", "allow = [{ groups = [\"admins\"] }]");
    let alice = |code: &str| signed(ROOT, Some(1), &format!("user(\"alice\"); {code}"));
    let ask = |token: &Biscuit| get("/admin/").bearer(&token.text());
    let plain = |token: &Biscuit| get("/").bearer(&token.text());
    let forbidden = || refuse("identity_not_allowed", "admins");
    let caveat = || no("caveat_failed");
    let bytes = alice("").bytes();
    let block = alice("").block("check if operation(\"POST\")").bytes();
    let mut file = File::new(
        "biscuits",
        "What a holder, or somebody without any token, can do to a biscuit.",
        config(&[&table, &admins, MEMBERS]),
    )
    .case("the token itself passes", plain(&alice("")), allow("members", Identity::biscuit("alice")));
    // Nothing that a holder appends says who somebody is.
    for code in [
        "group(\"admins\")",
        "group(\"admins\"); user(\"alice\")",
        "group(\"admins\") <- operation($o)",
        "group(\"admins\") <- user($u)",
        "group(\"admins\") <- user($u) trusting previous",
        "user(\"root\"); group(\"admins\")",
        "data(\"admins\")",
        "group(\"admins\"); check if group(\"admins\")",
        "allow(true); admin(true)",
    ] {
        file = file
            .case(format!("appended: {code}"), ask(&alice("").block(code)), forbidden())
            .case(format!("appended twice: {code}"), ask(&alice("").block(code).block(code)), forbidden())
            .case(format!("by a third party: {code}"), ask(&alice("").third_party_block(code)), forbidden());
    }
    // No check goes away.
    for more in [
        "operation(\"POST\")",
        "operation(\"POST\") <- true",
        "check if true",
        "ok(1)",
        "operation(\"POST\"); check if operation(\"POST\")",
    ] {
        let token = alice("check if operation(\"POST\")");
        file = file.case(format!("a check is not satisfied by {more}"), plain(&token.clone().block(more)), caveat()).case(
            format!("nor by a third party's {more}"),
            plain(&token.third_party_block(more)),
            caveat(),
        );
    }
    for (name, check) in [
        ("ended", "check if time($t), $t < 2026-01-01T00:00:00Z"),
        ("not begun", "check if time($t), $t > 2026-01-01T00:00:00Z"),
        ("for another host", "check if host(\"other.example.com\")"),
        ("for a host above", "check if host(\"example.com\")"),
        ("for another path", "check if resource(\"/reports\")"),
        ("for a pattern that does not match", "check if resource($r), $r.matches(\"^/reports/\")"),
        ("for another address", "check if client_ip(\"192.0.2.8\")"),
        ("for nobody", "check if false"),
        ("for what nobody says", "check if right(\"read\")"),
        ("trusting a third party that is not there", &format!("check if ok(1) trusting {}", public_key(THIRD_PARTY))),
    ] {
        file = file.case(format!("a block {name}"), plain(&alice("").block(check)), caveat());
    }
    // Bytes. Where one stands decides whether the form or a signature tells that it was changed.
    for at in (0..block.len()).step_by(7) {
        let mut flipped = block.clone();
        flipped[at] ^= 0x20;
        let code = match at {
            0 | 28 | 49 | 56 | 63 | 133 | 161 | 182 | 189 | 196 | 266 => "token_malformed",
            _ => "signature_invalid",
        };
        file = file.case(format!("byte {at} changed"), get("/").bearer(&base64url(&flipped)), no(code));
    }
    for length in [0, 1, 2, 8, 32, 64, bytes.len() / 2, bytes.len() - 1] {
        file = file.case(format!("cut to {length} bytes"), get("/").bearer(&base64url(&bytes[..length])), no("token_malformed"));
    }
    file.case("a key id nobody has", plain(&signed(ROOT, Some(3), "user(\"alice\")")), no("key_unknown"))
        .case("the other key's id", plain(&signed(ROOT, Some(2), "user(\"alice\")")), no("signature_invalid"))
        .case("no key id among several keys", plain(&biscuit("user(\"alice\")")), no("key_unknown"))
        .case("a sealed token passes", plain(&alice("").sealed()), allow("members", Identity::biscuit("alice")))
        .case(
            "an algorithm nobody knows for a key",
            get("/").bearer(&base64url(&with_algorithm(&bytes, 32))),
            no("token_malformed"),
        )
        .case(
            "a field nobody knows behind it",
            get("/").bearer(&base64url(&[bytes.as_slice(), b"\x7a\x00"].concat())),
            no("token_malformed"),
        )
        .case(
            "a key id in a longer spelling",
            get("/").bearer(&base64url(&[b"\x08\x81\x00", &bytes[2..]].concat())),
            no("token_malformed"),
        )
        .case("two thousand empty blocks", get("/").bearer(&base64url(&[0x1a, 0].repeat(2_000))), no("token_too_complex"))
        .case("a thousand zero bytes", get("/").bearer(&base64url(&[0; 1_000])), no("token_malformed"))
        .case(
            "a message that announces four gigabytes",
            get("/").bearer(&base64url(b"\x12\xff\xff\xff\xff\x0f")),
            no("token_malformed"),
        )
        .case("nested messages", get("/").bearer(&base64url(&[0x12; 1_000])), no("token_malformed"))
}

/// Says that the first block's next key has another algorithm: `08` before it, `12 20` and the key behind it.
fn with_algorithm(token: &[u8], algorithm: u8) -> Vec<u8> {
    let mut token = token.to_vec();
    let at = token.windows(4).position(|bytes| bytes == [0x08, 0x00, 0x12, 0x20]).unwrap();
    token[at + 1] = algorithm;
    token
}
