//! What both dialects have in common: the headers of a proxy's question, and what holds for its answer.

use std::sync::LazyLock;

use gatewright::{Authorizer, Decision, Request, TrustedHops, client_from_forwarded_for};
use gatewright_http::{Clock, InProcess, InProcessAnswer, Log};
use gatewright_issuer::{Live, Options};
use vectors::session::{COOKIE, KEY_A, alice, bob, key_text};

use crate::asked::{NOW, ask};
use crate::draw::Draw;

/// How a proxy asks.
pub(crate) struct Dialect {
    pub(crate) endpoint: &'static str,
    /// The headers without which there is no question: method, target, host and, if it is sent, scheme.
    pub(crate) required: &'static [&'static str],
    /// Whether the proxy hands a redirect on.
    pub(crate) redirects: bool,
    pub(crate) reads_forwarded_for: bool,
    /// Whether a host without a port says nothing of the port.
    pub(crate) is_portless: bool,
}

/// A header field.
type Field = (String, Vec<u8>);

impl Dialect {
    /// The answer is the engine's decision on exactly the required headers, written without a body; every other header, that of
    /// another dialect above all, changes nothing; and only an allow carries identity headers, then each of them once.
    pub(crate) fn check(&self, data: &[u8]) {
        let mut draw = Draw::new(data);
        let mut fields = self.drawn_fields(&mut draw);
        let own = fields.clone();
        for _ in 0..draw.below(5) {
            let foreign = (*draw.one_of(&FOREIGN)).to_owned();
            if !self.reads(&foreign) {
                let position = draw.below(fields.len() + 1);
                fields.insert(position, (foreign, draw.pieces(&VALUES, 2).into_bytes()));
            }
        }
        let Some(answer) = GATE.answer(self.endpoint, &fields) else { return };
        let plain = GATE.answer(self.endpoint, &own).expect("fewer fields are no worse");
        assert_eq!(answer, plain, "{fields:?}");
        self.check_form(&answer);
        self.check_decision(&own, &answer);
    }

    fn reads(&self, name: &str) -> bool {
        let is = |known: &str| name.eq_ignore_ascii_case(known);
        self.required.iter().any(|known| is(known)) || (self.reads_forwarded_for && is("x-forwarded-for"))
    }

    fn drawn_fields(&self, draw: &mut Draw<'_>) -> Vec<Field> {
        let mut fields: Vec<Field> = Vec::new();
        for (position, name) in self.required.iter().enumerate() {
            let values: &[&str] = [METHODS.as_slice(), &TARGETS, &HOSTS, &SCHEMES][position];
            let mut push = |name: &str, value: Vec<u8>| fields.push((name.to_owned(), value));
            match draw.below(12) {
                0..=6 => push(name, draw.one_of(values).as_bytes().to_vec()),
                7 => push(name, draw.pieces(&VALUES, 4).into_bytes()),
                8 => push(name, draw.bytes(12)),
                9 => {
                    push(name, values[0].as_bytes().to_vec());
                    push(name, draw.one_of(values).as_bytes().to_vec());
                }
                10 => push(&name.replace('-', "_"), values[0].as_bytes().to_vec()),
                _ => {}
            }
        }
        match draw.below(5) {
            0 | 1 => fields.push(("Cookie".to_owned(), format!("{COOKIE}={}", SESSIONS[0]).into_bytes())),
            2 => fields.push(("Cookie".to_owned(), format!("{COOKIE}={}", SESSIONS[1]).into_bytes())),
            3 => fields.push(("Cookie".to_owned(), draw.bytes(40))),
            _ => {}
        }
        for (name, values) in NAVIGATION {
            if draw.one_in(3) {
                fields.push((name.to_owned(), draw.one_of(&values).as_bytes().to_vec()));
            }
        }
        if self.reads_forwarded_for && draw.one_in(2) {
            fields.push(("x-forwarded-for".to_owned(), draw.pieces(&["10.0.0.1", "203.0.113.9", ", ", "x"], 4).into_bytes()));
        }
        fields
    }

    fn check_form(&self, answer: &InProcessAnswer) {
        let values =
            |name: &str| answer.headers.iter().filter(|(own, _)| own == name).map(|(_, value)| value).collect::<Vec<_>>();
        assert_eq!(values("content-length"), [b"0"], "{answer:?}");
        assert_eq!(values("cache-control"), [b"no-store"], "{answer:?}");
        let known = ["x-user", "x-groups", "content-length", "cache-control", "set-cookie", "location", "www-authenticate"];
        assert!(answer.headers.iter().all(|(name, _)| known.contains(&name.as_str())), "{answer:?}");
        let may_redirect = self.redirects && answer.status == 302;
        assert!(matches!(answer.status, 200 | 401 | 403 | 503) || may_redirect, "{answer:?}");
        for name in ["x-user", "x-groups"] {
            let values = values(name);
            assert_eq!(values.len(), usize::from(answer.status == 200), "{answer:?}");
            assert!(values.iter().all(|value| value.iter().all(|byte| matches!(byte, b' '..=b'~'))), "{answer:?}");
        }
        assert!(values("set-cookie").len() <= usize::from(answer.status == 200), "{answer:?}");
        assert_eq!(values("location").len(), usize::from(matches!(answer.status, 302 | 401)), "{answer:?}");
        assert_eq!(values("www-authenticate").len(), usize::from(answer.status == 401), "{answer:?}");
    }

    /// Describes the request a second time, and has the engine decide it.
    fn check_decision(&self, fields: &[Field], answer: &InProcessAnswer) {
        let values = |name: &str| {
            fields.iter().filter(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_slice()).collect::<Vec<_>>()
        };
        let required: Vec<&[u8]> = self
            .required
            .iter()
            .filter_map(|name| match values(name).as_slice() {
                [value] if !value.is_empty() => Some(*value),
                _ => None,
            })
            .collect();
        let [method, target, host, scheme @ ..] = required.as_slice() else {
            return assert_eq!(answer.status, 403, "{fields:?}");
        };
        if required.len() < self.required.len() {
            return assert_eq!(answer.status, 403, "{fields:?}");
        }
        let scheme = scheme.first().copied().unwrap_or(b"https");
        let headers: Vec<(&str, &[u8])> = fields.iter().map(|(name, value)| (name.as_str(), value.as_slice())).collect();
        let mut request = Request::new(*method, scheme, *host, *target, &headers);
        if self.is_portless && !host.rsplit(|byte| *byte == b']').next().unwrap_or_default().contains(&b':') {
            request = request.portless_host();
        }
        if self.reads_forwarded_for
            && let Some(client) = client_from_forwarded_for(values("x-forwarded-for").into_iter(), &TrustedHops::Count(0))
        {
            request = request.client(client);
        }
        let asked = ask(&AUTHORIZER, &request);
        let expected = match &asked.decision {
            Decision::Challenge(_) if answer.status == 302 => {
                assert!(matches!(*method, b"GET" | b"HEAD"), "{fields:?}");
                302
            }
            decision => decision.status(),
        };
        assert_eq!(answer.status, expected, "{fields:?}\n{}", asked.explanation);
        let user = answer.headers.iter().find(|(name, _)| name == "x-user").map(|(_, value)| value.as_slice());
        assert_eq!(user, asked.is_allowed().then(|| asked.subject().unwrap_or_default().as_bytes()), "{fields:?}");
    }
}

static LIVE: LazyLock<Live> = LazyLock::new(|| {
    let options = Options { watch: false, fetch: false, ..Options::default() };
    let policy = POLICY.replace("KEY", &key_text(KEY_A));
    Live::from_text(&policy, ".".as_ref(), options).unwrap()
});

pub(crate) static GATE: LazyLock<InProcess> =
    LazyLock::new(|| InProcess::new(LIVE.clone(), Log::json(std::io::sink()), Clock::new(|| NOW)).unwrap());

pub(crate) static AUTHORIZER: LazyLock<Authorizer> = LazyLock::new(|| LIVE.current().authorizer.clone());

pub(crate) static SESSIONS: LazyLock<[String; 2]> = LazyLock::new(|| [alice().seal(), bob().seal()]);

pub(crate) const METHODS: [&str; 5] = ["GET", "POST", "HEAD", "get", "OPTIONS"];
pub(crate) const TARGETS: [&str; 8] =
    ["/", "/public/x", "/admin/x", "/public/../admin", "/inside", "/a?x=/public/", "/port", "//public/x"];
pub(crate) const HOSTS: [&str; 6] =
    ["app.example.com", "APP.example.com.", "app.example.com:8443", "evil.example", "[::1]:80", "app,evil"];
pub(crate) const SCHEMES: [&str; 5] = ["https", "http", "wss", "HTTPS", "https,http"];
pub(crate) const VALUES: [&str; 12] = [
    "GET",
    "https",
    "app.example.com",
    "/public/x",
    "/admin",
    "https://",
    "127.0.0.1",
    "127.0.0.1:4180",
    ",",
    " ",
    "\u{e9}",
    "%2e",
];
const NAVIGATION: [(&str, [&str; 2]); 3] = [
    ("sec-fetch-mode", ["navigate", "cors"]),
    ("accept", ["text/html,*/*", "application/json"]),
    ("x-requested-with", ["XMLHttpRequest", ""]),
];
/// Headers that one dialect or another, or some application, reads.
const FOREIGN: [&str; 18] = [
    "x-original-method",
    "x-original-uri",
    "x-original-url",
    "x-forwarded-method",
    "x-forwarded-proto",
    "x-forwarded-host",
    "x-forwarded-uri",
    "x-forwarded-for",
    "x-forwarded-prefix",
    "x-real-ip",
    "x-rewrite-url",
    "x-envoy-original-path",
    "x-http-method-override",
    "forwarded",
    "host",
    "x-user",
    "client-cert",
    "x-request-id",
];

const POLICY: &str = r#"
version = 1
[session]
keys = ["KEY"]
lifetime = "12h"
idle = "30m"
[identity_headers]
X-User = "subject"
X-Groups = "groups"
[login]
url = "https://auth.example.com/login"
return_hosts = ["app.example.com"]
[[rule]]
id = "port"
hosts = ["app.example.com:443"]
paths = ["/port"]
allow = "anyone"
[[rule]]
id = "public"
hosts = ["app.example.com"]
paths = ["/public/**"]
allow = "anyone"
[[rule]]
id = "inside"
paths = ["/inside"]
networks = ["10.0.0.0/8"]
allow = "anyone"
[[rule]]
id = "admin"
paths = ["/admin/**"]
methods = ["GET"]
allow = [{ groups = ["staff"] }]
[[rule]]
id = "members"
hosts = ["app.example.com"]
allow = "authenticated"
"#;
