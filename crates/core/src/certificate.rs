//! Client certificates that the proxy has verified and hands on in a header.
//!
//! Nothing of a certificate is verified here: whoever holds its key was the proxy's business, and the headers are read only
//! where they can come from the proxy alone.

mod escaped;
mod rfc9440;
mod subject;
mod xfcc;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use crate::excerpt::excerpt;
use crate::headers::Headers;
use crate::identity::Identity;
use crate::rejection::{Refusal, Rejection};
use crate::secret::encode_hex;

/// A `[[client_cert]]` of the file.
#[derive(Clone)]
pub(crate) struct Certificates {
    pub(crate) form: CertificateForm,
    by_fingerprint: HashMap<[u8; 32], Arc<Identity>>,
    by_subject: HashMap<String, Arc<Identity>>,
}

/// How a proxy hands a certificate on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CertificateForm {
    /// `Client-Cert` (RFC 9440 §2.2).
    Rfc9440,
    /// `X-Forwarded-Client-Cert`, as Envoy writes it.
    Xfcc,
    /// `X-SSL-Client-Verify: $ssl_client_verify` and `X-SSL-Client-Cert: $ssl_client_escaped_cert`.
    Nginx,
}

/// A certificate that the proxy vouches for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Certificate {
    /// SHA-256 of the DER.
    pub(crate) fingerprint: [u8; 32],
    /// The subject's distinguished name as nginx writes `$ssl_client_s_dn`, where the form says enough to know it.
    pub(crate) subject: Option<String>,
}

impl CertificateForm {
    pub(crate) const ALL: &'static [Self] = &[Self::Rfc9440, Self::Xfcc, Self::Nginx];

    /// Returns the name in the file.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Rfc9440 => "rfc9440",
            Self::Xfcc => "xfcc",
            Self::Nginx => "nginx",
        }
    }

    /// Returns the headers it is read from, in lower case: the proxy must overwrite all of them.
    pub(crate) const fn headers(self) -> &'static [&'static str] {
        match self {
            Self::Rfc9440 => &["client-cert"],
            Self::Xfcc => &["x-forwarded-client-cert"],
            Self::Nginx => &[VERIFY, CERT],
        }
    }

    /// Reads the certificate, if the client showed one.
    fn read(self, headers: &dyn Headers) -> Result<Option<Certificate>, Refusal> {
        match self {
            Self::Rfc9440 => match field(headers, "client-cert")? {
                None => Ok(None),
                Some(value) => rfc9440::der(value).map(|der| Some(Certificate::of(&der, None))),
            },
            Self::Xfcc => match field(headers, "x-forwarded-client-cert")? {
                None => Ok(None),
                Some(value) => xfcc::fingerprint(value).map(|fingerprint| Some(Certificate { fingerprint, subject: None })),
            },
            Self::Nginx => match field(headers, VERIFY)? {
                None | Some(b"NONE") => Ok(None),
                Some(b"SUCCESS") => {
                    let value = field(headers, CERT)?.ok_or_else(|| unknown("the proxy hands no certificate on"))?;
                    let der = escaped::der(value)?;
                    let subject = subject::distinguished_name(&der)?;
                    Ok(Some(Certificate::of(&der, Some(subject))))
                }
                Some(other) => Err(unknown(format!("the proxy did not verify the certificate: {}", excerpt(other)))),
            },
        }
    }
}

/// Returns the names of the headers that client certificates are read from, in lower case, where the proxy overwrites them.
///
/// # Example
/// ```
/// assert!(gatewright::certificate_headers().any(|header| header == "client-cert"));
/// ```
pub fn certificate_headers() -> impl Iterator<Item = &'static str> {
    CertificateForm::ALL.iter().flat_map(|form| form.headers()).copied()
}

impl Certificates {
    pub(crate) fn new(form: CertificateForm) -> Self {
        Self { form, by_fingerprint: HashMap::new(), by_subject: HashMap::new() }
    }

    /// Adds somebody by the fingerprint; `false` if it is there already.
    pub(crate) fn add_fingerprint(&mut self, fingerprint: [u8; 32], identity: Arc<Identity>) -> bool {
        self.by_fingerprint.insert(fingerprint, identity).is_none()
    }

    /// Adds somebody by the subject's distinguished name; `false` if it is there already.
    pub(crate) fn add_subject(&mut self, subject: String, identity: Arc<Identity>) -> bool {
        self.by_subject.insert(subject, identity).is_none()
    }

    /// Whether the proxy overwrites every header that the form is read from.
    pub(crate) fn is_vouched_for(&self, proxy_sets: &[String]) -> bool {
        self.form.headers().iter().all(|header| proxy_sets.iter().any(|set| set == header))
    }

    /// Finds whose certificate the request shows; `None` if it shows none.
    pub(crate) fn verify(&self, headers: &dyn Headers) -> Result<Option<(Certificate, Arc<Identity>)>, Refusal> {
        let Some(certificate) = self.form.read(headers)? else { return Ok(None) };
        let by_subject = || certificate.subject.as_ref().and_then(|subject| self.by_subject.get(subject));
        match self.by_fingerprint.get(&certificate.fingerprint).or_else(by_subject) {
            Some(identity) => {
                let identity = Arc::clone(identity);
                Ok(Some((certificate, identity)))
            }
            None => Err(unknown(format!("no entry has {certificate}"))),
        }
    }
}

impl fmt::Debug for Certificates {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.by_fingerprint.len().saturating_add(self.by_subject.len());
        write!(formatter, "Certificates({}: {count} entries)", self.form.name())
    }
}

impl Certificate {
    fn of(der: &[u8], subject: Option<String>) -> Self {
        Self { fingerprint: Sha256::digest(der).into(), subject }
    }

    /// Returns the fingerprint as hexadecimal digits.
    pub(crate) fn hex_fingerprint(&self) -> String {
        encode_hex(&self.fingerprint)
    }
}

impl fmt::Display for Certificate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "the fingerprint {}", self.hex_fingerprint())?;
        match &self.subject {
            Some(subject) => write!(formatter, " or the subject {}", excerpt(subject.as_bytes())),
            None => Ok(()),
        }
    }
}

/// Returns the one value of a header; a proxy that hands nothing on may leave it empty.
fn field<'h>(headers: &'h dyn Headers, name: &str) -> Result<Option<&'h [u8]>, Refusal> {
    let (mut count, mut first) = (0_usize, None);
    headers.each(name, &mut |value| {
        count = count.saturating_add(1);
        first = first.or(Some(value));
    });
    if count > 1 {
        return Err(Refusal::new(Rejection::CredentialAmbiguous, format!("`{name}` came {count} times")));
    }
    match first {
        Some(value) if value.len() > MAX_FIELD => {
            Err(unknown(format!("`{name}` has {} bytes, at most {MAX_FIELD}", value.len())))
        }
        other => Ok(other.filter(|value| !value.is_empty())),
    }
}

fn unknown(detail: impl Into<std::borrow::Cow<'static, str>>) -> Refusal {
    Refusal::new(Rejection::CertificateUnknown, detail)
}

const VERIFY: &str = "x-ssl-client-verify";
const CERT: &str = "x-ssl-client-cert";

/// In bytes: a certificate of 8192 bits with many names, escaped.
const MAX_FIELD: usize = 16 * 1024;

#[cfg(test)]
mod tests;
