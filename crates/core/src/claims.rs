//! The claims of a JWT (RFC 7519 §4): strict types, checked against the issuer's settings and `now`.
//!
//! A claim that is required and absent is `claim_missing`, one of the wrong JSON type or with an impossible value
//! `claim_invalid`, whatever else the token says.

mod numeric_date;

use std::borrow::Cow;
use std::fmt::Write as _;

pub(crate) use numeric_date::NumericDate;

use crate::base64url;
use crate::json::{Object, Quoted, Value};
use crate::jws::{self, Verified};
use crate::rejection::{Refusal, Rejection};
use crate::time::UnixTime;

/// Claims nobody vouches for yet: they can only name the issuer.
#[derive(Debug)]
pub(crate) struct UnverifiedClaims<'p>(Object<'p>);

impl<'p> UnverifiedClaims<'p> {
    /// Reads the payload, which must be one strict JSON object.
    pub(crate) fn parse(token: &'p jws::Unverified<'_>) -> Result<Self, Refusal> {
        let object = Object::parse(token.unverified_payload());
        object.map(Self).map_err(|error| Refusal::new(Rejection::TokenMalformed, format!("the payload {}", error.0)))
    }

    /// Returns `iss`: a string, present.
    pub(crate) fn issuer(&self) -> Result<&str, Refusal> {
        string("iss", self.0.get("iss").ok_or_else(|| missing("iss"))?)
    }

    /// Accepts the claims, given the proof that they were signed.
    pub(crate) fn verified(self, _: &Verified<'p>) -> Claims<'p> {
        Claims(self.0)
    }
}

/// Claims that the issuer signed; whether they hold now and here is for the checks below.
#[derive(Debug)]
pub(crate) struct Claims<'p>(Object<'p>);

impl<'p> Claims<'p> {
    /// Checks `exp` and returns the moment from which the token is expired: `exp` + leeway.
    pub(crate) fn expiry(&self, leeway: u64, now: UnixTime) -> Result<UnixTime, Refusal> {
        let exp = self.date("exp")?.ok_or_else(|| missing("exp"))?.floor();
        let expires = exp.plus(leeway);
        if now >= expires {
            let detail = format!("token expired at {exp}, now {now}, leeway {leeway}");
            return Err(Refusal::new(Rejection::TokenExpired, detail));
        }
        Ok(expires)
    }

    /// Checks `nbf`, if present, and returns the moment from which the token holds: `nbf` - leeway.
    pub(crate) fn not_before(&self, leeway: u64, now: UnixTime) -> Result<UnixTime, Refusal> {
        let Some(nbf) = self.date("nbf")?.map(NumericDate::ceil) else { return Ok(UnixTime::from_secs(0)) };
        let not_before = UnixTime::from_secs(nbf.as_secs().saturating_sub(leeway));
        if now < not_before {
            let detail = format!("token not valid before {nbf}, now {now}, leeway {leeway}");
            return Err(Refusal::new(Rejection::TokenNotYetValid, detail));
        }
        Ok(not_before)
    }

    /// Checks that `aud`, a string or an array of strings, names one of the wanted audiences.
    pub(crate) fn audience(&self, wanted: &[String]) -> Result<(), Refusal> {
        let is_wanted = |audience: &str| wanted.iter().any(|wanted| wanted == audience);
        let aud = self.0.get("aud").ok_or_else(|| missing("aud"))?;
        let named = match aud {
            Value::String(audience) if is_wanted(audience) => return Ok(()),
            Value::String(audience) => vec![audience.clone()],
            Value::Array(_) => strings("aud", aud)?,
            _ => return Err(wrong_type("aud", aud, "a string or an array of strings")),
        };
        if named.is_empty() {
            return Err(invalid("`aud` is empty"));
        }
        if named.iter().any(|audience| is_wanted(audience)) {
            return Ok(());
        }
        let mut detail = String::from("`aud` is [");
        list(&mut detail, named.iter().map(AsRef::as_ref));
        detail.push_str("], wanted one of [");
        list(&mut detail, wanted.iter().map(String::as_str));
        detail.push(']');
        Err(Refusal::new(Rejection::AudienceMismatch, detail))
    }

    /// Returns `sub`: present, and fit to name somebody.
    pub(crate) fn subject(&self) -> Result<&str, Refusal> {
        let sub = self.0.get("sub").ok_or_else(|| missing("sub"))?;
        subject("sub", sub)
    }

    /// Returns the thumbprint of the key that the token is bound to (`cnf.jkt`, RFC 9449 §6.1), if it is bound to one.
    ///
    /// A binding of any other kind (RFC 7800, RFC 8705) is `confirmation_unsupported`: it is not checked here.
    pub(crate) fn confirmation(&self) -> Result<Option<String>, Refusal> {
        let Some(cnf) = self.0.get("cnf") else { return Ok(None) };
        if let Value::Object(cnf) = cnf {
            let cnf = cnf.object();
            if let (Some(jkt), 1) = (cnf.get("jkt").and_then(Value::as_str), cnf.members().count())
                && base64url::decode(jkt.as_bytes()).is_some_and(|digest| digest.len() == SHA256_BYTES)
            {
                return Ok(Some(jkt.to_owned()));
            }
        }
        let detail = "the token is bound (`cnf`) in another way than to a key's thumbprint (`jkt`), which is not checked";
        Err(Refusal::new(Rejection::ConfirmationUnsupported, detail))
    }

    /// Returns a moment, if the claim is present.
    pub(crate) fn date(&self, name: &str) -> Result<Option<NumericDate>, Refusal> {
        match self.0.get(name) {
            None => Ok(None),
            Some(Value::Number(number)) => match NumericDate::parse(number) {
                Some(date) => Ok(Some(date)),
                None => Err(invalid(format!("`{name}` is {}, wanted 0 to {}", Quoted(number), UnixTime::MAX))),
            },
            Some(other) => Err(wrong_type(name, other, "a number")),
        }
    }

    /// Returns a string, if the claim is present.
    pub(crate) fn optional_string(&self, name: &str) -> Result<Option<&str>, Refusal> {
        self.0.get(name).map(|value| string(name, value)).transpose()
    }

    /// Returns a claim of any kind, for the mapping of an identity.
    pub(crate) fn get(&self, name: &str) -> Option<&Value<'p>> {
        self.0.get(name)
    }
}

/// Reads a claim that names somebody.
pub(crate) fn subject<'v>(name: &str, value: &'v Value<'_>) -> Result<&'v str, Refusal> {
    let subject = string(name, value)?;
    check_name(subject).map_err(|fault| invalid(format!("`{name}` {fault}: {}", Quoted(subject))))?;
    Ok(subject)
}

/// Checks a text that names somebody or something: not empty, at most 256 bytes, without control characters or outer spaces, so
/// that it can stand in a header, a log and a list of users as it is. The fault completes a sentence about the text.
pub(crate) fn check_name(text: &str) -> Result<(), &'static str> {
    if text.is_empty() {
        Err("is empty")
    } else if text.len() > MAX_NAME {
        Err("is longer than 256 bytes")
    } else if text.contains(char::is_control) {
        Err("has control characters")
    } else if text.trim().len() != text.len() {
        Err("begins or ends with white space")
    } else {
        Ok(())
    }
}

/// Reads a string.
pub(crate) fn string<'v>(name: &str, value: &'v Value<'_>) -> Result<&'v str, Refusal> {
    value.as_str().ok_or_else(|| wrong_type(name, value, "a string"))
}

/// Reads an array of strings.
pub(crate) fn strings<'p>(name: &str, value: &Value<'p>) -> Result<Vec<Cow<'p, str>>, Refusal> {
    let wanted = "an array of strings";
    let Value::Array(array) = value else { return Err(wrong_type(name, value, wanted)) };
    let string = |element| match element {
        Value::String(text) => Ok(text),
        other => Err(invalid(format!("`{name}` contains {}, wanted {wanted}", other.kind()))),
    };
    array.elements().into_iter().map(string).collect()
}

/// Refuses for a claim that is not there.
pub(crate) fn missing(name: &str) -> Refusal {
    Refusal::new(Rejection::ClaimMissing, format!("`{name}` is missing"))
}

/// Refuses for a claim of the wrong JSON type.
pub(crate) fn wrong_type(name: &str, value: &Value<'_>, wanted: &str) -> Refusal {
    invalid(format!("`{name}` is {}, wanted {wanted}", value.kind()))
}

fn invalid(detail: impl Into<Cow<'static, str>>) -> Refusal {
    Refusal::new(Rejection::ClaimInvalid, detail)
}

/// Appends `` `a`, `b` ``, the first few of them.
fn list<'t>(sentence: &mut String, items: impl Iterator<Item = &'t str>) {
    let mut items = items.enumerate();
    for (index, item) in items.by_ref().take(MAX_LISTED) {
        // Writing to a string cannot fail.
        let _ = write!(sentence, "{}{}", if index == 0 { "" } else { ", " }, Quoted(item));
    }
    if items.next().is_some() {
        sentence.push_str(", …");
    }
}

/// In bytes; OpenID Connect Core §2 allows 255 ASCII characters.
const MAX_NAME: usize = 256;

const SHA256_BYTES: usize = 32;

/// Enough audiences to see what went wrong.
const MAX_LISTED: usize = 5;
