//! Policies and requests of the fuzzer's choice, decided twice: by the engine and by the plain decider in `reference`.

use gatewright::{Authorizer, Config, Request};
use serde_json::{Map, Value, json};
use vectors::key::{ED_1, ED_2};
use vectors::session::{COOKIE, KEY_A, KEY_C, seal_text};
use vectors::token::{Claims, Signer};
use vectors::{LOGIN, NOW, PARTNER};

use crate::asked::{Asked, ask};
use crate::draw::{Draw, at_most};
use crate::reference::target::{EXPRESSIONS, NETWORKS};
use crate::reference::{Credential, Effect, Expected, Identity, Policy, Question, Rule, Table, decide as decide_plainly};

/// Both deciders agree on code, rule, subject and shadow reports, and the engine reads every policy that is drawn here.
pub fn decide(data: &[u8]) {
    let mut draw = Draw::new(at_most(data, MAX_INPUT));
    let question = drawn_question(&mut draw);
    let policy = drawn_policy(&mut draw);
    let toml = policy.toml();
    let config = Config::from_toml(&toml).unwrap_or_else(|error| panic!("{}\n{toml}", error.render("drawn.toml")));
    compare(&Authorizer::new(&config).unwrap(), &policy, &question);
}

/// Asks both deciders.
pub(crate) fn compare(authorizer: &Authorizer, policy: &Policy, question: &Question) -> Asked {
    let target = match &question.query {
        Some(query) => [&question.path, b"?".as_slice(), query].concat(),
        None => question.path.clone(),
    };
    let mut request = Request::new(question.method, question.scheme, question.host.0, &target, &question.headers);
    if let Some(client) = question.client {
        request = request.client(client);
    }
    if question.portless {
        request = request.portless_host();
    }
    let asked = ask(authorizer, &request);
    let mut expected = decide_plainly(policy, question, NOW);
    let decision = &asked.decision;
    let rule = Some(decision.rule().map(str::to_owned));
    if expected.rule.is_none() {
        // A limit that the contract does not name decides which rule speaks, if any.
        expected = Expected { rule: rule.clone(), shadows: Vec::new(), ..expected };
    }
    let shadows = decision.shadows().iter().map(|shadow| (shadow.rule.clone(), shadow.code)).collect();
    let seen = Expected { code: decision.code(), rule, subject: asked.subject().map(str::to_owned), shadows };
    assert!(
        seen == expected || (expected.shadows.is_empty() && Expected { shadows: Vec::new(), ..seen.clone() } == expected),
        "the engine says   {seen:?}\nthe contract says {expected:?}\n{}\n{question:?}\npath {}\n{}",
        policy.toml(),
        question.path.escape_ascii(),
        asked.explanation
    );
    asked
}

fn drawn_policy(draw: &mut Draw<'_>) -> Policy {
    let (session, issuer) = *draw.one_of(&[(true, false), (true, true), (false, true)]);
    let mut policy = Policy { session, issuer, rules: Vec::new() };
    for number in 0..=draw.below(6) {
        let rule = drawn_rule(draw, &policy, number);
        policy.rules.push(rule);
    }
    policy
}

fn drawn_rule(draw: &mut Draw<'_>, policy: &Policy, number: usize) -> Rule {
    let patterns = [PATTERNS.as_slice(), &EXPRESSIONS.map(|(expression, _)| expression)].concat();
    let paths = if draw.one_in(4) { Vec::new() } else { draw.some_of(&patterns, 1, 2) };
    let effect = match draw.below(8) {
        0 | 1 => Effect::Authenticated,
        2 => Effect::Deny,
        3 | 4 if !paths.is_empty() => Effect::Anyone,
        _ => {
            let count = draw.below(3) + 1;
            Effect::Tables((0..count).map(|_| drawn_table(draw, policy)).collect())
        }
    };
    let mut rule = Rule::new(&format!("r{number}"), &paths, effect);
    if draw.one_in(3) {
        rule.hosts = draw.some_of(&HOST_PATTERNS, 1, 2);
    }
    if draw.one_in(3) {
        rule.methods = draw.some_of(&["GET", "POST", "HEAD", "get-it"], 1, 2);
    }
    if draw.one_in(5) {
        rule.networks = draw.some_of(&NETWORKS, 1, 2);
    }
    if draw.one_in(5) {
        rule.query = vec![("a", draw.some_of(&["1", "", "x y", "é"], 1, 2))];
    }
    if draw.one_in(5) {
        rule.headers = vec![("x-kind", draw.some_of(&["1", "", "a b"], 1, 2))];
    }
    if draw.one_in(3) {
        rule.accept = draw.some_of(&FORMS, 1, 7);
        rule.accept.sort_unstable();
        rule.accept.dedup();
    }
    rule.insensitive = draw.one_in(4);
    rule.shadow = draw.one_in(6);
    rule
}

fn drawn_table(draw: &mut Draw<'_>, policy: &Policy) -> Table {
    let mut table = Table::default();
    if policy.session && policy.issuer {
        // A name means nothing until the table says whose.
        table.keys.push(match draw.below(3) {
            0 => ("credentials", json!(["jwt"])),
            1 => ("credentials", json!(["session", "jwt"])),
            _ => ("issuers", json!([LOGIN])),
        });
    }
    for _ in 0..=draw.below(3) {
        let key = drawn_key(draw, policy, 10);
        if table.keys.iter().all(|(name, _)| *name != key.0) {
            table.keys.push(key);
        }
    }
    if draw.one_in(3) {
        for _ in 0..=draw.below(2) {
            let key = drawn_key(draw, policy, 7);
            if table.not.iter().all(|(name, _)| *name != key.0) {
                table.not.push(key);
            }
        }
    }
    table
}

/// Draws one of the first `kinds` keys; those after the seventh have no place in `not`.
fn drawn_key(draw: &mut Draw<'_>, policy: &Policy, kinds: usize) -> (&'static str, Value) {
    match draw.below(kinds) {
        0 => ("users", json!(draw.some_of(&["alice", "bob"], 1, 2))),
        1 => ("groups", json!(draw.some_of(&["staff", "admins"], 1, 2))),
        2 => ("scopes", json!(draw.some_of(&["read", "write"], 1, 2))),
        3 => ("emails", json!(draw.some_of(&["alice@example.com", "bob@other.test"], 1, 2))),
        4 => ("email_domains", json!(draw.some_of(&["example.com", "Other.test"], 1, 2))),
        5 => {
            let values = draw.some_of(&[json!("a"), json!(7), json!(true)], 1, 2);
            (*draw.one_of(&["claims.role", "claims.org.unit"]), json!(values))
        }
        6 => ("issuers", json!(if policy.issuer { vec![LOGIN] } else { vec![*draw.one_of(&[LOGIN, PARTNER])] })),
        7 => ("acr", json!(draw.some_of(&["gold", "silver"], 1, 2))),
        8 => ("amr", json!(draw.some_of(&["otp", "pwd"], 1, 2))),
        _ => ("max_auth_age", json!(draw.one_of(&["60s", "599s", "600s"]))),
    }
}

fn drawn_question(draw: &mut Draw<'_>) -> Question {
    let mut headers = Vec::new();
    for _ in 0..draw.below(3) {
        headers.push((*draw.one_of(&["X-Kind", "x-kind", "X_Kind"]), (*draw.one_of(&["1", "", "a b", "2"])).to_owned()));
    }
    let mut question = Question {
        method: draw.one_of::<&str>(&["GET", "POST", "HEAD", "get-it", "DELETE"]),
        scheme: draw.one_of::<&str>(&["https", "http", "wss"]),
        host: *draw.one_of(&HOSTS),
        path: drawn_path(draw),
        query: draw
            .one_in(3)
            .then(|| draw.pieces(&["a=1", "&", "a", "=", "%61=1", "x+y", "%C3%A9", "%zz", "%ff", "b=2"], 6).into_bytes()),
        headers,
        client: draw.one_of(&CLIENTS).map(|client| client.parse().unwrap()),
        portless: draw.one_in(4),
        credentials: Vec::new(),
    };
    if draw.one_in(2) {
        let (token, credential) = drawn_token(draw);
        question.headers.push(("Authorization", format!("Bearer {token}")));
        question.credentials.push(credential);
    }
    if !draw.one_in(3) {
        let (value, credential) = drawn_session(draw, &question);
        question.headers.push(("Cookie", format!("a=1; {COOKIE}={value}")));
        question.credentials.push(credential);
    }
    question
}

fn drawn_path(draw: &mut Draw<'_>) -> Vec<u8> {
    let mut path = b"/".to_vec();
    path.extend(draw.pieces(&PIECES, 10).into_bytes());
    path.retain(|byte| *byte != b'?'); // it would begin the query
    path
}

fn drawn_token(draw: &mut Draw<'_>) -> (String, Credential) {
    let mut claims = drawn_claims(draw, "scope");
    claims.extend(
        [("iss", json!(LOGIN)), ("aud", json!("app")), ("exp", json!(NOW + 600))].map(|(name, value)| (name.to_owned(), value)),
    );
    if draw.one_in(3) {
        claims.insert("email_verified".to_owned(), draw.one_of(&[json!(true), json!("true"), json!(false)]).clone());
    }
    let (mut key, mut bad) = (ED_1, None);
    match draw.below(8) {
        0 => {
            claims.insert("exp".to_owned(), json!(NOW - 60));
            bad = Some("token_expired");
        }
        1 => {
            claims.insert("aud".to_owned(), json!("other"));
            bad = Some("audience_mismatch");
        }
        2 => (key, bad) = (ED_2, Some("signature_invalid")),
        _ => {}
    }
    let token = Signer::default().token_with(key, json!({ "kid": "ed-1" }), &Claims::from(Value::from(claims.clone())));
    (token, credential(bad, "jwt", claims))
}

fn drawn_session(draw: &mut Draw<'_>, question: &Question) -> (String, Credential) {
    let mut claims = drawn_claims(draw, "scopes");
    for (name, value) in [("sid", json!("s-1")), ("iat", json!(NOW - 600)), ("exp", json!(NOW + 600)), ("seen", json!(NOW - 60))]
    {
        claims.insert(name.to_owned(), value);
    }
    claims.entry("auth_time").or_insert(json!(NOW - 600));
    // The members of a session are fixed: it has no claims of its own.
    for name in ["role", "org"] {
        claims.remove(name);
    }
    if draw.one_in(3) {
        claims.insert("iss".to_owned(), json!(draw.one_of(&[LOGIN, PARTNER])));
    }
    let (mut key, mut bad) = (KEY_A, None);
    match draw.below(8) {
        0 => {
            claims.insert("exp".to_owned(), json!(NOW));
            bad = Some("session_expired");
        }
        1 => (key, bad) = (KEY_C, Some("session_key_unknown")),
        2 => {
            claims.insert("hosts".to_owned(), json!(["app.example.com"]));
            let is_listed = question.host.1.is_some_and(|(name, _)| name == "app.example.com");
            bad = (!is_listed).then_some("session_host_mismatch");
        }
        _ => {}
    }
    let value = seal_text(key, COOKIE, &Value::from(claims.clone()).to_string());
    (value, credential(bad, "session", claims))
}

fn credential(bad: Option<&'static str>, kind: &'static str, claims: Map<String, Value>) -> Credential {
    match bad {
        None => Credential::Good(Identity { kind, claims: claims.into() }),
        Some(code) => Credential::Bad { kind, code },
    }
}

fn drawn_claims(draw: &mut Draw<'_>, scopes: &str) -> Map<String, Value> {
    let mut claims = Map::new();
    let mut insert = |name: &str, value: Value| claims.insert(name.to_owned(), value);
    insert("sub", json!(draw.one_of(&["alice", "bob"])));
    if draw.one_in(2) {
        insert("groups", json!(draw.some_of(&["staff", "admins", "others"], 1, 2)));
    }
    if draw.one_in(2) {
        insert(scopes, json!(draw.some_of(&["read", "write", "more"], 1, 2)));
    }
    if draw.one_in(2) {
        insert("email", json!(draw.one_of(&["alice@example.com", "bob@other.test", "a@b@example.com", "@example.com"])));
    }
    if draw.one_in(3) {
        insert("acr", json!(draw.one_of(&["gold", "bronze"])));
    }
    if draw.one_in(3) {
        insert("amr", json!(draw.some_of(&["otp", "sms"], 1, 2)));
    }
    if draw.one_in(3) {
        insert("auth_time", json!(NOW - draw.one_of(&[0, 60, 61, 600])));
    }
    if draw.one_in(3) {
        insert(
            "role",
            draw.one_of(&[json!("a"), json!(7), json!(true), json!(["b", 7]), json!([["a"]]), json!(null), json!("7")]).clone(),
        );
    }
    if draw.one_in(3) {
        insert("org", draw.one_of(&[json!({ "unit": "a" }), json!({ "unit": { "a": 7 } }), json!("unit")]).clone());
    }
    claims
}

const PATTERNS: [&str; 11] = ["/", "/a", "/a/**", "/a/*", "/a/*/c", "/a/b", "/**", "/*/b", "/A/b/", "/admin/**", "/a;b"];
pub(crate) const PIECES: [&str; 22] = [
    "a", "b", "c", "/", "A", "admin", "/a/", "/b", ";", "%2f", "%5c", "%2e", "..", ".", "%20", "%23", "%3f", "%25", "%61",
    "%252f", "%C3%A9", "%ff",
];
const HOST_PATTERNS: [&str; 6] =
    ["app.example.com", "*.example.com", "*.b.Example.com", "other.test", "app.example.com:8443", "app.example.com:443"];
type Host = (&'static str, Option<(&'static str, Option<u16>)>);
const HOSTS: [Host; 11] = [
    ("app.example.com", Some(("app.example.com", None))),
    ("APP.example.com.", Some(("app.example.com", None))),
    ("x.b.example.com", Some(("x.b.example.com", None))),
    ("example.com", Some(("example.com", None))),
    ("evilexample.com", Some(("evilexample.com", None))),
    ("other.test", Some(("other.test", None))),
    ("app.example.com:8443", Some(("app.example.com", Some(8443)))),
    ("app.example.com:80", Some(("app.example.com", Some(80)))),
    ("[::1]:443", Some(("[::1]", Some(443)))),
    ("app.example.com:", None),
    ("a@app.example.com", None),
];
const CLIENTS: [Option<&str>; 6] =
    [None, Some("10.1.2.3"), Some("192.0.2.7"), Some("::ffff:10.0.0.1"), Some("2001:db8::1"), Some("127.0.0.1")];
pub(crate) const FORMS: [&str; 7] =
    ["empty_segment", "parameter", "encoded_slash", "encoded_hash", "encoded_question", "double_encoding", "trailing_dot"];
const MAX_INPUT: usize = 1024;

/// Inputs to begin with.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    Vec::new()
}
