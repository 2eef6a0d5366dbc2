//! Tokens that are signed here, with whatever header and claims the fuzzer chose.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::sync::LazyLock;

use gatewright::{Authorizer, Decision, Request};
use serde_json::Value;
use vectors::key::{Algorithm, ED_1, ED_2};
use vectors::token::{Signer, base64url};
use vectors::{LOGIN, NOW};

use crate::asked::{Asked, ask, authorizer_with_keys};
use crate::draw::Draw;

/// Every flaw of a header and of the claims is refused with a code that names one of the flaws there are; a token without any is
/// accepted for its very subject, and refused as soon as one of its characters is another.
pub fn token_structured(data: &[u8]) {
    let mut draw = Draw::new(data);
    let mut token = Token::default();
    token.draw_header(&mut draw);
    token.draw_claims(&mut draw);
    let text = token.text();
    let asked = bearer(&text);
    if !token.flaws.is_empty() {
        assert!(token.flaws.contains(asked.code()), "{:?}\n{token:?}\n{}", asked.code(), asked.explanation);
        return;
    }
    assert!(asked.is_allowed(), "{token:?}\n{}", asked.explanation);
    assert_eq!(asked.subject(), token.subject.as_deref());
    if let Decision::Allow(permit) = &asked.decision {
        let acr = permit.headers().find(|(name, _)| *name == "X-Acr").map(|(_, value)| value.into_owned());
        assert_eq!(acr.is_some_and(|acr| !acr.is_empty()), token.has_acr, "{token:?}");
    }
    asked.keeps(&text);
    let position = draw.below(text.len());
    let mut bytes = text.into_bytes();
    bytes[position] ^= draw.byte().max(1);
    let flipped = bearer(&bytes);
    assert!(!flipped.is_allowed(), "byte {position} does not matter: {token:?}\n{}", flipped.explanation);
}

fn bearer(token: impl AsRef<[u8]>) -> Asked {
    let headers = [("Authorization", [b"Bearer ", token.as_ref()].concat())];
    ask(&AUTHORIZER, &Request::new("GET", "https", "app.example.com", "/", &headers))
}

/// A token in the making.
#[derive(Debug, Default)]
struct Token {
    header: Object,
    claims: Object,
    /// The codes of everything that is wrong with it.
    flaws: BTreeSet<&'static str>,
    subject: Option<String>,
    has_acr: bool,
    foreign: bool,
}

/// The members of a JSON object, as text: a value here may be no JSON at all.
#[derive(Debug, Default)]
struct Object(Vec<(String, String)>);

impl Object {
    fn push(&mut self, name: &str, value: impl Display) {
        self.0.push((name.to_owned(), value.to_string()));
    }

    fn has_twins(&self) -> bool {
        let names: BTreeSet<&String> = self.0.iter().map(|(name, _)| name).collect();
        names.len() < self.0.len()
    }

    fn text(&self) -> String {
        let member = |(name, value): &(String, String)| format!("{}:{value}", Value::from(name.as_str()));
        format!("{{{}}}", self.0.iter().map(member).collect::<Vec<_>>().join(","))
    }
}

impl Token {
    fn text(&self) -> String {
        let message = format!("{}.{}", base64url(self.header.text().as_bytes()), base64url(self.claims.text().as_bytes()));
        Signer::default().sign(if self.foreign { ED_2 } else { ED_1 }, Algorithm::EdDsa, &message)
    }

    fn flaw(&mut self, code: &'static str) {
        self.flaws.insert(code);
    }

    fn draw_header(&mut self, draw: &mut Draw<'_>) {
        match draw.below(12) {
            0..=7 => self.header.push("alg", r#""EdDSA""#),
            8 => self.header.push("alg", r#""Ed25519""#),
            9 => {
                self.header.push("alg", draw.one_of(&[r#""none""#, r#""HS256""#, r#""eddsa""#, r#""ES256""#, r#""""#]));
                self.flaw("algorithm_not_allowed");
            }
            10 => {
                self.header.push("alg", draw.one_of(&NO_STRINGS));
                self.flaw("token_malformed");
            }
            _ => self.flaw("token_malformed"),
        }
        match draw.below(8) {
            0..=3 => self.header.push("kid", r#""ed-1""#),
            4 => {}
            5 => {
                self.header.push("kid", r#""p256-1""#);
                self.flaw("algorithm_not_allowed");
            }
            6 => {
                let kid = draw.text(12);
                self.header.push("kid", Value::from(kid.as_str()));
                self.flaw(if kid.contains(char::is_control) { "token_malformed" } else { "key_unknown" });
            }
            _ => {
                self.header.push("kid", draw.one_of(&NO_STRINGS));
                self.flaw("token_malformed");
            }
        }
        match draw.below(8) {
            0..=3 => {}
            4 => self.header.push("typ", r#""JWT""#),
            5 => self.header.push("typ", r#""application/AT+jwt""#),
            6 => {
                self.header.push("typ", draw.one_of(&[r#""dpop+jwt""#, r#""logout+jwt""#, r#""""#, r#""at+jwt ""#]));
                self.flaw("token_type_mismatch");
            }
            _ => {
                self.header.push("typ", draw.one_of(&NO_STRINGS));
                self.flaw("token_malformed");
            }
        }
        if draw.one_in(6) {
            let (name, flaw) = draw.one_of(&[
                ("crit", "critical_header_unsupported"),
                ("b64", "token_malformed"),
                ("zip", "token_malformed"),
                ("enc", "token_malformed"),
                ("cty", "token_malformed"),
            ]);
            self.header.push(name, draw.one_of(&[r#"["exp"]"#, "false", r#""DEF""#, "null"]));
            self.flaw(flaw);
        }
        if draw.one_in(4) {
            // Keys that a token brings along are not looked at.
            let name = draw.one_of(&["jwk", "jku", "x5u", "x5c"]);
            self.header.push(name, draw.one_of(&[r#""https://evil.example/""#, r#"{"kty":"oct","k":""}"#, "[]"]));
        }
        self.foreign = draw.one_in(8);
        if self.foreign {
            self.flaw("signature_invalid");
        }
        self.draw_more(draw, |token| &mut token.header);
    }

    fn draw_claims(&mut self, draw: &mut Draw<'_>) {
        self.draw_issuer(draw);
        self.draw_subject(draw);
        self.draw_audience(draw);
        self.draw_times(draw);
        for name in ["email", "name", "acr", "jti"] {
            if !draw.one_in(4) {
                continue;
            }
            if draw.one_in(5) {
                self.claims.push(name, draw.one_of(&NO_STRINGS));
                self.flaw("claim_invalid");
            } else {
                let text = draw.text(20);
                self.claims.push(name, Value::from(text.as_str()));
                self.has_acr |= name == "acr" && !text.is_empty();
            }
        }
        for name in ["groups", "amr"] {
            if !draw.one_in(4) {
                continue;
            }
            if draw.one_in(5) {
                self.claims.push(name, draw.one_of(&["1", "null", "{}", "true", "[1]", r#"["a",null]"#, r#"["a",["b"]]"#]));
                self.flaw("claim_invalid");
            } else {
                let count = draw.below(4);
                self.claims.push(name, Value::from_iter((0..count).map(|_| draw.text(8))));
            }
        }
        if draw.one_in(12) {
            self.claims.push("cnf", draw.one_of(&["null", "{}", r#"{"x5t#S256":"AA"}"#, "1", r#"{"jkt":"short"}"#]));
            self.flaw("confirmation_unsupported");
        }
        self.draw_more(draw, |token| &mut token.claims);
    }

    fn draw_issuer(&mut self, draw: &mut Draw<'_>) {
        match draw.below(8) {
            0..=4 => self.claims.push("iss", Value::from(LOGIN)),
            5 => self.flaw("claim_missing"),
            6 => {
                self.claims
                    .push("iss", draw.one_of(&[r#""https://login.example.com/""#, r#""https://LOGIN.example.com""#, r#""""#]));
                self.flaw("issuer_unknown");
            }
            _ => {
                // An array with one good member was accepted elsewhere (CVE-2025-30144).
                self.claims.push("iss", draw.one_of(&[r#"["https://login.example.com"]"#, "null", "{}", "1"]));
                self.flaw("claim_invalid");
            }
        }
    }

    fn draw_subject(&mut self, draw: &mut Draw<'_>) {
        match draw.below(8) {
            0..=2 => {
                self.claims.push("sub", r#""alice""#);
                self.subject = Some("alice".to_owned());
            }
            3..=5 => {
                let filler = if draw.one_in(16) { "x".repeat(draw.below(300)) } else { String::new() };
                let subject = draw.text(12) + &filler;
                let outer = subject.trim() != subject;
                if subject.is_empty() || subject.len() > 256 || subject.contains(char::is_control) || outer {
                    self.flaw("claim_invalid");
                }
                self.claims.push("sub", Value::from(subject.as_str()));
                self.subject = Some(subject);
            }
            6 => self.flaw("claim_missing"),
            _ => {
                self.claims.push("sub", draw.one_of(&NO_STRINGS));
                self.flaw("claim_invalid");
            }
        }
    }

    fn draw_audience(&mut self, draw: &mut Draw<'_>) {
        let good = [r#""app""#, r#"["app"]"#, r#"["api","app"]"#, r#"["app","app"]"#];
        let other = [r#""App""#, r#""api""#, r#""app ""#, r#"["ap","p"]"#, r#""""#, r#"[""]"#];
        let invalid = ["1", "null", "[]", "{}", r#"["app",1]"#, r#"["app",null]"#, r#"[["app"]]"#, "true"];
        match draw.below(8) {
            0..=4 => self.claims.push("aud", draw.one_of(&good)),
            5 => {
                self.claims.push("aud", draw.one_of(&other));
                self.flaw("audience_mismatch");
            }
            6 => {
                self.claims.push("aud", draw.one_of(&invalid));
                self.flaw("claim_invalid");
            }
            _ => self.flaw("claim_missing"),
        }
    }

    fn draw_times(&mut self, draw: &mut Draw<'_>) {
        match draw.below(8) {
            0..=2 => self.claims.push("exp", NOW + 600),
            3..=5 => {
                let (exp, fraction) = (draw_moment(draw), draw.one_of(&["", ".0", ".999", "e0", "E+0"]));
                self.claims.push("exp", format!("{exp}{fraction}"));
                if exp > LATEST || (exp == LATEST && *fraction == ".999") {
                    self.flaw("claim_invalid");
                } else if exp + LEEWAY <= NOW {
                    self.flaw("token_expired");
                }
            }
            6 => self.flaw("claim_missing"),
            _ => {
                self.claims.push("exp", draw.one_of(&NO_DATES));
                self.flaw("claim_invalid");
            }
        }
        if draw.one_in(3) {
            let (nbf, fraction) = (draw_moment(draw), draw.one_of(&["", ".0", ".001"]));
            self.claims.push("nbf", format!("{nbf}{fraction}"));
            let latest = nbf.saturating_add(u64::from(*fraction == ".001"));
            if latest > LATEST {
                self.flaw("claim_invalid");
            } else if NOW + LEEWAY < latest {
                self.flaw("token_not_yet_valid");
            }
        } else if draw.one_in(8) {
            self.claims.push("nbf", draw.one_of(&NO_DATES));
            self.flaw("claim_invalid");
        }
        for name in ["iat", "auth_time"] {
            if !draw.one_in(3) {
                continue;
            }
            let moment = draw_moment(draw);
            self.claims.push(name, moment);
            if moment > LATEST {
                self.flaw("claim_invalid");
            }
        }
    }

    /// Adds members that mean nothing, and perhaps one that is there already.
    fn draw_more(&mut self, draw: &mut Draw<'_>, object: impl Fn(&mut Self) -> &mut Object) {
        for _ in 0..draw.below(3) {
            let name = format!("x_{}", draw.text(6));
            let value =
                draw.one_of(&["1e99", "1e400", "-0.5", r#""\u0000""#, r#"{"a":[{"b":null}]}"#, "[]", r#""\ud83d\ude00""#]);
            object(self).push(&name, value);
        }
        let members = object(self).0.len();
        if draw.one_in(16) && members > 0 {
            let twin = object(self).0[draw.below(members)].clone();
            object(self).0.push(twin);
        }
        if object(self).has_twins() {
            self.flaw("token_malformed");
        }
    }
}

/// Draws a moment, mostly near one that matters.
fn draw_moment(draw: &mut Draw<'_>) -> u64 {
    let near = u64::from(draw.byte()).saturating_sub(128);
    match draw.below(5) {
        0 => NOW + near,
        1 => NOW - LEEWAY + near,
        2 => NOW - near,
        3 => LATEST - 1 + u64::from(draw.byte() % 3),
        _ => draw.number() >> draw.below(64),
    }
}

static AUTHORIZER: LazyLock<Authorizer> = LazyLock::new(|| {
    authorizer_with_keys(
        r#"
        version = 1
        [[issuer]]
        issuer = "https://login.example.com"
        audiences = ["app"]
        algorithms = ["EdDSA"]
        keys = { jwks_url = "https://login.example.com/jwks" }
        max_token = "64KiB"
        [identity_headers]
        X-User = "subject"
        X-Email = "email"
        X-Name = "name"
        X-Groups = "groups"
        X-Acr = "claims.acr"
        [[rule]]
        id = "members"
        allow = "authenticated"
        "#,
    )
});

const NO_STRINGS: [&str; 6] = ["1", "null", "true", "[]", "{}", r#"["alice"]"#];
const NO_DATES: [&str; 10] =
    [r#""1767226200""#, "null", "true", "[]", "-1", "-0", "1e19", "253402300800", "18446744073709551616", "1e12"];
/// The file's default.
const LEEWAY: u64 = 60;
/// The end of the year 9999.
const LATEST: u64 = 253_402_300_799;

/// Inputs to begin with.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    Vec::new()
}
