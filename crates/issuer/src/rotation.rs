//! Rotation of keys that sign: a first key that nobody knew before locks out everybody who still has the old list.

use gatewright::{Authorizer, SessionClaims, UnixTime};
use serde_json::Value;

/// Says what `new` signs with a key that nobody who has `old` can check.
pub(crate) fn warnings(old: &Authorizer, new: &Authorizer, now: UnixTime) -> Vec<String> {
    [sessions(old, new, now), assertions(old, new)].into_iter().flatten().map(str::to_owned).collect()
}

/// Found out by trying: a probe sealed by the new authorizer is shown to the old one.
fn sessions(old: &Authorizer, new: &Authorizer, now: UnixTime) -> Option<&'static str> {
    old.session_cookie()?;
    let probe = SessionClaims::new("probe", "probe");
    let sealed = new.seal_session(&probe, now).ok()?;
    let before = old.seal_session(&probe, now).ok()?;
    let is_known = key_id(&sealed) == key_id(&before) || old.inspect_session(&sealed, now).is_ok();
    (!is_known).then_some(SESSION)
}

/// `v1.<kid>.<payload>.<mac>`
fn key_id(sealed: &str) -> Option<&str> {
    sealed.split('.').nth(1)
}

/// The first key signs, and the old list has to have it.
fn assertions(old: &Authorizer, new: &Authorizer) -> Option<&'static str> {
    let keys = |authorizer: &Authorizer| serde_json::from_str::<Value>(authorizer.assertion_keys()?).ok();
    let (old, new) = (keys(old)?, keys(new)?);
    let first = new.pointer("/keys/0/kid")?;
    let mut known = old.get("keys")?.as_array()?.iter().filter_map(|key| key.get("kid"));
    known.all(|kid| kid != first).then_some(ASSERTION)
}

const SESSION: &str = "the first key of `[session] keys` was not in the list before: instances that have not reloaded yet refuse \
                       the cookies sealed with it; append a new key everywhere first, then move it to the front";
const ASSERTION: &str = "the first key of `[assertion] keys` was not in the list before: backends that keep the old key set \
                         refuse what it signs; append a new key first, and move it to the front when they have fetched it";

#[cfg(test)]
mod tests {
    use gatewright::Config;

    use super::*;

    const NOW: UnixTime = UnixTime::from_secs(1_767_225_600);

    fn authorizer(table: &str, keys: &[&str]) -> Authorizer {
        let lifetime = if table == "session" { "lifetime = \"12h\"" } else { "header = \"X-Assertion\"" };
        let quoted: Vec<String> = keys.iter().map(|key| Value::from(*key).to_string()).collect();
        let text = format!("version = 1\n[{table}]\nkeys = [{}]\n{lifetime}\n", quoted.join(", "));
        Authorizer::new(&Config::from_toml(&text).unwrap()).unwrap()
    }

    fn check(table: &str, a: &str, b: &str) {
        let warnings = |old: &[&str], new: &[&str]| warnings(&authorizer(table, old), &authorizer(table, new), NOW).len();
        assert_eq!(warnings(&[a], &[a]), 0);
        assert_eq!(warnings(&[a], &[a, b]), 0, "appended");
        assert_eq!(warnings(&[a, b], &[b, a]), 0, "moved to the front");
        assert_eq!(warnings(&[a, b], &[b]), 0, "the old one taken away");
        assert_eq!(warnings(&[a], &[b]), 1);
        assert_eq!(warnings(&[a], &[b, a]), 1);
    }

    #[test]
    fn a_session_key_that_nobody_knew_is_warned_of() {
        check("session", "0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210");
    }

    #[test]
    fn an_assertion_key_that_nobody_knew_is_warned_of() {
        let pem = |text: &str| format!("-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----\n");
        // RFC 8037, appendix A.1, and RFC 8410, section 10.3.
        let (a, b) = (
            pem("MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g"),
            pem("MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC"),
        );
        check("assertion", &a, &b);
    }
}
