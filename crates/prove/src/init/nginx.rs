//! nginx: one file for the `http` block.

use serde::Serialize;

use super::template::{Template, double_quoted};
use super::{File, InitError};
use crate::site::Site;

pub(super) fn files(site: &Site) -> Result<Vec<File>, InitError> {
    if site.cache.is_some()
        && let Some(header) = site.question_headers.iter().find(|header| !CACHEABLE.contains(&header.as_str()))
    {
        // A variable of nginx has the first of two fields alone, so that the second would not be in the key.
        return Err(InitError(format!(
            "the policy reads `{header}`, and nginx cannot hold all fields of that name in a cache's key; leave `--cache` out"
        )));
    }
    let foreign = FOREIGN.iter().filter(|name| !reads(site, name));
    let own = Own {
        foreign: foreign.copied().filter(|name| !site.is_identity_header(name)).collect(),
        listen: site.listen.to_string(),
        cookie: site.session_cookie.as_deref().map(CookiePatterns::new),
        cache_key: cache_key(site),
        unread: ["Cookie", "Authorization"].into_iter().filter(|name| !reads(site, name)).collect(),
    };
    Ok(vec![CONFIGURATION.fill(site, own)?])
}

#[derive(Serialize)]
struct Own {
    listen: String,
    /// Headers that the application does not get from a client.
    foreign: Vec<&'static str>,
    cookie: Option<CookiePatterns>,
    cache_key: String,
    /// Credentials on which no decision depends, so that they are not in the key.
    unread: Vec<&'static str>,
}

/// Quoted regular expressions over a `Cookie` header, by which a `map` takes the session cookie out of it.
#[derive(Serialize)]
struct CookiePatterns {
    /// The cookie comes first; names what stands after it.
    first: String,
    /// It comes later; names what stands before and after it.
    later: String,
    /// It is there.
    any: String,
}

impl CookiePatterns {
    fn new(name: &str) -> Self {
        let name = literal(name);
        Self {
            first: format!(r#""~^[ \t]*{name}[ \t]*=[^;]*(?:;[ \t]*|$)(?<gatewright_re_after>.*)$""#),
            later: format!(r#""~^(?<gatewright_re_before>.*?);[ \t]*{name}[ \t]*=[^;]*(?<gatewright_re_rest>.*)$""#),
            any: format!(r#""~(?:^|;)[ \t]*{name}[ \t]*=""#),
        }
    }
}

/// Whether a decision may depend on a header.
fn reads(site: &Site, name: &str) -> bool {
    site.question_headers.iter().any(|read| read.eq_ignore_ascii_case(name))
}

/// Every variable that the decision may depend on. A newline between them cannot stand in any, so that no two questions share a key.
fn cache_key(site: &Site) -> String {
    let request =
        ["$scheme", "$request_method", "$host$gatewright_port", "$request_uri", "$remote_addr", "$http_x_forwarded_for"];
    let certificate = ["$ssl_client_verify", "$ssl_client_fingerprint"].iter().filter(|_| !site.certificate_headers.is_empty());
    let headers = site.question_headers.iter().map(|name| format!("$http_{}", name.replace('-', "_")));
    let all: Vec<String> = request.iter().chain(certificate).map(|name| (*name).to_owned()).chain(headers).collect();
    format!("\"{}\"", all.join("\\n"))
}

/// Escapes what a regular expression would read: the backslash is nginx's to keep, since no quote can stand in a cookie's name.
fn literal(name: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-');
    name.chars().flat_map(|letter| [(!plain(letter)).then_some('\\'), Some(letter)]).flatten().collect()
}

/// A quoted word: nginx takes a backslash before a quote and before itself, and expands `$` wherever it stands.
fn quote(value: &str) -> Result<String, String> {
    if value.contains('$') {
        return Err("a value holds `$`, which nginx has no way to write; choose one without".to_owned());
    }
    double_quoted(value)
}

/// Headers of which nginx takes one field, joins all, or that make no difference to an allow.
const CACHEABLE: &[&str] = &["accept", "authorization", "cookie", "dpop", "sec-fetch-mode", "x-requested-with"];
/// What other proxies' dialects and certificates are written in, and what makes a framework take a request for another one.
const FOREIGN: &[&str] = &[
    "Client-Cert",
    "Client-Cert-Chain",
    "Forwarded",
    "HTTP2-Settings",
    "Proxy",
    "Proxy-Authorization",
    "Trailer",
    "True-Client-IP",
    "X-Client-IP",
    "X-Envoy-Original-Path",
    "X-Forwarded-Client-Cert",
    "X-Forwarded-Method",
    "X-Forwarded-Path",
    "X-Forwarded-Port",
    "X-Forwarded-Prefix",
    "X-Forwarded-Scheme",
    "X-Forwarded-Server",
    "X-Forwarded-Ssl",
    "X-Forwarded-Uri",
    "X-Forwarded-User",
    "X-Gatewright-Assertion",
    "X-Gatewright-Proxy",
    "X-HTTP-Method",
    "X-HTTP-Method-Override",
    "X-Method-Override",
    "X-Original-Host",
    "X-Original-Method",
    "X-Original-URI",
    "X-Original-URL",
    "X-Rewrite-URL",
    "X-Scheme",
    "X-SSL-Client-Cert",
    "X-SSL-Client-Verify",
];

const CONFIGURATION: Template = Template { name: "gatewright.conf", text: include_str!("templates/nginx.conf"), quote };

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_as_nginx_reads_them() {
        assert_eq!(quote(r#"a "b" \c;"#).unwrap(), r#""a \"b\" \\c;""#);
        assert!(quote("$host").unwrap_err().contains("`$`"));
        assert!(quote("a\nb").is_err());
    }

    /// `After` or `Login` as an identity header must not be a variable that the file has for something else.
    #[test]
    fn variables_of_identities_are_theirs_alone() {
        let named = CONFIGURATION.text.matches("gatewright_id_").count();
        assert_eq!(named, CONFIGURATION.text.matches("gatewright_id_{{ header.variable|safe }}").count());
        assert_eq!(named, 2);
    }

    #[test]
    fn name_of_a_cookie_is_taken_literally() {
        assert_eq!(CookiePatterns::new("__Host-a.b$").any, r#""~(?:^|;)[ \t]*__Host-a\.b\$[ \t]*=""#);
    }
}
