//! One key of a set: read from its JWK, narrowed by `alg`, `use` and `key_ops`.

use sha2::{Digest as _, Sha256};

use super::{MAX_KID, Secrets};
use crate::base64url;
use crate::crypto::{Algorithm, Curve, KeyMaterial, VerificationKey};
use crate::json::{Object, Quoted, Value};
use crate::secret::Secret;

/// A usable key, bound to each algorithm that it may serve.
#[derive(Clone, Debug)]
pub(super) struct Key {
    kid: Option<Box<str>>,
    bound: Vec<VerificationKey>,
    digest: [u8; 32],
}

impl Key {
    /// Binds the material to the algorithms of its family, or to the one that is named.
    pub(super) fn new(kid: Option<&str>, material: &KeyMaterial, only: Option<Algorithm>) -> Result<Self, String> {
        // `EdDSA` stands for both its names.
        let distinct = Algorithm::ALL.iter().copied().filter(|algorithm| *algorithm != Algorithm::Ed25519);
        let bound: Vec<VerificationKey> = distinct
            .filter(|algorithm| material.serves(*algorithm) && only.is_none_or(|only| only.is_same_as(*algorithm)))
            .map(|algorithm| VerificationKey::new(algorithm, material))
            .collect::<Result<_, _>>()?;
        if let (true, Some(only)) = (bound.is_empty(), only) {
            return Err(format!("`alg` is `{}`, which this key cannot serve", only.name()));
        }
        let mut hasher = Sha256::new();
        hasher.update(material.digest());
        for key in &bound {
            hasher.update(key.algorithm().name());
            hasher.update([0]);
        }
        if let Some(kid) = kid {
            hasher.update([1]);
            hasher.update(kid);
        }
        Ok(Self { kid: kid.map(Box::from), bound, digest: hasher.finalize().into() })
    }

    pub(super) fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// Returns the key bound to the algorithm, if it may serve it.
    pub(super) fn bound_to(&self, algorithm: Algorithm) -> Option<&VerificationKey> {
        self.bound.iter().find(|key| key.algorithm().is_same_as(algorithm))
    }

    /// Returns a hash of everything that decides what the key accepts.
    pub(super) fn digest(&self) -> [u8; 32] {
        self.digest
    }
}

/// Reads a JWK (RFC 7517 §4, RFC 7518 §6, RFC 8037 §2), or says why it cannot be used.
pub(super) fn from_jwk(jwk: &Object<'_>, secrets: Secrets) -> Result<Key, String> {
    let kid = optional_string(jwk, "kid")?;
    if kid.is_some_and(|kid| kid.len() > MAX_KID) {
        return Err(format!("`kid` is longer than {MAX_KID} bytes"));
    }
    let (material, only) = material(jwk, secrets)?;
    Key::new(kid, &material, only)
}

/// Reads what the key is made of, and the one algorithm that it is for if it names one.
///
/// `x5c`, `x5u` and `x5t` are not looked at: the key's own members are the key.
pub(super) fn material(jwk: &Object<'_>, secrets: Secrets) -> Result<(KeyMaterial, Option<Algorithm>), String> {
    let kty = string(jwk, "kty")?;
    for private in PRIVATE_MEMBERS {
        if kty != "oct" && jwk.get(private).is_some() {
            return Err(format!("the key has the private member `{private}`, wanted a public key"));
        }
    }
    if let Some(key_use) = optional_string(jwk, "use")?.filter(|key_use| *key_use != "sig") {
        return Err(format!("`use` is {}, wanted `sig`", Quoted(key_use)));
    }
    check_operations(jwk)?;
    let only = match optional_string(jwk, "alg")? {
        None => None,
        Some(name) => Some(Algorithm::from_name(name).ok_or_else(|| format!("`alg` is {}, which is not known", Quoted(name)))?),
    };
    let material = match kty {
        "RSA" => KeyMaterial::rsa(bytes(jwk, "n")?, bytes(jwk, "e")?)?,
        "EC" => ec(jwk)?,
        "OKP" => match string(jwk, "crv")? {
            "Ed25519" => KeyMaterial::ed25519(&bytes(jwk, "x")?)?,
            other => return Err(format!("`crv` is {}, wanted `Ed25519`", Quoted(other))),
        },
        "oct" => match secrets {
            Secrets::Take => KeyMaterial::secret(Secret::from_bytes(bytes(jwk, "k")?))?,
            Secrets::Drop => return Err("a secret (`oct`) in a public place is no secret".to_owned()),
        },
        other => return Err(format!("`kty` is {}, wanted `RSA`, `EC`, `OKP` or `oct`", Quoted(other))),
    };
    Ok((material, only))
}

fn ec(jwk: &Object<'_>) -> Result<KeyMaterial, String> {
    let curve = match string(jwk, "crv")? {
        "P-256" => Curve::P256,
        "P-384" => Curve::P384,
        "P-521" => Curve::P521,
        other => return Err(format!("`crv` is {}, wanted `P-256`, `P-384` or `P-521`", Quoted(other))),
    };
    let mut point = vec![4]; // SEC 1 §2.3.3: uncompressed
    for name in ["x", "y"] {
        let coordinate = bytes(jwk, name)?;
        // RFC 7518 §6.2.1.2: the full size of a coordinate, leading zeros included.
        if coordinate.len() != curve.coordinate_length() {
            return Err(format!("`{name}` has {} bytes, wanted {}", coordinate.len(), curve.coordinate_length()));
        }
        point.extend_from_slice(&coordinate);
    }
    KeyMaterial::ec(curve, point)
}

/// Checks `key_ops` (RFC 7517 §4.3): if it is there, `verify` must be in it, and no operation twice.
fn check_operations(jwk: &Object<'_>) -> Result<(), String> {
    let Some(operations) = jwk.get("key_ops") else { return Ok(()) };
    let Value::Array(operations) = operations else {
        return Err(format!("`key_ops` is {}, wanted an array of strings", operations.kind()));
    };
    let elements = operations.elements();
    let mut names = elements
        .iter()
        .map(|operation| operation.as_str().ok_or("`key_ops` is not an array of strings"))
        .collect::<Result<Vec<_>, _>>()?;
    if !names.contains(&"verify") {
        return Err("`key_ops` does not contain `verify`".to_owned());
    }
    let listed = names.len();
    names.sort_unstable();
    names.dedup();
    if names.len() == listed { Ok(()) } else { Err("`key_ops` has an operation twice".to_owned()) }
}

fn string<'o>(jwk: &'o Object<'_>, name: &str) -> Result<&'o str, String> {
    optional_string(jwk, name)?.ok_or_else(|| format!("`{name}` is missing"))
}

fn optional_string<'o>(jwk: &'o Object<'_>, name: &str) -> Result<Option<&'o str>, String> {
    let Some(value) = jwk.get(name) else { return Ok(None) };
    value.as_str().map(Some).ok_or_else(|| format!("`{name}` is {}, wanted a string", value.kind()))
}

fn bytes(jwk: &Object<'_>, name: &str) -> Result<Vec<u8>, String> {
    base64url::decode(string(jwk, name)?.as_bytes()).ok_or_else(|| format!("`{name}` is not unpadded base64url"))
}

/// RFC 7518 §6.2.2, §6.3.2; RFC 8037 §2.
const PRIVATE_MEMBERS: [&str; 7] = ["d", "p", "q", "dp", "dq", "qi", "oth"];
