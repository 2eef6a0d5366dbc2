//! From claims to an identity, as the file maps them.

use std::borrow::Cow;
use std::fmt;

use super::Issuer;
use crate::claims::{self, Claims, NumericDate};
use crate::identity::{CredentialKind, Identity, RawClaims};
use crate::json::Value;
use crate::jws::Verified;
use crate::rejection::{Refusal, Rejection};

/// Where a claim of the identity is found in the payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ClaimPath {
    /// A string in the file: the member of exactly this name, else the dotted path.
    Text(String),
    /// An array in the file: always a path.
    Path(Vec<String>),
}

/// Which claims make the identity. Defaults: `sub`, `email`, `name`, `groups`, `scope`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ClaimMapping {
    pub(crate) subject: ClaimPath,
    pub(crate) email: ClaimPath,
    pub(crate) name: ClaimPath,
    pub(crate) groups: ClaimPath,
    pub(crate) scopes: ClaimPath,
}

impl Default for ClaimMapping {
    fn default() -> Self {
        let text = |name: &str| ClaimPath::Text(name.to_owned());
        Self { subject: text("sub"), email: text("email"), name: text("name"), groups: text("groups"), scopes: text("scope") }
    }
}

impl ClaimPath {
    /// Finds the claim; a path that leads through anything but objects leads nowhere.
    fn find<'c, 'p>(&self, claims: &'c Claims<'p>) -> Option<Cow<'c, Value<'p>>> {
        match self {
            Self::Text(name) => match claims.get(name) {
                Some(value) => Some(Cow::Borrowed(value)),
                None if name.contains('.') => walk(claims, name.split('.')),
                None => None,
            },
            Self::Path(names) => walk(claims, names.iter().map(String::as_str)),
        }
    }
}

impl fmt::Display for ClaimPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(name) => formatter.write_str(name),
            Self::Path(names) => formatter.write_str(&names.join(".")),
        }
    }
}

/// Makes the identity that the signed claims speak of.
pub(super) fn identity(claims: &Claims<'_>, proof: &Verified<'_>, issuer: &Issuer) -> Result<Identity, Refusal> {
    let mapping = &issuer.claims;
    let subject = mapping.subject.find(claims).ok_or_else(|| claims::missing(&mapping.subject.to_string()))?;
    let subject = claims::subject(&mapping.subject.to_string(), &subject)?;
    let vouched = issuer.unverified_email || has_verified_email(claims);
    // Somebody known by an address is whoever the issuer vouches it belongs to.
    let is_address = ["email", &mapping.email.to_string()].contains(&mapping.subject.to_string().as_str());
    if is_address && !vouched {
        return Err(Refusal::new(
            Rejection::ClaimInvalid,
            "the subject is an address that the issuer does not vouch for (`email_verified`)",
        ));
    }
    let email = text(&mapping.email, claims)?.filter(|_| vouched);
    let amr = match claims.get("amr") {
        Some(amr) => boxed(claims::strings("amr", amr)?),
        None => Vec::new(),
    };
    Ok(Identity {
        email,
        name: text(&mapping.name, claims)?,
        groups: groups(&mapping.groups, claims)?,
        scopes: scopes(&mapping.scopes, claims)?,
        issuer: Some(issuer.issuer.as_str().into()),
        acr: claims.optional_string("acr")?.map(Box::from),
        amr,
        auth_time: claims.date("auth_time")?.map(NumericDate::floor),
        claims: RawClaims::new(proof.payload()),
        ..Identity::new(subject, CredentialKind::Jwt)
    })
}

/// Whether the issuer vouches for the address (OpenID Connect Core §5.1): the boolean, not a string that looks like it.
fn has_verified_email(claims: &Claims<'_>) -> bool {
    matches!(claims.get("email_verified"), Some(Value::Bool(true)))
}

fn text(path: &ClaimPath, claims: &Claims<'_>) -> Result<Option<Box<str>>, Refusal> {
    let Some(value) = path.find(claims) else { return Ok(None) };
    match value.as_ref() {
        Value::String(text) => Ok(Some(text.as_ref().into())),
        other => Err(claims::wrong_type(&path.to_string(), other, "a string")),
    }
}

/// Reads an array of strings, or one string as one group.
fn groups(path: &ClaimPath, claims: &Claims<'_>) -> Result<Option<Vec<Box<str>>>, Refusal> {
    let Some(value) = path.find(claims) else { return Ok(None) };
    match value.as_ref() {
        Value::String(group) => Ok(Some(vec![group.as_ref().into()])),
        Value::Array(_) => claims::strings(&path.to_string(), &value).map(boxed).map(Some),
        other => Err(claims::wrong_type(&path.to_string(), other, "a string or an array of strings")),
    }
}

/// Reads scopes with spaces between (RFC 8693 §4.2), or an array of strings.
fn scopes(path: &ClaimPath, claims: &Claims<'_>) -> Result<Option<Vec<Box<str>>>, Refusal> {
    let Some(value) = path.find(claims) else { return Ok(None) };
    match value.as_ref() {
        Value::String(scopes) => Ok(Some(scopes.split(' ').filter(|scope| !scope.is_empty()).map(Box::from).collect())),
        Value::Array(_) => claims::strings(&path.to_string(), &value).map(boxed).map(Some),
        other => Err(claims::wrong_type(&path.to_string(), other, "a string or an array of strings")),
    }
}

fn walk<'c, 'p, 'n>(claims: &'c Claims<'p>, mut names: impl Iterator<Item = &'n str>) -> Option<Cow<'c, Value<'p>>> {
    let mut value = Cow::Borrowed(claims.get(names.next()?)?);
    for name in names {
        let Value::Object(object) = value.as_ref() else { return None };
        value = Cow::Owned(object.object().get(name)?.clone());
    }
    Some(value)
}

fn boxed(strings: Vec<Cow<'_, str>>) -> Vec<Box<str>> {
    strings.into_iter().map(|string| Box::from(string.as_ref())).collect()
}
