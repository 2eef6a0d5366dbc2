//! `Client-Cert`: a byte sequence of structured fields (RFC 8941 §3.3.5), `:base64:`.

use super::unknown;
use crate::rejection::Refusal;

pub(super) fn der(value: &[u8]) -> Result<Vec<u8>, Refusal> {
    let inner = value.strip_prefix(b":").and_then(|rest| rest.strip_suffix(b":"));
    let der = inner.and_then(|base64| base64_simd::STANDARD.decode_to_vec(base64).ok()).filter(|der| !der.is_empty());
    der.ok_or_else(|| unknown("`Client-Cert` is not base64 between two colons"))
}
