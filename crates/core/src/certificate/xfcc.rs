//! `X-Forwarded-Client-Cert`: elements with commas between, each of pairs `Key=value` with semicolons between (Envoy).
//!
//! More than one element means that a proxy appended to what a client may have sent: nobody can say which one counts.

use sha2::{Digest as _, Sha256};

use super::{escaped, unknown};
use crate::rejection::{Refusal, Rejection};
use crate::secret::decode_hex;

/// Returns the SHA-256 of the certificate of the one element.
pub(super) fn fingerprint(value: &[u8]) -> Result<[u8; 32], Refusal> {
    let (mut hash, mut cert) = (None, None);
    for Pair { key, text } in pairs(value)? {
        let slot = match key.to_ascii_lowercase().as_slice() {
            b"hash" => &mut hash,
            b"cert" => &mut cert,
            _ => continue,
        };
        if slot.replace(text).is_some() {
            return Err(unknown("a key of `X-Forwarded-Client-Cert` is there twice"));
        }
    }
    let hash = hash
        .map(|text| {
            decode_hex(&text)
                .and_then(|bytes| bytes.try_into().ok())
                .ok_or_else(|| unknown("`Hash` is not 64 hexadecimal digits"))
        })
        .transpose()?;
    let cert = cert.map(|text| escaped::der(&text)).transpose()?.map(|der| <[u8; 32]>::from(Sha256::digest(der)));
    match (hash, cert) {
        (Some(hash), Some(cert)) if hash != cert => Err(unknown("`Hash` is not the hash of `Cert`")),
        (Some(hash), _) => Ok(hash),
        (None, Some(cert)) => Ok(cert),
        (None, None) => Err(unknown("`X-Forwarded-Client-Cert` has neither `Hash` nor `Cert`")),
    }
}

/// `Key=value`, without quotes and escapes.
#[derive(Default)]
struct Pair {
    key: Vec<u8>,
    text: Vec<u8>,
}

/// Splits the one element; inside quotes `,`, `;` and `=` mean nothing, and a backslash takes the next byte as it is.
fn pairs(value: &[u8]) -> Result<Vec<Pair>, Refusal> {
    let malformed = || unknown("`X-Forwarded-Client-Cert` is not pairs `Key=value` with `;` between");
    let mut pairs = Vec::new();
    let (mut pair, mut in_key, mut quoted) = (Pair::default(), true, false);
    let mut bytes = value.iter().copied();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' if !in_key => quoted = !quoted,
            b'\\' if quoted => pair.text.push(bytes.next().ok_or_else(malformed)?),
            b'=' if in_key => in_key = false,
            b',' if !quoted => {
                let detail = "`X-Forwarded-Client-Cert` has several elements: the proxy must set it, not append to it";
                return Err(Refusal::new(Rejection::CredentialAmbiguous, detail));
            }
            b';' if !quoted && !in_key => {
                pairs.push(std::mem::take(&mut pair));
                in_key = true;
            }
            _ if in_key => pair.key.push(byte),
            _ => pair.text.push(byte),
        }
    }
    if quoted || in_key {
        return Err(malformed());
    }
    pairs.push(pair);
    Ok(pairs)
}
