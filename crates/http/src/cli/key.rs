//! `gatewright key`: keys in the form the policy file takes.

use std::io::Write;
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair};
use clap::{Args, Subcommand, ValueEnum};
use gatewright::SigningKey;
use gatewright_issuer::biscuit::RootKey;
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
/// as a key set for an issuer's `jwks_file`. `biscuit` prints a private root key, `ed25519-private/…`; `--public FILE` writes the
/// line for `public_keys`. `api-key` prints a key for one client and, after it, the entry to put into the file of entries, which
/// holds no more than the key's hash.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLE)]
pub(crate) struct Generate {
    /// What the key is for
    #[arg(value_enum)]
    kind: Kind,
    /// Write the public half to this file: a JWK set (es256, ed25519), or a line for `public_keys` (biscuit)
    #[arg(long, value_name = "FILE")]
    public: Option<PathBuf>,
    /// Whom an api-key stands for
    #[arg(long, required_if_eq("kind", "api-key"))]
    subject: Option<String>,
    /// The public name of an api-key, part of its text and of every log line (made up)
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// Print one JSON object: `secret`, `private_key` and `jwks` or `public_key`, or `key`, `id`, `sha256` and `subject`
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
    /// Signs biscuits: Ed25519
    Biscuit,
    /// Presented by a client in a header
    ApiKey,
}

impl Generate {
    fn run(self, out: &mut dyn Write) -> Result<u8, Failure> {
        let pair = match self.kind {
            Kind::Hmac => return self.print_secret(out),
            Kind::Es256 => Pair::es256()?,
            Kind::Ed25519 => Pair::ed25519()?,
            Kind::Biscuit => return self.print_root_key(out),
            Kind::ApiKey => return self.print_api_key(out),
        };
        self.refuse_name()?;
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

    fn print_root_key(&self, out: &mut dyn Write) -> Result<u8, Failure> {
        self.refuse_name()?;
        let key = RootKey::generate();
        let (private, public) = (key.private_text(), key.public_text());
        if let Some(path) = &self.public {
            write_file(format!("{public}\n").as_bytes(), path)?;
        }
        if self.json {
            write_json(&RootKeyAnswer { private_key: &private, public_key: &public }, out)?;
        } else {
            writeln!(out, "{private}")?;
        }
        Ok(0)
    }

    fn print_api_key(&self, out: &mut dyn Write) -> Result<u8, Failure> {
        self.refuse_public("an api-key")?;
        let subject = self.subject.as_deref().unwrap_or_default();
        let id = match &self.id {
            Some(id) => id.clone(),
            None => hex(&random::bytes::<4>()?),
        };
        if id.is_empty() || id.len() > MAX_ID || !id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
            return Err(Failure::Usage(format!("an id has 1 to {MAX_ID} letters, digits and `-`")));
        }
        let key = format!("gwk_{id}_{}", base64_simd::URL_SAFE_NO_PAD.encode_to_string(random::bytes::<32>()?));
        let sha256 = hex(digest(&SHA256, key.as_bytes()).as_ref());
        if self.json {
            write_json(&ApiKeyAnswer { key: &key, id: &id, sha256: &sha256, subject }, out)?;
        } else {
            // A string of JSON is one of TOML.
            let text = |text: &str| serde_json::Value::from(text).to_string();
            writeln!(out, "{key}\n")?;
            writeln!(out, "[[key]]\nid = {}\nsha256 = {}\nsubject = {}", text(&id), text(&sha256), text(subject))?;
        }
        Ok(0)
    }

    fn refuse_public(&self, what: &str) -> Result<(), Failure> {
        match self.public {
            Some(_) => Err(Failure::Usage(format!("{what} has no public half: leave `--public` out"))),
            None => Ok(()),
        }
    }

    fn refuse_name(&self) -> Result<(), Failure> {
        match (&self.subject, &self.id) {
            (None, None) => Ok(()),
            _ => Err(Failure::Usage("`--subject` and `--id` belong to an api-key".to_owned())),
        }
    }

    fn print_secret(&self, out: &mut dyn Write) -> Result<u8, Failure> {
        self.refuse_name()?;
        self.refuse_public("an hmac key")?;
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
    public: serde_json::Value,
}

impl Pair {
    fn es256() -> Result<Self, Failure> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(|_| no_key())?;
        Self::of(pair.to_pkcs8v1().map_err(|_| no_key())?.as_ref())
    }

    fn ed25519() -> Result<Self, Failure> {
        let pair = Ed25519KeyPair::generate().map_err(|_| no_key())?;
        Self::of(pair.to_pkcs8v1().map_err(|_| no_key())?.as_ref())
    }

    fn of(document: &[u8]) -> Result<Self, Failure> {
        let private_pem = pem(document);
        let key = SigningKey::from_pem(&private_pem).map_err(|error| Failure::Failed(error.to_string()))?;
        let public = serde_json::from_str(key.public_jwk()).map_err(|error| Failure::Failed(error.to_string()))?;
        Ok(Self { private_pem, public })
    }
}

/// A key set of one.
#[derive(Serialize)]
struct KeySet<'k> {
    keys: [&'k serde_json::Value; 1],
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

#[derive(Serialize)]
struct RootKeyAnswer<'k> {
    private_key: &'k str,
    public_key: &'k str,
}

#[derive(Serialize)]
struct ApiKeyAnswer<'k> {
    key: &'k str,
    id: &'k str,
    sha256: &'k str,
    subject: &'k str,
}

fn write_public(set: &KeySet<'_>, path: &Path) -> Result<(), Failure> {
    let mut text = Vec::new();
    write_json(set, &mut text)?;
    write_file(&text, path)
}

fn write_file(text: &[u8], path: &Path) -> Result<(), Failure> {
    std::fs::write(path, text).map_err(|error| Failure::Usage(format!("`{}` cannot be written: {error}", path.display())))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
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

/// Enough for a name that a person can tell from another.
const MAX_ID: usize = 32;

const EXAMPLE: &str = "\
Examples:
  export GATEWRIGHT_SESSION_KEY=$(gatewright key generate hmac)
  (umask 077; gatewright key generate es256 --public jwks.json > private.pem)
  (umask 077; gatewright key generate biscuit --public root.pub > root.key)
  gatewright key generate api-key --subject report-bot";

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ED25519, UnparsedPublicKey};

    use super::*;

    fn der(pem: &str) -> Vec<u8> {
        let text: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
        base64_simd::STANDARD.decode_to_vec(text).unwrap()
    }

    fn coordinate(pair: &Pair, name: &str) -> Vec<u8> {
        base64_simd::URL_SAFE_NO_PAD.decode_to_vec(pair.public[name].as_str().unwrap()).unwrap()
    }

    #[test]
    fn the_private_half_of_an_es256_key_signs_for_the_public_half() {
        let pair = Pair::es256().unwrap();
        let signer = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &der(&pair.private_pem)).unwrap();
        let signature = signer.sign(&aws_lc_rs::rand::SystemRandom::new(), b"text").unwrap();
        let point = [vec![4], coordinate(&pair, "x"), coordinate(&pair, "y")].concat();
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(b"text", signature.as_ref()).unwrap();
    }

    #[test]
    fn the_private_half_of_an_ed25519_key_signs_for_the_public_half() {
        let pair = Pair::ed25519().unwrap();
        let signer = Ed25519KeyPair::from_pkcs8(&der(&pair.private_pem)).unwrap();
        UnparsedPublicKey::new(&ED25519, coordinate(&pair, "x")).verify(b"text", signer.sign(b"text").as_ref()).unwrap();
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
        generate(Kind::Hmac).run(&mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(gatewright::Secret::from_text(text.trim_end()).unwrap().len(), 64);
    }

    #[test]
    fn the_public_half_of_a_biscuit_key_is_what_the_policy_file_takes() {
        let mut out = Vec::new();
        generate(Kind::Biscuit).run(&mut out).unwrap();
        let key = RootKey::parse(str::from_utf8(&out).unwrap()).unwrap();
        let text = format!(
            "version = 1\n[[biscuit]]\npublic_keys = [\"{}\"]\nidentity = {{ subject = \"data($u) <- user($u)\" }}",
            key.public_text()
        );
        gatewright::Config::from_toml(&text).unwrap();
    }

    #[test]
    fn an_api_key_is_known_by_the_entry_printed_with_it() {
        let mut out = Vec::new();
        Generate { subject: Some("report \"bot\"".to_owned()), ..generate(Kind::ApiKey) }.run(&mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let (key, entry) = text.split_once("\n\n").unwrap();
        let policy = "version = 1\n[[api_key]]\nheader = \"X-Api-Key\"\nentries = \"keys.toml\"\n[[rule]]\nid = \"a\"\nallow = \"authenticated\"\n";
        let config = gatewright::Config::from_toml(policy).unwrap().resolve(|_| Ok(entry.as_bytes().to_vec())).unwrap();
        let authorizer = gatewright::Authorizer::new(&config).unwrap();
        let headers = [("X-Api-Key", key)];
        let request = gatewright::Request::new("GET", "https", "a.example", "/", &headers);
        let permit = authorizer.decide(&request, gatewright::UnixTime::from_secs(1)).into_permit().unwrap();
        assert_eq!(permit.identity().unwrap().subject(), "report \"bot\"");
    }

    #[test]
    fn options_that_do_not_belong_to_a_key_are_refused() {
        let file = || Some(PathBuf::from("unused"));
        for wrong in [
            Generate { public: file(), ..generate(Kind::Hmac) },
            Generate { public: file(), subject: Some("a".to_owned()), ..generate(Kind::ApiKey) },
            Generate { subject: Some("a".to_owned()), ..generate(Kind::Biscuit) },
            Generate { id: Some("a".to_owned()), ..generate(Kind::Es256) },
            Generate { id: Some("a_b".to_owned()), subject: Some("a".to_owned()), ..generate(Kind::ApiKey) },
        ] {
            assert_eq!(wrong.run(&mut Vec::new()).unwrap_err().exit_code(), 2);
        }
    }

    fn generate(kind: Kind) -> Generate {
        Generate { kind, public: None, subject: None, id: None, json: false }
    }
}
