//! What the fakes answer.

use super::Yes;
use super::request::{PROBE, Protocol, Seen};
use super::told::Told;

/// How the gate answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// As a gate does: 200 for a session, 403 for one without the right, else 401.
    ByCredential,
    /// The same, but it does not say who is asking.
    WithoutIdentity,
    /// By what it is told of the request, and then as a gate does.
    ByRequest(Told),
    /// This status, and nothing more but where a redirect leads.
    Status(u16),
    /// 401 with so many challenges.
    Challenges(u8),
    /// Yes with this status, to everybody, and says that it is somebody.
    Yes(u16),
    /// The same with 200, but what it says of who is asking is empty.
    YesToNobody,
    /// The same, but says of two people that it is each of them.
    YesTwice,
    /// The same with a body that ends before its end.
    YesCutBody,
    /// Never.
    Hang,
    /// A head that ends within a header.
    CutHead,
    /// 401 with a body that ends before its end.
    CutBody,
    /// Headers larger than nginx holds.
    Huge,
    /// 401 with the identity of somebody, twice.
    Twice,
    /// 401 that names another page to show: one that answers with a success.
    Accelerate(String),
    /// Bytes that are no HTTP.
    Garbage,
    /// A connection that ends.
    Nothing,
    /// `100 Continue` first, then 401.
    Early,
}

impl Answer {
    /// Every answer that is no yes, but for no connection at all.
    pub(crate) fn denials() -> Vec<Self> {
        let statuses = [101, 300, 301, 302, 303, 304, 307, 308, 400, 401, 402, 403, 404, 405, 407, 409, 410, 418, 429, 451];
        let faults = [500, 501, 502, 503, 504];
        let challenges = [Self::Challenges(1), Self::Challenges(2)];
        let broken =
            [Self::CutHead, Self::CutBody, Self::Huge, Self::Twice, Self::Garbage, Self::Nothing, Self::Early, Self::Hang];
        statuses.into_iter().chain(faults).map(Self::Status).chain(challenges).chain(broken).collect()
    }

    /// Every yes to everybody.
    pub(crate) fn yeses() -> Vec<Self> {
        let statuses = [200, 201, 202, 203, 204, 205, 206, 207, 226, 299];
        let odd = [Self::YesToNobody, Self::YesTwice, Self::YesCutBody];
        statuses.into_iter().map(Self::Yes).chain(odd).collect()
    }

    /// What the gate does, in words.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::ByCredential => "the gate answers by credential".into(),
            Self::WithoutIdentity => "the gate answers 200 without identity headers".into(),
            Self::ByRequest(told) => format!("the gate decides by the {} that it is told", told.name()),
            Self::Status(status) => format!("the gate answers {status}"),
            Self::Challenges(1) => "the gate answers 401 with a challenge".into(),
            Self::Challenges(count) => format!("the gate answers 401 with {count} challenges"),
            Self::Yes(status) => format!("the gate answers {status} to everybody"),
            Self::YesToNobody => "the gate answers 200 with empty identity headers".into(),
            Self::YesTwice => "the gate answers 200 with each identity header twice".into(),
            Self::YesCutBody => "the gate answers 200 with half a body".into(),
            Self::Hang => "the gate never answers".into(),
            Self::CutHead => "the gate answers half a head".into(),
            Self::CutBody => "the gate answers 401 with half a body".into(),
            Self::Huge => "the gate answers 401 with headers larger than any buffer".into(),
            Self::Twice => "the gate answers 401 with each identity header twice".into(),
            Self::Accelerate(page) => format!("the gate answers 401 with `X-Accel-Redirect: {page}`"),
            Self::Garbage => "the gate answers bytes that are no HTTP".into(),
            Self::Nothing => "the gate closes the connection without an answer".into(),
            Self::Early => "the gate answers 100 before 401".into(),
        }
    }

    /// The bytes; `None` to wait instead.
    pub(super) fn of_gate(&self, seen: &Seen, yes: &Yes) -> Option<Vec<u8>> {
        let named = |value: &str| yes.identity.iter().map(|name| format!("{name}: {value}\r\n")).collect::<String>();
        let who = |value: &str| [&named(value), yes.lines.as_str()].concat();
        let status = |status: u16| spoken(seen, status, "", "");
        Some(match self {
            Self::ByCredential => match Credential::of(seen) {
                // A gate that is asked by CGI has no pages: the path is that of the client.
                _ if yes.has_pages && seen.protocol == Protocol::Http && is_page_of_gate(seen.path()) => return page(seen),
                Credential::Good => spoken(seen, 200, &who(PERSON), ""),
                Credential::Other => spoken(seen, 200, &who(OTHER), ""),
                Credential::Forbidden => status(403),
                Credential::None => spoken(seen, 401, "WWW-Authenticate: Bearer\r\n", ""),
            },
            Self::WithoutIdentity => spoken(seen, 200, &yes.lines, ""),
            Self::ByRequest(told) => match Credential::of(seen) {
                Credential::None if told.is_public(seen) => spoken(seen, 200, &yes.lines, ""),
                Credential::Other if told.is_closed(seen) => status(403),
                _ => return Self::ByCredential.of_gate(seen, yes),
            },
            Self::Status(code @ (300..=303 | 307 | 308)) => spoken(seen, *code, "Location: http://login.test/\r\n", ""),
            Self::Status(code) => status(*code),
            Self::Challenges(count) => {
                let one = |number| format!("WWW-Authenticate: Bearer realm=\"{number}\"\r\n");
                spoken(seen, 401, &(0..*count).map(one).collect::<String>(), "")
            }
            Self::Yes(code) => spoken(seen, *code, &who(PERSON), ""),
            Self::YesToNobody => spoken(seen, 200, &who(""), ""),
            Self::YesTwice => spoken(seen, 200, &[who(PERSON), named(OTHER)].concat(), ""),
            Self::YesCutBody => cut(spoken(seen, 200, &who(PERSON), "a page that ends too early")),
            Self::CutBody => cut(spoken(seen, 401, "", "a page that ends too early")),
            Self::Hang => return None,
            Self::CutHead => b"HTTP/1.1 200 OK\r\nContent-Le".to_vec(),
            Self::Huge => spoken(seen, 401, &format!("X-Huge: {}\r\n", "x".repeat(80 << 10)), ""),
            Self::Twice => spoken(seen, 401, &[named(PERSON), named(OTHER)].concat(), ""),
            Self::Accelerate(page) => spoken(seen, 401, &format!("X-Accel-Redirect: {page}\r\n"), ""),
            Self::Garbage => b"\x16\x03\x01 200 \xff\xfe\r\n\r\n".to_vec(),
            Self::Nothing => Vec::new(),
            Self::Early => [b"HTTP/1.1 100 Continue\r\n\r\n".to_vec(), status(401)].concat(),
        })
    }
}

/// Without its last bytes.
fn cut(mut answer: Vec<u8>) -> Vec<u8> {
    answer.truncate(answer.len().saturating_sub(10));
    answer
}

/// What a request proves.
pub(super) enum Credential {
    Good,
    Other,
    Forbidden,
    None,
}

impl Credential {
    /// Looked for in every header: only the operator's gate knows the name of its cookie.
    pub(super) fn of(seen: &Seen) -> Self {
        let proofs = seen.headers.iter().filter(|(name, _)| !name.eq_ignore_ascii_case(PROBE));
        let has = |word: &str| proofs.clone().any(|(_, value)| value.contains(word));
        match () {
            () if has(FORBIDDEN) => Self::Forbidden,
            () if has(GOOD) => Self::Good,
            () if has(GOOD_OTHER) => Self::Other,
            () => Self::None,
        }
    }
}

/// Pages that a gate shows to everybody.
fn is_page_of_gate(path: &str) -> bool {
    matches!(path, "/" | "/login" | "/health" | "/healthz" | "/ping") || path.starts_with("/static") || path.contains("sign_in")
}

/// A page of the gate: no secret.
pub(super) fn page(seen: &Seen) -> Option<Vec<u8>> {
    Some(spoken(seen, 200, "Content-Type: text/html\r\n", "please log in"))
}

/// An answer in the protocol of the request.
pub(super) fn spoken(seen: &Seen, status: u16, headers: &str, body: &str) -> Vec<u8> {
    let body = if seen.method == "HEAD" { "" } else { body };
    match seen.protocol {
        Protocol::Http | Protocol::Uwsgi => {
            let length = body.len();
            format!("HTTP/1.1 {status} X\r\nContent-Length: {length}\r\nConnection: close\r\n{headers}\r\n{body}").into_bytes()
        }
        Protocol::Scgi => format!("Status: {status} X\r\n{headers}\r\n{body}").into_bytes(),
        Protocol::FastCgi => {
            let text = format!("Status: {status} X\r\n{headers}\r\n{body}");
            let mut records = Vec::new();
            for piece in text.as_bytes().chunks(16 << 10) {
                let [high, low] = u16::try_from(piece.len()).unwrap_or_default().to_be_bytes();
                records.extend([1, 6, 0, 1, high, low, 0, 0]);
                records.extend(piece);
            }
            records.extend([1, 6, 0, 1, 0, 0, 0, 0, 1, 3, 0, 1, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
            records
        }
        Protocol::Http2 => Vec::new(),
    }
}

/// Who the gate says the session is.
pub(crate) const PERSON: &str = "alice";
/// Who the gate says the other session is.
pub(crate) const OTHER: &str = "bob";
/// The value of a session that may.
pub(crate) const GOOD: &str = "gatewright-session";
/// The value of another session that may.
pub(crate) const GOOD_OTHER: &str = "gatewright-other";
/// The value of a session that may not.
pub(crate) const FORBIDDEN: &str = "gatewright-forbidden";
