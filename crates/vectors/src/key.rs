//! The fixed keys of `keys/`, and signatures with them.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature as lc;
use aws_lc_rs::signature::KeyPair as _;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256, Sha384, Sha512};

use crate::canonical::canonical;

/// A signing key of `keys/`; its `kid` is its name.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// The file's name, and the `kid`.
    pub name: &'static str,
    /// The algorithm it signs with when nothing else is said.
    pub algorithm: Algorithm,
    pem: &'static str,
    jwk: &'static str,
}

macro_rules! key {
    ($(#[$doc:meta])* $constant:ident = $file:literal $algorithm:ident) => {
        $(#[$doc])*
        pub const $constant: Key = Key {
            name: $file,
            algorithm: Algorithm::$algorithm,
            pem: include_str!(concat!("../keys/", $file, ".pem")),
            jwk: include_str!(concat!("../keys/", $file, ".jwk.json")),
        };
    };
}

key!(/** The usual Ed25519 key. */ ED_1 = "ed-1" EdDsa);
key!(/** Another Ed25519 key: an attacker's, or the next of a rotation. */ ED_2 = "ed-2" EdDsa);
key!(/** The usual P-256 key. */ P256_1 = "p256-1" Es256);
key!(/** Another P-256 key. */ P256_2 = "p256-2" Es256);
key!(/** A P-384 key. */ P384_1 = "p384-1" Es384);
key!(/** A P-521 key. */ P521_1 = "p521-1" Es512);
key!(/** The usual RSA key, 2,048 bit. */ RSA_1 = "rsa-1" Rs256);
key!(/** Another RSA key. */ RSA_2 = "rsa-2" Rs256);

/// The public half of an RSA key that is too short; nobody has its private half.
pub const RSA_1024_JWK: &str = include_str!("../keys/rsa-1024.jwk.json");
/// `RSA_1` as SPKI PEM: the text an attacker would try as an HMAC secret.
pub const RSA_1_PUBLIC_PEM: &str = include_str!("../keys/rsa-1.pub.pem");

/// How a token is signed, by the names of RFC 7518 and RFC 8037.
#[expect(missing_docs, reason = "the names are the RFCs'")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    Hs256,
    Hs384,
    Hs512,
    Rs256,
    Rs384,
    Rs512,
    Ps256,
    Ps384,
    Ps512,
    Es256,
    Es384,
    Es512,
    EdDsa,
}

impl Algorithm {
    /// Returns the name for the header's `alg`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hs256 => "HS256",
            Self::Hs384 => "HS384",
            Self::Hs512 => "HS512",
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Ps256 => "PS256",
            Self::Ps384 => "PS384",
            Self::Ps512 => "PS512",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::Es512 => "ES512",
            Self::EdDsa => "EdDSA",
        }
    }

    /// Returns whether signing the same message twice gives two signatures.
    #[must_use]
    pub const fn is_randomised(self) -> bool {
        matches!(self, Self::Ps256 | Self::Ps384 | Self::Ps512 | Self::Es256 | Self::Es384 | Self::Es512)
    }
}

impl Key {
    /// Returns the public JWK with this key's `kid`.
    #[must_use]
    pub fn jwk(self) -> Value {
        self.jwk_with(json!({ "kid": self.name }))
    }

    /// Returns the public JWK with these members beside the key's own; nothing else, not even a `kid`.
    #[must_use]
    pub fn jwk_with(self, members: Value) -> Value {
        let mut jwk: Value = serde_json::from_str(self.jwk).unwrap();
        let Value::Object(members) = members else { panic!("members of a JWK are an object") };
        jwk.as_object_mut().unwrap().extend(members);
        jwk
    }

    /// Returns the private half as PEM (PKCS #8).
    #[must_use]
    pub fn private_pem(self) -> &'static str {
        self.pem
    }

    /// Returns the public JWK's thumbprint (RFC 7638 §3).
    #[must_use]
    pub fn thumbprint(self) -> String {
        let members: &[&str] = match self.jwk_with(json!({}))["kty"].as_str() {
            Some("RSA") => &["e", "kty", "n"],
            Some("EC") => &["crv", "kty", "x", "y"],
            _ => &["crv", "kty", "x"],
        };
        let jwk = self.jwk_with(json!({}));
        let required = Value::from_iter(members.iter().map(|name| ((*name).to_owned(), jwk[*name].clone())));
        base64_simd::URL_SAFE_NO_PAD.encode_to_string(Sha256::digest(canonical(&required)))
    }

    /// Returns the modulus of an RSA key in base64url.
    #[must_use]
    pub fn modulus(self) -> String {
        self.jwk_with(json!({}))["n"].as_str().unwrap().to_owned()
    }

    /// Signs a message; `algorithm` must belong to the key's family.
    #[must_use]
    pub fn sign(self, algorithm: Algorithm, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        let pkcs8 = pkcs8(self.pem);
        match algorithm {
            Algorithm::EdDsa => lc::Ed25519KeyPair::from_pkcs8_maybe_unchecked(&pkcs8).unwrap().sign(message).as_ref().to_vec(),
            Algorithm::Es256 | Algorithm::Es384 | Algorithm::Es512 => {
                let pair = lc::EcdsaKeyPair::from_pkcs8(ecdsa_signing(algorithm), &pkcs8).unwrap();
                pair.sign(&random, message).unwrap().as_ref().to_vec()
            }
            _ => {
                let pair = lc::RsaKeyPair::from_pkcs8(&pkcs8).unwrap();
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(rsa_signing(algorithm), &random, message, &mut signature).unwrap();
                signature
            }
        }
    }

    /// Returns whether a signature of a randomised algorithm is this key's.
    #[must_use]
    pub fn verifies(self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        let pkcs8 = pkcs8(self.pem);
        let (method, public): (&dyn lc::VerificationAlgorithm, Vec<u8>) = match algorithm {
            Algorithm::Es256 | Algorithm::Es384 | Algorithm::Es512 => {
                let Ok(pair) = lc::EcdsaKeyPair::from_pkcs8(ecdsa_signing(algorithm), &pkcs8) else { return false };
                (ecdsa_verification(algorithm), pair.public_key().as_ref().to_vec())
            }
            Algorithm::Ps256 | Algorithm::Ps384 | Algorithm::Ps512 => {
                let Ok(pair) = lc::RsaKeyPair::from_pkcs8(&pkcs8) else { return false };
                (pss_verification(algorithm), pair.public_key().as_ref().to_vec())
            }
            _ => return false,
        };
        method.verify_sig(&public, message, signature).is_ok()
    }
}

/// Makes an HMAC with a SHA-2 hash.
#[must_use]
pub fn hmac(algorithm: Algorithm, secret: &[u8], message: &[u8]) -> Vec<u8> {
    match algorithm {
        Algorithm::Hs256 => {
            Hmac::<Sha256>::new_from_slice(secret).unwrap().chain_update(message).finalize().into_bytes().to_vec()
        }
        Algorithm::Hs384 => {
            Hmac::<Sha384>::new_from_slice(secret).unwrap().chain_update(message).finalize().into_bytes().to_vec()
        }
        Algorithm::Hs512 => {
            Hmac::<Sha512>::new_from_slice(secret).unwrap().chain_update(message).finalize().into_bytes().to_vec()
        }
        other => panic!("{} is no HMAC", other.name()),
    }
}

/// Returns the bytes between the `BEGIN` and `END` lines of a PEM text.
#[must_use]
pub fn pkcs8(pem: &str) -> Vec<u8> {
    let base64: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    base64_simd::STANDARD.decode_to_vec(base64).unwrap()
}

fn ecdsa_signing(algorithm: Algorithm) -> &'static lc::EcdsaSigningAlgorithm {
    match algorithm {
        Algorithm::Es256 => &lc::ECDSA_P256_SHA256_FIXED_SIGNING,
        Algorithm::Es384 => &lc::ECDSA_P384_SHA384_FIXED_SIGNING,
        _ => &lc::ECDSA_P521_SHA512_FIXED_SIGNING,
    }
}

fn ecdsa_verification(algorithm: Algorithm) -> &'static dyn lc::VerificationAlgorithm {
    match algorithm {
        Algorithm::Es256 => &lc::ECDSA_P256_SHA256_FIXED,
        Algorithm::Es384 => &lc::ECDSA_P384_SHA384_FIXED,
        _ => &lc::ECDSA_P521_SHA512_FIXED,
    }
}

fn rsa_signing(algorithm: Algorithm) -> &'static dyn lc::RsaEncoding {
    match algorithm {
        Algorithm::Rs256 => &lc::RSA_PKCS1_SHA256,
        Algorithm::Rs384 => &lc::RSA_PKCS1_SHA384,
        Algorithm::Rs512 => &lc::RSA_PKCS1_SHA512,
        Algorithm::Ps256 => &lc::RSA_PSS_SHA256,
        Algorithm::Ps384 => &lc::RSA_PSS_SHA384,
        Algorithm::Ps512 => &lc::RSA_PSS_SHA512,
        other => panic!("{} is not RSA", other.name()),
    }
}

fn pss_verification(algorithm: Algorithm) -> &'static dyn lc::VerificationAlgorithm {
    match algorithm {
        Algorithm::Ps256 => &lc::RSA_PSS_2048_8192_SHA256,
        Algorithm::Ps384 => &lc::RSA_PSS_2048_8192_SHA384,
        _ => &lc::RSA_PSS_2048_8192_SHA512,
    }
}
