//! The JOSE header (RFC 7515 §4): what a token says of itself before anybody vouches for it.

use crate::crypto::Algorithm;
use crate::json::{Object, Quoted, Value};
use crate::jwk::MAX_KID;
use crate::rejection::{Refusal, Rejection};

/// A strictly read header.
///
/// `jwk`, `jku`, `x5u`, `x5c` and `x5t` are not looked at: keys come from the operator's settings (RFC 8725 §3.10).
#[derive(Debug)]
pub(crate) struct Header {
    algorithm: Algorithm,
    kid: Option<Box<str>>,
    token_type: TokenType,
}

/// The media type in `typ` (RFC 7515 §4.1.9), without `application/`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum TokenType {
    /// There is no `typ`.
    Absent,
    /// `JWT` (RFC 7519 §5.1).
    Jwt,
    /// `at+jwt` (RFC 9068 §2.1).
    AccessToken,
    /// Any other, in lower case.
    Other(Box<str>),
}

impl Header {
    /// Reads the header's JSON.
    ///
    /// `token_malformed` for bad JSON, a member of the wrong type, and for what makes the rest of the token mean something
    /// else: `b64` (RFC 7797), `zip` and `enc` (JWE), `cty` (a nested token). `critical_header_unsupported` for any `crit`;
    /// `algorithm_not_allowed` for an `alg` that is not known, `none` among them.
    pub(super) fn parse(json: &[u8]) -> Result<Self, Refusal> {
        let header = Object::parse(json).map_err(|error| malformed(format!("the header {}", error.0)))?;
        if header.get("crit").is_some() {
            let detail = "the header has `crit`, and no extension is understood";
            return Err(Refusal::new(Rejection::CriticalHeaderUnsupported, detail));
        }
        let (mut algorithm, mut kid, mut token_type) = (None, None, TokenType::Absent);
        for (name, value) in header.members() {
            match name {
                "alg" => algorithm = Some(string("alg", value)?),
                "kid" => kid = Some(key_id(string("kid", value)?)?),
                "typ" => token_type = TokenType::parse(string("typ", value)?),
                "b64" | "zip" | "enc" | "cty" => {
                    return Err(malformed(format!("the header has `{name}`, which is not supported")));
                }
                _ => {}
            }
        }
        let name = algorithm.ok_or_else(|| malformed("the header has no `alg`".to_owned()))?;
        let algorithm = Algorithm::from_name(name).ok_or_else(|| {
            Refusal::new(Rejection::AlgorithmNotAllowed, format!("`alg` is {}, which is not known", Quoted(name)))
        })?;
        Ok(Self { algorithm, kid: kid.map(Box::from), token_type })
    }

    /// Returns `alg`.
    pub(crate) fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Returns `kid`.
    pub(crate) fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// Returns `typ`.
    pub(crate) fn token_type(&self) -> &TokenType {
        &self.token_type
    }
}

impl TokenType {
    /// Reads a `typ`: case does not count (RFC 2045 §5.1), and `application/` may be left out (RFC 7515 §4.1.9).
    fn parse(typ: &str) -> Self {
        let short = match typ.split_at_checked(APPLICATION.len()) {
            Some((prefix, rest)) if prefix.eq_ignore_ascii_case(APPLICATION) => rest,
            _ => typ,
        };
        if short.eq_ignore_ascii_case("jwt") {
            Self::Jwt
        } else if short.eq_ignore_ascii_case("at+jwt") {
            Self::AccessToken
        } else {
            Self::Other(short.to_ascii_lowercase().into())
        }
    }

    /// Returns the type in lower case, if there is one.
    pub(crate) fn name(&self) -> Option<&str> {
        match self {
            Self::Absent => None,
            Self::Jwt => Some("jwt"),
            Self::AccessToken => Some("at+jwt"),
            Self::Other(name) => Some(name),
        }
    }
}

fn string<'v>(name: &str, value: &'v Value<'_>) -> Result<&'v str, Refusal> {
    value.as_str().ok_or_else(|| malformed(format!("the header's `{name}` is {}, wanted a string", value.kind())))
}

/// Takes a `kid` that is fit for a log: it is compared with the keys' own, and used for nothing else.
fn key_id(kid: &str) -> Result<&str, Refusal> {
    if kid.len() > MAX_KID {
        return Err(malformed(format!("the header's `kid` has {} bytes, at most {MAX_KID} are read", kid.len())));
    }
    if kid.contains(char::is_control) {
        return Err(malformed(format!("the header's `kid` {} has control characters", Quoted(kid))));
    }
    Ok(kid)
}

fn malformed(detail: String) -> Refusal {
    Refusal::new(Rejection::TokenMalformed, detail)
}

const APPLICATION: &str = "application/";
