//! User names and passwords (RFC 7617), checked against an htpasswd file.
//!
//! A check takes as long as whoever made the hash wanted it to take, and for a name that nobody has it takes as long as for one
//! that somebody has. Nothing is remembered or counted here: see `memory`.

mod hash;

use std::collections::HashMap;
use std::sync::Arc;

use self::hash::StoredHash;
use crate::claims::check_name;
use crate::identity::{CredentialKind, Identity};
use crate::rejection::{Refusal, Rejection};
use crate::secret::Unprinted;

/// The users of every `[[basic]]`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Passwords {
    users: Vec<User>,
    by_name: HashMap<Box<str>, usize, ahash::RandomState>,
}

/// A line of an htpasswd file.
#[derive(Clone, Debug)]
pub(crate) struct User {
    pub(crate) identity: Arc<Identity>,
    hash: StoredHash,
}

/// The groups of each user.
#[derive(Clone, Debug)]
pub(crate) struct GroupFile(HashMap<String, Vec<Box<str>>>);

/// A user name and a password, as a client sent them.
#[derive(Clone, Debug)]
pub(crate) struct UserPass {
    pub(crate) name: String,
    pub(crate) password: Unprinted,
}

/// The account a name belongs to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Account<'p> {
    Of(&'p User),
    /// Nobody has this name. The user is somebody else, whose hash is computed all the same, so that time tells nothing.
    Nobody(&'p User),
}

impl UserPass {
    /// Reads the credential of the scheme: base64 of `name:password` in UTF-8 (RFC 7617 §2, §2.1).
    pub(crate) fn parse(credential: &[u8]) -> Result<Self, Refusal> {
        let malformed = |detail: &'static str| Refusal::new(Rejection::TokenMalformed, detail);
        if credential.len() > MAX_CREDENTIAL {
            return Err(malformed("the user name and password are too long"));
        }
        let decoded = base64_simd::STANDARD.decode_to_vec(credential).map_err(|_| malformed("the credential is not base64"))?;
        let text = String::from_utf8(decoded).map_err(|_| malformed("the user name and password are not UTF-8"))?;
        let (name, password) = text.split_once(':').ok_or_else(|| malformed("there is no `:` after the user name"))?;
        if text.contains(char::is_control) {
            return Err(malformed("the user name or password has control characters"));
        }
        Ok(Self { name: name.to_owned(), password: password.to_owned().into() })
    }
}

impl Passwords {
    /// Adds the users of an htpasswd file, and their groups.
    ///
    /// The error says in which line what is wrong; the warnings name members of groups who are no users.
    pub(crate) fn add(&mut self, htpasswd: &str, mut members: Option<GroupFile>) -> Result<Vec<String>, String> {
        for (number, line) in lines(htpasswd) {
            let (name, hash) = line.split_once(':').ok_or_else(|| {
                format!("line {number}: write `name:hash`, as the program htpasswd does, or `file:PATH` for a file of such lines")
            })?;
            check_name(name).map_err(|fault| format!("line {number}: the user name {fault}"))?;
            let hash = StoredHash::parse(hash).map_err(|what| format!("line {number}: user `{name}`: {what}"))?;
            let mut identity = Identity::new(name, CredentialKind::Basic);
            identity.groups = members.as_mut().map(|members| members.0.remove(name).unwrap_or_default());
            if self.by_name.insert(name.into(), self.users.len()).is_some() {
                return Err(format!("line {number}: user `{name}` is there twice"));
            }
            self.users.push(User { identity: Arc::new(identity), hash });
        }
        let mut strangers: Vec<&String> = members.iter().flat_map(|members| members.0.keys()).collect();
        strangers.sort();
        Ok(strangers.into_iter().map(|name| format!("`{name}` has groups and no password")).collect())
    }

    /// Finds the account of a name, compared byte for byte: no name has a second spelling. `None` if nobody has an account.
    ///
    /// The hash decides who stands in for somebody who has none: always the same user for the same name, and which one nobody
    /// outside can tell.
    pub(crate) fn account(&self, name: &str, hash: u64) -> Option<Account<'_>> {
        if let Some(user) = self.by_name.get(name).and_then(|position| self.users.get(*position)) {
            return Some(Account::Of(user));
        }
        let count = u64::try_from(self.users.len()).ok()?;
        let position = usize::try_from(hash.checked_rem(count)?).ok()?;
        self.users.get(position).map(Account::Nobody)
    }
}

impl User {
    /// Returns the text of the stored hash: what a password was right for.
    pub(crate) fn stored(&self) -> &str {
        self.hash.text()
    }
}

impl<'p> Account<'p> {
    /// Hashes the password and compares: the user if it is theirs. Slow on purpose.
    pub(crate) fn verify(self, password: &str) -> Option<&'p User> {
        match self {
            Self::Of(user) => user.hash.verify(password.as_bytes()).then_some(user),
            Self::Nobody(somebody) => {
                std::hint::black_box(somebody.hash.verify(password.as_bytes()));
                None
            }
        }
    }
}

impl GroupFile {
    /// Reads `group: user user …`, one group in a line, as Apache's `AuthGroupFile` has it; the error says in which line.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut members: HashMap<String, Vec<Box<str>>> = HashMap::new();
        for (number, line) in lines(text) {
            let (group, names) = line.split_once(':').ok_or_else(|| format!("line {number}: write `group: user user`"))?;
            let group = group.trim();
            check_name(group).map_err(|fault| format!("line {number}: the group's name {fault}"))?;
            for name in names.split_ascii_whitespace() {
                let groups = members.entry(name.to_owned()).or_default();
                if !groups.iter().any(|known| **known == *group) {
                    groups.push(group.into());
                }
            }
        }
        Ok(Self(members))
    }
}

/// Returns the lines that say something, with their numbers from 1.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'))
}

/// In bytes, encoded: a name of 256 and a password of 1,024 bytes.
const MAX_CREDENTIAL: usize = 1_708;

#[cfg(test)]
mod tests {
    use super::*;

    const ALICE: &str = "alice:$2b$04$xPcmM9vdqLbpoORXbhCHYOfyXMXawPau/s46rD3AI7zajaqSk28GS";

    fn passwords(groups: Option<&str>) -> Passwords {
        let mut passwords = Passwords::default();
        passwords.add(ALICE, groups.map(|text| GroupFile::parse(text).unwrap())).unwrap();
        passwords
    }

    fn parse(text: &[u8]) -> Result<(String, String), &'static str> {
        let encoded = base64_simd::STANDARD.encode_to_string(text);
        let parsed = UserPass::parse(encoded.as_bytes());
        parsed.map(|it| (it.name, it.password.to_string())).map_err(|refusal| refusal.rejection.code())
    }

    #[test]
    fn the_first_colon_ends_the_name() {
        assert_eq!(parse(b"alice:a:b"), Ok(("alice".to_owned(), "a:b".to_owned())));
        assert_eq!(parse("zoë:ü".as_bytes()), Ok(("zoë".to_owned(), "ü".to_owned())));
        assert_eq!(parse(b":"), Ok((String::new(), String::new())));
    }

    #[test]
    fn anything_else_is_malformed() {
        for wrong in [&b"alice"[..], b"", b"alice:\xff", b"alice:a\0b", b"ali\nce:x", &[b'a'; 2_000]] {
            assert_eq!(parse(wrong), Err("token_malformed"), "{wrong:?}");
        }
        for wrong in ["YWxpY2U6eA", "YWxpY2U6eA=", "YWxpY2U6e-__", " YWxpY2U6eA=="] {
            assert!(UserPass::parse(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn only_the_right_password_of_the_right_name_is_somebody() {
        let passwords = passwords(None);
        let verify = |name: &str, password: &str| {
            passwords.account(name, 7).and_then(|account| account.verify(password)).map(|user| user.identity.subject().to_owned())
        };
        assert_eq!(verify("alice", "secret").as_deref(), Some("alice"));
        for (name, password) in [("alice", "Secret"), ("alice", ""), ("Alice", "secret"), ("alice ", "secret"), ("", "secret")] {
            assert_eq!(verify(name, password), None, "{name} {password}");
        }
    }

    #[test]
    fn a_group_file_gives_groups_and_strangers_are_named() {
        let mut passwords = Passwords::default();
        let warnings = passwords
            .add(ALICE, Some(GroupFile::parse("# who\nstaff: alice bob\nadmins : alice\nstaff: alice\n").unwrap()))
            .unwrap();
        assert_eq!(warnings, ["`bob` has groups and no password"]);
        let Some(Account::Of(alice)) = passwords.account("alice", 7) else { panic!("alice is there") };
        assert_eq!(alice.identity.groups().collect::<Vec<_>>(), ["staff", "admins"]);
    }

    #[test]
    fn without_a_group_file_nothing_is_said_of_groups() {
        let passwords = passwords(None);
        let Some(Account::Of(alice)) = passwords.account("alice", 7) else { panic!("alice is there") };
        assert_eq!(alice.identity.groups, None);
    }

    #[test]
    fn wrong_lines_are_named_by_their_number() {
        for (text, hint) in [
            ("\nalice", "line 2: write `name:hash`"),
            (":$2b$04$xPcmM9vdqLbpoORXbhCHYOfyXMXawPau/s46rD3AI7zajaqSk28GS", "line 1: the user name is empty"),
            (&format!("{ALICE}\n{ALICE}"), "line 2: user `alice` is there twice"),
            ("bob:secret", "line 1: user `bob`"),
        ] {
            let error = Passwords::default().add(text, None).unwrap_err();
            assert!(error.contains(hint), "{text}: {error}");
        }
        assert_eq!(GroupFile::parse("staff: alice\nstaff alice").unwrap_err(), "line 2: write `group: user user`");
    }

    #[test]
    fn a_file_without_users_is_nobody() {
        for text in ["", "# nobody\n\n"] {
            let mut passwords = Passwords::default();
            assert_eq!(passwords.add(text, None), Ok(Vec::new()));
            assert!(passwords.account("alice", 7).is_none());
        }
    }
}
