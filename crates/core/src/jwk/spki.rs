//! Public keys in DER: `SubjectPublicKeyInfo` (RFC 5280 §4.1.2.7), alone or inside a certificate.

use crate::crypto::{Curve, KeyMaterial};
use crate::json::Quoted;
use crate::pem::Block;

/// Reads the public key in a PEM block, or says why there is none to use.
pub(super) fn from_pem(block: &Block) -> Result<KeyMaterial, String> {
    match block.label.as_str() {
        "PUBLIC KEY" => from_public_key(&block.der),
        "CERTIFICATE" => from_certificate(&block.der),
        other => Err(format!("the block is {}, wanted `PUBLIC KEY` or `CERTIFICATE`", Quoted(other))),
    }
}

/// Reads a `SubjectPublicKeyInfo`.
fn from_public_key(der: &[u8]) -> Result<KeyMaterial, String> {
    let mut outer = Der(der);
    let info = outer.element(SEQUENCE).filter(|_| outer.is_empty()).ok_or(MALFORMED)?;
    key_material(info)
}

/// Reads the key of an X.509 certificate (RFC 5280 §4.1) and nothing else of it.
fn from_certificate(der: &[u8]) -> Result<KeyMaterial, String> {
    let mut outer = Der(der);
    let mut certificate = outer.element(SEQUENCE).filter(|_| outer.is_empty()).ok_or(MALFORMED)?;
    let mut signed = certificate.element(SEQUENCE).ok_or(MALFORMED)?;
    if signed.0.first() == Some(&VERSION) {
        signed.element(VERSION).ok_or(MALFORMED)?;
    }
    // Serial number, signature algorithm, issuer, validity, subject.
    for tag in [INTEGER, SEQUENCE, SEQUENCE, SEQUENCE, SEQUENCE] {
        signed.element(tag).ok_or(MALFORMED)?;
    }
    key_material(signed.element(SEQUENCE).ok_or(MALFORMED)?)
}

/// Reads the content of a `SubjectPublicKeyInfo`.
fn key_material(mut info: Der<'_>) -> Result<KeyMaterial, String> {
    let mut algorithm = info.element(SEQUENCE).ok_or(MALFORMED)?;
    let bits = info.element(BIT_STRING).filter(|_| info.is_empty()).ok_or(MALFORMED)?;
    let Some((0, key)) = bits.0.split_first() else { return Err(MALFORMED.to_owned()) };
    match algorithm.element(OBJECT_IDENTIFIER).ok_or(MALFORMED)?.0 {
        RSA_ENCRYPTION if algorithm.0 == NULL => rsa(key),
        EC_PUBLIC_KEY => {
            let curve = match algorithm.element(OBJECT_IDENTIFIER).filter(|_| algorithm.is_empty()).map(|name| name.0) {
                Some(SECP256R1) => Curve::P256,
                Some(SECP384R1) => Curve::P384,
                Some(SECP521R1) => Curve::P521,
                _ => return Err("the curve is not P-256, P-384 or P-521".to_owned()),
            };
            KeyMaterial::ec(curve, key.to_vec())
        }
        ED25519 if algorithm.is_empty() => KeyMaterial::ed25519(key),
        _ => Err("the key is not of RSA, ECDSA or Ed25519".to_owned()),
    }
}

/// Reads an `RSAPublicKey` (RFC 8017 appendix A.1.1).
fn rsa(der: &[u8]) -> Result<KeyMaterial, String> {
    let mut outer = Der(der);
    let mut key = outer.element(SEQUENCE).filter(|_| outer.is_empty()).ok_or(MALFORMED)?;
    let modulus = key.positive_integer().ok_or(MALFORMED)?;
    let exponent = key.positive_integer().filter(|_| key.is_empty()).ok_or(MALFORMED)?;
    KeyMaterial::rsa(modulus.to_vec(), exponent.to_vec())
}

/// DER that has not been read yet.
#[derive(Clone, Copy)]
struct Der<'d>(&'d [u8]);

impl<'d> Der<'d> {
    /// Takes the next element and returns its content, if it has this tag and its length is in its shortest form.
    fn element(&mut self, tag: u8) -> Option<Self> {
        let (found, rest) = self.0.split_first()?;
        let (length, rest) = rest.split_first()?;
        let (length, rest) = match *length {
            short @ ..=0x7f => (usize::from(short), rest),
            0x81 => match rest.split_first()? {
                (length @ 0x80.., rest) => (usize::from(*length), rest),
                _ => return None,
            },
            0x82 => match rest.split_first_chunk()? {
                ([high, low], rest) if *high > 0 => (usize::from(u16::from_be_bytes([*high, *low])), rest),
                _ => return None,
            },
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        (*found == tag).then_some(Self(content))
    }

    /// Takes an INTEGER above zero and returns its magnitude.
    fn positive_integer(&mut self) -> Option<&'d [u8]> {
        match self.element(INTEGER)?.0 {
            [0, magnitude @ ..] if magnitude.first().is_some_and(|first| *first >= 0x80) => Some(magnitude),
            magnitude @ [1..0x80, ..] => Some(magnitude),
            _ => None,
        }
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

const MALFORMED: &str = "the DER is not of a public key or certificate";

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OBJECT_IDENTIFIER: u8 = 0x06;
const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;
const NULL: &[u8] = &[0x05, 0x00];

const RSA_ENCRYPTION: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
const EC_PUBLIC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const SECP256R1: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const SECP384R1: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x22];
const SECP521R1: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x23];
const ED25519: &[u8] = &[0x2b, 0x65, 0x70];
