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
        let name = field.split(|byte| !byte.is_ascii_graphic()).next().unwrap_or_default();
        let schemes = [(Scheme::Bearer, "bearer"), (Scheme::Dpop, "dpop"), (Scheme::Basic, "basic")];
        let Some((scheme, _)) = schemes.into_iter().find(|(_, known)| name.eq_ignore_ascii_case(known.as_bytes())) else {
            return Self::Other;
        };
        let credential = match field.get(name.len()..).unwrap_or_default().split_first() {
            Some((b' ', rest)) if !rest.is_empty() && rest.iter().all(u8::is_ascii_graphic) => Some(rest),
            _ => None,
        };
        Self::Of(scheme, credential)
    }
}

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
