//! A certificate in PEM, percent-encoded (`$ssl_client_escaped_cert`, Envoy's `Cert`).

use super::unknown;
use crate::pem;
use crate::percent::{self, Plus};
use crate::rejection::Refusal;

/// Returns the DER of the one certificate in the text.
pub(super) fn der(value: &[u8]) -> Result<Vec<u8>, Refusal> {
    let text = percent::decode(value, Plus::Literal).and_then(|text| String::from_utf8(text.into_owned()).ok());
    let text = text.ok_or_else(|| unknown("the certificate is not percent-encoded text"))?;
    let blocks = pem::blocks(&text).map_err(unknown)?;
    let mut certificates = blocks.into_iter().filter(|block| block.label == "CERTIFICATE");
    match (certificates.next(), certificates.next()) {
        (Some(block), None) if !block.der.is_empty() => Ok(block.der),
        _ => Err(unknown("the proxy does not hand on exactly one certificate")),
    }
}
