//! Proofs of possession (RFC 9449): a client signs each request with the key that its token is bound to.

use sha2::{Digest as _, Sha256};

use crate::base64url;
use crate::claims::{NumericDate, check_name};
use crate::host::Host;
use crate::json::{Object, Quoted, Value};
use crate::jwk::ShownKey;
use crate::jws::Unverified;
use crate::path::Path;
use crate::rejection::{Refusal, Rejection};
use crate::request::ParsedRequest;
use crate::time::UnixTime;

/// What a proof has to be right for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bound<'t> {
    pub(crate) token: &'t [u8],
    /// `cnf.jkt` of the token.
    pub(crate) thumbprint: &'t str,
    /// In seconds: how far clocks may be apart.
    pub(crate) leeway: u64,
}

/// A proof that verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Proof {
    /// Stands for the key and the proof's `jti`.
    pub(crate) id: [u8; 32],
    /// The moment from which it would be too old anyway.
    pub(crate) expires: UnixTime,
}

/// Verifies the value of a `DPoP` field (RFC 9449 §4.3): form, key, signature, then each claim.
pub(crate) fn verify(field: &[u8], bound: Bound<'_>, request: &ParsedRequest<'_>, now: UnixTime) -> Result<Proof, Refusal> {
    let wrong = |part: Refusal| invalid(part.detail);
    let unverified = Unverified::parse(field, MAX_PROOF).map_err(wrong)?;
    let header = unverified.header();
    if header.token_type().name() != Some("dpop+jwt") {
        return Err(invalid("`typ` of the proof is not `dpop+jwt`"));
    }
    let shown = shown_key(field, &unverified)?;
    if shown.thumbprint != bound.thumbprint {
        let detail =
            format!("the proof is by the key {}, the token is bound to {}", Quoted(&shown.thumbprint), Quoted(bound.thumbprint));
        return Err(invalid(detail));
    }
    let signed = unverified.verify(&shown.key).map_err(|_| invalid("the signature of the proof does not verify"))?;
    let claims = Object::parse(signed.payload()).map_err(|error| invalid(format!("the payload of the proof {}", error.0)))?;
    let text = |name: &str| {
        claims.get(name).and_then(Value::as_str).ok_or_else(|| invalid(format!("`{name}` of the proof is missing or no string")))
    };
    let jti = text("jti")?;
    check_name(jti).map_err(|fault| invalid(format!("`jti` of the proof {fault}")))?;
    if text("htm")? != request.method {
        return Err(invalid(format!("`htm` is {}, the method {}", Quoted(text("htm")?), Quoted(request.method))));
    }
    if !is_target(text("htu")?, request) {
        return Err(invalid(format!("`htu` is {}, which is not what is asked for", Quoted(text("htu")?))));
    }
    if text("ath")? != base64url::encode(&Sha256::digest(bound.token)) {
        return Err(invalid("`ath` is not the hash of the token"));
    }
    let issued = match claims.get("iat") {
        Some(Value::Number(number)) => NumericDate::parse(number).map(NumericDate::floor),
        _ => None,
    };
    let issued = issued.ok_or_else(|| invalid("`iat` of the proof is missing or no moment"))?;
    let expires = issued.plus(LIFETIME).plus(bound.leeway);
    if issued > now.plus(bound.leeway) || now >= expires {
        return Err(invalid(format!(
            "the proof was made at {issued}, now {now}: it counts for {LIFETIME} s, leeway {}",
            bound.leeway
        )));
    }
    Ok(Proof { id: id(&shown.thumbprint, jti), expires })
}

/// Reads the key in the proof's header: the one place where a key comes from what it verifies, since the token names its hash.
fn shown_key(field: &[u8], unverified: &Unverified<'_>) -> Result<ShownKey, Refusal> {
    let encoded = field.split(|byte| *byte == b'.').next().unwrap_or_default();
    let json = base64url::decode(encoded).unwrap_or_default();
    let header = Object::parse(&json).map_err(|error| invalid(format!("the header of the proof {}", error.0)))?;
    let Some(Value::Object(jwk)) = header.get("jwk") else {
        return Err(invalid("the proof has no key (`jwk`)"));
    };
    ShownKey::from_jwk(&jwk.object(), unverified.header().algorithm())
        .map_err(|reason| invalid(format!("the key of the proof cannot be used: {reason}")))
}

/// Whether `htu` is the request's target, query and fragment aside (RFC 9449 §4.3 item 9, normalised as RFC 3986 §6.2.2).
fn is_target(htu: &str, request: &ParsedRequest<'_>) -> bool {
    let without_query = htu.split(['?', '#']).next().unwrap_or_default();
    let Some((scheme, rest)) = without_query.split_once("://") else { return false };
    let (authority, path) = match rest.find('/').and_then(|slash| rest.split_at_checked(slash)) {
        Some((authority, path)) => (authority, path),
        None => (rest, "/"),
    };
    let secure = match scheme.to_ascii_lowercase().as_str() {
        "https" | "wss" => true,
        "http" | "ws" => false,
        _ => return false,
    };
    let (Ok(host), Ok(path)) = (Host::parse(authority.as_bytes()), Path::parse(path.as_bytes())) else { return false };
    let default_port = if secure { 443 } else { 80 };
    let port = host.port.unwrap_or(default_port);
    secure == request.scheme.is_secure()
        && host.name == request.host.name
        // A host without a port may stand for any: whoever made it so has dropped the port.
        && request.port().is_none_or(|asked| asked == port)
        && path.segments() == request.path.segments()
}

fn id(thumbprint: &str, jti: &str) -> [u8; 32] {
    let mut hash = Sha256::new();
    // A thumbprint has a fixed length, so that no letter can move from one to the other.
    hash.update(thumbprint);
    hash.update(jti);
    hash.finalize().into()
}

fn invalid(detail: impl Into<std::borrow::Cow<'static, str>>) -> Refusal {
    Refusal::new(Rejection::ProofInvalid, detail)
}

/// In bytes: a key of 4096 bits and its signature.
const MAX_PROOF: usize = 4 * 1024;
/// In seconds; RFC 9449 §11.1 asks for a short one, clocks apart are the leeway's.
const LIFETIME: u64 = 60;
