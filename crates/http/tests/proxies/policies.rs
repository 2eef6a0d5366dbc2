//! Ten policies for every proxy: the configuration that is written for each is one that the proxy accepts, and what passes through
//! it is what `gatewright decide` says.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use aws_lc_rs::hmac;

use super::case::{Case, Expect, Who};
use super::client;
use super::front::Front;
use super::rig::{self, Rig};
use super::support::backend::Backend;
use super::support::gate::{Gate, NOW, cookie};

/// A policy without its `[http]` table, and requests that are decided in different ways.
struct Policy {
    name: &'static str,
    text: String,
    /// More lines of `[http]`.
    http: &'static str,
    requests: Vec<Request>,
}

struct Request {
    method: &'static str,
    host: &'static str,
    target: &'static str,
    /// Header lines, each ending in CR LF; `SESSION` stands for a session's cookie.
    headers: String,
    /// Who asks, as the gate should see it.
    client: &'static str,
}

/// Tries every policy with this proxy.
pub(crate) fn try_all(front: &Front) {
    try_with(front.name, front.http_settings, &[], |policy, text| {
        let folder = tempfile::tempdir().unwrap();
        let gate = Gate::start_on(text, &[&front.gate_listens(folder.path())]);
        let backend = Backend::start();
        let wiring = rig::wiring(folder.path(), &front.reaches(&gate, folder.path()), &backend);
        let listen = rig::configure(front, folder.path(), text, wiring);
        accepted_by_the_proxy_itself(front, policy, folder.path());
        let running = front.start(folder.path(), listen);
        Rig::of(front.name, gate, backend, running, folder)
    });
}

/// Tries every policy but some with what `start` starts for it.
pub(crate) fn try_with(name: &str, http: &str, but: &[&str], start: impl Fn(&str, &str) -> Rig) {
    let policies = policies();
    assert_eq!(policies.len(), 10);
    for policy in policies.iter().filter(|policy| !but.contains(&policy.name)) {
        let text = policy.text(http);
        try_one(name, policy, &text, &start(policy.name, &text));
    }
}

/// Every policy's name and whole text.
pub(crate) fn texts(http: &str) -> Vec<(&'static str, String)> {
    policies().iter().map(|policy| (policy.name, policy.text(http))).collect()
}

impl Policy {
    fn text(&self, http: &str) -> String {
        format!("version = 1\n[http]\n{http}\n{}\n{}\n", self.http, self.text)
    }
}

fn try_one(name: &str, policy: &Policy, text: &str, rig: &Rig) {
    let file = rig.folder.path().join("gatewright.toml");
    std::fs::write(&file, text).unwrap();
    let mut passed = 0;
    for request in &policy.requests {
        let session =
            if request.headers.contains("SESSION") { cookie(&rig.gate.live, "alice", &["staff"]) } else { String::new() };
        let headers = request.headers.replace("SESSION\r\n", &session);
        let case = Case::get("", Who::Nobody, request.target, Expect::Either)
            .method(request.method)
            .host(request.host)
            .with(headers.clone());
        let reply = client::send(rig.running.address, &case, "");
        let came = rig.backend.take().len();
        let decided = decide(&file, request, &headers);
        let what = format!(
            "{name}, {}: {} {}{} (the gate: {})",
            policy.name,
            request.method,
            request.host,
            request.target,
            rig.gate.entries().last().unwrap_or(&serde_json::Value::Null)
        );
        match decided {
            0 => assert_eq!((came, reply.status), (1, 200), "{what} is allowed"),
            10 => assert!(came == 0 && matches!(reply.status, 401 | 302), "{what} is challenged, and got {}", reply.status),
            11 => assert!(came == 0 && reply.status == 403, "{what} is forbidden, and got {}", reply.status),
            other => panic!("{what}: `decide` ended with {other}"),
        }
        passed += usize::from(decided == 0);
    }
    assert!(passed > 0 && passed < policy.requests.len(), "{}: the requests are all decided alike", policy.name);
}

fn accepted_by_the_proxy_itself(front: &Front, policy: &str, folder: &Path) {
    let Some(check) = front.check else { return };
    (front.prepare)(folder);
    let output = check(folder).output().unwrap();
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{} does not accept the configuration of `{policy}`:\n{said}", front.name);
}

/// Asks the command line, and returns how it ended.
fn decide(policy: &Path, request: &Request, headers: &str) -> i32 {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gatewright"));
    command.args(["decide", "--offline", "--now", &NOW.to_string(), "--client", request.client, "--method", request.method]);
    command.arg("--config").arg(policy);
    for line in headers.split("\r\n").filter(|line| !line.is_empty()) {
        command.args(["--header", line]);
    }
    let output = command.arg(format!("http://{}{}", request.host, request.target)).output().unwrap();
    output.status.code().unwrap()
}

fn get(host: &'static str, target: &'static str, headers: impl Into<String>) -> Request {
    Request { method: "GET", host, target, headers: headers.into(), client: "127.0.0.1" }
}

fn policies() -> Vec<Policy> {
    let app = "app.example.com";
    let session = "[session]\nkeys = [\"0123456789abcdef0123456789abcdef\"]\n";
    let members = "[[rule]]\nid = \"members\"\nhosts = [\"app.example.com\"]\nallow = \"authenticated\"\n";
    let mut many = String::from("[[rule]]\nid = \"members\"\nallow = \"authenticated\"\nhosts = [\"app.example.com\"");
    for number in 0..40 {
        write!(many, ", \"h{number}.example.org\", \"*.w{number}.example.org:8443\"").unwrap();
    }
    many.push_str("]\n");
    vec![
        Policy {
            name: "the smallest",
            text: format!("{session}{members}"),
            http: "",
            requests: vec![get(app, "/", ""), get(app, "/", "SESSION\r\n"), get(app, "/a;x/b", "SESSION\r\n")],
        },
        Policy {
            name: "hosts below a name alone, with a login",
            text: format!(
                "{session}[login]\nurl = \"https://auth.example.com/in?a=1&b=%22\"\nreturn_hosts = [\"http://*.apps.example.com\"]\n{}",
                members.replace("app.example.com", "*.apps.example.com")
            ),
            http: "",
            requests: vec![
                get("one.apps.example.com", "/x?y=1", "Accept: text/html\r\n"),
                get("one.apps.example.com", "/x", "SESSION\r\n"),
            ],
        },
        Policy {
            name: "eighty-one hosts",
            text: format!("{session}{many}"),
            http: "",
            requests: vec![
                get("h39.example.org", "/", "SESSION\r\n"),
                get("x.w39.example.org:8443", "/", "SESSION\r\n"),
                get("h0.example.org", "/", ""),
            ],
        },
        Policy {
            name: "every identity header, and an assertion",
            text: format!(
                "{session}[identity_headers]\nX-User = \"subject\"\nX-Email = \"email\"\nX-Name = \"name\"\nX-Groups = \"groups\"\n\
                 X-Scopes = \"scopes\"\nRemote-User = \"subject\"\nX-Credential = \"credential\"\n[assertion]\n\
                 header = \"X-Gatewright-Assertion\"\nkeys = ['''{}''']\naudience = \"host\"\n{members}",
                ASSERTION_KEY.split_inclusive('\n').skip(1).collect::<String>()
            ),
            http: "",
            requests: vec![get(app, "/", "SESSION\r\nX-Gatewright-Assertion: forged\r\n"), get(app, "/", "")],
        },
        Policy {
            name: "passwords, without a session",
            text: format!(
                "[identity_headers]\nX-User = \"subject\"\n[[basic]]\nhtpasswd = \"alice:$2b$04$xPcmM9vdqLbpoORXbhCHYOfyXMXawPau/s46rD3AI7zajaqSk28GS\"\n{members}"
            ),
            http: "",
            requests: vec![
                get(app, "/", "Authorization: Basic YWxpY2U6c2VjcmV0\r\n"),
                get(app, "/", "Authorization: Basic YWxpY2U6d3Jvbmc=\r\n"),
                get(app, "/", ""),
            ],
        },
        Policy {
            name: "API keys",
            text: format!("[[api_key]]\nheader = \"X-Api-Key\"\nentries = [{API_KEY}]\n{members}"),
            http: "",
            requests: vec![get(app, "/", format!("X-Api-Key: {API_KEY_TEXT}\r\n")), get(app, "/", "X-Api-Key: gwk_a_x\r\n"), get(app, "/", "")],
        },
        Policy {
            name: "tokens, by header and by cookie",
            text: format!(
                "[[issuer]]\nissuer = \"https://login.example.com\"\naudiences = [\"app\"]\nalgorithms = [\"HS256\"]\nkeys = {{ secret = \"{TOKEN_KEY}\" }}\n\
                 sources = [\"bearer\", \"cookie:__Host-token\"]\n[identity_headers]\nX-User = \"subject\"\n{members}"
            ),
            http: "",
            requests: vec![
                get(app, "/", format!("Authorization: Bearer {}\r\n", token(TOKEN_KEY))),
                get(app, "/", format!("Cookie: a=1; __Host-token={}; b=2\r\n", token(TOKEN_KEY))),
                get(app, "/", format!("Authorization: Bearer {}\r\n", token("another key, just as long as it has to be"))),
            ],
        },
        Policy {
            name: "a secret with every sign that all can write",
            text: format!("{session}[identity_headers]\nX-User = \"subject\"\n{members}"),
            http: r##"proxy_secret = '''a"b'c\de#f;gi%j(k)l<m>n|o&p*q,r:s=t@u[v]w~x!'''"##,
            requests: vec![get(app, "/", "SESSION\r\n"), get(app, "/", "X-Gatewright-Proxy: a\r\n")],
        },
        Policy {
            name: BEHIND,
            text: format!(
                "{session}[[rule]]\nid = \"office\"\nhosts = [\"app.example.com\"]\npaths = [\"/office/**\"]\nnetworks = [\"10.0.0.0/8\"]\nallow = \"anyone\"\n{members}"
            ),
            http: "trusted_hops = [\"127.0.0.0/8\"]",
            requests: vec![
                Request { client: "10.1.2.3", ..get(app, "/office/a", "X-Forwarded-For: 10.1.2.3\r\n") },
                Request { client: "192.0.2.1", ..get(app, "/office/a", "X-Forwarded-For: 10.1.2.3, 192.0.2.1\r\n") },
                Request { client: "192.0.2.1", ..get(app, "/office/a", "X-Forwarded-For: 192.0.2.1\r\nSESSION\r\n") },
            ],
        },
        Policy {
            name: "a cookie of another name, methods, query and headers",
            text: "[session]\nkeys = [\"0123456789abcdef0123456789abcdef\"]\ncookie = \"app.session\"\nidle = \"1h\"\n\
                   [[rule]]\nid = \"webhook\"\nhosts = [\"app.example.com\"]\npaths = [\"/hook\"]\nmethods = [\"POST\"]\nheaders = { x-hub = [\"ping\"] }\nallow = \"anyone\"\n\
                   [[rule]]\nid = \"preview\"\nhosts = [\"app.example.com\"]\npaths = [\"/page\"]\nquery = { preview = [\"yes\"] }\nallow = \"anyone\"\n\
                   [[rule]]\nid = \"no\"\nhosts = [\"app.example.com\"]\npaths = [\"/internal/**\"]\ndeny = \"anyone\"\n\
                   [[rule]]\nid = \"members\"\nhosts = [\"app.example.com\"]\nallow = \"authenticated\"\n"
                .to_owned(),
            http: "",
            requests: vec![
                Request { method: "POST", ..get(app, "/hook", "X-Hub: ping\r\nContent-Length: 0\r\n") },
                Request { method: "POST", ..get(app, "/hook", "X-Hub: pong\r\nContent-Length: 0\r\n") },
                get(app, "/page?preview=yes", ""),
                get(app, "/page?preview=no", ""),
                get(app, "/internal/a", "SESSION\r\n"),
                get(app, "/a", "SESSION\r\n"),
            ],
        },
    ]
}

/// The policy for a proxy that has another one in front of it.
pub(crate) const BEHIND: &str = "behind another proxy, with networks";

/// A token of `login.example.com`, in the hour of the tests.
fn token(key: &str) -> String {
    let part = |text: &str| base64_simd::URL_SAFE_NO_PAD.encode_to_string(text);
    let claims = format!(r#"{{"iss":"https://login.example.com","aud":"app","sub":"alice","exp":{}}}"#, NOW + 600);
    let signed = format!("{}.{}", part(r#"{"alg":"HS256","typ":"JWT"}"#), part(&claims));
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes()), signed.as_bytes());
    format!("{signed}.{}", base64_simd::URL_SAFE_NO_PAD.encode_to_string(tag.as_ref()))
}

/// The private key of the examples, which everybody knows.
const ASSERTION_KEY: &str = include_str!("../../../../examples/issuer-key.pem");
const API_KEY_TEXT: &str = "gwk_a_-Xjxi01t9fZBeUewFL2-NsZHWkvkzIm-hGHyzo3noHk";
const API_KEY: &str =
    r#"{ id = "a", sha256 = "40a042e2b4b07d238b439d01dba6e2823c57946b97bb809fba252233899ba657", subject = "ci" }"#;
const TOKEN_KEY: &str = "0123456789abcdef0123456789abcdef";
