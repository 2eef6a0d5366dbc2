//! HAProxy: the whole configuration, and the script that asks.

use std::path::Path;

use serde::Serialize;

use super::template::{Template, double_quoted, printable};
use super::{File, InitError};
use crate::site::{Site, Tls};

pub(super) fn files(site: &Site) -> Result<Vec<File>, InitError> {
    let certificate = site.tls.as_ref().map(certificate).transpose()?;
    let own = Own {
        listen: if site.listen.ip.is_some() { site.listen.to_string() } else { format!(":{}", site.listen.port) },
        socket: format!("/run/haproxy/gatewright-{}.sock", site.listen.port),
        script: site.folder.join(SCRIPT.name).display().to_string(),
        patterns: site.hosts.iter().filter(|host| host.wildcard).map(|host| below(&host.name)).collect(),
        key_beside: certificate.as_ref().is_some_and(|certificate| certificate.key_beside),
        certificate: certificate.map(|certificate| certificate.path),
    };
    Ok(vec![CONFIGURATION.fill(site, &own)?, SCRIPT.fill(site, &own)?])
}

#[derive(Serialize)]
struct Own {
    listen: String,
    /// Where the script reaches the section that reaches the gate.
    socket: String,
    script: String,
    /// Regular expressions of hosts below a name.
    patterns: Vec<String>,
    certificate: Option<String>,
    /// Whether the key of `app.crt` is `app.key`, which HAProxy has to be told.
    key_beside: bool,
}

struct Certificate {
    path: String,
    key_beside: bool,
}

/// HAProxy takes no path of a key: it finds it by the certificate's.
fn certificate(tls: &Tls) -> Result<Certificate, InitError> {
    let path = tls.certificate.display().to_string();
    let beside = tls.certificate.extension().is_some_and(|extension| extension == "crt")
        && tls.certificate.with_extension("key") == tls.key;
    if beside || tls.key == tls.certificate || tls.key == Path::new(&format!("{path}.key")) {
        return Ok(Certificate { path, key_beside: beside });
    }
    Err(InitError(format!(
        "HAProxy finds the key by the certificate's name; put the key into `{path}` itself, or call it `{path}.key`, and name it so: `--tls-key {path}.key`"
    )))
}

/// One or more labels, a dot, and the name.
fn below(name: &str) -> String {
    format!(r"^([a-z0-9_-]+\.)+{}$", name.replace('.', r"\."))
}

/// A word: within single quotes HAProxy reads nothing, within double quotes it expands `$` and takes a backslash before it.
fn quote(value: &str) -> Result<String, String> {
    let value = printable(value)?;
    if !value.contains('\'') {
        return Ok(format!("'{value}'"));
    }
    Ok(format!("\"{}\"", value.replace('\\', r"\\").replace('"', r#"\""#).replace('$', r"\$")))
}

const CONFIGURATION: Template = Template { name: "haproxy.cfg", text: include_str!("templates/haproxy.cfg"), quote };
const SCRIPT: Template = Template { name: "gatewright.lua", text: include_str!("templates/haproxy.lua"), quote: double_quoted };

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_as_haproxy_reads_them() {
        assert_eq!(quote(r#"/a b/$x"\"#).unwrap(), r#"'/a b/$x"\'"#);
        assert_eq!(quote(r#"it's $1 "a" \b"#).unwrap(), r#""it's \$1 \"a\" \\b""#);
        assert!(quote("a\nb").is_err());
    }

    #[test]
    fn key_is_one_that_haproxy_finds() {
        let tls = |certificate: &str, key: &str| certificate_of(certificate, key);
        assert!(!tls("/a/app.pem", "/a/app.pem").unwrap().key_beside);
        assert!(!tls("/a/app.pem", "/a/app.pem.key").unwrap().key_beside);
        assert!(tls("/a/app.crt", "/a/app.key").unwrap().key_beside);
        for key in ["/a/app.key", "/b/app.pem.key", "/a/other.key"] {
            let InitError(why) = tls("/a/app.pem", key).err().unwrap();
            assert!(why.contains("`--tls-key /a/app.pem.key`"), "{why}");
        }
    }

    #[test]
    fn a_pattern_is_one_or_more_labels() {
        assert_eq!(below("apps.example.com"), r"^([a-z0-9_-]+\.)+apps\.example\.com$");
    }

    fn certificate_of(certificate: &str, key: &str) -> Result<Certificate, InitError> {
        super::certificate(&Tls { certificate: certificate.into(), key: key.into() })
    }
}
