//! Passwords that were right, by a keyed hash: looking one up costs a microsecond instead of a password hash.
//!
//! The key is made anew in every process and never leaves it, so what is kept here helps nobody to guess a password. The stored
//! hash is part of what is hashed: a changed line of the htpasswd file is another entry.

use std::sync::OnceLock;

use aws_lc_rs::rand;
use hmac::{Hmac, KeyInit as _, Mac as _};
use quick_cache::sync::Cache;
use sha2::Sha256;

/// A bounded set of passwords that were right.
pub(crate) struct RememberedPasswords {
    /// Made with the first password, because gathering randomness takes longer than starting. `None` if the operating system had
    /// none to give: then nothing is remembered.
    keyed: OnceLock<Option<Hmac<Sha256>>>,
    right: Cache<[u8; 32], ()>,
}

/// Stands for a name, a password and the stored hash it was right for; made by [`RememberedPasswords::print`] alone.
#[derive(Clone, Copy)]
pub(crate) struct PasswordPrint([u8; 32]);

impl RememberedPasswords {
    pub(super) fn new() -> Self {
        Self { keyed: OnceLock::new(), right: Cache::new(MAX_PASSWORDS) }
    }

    /// Hashes the three with their lengths in front, so that no byte can move from one to the next.
    pub(crate) fn print(&self, name: &str, password: &str, stored: &str) -> Option<PasswordPrint> {
        let mut mac = self.keyed.get_or_init(random_key).clone()?;
        for part in [name, password, stored] {
            mac.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            mac.update(part.as_bytes());
        }
        Some(PasswordPrint(mac.finalize().into_bytes().into()))
    }

    /// Whether the password was right before.
    pub(crate) fn knows(&self, print: PasswordPrint) -> bool {
        self.right.get(&print.0).is_some()
    }

    pub(crate) fn remember(&self, print: PasswordPrint) {
        self.right.insert(print.0, ());
    }
}

fn random_key() -> Option<Hmac<Sha256>> {
    let mut key = [0; 32];
    rand::fill(&mut key).ok()?;
    Hmac::new_from_slice(&key).ok()
}

/// Far more users than anybody keeps in an htpasswd file; one takes about a hundred bytes.
const MAX_PASSWORDS: usize = 10_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_name_password_and_hash_are_known() {
        let passwords = RememberedPasswords::new();
        let print = |name, password, stored| passwords.print(name, password, stored).unwrap();
        passwords.remember(print("alice", "a:b", "$h1"));
        assert!(passwords.knows(print("alice", "a:b", "$h1")));
        for (name, password, stored) in [
            ("alice:a", "b", "$h1"),
            ("alice", "a:b$", "h1"),
            ("alice", "a:b", "$h2"),
            ("alice", "a", "$h1"),
            ("Alice", "a:b", "$h1"),
        ] {
            assert!(!passwords.knows(print(name, password, stored)), "{name} {password} {stored}");
        }
    }

    #[test]
    fn another_process_hashes_differently() {
        let (one, other) = (RememberedPasswords::new(), RememberedPasswords::new());
        assert_ne!(one.print("a", "b", "c").unwrap().0, other.print("a", "b", "c").unwrap().0);
    }
}
