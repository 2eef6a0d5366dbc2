//! The seal of a session, version 1: `v1.<kid>.<payload>.<mac>` (DESIGN section 4).
//!
//! The MAC covers the purpose, the cookie's name and the text, each with its length before it: a value sealed for anything else
//! opens nothing here, and no byte can move from one field into another.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::base64url;
use crate::secret::Secret;

/// The SHA-256 of a key and of the cookie's name: the same in two rings if both are.
pub(crate) type KeyPrint = [u8; 32];

/// A key of the ring, with purpose and cookie name already under the MAC.
#[derive(Clone)]
pub(crate) struct RingKey {
    pub(crate) kid: String,
    pub(crate) print: KeyPrint,
    keyed: Hmac<Sha256>,
}

impl RingKey {
    pub(crate) fn new(secret: &Secret, cookie: &str) -> Result<Self, String> {
        if secret.len() < MIN_KEY {
            return Err(format!("has {} bytes, at least {MIN_KEY} (`gatewright key generate hmac` makes one)", secret.len()));
        }
        let digest = Sha256::digest(secret.expose());
        let kid = base64url::encode(digest.get(..KID_BYTES).unwrap_or_default());
        let mut keyed = Hmac::<Sha256>::new_from_slice(secret.expose()).map_err(|error| error.to_string())?;
        update_with_length(&mut keyed, PURPOSE.as_bytes());
        update_with_length(&mut keyed, cookie.as_bytes());
        let print = Sha256::new().chain_update(digest).chain_update(cookie).finalize().into();
        Ok(Self { kid, print, keyed })
    }

    /// Seals a payload: the cookie's value.
    pub(crate) fn seal(&self, json: &[u8]) -> String {
        let mut value = format!("{VERSION}.{}.{}", self.kid, base64url::encode(json));
        let mac = base64url::encode(&self.mac(value.as_bytes()).finalize().into_bytes());
        value.push('.');
        value.push_str(&mac);
        value
    }

    fn mac(&self, text: &[u8]) -> Hmac<Sha256> {
        let mut mac = self.keyed.clone();
        update_with_length(&mut mac, text);
        mac
    }

    /// Compares the MAC of `text` with `mac`, whole and in constant time.
    pub(crate) fn verifies(&self, text: &[u8], mac: &[u8]) -> bool {
        self.mac(text).verify_slice(mac).is_ok()
    }
}

impl fmt::Debug for RingKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "RingKey({})", self.kid)
    }
}

/// A cookie value in its four parts.
pub(crate) struct Sealed<'v> {
    pub(crate) kid: &'v [u8],
    pub(crate) payload: &'v [u8],
    pub(crate) mac: Vec<u8>,
    /// `v1.<kid>.<payload>`, which the MAC covers.
    pub(crate) text: &'v [u8],
}

impl<'v> Sealed<'v> {
    pub(crate) fn parse(value: &'v [u8]) -> Option<Self> {
        if value.len() > MAX_VALUE {
            return None;
        }
        let mut parts = value.splitn(4, |byte| *byte == b'.');
        let (version, kid, payload, encoded_mac) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        // base64url has no dot, so a fifth part fails here.
        let mac = base64url::decode(encoded_mac)?;
        let text = value.strip_suffix(encoded_mac)?.strip_suffix(b".")?;
        // Eight characters are six whole bytes: no bits are left over that could differ.
        let is_kid = kid.len() == KID_CHARACTERS && kid.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(byte));
        let well_formed = version == VERSION.as_bytes() && is_kid && mac.len() == MAC_BYTES && !payload.is_empty();
        well_formed.then_some(Self { kid, payload, mac, text })
    }
}

fn update_with_length(mac: &mut Hmac<Sha256>, field: &[u8]) {
    // INVARIANT: purpose, cookie name and text are far below 4 GiB; a longer one would only make a MAC that verifies nowhere.
    let length = u32::try_from(field.len()).unwrap_or(u32::MAX);
    mac.update(&length.to_be_bytes());
    mac.update(field);
}

const VERSION: &str = "v1";

/// Keeps these MACs apart from those of any other use of the same key.
const PURPOSE: &str = "gatewright session v1";

/// Leaves room for the name and attributes, and for neighbours, under the 4,096 bytes browsers keep.
pub(crate) const MAX_VALUE: usize = 2_000;

/// RFC 2104 §3: a key shorter than the hash weakens HMAC.
const MIN_KEY: usize = 32;

const KID_BYTES: usize = 6;

const KID_CHARACTERS: usize = 8;

const MAC_BYTES: usize = 32;
