//! `[identity_headers]`.

use super::document::{Node, Problem, suggestion};
use crate::identity_headers::{IdentityHeader, IdentityPart};

pub(super) fn read(node: &Node) -> Result<Vec<IdentityHeader>, Problem> {
    let mut headers: Vec<IdentityHeader> = Vec::new();
    for member in node.table("[identity_headers]")?.rest() {
        check_name(&member.key).map_err(|message| Problem::new(message, &member.place))?;
        if headers.iter().any(|header| header.name.eq_ignore_ascii_case(&member.key)) {
            return Err(Problem::new(format!("the header `{}` is there twice", member.key), &member.place));
        }
        headers.push(IdentityHeader { name: member.key.clone(), value: part(&member.node)? });
    }
    Ok(headers)
}

fn part(node: &Node) -> Result<IdentityPart, Problem> {
    let text = node.text()?;
    if let Some(path) = text.strip_prefix("claims.") {
        let path: Vec<String> = path.split('.').map(str::to_owned).collect();
        if path.iter().any(String::is_empty) {
            return Err(node.problem("a claim path has a name between any two dots, such as `claims.team.id`"));
        }
        return Ok(IdentityPart::Claim(path));
    }
    match text {
        "subject" => Ok(IdentityPart::Subject),
        "email" => Ok(IdentityPart::Email),
        "name" => Ok(IdentityPart::Name),
        "groups" => Ok(IdentityPart::Groups),
        "scopes" => Ok(IdentityPart::Scopes),
        "issuer" => Ok(IdentityPart::Issuer),
        "credential" => Ok(IdentityPart::Credential),
        _ => {
            let known = ["subject", "email", "name", "groups", "scopes", "issuer", "credential"];
            let hint = suggestion(text, &known, "write claims.<path> or one of");
            Err(node.problem(format!("an identity has no part `{text}`; {hint}")))
        }
    }
}

/// Refuses names that mean something to a proxy or to us, and names that a backend could confuse with others.
pub(super) fn check_name(name: &str) -> Result<(), String> {
    let lower = name.to_ascii_lowercase();
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        return Err(format!(
            "`{name}` is no safe header name: letters, digits and `-` only, since backends fold other characters together"
        ));
    }
    if RESERVED.contains(&lower.as_str()) || RESERVED_PREFIXES.iter().any(|prefix| lower.starts_with(prefix)) {
        return Err(format!("`{name}` has a meaning of its own to proxies; choose another name, such as `X-User`"));
    }
    Ok(())
}

/// Hop-by-hop fields (RFC 9110 §7.6.1) and fields that proxies act on.
const RESERVED: &[&str] = &[
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "set-cookie",
    "cookie",
    "location",
    "host",
    "date",
    "server",
    "status",
    "authorization",
    "www-authenticate",
    "cache-control",
    "expires",
    "etag",
    "vary",
    "forwarded",
    "x-real-ip",
    "x-gatewright-proxy",
    "refresh",
    "age",
    "via",
    "warning",
    "pragma",
    "alt-svc",
    "accept-ranges",
    "last-modified",
];
const RESERVED_PREFIXES: &[&str] =
    &["content-", "x-accel-", "x-forwarded-", "x-original-", "x-envoy-", "sec-", "access-control-", "proxy-"];
