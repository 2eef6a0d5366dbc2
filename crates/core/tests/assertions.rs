//! The signed assertion, read by an independent library as a backend would read it.

use gatewright::{Authorizer, Config, KeySet, Permit, Request, UnixTime};
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::{Value, json};

const NOW: u64 = 1_767_225_600;
/// RFC 8037, appendix A.1.
const ED25519: &str =
    "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n";
/// The usual P-256 key of the vectors.
const P256: &str = include_str!("../../vectors/keys/p256-1.pem");
const SECRET: &str = "0123456789abcdef0123456789abcdef";

fn authorizer(keys: &[&str], lines: &str) -> Authorizer {
    authorizer_with(keys, "", lines)
}

fn authorizer_with(keys: &[&str], identity_headers: &str, lines: &str) -> Authorizer {
    let keys: Vec<String> = keys.iter().map(|key| Value::from(*key).to_string()).collect();
    let config = format!(
        "version = 1\n[session]\nkeys = [\"{SECRET}\"]\nlifetime = \"12h\"\n[identity_headers]\nX-Z = \"subject\"\nX-A = \"groups\"\n{identity_headers}\n\
         [assertion]\nheader = \"X-Assertion\"\nkeys = [{}]\n{lines}\n\
         [[rule]]\nid = \"open\"\npaths = [\"/open/**\"]\nallow = \"anyone\"\n[[rule]]\nid = \"members\"\nallow = \"authenticated\"\n",
        keys.join(", ")
    );
    Authorizer::new(&Config::from_toml(&config).unwrap()).unwrap()
}

fn permit(authorizer: &Authorizer, host: &str, path: &str, cookie: Option<&str>) -> Permit {
    let headers: Vec<(&str, String)> = cookie.map(|value| ("cookie", format!("__Host-gatewright={value}"))).into_iter().collect();
    let request = Request::new("GET", "https", host, path, &headers);
    authorizer.decide(&request, UnixTime::from_secs(NOW)).into_permit().unwrap()
}

fn alice(authorizer: &Authorizer) -> String {
    let claims = gatewright::SessionClaims::new("s-1", "alice")
        .with_issuer("https://login.example.com")
        .with_email("alice@example.com")
        .with_name("Zoë \"A\"")
        .with_groups(["staff", "a,b"])
        .with_scopes(["read", "write"])
        .with_acr("gold")
        .with_amr(["pwd", "otp"]);
    authorizer.seal_session(&claims, UnixTime::from_secs(NOW - 60)).unwrap()
}

fn assertion(permit: &Permit) -> String {
    permit.headers().find(|(name, _)| *name == "X-Assertion").unwrap().1.into_owned()
}

/// Verifies as a backend does: with the published keys, its own name as the audience, and the time of the vectors.
fn verified(token: &str, jwks: &str, audience: &str) -> Result<Value, String> {
    let header = decode_header(token).map_err(|error| error.to_string())?;
    let keys: JwkSet = serde_json::from_str(jwks).unwrap();
    let key = keys.find(header.kid.as_deref().unwrap()).ok_or("no such key")?;
    let mut validation = Validation::new(header.alg);
    validation.set_audience(&[audience]);
    validation.set_issuer(&["gatewright"]);
    validation.validate_exp = false;
    let key = DecodingKey::from_jwk(key).map_err(|error| error.to_string())?;
    decode::<Value>(token, &key, &validation).map(|token| token.claims).map_err(|error| error.to_string())
}

#[test]
fn a_backend_verifies_it_with_the_published_keys() {
    for (pem, algorithm) in [(ED25519, Algorithm::EdDSA), (P256, Algorithm::ES256)] {
        let authorizer = authorizer(&[pem], "");
        let token = assertion(&permit(&authorizer, "App.Example.com:8443", "/", Some(&alice(&authorizer))));
        let header = decode_header(&token).unwrap();
        assert_eq!((header.alg, header.typ.as_deref()), (algorithm, Some("gatewright-assertion+jwt")));
        let claims = verified(&token, authorizer.assertion_keys().unwrap(), "app.example.com").unwrap();
        let expected = json!({
            "iss": "gatewright", "aud": "app.example.com", "sub": "alice", "iat": NOW, "exp": NOW + 60,
            "email": "alice@example.com", "name": "Zoë \"A\"", "groups": ["staff", "a,b"], "scope": "read write",
            "idp": "https://login.example.com", "credential": "session", "acr": "gold", "amr": ["pwd", "otp"],
            "auth_time": NOW - 60,
        });
        assert_eq!(claims, expected);
        assert!(verified(&token, authorizer.assertion_keys().unwrap(), "other.example.com").is_err(), "another backend");
    }
}

#[test]
fn the_header_is_always_there_in_its_alphabetical_place_and_empty_for_nobody() {
    let authorizer = authorizer(&[ED25519], "");
    let permit = permit(&authorizer, "app.example.com", "/open/", None);
    let headers: Vec<(String, String)> = permit.headers().map(|(name, value)| (name.to_owned(), value.into_owned())).collect();
    let empty = |name: &str| (name.to_owned(), String::new());
    assert_eq!(headers, [empty("X-A"), empty("X-Assertion"), empty("X-Z")]);
}

#[test]
fn a_failed_credential_is_nobody_where_anybody_may() {
    let authorizer = authorizer(&[ED25519], "");
    assert_eq!(assertion(&permit(&authorizer, "app.example.com", "/open/", Some("v1.x.y.z"))), "");
    assert_ne!(assertion(&permit(&authorizer, "app.example.com", "/open/", Some(&alice(&authorizer)))), "");
}

#[test]
fn issuer_audience_and_lifetime_are_the_files() {
    let authorizer = authorizer(&[ED25519], "issuer = \"https://gate.example\"\naudience = \"backends\"\nlifetime = \"5m\"");
    let token = assertion(&permit(&authorizer, "app.example.com", "/", Some(&alice(&authorizer))));
    let payload = base64_simd::URL_SAFE_NO_PAD.decode_to_vec(token.split('.').nth(1).unwrap()).unwrap();
    let claims: Value = serde_json::from_slice(&payload).unwrap();
    assert_eq!(claims["iss"], "https://gate.example");
    assert_eq!(claims["aud"], "backends");
    assert_eq!(claims["exp"], NOW + 300);
}

#[test]
fn in_a_rotation_both_keys_are_published_and_the_first_signs() {
    let (old, both, new) = (authorizer(&[ED25519], ""), authorizer(&[ED25519, P256], ""), authorizer(&[P256, ED25519], ""));
    let ask = |authorizer: &Authorizer| assertion(&permit(authorizer, "app.example.com", "/", Some(&alice(authorizer))));
    let accepts =
        |published: &Authorizer, token: &str| verified(token, published.assertion_keys().unwrap(), "app.example.com").is_ok();
    assert!(accepts(&both, &ask(&old)) && accepts(&both, &ask(&both)) && accepts(&both, &ask(&new)));
    assert!(accepts(&old, &ask(&both)), "appended keys do not sign yet");
    assert!(!accepts(&old, &ask(&new)));
    assert!(accepts(&new, &ask(&old)));
}

/// RFC 8725 §3.11: somebody who sends an assertion back is not taken for the holder of an access token.
#[test]
fn an_assertion_is_no_access_token() {
    let signer = authorizer(&[ED25519], "audience = \"app\"");
    let token = assertion(&permit(&signer, "app.example.com", "/", Some(&alice(&signer))));
    let config = "version = 1\n[[issuer]]\nissuer = \"gatewright\"\naudiences = [\"app\"]\nalgorithms = [\"EdDSA\"]\nkeys = { jwks_url = \"https://g.example/jwks\" }\n[[rule]]\nid = \"members\"\nallow = \"authenticated\"\n";
    let other = Authorizer::new(&Config::from_toml(config).unwrap()).unwrap();
    let other = other.with_keys("gatewright", KeySet::from_json(signer.assertion_keys().unwrap()).unwrap()).unwrap();
    let headers = [("authorization", format!("Bearer {token}"))];
    let request = Request::new("GET", "https", "app.example.com", "/", &headers);
    assert_eq!(other.decide(&request, UnixTime::from_secs(NOW)).code(), "token_type_mismatch");
}

#[test]
fn an_identity_too_large_for_the_answer_is_refused_whole() {
    let ask = |identity_headers: &str| {
        let authorizer = authorizer_with(&[ED25519], identity_headers, "");
        let groups = (0..38).map(|at| format!("a group with a long name {at:04}"));
        let claims = gatewright::SessionClaims::new("s", "alice").with_groups(groups);
        let cookie = authorizer.seal_session(&claims, UnixTime::from_secs(NOW)).unwrap();
        let headers = [("cookie", format!("__Host-gatewright={cookie}"))];
        let request = Request::new("GET", "https", "app.example.com", "/", &headers);
        let decision = authorizer.decide(&request, UnixTime::from_secs(NOW));
        (decision.code(), decision.detail().to_owned())
    };
    assert_eq!(ask("").0, "allowed");
    let (code, detail) = ask("X-B = \"groups\"\nX-C = \"groups\"");
    assert!(code == "internal" && detail.contains("the longest is `X-Assertion`"), "{code}: {detail}");
}
