//! `gatewright key`: keys in the form the policy file takes.

use std::io::Write;
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _};
use clap::{Args, Subcommand, ValueEnum};
use serde::Serialize;

use crate::cli::failure::Failure;
use crate::cli::random;
use crate::cli::report::write_json;

/// Makes keys
#[derive(Debug, Subcommand)]
pub(crate) enum Key {
    Generate(Generate),
}

impl Key {
    pub(crate) fn run(self, out: &mut dyn Write) -> Result<u8, Failure> {
        match self {
            Self::Generate(generate) => generate.run(out),
        }
    }
}

/// Makes a key and prints it
///
/// `hmac` prints a line for `[session] keys` or a shared `secret`: `base64:…`, 64 random bytes, enough for every hash.
/// `es256` and `ed25519` print a private key as PEM (PKCS #8), for whoever signs tokens; `--public FILE` writes the other half
/// as a key set for an issuer's `jwks_file`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLE)]
pub(crate) struct Generate {
    /// What the key is for
    #[arg(value_enum)]
    kind: Kind,
    /// Write the public key to this file as a JWK set (es256, ed25519)
    #[arg(long, value_name = "FILE")]
    public: Option<PathBuf>,
    /// Print one JSON object: `secret`, or `private_key` and `jwks`
    #[arg(long)]
    json: bool,
}

/// The kinds of key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// Seals sessions; signs and checks HS256, HS384, HS512
    Hmac,
    /// ECDSA on P-256
    Es256,
    /// EdDSA on Curve25519
    Ed25519,
    /// Not yet
    Biscuit,
}

impl Generate {
    fn run(self, out: &mut dyn Write) -> Result<u8, Failure> {
        let pair = match self.kind {
            Kind::Hmac => return self.print_secret(out),
            Kind::Es256 => Pair::es256()?,
            Kind::Ed25519 => Pair::ed25519()?,
            Kind::Biscuit => return Err(Failure::Usage("biscuit keys are not supported yet".to_owned())),
        };
        let set = KeySet { keys: [&pair.public] };
        if let Some(path) = &self.public {
            write_public(&set, path)?;
        }
        if self.json {
            write_json(&PairAnswer { private_key: &pair.private_pem, jwks: &set }, out)?;
        } else {
            out.write_all(pair.private_pem.as_bytes())?;
        }
        Ok(0)
    }

    fn print_secret(&self, out: &mut dyn Write) -> Result<u8, Failure> {
        if self.public.is_some() {
            return Err(Failure::Usage("an hmac key has no public half: leave `--public` out".to_owned()));
        }
        let secret = new_secret()?;
        if self.json {
            write_json(&SecretAnswer { secret: &secret }, out)?;
        } else {
            writeln!(out, "{secret}")?;
        }
        Ok(0)
    }
}

/// Makes 512 random bits in the text form of a secret: enough for a session key and for HS256, HS384 and HS512.
pub(crate) fn new_secret() -> Result<String, Failure> {
    Ok(format!("base64:{}", base64_simd::STANDARD.encode_to_string(random::bytes::<64>()?)))
}

/// A key pair in the forms it is given away.
#[derive(Debug)]
struct Pair {
    private_pem: String,
    public: Jwk,
}

impl Pair {
    fn es256() -> Result<Self, Failure> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(|_| no_key())?;
        let document = pair.to_pkcs8v1().map_err(|_| no_key())?;
        // SEC 1 §2.3.3: 4, then both coordinates in 32 bytes each.
        let point = pair.public_key().as_ref().strip_prefix(&[4]).ok_or_else(no_key)?;
        let (x, y) = point.split_at_checked(32).ok_or_else(no_key)?;
        let (x, y) = (base64url(x), base64url(y));
        // RFC 7638 §3.2: the required members in lexicographic order.
        let kid = thumbprint(&format!("{{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"{x}\",\"y\":\"{y}\"}}"));
        let public = Jwk { kty: "EC", crv: "P-256", x, y: Some(y), alg: "ES256", r#use: "sig", kid };
        Ok(Self { private_pem: pem(document.as_ref()), public })
    }

    fn ed25519() -> Result<Self, Failure> {
        let pair = Ed25519KeyPair::generate().map_err(|_| no_key())?;
        let document = pair.to_pkcs8v1().map_err(|_| no_key())?;
        let x = base64url(pair.public_key().as_ref());
        let kid = thumbprint(&format!("{{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"{x}\"}}"));
        // EdDSA rather than its RFC 9864 name Ed25519: every library knows it.
        let public = Jwk { kty: "OKP", crv: "Ed25519", x, y: None, alg: "EdDSA", r#use: "sig", kid };
        Ok(Self { private_pem: pem(document.as_ref()), public })
    }
}

/// A public key (RFC 7517, RFC 8037).
#[derive(Debug, Serialize)]
struct Jwk {
    kty: &'static str,
    crv: &'static str,
    x: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    y: Option<String>,
    alg: &'static str,
    r#use: &'static str,
    kid: String,
}

/// A key set of one.
#[derive(Serialize)]
struct KeySet<'k> {
    keys: [&'k Jwk; 1],
}

#[derive(Serialize)]
struct PairAnswer<'k> {
    private_key: &'k str,
    jwks: &'k KeySet<'k>,
}

#[derive(Serialize)]
struct SecretAnswer<'k> {
    secret: &'k str,
}

fn write_public(set: &KeySet<'_>, path: &Path) -> Result<(), Failure> {
    let mut text = Vec::new();
    write_json(set, &mut text)?;
    std::fs::write(path, text).map_err(|error| Failure::Usage(format!("`{}` cannot be written: {error}", path.display())))
}

fn base64url(bytes: &[u8]) -> String {
    base64_simd::URL_SAFE_NO_PAD.encode_to_string(bytes)
}

fn thumbprint(canonical: &str) -> String {
    base64url(digest(&SHA256, canonical.as_bytes()).as_ref())
}

/// Writes a private key in the textual encoding of RFC 7468 §10: lines of 64 characters.
fn pem(der: &[u8]) -> String {
    let mut text = String::from("-----BEGIN PRIVATE KEY-----\n");
    for (index, character) in base64_simd::STANDARD.encode_to_string(der).chars().enumerate() {
        if index > 0 && index.is_multiple_of(64) {
            text.push('\n');
        }
        text.push(character);
    }
    text.push_str("\n-----END PRIVATE KEY-----\n");
    text
}

fn no_key() -> Failure {
    Failure::Failed("no key could be made".to_owned())
}

const EXAMPLE: &str = "\
Examples:
  export GATEWRIGHT_SESSION_KEY=$(gatewright key generate hmac)
  (umask 077; gatewright key generate es256 --public jwks.json > private.pem)";

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ED25519, UnparsedPublicKey};

    use super::*;

    fn der(pem: &str) -> Vec<u8> {
        let text: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
        base64_simd::STANDARD.decode_to_vec(text).unwrap()
    }

    #[test]
    fn the_private_half_of_an_es256_key_signs_for_the_public_half() {
        let pair = Pair::es256().unwrap();
        let signer = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &der(&pair.private_pem)).unwrap();
        let signature = signer.sign(&aws_lc_rs::rand::SystemRandom::new(), b"text").unwrap();
        let coordinate = |text: &str| base64_simd::URL_SAFE_NO_PAD.decode_to_vec(text).unwrap();
        let point = [vec![4], coordinate(&pair.public.x), coordinate(pair.public.y.as_ref().unwrap())].concat();
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(b"text", signature.as_ref()).unwrap();
    }

    #[test]
    fn the_private_half_of_an_ed25519_key_signs_for_the_public_half() {
        let pair = Pair::ed25519().unwrap();
        let signer = Ed25519KeyPair::from_pkcs8(&der(&pair.private_pem)).unwrap();
        let point = base64_simd::URL_SAFE_NO_PAD.decode_to_vec(&pair.public.x).unwrap();
        UnparsedPublicKey::new(&ED25519, point).verify(b"text", signer.sign(b"text").as_ref()).unwrap();
    }

    #[test]
    fn the_key_id_is_the_thumbprint_of_rfc_8037_appendix_a3() {
        let canonical = r#"{"crv":"Ed25519","kty":"OKP","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
        assert_eq!(thumbprint(canonical), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }

    #[test]
    fn pem_lines_are_64_characters_long() {
        let text = pem(&[0; 100]);
        assert!(text.lines().all(|line| line.len() <= 64) && text.lines().nth(1).unwrap().len() == 64, "{text}");
        assert_eq!(der(&text), [0; 100]);
    }

    #[test]
    fn hmac_keys_are_read_back_as_64_bytes() {
        let mut out = Vec::new();
        Generate { kind: Kind::Hmac, public: None, json: false }.run(&mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(gatewright::Secret::from_text(text.trim_end()).unwrap().len(), 64);
    }

    #[test]
    fn biscuit_keys_are_a_usage_error_for_now() {
        let failure = Generate { kind: Kind::Biscuit, public: None, json: false }.run(&mut Vec::new()).unwrap_err();
        assert_eq!((failure.exit_code(), failure.to_string()), (2, "biscuit keys are not supported yet".to_owned()));
    }
}
