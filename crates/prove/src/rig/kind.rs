//! Whose configuration a file is.

use super::RigError;
use super::addressed::Proxy;
use super::caddy::Caddy;
use super::envoy::Envoy;
use super::haproxy::Haproxy;
use super::traefik::Traefik;
use crate::lint::{Form, form};

/// A proxy whose configuration can be run.
pub(super) enum Kind {
    /// Its configuration is understood.
    Nginx,
    /// Its configuration is rewritten by addresses alone.
    Other(&'static dyn Proxy),
}

impl Kind {
    pub(super) fn of(name: &[u8], text: &[u8]) -> Result<Self, RigError> {
        let starts = |words: &[&str]| {
            let lines = String::from_utf8_lossy(text);
            lines.lines().any(|line| {
                line.split_whitespace().next().is_some_and(|word| words.contains(&word)) && !line.contains(['{', ';'])
            })
        };
        if starts(&["<VirtualHost", "ProxyPass", "LoadModule"]) {
            return Err(RigError::Unsupported("Apache httpd"));
        }
        let is_cfg = name.to_ascii_lowercase().ends_with(b".cfg");
        if is_cfg || (starts(&["frontend", "listen", "backend"]) && starts(&["bind"])) {
            return Ok(Self::Other(&Haproxy));
        }
        match form(name, text).map_err(|error| RigError::Unknown(Some(error)))? {
            Some(Form::Caddy | Form::Caddyfile) => Ok(Self::Other(&Caddy)),
            Some(Form::Traefik) => Ok(Self::Other(&Traefik)),
            Some(Form::Envoy) => Ok(Self::Other(&Envoy)),
            Some(Form::Ingress) => Err(RigError::Unsupported("ingress-nginx")),
            None if is_data(name) => Err(RigError::Unknown(None)),
            None => Ok(Self::Nginx),
        }
    }
}

/// Whether a file calls itself data, whatever is in it.
fn is_data(name: &[u8]) -> bool {
    let name = name.to_ascii_lowercase();
    [".json", ".yaml", ".yml", ".toml"].iter().any(|ending| name.ends_with(ending.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(name: &str, text: &str) -> String {
        match Kind::of(name.as_bytes(), text.as_bytes()) {
            Ok(Kind::Nginx) => "nginx".to_owned(),
            Ok(Kind::Other(proxy)) => proxy.name().to_owned(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn proxy_is_told_by_the_name_or_by_what_is_written() {
        assert_eq!(kind("a.conf", "events { }\nhttp { server { listen 80; } }"), "nginx");
        assert_eq!(kind("-", "global\nfrontend a\n    bind :80\n"), "HAProxy");
        assert_eq!(kind("Caddyfile", "a.test {\n\trespond 1\n}\n"), "Caddy");
        assert_eq!(kind("-", "{\"apps\": {\"http\": {}}}"), "Caddy");
        assert_eq!(kind("traefik.yml", "entryPoints: { web: { address: ':80' } }"), "Traefik");
        assert_eq!(kind("envoy.yaml", "static_resources: {}"), "Envoy");
    }

    #[test]
    fn others_are_named() {
        assert!(kind("a.conf", "<VirtualHost *:80>\n</VirtualHost>\n").contains("Apache httpd"));
        assert!(kind("a.yaml", "kind: Ingress\napiVersion: networking.k8s.io/v1\n").contains("ingress-nginx"));
        assert!(kind("a.yaml", "services: { web: { image: nginx } }").contains("no configuration of a proxy"));
        assert!(kind("a.json", "{\"apps\": }").contains("a.json:1:10"));
    }
}
