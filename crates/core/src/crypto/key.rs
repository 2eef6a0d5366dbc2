//! A key bound to one algorithm, parsed and ready.

use std::fmt;

use aws_lc_rs::rsa::PublicKeyComponents;
use aws_lc_rs::signature::{ED25519, ParsedPublicKey};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Sha256, Sha384, Sha512};

use super::{Algorithm, Hash, KeyMaterial, Scheme};

/// A key that checks signatures of one algorithm.
// RFC 8725 §3.1: the key decides the algorithm, a token's header may only agree.
#[derive(Clone)]
pub(crate) struct VerificationKey {
    algorithm: Algorithm,
    prepared: Prepared,
}

#[derive(Clone)]
enum Prepared {
    // HMAC states that have already taken in the key: cloning one is cheaper than keying it anew.
    Hs256(Hmac<Sha256>),
    Hs384(Box<Hmac<Sha384>>),
    Hs512(Box<Hmac<Sha512>>),
    Public(ParsedPublicKey),
}

impl VerificationKey {
    /// Binds the key to an algorithm; fails if the key cannot serve it or a point is not on its curve.
    pub(crate) fn new(algorithm: Algorithm, material: &KeyMaterial) -> Result<Self, String> {
        if !material.serves(algorithm) {
            return Err(format!("the key cannot serve {}", algorithm.name()));
        }
        let rejected = |_| "the key is rejected by the cryptographic library".to_owned();
        let prepared = match (algorithm.scheme(), material) {
            (Scheme::Hmac(hash), KeyMaterial::Secret(secret)) => Prepared::hmac(hash, secret.expose())?,
            (Scheme::Rsa(parameters), KeyMaterial::Rsa { modulus, exponent }) => {
                let components = PublicKeyComponents { n: modulus.as_slice(), e: exponent.as_slice() };
                Prepared::Public(components.to_parsed_public_key(parameters).map_err(rejected)?)
            }
            (Scheme::Ecdsa(curve, parameters), KeyMaterial::Ec { point, .. }) => Prepared::Public(
                ParsedPublicKey::new(parameters, point).map_err(|_| format!("the point is not on {}", curve.name()))?,
            ),
            (Scheme::Ed25519, KeyMaterial::Ed25519(key)) => {
                Prepared::Public(ParsedPublicKey::new(&ED25519, key).map_err(rejected)?)
            }
            (Scheme::Hmac(_) | Scheme::Rsa(_) | Scheme::Ecdsa(..) | Scheme::Ed25519, _) => {
                return Err(format!("the key cannot serve {}", algorithm.name()));
            }
        };
        Ok(Self { algorithm, prepared })
    }

    /// Returns the one algorithm it checks.
    pub(crate) fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Returns whether `signature` is this key's signature of `message`; MACs are compared in constant time.
    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.prepared {
            Prepared::Hs256(state) => state.clone().chain_update(message).verify_slice(signature).is_ok(),
            Prepared::Hs384(state) => Hmac::clone(state).chain_update(message).verify_slice(signature).is_ok(),
            Prepared::Hs512(state) => Hmac::clone(state).chain_update(message).verify_slice(signature).is_ok(),
            Prepared::Public(key) => key.verify_sig(message, signature).is_ok(),
        }
    }
}

impl Prepared {
    fn hmac(hash: Hash, secret: &[u8]) -> Result<Self, String> {
        let prepared = match hash {
            Hash::Sha256 => Hmac::new_from_slice(secret).map(Self::Hs256),
            Hash::Sha384 => Hmac::new_from_slice(secret).map(Box::new).map(Self::Hs384),
            Hash::Sha512 => Hmac::new_from_slice(secret).map(Box::new).map(Self::Hs512),
        };
        prepared.map_err(|error| error.to_string())
    }
}

impl fmt::Debug for VerificationKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "VerificationKey({})", self.algorithm.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    #[test]
    fn a_key_is_not_bound_to_an_algorithm_of_another_family() {
        let secret = KeyMaterial::secret(Secret::from_bytes(vec![1; 64])).unwrap();
        let ed25519 = KeyMaterial::ed25519(&[9; 32]).unwrap();
        assert!(VerificationKey::new(Algorithm::Rs256, &secret).is_err());
        assert!(VerificationKey::new(Algorithm::Es256, &ed25519).is_err());
        assert!(VerificationKey::new(Algorithm::Hs256, &ed25519).is_err());
    }

    #[test]
    fn a_point_off_the_curve_is_refused() {
        use super::super::Curve;
        let off = KeyMaterial::ec(Curve::P256, [vec![4], vec![1; 64]].concat()).unwrap();
        assert_eq!(VerificationKey::new(Algorithm::Es256, &off).unwrap_err(), "the point is not on P-256");
    }

    #[test]
    fn a_mac_is_compared_at_full_length() {
        let material = KeyMaterial::secret(Secret::from_bytes(vec![0; 32])).unwrap();
        let key = VerificationKey::new(Algorithm::Hs256, &material).unwrap();
        let mac = Hmac::<Sha256>::new_from_slice(&[0; 32]).unwrap().chain_update(b"text").finalize().into_bytes();
        assert!(key.verify(b"text", &mac));
        assert!(!key.verify(b"text", &mac[..31]));
        assert!(!key.verify(b"text", &[mac.as_slice(), &[0]].concat()));
        assert!(!key.verify(b"text", b""));
        assert!(!key.verify(b"Text", &mac));
    }
}
