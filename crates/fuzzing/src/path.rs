//! Any bytes as a path, under a policy in which every kind of rule stands.

use std::sync::LazyLock;

use gatewright::{Authorizer, Request};
use vectors::session::{COOKIE, alice};

use crate::asked::{ask, authorizer};
use crate::decide::{FORMS, PIECES, compare};
use crate::draw::at_most;
use crate::reference::path::{Path, Refused};
use crate::reference::{Credential, Effect, Identity, Policy, Question, Rule};

/// The plain decider agrees; what is no clean path passes no rule that accepts nothing; and the canonical path means itself.
///
/// The first byte's bits: a session comes along, a rule accepts forms, bytes above 0x7f stand for the pieces that make a path
/// ambiguous (else they are what they are, which is malformed).
pub fn path(data: &[u8]) {
    let [flags, raw @ ..] = at_most(data, MAX_PATH) else { return };
    let (has_session, accepts) = (flags & 1 != 0, flags & 2 != 0);
    let raw = if flags & 4 == 0 { raw.iter().flat_map(expand).copied().collect() } else { raw.to_vec() };
    let cut = raw.iter().position(|byte| *byte == b'?').unwrap_or(raw.len());
    let (policy, authorizer) = &POLICIES[usize::from(accepts)];
    let question = question(&raw[..cut], raw.get(cut + 1..), has_session);
    let asked = compare(authorizer, policy, &question);
    let read = Path::read(&raw[..cut]);
    let is_clean = read.as_ref().is_ok_and(|path| path.forms.is_empty());
    assert!(is_clean || accepts || !asked.is_allowed(), "{}", asked.explanation);
    let Some((_, text)) = asked.understood() else { return };
    let read = match read {
        Ok(read) => read,
        // The engine stops at other limits than the plain decider; both have refused it.
        Err(Refused::Endless) => return,
        Err(refused) => panic!("a path that is {refused:?} is understood: {}", asked.explanation),
    };
    assert_eq!(text, read.text());
    if is_clean {
        let encoded = read.encoded();
        let again = ask(authorizer, &Request::new("GET", "https", "app.example.com", &encoded, &question.headers));
        assert_eq!(again.understood(), asked.understood(), "{encoded}");
        assert_eq!((again.code(), again.decision.rule()), (asked.code(), asked.decision.rule()), "{encoded}");
    }
}

fn expand(byte: &u8) -> &[u8] {
    match byte.checked_sub(0x80) {
        Some(piece) => PIECES[usize::from(piece) % PIECES.len()].as_bytes(),
        None => std::slice::from_ref(byte),
    }
}

fn question(path: &[u8], query: Option<&[u8]>, has_session: bool) -> Question {
    let mut question = Question {
        method: "GET",
        scheme: "https",
        host: ("app.example.com", Some(("app.example.com", None))),
        path: path.to_vec(),
        query: query.map(<[u8]>::to_vec),
        headers: Vec::new(),
        client: None,
        portless: false,
        credentials: Vec::new(),
    };
    if has_session {
        question.headers.push(("Cookie", format!("{COOKIE}={}", *SESSION)));
        let claims = serde_json::from_str(&alice().payload()).unwrap();
        question.credentials.push(Credential::Good(Identity { kind: "session", claims }));
    }
    question
}

static SESSION: LazyLock<String> = LazyLock::new(|| alice().seal());

/// Without and with a rule that accepts every form.
static POLICIES: LazyLock<[(Policy, Authorizer); 2]> = LazyLock::new(|| {
    let mut files = Rule::new("files", &["/files/**", "/f/*"], Effect::Anyone);
    files.accept = FORMS.to_vec();
    let mut rules = vec![
        Rule::new("admin", &["/admin/**"], Effect::Deny),
        Rule::new("public", &["/public/**", "/", "/é"], Effect::Anyone),
        Rule::new("deep", &["/*/deep", "re:/a/[a-z]+"], Effect::Authenticated),
        Rule::new("members", &[], Effect::Authenticated),
    ];
    let without = Policy { session: true, issuer: false, rules: rules.clone() };
    rules.insert(1, files);
    [without, Policy { session: true, issuer: false, rules }].map(|policy| {
        let authorizer = authorizer(&policy.toml());
        (policy, authorizer)
    })
});

/// Above the 8 KiB that are read.
const MAX_PATH: usize = 9 * 1024;

/// Inputs to begin with.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let paths = [
        "/public/x?y=/admin",
        "/public/../admin",
        "//admin",
        "/admin",
        "/files/a%2fb",
        "/files/a;x/../b",
        "/%2e%2e/admin",
        "/public/%252e%252e/admin",
        "/public/%c0%ae",
        "/%c3%a9",
        "/public%23/x",
        "/files/a./b%20",
        "/a/abc/",
        "/x/deep",
        "/%zz",
        "/\\a",
    ];
    paths.iter().enumerate().map(|(number, path)| [&[number as u8 % 4], path.as_bytes()].concat()).collect()
}
