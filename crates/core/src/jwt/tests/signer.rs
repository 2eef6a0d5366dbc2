//! Fixed keys out of RFCs, and what signs with them.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeyPairComponents, PublicKeyComponents};
use aws_lc_rs::signature as aws;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value as Json, json};
use sha2::{Sha256, Sha384, Sha512};

use crate::base64url::{decode, encode};
use crate::crypto::Algorithm;

pub(super) const SECRET: &[u8; 64] = b"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// Signs claims with the key of the algorithm's family; the header has its `kid` (none for secrets).
pub(super) fn sign(algorithm: Algorithm, claims: &Json) -> String {
    let header = match kid(algorithm) {
        Some(kid) => json!({ "alg": algorithm.name(), "typ": "JWT", "kid": kid }),
        None => json!({ "alg": algorithm.name(), "typ": "JWT" }),
    };
    sign_text(algorithm, &header.to_string(), claims.to_string().as_bytes())
}

/// Signs any header and payload, whatever the header says.
pub(super) fn sign_text(algorithm: Algorithm, header: &str, payload: &[u8]) -> String {
    let input = format!("{}.{}", encode(header.as_bytes()), encode(payload));
    format!("{input}.{}", encode(&signature(algorithm, input.as_bytes())))
}

/// The `kid` in [`public_jwks`].
pub(super) fn kid(algorithm: Algorithm) -> Option<&'static str> {
    match algorithm {
        Algorithm::Hs256 | Algorithm::Hs384 | Algorithm::Hs512 => None,
        Algorithm::Es256 => Some("p256"),
        Algorithm::Es384 => Some("p384"),
        Algorithm::Es512 => Some("p521"),
        Algorithm::EdDsa | Algorithm::Ed25519 => Some("ed25519"),
        _ => Some("rsa"),
    }
}

/// The public halves of all keys.
pub(super) fn public_jwks() -> Json {
    let keys: Vec<Json> = private_jwks()
        .into_iter()
        .map(|mut key| {
            key.as_object_mut().unwrap().retain(|name, _| ["kty", "crv", "x", "y", "n", "e", "kid"].contains(&name.as_str()));
            key
        })
        .collect();
    json!({ "keys": keys })
}

pub(super) fn public_jwk(algorithm: Algorithm) -> Json {
    let mut keys = public_jwks();
    let keys = keys["keys"].as_array_mut().unwrap();
    keys.iter().find(|key| key["kid"].as_str() == kid(algorithm)).unwrap().clone()
}

fn private_jwks() -> Vec<Json> {
    let read = |text: &str, kid: &str| {
        let mut key: Json = serde_json::from_str(text).unwrap();
        key["kid"] = json!(kid);
        key
    };
    vec![
        // RFC 7520 §3.4 and §3.2.
        read(include_str!("../../../../../vectors/third-party/jose-cookbook/jwk/3_4.rsa_private_key.json"), "rsa"),
        read(include_str!("../../../../../vectors/third-party/jose-cookbook/jwk/3_2.ec_private_key.json"), "p521"),
        // RFC 7515 appendix A.3.
        json!({ "kty": "EC", "crv": "P-256", "kid": "p256",
            "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
            "d": "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI" }),
        // RFC 6979 appendix A.2.6.
        json!({ "kty": "EC", "crv": "P-384", "kid": "p384",
            "x": "7DpOQVtOGaRWhhgCn0J_pdqai8SukuAuBqrlKGswDGTe-PDqkFWGYGSiVFFUgLwT",
            "y": "gBXZty19VyROqO-awMYhiWcIpZNn-d-59UyoSz8cnbEoiyMcOuDU_nNE_SUzJkcg",
            "d": "a509rS4bjBwFsZh1tmWfTeI8O2Z78pe6mqR3QHhxN9iW1XJOTHCoJfhyyepg0u31" }),
        // RFC 8037 appendix A.1.
        json!({ "kty": "OKP", "crv": "Ed25519", "kid": "ed25519",
            "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
            "d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A" }),
    ]
}

fn signature(algorithm: Algorithm, message: &[u8]) -> Vec<u8> {
    let member = |name: &str| {
        let keys = private_jwks();
        let key = keys.iter().find(|key| key["kid"].as_str() == kid(algorithm)).unwrap();
        decode(key[name].as_str().unwrap().as_bytes()).unwrap()
    };
    let ecdsa = |scheme: &'static aws::EcdsaSigningAlgorithm| {
        let point = [vec![4], member("x"), member("y")].concat();
        let key = aws::EcdsaKeyPair::from_private_key_and_public_key(scheme, &member("d"), &point).unwrap();
        key.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec()
    };
    let rsa = |scheme: &'static aws::RsaSignatureEncoding| {
        let components = KeyPairComponents {
            public_key: PublicKeyComponents { n: member("n"), e: member("e") },
            d: member("d"),
            p: member("p"),
            q: member("q"),
            dP: member("dp"),
            dQ: member("dq"),
            qInv: member("qi"),
        };
        let key = RsaKeyPair::from_components(&components).unwrap();
        let mut signature = vec![0; key.public_modulus_len()];
        key.sign(scheme, &SystemRandom::new(), message, &mut signature).unwrap();
        signature
    };
    match algorithm {
        Algorithm::Hs256 => hs256(SECRET, message),
        Algorithm::Hs384 => {
            Hmac::<Sha384>::new_from_slice(SECRET).unwrap().chain_update(message).finalize().into_bytes().to_vec()
        }
        Algorithm::Hs512 => {
            Hmac::<Sha512>::new_from_slice(SECRET).unwrap().chain_update(message).finalize().into_bytes().to_vec()
        }
        Algorithm::Rs256 => rsa(&aws::RSA_PKCS1_SHA256),
        Algorithm::Rs384 => rsa(&aws::RSA_PKCS1_SHA384),
        Algorithm::Rs512 => rsa(&aws::RSA_PKCS1_SHA512),
        Algorithm::Ps256 => rsa(&aws::RSA_PSS_SHA256),
        Algorithm::Ps384 => rsa(&aws::RSA_PSS_SHA384),
        Algorithm::Ps512 => rsa(&aws::RSA_PSS_SHA512),
        Algorithm::Es256 => ecdsa(&aws::ECDSA_P256_SHA256_FIXED_SIGNING),
        Algorithm::Es384 => ecdsa(&aws::ECDSA_P384_SHA384_FIXED_SIGNING),
        Algorithm::Es512 => ecdsa(&aws::ECDSA_P521_SHA512_FIXED_SIGNING),
        Algorithm::EdDsa | Algorithm::Ed25519 => {
            let key = aws::Ed25519KeyPair::from_seed_and_public_key(&member("d"), &member("x")).unwrap();
            key.sign(message).as_ref().to_vec()
        }
    }
}

/// HMAC-SHA256 under any bytes, as a forger would use them.
pub(super) fn hs256(secret: &[u8], message: &[u8]) -> Vec<u8> {
    Hmac::<Sha256>::new_from_slice(secret).unwrap().chain_update(message).finalize().into_bytes().to_vec()
}
