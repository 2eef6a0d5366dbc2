//! The signed assertion for backends.

use serde_json::{Value, json};

use crate::case::{Expect, File, Identity, allow, anonymous, get, refuse};
use crate::config::{MEMBERS, config, login, rule, session};
use crate::key::{ED_1, ED_2};
use crate::session::{Session, alice, bob};
use crate::token::{Signer, claims};
use crate::{LOGIN, NOW};

/// An assertion by the gate's key: the claims in the order in which it writes them.
fn assertion(signer: &Signer, claims: &str) -> String {
    let header = format!(r#"{{"alg":"EdDSA","kid":"{}","typ":"gatewright-assertion+jwt"}}"#, ED_2.thumbprint());
    signer.signed(ED_2, ED_2.algorithm, &header, claims)
}

fn registered(aud: &str, sub: &str) -> String {
    format!(r#""iss":"gatewright","aud":"{aud}","sub":"{sub}","iat":{NOW},"exp":{}"#, NOW + 60)
}

fn with(expect: Expect, assertion: &str, user: &str) -> Expect {
    expect.headers(&[("X-Assertion", assertion), ("X-User", user)])
}

pub(super) fn assertions(signer: &Signer) -> File {
    let table = format!("[assertion]\nheader = \"X-Assertion\"\nkeys = [{}]", Value::from(ED_2.private_pem()));
    let host = "app.example.com";
    let of_alice = r#""email":"alice@example.com","name":"Alice","groups":["staff"],"credential":"session""#;
    let auth_time = format!(r#""auth_time":{}"#, alice().auth_time);
    let signed = |sub: &str, aud: &str, rest: &str| assertion(signer, &format!("{{{},{rest}}}", registered(aud, sub)));
    let by_session = |aud: &str| signed("alice", aud, &format!("{of_alice},{auth_time}"));
    let jwt = signer.token(ED_1, &claims().with("scope", "read write").with("acr", "gold").with("amr", json!(["pwd", "otp"])));
    let by_jwt = signed(
        "alice",
        host,
        &format!(r#""scope":"read write","idp":"{LOGIN}","credential":"jwt","acr":"gold","amr":["pwd","otp"]"#),
    );
    let foreign = Session { name: Some("Zoë \"B\"".to_owned()), ..bob() };
    let by_foreign = signed("bob", host, &format!(r#""name":"Zoë \"B\"","credential":"session",{auth_time}"#));
    let me = || allow("members", Identity::alice());
    File::new(
        "assertions",
        "A short token about the identity for the host of the request, signed by the gate; empty when there is nobody.",
        config(&[
            &session(""),
            &login(""),
            "[identity_headers]\nX-User = \"subject\"",
            &table,
            &rule("open", "/open", "allow = \"anyone\""),
            MEMBERS,
        ]),
    )
    .keys(LOGIN, &[ED_1.jwk()])
    .case("a session gives everything it says", get("/").session(&alice().seal()), with(me(), &by_session(host), "alice"))
    .case(
        "the audience is the host, folded and without its port",
        get("/").host("API.Example.com.:8443").session(&alice().seal()),
        with(me(), &by_session("api.example.com"), "alice"),
    )
    .case(
        "a token gives its issuer and how the user authenticated",
        get("/").bearer(&jwt),
        with(allow("members", Identity::token("alice", LOGIN).scopes(&["read", "write"])), &by_jwt, "alice"),
    )
    .case(
        "text is JSON, not percent-encoded",
        get("/").session(&foreign.seal()),
        with(allow("members", Identity::session("bob").name("Zoë \"B\"")), &by_foreign, "bob"),
    )
    .case("nobody: empty", get("/open"), with(anonymous("open"), "", ""))
    .case("a failed credential is nobody", get("/open").bearer("a.b.c"), with(anonymous("open"), "", ""))
    .case(
        "what the client sends under its name is not read",
        get("/open").header("X-Assertion", by_session(host)),
        with(anonymous("open"), "", ""),
    )
    .case("an assertion is no token", get("/").bearer(&by_session(host)), refuse("issuer_unknown", "members"))
}
