//! Signature algorithms (RFC 7518 §3, RFC 8037, RFC 9864) and keys parsed once.

mod key;
mod material;

use aws_lc_rs::signature::{self, EcdsaVerificationAlgorithm, RsaParameters};

pub(crate) use key::VerificationKey;
pub(crate) use material::{Curve, KeyMaterial};

/// A signature algorithm of RFC 7518, RFC 8037 or RFC 9864 that is accepted if an issuer names it.
///
/// `EdDSA` and `Ed25519` are two names of one algorithm here, since Ed25519 is the only curve of `EdDSA` that is known: an
/// issuer that names one of them accepts tokens with either.
///
/// # Example
/// ```
/// use gatewright::Algorithm;
/// assert_eq!(Algorithm::from_name("ES256"), Some(Algorithm::Es256));
/// assert_eq!(Algorithm::from_name("none"), None);
/// ```
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    /// HMAC with SHA-256.
    Hs256,
    /// HMAC with SHA-384.
    Hs384,
    /// HMAC with SHA-512.
    Hs512,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    Rs384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    Rs512,
    /// RSASSA-PSS with SHA-256.
    Ps256,
    /// RSASSA-PSS with SHA-384.
    Ps384,
    /// RSASSA-PSS with SHA-512.
    Ps512,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// ECDSA on P-384 with SHA-384.
    Es384,
    /// ECDSA on P-521 with SHA-512.
    Es512,
    /// EdDSA on Ed25519, by its name in RFC 8037.
    EdDsa,
    /// EdDSA on Ed25519, by its name in RFC 9864.
    Ed25519,
}

impl Algorithm {
    /// Every algorithm, in the order of the documentation.
    pub const ALL: &'static [Self] = &[
        Self::Hs256,
        Self::Hs384,
        Self::Hs512,
        Self::Rs256,
        Self::Rs384,
        Self::Rs512,
        Self::Ps256,
        Self::Ps384,
        Self::Ps512,
        Self::Es256,
        Self::Es384,
        Self::Es512,
        Self::EdDsa,
        Self::Ed25519,
    ];

    /// Returns the `alg` value.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.facts().0
    }

    /// Finds an algorithm by its `alg` value; case counts.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|algorithm| algorithm.name() == name)
    }

    /// Returns whether both are the same computation, whatever its name.
    pub(crate) fn is_same_as(self, other: Self) -> bool {
        self == other || matches!((self, other), (Self::EdDsa | Self::Ed25519, Self::EdDsa | Self::Ed25519))
    }

    /// Returns whether the key is a shared secret.
    pub(crate) const fn is_hmac(self) -> bool {
        matches!(self.scheme(), Scheme::Hmac(_))
    }

    /// Returns how its signatures are checked.
    const fn scheme(self) -> Scheme {
        self.facts().1
    }

    /// All that is known of an algorithm.
    const fn facts(self) -> (&'static str, Scheme) {
        use signature as aws;
        match self {
            Self::Hs256 => ("HS256", Scheme::Hmac(Hash::Sha256)),
            Self::Hs384 => ("HS384", Scheme::Hmac(Hash::Sha384)),
            Self::Hs512 => ("HS512", Scheme::Hmac(Hash::Sha512)),
            Self::Rs256 => ("RS256", Scheme::Rsa(&aws::RSA_PKCS1_2048_8192_SHA256)),
            Self::Rs384 => ("RS384", Scheme::Rsa(&aws::RSA_PKCS1_2048_8192_SHA384)),
            Self::Rs512 => ("RS512", Scheme::Rsa(&aws::RSA_PKCS1_2048_8192_SHA512)),
            Self::Ps256 => ("PS256", Scheme::Rsa(&aws::RSA_PSS_2048_8192_SHA256)),
            Self::Ps384 => ("PS384", Scheme::Rsa(&aws::RSA_PSS_2048_8192_SHA384)),
            Self::Ps512 => ("PS512", Scheme::Rsa(&aws::RSA_PSS_2048_8192_SHA512)),
            Self::Es256 => ("ES256", Scheme::Ecdsa(Curve::P256, &aws::ECDSA_P256_SHA256_FIXED)),
            Self::Es384 => ("ES384", Scheme::Ecdsa(Curve::P384, &aws::ECDSA_P384_SHA384_FIXED)),
            Self::Es512 => ("ES512", Scheme::Ecdsa(Curve::P521, &aws::ECDSA_P521_SHA512_FIXED)),
            Self::EdDsa => ("EdDSA", Scheme::Ed25519),
            Self::Ed25519 => ("Ed25519", Scheme::Ed25519),
        }
    }
}

/// How a signature is checked, and with what kind of key.
#[derive(Clone, Copy, Debug)]
enum Scheme {
    Hmac(Hash),
    /// RSA of 2048 to 8192 bits (RFC 7518 §3.3, §3.5).
    Rsa(&'static RsaParameters),
    /// `r ‖ s` of fixed length (RFC 7518 §3.4), not DER.
    Ecdsa(Curve, &'static EcdsaVerificationAlgorithm),
    Ed25519,
}

/// The hash inside an HMAC.
#[derive(Clone, Copy, Debug)]
enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    /// Returns the length of the output in bytes, which is the least a secret must have (RFC 7518 §3.2).
    const fn length(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_algorithm_is_found_by_its_own_name_alone() {
        for algorithm in Algorithm::ALL {
            assert_eq!(Algorithm::from_name(algorithm.name()), Some(*algorithm));
            assert_eq!(Algorithm::from_name(&algorithm.name().to_lowercase()), None);
        }
        for name in ["", "none", "None", "NONE", "HS256 ", "ES256K", "RSA-OAEP", "Ed448", "dir", "PBES2-HS256+A128KW"] {
            assert_eq!(Algorithm::from_name(name), None, "{name}");
        }
    }

    #[test]
    fn only_the_two_names_of_ed25519_are_one_algorithm() {
        for one in Algorithm::ALL {
            for other in Algorithm::ALL {
                let both_ed25519 = one.name().starts_with("Ed") && other.name().starts_with("Ed");
                assert_eq!(one.is_same_as(*other), one == other || both_ed25519, "{one:?} {other:?}");
            }
        }
    }
}
