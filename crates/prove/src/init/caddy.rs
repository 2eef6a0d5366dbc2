//! Caddy: one Caddyfile, which another can import.

use serde::Serialize;

use super::template::{Template, printable};
use super::{File, InitError};
use crate::site::Site;

pub(super) fn files(site: &Site) -> Result<Vec<File>, InitError> {
    let automatic = site.tls.is_none() && !site.behind_proxies && site.listen.ip.is_none() && site.listen.port == 80;
    let tls = automatic || site.tls.is_some();
    let certificate = tls && site.certificate_headers.iter().any(|header| header == RFC_9440);
    let own = Own {
        file: site.folder.join(CONFIGURATION.name).display().to_string(),
        odd_characters: ODD_CHARACTERS,
        foreign: foreign(site)?,
        identity: site.identity_headers.iter().map(|header| Identity::new(&header.name)).collect::<Result<_, _>>()?,
        cookie: site.session_cookie.as_deref().map(literal),
        wildcards: site.hosts.iter().any(|host| host.wildcard),
        sites: site
            .hosts
            .iter()
            .map(|host| address(site, automatic, &format!("{}{}", if host.wildcard { "*." } else { "" }, host.name)))
            .collect(),
        others: if automatic { vec!["http://".to_owned(), "https://".to_owned()] } else { vec![address(site, false, "")] },
        impossible_certificates: site
            .certificate_headers
            .iter()
            .filter(|header| !(certificate && *header == RFC_9440))
            .map(String::as_str)
            .collect(),
        certificate,
        automatic,
        tls,
    };
    Ok(vec![CONFIGURATION.fill(site, own)?])
}

#[derive(Serialize)]
struct Own<'s> {
    /// Where the file will be.
    file: String,
    odd_characters: [&'static str; ODD_CHARACTERS.len()],
    /// What a client has no business to send, as names or with `*` at their end.
    foreign: Vec<&'static str>,
    identity: Vec<Identity<'s>>,
    /// The cookie's name as a regular expression.
    cookie: Option<String>,
    wildcards: bool,
    sites: Vec<String>,
    /// Where hosts are answered that are none of the site's.
    others: Vec<String>,
    /// Whether Caddy hands a client's certificate to the gate.
    certificate: bool,
    impossible_certificates: Vec<&'s str>,
    /// Whether Caddy is to get certificates by itself.
    automatic: bool,
    tls: bool,
}

/// A header, and what stands for its value in the gate's answer.
#[derive(Serialize)]
struct Identity<'s> {
    name: &'s str,
    placeholder: String,
}

impl<'s> Identity<'s> {
    /// Caddy takes `+`, `-`, `?`, `>` and `!` before a name and `*` around it for operations.
    fn new(name: &'s str) -> Result<Self, InitError> {
        if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')) || name.starts_with('-') {
            return Err(InitError(format!(
                "the identity header `{name}` cannot be written in a Caddyfile; choose a name of letters, digits and hyphens"
            )));
        }
        Ok(Self { name, placeholder: format!("{{http.reverse_proxy.header.{}}}", canonical(name)) })
    }
}

/// Behind other proxies, what they say of the address and the scheme stays; so does what the policy reads.
fn foreign(site: &Site) -> Result<Vec<&'static str>, InitError> {
    let read = &site.question_headers;
    let one_by_one = site.behind_proxies || read.iter().any(|name| name.starts_with("x-forwarded-"));
    let own_facts: &[&str] = if site.behind_proxies { &[] } else { &["X-Forwarded-For", "X-Forwarded-Proto"] };
    let forwarded = if one_by_one { [&FORWARDED, own_facts].concat() } else { vec!["X-Forwarded-*"] };
    let removed = FOREIGN.iter().copied().chain(forwarded).filter(|name| !read.contains(&name.to_ascii_lowercase()));
    let removed: Vec<&str> = removed.collect();
    let is_plain = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let is_removed = |name: &str| removed.iter().any(|pattern| covers(pattern, name));
    match read.iter().find(|name| !is_plain(name) || is_removed(name)) {
        Some(name) => Err(InitError(format!(
            "the policy reads the header `{name}`, which is removed here, since applications and proxies take it for something else; give it another name, of letters, digits and `-`"
        ))),
        None => Ok(removed),
    }
}

fn covers(pattern: &str, name: &str) -> bool {
    let pattern = pattern.to_ascii_lowercase();
    pattern.strip_suffix('*').map_or(pattern == name, |prefix| name.starts_with(prefix))
}

/// The address of a site; an empty host stands for all others.
fn address(site: &Site, automatic: bool, host: &str) -> String {
    let scheme = if site.tls.is_some() { "https" } else { "http" };
    if automatic { host.to_owned() } else { format!("{scheme}://{host}:{}", site.listen.port) }
}

/// The spelling in which Go keeps a header's name: by it Caddy finds the value.
fn canonical(name: &str) -> String {
    let mut first = true;
    let spell = |letter: char| {
        let spelled = if first { letter.to_ascii_uppercase() } else { letter.to_ascii_lowercase() };
        first = letter == '-';
        spelled
    };
    name.chars().map(spell).collect()
}

/// Writes every letter that a regular expression or a Caddyfile might read as its code.
fn literal(name: &str) -> String {
    let spell = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'-' => char::from(byte).to_string(),
        byte => format!("\\x{byte:02x}"),
    };
    name.bytes().map(spell).collect()
}

/// A quoted word. Between `"` only `\"` is an escape; between backquotes there is none. Braces are placeholders in both.
fn quote(value: &str) -> Result<String, String> {
    if value.contains(['{', '}']) {
        return Err("a value holds a brace, which Caddy takes for a placeholder; choose one without".to_owned());
    }
    let value = printable(value)?;
    match (value.contains('\\'), value.contains('`')) {
        (false, _) => Ok(format!("\"{}\"", value.replace('"', "\\\""))),
        (true, false) => Ok(format!("`{value}`")),
        (true, true) => Err(BACKSLASH_AND_BACKQUOTE.to_owned()),
    }
}

const CONFIGURATION: Template = Template { name: "Caddyfile", text: include_str!("templates/Caddyfile"), quote };
/// What can stand in a header's name beside letters, digits and hyphens (RFC 9110 §5.6.2).
const ODD_CHARACTERS: [&str; 14] = ["_", ".", "!", "#", "$", "%", "&", "'", "*", "+", "^", "`", "|", "~"];
/// What other proxies' dialects and certificates are written in, and what makes a framework take a request for another one.
const FOREIGN: [&str; 9] = [
    "Forwarded",
    "X-Real-Ip",
    "X-Original-*",
    "X-Rewrite-*",
    "X-Gatewright-*",
    "X-Http-Method*",
    "X-Method-Override",
    "Client-Cert*",
    "X-Ssl-*",
];
const FORWARDED: [&str; 10] = [
    "X-Forwarded-Host",
    "X-Forwarded-Method",
    "X-Forwarded-Uri",
    "X-Forwarded-Port",
    "X-Forwarded-Prefix",
    "X-Forwarded-Server",
    "X-Forwarded-Scheme",
    "X-Forwarded-Ssl",
    "X-Forwarded-Client-*",
    "X-Forwarded-Tls-*",
];
const BACKSLASH_AND_BACKQUOTE: &str =
    "a value holds a backslash and a backquote, which a Caddyfile cannot hold together; choose one without";
const RFC_9440: &str = "client-cert";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_as_caddy_reads_them() {
        assert_eq!(quote("a \"b\" `c` #;$'").unwrap(), "\"a \\\"b\\\" `c` #;$'\"");
        assert_eq!(quote(r#"a\"b\"#).unwrap(), r#"`a\"b\`"#);
        assert!(quote(r"a\`").unwrap_err().contains("backquote"));
        assert!(quote("{env.HOME}").unwrap_err().contains("placeholder"));
        assert!(quote("a\nb").is_err());
    }

    #[test]
    fn name_of_a_cookie_is_taken_literally() {
        assert_eq!(literal("__Host-a.b$`"), r"__Host-a\x2eb\x24\x60");
    }

    #[test]
    fn pattern_covers_what_begins_like_it() {
        assert!(covers("X-Original-*", "x-original-uri") && covers("Forwarded", "forwarded"));
        assert!(!covers("X-Original-*", "x-origin") && !covers("Forwarded", "forwarded-x"));
    }

    #[test]
    fn names_of_headers_are_found_as_go_spells_them() {
        assert_eq!(Identity::new("x-USER_id").unwrap().placeholder, "{http.reverse_proxy.header.X-User_id}");
        assert!(Identity::new("+X").is_err());
    }
}
