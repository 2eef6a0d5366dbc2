//! Traefik: a static and a dynamic file.

use serde::Serialize;

use super::template::{Template, double_quoted};
use super::{File, InitError};
use crate::site::{Address, Host, Site};

pub(super) fn files(site: &Site) -> Result<Vec<File>, InitError> {
    let Address::Tcp(gate) = &site.gate else {
        return Err(InitError(
            "Traefik asks over TCP alone, not over a unix socket; let the gate listen on an address as well, and name it: `--gate 127.0.0.1:4180`"
                .to_owned(),
        ));
    };
    if let Some(name) = site.question_headers.iter().find(|name| !is_plain(name)) {
        return Err(InitError(format!(
            "the policy reads the header `{name}`, and names with other characters than letters, digits and `-` are dropped here, since applications take them for others"
        )));
    }
    let own = Own {
        static_file: site.folder.join(STATIC.name).display().to_string(),
        dynamic_file: site.folder.join(DYNAMIC.name).display().to_string(),
        listen: if site.listen.ip.is_some() { site.listen.to_string() } else { format!(":{}", site.listen.port) },
        hop: HOP,
        gate: format!("http://{gate}"),
        idle: format!("{}ms", site.gate_timeout.saturating_mul(500)),
        rule: format!("({})", site.hosts.iter().map(matcher).collect::<Vec<_>>().join(" || ")),
        foreign: foreign(site),
        asked: asked(site),
    };
    Ok(vec![DYNAMIC.fill(site, &own)?, STATIC.fill(site, &own)?])
}

#[derive(Serialize)]
struct Own {
    static_file: String,
    dynamic_file: String,
    listen: String,
    /// Where Traefik asks itself.
    hop: &'static str,
    gate: String,
    /// For how long an idle connection to the gate is kept.
    idle: String,
    /// Matches the hosts.
    rule: String,
    /// Headers that a client has no business to send.
    foreign: Vec<&'static str>,
    /// Headers of the client that the gate is told.
    asked: Vec<String>,
}

/// Matches a host in Traefik's language of rules; `*.` is one label there, and one or more here.
fn matcher(host: &Host) -> String {
    let literal = host.name.replace('.', "[.]");
    if host.wildcard {
        format!("HostRegexp(`^([a-z0-9_-]+[.])+{literal}[.]?$`)")
    } else if let Some(bare) = host.name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        format!("Host(`{}`) || Host(`{bare}`)", host.name) // with a port behind it, the brackets are gone
    } else {
        format!("Host(`{}`)", host.name)
    }
}

/// Behind other proxies, what they say of the address and the scheme stays.
fn foreign(site: &Site) -> Vec<&'static str> {
    let forwarded: &[&str] = if site.behind_proxies { &FORWARDED } else { &[] };
    let read = |name: &str| site.question_headers.iter().any(|read| read.eq_ignore_ascii_case(name));
    FOREIGN.iter().chain(forwarded).copied().filter(|name| !read(name)).collect()
}

fn asked(site: &Site) -> Vec<String> {
    let id = site.behind_proxies.then(|| "x-request-id".to_owned());
    site.question_headers.iter().cloned().chain(id).collect()
}

fn is_plain(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// A scalar in a file that Traefik takes for a template of Go before it reads the YAML.
fn quote_in_template(value: &str) -> Result<String, String> {
    Ok(double_quoted(value)?.replace("{{", "{{`{{`}}"))
}

const STATIC: Template = Template { name: "traefik.yaml", text: include_str!("templates/traefik.yaml"), quote: double_quoted };
const DYNAMIC: Template =
    Template { name: "gatewright.yaml", text: include_str!("templates/traefik-dynamic.yaml"), quote: quote_in_template };
const HOP: &str = "127.0.0.1:4179";
/// What other proxies' dialects and certificates are written in, and what makes a framework take a request for another one.
const FOREIGN: [&str; 17] = [
    "Forwarded",
    "X-Original-Uri",
    "X-Original-Url",
    "X-Original-Method",
    "X-Original-Host",
    "X-Rewrite-Url",
    "X-Http-Method-Override",
    "X-Http-Method",
    "X-Method-Override",
    "X-Forwarded-Ssl",
    "X-Forwarded-Client-Cert",
    "Client-Cert",
    "Client-Cert-Chain",
    "X-Ssl-Client-Verify",
    "X-Ssl-Client-Cert",
    "X-Gatewright-Assertion",
    "X-Gatewright-Proxy",
];
/// What the entry point drops by itself where no proxies stand in front.
const FORWARDED: [&str; 9] = [
    "X-Forwarded-Host",
    "X-Forwarded-Method",
    "X-Forwarded-Uri",
    "X-Forwarded-Port",
    "X-Forwarded-Prefix",
    "X-Forwarded-Server",
    "X-Forwarded-Scheme",
    "X-Scheme",
    "X-Real-Ip",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn template_of_go_finds_no_action_in_a_value() {
        assert_eq!(quote_in_template("{{env}}").unwrap(), r#""{{`{{`}}env}}""#);
    }

    #[test]
    fn hosts_are_matched_whole() {
        let host = |name: &str, wildcard| matcher(&Host { name: name.to_owned(), wildcard });
        assert_eq!(host("app.example.com", false), "Host(`app.example.com`)");
        assert_eq!(host("example.com", true), "HostRegexp(`^([a-z0-9_-]+[.])+example[.]com[.]?$`)");
        assert_eq!(host("[::1]", false), "Host(`[::1]`) || Host(`::1`)");
    }
}
