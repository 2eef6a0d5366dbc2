//! Tokens with the fixed keys of `crates/vectors/keys`, and tokens as a forger makes them.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature as lc;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::question::NOW;

pub(crate) const LOGIN: &str = "https://login.example.com";

/// The public text of the RSA key: what a forger would try as a secret.
pub(crate) const RSA_PUBLIC_PEM: &str = include_str!("../../../vectors/keys/rsa-1.pub.pem");
/// The secret that an issuer shares with us, for HS256.
pub(crate) const SECRET: &str = "a-secret-of-fifty-four-bytes-that-nobody-else-knows-ok";

/// The algorithms the tests sign with; each has one key, whose `kid` is its name.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Key {
    Ed25519,
    P256,
    Rsa,
}

impl Key {
    pub(crate) fn algorithm(self) -> &'static str {
        match self {
            Self::Ed25519 => "EdDSA",
            Self::P256 => "ES256",
            Self::Rsa => "RS256",
        }
    }

    pub(crate) fn jwk(self) -> Value {
        let (text, kid) = match self {
            Self::Ed25519 => (include_str!("../../../vectors/keys/ed-1.jwk.json"), "ed"),
            Self::P256 => (include_str!("../../../vectors/keys/p256-1.jwk.json"), "p256"),
            Self::Rsa => (include_str!("../../../vectors/keys/rsa-1.jwk.json"), "rsa"),
        };
        let mut jwk: Value = serde_json::from_str(text).unwrap();
        jwk["kid"] = json!(kid);
        jwk
    }

    pub(crate) fn header(self) -> Value {
        json!({ "alg": self.algorithm(), "kid": self.jwk()["kid"] })
    }

    /// Signs claims under any header.
    pub(crate) fn sign(self, header: &Value, claims: &Value) -> String {
        let input = message(header, claims);
        format!("{input}.{}", base64url(&self.signature(input.as_bytes())))
    }

    /// Signs claims as the issuer does.
    pub(crate) fn token(self, claims: &Value) -> String {
        self.sign(&self.header(), claims)
    }

    fn signature(self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Ed25519 => {
                let pair = lc::Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der(include_str!("../../../vectors/keys/ed-1.pem")));
                pair.unwrap().sign(message).as_ref().to_vec()
            }
            Self::P256 => {
                let scheme = &lc::ECDSA_P256_SHA256_FIXED_SIGNING;
                let pair = lc::EcdsaKeyPair::from_pkcs8(scheme, &der(include_str!("../../../vectors/keys/p256-1.pem")));
                pair.unwrap().sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec()
            }
            Self::Rsa => rsa_signature(&lc::RSA_PKCS1_SHA256, message),
        }
    }
}

/// Signs with the RSA key and any of its algorithms.
pub(crate) fn rsa_signature(scheme: &'static dyn lc::RsaEncoding, message: &[u8]) -> Vec<u8> {
    let pair = lc::RsaKeyPair::from_pkcs8(&der(include_str!("../../../vectors/keys/rsa-1.pem"))).unwrap();
    let mut signature = vec![0; pair.public_modulus_len()];
    pair.sign(scheme, &SystemRandom::new(), message, &mut signature).unwrap();
    signature
}

/// The claims of a good token: alice at the login issuer, for ten minutes.
pub(crate) fn claims() -> Value {
    json!({ "iss": LOGIN, "sub": "alice", "aud": "app", "iat": NOW - 60, "exp": NOW + 600 })
}

/// The same with one of them changed.
pub(crate) fn claims_with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    claims[name] = value;
    claims
}

/// The same without one of them.
pub(crate) fn claims_without(name: &str) -> Value {
    let mut claims = claims();
    claims.as_object_mut().unwrap().remove(name);
    claims
}

/// Makes an HS256 token with any bytes for the secret.
pub(crate) fn hs256(secret: &[u8], header: &Value, claims: &Value) -> String {
    let input = message(header, claims);
    let mac = Hmac::<Sha256>::new_from_slice(secret).unwrap().chain_update(&input).finalize().into_bytes();
    format!("{input}.{}", base64url(&mac))
}

/// Makes a token with any bytes for the signature.
pub(crate) fn unsigned(header: &Value, claims: &Value, signature: &[u8]) -> String {
    format!("{}.{}", message(header, claims), base64url(signature))
}

pub(crate) fn message(header: &Value, claims: &Value) -> String {
    format!("{}.{}", base64url(header.to_string().as_bytes()), base64url(claims.to_string().as_bytes()))
}

pub(crate) fn base64url(bytes: &[u8]) -> String {
    base64_simd::URL_SAFE_NO_PAD.encode_to_string(bytes)
}

/// Returns the bytes between the lines of a PEM text.
pub(crate) fn der(pem: &str) -> Vec<u8> {
    let base64: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    base64_simd::STANDARD.decode_to_vec(base64).unwrap()
}
