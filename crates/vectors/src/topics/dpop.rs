//! Tokens that are bound to a key, and the proofs that go with them (RFC 9449).

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::canonical::canonical;
use crate::case::{Expect, File, Identity, Question, allow, get, refuse};
use crate::config::{MEMBERS, config, login};
use crate::key::{Algorithm, ED_1, ED_2, Key, P256_1, P256_2, RSA_1};
use crate::token::{Claims, Signer, base64url, claims, hmac_token};
use crate::{LOGIN, NOW};

/// A proof in the making: each member of its header and its claims can be replaced or taken away.
struct Proof {
    key: Key,
    algorithm: Algorithm,
    header: Value,
    claims: Value,
}

impl Proof {
    /// A good proof by the key for a GET of the root with the token.
    fn of(key: Key, token: &str) -> Self {
        Self {
            key,
            algorithm: key.algorithm,
            header: json!({ "typ": "dpop+jwt", "alg": key.algorithm.name(), "jwk": key.jwk_with(json!({})) }),
            claims: json!({ "jti": "p-1", "htm": "GET", "htu": "https://app.example.com/", "iat": NOW, "ath": hash(token) }),
        }
    }

    /// Sets a claim; `null` takes it away.
    fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        set(&mut self.claims, name, value.into());
        self
    }

    /// Sets a member of the header; `null` takes it away.
    fn header(mut self, name: &str, value: impl Into<Value>) -> Self {
        set(&mut self.header, name, value.into());
        self
    }

    fn signed_by(self, key: Key) -> Self {
        Self { key, ..self }
    }

    fn text(&self, signer: &Signer) -> String {
        signer.signed(self.key, self.algorithm, &canonical(&self.header), &canonical(&self.claims))
    }
}

fn set(object: &mut Value, name: &str, value: Value) {
    if value.is_null() {
        object.as_object_mut().unwrap().remove(name);
    } else {
        object[name] = value;
    }
}

fn hash(token: &str) -> String {
    base64url(&Sha256::digest(token))
}

fn bound_to(key: Key) -> Claims {
    claims().with("cnf", json!({ "jkt": key.thumbprint() }))
}

fn pass() -> Expect {
    allow("members", Identity::token("alice", LOGIN))
}

fn no(code: &'static str) -> Expect {
    refuse(code, "members")
}

const ALGS: &str = "RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519";

pub(super) fn proofs(signer: &Signer) -> File {
    let token = signer.token(ED_1, &bound_to(P256_1));
    let other = signer.token(ED_1, &bound_to(P256_1).with("sub", "bob"));
    let of = |key: Key| signer.token(ED_1, &bound_to(key));
    let good = || Proof::of(P256_1, &token);
    let ask = |proof: Proof| get("/").dpop(&token, &proof.text(signer));
    let at = |question: Question, htu: &str| {
        question.header("Authorization", format!("DPoP {token}")).header("DPoP", good().with("htu", htu).text(signer))
    };
    let wrong = || no("proof_invalid");
    File::new(
        "dpop_proofs",
        "A token bound to a key passes with a proof by that key for this very request, and in no other way.",
        config(&[&login(""), MEMBERS]),
    )
    .keys(LOGIN, &[ED_1.jwk()])
    .case("a good proof by ES256 passes", ask(good()), pass())
    .case("a good proof by EdDSA passes", get("/").dpop(&of(ED_2), &Proof::of(ED_2, &of(ED_2)).text(signer)), pass())
    .case("a good proof by RS256 passes", get("/").dpop(&of(RSA_1), &Proof::of(RSA_1, &of(RSA_1)).text(signer)), pass())
    .case(
        "the scheme's case does not matter",
        get("/").header("Authorization", format!("dpop {token}")).header("DPoP", good().text(signer)),
        pass(),
    )
    .case("the same proof passes twice: a proxy may ask again", ask(good()), pass())
    .case(
        "sent as Bearer it is refused",
        get("/").bearer(&token),
        no("proof_missing").challenge("Bearer realm=\"gatewright\", error=\"invalid_token\""),
    )
    .case(
        "sent as Bearer it is refused even with its proof",
        get("/").bearer(&token).header("DPoP", good().text(signer)),
        no("proof_missing"),
    )
    .case(
        "without the proof it is refused",
        get("/").header("Authorization", format!("DPoP {token}")),
        no("proof_missing").challenge(format!("DPoP realm=\"gatewright\", error=\"invalid_dpop_proof\", algs=\"{ALGS}\"")),
    )
    .case("two proofs are none", ask(good()).header("DPoP", good().text(signer)), wrong())
    .case("an empty proof is none", get("/").dpop(&token, ""), wrong())
    .case("a proof by another key is refused", ask(Proof::of(P256_2, &token)), wrong())
    .case("a proof that shows the right key and is signed by another is refused", ask(good().signed_by(P256_2)), wrong())
    .case("a proof for another token is refused", get("/").dpop(&other, &good().text(signer)), wrong())
    .case("a proof without a hash of the token is refused", ask(good().with("ath", Value::Null)), wrong())
    .case("a proof for another method is refused", ask(good().with("htm", "POST")), wrong())
    .case("the method's case counts", ask(good().with("htm", "get")), wrong())
    .case("a proof for HEAD passes a HEAD", ask(good().with("htm", "HEAD")).method("HEAD"), pass())
    .case("a proof for GET does not pass a HEAD", ask(good()).method("HEAD"), wrong())
    .case("a proof for another path is refused", at(get("/"), "https://app.example.com/x"), wrong())
    .case("a proof for another host is refused", at(get("/"), "https://evil.example/"), wrong())
    .case("a proof for another scheme is refused", at(get("/"), "http://app.example.com/"), wrong())
    .case("a proof for another port is refused", at(get("/"), "https://app.example.com:8443/"), wrong())
    .case("the default port may be written", at(get("/"), "HTTPS://APP.example.com:443/"), pass())
    .case("query and fragment do not count", at(get("/?a=1"), "https://app.example.com/?b=2#c"), pass())
    .case("an address without a path is the root", at(get("/"), "https://app.example.com"), pass())
    .case("encoded letters are the letters", at(get("/a%62c"), "https://app.example.com/%61bc"), pass())
    .case("an address with two readings is refused", at(get("/x"), "https://app.example.com/y/../x"), wrong())
    .case("an address with a user is refused", at(get("/"), "https://u@app.example.com/"), wrong())
    .case("where the host has no port, any port is it", at(get("/").portless(), "https://app.example.com:8443/"), pass())
    .case("a proof from a minute and the leeway ago passes", ask(good().with("iat", NOW - 119)), pass())
    .case("a second more is too old", ask(good().with("iat", NOW - 120)), wrong())
    .case("a proof from the leeway ahead passes", ask(good().with("iat", NOW + 60)), pass())
    .case("a second more is from the future", ask(good().with("iat", NOW + 61)), wrong())
    .case("a proof without a moment is refused", ask(good().with("iat", Value::Null)), wrong())
    .case("a proof without a name is refused", ask(good().with("jti", Value::Null)), wrong())
    .case("a proof of another type is refused", ask(good().header("typ", "JWT")), wrong())
    .case("a proof without its key is refused", ask(good().header("jwk", Value::Null)), wrong())
    .case(
        "a proof that shows a private key is refused",
        ask(good().header("jwk", P256_1.jwk_with(json!({ "d": "AAAA" })))),
        wrong(),
    )
    .case("a proof with a critical header is refused", ask(good().header("crit", json!(["x"]))), wrong())
}

pub(super) fn required(signer: &Signer) -> File {
    let bound = signer.token(ED_1, &bound_to(P256_1));
    let unbound = signer.token(ED_1, &claims());
    let expired = signer.token(ED_1, &bound_to(P256_1).with("exp", NOW - 600));
    let doubly = json!({ "jkt": P256_1.thumbprint(), "x5t#S256": hash("x") });
    let doubly = signer.token(ED_1, &claims().with("cnf", doubly));
    let good = |token: &str| Proof::of(P256_1, token);
    let secret = base64url(&[7; 32]);
    let shown_secret = json!({ "typ": "dpop+jwt", "alg": "HS256", "jwk": { "kty": "oct", "k": secret } });
    let by_secret = hmac_token(Algorithm::Hs256, &[7; 32], &shown_secret, &Claims::from(good(&bound).claims));
    File::new(
        "dpop_required",
        "An issuer whose tokens count with a proof alone, from a proof made once.",
        config(&[&login("dpop = \"required\"\ndpop_replay = \"accept\""), MEMBERS]),
    )
    .keys(LOGIN, &[ED_1.jwk()])
    .case("a bound token with its proof passes", get("/").dpop(&bound, &good(&bound).text(signer)), pass())
    .case("a bound token as Bearer is refused", get("/").bearer(&bound), no("proof_missing"))
    .case("an unbound token as Bearer is refused", get("/").bearer(&unbound), no("proof_missing"))
    .case("an unbound token with a proof is refused", get("/").dpop(&unbound, &good(&unbound).text(signer)), no("proof_invalid"))
    .case("a proof under a shared secret is refused", get("/").dpop(&bound, &by_secret), no("proof_invalid"))
    .case(
        "an expired token is expired whatever the proof",
        get("/").dpop(&expired, &good(&expired).text(signer)),
        no("token_expired").challenge(format!("DPoP realm=\"gatewright\", error=\"invalid_token\", algs=\"{ALGS}\"")),
    )
    .case(
        "a token bound to a certificate is refused",
        get("/").bearer(&signer.token(ED_1, &claims().with("cnf", json!({ "x5t#S256": hash("x") })))),
        no("confirmation_unsupported"),
    )
    .case(
        "a token bound in two ways is refused, even with a proof for one",
        get("/").dpop(&doubly, &good(&doubly).text(signer)),
        no("confirmation_unsupported"),
    )
    .case("nothing presented asks for a token", get("/"), no("credential_missing").www_authenticate(""))
    .case("DPoP without a token is malformed", get("/").header("Authorization", "DPoP"), no("token_malformed"))
}
