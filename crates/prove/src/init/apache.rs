//! Apache httpd: virtual hosts, and the script that asks.

use serde::Serialize;

use super::template::{Template, double_quoted};
use super::{File, InitError};
use crate::site::{Address, Site};

pub(super) fn files(site: &Site) -> Result<Vec<File>, InitError> {
    let usual = site.listen.ip.is_none() && matches!(site.listen.port, 80 | 443);
    let own = Own {
        listen: (!usual).then(|| site.listen.to_string()),
        address: site.listen.ip.map_or_else(|| format!("*:{}", site.listen.port), |_| site.listen.to_string()),
        script: site.folder.join(SCRIPT.name).display().to_string(),
        gate_host: match &site.gate {
            Address::Tcp(gate) => gate.host.trim_start_matches('[').trim_end_matches(']').to_owned(),
            Address::Unix(_) => String::new(),
        },
        secret: site.proxy_secret.as_deref().map(header_value).transpose()?,
    };
    let configuration = File { secret: site.proxy_secret.is_some(), ..CONFIGURATION.fill(site, &own)? };
    Ok(vec![configuration, SCRIPT.fill(site, &own)?])
}

#[derive(Serialize)]
struct Own {
    /// An address on which httpd does not listen anyway.
    listen: Option<String>,
    /// Of the virtual hosts.
    address: String,
    script: String,
    /// Without the brackets of an IPv6 address, which LuaSocket does not take.
    gate_host: String,
    secret: Option<String>,
}

/// A value of `RequestHeader`, which is a format.
fn header_value(value: &str) -> Result<String, InitError> {
    if value.starts_with("expr=") {
        return Err(InitError(
            "gatewright.conf: `proxy_secret` begins with `expr=`, which httpd would compute; choose another".to_owned(),
        ));
    }
    Ok(value.replace('%', "%%"))
}

/// A word: a backslash stands before a quote and before itself, and `${NAME}` is replaced wherever it stands.
fn quote(value: &str) -> Result<String, String> {
    if value.contains("${") {
        return Err("a value holds `${`, which httpd has no way to write; choose one without".to_owned());
    }
    double_quoted(value)
}

const CONFIGURATION: Template = Template { name: "gatewright.conf", text: include_str!("templates/apache.conf"), quote };
const SCRIPT: Template = Template { name: "gatewright.lua", text: include_str!("templates/apache.lua"), quote: double_quoted };

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_as_httpd_reads_them() {
        assert_eq!(quote(r#"a "b" \c $d #e"#).unwrap(), r#""a \"b\" \\c $d #e""#);
        assert!(quote("${HOME}").unwrap_err().contains("`${`"));
        assert!(quote("a\nb").is_err());
    }

    #[test]
    fn value_of_a_header_is_not_taken_for_a_format_or_an_expression() {
        assert_eq!(header_value("a%{b}e").unwrap(), "a%%{b}e");
        assert!(header_value("expr=%{x}").is_err());
    }
}
