//! Any bytes where a token is looked for.

use std::sync::LazyLock;

use gatewright::{Authorizer, Request};
use vectors::key::{Algorithm, ED_1};
use vectors::token::{Claims, Signer, claims};

use crate::asked::{ask, authorizer_with_keys};
use crate::draw::at_most;

/// A token is one of those that were signed here, byte for byte, or it is refused: no other spelling of a good token counts.
///
/// The first byte chooses the place. Ed25519 only: a signature by ECDSA has a twin that verifies as well.
pub fn token_bytes(data: &[u8]) {
    let Some((place, token)) = at_most(data, MAX_TOKEN).split_first() else { return };
    let place = &PLACES[usize::from(*place) % PLACES.len()];
    let value = [place.before, token, place.after].concat();
    let headers = [(place.header, value)];
    let asked = ask(&AUTHORIZER, &Request::new("GET", "https", "app.example.com", "/", &headers));
    let sent = if place.is_field { token.get(7..).filter(|_| is_bearer(token)) } else { Some(token) };
    let is_ours = sent.is_some_and(|sent| TOKENS.iter().any(|ours| ours.as_bytes() == sent));
    assert_eq!(asked.is_allowed(), is_ours, "{}", asked.explanation);
    if is_ours {
        assert_eq!(asked.subject(), Some("alice"));
    }
}

fn is_bearer(field: &[u8]) -> bool {
    field.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"bearer "))
}

/// Where the bytes stand.
struct Place {
    header: &'static str,
    before: &'static [u8],
    after: &'static [u8],
    /// The bytes are the whole `Authorization` field.
    is_field: bool,
}

const PLACES: [Place; 4] = [
    Place { header: "Authorization", before: b"Bearer ", after: b"", is_field: false },
    Place { header: "Authorization", before: b"", after: b"", is_field: true },
    Place { header: "Cookie", before: b"a=1; token=", after: b"; b=2", is_field: false },
    Place { header: "X-Token", before: b"", after: b"", is_field: false },
];

static AUTHORIZER: LazyLock<Authorizer> = LazyLock::new(|| {
    authorizer_with_keys(
        r#"
        version = 1
        [[issuer]]
        issuer = "https://login.example.com"
        audiences = ["app"]
        algorithms = ["EdDSA"]
        keys = { jwks_url = "https://login.example.com/jwks" }
        sources = ["bearer", "cookie:token", "header:X-Token"]
        [[rule]]
        id = "members"
        allow = "authenticated"
        "#,
    )
});

/// Good tokens: a small one that a fuzzer can take apart, and the usual one.
static TOKENS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let signer = Signer::default();
    let small = Claims::from(serde_json::json!({ "iss": vectors::LOGIN, "sub": "alice", "aud": "app", "exp": vectors::NOW + 9 }));
    vec![
        signer.signed(ED_1, Algorithm::EdDsa, r#"{"alg":"EdDSA"}"#, &small.text()),
        signer.token(ED_1, &claims()),
        signer.token_with(ED_1, serde_json::json!({ "typ": "at+jwt", "alg": "Ed25519" }), &claims()),
    ]
});

/// Above the 8 KiB that are read.
const MAX_TOKEN: usize = 9 * 1024;

/// Inputs to begin with.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let bearer = |token: &String| [b"\x01Bearer ", token.as_bytes()].concat();
    let places = (0..4).map(|place| [&[place], TOKENS[0].as_bytes()].concat());
    TOKENS.iter().map(bearer).chain(places).collect()
}
