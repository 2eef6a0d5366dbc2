//! Which requests a rule is about: every key says yes, no, or that it cannot tell.

use std::net::IpAddr;

use super::decider::Question;
use super::path::Path;
use super::policy::Rule;

/// What a target, or one key of it, says of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Matched {
    Yes,
    No,
    /// The rule is not skipped and refuses; in the order of evaluation, so that the least is the one to tell.
    Malformed,
    Ambiguous,
    AddressUnknown,
}

impl From<bool> for Matched {
    fn from(yes: bool) -> Self {
        if yes { Self::Yes } else { Self::No }
    }
}

/// Asks every key: a no skips the rule, whatever cannot be told besides.
pub(crate) fn target(rule: &Rule, question: &Question, path: &Path) -> Matched {
    let keys = [
        hosts(rule, question),
        paths(rule, path),
        Matched::from(rule.methods.is_empty() || rule.methods.iter().any(|method| covers(method, question.method))),
        all(rule.query.iter().map(|(name, values)| query(question.query.as_deref(), name, values))),
        all(rule.headers.iter().map(|(name, values)| header(question, name, values))),
        networks(rule, question),
    ];
    all(keys)
}

fn all(keys: impl IntoIterator<Item = Matched>) -> Matched {
    let keys: Vec<Matched> = keys.into_iter().collect();
    if keys.contains(&Matched::No) {
        return Matched::No;
    }
    keys.into_iter().filter(|key| *key != Matched::Yes).min().unwrap_or(Matched::Yes)
}

fn covers(method: &str, asked: &str) -> bool {
    method == asked || (method == "GET" && asked == "HEAD")
}

fn hosts(rule: &Rule, question: &Question) -> Matched {
    if rule.hosts.is_empty() {
        return Matched::Yes;
    }
    let (name, port) = question.host.1.expect("a malformed host asks no rule");
    let mut unclear = false;
    for pattern in &rule.hosts {
        let (pattern, wanted) = match pattern.rsplit_once(':') {
            Some((pattern, port)) => (pattern, Some(port.parse::<u16>().unwrap())),
            None => (*pattern, None),
        };
        let named = match pattern.strip_prefix('*') {
            Some(suffix) => name.len() > suffix.len() && name.ends_with(&suffix.to_ascii_lowercase()),
            None => pattern.eq_ignore_ascii_case(name),
        };
        let default = if matches!(question.scheme, "http" | "ws") { 80 } else { 443 };
        match (wanted, port) {
            _ if !named => {}
            (None, _) => return Matched::Yes,
            (Some(wanted), Some(port)) if wanted == port => return Matched::Yes,
            (Some(_), Some(_)) => {}
            (Some(_), None) if question.portless => unclear = true,
            (Some(wanted), None) if wanted == default => return Matched::Yes,
            (Some(_), None) => {}
        }
    }
    if unclear { Matched::Malformed } else { Matched::No }
}

fn paths(rule: &Rule, path: &Path) -> Matched {
    let fits = |segments: &[String], text: &str| {
        rule.paths.is_empty() || rule.paths.iter().any(|pattern| fits_pattern(pattern, segments, text, rule.insensitive))
    };
    let opaque = fits(path.segments(), &path.text());
    if path.forms.iter().all(|form| rule.accept.contains(form)) {
        return opaque.into();
    }
    let any = opaque || path.readings.iter().any(|reading| fits(reading, &format!("/{}", reading.join("/"))));
    if any { Matched::Ambiguous } else { Matched::No }
}

fn fits_pattern(pattern: &str, segments: &[String], text: &str, insensitive: bool) -> bool {
    let fold = |text: &str| if insensitive { text.to_lowercase() } else { text.to_owned() };
    if let Some((_, fits)) = EXPRESSIONS.iter().find(|(expression, _)| *expression == pattern) {
        // U+017F is another small letter of `S`, which only folding in the other direction tells.
        return fits(&if insensitive { fold(text).replace('\u{17f}', "s") } else { text.to_owned() });
    }
    let pattern = pattern.trim_matches('/');
    let wanted: Vec<&str> = if pattern.is_empty() { Vec::new() } else { pattern.split('/').collect() };
    let (wanted, open) = match wanted.as_slice() {
        [before @ .., "**"] => (before, true),
        all => (all, false),
    };
    let enough = if open { segments.len() >= wanted.len() } else { segments.len() == wanted.len() };
    enough && wanted.iter().zip(segments).all(|(wanted, segment)| *wanted == "*" || fold(wanted) == fold(segment))
}

/// Expressions, each with what it means.
pub(crate) type Expression = (&'static str, fn(&str) -> bool);
pub(crate) const EXPRESSIONS: [Expression; 3] = [
    ("re:/a/[a-z]+", |text| {
        text.strip_prefix("/a/").is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_lowercase()))
    }),
    ("re:/b|/a%2[Ff]b", |text| matches!(text, "/b" | "/a%2Fb" | "/a%2fb")),
    ("re:/(admin|a).*", |text| text.starts_with("/a") && !text.contains('\n')),
];

fn query(query: Option<&[u8]>, name: &str, values: &[&str]) -> Matched {
    let Some(query) = query else { return Matched::No };
    let mut found = Vec::new();
    for pair in query.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
        let mut parts = pair.splitn(2, |byte| *byte == b'=');
        let Some(own) = form_decoded(parts.next().unwrap_or_default()) else { return Matched::Malformed };
        if own == name {
            found.push(form_decoded(parts.next().unwrap_or_default()));
        }
    }
    match found.as_slice() {
        [] => Matched::No,
        [Some(value)] => values.contains(&value.as_str()).into(),
        [None] | [_, _, ..] => Matched::Malformed,
    }
}

fn form_decoded(text: &[u8]) -> Option<String> {
    let (mut bytes, mut at) = (Vec::new(), 0);
    while at < text.len() {
        match text[at] {
            b'+' => bytes.push(b' '),
            b'%' => {
                let digits = std::str::from_utf8(text.get(at + 1..at + 3)?).ok()?;
                let is_hexadecimal = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
                bytes.push(u8::from_str_radix(digits, 16).ok().filter(|_| is_hexadecimal)?);
                at += 2;
            }
            other => bytes.push(other),
        }
        at += 1;
    }
    String::from_utf8(bytes).ok()
}

fn header(question: &Question, name: &str, values: &[&str]) -> Matched {
    let sent: Vec<&str> =
        question.headers.iter().filter(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str()).collect();
    match sent.as_slice() {
        [] => Matched::No,
        [value] if values.contains(value) => Matched::Yes,
        [value] if value.split(',').any(|part| values.contains(&part.trim_ascii())) => Matched::Malformed,
        [_] => Matched::No,
        [_, _, ..] => Matched::Malformed,
    }
}

fn networks(rule: &Rule, question: &Question) -> Matched {
    if rule.networks.is_empty() {
        return Matched::Yes;
    }
    let Some(client) = question.client else { return Matched::AddressUnknown };
    rule.networks.iter().any(|network| holds(network, client.to_canonical())).into()
}

fn holds(network: &str, client: IpAddr) -> bool {
    match (network, client) {
        ("10.0.0.0/8", IpAddr::V4(client)) => client.octets()[0] == 10,
        ("192.0.2.7", IpAddr::V4(client)) => client.octets() == [192, 0, 2, 7],
        ("2001:db8::/32", IpAddr::V6(client)) => client.segments()[..2] == [0x2001, 0xdb8],
        ("loopback", IpAddr::V4(client)) => client.octets()[0] == 127,
        ("loopback", IpAddr::V6(client)) => client.segments() == [0, 0, 0, 0, 0, 0, 0, 1],
        _ => false,
    }
}

/// The networks that [`holds`] knows.
pub(crate) const NETWORKS: [&str; 4] = ["10.0.0.0/8", "192.0.2.7", "2001:db8::/32", "loopback"];
