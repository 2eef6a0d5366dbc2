//! Stored hashes: argon2id (RFC 9106) in PHC form, and bcrypt.

use std::fmt;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, Params, PasswordVerifier as _};

/// A stored hash, read and within limits.
#[derive(Clone)]
pub(super) struct StoredHash {
    text: Box<str>,
    parsed: Parsed,
}

#[derive(Clone)]
enum Parsed {
    Argon2id(Box<PasswordHash>),
    Bcrypt,
}

impl StoredHash {
    /// Reads what stands after `name:`; the error says what to write instead and does not repeat the hash.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim_end();
        let parsed = if text.starts_with("$argon2") {
            Parsed::Argon2id(Box::new(argon2id(text)?))
        } else if text.starts_with("$2") {
            check_bcrypt(text)?;
            Parsed::Bcrypt
        } else {
            return Err("the hash is neither argon2id (`$argon2id$…`) nor bcrypt (`$2y$…`); `htpasswd -B` makes one".to_owned());
        };
        Ok(Self { text: text.into(), parsed })
    }

    /// Hashes the password with the stored salt and cost, and compares in constant time.
    pub(super) fn verify(&self, password: &[u8]) -> bool {
        match &self.parsed {
            Parsed::Argon2id(hash) => Argon2::default().verify_password(password, hash.as_ref()).is_ok(),
            // Of a long password bcrypt takes the first 72 bytes, here as in every other program that reads the file.
            Parsed::Bcrypt => bcrypt::verify(password, &self.text).unwrap_or(false),
        }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }
}

impl fmt::Debug for StoredHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self.parsed {
            Parsed::Argon2id(_) => "StoredHash(argon2id)",
            Parsed::Bcrypt => "StoredHash(bcrypt)",
        })
    }
}

fn argon2id(text: &str) -> Result<PasswordHash, String> {
    let hash = PasswordHash::new(text).map_err(|error| format!("the argon2 hash cannot be read: {error}"))?;
    if hash.algorithm.as_str() != "argon2id" {
        return Err(format!("the hash is {}; write argon2id, which resists both ways of attack (RFC 9106 §4)", hash.algorithm));
    }
    let parameters = Params::try_from(&hash).map_err(|error| format!("the argon2id parameters cannot be used: {error}"))?;
    if hash.salt.is_none() || hash.hash.is_none() {
        return Err("the argon2id hash has no salt or no hash".to_owned());
    }
    let (memory, time, lanes) = (parameters.m_cost(), parameters.t_cost(), parameters.p_cost());
    if memory > MAX_MEMORY || time > MAX_TIME || lanes > MAX_LANES {
        return Err(format!(
            "argon2id with m={memory}, t={time}, p={lanes} costs too much for every check; at most m={MAX_MEMORY}, t={MAX_TIME}, p={MAX_LANES}"
        ));
    }
    Ok(hash)
}

fn check_bcrypt(text: &str) -> Result<(), String> {
    let parts: bcrypt::HashParts = text.parse().map_err(|error| format!("the bcrypt hash cannot be read: {error}"))?;
    if text.starts_with("$2x$") {
        return Err("the hash is `$2x$`, made by a faulty program; make a new one with `htpasswd -B`".to_owned());
    }
    let cost = parts.get_cost();
    if (4..=MAX_COST).contains(&cost) {
        return Ok(());
    }
    Err(format!("bcrypt with cost {cost}: between 4 and {MAX_COST} a check takes less than some seconds"))
}

/// In KiB: RFC 9106 §4 recommends 64 MiB, or 2 GiB for machines that do nothing else.
const MAX_MEMORY: u32 = 256 * 1024;
/// Passes over the memory; RFC 9106 §4 recommends 1 or 3.
const MAX_TIME: u32 = 16;
const MAX_LANES: u32 = 16;
/// Four seconds or so; every step more doubles it.
const MAX_COST: u32 = 16;

#[cfg(test)]
mod tests {
    use super::*;

    /// The password is `password`; m=8, t=1, p=1.
    const ARGON2ID: &str = "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$8Tf44YakA6Z5zNBgblq13Nr+Q8FkCFWsjG4z6b1j7rM";

    #[test]
    fn bcrypt_of_every_sound_version_is_verified() {
        // The same hash under its three names; `$2y$` is what htpasswd writes.
        for version in ["2a", "2b", "2y"] {
            let hash =
                StoredHash::parse(&format!("${version}$04$xPcmM9vdqLbpoORXbhCHYOfyXMXawPau/s46rD3AI7zajaqSk28GS")).unwrap();
            assert!(hash.verify(b"secret") && !hash.verify(b"secreT") && !hash.verify(b""), "{version}");
        }
    }

    #[test]
    fn argon2id_is_verified() {
        let hash = StoredHash::parse(ARGON2ID).unwrap();
        assert!(hash.verify(b"password") && !hash.verify(b"Password") && !hash.verify(b""));
    }

    #[test]
    fn weak_and_costly_hashes_are_refused_with_what_to_write() {
        for (text, hint) in [
            ("secret", "htpasswd -B"),
            ("{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=", "htpasswd -B"),
            ("$apr1$x$y", "htpasswd -B"),
            ("$2x$04$xPcmM9vdqLbpoORXbhCHYOfyXMXawPau/s46rD3AI7zajaqSk28GS", "faulty"),
            ("$2y$31$xPcmM9vdqLbpoORXbhCHYOfyXMXawPau/s46rD3AI7zajaqSk28GS", "cost 31"),
            ("$2y$04$short", "cannot be read"),
            (&ARGON2ID.replace("argon2id", "argon2i"), "write argon2id"),
            (&ARGON2ID.replace("m=8", "m=4194304"), "costs too much"),
            (&ARGON2ID.replace("t=1", "t=99"), "costs too much"),
            ("$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ", "no salt or no hash"),
            ("$argon2id$", "cannot be read"),
        ] {
            let error = StoredHash::parse(text).unwrap_err();
            assert!(error.contains(hint), "{text}: {error}");
        }
    }

    #[test]
    fn debug_shows_no_hash() {
        assert_eq!(format!("{:?}", StoredHash::parse(ARGON2ID).unwrap()), "StoredHash(argon2id)");
    }
}
