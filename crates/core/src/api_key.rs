//! API keys: a text in a header, known here by its SHA-256 alone.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::excerpt::excerpt;
use crate::identity::Identity;
use crate::rejection::{Refusal, Rejection};
use crate::time::UnixTime;

/// An `[[api_key]]` of the file.
#[derive(Clone)]
pub(crate) struct ApiKeys {
    /// The header's name in lower case.
    pub(crate) header: String,
    entries: HashMap<[u8; 32], ApiKey, ahash::RandomState>,
}

/// One key.
#[derive(Clone, Debug)]
pub(crate) struct ApiKey {
    /// What the key is called: it may be shown, unlike the key.
    pub(crate) id: Arc<str>,
    pub(crate) identity: Arc<Identity>,
    /// Accepted while `now < expires`.
    pub(crate) expires: Option<UnixTime>,
}

impl ApiKeys {
    pub(crate) fn new(header: String) -> Self {
        Self { header, entries: HashMap::default() }
    }

    /// Adds a key by its hash; `false` if the hash is there already.
    pub(crate) fn add(&mut self, sha256: [u8; 32], key: ApiKey) -> bool {
        self.entries.insert(sha256, key).is_none()
    }

    /// Finds the key of a header's value.
    ///
    /// The table is searched by the hash, which nobody can steer towards another's, and what is found is compared in constant time.
    pub(crate) fn verify(&self, value: &[u8], now: UnixTime) -> Result<&ApiKey, Refusal> {
        let unknown = |detail: String| Refusal::new(Rejection::ApiKeyUnknown, detail);
        if !(MIN_KEY..=MAX_KEY).contains(&value.len()) {
            return Err(unknown(format!("a key has {MIN_KEY} to {MAX_KEY} bytes, this one {}", value.len())));
        }
        let digest: [u8; 32] = Sha256::digest(value).into();
        let found = self.entries.get_key_value(&digest).filter(|(stored, _)| bool::from(stored.ct_eq(&digest)));
        let Some((_, key)) = found else {
            return Err(unknown(match visible_prefix(value) {
                Some(prefix) => format!("no entry has this key, which begins with {}", excerpt(prefix)),
                None => "no entry has this key".to_owned(),
            }));
        };
        match key.expires {
            Some(expires) if now >= expires => Err(unknown(format!("the key `{}` expired at {expires}, now {now}", key.id))),
            Some(_) | None => Ok(key),
        }
    }
}

/// Returns `gwk_<id>_` of a key in the form that `gatewright key generate api-key` makes: the part that may be shown.
///
/// An id has no `_`, so nothing of the secret is taken for a part of it, whatever the secret consists of.
fn visible_prefix(value: &[u8]) -> Option<&[u8]> {
    let id_length = value.strip_prefix(PREFIX)?.iter().position(|byte| *byte == b'_').filter(|length| *length <= MAX_ID)?;
    value.get(..PREFIX.len().saturating_add(id_length))
}

impl fmt::Debug for ApiKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "ApiKeys({}: {} keys)", self.header, self.entries.len())
    }
}

/// In bytes: a shorter text can be guessed, whatever its hash.
pub(crate) const MIN_KEY: usize = 16;
/// In bytes.
const MAX_KEY: usize = 512;
const PREFIX: &[u8] = b"gwk_";
/// In bytes, of the id within a key.
const MAX_ID: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::CredentialKind;

    const KEY: &[u8] = b"gwk_ci_0123456789abcdef";

    fn keys(expires: Option<u64>) -> ApiKeys {
        let mut keys = ApiKeys::new("x-api-key".to_owned());
        let identity = Arc::new(Identity::new("ci-bot", CredentialKind::ApiKey));
        keys.add(Sha256::digest(KEY).into(), ApiKey { id: "ci".into(), identity, expires: expires.map(UnixTime::from_secs) });
        keys
    }

    fn verify(keys: &ApiKeys, value: &[u8], now: u64) -> Result<String, String> {
        let found = keys.verify(value, UnixTime::from_secs(now));
        found.map(|key| key.id.to_string()).map_err(|refusal| refusal.detail.into_owned())
    }

    #[test]
    fn the_very_key_is_known_and_no_other() {
        assert_eq!(verify(&keys(None), KEY, 0), Ok("ci".to_owned()));
        for wrong in [&b""[..], b"gwk_ci_0123456789abcdeF", b"gwk_ci_0123456789abcdef ", b"gwk_ci_0123456789abcde", &[b'x'; 513]]
        {
            assert!(verify(&keys(None), wrong, 0).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn an_expired_key_says_so() {
        assert!(verify(&keys(Some(100)), KEY, 99).is_ok());
        assert_eq!(verify(&keys(Some(100)), KEY, 100), Err("the key `ci` expired at 100, now 100".to_owned()));
    }

    #[test]
    fn an_unknown_key_is_told_by_its_visible_prefix_alone() {
        let detail = verify(&keys(None), b"gwk_deploy_SECRETSECRETSECRET", 0).unwrap_err();
        assert_eq!(detail, "no entry has this key, which begins with `gwk_deploy`");
        let detail = verify(&keys(None), b"gwk_deploy_SECRET_SECRET_SECRET_9f", 0).unwrap_err();
        assert_eq!(detail, "no entry has this key, which begins with `gwk_deploy`", "the secret may have `_` itself");
        for other in [&b"SECRETSECRETSECRET_SECRET"[..], b"gwk_SECRETSECRETSECRETSECRETSECRETSECRET_", b"gwk_SECRETSECRETSECRET"]
        {
            assert_eq!(verify(&keys(None), other, 0), Err("no entry has this key".to_owned()));
        }
    }
}
