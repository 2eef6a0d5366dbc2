//! Session cookies: form, key ring, times, hosts, and the cookies around them.

use crate::case::{Expect, File, Identity, Question, allow, get, refuse};
use crate::config::{MEMBERS, NOW, config, session};
use crate::session::{COOKIE, KEY_A, KEY_B, KEY_C, Session, alice, key_id, key_text, mac, seal_text};
use crate::token::base64url;

fn no(code: &'static str) -> Expect {
    refuse(code, "members")
}

fn pass() -> Expect {
    allow("members", Identity::alice())
}

fn ring() -> String {
    format!("[session]\nkeys = [\"{}\", \"{}\"]\nlifetime = \"12h\"", key_text(KEY_A), key_text(KEY_B))
}

fn text(payload: &str) -> Question {
    get("/").session(&seal_text(KEY_A, COOKIE, payload))
}

pub(super) fn form() -> File {
    let good = alice().seal();
    let payload = alice().payload();
    let (message, seal) = good.rsplit_once('.').unwrap();
    let sealed = |session: &Session| get("/").session(&session.seal());
    let resealed = |mac: &[u8]| get("/").session(&format!("{message}.{}", base64url(mac)));
    let as_version = |version: &str| {
        let message = message.replacen("v1", version, 1);
        get("/").session(&format!("{message}.{}", base64url(&mac(KEY_A, "gatewright session v1", COOKIE, &message))))
    };
    let concatenated =
        crate::key::hmac(crate::key::Algorithm::Hs256, KEY_A, format!("gatewright session v1{COOKIE}{message}").as_bytes());
    let cut_seal = base64_simd::URL_SAFE_NO_PAD.decode_to_vec(seal).unwrap();
    let root_payload = base64url(payload.replacen("alice", "root!", 2).as_bytes());
    let malformed = || no("session_malformed");
    let foreign_kid = format!("v1.{}.{}", key_id(KEY_B), base64url(payload.as_bytes()));
    File::new("session_form", "The sealed form, the key ring, and who may read it.", config(&[&ring(), MEMBERS]))
        .case("a session passes", get("/").session(&good), pass().renewed(false))
        .case("no cookie is missing", get("/"), no("credential_missing"))
        .case("the second key of the ring opens", get("/").session(&alice().seal_with(KEY_B, COOKIE)), pass())
        .case("a key outside the ring is unknown", get("/").session(&alice().seal_with(KEY_C, COOKIE)), no("session_key_unknown"))
        .case(
            "the first key's seal under the second key's name is malformed",
            get("/").session(&format!("{foreign_kid}.{}", base64url(&mac(KEY_A, "gatewright session v1", COOKIE, &foreign_kid)))),
            malformed(),
        )
        .case("an empty value is malformed", get("/").session(""), malformed())
        .case("a percent sign is malformed", get("/").session("%"), malformed())
        .case("three parts are malformed", get("/").session(message), malformed())
        .case("five parts are malformed", get("/").session(&format!("{good}.x")), malformed())
        .case("version 2 is malformed", as_version("v2"), malformed())
        .case("no version is malformed", as_version(""), malformed())
        .case("a capital V is malformed", as_version("V1"), malformed())
        .case("padding is malformed", get("/").session(&format!("{good}=")), malformed())
        .case("a cut seal is malformed", resealed(&cut_seal[..31]), malformed())
        .case("half a seal is malformed", resealed(&cut_seal[..16]), malformed())
        .case("no seal is malformed", get("/").session(&format!("{message}.")), malformed())
        .case("a seal of zeros is malformed", resealed(&[0; 32]), malformed())
        .case(
            "a changed payload is malformed",
            get("/").session(&format!("v1.{}.{root_payload}.{seal}", key_id(KEY_A))),
            malformed(),
        )
        .case("a seal for another cookie is malformed", get("/").session(&alice().seal_with(KEY_A, "other")), malformed())
        .case(
            "a seal for another purpose is malformed",
            resealed(&mac(KEY_A, "gatewright csrf v1", COOKIE, message)),
            malformed(),
        )
        .case("a seal without lengths is malformed", resealed(&concatenated), malformed())
        .case("a payload that is no JSON is malformed", text("alice"), malformed())
        .case("a payload that is no object is malformed", text("[]"), malformed())
        .case("a payload with trailing bytes is malformed", text(&format!("{payload}{{}}")), malformed())
        .case("a payload with a member twice is malformed", text(&payload.replacen('{', r#"{"sub":"root","#, 1)), malformed())
        .case("a payload without a subject is malformed", text(&payload.replacen("\"sub\":\"alice\",", "", 1)), malformed())
        .case("a payload with a number for the subject is malformed", text(&payload.replacen("\"alice\"", "7", 1)), malformed())
        .case(
            "a payload with a string for the end is malformed",
            text(&payload.replacen(&format!("\"exp\":{}", NOW + 3600), "\"exp\":\"never\"", 1)),
            malformed(),
        )
        .case(
            "a payload without an end is malformed",
            text(&payload.replacen(&format!("\"exp\":{},", NOW + 3600), "", 1)),
            malformed(),
        )
        .case(
            "every member is handed on",
            sealed(&Session {
                iss: Some("https://login.example.com"),
                scopes: Some(vec!["read", "write"]),
                amr: Some(vec!["pwd"]),
                acr: Some("gold"),
                ..alice()
            }),
            allow("members", Identity::alice().issuer("https://login.example.com").scopes(&["read", "write"])),
        )
        .case("a subject alone is enough", sealed(&crate::session::bob()), allow("members", Identity::session("bob")))
}

pub(super) fn times() -> File {
    let sealed = |session: Session| get("/").session(&session.seal());
    let long = NOW + 1_000_000;
    File::new(
        "session_times",
        "A session ends at exp, at the end of its lifetime, or when it was idle too long; it is renewed after a quarter of that.",
        config(&[&session("idle = \"15m\""), MEMBERS]),
    )
    .case("a second before its end it passes", sealed(Session { exp: NOW + 1, ..alice() }), pass())
    .case("at its end it is expired", sealed(Session { exp: NOW, ..alice() }), no("session_expired"))
    .case("there is no leeway", sealed(Session { exp: NOW - 1, ..alice() }), no("session_expired"))
    .case("a second before its lifetime is over it passes", sealed(Session { iat: NOW - 43_199, exp: long, ..alice() }), pass())
    .case(
        "when its lifetime is over it is expired, whatever its end says",
        sealed(Session { iat: NOW - 43_200, exp: long, ..alice() }),
        no("session_expired"),
    )
    .case(
        "a second before the idle limit it passes and is renewed",
        sealed(Session { seen: NOW - 899, iat: NOW - 5000, ..alice() }),
        pass().renewed(true),
    )
    .case("at the idle limit it is idle", sealed(Session { seen: NOW - 900, iat: NOW - 5000, ..alice() }), no("session_idle"))
    .case(
        "a quarter of the idle limit is no reason to renew",
        sealed(Session { seen: NOW - 225, ..alice() }),
        pass().renewed(false),
    )
    .case("a second more is", sealed(Session { seen: NOW - 226, ..alice() }), pass().renewed(true))
    .case("seen just now is no reason to renew", sealed(Session { seen: NOW, ..alice() }), pass().renewed(false))
    .case("the moment is the caller's: later it is idle", get("/").session(&alice().seal()).at(NOW + 840), no("session_idle"))
    .case(
        "the moment is the caller's: a second earlier it is not",
        get("/").session(&alice().seal()).at(NOW + 839),
        pass().renewed(true),
    )
}

pub(super) fn hosts() -> File {
    let at = |host: &str, hosts: &[&'static str]| {
        get("/").host(host).session(&Session { hosts: Some(hosts.to_vec()), ..alice() }.seal())
    };
    let mismatch = || no("session_host_mismatch");
    File::new("session_hosts", "A session for some hosts is worth nothing at another.", config(&[&session(""), MEMBERS]))
        .case("at its host it passes", at("app.example.com", &["app.example.com"]), pass())
        .case("at another host it does not", at("other.example.com", &["app.example.com"]), mismatch())
        .case("at one of its hosts it passes", at("wiki.example.com", &["app.example.com", "wiki.example.com"]), pass())
        .case("below its wildcard it passes", at("a.b.example.com", &["*.example.com"]), pass())
        .case("at the wildcard's own name it does not", at("example.com", &["*.example.com"]), mismatch())
        .case("at a host that ends like its host it does not", at("evilapp.example.com", &["app.example.com"]), mismatch())
        .case(
            "at a host that begins like its host it does not",
            at("app.example.com.evil.example", &["app.example.com"]),
            mismatch(),
        )
        .case("its host is the same in capitals and with a dot", at("APP.example.com.", &["app.example.com"]), pass())
        .case("its host is the same with a port", at("app.example.com:8443", &["app.example.com"]), pass())
        .case("without hosts it passes anywhere", get("/").host("anywhere.example.net").session(&alice().seal()), pass())
}

pub(super) fn cookies() -> File {
    let good = alice().seal();
    let cookies = |text: String| get("/").header("Cookie", text);
    let many: Vec<String> = (0..100).map(|number| format!("c{number}={}", "x".repeat(20))).collect();
    File::new(
        "session_cookies",
        "The cookie among others: byte for byte its name, and malformed neighbours are no harm.",
        config(&[&session(""), MEMBERS]),
    )
    .case("it is found behind others", cookies(format!("a=1; b=2; {COOKIE}={good}")), pass())
    .case("it is found before others", cookies(format!("{COOKIE}={good}; a=1; b=2")), pass())
    .case("it is found in a second field", get("/").cookie("a", "1").session(&good), pass())
    .case("it is found without a space behind the semicolon", cookies(format!("a=1;{COOKIE}={good}")), pass())
    .case("it is found behind a tab", cookies(format!("a=1;\t{COOKIE}={good}")), pass())
    .case(
        "it is found among malformed neighbours",
        cookies(format!("a; b; =c; ; \"d=e\"; f=\"g h\"; i=%; {COOKIE}={good}; j")),
        pass(),
    )
    .case(
        "it is found behind a neighbour that is not UTF-8",
        get("/").header_bytes("Cookie", &[b"a=\xff; ", format!("{COOKIE}={good}").as_bytes()].concat()),
        pass(),
    )
    .case("it is found among a hundred", cookies(format!("{}; {COOKIE}={good}", many.join("; "))), pass())
    .case("$Version is a cookie like any other", cookies(format!("$Version=1; {COOKIE}={good}")), pass())
    .case("the value of another cookie is not searched", cookies(format!("a={COOKIE}={good}")), no("credential_missing"))
    .case("a quoted string does not hide a semicolon", cookies(format!("a=\"b; {COOKIE}={good}\"")), no("session_malformed"))
    .case("its name is case-sensitive", get("/").cookie("__host-gatewright", &good), no("credential_missing"))
    .case("its name without the prefix is another", get("/").cookie("gatewright", &good), no("credential_missing"))
    .case("its name with the other prefix is another", get("/").cookie("__Secure-gatewright", &good), no("credential_missing"))
    .case(
        "a space of another alphabet belongs to the name",
        get("/").cookie("\u{2000}__Host-gatewright", &good),
        no("credential_missing"),
    )
    .case("a space behind the name belongs to the name", cookies(format!("{COOKIE} ={good}")), no("credential_missing"))
    .case("its name encoded is another", get("/").cookie("__Host%2Dgatewright", &good), no("credential_missing"))
    .case(
        "a planted second value is ambiguous",
        cookies(format!("{COOKIE}={good}; {COOKIE}=planted")),
        no("credential_ambiguous"),
    )
    .case(
        "a planted second value in a field of its own is ambiguous",
        get("/").session("planted").session(&good),
        no("credential_ambiguous"),
    )
    .case("one value twice is one value", cookies(format!("{COOKIE}={good}; {COOKIE}={good}")), pass())
    .case(
        "a malformed value is malformed, whatever stands beside it",
        cookies(format!("a=1; {COOKIE}=broken; b=2")),
        no("session_malformed"),
    )
}

pub(super) fn other_name() -> File {
    let tables = [session("cookie = \"session\""), MEMBERS.to_owned()].join("\n\n");
    File::new("session_other_name", "A cookie with a name of the operator's choice.", config(&[&tables]))
        .case("it passes under its name", get("/").cookie("session", &alice().seal_with(KEY_A, "session")), pass())
        .case(
            "a session sealed for the default name is worth nothing under this one",
            get("/").cookie("session", &alice().seal()),
            no("session_malformed"),
        )
        .case("the default name is another cookie", get("/").session(&alice().seal()), no("credential_missing"))
}

pub(super) fn domain() -> File {
    let tables = [session("domain = \"example.com\""), MEMBERS.to_owned()].join("\n\n");
    let name = "__Secure-gatewright";
    File::new("session_domain", "A cookie for a whole domain has the prefix that such a cookie may have.", config(&[&tables]))
        .case("it passes under the name with __Secure-", get("/").cookie(name, &alice().seal_with(KEY_A, name)), pass())
        .case(
            "a session sealed for the name with __Host- is worth nothing under it",
            get("/").cookie(name, &alice().seal()),
            no("session_malformed"),
        )
        .case("the name with __Host- is another cookie", get("/").session(&alice().seal()), no("credential_missing"))
}
