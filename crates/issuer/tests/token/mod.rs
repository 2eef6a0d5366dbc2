//! Keys and tokens of an issuer that exists only in tests.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64_simd::URL_SAFE_NO_PAD;

/// An Ed25519 key that signs tokens.
#[derive(Clone)]
pub(crate) struct Signer {
    kid: String,
    pkcs8: Vec<u8>,
}

impl Signer {
    pub(crate) fn new(kid: &str) -> Self {
        let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        Self { kid: kid.to_owned(), pkcs8: pkcs8.as_ref().to_vec() }
    }

    pub(crate) fn jwk(&self) -> String {
        let x = URL_SAFE_NO_PAD.encode_to_string(self.pair().public_key().as_ref());
        format!("{{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"{}\",\"x\":\"{x}\"}}", self.kid)
    }

    /// Signs a token of `https://login.example.com` for `app`, good for the next five minutes.
    pub(crate) fn token(&self, subject: &str) -> String {
        self.token_of("https://login.example.com", subject)
    }

    /// The same of another issuer.
    pub(crate) fn token_of(&self, issuer: &str, subject: &str) -> String {
        let now = gatewright_issuer::now().as_secs();
        let header = format!("{{\"alg\":\"EdDSA\",\"kid\":\"{}\"}}", self.kid);
        let payload =
            format!("{{\"iss\":\"{issuer}\",\"aud\":\"app\",\"sub\":\"{subject}\",\"iat\":{now},\"exp\":{}}}", now + 300);
        let message = format!("{}.{}", URL_SAFE_NO_PAD.encode_to_string(header), URL_SAFE_NO_PAD.encode_to_string(payload));
        let signature = self.pair().sign(message.as_bytes());
        format!("{message}.{}", URL_SAFE_NO_PAD.encode_to_string(signature.as_ref()))
    }

    fn pair(&self) -> Ed25519KeyPair {
        Ed25519KeyPair::from_pkcs8(&self.pkcs8).unwrap()
    }
}

/// Writes the key set of these signers.
pub(crate) fn jwks(signers: &[Signer]) -> String {
    let keys: Vec<String> = signers.iter().map(Signer::jwk).collect();
    format!("{{\"keys\":[{}]}}", keys.join(","))
}
