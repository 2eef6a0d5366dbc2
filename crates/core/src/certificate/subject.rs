//! A subject's distinguished name as text (RFC 4514, in the spelling of OpenSSL and nginx's `$ssl_client_s_dn`).

use std::fmt::Write as _;

use x509_parser::prelude::{FromDer as _, X509Certificate};
use x509_parser::x509::AttributeTypeAndValue;

use super::unknown;
use crate::rejection::Refusal;

/// Returns the subject of a certificate: the last relative name first, with commas between, and `+` between the parts of one.
pub(super) fn distinguished_name(der: &[u8]) -> Result<String, Refusal> {
    let (rest, certificate) = X509Certificate::from_der(der).map_err(|_| unknown("the certificate is not X.509 in DER"))?;
    if !rest.is_empty() {
        return Err(unknown("there are bytes after the certificate"));
    }
    let names: Vec<String> = certificate
        .subject()
        .iter()
        .map(|relative| {
            let mut parts: Vec<String> = relative.iter().map(attribute).collect();
            parts.reverse();
            parts.join("+")
        })
        .collect();
    Ok(names.into_iter().rev().collect::<Vec<_>>().join(","))
}

/// Writes `CN=alice`; what has no short name or is no text is written by its number and in hexadecimal (RFC 4514 §2.4).
fn attribute(attribute: &AttributeTypeAndValue<'_>) -> String {
    let number = attribute.attr_type().to_id_string();
    let name = NAMES.iter().find(|(known, _)| *known == number).map(|(_, name)| *name);
    match (name, attribute.as_str()) {
        (Some(name), Ok(text)) => format!("{name}={}", escape(text)),
        (name, _) => {
            let value = attribute.as_slice().iter().fold(String::from("#"), |mut text, byte| {
                // Writing to a string cannot fail.
                let _ = write!(text, "{byte:02X}");
                text
            });
            format!("{}={value}", name.unwrap_or(&number))
        }
    }
}

/// Escapes what separates parts of a name, a `#` or space in front, a space at the end, and every byte that is not printable ASCII.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let last = text.len().saturating_sub(1);
    for (position, byte) in text.bytes().enumerate() {
        match byte {
            b',' | b'+' | b'"' | b'\\' | b'<' | b'>' | b';' => escaped.extend(['\\', char::from(byte)]),
            b'#' if position == 0 => escaped.push_str("\\#"),
            b' ' if position == 0 || position == last => escaped.push_str("\\ "),
            b' '..=b'~' => escaped.push(char::from(byte)),
            _ => {
                // Writing to a string cannot fail.
                let _ = write!(escaped, "\\{byte:02X}");
            }
        }
    }
    escaped
}

/// Short names of attribute types, as OpenSSL writes them.
const NAMES: &[(&str, &str)] = &[
    ("2.5.4.3", "CN"),
    ("2.5.4.4", "SN"),
    ("2.5.4.5", "serialNumber"),
    ("2.5.4.6", "C"),
    ("2.5.4.7", "L"),
    ("2.5.4.8", "ST"),
    ("2.5.4.9", "street"),
    ("2.5.4.10", "O"),
    ("2.5.4.11", "OU"),
    ("2.5.4.12", "title"),
    ("2.5.4.42", "GN"),
    ("0.9.2342.19200300.100.1.1", "UID"),
    ("0.9.2342.19200300.100.1.25", "DC"),
    ("1.2.840.113549.1.9.1", "emailAddress"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_escaped_as_openssl_does() {
        for (text, escaped) in [
            ("alice", "alice"),
            ("Example, Inc.", "Example\\, Inc."),
            (" a b ", "\\ a b\\ "),
            ("#1", "\\#1"),
            ("a#1", "a#1"),
            ("Zoë", "Zo\\C3\\AB"),
            ("a\0,CN=root", "a\\00\\,CN=root"),
            ("a+b=\"c\";<d>\\", "a\\+b=\\\"c\\\"\\;\\<d\\>\\\\"),
            ("", ""),
        ] {
            assert_eq!(escape(text), escaped);
        }
    }
}
