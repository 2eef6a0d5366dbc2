//! JWS compact serialization (RFC 7515 §7.1): framing, header, signature.
//!
//! Not here: the JSON serializations, detached and unencoded payloads (RFC 7797), JWE. A token of those is malformed.

mod header;
#[cfg(test)]
mod tests;

use smallvec::SmallVec;

pub(crate) use header::{Header, TokenType};

use crate::base64url;
use crate::crypto::VerificationKey;
use crate::rejection::{Refusal, Rejection};

/// A token whose framing and header have been read and whose signature has not been checked.
#[derive(Debug)]
pub(crate) struct Unverified<'t> {
    header: Header,
    signing_input: &'t [u8],
    payload: Vec<u8>,
    signature: SmallVec<[u8; USUAL_SIGNATURE]>,
}

/// Whether a token has the form of three parts, whatever they hold.
pub(crate) fn has_form(token: &[u8]) -> bool {
    token.iter().filter(|byte| **byte == b'.').count() == 2
}

impl<'t> Unverified<'t> {
    /// Reads `header.payload.signature`: length first, then the two dots, then each part's base64url.
    pub(crate) fn parse(token: &'t [u8], limit: usize) -> Result<Self, Refusal> {
        if token.len() > limit {
            let detail = format!("the token has {} bytes, at most {limit} are read", token.len());
            return Err(Refusal::new(Rejection::TokenTooLarge, detail));
        }
        let malformed = |detail: &'static str| Refusal::new(Rejection::TokenMalformed, detail);
        let is_dot = |byte: &u8| *byte == b'.';
        // A dot between these two is no letter of base64url and makes the payload malformed.
        let parts = token.iter().position(is_dot).zip(token.iter().rposition(is_dot)).and_then(|(first, last)| {
            let (header, _) = token.split_at_checked(first)?;
            let (signing_input, signature) = token.split_at_checked(last)?;
            Some((header, signing_input, signing_input.get(first..)?.strip_prefix(b".")?, signature.strip_prefix(b".")?))
        });
        let Some((header, signing_input, payload, signature)) = parts else {
            return Err(malformed("the token is not three parts with dots between"));
        };
        let not_base64url = || malformed("a part of the token is not unpadded base64url");
        let header = base64url::decode_short::<USUAL_HEADER>(header).ok_or_else(not_base64url)?;
        Ok(Self {
            header: Header::parse(&header)?,
            signing_input,
            payload: base64url::decode(payload).ok_or_else(not_base64url)?,
            signature: base64url::decode_short(signature).ok_or_else(not_base64url)?,
        })
    }

    /// Returns the header, which nobody vouches for until the signature is checked.
    pub(crate) fn header(&self) -> &Header {
        &self.header
    }

    /// Returns the payload, which nobody vouches for: good for finding the issuer and its key, nothing else.
    pub(crate) fn unverified_payload(&self) -> &[u8] {
        &self.payload
    }

    /// Checks the signature; the result proves that the key's holder signed the payload.
    pub(crate) fn verify(&self, key: &VerificationKey) -> Result<Verified<'_>, Refusal> {
        // RFC 8725 §3.1: the key decides the algorithm, the header may only agree.
        if !key.algorithm().is_same_as(self.header.algorithm()) {
            return Err(Refusal::new(Rejection::AlgorithmNotAllowed, "the key is not for the header's `alg`"));
        }
        if !key.verify(self.signing_input, &self.signature) {
            return Err(Refusal::new(Rejection::SignatureInvalid, "the signature does not verify"));
        }
        Ok(Verified { payload: &self.payload })
    }
}

/// A payload whose signature has been checked; made by [`Unverified::verify`] alone.
#[derive(Debug)]
pub(crate) struct Verified<'p> {
    payload: &'p [u8],
}

impl<'p> Verified<'p> {
    /// Returns the signed bytes.
    pub(crate) fn payload(&self) -> &'p [u8] {
        self.payload
    }
}

/// In bytes: an `alg`, a `typ` and a `kid` stay on the stack.
const USUAL_HEADER: usize = 256;

/// In bytes: RSA of 2048 bits and everything shorter stays on the stack.
const USUAL_SIGNATURE: usize = 256;
