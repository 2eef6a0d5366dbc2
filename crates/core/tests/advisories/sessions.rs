//! Sealed cookies that are broken, moved or too old.

use gatewright::{Authorizer, SessionClaims};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::question::{MEMBERS, SESSION, authorizer, decide, session};
use crate::signer::base64url;

fn site() -> Authorizer {
    authorizer(&[SESSION, MEMBERS])
}

fn cookie(site: &Authorizer, value: &str) -> &'static str {
    decide(site, "/", &[("Cookie", format!("session={value}"))]).code()
}

/// The value of a session that is good.
fn value(site: &Authorizer) -> String {
    let [(_, cookie)] = session(site, &SessionClaims::new("s", "alice"));
    cookie.split_once('=').unwrap().1.to_owned()
}

#[test]
fn cve_2026_25748_a_malformed_session_is_no_session() {
    let site = site();
    assert_eq!(cookie(&site, &value(&site)), "allowed");
    for broken in ["%", "", "%00", "{}", "null", "v1", "....", "\"\"", "x%"] {
        assert_eq!(cookie(&site, broken), "session_malformed", "{broken}");
    }
}

#[test]
fn cve_2023_35941_no_byte_moves_from_one_part_of_a_seal_to_another() {
    let site = site();
    let good = value(&site);
    let parts: Vec<&str> = good.split('.').collect();
    let [version, key, payload, mac] = parts[..] else { panic!("{good}") };
    for moved in [
        format!("{version}.{key}{}.{}.{mac}", &payload[..1], &payload[1..]),
        format!("{version}.{}.{}{payload}.{mac}", &key[..7], &key[7..]),
        format!("{version}.{key}.{payload}{}.{}", &mac[..1], &mac[1..]),
        format!("{version}.{key}.{}.{}{mac}", &payload[..payload.len() - 1], &payload[payload.len() - 1..]),
    ] {
        let code = cookie(&site, &moved);
        assert!(["session_malformed", "session_key_unknown"].contains(&code), "{moved}: {code}");
    }
    let elsewhere = authorizer(&[&SESSION.replace("\"session\"", "\"session2\""), MEMBERS]);
    assert_eq!(decide(&elsewhere, "/", &[("Cookie", format!("session2={good}"))]).code(), "session_malformed");
}

#[test]
fn cve_2026_32246_a_seal_for_a_step_before_the_session_is_none() {
    let site = site();
    let good = value(&site);
    let message = good.rsplit_once('.').unwrap().0;
    let seal = |purpose: &str| {
        let mut mac = Hmac::<Sha256>::new_from_slice(b"0123456789abcdef0123456789abcdef").unwrap();
        for part in [purpose, "session", message] {
            mac.update(&u32::try_from(part.len()).unwrap().to_be_bytes());
            mac.update(part.as_bytes());
        }
        format!("{message}.{}", base64url(&mac.finalize().into_bytes()))
    };
    assert_eq!(seal("gatewright session v1"), good);
    assert_eq!(cookie(&site, &seal("gatewright second factor v1")), "session_malformed");
    let strict = authorizer(&[SESSION, "[[rule]]\nid = \"otp\"\nallow = [{ amr = [\"otp\"] }]\n"]);
    for (amr, code) in [(&["pwd", "otp"][..], "allowed"), (&["pwd"], "step_up_required"), (&[], "step_up_required")] {
        let headers = session(&strict, &SessionClaims::new("s", "alice").with_amr(amr.iter().copied()));
        assert_eq!(decide(&strict, "/", &headers).code(), code, "{amr:?}");
    }
}

#[test]
fn cve_2024_21492_a_session_ends() {
    let site = site();
    let headers = session(&site, &SessionClaims::new("s", "alice").with_lifetime(60));
    let at = |later: u64| {
        let now = gatewright::UnixTime::from_secs(crate::question::NOW + later);
        site.decide(&gatewright::Request::new("GET", "https", crate::question::HOST, "/", &headers), now).code()
    };
    assert_eq!((at(0), at(59), at(60), at(86_400)), ("allowed", "allowed", "session_expired", "session_expired"));
}

#[test]
fn cve_2024_21493_a_cookie_with_too_few_parts_or_too_many_is_malformed() {
    let site = site();
    let good = value(&site);
    for length in 0..good.len() {
        let code = cookie(&site, &good[..length]);
        assert!(["session_malformed", "session_key_unknown"].contains(&code), "{length} bytes: {code}");
    }
    for extra in [".", "..", ".x", ".v1.a.b.c"] {
        assert_eq!(cookie(&site, &format!("{good}{extra}")), "session_malformed", "{extra}");
    }
    assert_eq!(cookie(&site, &good), "allowed");
}
