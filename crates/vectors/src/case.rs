//! The form of a vector file: a configuration, and requests with the decisions they must get.

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::NOW;
use crate::canonical::canonical;

/// One file of `vectors/decisions`.
#[derive(Clone, Debug)]
pub struct File {
    /// The file's name without `.json`.
    pub name: &'static str,
    /// What the file is about.
    pub description: &'static str,
    /// The configuration, as TOML text.
    pub config: String,
    /// Key sets by issuer.
    pub keys: Map<String, Value>,
    /// The revocation list.
    pub revocations: Value,
    /// The cases, in order.
    pub cases: Vec<Case>,
}

/// One request and its decision.
#[derive(Clone, Debug)]
pub struct Case {
    /// A sentence.
    pub name: String,
    /// The request, and what differs from the file for this case.
    pub question: Question,
    /// The decision.
    pub expect: Expect,
}

impl File {
    /// Starts a file.
    #[must_use]
    pub fn new(name: &'static str, description: &'static str, config: impl Into<String>) -> Self {
        let revocations = json!({ "sessions": [], "tokens": [], "subjects": [] });
        Self { name, description, config: config.into(), keys: Map::new(), revocations, cases: Vec::new() }
    }

    /// Gives an issuer its keys.
    #[must_use]
    pub fn keys(mut self, issuer: &str, keys: &[Value]) -> Self {
        self.keys.insert(issuer.to_owned(), json!({ "keys": keys }));
        self
    }

    /// Sets the revocation list.
    #[must_use]
    pub fn revocations(mut self, revocations: Value) -> Self {
        self.revocations = revocations;
        self
    }

    /// Adds a case.
    #[must_use]
    pub fn case(mut self, name: impl Into<String>, question: Question, expect: Expect) -> Self {
        self.cases.push(Case { name: name.into(), question, expect });
        self
    }

    /// Returns the file's text: one member of a case on each line, so that a change shows as a line.
    #[must_use]
    pub fn text(&self) -> String {
        let cases: Vec<String> = self.cases.iter().map(Case::text).collect();
        let head = [
            member("description", &json!(self.description)),
            member("config", &json!(self.config)),
            member("keys", &Value::Object(self.keys.clone())),
            member("revocations", &self.revocations),
            member("now", &json!(NOW)),
        ];
        format!("{{\n  {},\n  \"cases\": [\n{}\n  ]\n}}\n", head.join(",\n  "), cases.join(",\n"))
    }
}

impl Case {
    fn text(&self) -> String {
        let mut members = vec![member("name", &json!(self.name)), raw_member("request", &self.question.request)];
        members.extend(self.question.now.map(|now| member("now", &json!(now))));
        members.extend(self.question.keys.as_ref().map(|keys| member("keys", keys)));
        members.extend(self.question.revocations.as_ref().map(|list| member("revocations", list)));
        members.push(raw_member("expect", &self.expect));
        format!("    {{\n      {}\n    }}", members.join(",\n      "))
    }
}

fn member(name: &str, value: &Value) -> String {
    format!("\"{name}\": {}", canonical(value))
}

fn raw_member(name: &str, value: &impl Serialize) -> String {
    format!("\"{name}\": {}", serde_json::to_string(value).unwrap())
}

/// A request, the moment it comes, and keys and revocations that differ from the file's.
#[derive(Clone, Debug)]
pub struct Question {
    request: Request,
    now: Option<u64>,
    keys: Option<Value>,
    revocations: Option<Value>,
}

#[derive(Clone, Debug, Serialize)]
struct Request {
    method: String,
    scheme: &'static str,
    host: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path_base64: Option<String>,
    headers: Vec<(String, String)>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    headers_base64: Vec<(String, String)>,
    client: Option<&'static str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    portless_host: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    proxy_sets: Vec<&'static str>,
}

/// A GET over https to `app.example.com` from a known client.
#[must_use]
pub fn get(path: impl Into<String>) -> Question {
    let request = Request {
        method: "GET".to_owned(),
        scheme: "https",
        host: "app.example.com".to_owned(),
        path: Some(path.into()),
        path_base64: None,
        headers: Vec::new(),
        headers_base64: Vec::new(),
        client: Some("192.0.2.7"),
        portless_host: false,
        proxy_sets: Vec::new(),
    };
    Question { request, now: None, keys: None, revocations: None }
}

/// The same with a path that is no text.
#[must_use]
pub fn get_bytes(path: &[u8]) -> Question {
    let mut question = get("");
    question.request.path = None;
    question.request.path_base64 = Some(base64_simd::STANDARD.encode_to_string(path));
    question
}

impl Question {
    /// Sets the method.
    #[must_use]
    pub fn method(mut self, method: impl Into<String>) -> Self {
        self.request.method = method.into();
        self
    }

    /// Sets the scheme.
    #[must_use]
    pub fn scheme(mut self, scheme: &'static str) -> Self {
        self.request.scheme = scheme;
        self
    }

    /// Sets the host.
    #[must_use]
    pub fn host(mut self, host: impl Into<String>) -> Self {
        self.request.host = host.into();
        self
    }

    /// Says that the host comes from a dialect that never carries a port.
    #[must_use]
    pub fn portless(mut self) -> Self {
        self.request.portless_host = true;
        self
    }

    /// Says which headers the proxy overwrites, so that they come from it alone.
    #[must_use]
    pub fn proxy_sets(mut self, headers: &[&'static str]) -> Self {
        self.request.proxy_sets = headers.to_vec();
        self
    }

    /// Sets the client's address; `None` is an unknown one.
    #[must_use]
    pub fn client(mut self, client: Option<&'static str>) -> Self {
        self.request.client = client;
        self
    }

    /// Adds a header field.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.request.headers.push((name.into(), value.into()));
        self
    }

    /// Adds a header field whose value is no text.
    #[must_use]
    pub fn header_bytes(mut self, name: impl Into<String>, value: &[u8]) -> Self {
        self.request.headers_base64.push((name.into(), base64_simd::STANDARD.encode_to_string(value)));
        self
    }

    /// Adds `Authorization: Bearer …`.
    #[must_use]
    pub fn bearer(self, token: &str) -> Self {
        self.header("Authorization", format!("Bearer {token}"))
    }

    /// Adds `Authorization: DPoP …` and the proof.
    #[must_use]
    pub fn dpop(self, token: &str, proof: &str) -> Self {
        self.header("Authorization", format!("DPoP {token}")).header("DPoP", proof)
    }

    /// Adds a `Cookie` field with one cookie.
    #[must_use]
    pub fn cookie(self, name: &str, value: &str) -> Self {
        self.header("Cookie", format!("{name}={value}"))
    }

    /// Adds a `Cookie` field with a session under the default name.
    #[must_use]
    pub fn session(self, value: &str) -> Self {
        self.cookie(crate::session::COOKIE, value)
    }

    /// Asks at another moment.
    #[must_use]
    pub fn at(mut self, now: u64) -> Self {
        self.now = Some(now);
        self
    }

    /// Asks with other keys for the login issuer, and none for any other.
    #[must_use]
    pub fn keys(mut self, keys: &[Value]) -> Self {
        self.keys = Some(json!({ crate::LOGIN: { "keys": keys } }));
        self
    }

    /// Asks before any issuer's keys have come.
    #[must_use]
    pub fn without_keys(mut self) -> Self {
        self.keys = Some(json!({}));
        self
    }

    /// Asks with another revocation list.
    #[must_use]
    pub fn revocations(mut self, revocations: Value) -> Self {
        self.revocations = Some(revocations);
        self
    }
}

/// The decision a case must get.
#[derive(Clone, Debug, Serialize)]
pub struct Expect {
    outcome: &'static str,
    status: u16,
    /// The reason code.
    pub code: &'static str,
    /// The rule that decided; the outer `None` leaves it open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<Option<&'static str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    identity: Option<Option<Identity>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    headers: Option<Vec<(&'static str, String)>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    www_authenticate: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    login_url: Option<Option<&'static str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    renewed: Option<bool>,
}

/// Expects that a rule lets the request pass, with nobody's identity.
#[must_use]
pub fn anonymous(rule: &'static str) -> Expect {
    let (identity, headers) = (Some(None), Some(Vec::new()));
    Expect { identity, headers, ..decision("allow", 200, "allowed", Some(rule)) }
}

/// Expects that a rule lets the request pass with this identity.
#[must_use]
pub fn allow(rule: &'static str, identity: Identity) -> Expect {
    Expect { identity: Some(Some(identity)), ..anonymous(rule) }
}

/// Expects a refusal for which a rule speaks.
#[must_use]
pub fn refuse(code: &'static str, rule: &'static str) -> Expect {
    Expect { rule: Some(Some(rule)), ..refuse_all(code) }
}

/// Expects a refusal before any rule could speak.
#[must_use]
pub fn refuse_all(code: &'static str) -> Expect {
    let (outcome, status) = if CHALLENGES.contains(&code) {
        ("challenge", 401)
    } else if FORBIDS.contains(&code) {
        ("forbid", 403)
    } else if OUTAGES.contains(&code) {
        ("indeterminate", 503)
    } else {
        panic!("`{code}` is no reason code")
    };
    decision(outcome, status, code, None)
}

fn decision(outcome: &'static str, status: u16, code: &'static str, rule: Option<&'static str>) -> Expect {
    let rule = Some(rule);
    Expect { outcome, status, code, rule, identity: None, headers: None, www_authenticate: None, login_url: None, renewed: None }
}

/// Expects a refusal, whichever rule speaks.
#[must_use]
pub fn refuse_somehow(code: &'static str) -> Expect {
    Expect { rule: None, ..refuse_all(code) }
}

impl Expect {
    /// Expects these identity headers, in alphabetical order of their names.
    #[must_use]
    pub fn headers(mut self, headers: &[(&'static str, &str)]) -> Self {
        assert!(headers.is_sorted(), "identity headers are listed by name");
        self.headers = Some(headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect());
        self
    }

    /// Expects this `WWW-Authenticate` after the realm: `""`, or parameters.
    #[must_use]
    pub fn www_authenticate(mut self, parameters: &str) -> Self {
        let comma = if parameters.is_empty() { "" } else { ", " };
        self.www_authenticate = Some(format!("Bearer realm=\"gatewright\"{comma}{parameters}"));
        self
    }

    /// Expects this whole `WWW-Authenticate`.
    #[must_use]
    pub fn challenge(mut self, value: impl Into<String>) -> Self {
        self.www_authenticate = Some(value.into());
        self
    }

    /// Expects this address to log in at, or none.
    #[must_use]
    pub fn login_url(mut self, url: Option<&'static str>) -> Self {
        self.login_url = Some(url);
        self
    }

    /// Expects that the session is renewed, or that it is not.
    #[must_use]
    pub fn renewed(mut self, renewed: bool) -> Self {
        self.renewed = Some(renewed);
        self
    }
}

/// The identity a request is let pass with.
#[derive(Clone, Debug, Serialize)]
pub struct Identity {
    subject: String,
    email: Option<String>,
    name: Option<String>,
    groups: Vec<&'static str>,
    scopes: Vec<&'static str>,
    issuer: Option<&'static str>,
    credential: &'static str,
}

impl Identity {
    /// An identity from a token of an issuer: a subject, nothing else.
    #[must_use]
    pub fn token(subject: &str, issuer: &'static str) -> Self {
        Self { issuer: Some(issuer), credential: "jwt", ..Self::session(subject) }
    }

    /// An identity from a biscuit: a subject, nothing else.
    #[must_use]
    pub fn biscuit(subject: &str) -> Self {
        Self { credential: "biscuit", ..Self::session(subject) }
    }

    /// An identity from a user name and password.
    #[must_use]
    pub fn basic(subject: &str) -> Self {
        Self { credential: "basic", ..Self::session(subject) }
    }

    /// An identity from an API key: a subject, nothing else.
    #[must_use]
    pub fn api_key(subject: &str) -> Self {
        Self { credential: "api_key", ..Self::session(subject) }
    }

    /// An identity from a client certificate: a subject, nothing else.
    #[must_use]
    pub fn client_cert(subject: &str) -> Self {
        Self { credential: "client_cert", ..Self::session(subject) }
    }

    /// An identity from a session: a subject, nothing else.
    #[must_use]
    pub fn session(subject: &str) -> Self {
        let subject = subject.to_owned();
        Self { subject, email: None, name: None, groups: Vec::new(), scopes: Vec::new(), issuer: None, credential: "session" }
    }

    /// The identity of [`crate::session::alice`].
    #[must_use]
    pub fn alice() -> Self {
        Self::session("alice").email("alice@example.com").name("Alice").groups(&["staff"])
    }

    /// Sets the e-mail address.
    #[must_use]
    pub fn email(mut self, email: &str) -> Self {
        self.email = Some(email.to_owned());
        self
    }

    /// Sets the name to show.
    #[must_use]
    pub fn name(mut self, name: &str) -> Self {
        self.name = Some(name.to_owned());
        self
    }

    /// Sets the groups.
    #[must_use]
    pub fn groups(mut self, groups: &[&'static str]) -> Self {
        self.groups = groups.to_vec();
        self
    }

    /// Sets the scopes.
    #[must_use]
    pub fn scopes(mut self, scopes: &[&'static str]) -> Self {
        self.scopes = scopes.to_vec();
        self
    }

    /// Sets the issuer a session was sealed with.
    #[must_use]
    pub fn issuer(mut self, issuer: &'static str) -> Self {
        self.issuer = Some(issuer);
        self
    }
}

/// The codes of 401 that can be reached with tokens and sessions.
pub const CHALLENGES: &[&str] = &[
    "credential_missing",
    "credential_ambiguous",
    "token_malformed",
    "token_too_large",
    "algorithm_not_allowed",
    "key_unknown",
    "signature_invalid",
    "issuer_unknown",
    "audience_mismatch",
    "token_expired",
    "token_not_yet_valid",
    "token_type_mismatch",
    "claim_missing",
    "claim_invalid",
    "critical_header_unsupported",
    "session_malformed",
    "session_key_unknown",
    "session_expired",
    "session_idle",
    "session_host_mismatch",
    "revoked",
    "password_incorrect",
    "api_key_unknown",
    "certificate_unknown",
    "proof_missing",
    "proof_invalid",
    "token_too_complex",
    "confirmation_unsupported",
    "step_up_required",
];

/// The codes of 403 that a decision can have (`peer_untrusted` is the adapter's).
pub const FORBIDS: &[&str] = &[
    "no_rule",
    "rule_denied",
    "identity_not_allowed",
    "scope_insufficient",
    "caveat_failed",
    "path_ambiguous",
    "request_malformed",
    "client_address_unknown",
];

/// The codes of 503 that a decision can have here.
pub const OUTAGES: &[&str] = &["keys_unavailable"];
