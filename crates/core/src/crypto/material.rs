//! What a key is made of, checked as far as it can be without an algorithm.

use std::fmt;

use sha2::{Digest as _, Sha256};

use super::{Algorithm, Scheme};
use crate::base64url;
use crate::secret::Secret;

/// The checked parts of a key: public, but for the secret of an HMAC.
#[derive(Clone)]
pub(crate) enum KeyMaterial {
    /// An HMAC secret.
    Secret(Secret),
    /// An RSA modulus and exponent, big-endian, without leading zeros.
    Rsa { modulus: Vec<u8>, exponent: Vec<u8> },
    /// A point on a curve: `04 ‖ x ‖ y`.
    Ec { curve: Curve, point: Vec<u8> },
    /// An Ed25519 public key.
    Ed25519([u8; 32]),
}

/// A curve of ECDSA.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Curve {
    P256,
    P384,
    P521,
}

impl Curve {
    /// Returns the name in RFC 7518 §6.2.1.1.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::P256 => "P-256",
            Self::P384 => "P-384",
            Self::P521 => "P-521",
        }
    }

    /// Returns the length of a coordinate in bytes.
    pub(crate) const fn coordinate_length(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        }
    }
}

impl KeyMaterial {
    /// Takes an HMAC secret of at least 256 bits.
    pub(crate) fn secret(secret: Secret) -> Result<Self, String> {
        if secret.len() < MIN_SECRET {
            return Err(format!("the secret has {} bytes, at least {MIN_SECRET} are needed", secret.len()));
        }
        Ok(Self::Secret(secret))
    }

    /// Takes an RSA key of 2048 to 8192 bits with an odd exponent from 3 up.
    pub(crate) fn rsa(modulus: Vec<u8>, exponent: Vec<u8>) -> Result<Self, String> {
        // RFC 7518 §2, Base64urlUInt: the least number of bytes.
        let (Some(first @ 1..), Some(1..)) = (modulus.first(), exponent.first()) else {
            return Err("the RSA modulus or exponent is empty or has leading zeros".to_owned());
        };
        let is_odd = |number: &[u8]| number.last().is_some_and(|last| last & 1 == 1);
        let bits = modulus.len().saturating_mul(8).saturating_sub(usize::try_from(first.leading_zeros()).unwrap_or_default());
        if !(MIN_RSA_BITS..=MAX_RSA_BITS).contains(&bits) {
            return Err(format!("the RSA modulus has {bits} bits, wanted {MIN_RSA_BITS} to {MAX_RSA_BITS}"));
        }
        if !is_odd(&modulus) {
            return Err("the RSA modulus is even".to_owned());
        }
        if !is_odd(&exponent) || exponent == [1] || exponent.len() > MAX_RSA_EXPONENT {
            return Err("the RSA exponent is not an odd number from 3 to 2^32".to_owned());
        }
        Ok(Self::Rsa { modulus, exponent })
    }

    /// Takes a point in uncompressed form (SEC 1 §2.3.3); whether it is on the curve shows when it is parsed.
    pub(crate) fn ec(curve: Curve, point: Vec<u8>) -> Result<Self, String> {
        let length = curve.coordinate_length().saturating_mul(2).saturating_add(1);
        if point.first() != Some(&UNCOMPRESSED) || point.len() != length {
            return Err(format!("the point is not an uncompressed point of {}", curve.name()));
        }
        Ok(Self::Ec { curve, point })
    }

    /// Takes an Ed25519 key that is canonical and not of small order (such a key verifies any message).
    pub(crate) fn ed25519(bytes: &[u8]) -> Result<Self, String> {
        let key: [u8; 32] = bytes.try_into().map_err(|_| format!("the Ed25519 key has {} bytes, wanted 32", bytes.len()))?;
        let mut y = key;
        if let Some(last) = y.last_mut() {
            *last &= 0x7f; // the top bit is the sign of x
        }
        // RFC 8032 §5.1.3: y < p = 2^255 - 19; compared from the most significant byte down.
        if y.iter().rev().ge(FIELD_PRIME.iter().rev()) {
            return Err("the Ed25519 key is not in canonical form".to_owned());
        }
        if SMALL_ORDER.contains(&y) {
            return Err("the Ed25519 key is a point of small order".to_owned());
        }
        Ok(Self::Ed25519(key))
    }

    /// Returns whether the key can serve the algorithm: `kty` and `crv` fix the family, a secret's length the hash.
    pub(crate) fn serves(&self, algorithm: Algorithm) -> bool {
        match (self, algorithm.scheme()) {
            (Self::Secret(secret), Scheme::Hmac(hash)) => secret.len() >= hash.length(),
            (Self::Ec { curve, .. }, Scheme::Ecdsa(wanted, _)) => *curve == wanted,
            (Self::Rsa { .. }, Scheme::Rsa(_)) | (Self::Ed25519(_), Scheme::Ed25519) => true,
            (Self::Secret(_) | Self::Rsa { .. } | Self::Ec { .. } | Self::Ed25519(_), _) => false,
        }
    }

    /// Returns the JWK thumbprint (RFC 7638 §3): SHA-256 of the required members, in base64url.
    pub(crate) fn thumbprint(&self) -> String {
        base64url::encode(&Sha256::digest(self.members()))
    }

    /// Returns the required members of the JWK in the order of RFC 7638 §3.2, as JSON.
    pub(crate) fn members(&self) -> String {
        let encode = |bytes: &[u8]| base64url::encode(bytes);
        match self {
            Self::Secret(secret) => format!(r#"{{"k":"{}","kty":"oct"}}"#, encode(secret.expose())),
            Self::Rsa { modulus, exponent } => format!(r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#, encode(exponent), encode(modulus)),
            Self::Ec { curve, point } => {
                let coordinates = point.get(1..).unwrap_or_default();
                let (x, y) = coordinates.split_at_checked(curve.coordinate_length()).unwrap_or_default();
                format!(r#"{{"crv":"{}","kty":"EC","x":"{}","y":"{}"}}"#, curve.name(), encode(x), encode(y))
            }
            Self::Ed25519(key) => format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, encode(key)),
        }
    }

    /// Returns a hash that is equal for equal keys only.
    pub(crate) fn digest(&self) -> [u8; 32] {
        let (tag, first, second): (&[u8], &[u8], &[u8]) = match self {
            Self::Secret(secret) => (b"oct", secret.expose(), &[]),
            Self::Rsa { modulus, exponent } => (b"RSA", modulus, exponent),
            Self::Ec { curve, point } => (b"EC", curve.name().as_bytes(), point),
            Self::Ed25519(key) => (b"OKP", key, &[]),
        };
        let mut hasher = Sha256::new();
        for part in [tag, first, second] {
            hasher.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            hasher.update(part);
        }
        hasher.finalize().into()
    }
}

impl fmt::Debug for KeyMaterial {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Secret(secret) => secret.fmt(formatter),
            Self::Rsa { .. } => formatter.write_str("Rsa"),
            Self::Ec { curve, .. } => write!(formatter, "Ec({})", curve.name()),
            Self::Ed25519(_) => formatter.write_str("Ed25519"),
        }
    }
}

/// RFC 7518 §3.2: the length of the shortest hash.
const MIN_SECRET: usize = 32;

/// RFC 7518 §3.3.
const MIN_RSA_BITS: usize = 2048;

/// What the cryptographic library takes; beyond, one check costs milliseconds.
const MAX_RSA_BITS: usize = 8192;

/// In bytes: large exponents only make checks slow.
const MAX_RSA_EXPONENT: usize = 4;

/// SEC 1 §2.3.3.
const UNCOMPRESSED: u8 = 4;

/// 2^255 - 19, little-endian.
const FIELD_PRIME: [u8; 32] = {
    let mut prime = [0xff; 32];
    (prime[0], prime[31]) = (0xed, 0x7f);
    prime
};

/// The `y` of the eight points whose order divides 8 (little-endian, canonical, without the sign of x):
/// 0 (order 4), 1 (order 1), p - 1 (order 2), and the two of order 8.
const SMALL_ORDER: [[u8; 32]; 5] = [
    [0; 32],
    {
        let mut one = [0; 32];
        one[0] = 1;
        one
    },
    {
        let mut minus_one = FIELD_PRIME;
        minus_one[0] = 0xec;
        minus_one
    },
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05,
        0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
    ],
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa,
        0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
    ],
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rsa_keys_outside_the_limits_are_refused() {
        let odd = |length: usize| [vec![0x80], vec![0; length - 2], vec![1]].concat();
        for bits in [2048, 3072, 8192] {
            assert!(KeyMaterial::rsa(odd(bits / 8), vec![1, 0, 1]).is_ok(), "{bits}");
        }
        let mut one_bit_short = odd(256);
        one_bit_short[0] = 0x7f;
        for (modulus, exponent) in [
            (odd(128), vec![1, 0, 1]),
            (one_bit_short, vec![1, 0, 1]),
            (odd(1025), vec![1, 0, 1]),
            ([vec![0], odd(256)].concat(), vec![1, 0, 1]),
            ([odd(256), vec![0]].concat(), vec![1, 0, 1]),
            (Vec::new(), vec![3]),
            (odd(256), Vec::new()),
            (odd(256), vec![1]),
            (odd(256), vec![2]),
            (odd(256), vec![0, 3]),
            (odd(256), vec![1, 0, 0, 0, 1]),
        ] {
            assert!(KeyMaterial::rsa(modulus.clone(), exponent.clone()).is_err(), "{} {exponent:?}", modulus.len());
        }
    }

    #[test]
    fn ed25519_keys_of_small_order_or_in_a_second_form_are_refused() {
        let mut refused = SMALL_ORDER.to_vec();
        // 0 and 1 again, as p and p + 1.
        refused.push(FIELD_PRIME);
        refused.push({
            let mut one = FIELD_PRIME;
            one[0] = 0xee;
            one
        });
        refused.push([0xff; 32]);
        for y in refused {
            let mut negative = y;
            negative[31] |= 0x80;
            assert!(KeyMaterial::ed25519(&y).is_err(), "{y:?}");
            assert!(KeyMaterial::ed25519(&negative).is_err(), "{negative:?}");
        }
        assert!(KeyMaterial::ed25519(&[9; 31]).is_err());
        assert!(KeyMaterial::ed25519(&[9; 33]).is_err());
        assert!(KeyMaterial::ed25519(&[9; 32]).is_ok());
    }

    #[test]
    fn a_secret_serves_the_hashes_it_is_long_enough_for() {
        let served = |length: usize| {
            let material = KeyMaterial::secret(Secret::from_bytes(vec![7; length]))?;
            Ok::<_, String>(Algorithm::ALL.iter().filter(|algorithm| material.serves(**algorithm)).count())
        };
        assert!(served(31).is_err());
        assert_eq!([served(32), served(47), served(48), served(63), served(64)], [Ok(1), Ok(1), Ok(2), Ok(2), Ok(3)]);
    }

    #[test]
    fn thumbprints_are_those_of_the_rfcs() {
        let decode = |text: &str| base64url::decode(text.as_bytes()).unwrap();
        // RFC 8037 appendix A.3, RFC 7638 §3.1.
        let okp = KeyMaterial::ed25519(&decode("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")).unwrap();
        assert_eq!(okp.thumbprint(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
        let modulus = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMs\
                       tn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbI\
                       SD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
        let rsa = KeyMaterial::rsa(decode(modulus), decode("AQAB")).unwrap();
        assert_eq!(rsa.thumbprint(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    }

    #[test]
    fn debug_shows_no_secret() {
        let material = KeyMaterial::secret(Secret::from_bytes(vec![b'x'; 32])).unwrap();
        assert_eq!(format!("{material:?}"), "Secret(32 bytes)");
    }
}
