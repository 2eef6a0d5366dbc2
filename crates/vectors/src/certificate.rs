//! The fixed client certificates of `keys/`, in the forms that proxies hand them on.

use sha2::{Digest as _, Sha256};

/// A client's certificate.
#[derive(Clone, Copy, Debug)]
pub struct Certificate {
    pem: &'static str,
}

/// Of `O=Example, CN=alice`.
pub const ALICE: Certificate = Certificate { pem: include_str!("../keys/client-1.pem") };
/// Of `O=Example, CN=bob`.
pub const BOB: Certificate = Certificate { pem: include_str!("../keys/client-2.pem") };

impl Certificate {
    /// The certificate's bytes.
    #[must_use]
    pub fn der(self) -> Vec<u8> {
        let base64: String = self.pem.lines().filter(|line| !line.starts_with('-')).collect();
        base64_simd::STANDARD.decode_to_vec(base64).unwrap()
    }

    /// SHA-256 of the DER in hexadecimal digits.
    #[must_use]
    pub fn fingerprint(self) -> String {
        Sha256::digest(self.der()).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// As RFC 9440 §2.1 writes it: a byte sequence of structured fields.
    #[must_use]
    pub fn rfc9440(self) -> String {
        format!(":{}:", base64_simd::STANDARD.encode_to_string(self.der()))
    }

    /// As nginx writes `$ssl_client_escaped_cert`, and Envoy `Cert`.
    #[must_use]
    pub fn escaped(self) -> String {
        let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~".contains(byte);
        let escape = |byte: u8| if plain(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
        self.pem.bytes().map(escape).collect()
    }
}
