//! Session cookies that somebody made, moved, cut or kept too long.

use super::no;
use crate::NOW;
use crate::case::{File, Identity, allow, get};
use crate::config::{MEMBERS, config, session};
use crate::key::{Algorithm, hmac};
use crate::session::{COOKIE, KEY_A, KEY_B, KEY_C, alice, key_id, mac, seal_text};
use crate::token::base64url;

pub(super) fn sessions() -> File {
    let good = alice().seal();
    let parts: Vec<&str> = good.split('.').collect();
    let with = |at: usize, part: &str| {
        let mut changed = parts.clone();
        changed[at] = part;
        changed.join(".")
    };
    let ask = |value: &str| get("/").session(value);
    let malformed = || no("session_malformed");
    let unknown = || no("session_key_unknown");
    let payload = alice().payload();
    let sealed_by = |make: fn(&str) -> Vec<u8>| {
        let message = format!("v1.{}.{}", key_id(KEY_A), base64url(payload.as_bytes()));
        format!("{message}.{}", base64url(&make(&message)))
    };
    let mac_bytes = base64_simd::URL_SAFE_NO_PAD.decode_to_vec(parts[3]).unwrap();
    let mut file = File::new(
        "sessions",
        "Session cookies that were not sealed here, for this cookie, by a key of the ring, or whose time is over.",
        config(&[&session("idle = \"1h\""), MEMBERS]),
    )
    .case("the session itself passes", ask(&good), allow("members", Identity::alice()));
    for (name, value) in [
        ("nothing", String::new()),
        ("a percent sign (CVE-2026-25748)", "%".to_owned()),
        ("a word", "x".to_owned()),
        ("dots", "...".to_owned()),
        ("version 0", with(0, "v0")),
        ("version 2", with(0, "v2")),
        ("version in capitals", with(0, "V1")),
        ("no version", parts[1..].join(".")),
        ("an empty key id", with(1, "")),
        ("an empty payload", with(2, "")),
        ("an empty MAC", with(3, "")),
        ("no MAC", parts[..3].join(".")),
        ("a fifth part", format!("{good}.x")),
        ("payload and MAC exchanged", format!("{}.{}.{}.{}", parts[0], parts[1], parts[3], parts[2])),
        ("the delimiter one byte to the left", {
            let (head, tail) = parts[2].split_at(parts[2].len() - 1);
            format!("{}.{}.{head}.{tail}{}", parts[0], parts[1], parts[3])
        }),
        ("the delimiter one byte to the right", {
            let (head, tail) = parts[3].split_at(1);
            format!("{}.{}.{}{head}.{tail}", parts[0], parts[1], parts[2])
        }),
        ("the MAC a byte short", with(3, &base64url(&mac_bytes[..31]))),
        ("the MAC cut to four bytes", with(3, &base64url(&mac_bytes[..4]))),
        ("the MAC a byte longer", with(3, &base64url(&[mac_bytes.as_slice(), b"\0"].concat()))),
        ("the MAC all zero", with(3, &base64url(&[0; 32]))),
        ("the MAC with padding", with(3, &format!("{}=", parts[3]))),
        ("the payload with padding", with(2, &format!("{}=", parts[2]))),
        ("another payload under the same MAC", with(2, &base64url(payload.replace("alice", "admin").as_bytes()))),
        ("a payload that begins with a space", with(2, &base64url(format!(" {payload}").as_bytes()))),
        ("in quotation marks", format!("\"{good}\"")),
        ("percent-encoded", good.replace('.', "%2e")),
        ("in capitals", good.to_ascii_uppercase()),
        ("twice", format!("{good}{good}")),
        ("4,097 bytes", "a".repeat(4_097)),
        ("64 KiB", "a".repeat(65_536)),
        ("a JSON Web Token", "e30.e30.AAAA".to_owned()),
        (
            "an HMAC over the message alone (CVE-2023-35941)",
            sealed_by(|message| hmac(Algorithm::Hs256, KEY_A, message.as_bytes())),
        ),
        (
            "an HMAC over joined parts without lengths (CVE-2026-71326)",
            sealed_by(|message| hmac(Algorithm::Hs256, KEY_A, format!("gatewright session v1{COOKIE}{message}").as_bytes())),
        ),
        ("sealed for another purpose", sealed_by(|message| mac(KEY_A, "gatewright login v1", COOKIE, message))),
        ("sealed for the next version", sealed_by(|message| mac(KEY_A, "gatewright session v2", COOKIE, message))),
        ("sealed for another cookie", alice().seal_with(KEY_A, "__Host-other")),
        ("sealed for a cookie without the prefix", alice().seal_with(KEY_A, "gatewright")),
        ("sealed for a cookie in another case", alice().seal_with(KEY_A, "__host-gatewright")),
        ("sealed by a key of no ring that names ours", {
            let message = format!("v1.{}.{}", key_id(KEY_A), base64url(payload.as_bytes()));
            format!("{message}.{}", base64url(&mac(KEY_C, "gatewright session v1", COOKIE, &message)))
        }),
        ("sealed by an empty key that names ours", {
            let message = format!("v1.{}.{}", key_id(KEY_A), base64url(payload.as_bytes()));
            format!("{message}.{}", base64url(&mac(b"", "gatewright session v1", COOKIE, &message)))
        }),
    ] {
        file = file.case(name, ask(&value), malformed());
    }
    for (name, payload) in [
        ("no subject", payload.replace("\"sub\":\"alice\",", "")),
        ("an empty subject", payload.replace("\"sub\":\"alice\"", "\"sub\":\"\"")),
        ("a subject that is a number", payload.replace("\"sub\":\"alice\"", "\"sub\":1")),
        ("a subject with a line end", payload.replace("\"sub\":\"alice\"", "\"sub\":\"a\\nb\"")),
        ("the subject twice", payload.replacen('{', "{\"sub\":\"admin\",", 1)),
        ("no id", payload.replace("\"sid\":\"s-alice\",", "")),
        ("a member nobody knows", payload.replacen('{', "{\"admin\":true,", 1)),
        ("a second factor that is still missing", payload.replacen('{', "{\"pending\":\"totp\",", 1)),
        ("no end", payload.replace(&format!("\"exp\":{},", NOW + 3_600), "")),
        ("an end that is a text", payload.replace(&format!("\"exp\":{}", NOW + 3_600), "\"exp\":\"never\"")),
        ("an end beyond every calendar", payload.replace(&format!("\"exp\":{}", NOW + 3_600), "\"exp\":18446744073709551615")),
        ("a negative end", payload.replace(&format!("\"exp\":{}", NOW + 3_600), "\"exp\":-1")),
        ("groups that are a text", payload.replace("[\"staff\"]", "\"admins\"")),
        ("a group that is a number", payload.replace("[\"staff\"]", "[1]")),
        ("two documents", format!("{payload}{payload}")),
        ("an array", format!("[{payload}]")),
        ("not JSON", "sub=admin".to_owned()),
        ("begun in the future", payload.replace(&format!("\"iat\":{}", NOW - 600), &format!("\"iat\":{}", NOW + 61))),
    ] {
        file = file.case(format!("sealed by us with {name}"), ask(&seal_text(KEY_A, COOKIE, &payload)), malformed());
    }
    let mut old = alice();
    old.iat = NOW - 12 * 3_600;
    let mut over = alice();
    over.exp = NOW;
    let mut idle = alice();
    idle.seen = NOW - 3_600;
    file.case("sealed by a key that has left the ring", ask(&alice().seal_with(KEY_B, COOKIE)), unknown())
        .case("sealed by a stranger's key", ask(&alice().seal_with(KEY_C, COOKIE)), unknown())
        .case("a key id nobody has", ask(&with(1, "AAAAAAAA")), unknown())
        .case("a key id in another alphabet", ask(&with(1, "~")), malformed())
        .case("over its own end", ask(&over.seal()), no("session_expired"))
        .case("over the file's lifetime, whatever it says itself", ask(&old.seal()), no("session_expired"))
        .case("not seen for too long", ask(&idle.seal()), no("session_idle"))
        .case("revoked", ask(&good).revocations(serde_json::json!({ "sessions": ["s-alice"] })), no("revoked"))
}
