//! The `Authorization` field (RFC 9110 §11.6.2): which scheme it speaks, and for whom.

use super::lookup::fields;
use crate::headers::Headers;
use crate::rejection::{Refusal, Rejection};

/// A scheme of HTTP authentication, in which a credential came and a challenge is put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// RFC 6750.
    Bearer,
    /// RFC 9449.
    Dpop,
    /// RFC 7617.
    Basic,
}

/// What the `Authorization` fields say.
pub(super) enum Authorization<'h> {
    Absent,
    /// More than one field: nobody can say which one counts.
    Repeated(Refusal),
    /// One of the schemes above. `None` if it is not followed by one space and one credential.
    Of(Scheme, Option<&'h [u8]>),
    /// Another scheme: not for us.
    Other,
}

impl<'h> Authorization<'h> {
    pub(super) fn read(headers: &'h dyn Headers) -> Self {
        match fields(headers, "authorization") {
            (0, _) => Self::Absent,
            (1, Some(field)) => Self::parse(field),
            (count, _) => {
                Self::Repeated(Refusal::new(Rejection::CredentialAmbiguous, format!("`Authorization` came {count} times")))
            }
        }
    }

    /// Reads the scheme in any case, exactly one space, the credential (RFC 6750 §2.1, RFC 7617 §2).
    fn parse(field: &'h [u8]) -> Self {
        let end = field.iter().take(LONGEST_NAME).position(|byte| !byte.is_ascii_graphic());
        let name = end.and_then(|end| field.get(..end)).unwrap_or(field);
        let schemes = [(Scheme::Bearer, "bearer"), (Scheme::Dpop, "dpop"), (Scheme::Basic, "basic")];
        let Some((scheme, _)) = schemes.into_iter().find(|(_, known)| name.eq_ignore_ascii_case(known.as_bytes())) else {
            return Self::Other;
        };
        let credential = match field.get(name.len()..).unwrap_or_default().split_first() {
            Some((b' ', rest)) if !rest.is_empty() && is_graphic(rest) => Some(rest),
            _ => None,
        };
        Self::Of(scheme, credential)
    }
}

/// Whether every byte can stand in a credential. Without an early end, so that the compiler looks at many bytes at once.
fn is_graphic(credential: &[u8]) -> bool {
    credential.iter().fold(true, |so_far, byte| so_far & byte.is_ascii_graphic())
}

/// One byte past the longest scheme's name: what is longer is none of them.
const LONGEST_NAME: usize = 7;

impl Scheme {
    /// Returns the name as the RFCs write it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Bearer => "Bearer",
            Self::Dpop => "DPoP",
            Self::Basic => "Basic",
        }
    }

    /// Refuses a field that names the scheme and holds no credential in its form.
    pub(super) fn malformed(self) -> Refusal {
        let name = self.name();
        Refusal::new(Rejection::TokenMalformed, format!("after `{name}` comes exactly one space and one credential"))
    }
}
