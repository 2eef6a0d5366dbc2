//! Private keys that sign JWS (RFC 7515): ECDSA on P-256, and Ed25519.

use std::fmt;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _};

use crate::base64url;
use crate::crypto::{Algorithm, Curve, KeyMaterial};
use crate::jwk::KeySetError;
use crate::pem;

/// A private key that signs, and its public half as a JWK. Its `Debug` shows the key's id alone.
///
/// # Example
/// ```
/// use gatewright::SigningKey;
/// // The key of RFC 8037, appendix A.1.
/// let pem = "-----BEGIN PRIVATE KEY-----\n\
///            MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n\
///            -----END PRIVATE KEY-----\n";
/// let key = SigningKey::from_pem(pem)?;
/// assert_eq!(key.algorithm().name(), "EdDSA");
/// assert_eq!(key.kid(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
/// # Ok::<(), gatewright::KeySetError>(())
/// ```
pub struct SigningKey {
    pair: Pair,
    kid: String,
    public_jwk: String,
}

enum Pair {
    Es256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl SigningKey {
    /// Reads one PEM block `PRIVATE KEY` (PKCS #8, RFC 5958).
    ///
    /// # Errors
    /// There is not exactly one, or it holds neither a P-256 nor an Ed25519 key. Nothing of the key is repeated.
    pub fn from_pem(text: &str) -> Result<Self, KeySetError> {
        Self::parse(text).map_err(KeySetError)
    }

    fn parse(text: &str) -> Result<Self, String> {
        let blocks = pem::blocks(text)?;
        let [block] = blocks.as_slice() else { return Err("there is more than one PEM block".to_owned()) };
        match block.label.as_str() {
            "PRIVATE KEY" => {}
            "EC PRIVATE KEY" => return Err("write the key as PKCS #8: `openssl pkcs8 -topk8 -nocrypt`".to_owned()),
            "ENCRYPTED PRIVATE KEY" => return Err("the key is encrypted, and nobody is there to ask for the password".to_owned()),
            label => return Err(format!("expected a block `PRIVATE KEY`, found `{}`", label.escape_debug())),
        }
        let (pair, material) = if let Ok(pair) = Ed25519KeyPair::from_pkcs8(&block.der) {
            let material = KeyMaterial::ed25519(pair.public_key().as_ref())?;
            (Pair::Ed25519(pair), material)
        } else if let Ok(pair) = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &block.der) {
            let material = KeyMaterial::ec(Curve::P256, pair.public_key().as_ref().to_vec())?;
            (Pair::Es256(pair), material)
        } else {
            return Err("the key is neither an Ed25519 nor a P-256 key; `gatewright key generate es256` makes one".to_owned());
        };
        let kid = material.thumbprint();
        let alg = algorithm(&pair).name();
        let members = material.members();
        let members = members.trim_start_matches('{').trim_end_matches('}');
        let public_jwk = format!(r#"{{"alg":"{alg}","kid":"{kid}","use":"sig",{members}}}"#);
        Ok(Self { pair, kid, public_jwk })
    }

    /// Returns the algorithm: `ES256` or `EdDSA`.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        algorithm(&self.pair)
    }

    /// Returns the key's id: its thumbprint (RFC 7638).
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// Returns the public half as a JWK (RFC 7517) in JSON.
    #[must_use]
    pub fn public_jwk(&self) -> &str {
        &self.public_jwk
    }

    /// Signs header and payload, JSON texts both; `None` if the operating system has no randomness to give, which ECDSA needs.
    pub(crate) fn sign(&self, header: &str, payload: &str) -> Option<String> {
        let mut token = format!("{}.{}", base64url::encode(header.as_bytes()), base64url::encode(payload.as_bytes()));
        let signature = match &self.pair {
            Pair::Es256(pair) => pair.sign(&SystemRandom::new(), token.as_bytes()).ok()?,
            Pair::Ed25519(pair) => pair.sign(token.as_bytes()),
        };
        token.push('.');
        token.push_str(&base64url::encode(signature.as_ref()));
        Some(token)
    }
}

fn algorithm(pair: &Pair) -> Algorithm {
    match pair {
        Pair::Es256(_) => Algorithm::Es256,
        // Rather than by its RFC 9864 name Ed25519: every library knows it.
        Pair::Ed25519(_) => Algorithm::EdDsa,
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "SigningKey({})", self.kid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(pem: &str) -> String {
        SigningKey::from_pem(pem).unwrap_err().to_string()
    }

    #[test]
    fn what_is_no_private_key_is_said_without_repeating_it() {
        let block = |label: &str, text: &str| format!("-----BEGIN {label}-----\n{text}\n-----END {label}-----\n");
        assert!(error("").contains("no PEM block"));
        assert!(error(&block("PUBLIC KEY", "AAAA")).contains("found `PUBLIC KEY`"));
        assert!(error(&block("EC PRIVATE KEY", "AAAA")).contains("openssl pkcs8"));
        assert!(error(&block("ENCRYPTED PRIVATE KEY", "AAAA")).contains("encrypted"));
        assert!(error(&block("PRIVATE KEY", "AAAA")).contains("neither an Ed25519 nor a P-256"));
        assert!(error(&block("PRIVATE KEY", "AAAA").repeat(2)).contains("more than one"));
    }
}
