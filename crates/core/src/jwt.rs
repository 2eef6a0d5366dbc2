//! JSON Web Tokens as credentials: issuer, keys, signature, claims, identity.

mod issuer;
mod mapping;
#[cfg(test)]
mod tests;

use std::sync::Arc;

pub(crate) use issuer::{DpopReplay, DpopUse, Issuer, IssuerKeys};
pub(crate) use mapping::{ClaimMapping, ClaimPath};

use crate::claims::UnverifiedClaims;
use crate::crypto::VerificationKey;
use crate::identity::Identity;
use crate::json::Quoted;
use crate::jws::{Header, TokenType, Unverified};
use crate::rejection::{Failure, Outage, Refusal, Rejection};
use crate::source::Source;
use crate::time::UnixTime;
use crate::trace::{Step, Trace, check};

/// A verified token: facts that stay true, and the times between which they hold.
#[derive(Debug)]
pub(crate) struct VerifiedToken {
    pub(crate) identity: Arc<Identity>,
    /// Accepted while `now < expires` (`exp` + leeway).
    pub(crate) expires: UnixTime,
    /// Accepted while `now >= not_before` (`nbf` - leeway).
    pub(crate) not_before: UnixTime,
    pub(crate) issued_at: Option<UnixTime>,
    pub(crate) jti: Option<Box<str>>,
    pub(crate) kid: Option<Arc<str>>,
    /// The thumbprint of the key that the token is bound to.
    pub(crate) confirmation: Option<Box<str>>,
    /// Index into the issuers, meaningful only together with `epoch`.
    pub(crate) issuer: usize,
    /// Fingerprint of the issuer's settings and keys under which the token was verified.
    pub(crate) epoch: u64,
}

impl VerifiedToken {
    /// Whether the facts count now: the times hold, and the token came from a source of its issuer, whose settings and keys
    /// are the very ones it was verified with.
    pub(crate) fn holds(&self, source: &Source, issuers: &[IssuerKeys], now: UnixTime) -> bool {
        let issuer = issuers.get(self.issuer);
        let current = issuer.is_some_and(|known| known.epoch == self.epoch && known.issuer.sources.contains(source));
        current && self.not_before <= now && now < self.expires
    }
}

/// Verifies a token found at `source`: framing, issuer, key, signature, claims, identity, in this order.
///
/// The payload's JSON is read once, before the signature is checked, because `iss` says whose keys to check it with; but
/// for that one claim it can only be used with the proof of the signature.
pub(crate) fn verify(
    token: &[u8],
    source: &Source,
    issuers: &[IssuerKeys],
    now: UnixTime,
    trace: &mut impl Trace,
) -> Result<VerifiedToken, Failure> {
    let unverified = longest_token(source, issuers).and_then(|limit| Unverified::parse(token, limit));
    let unverified = check(trace, "form", unverified, |token| describe(token.header()))?;
    let claims = check(trace, "payload", UnverifiedClaims::parse(&unverified), |_| "one JSON object".to_owned())?;

    let found = claims.issuer().and_then(|iss| find_issuer(iss, token, source, issuers));
    let (index, entry) = check(trace, "iss", found, |(_, entry)| Quoted(&entry.issuer.issuer).to_string())?;
    let issuer = entry.issuer.as_ref();
    let header = unverified.header();
    check(trace, "typ", check_type(header, issuer), |()| "accepted".to_owned())?;
    check(trace, "alg", check_algorithm(header, issuer), |()| header.algorithm().name().to_owned())?;

    let key = select_key(header, entry, trace)?;
    let proof = check(trace, "signature", unverified.verify(key), |_| "verified".to_owned())?;
    let claims = claims.verified(&proof);

    let expires = claims.expiry(issuer.leeway, now);
    let expires = check(trace, "exp", expires, |expires| format!("holds until {expires}, now {now}"))?;
    let not_before = claims.not_before(issuer.leeway, now);
    let not_before = check(trace, "nbf", not_before, |not_before| format!("holds from {not_before}, now {now}"))?;
    let issued_at =
        check(trace, "iat", claims.date("iat"), |iat| iat.map_or("absent".to_owned(), |iat| iat.floor().to_string()))?;
    check(trace, "aud", claims.audience(&issuer.audiences), |()| "ours".to_owned())?;
    check(trace, "sub", claims.subject(), |sub| Quoted(sub).to_string())?;
    let confirmation = if issuer.unchecked_cnf { Ok(claims.confirmation().unwrap_or(None)) } else { claims.confirmation() };
    let bound =
        |jkt: &Option<String>| jkt.as_ref().map_or("absent".to_owned(), |jkt| format!("bound to the key {}", Quoted(jkt)));
    let confirmation = check(trace, "cnf", confirmation, bound)?;
    let jti =
        check(trace, "jti", claims.optional_string("jti"), |jti| jti.map_or("absent".to_owned(), |jti| Quoted(jti).to_string()))?;
    let identity = mapping::identity(&claims, &proof, issuer);
    let identity = check(trace, "identity", identity, |identity| format!("subject {}", Quoted(identity.subject())))?;

    Ok(VerifiedToken {
        expires,
        not_before,
        issued_at: issued_at.map(|iat| iat.floor()),
        jti: jti.map(Box::from),
        kid: header.kid().map(Arc::from),
        confirmation: confirmation.map(Box::from),
        issuer: index,
        epoch: entry.epoch,
        identity: Arc::new(identity),
    })
}

/// Returns the largest limit among the issuers that take tokens from the source; each one's own is checked once it is known.
fn longest_token(source: &Source, issuers: &[IssuerKeys]) -> Result<usize, Refusal> {
    let of_source = issuers.iter().filter(|entry| entry.issuer.sources.contains(source));
    let longest = of_source.map(|entry| entry.issuer.max_token).max();
    longest.ok_or_else(|| Refusal::new(Rejection::IssuerUnknown, format!("no issuer takes tokens from {source}")))
}

fn describe(header: &Header) -> String {
    let mut text = format!("alg {}", header.algorithm().name());
    for (name, value) in [("typ", header.token_type().name()), ("kid", header.kid())] {
        if let Some(value) = value {
            text.push_str(&format!(", {name} {}", Quoted(value)));
        }
    }
    text
}

/// Finds the issuer by byte for byte comparison, among those that take tokens from the source.
fn find_issuer<'i>(
    iss: &str,
    token: &[u8],
    source: &Source,
    issuers: &'i [IssuerKeys],
) -> Result<(usize, &'i IssuerKeys), Refusal> {
    let mut candidates = issuers.iter().enumerate();
    let Some(found) = candidates.find(|(_, entry)| entry.issuer.issuer == iss && entry.issuer.sources.contains(source)) else {
        let detail = format!("no issuer {} takes tokens from {source}", Quoted(iss));
        return Err(Refusal::new(Rejection::IssuerUnknown, detail));
    };
    let limit = found.1.issuer.max_token;
    if token.len() > limit {
        let detail = format!("the token has {} bytes, at most {limit} are read", token.len());
        return Err(Refusal::new(Rejection::TokenTooLarge, detail));
    }
    Ok(found)
}

/// Checks `typ`: types that are configured are required, absence is fine only by default.
fn check_type(header: &Header, issuer: &Issuer) -> Result<(), Refusal> {
    let token_type = header.token_type();
    let accepted = match &issuer.types {
        None => matches!(token_type, TokenType::Absent | TokenType::Jwt | TokenType::AccessToken),
        Some(types) => token_type.name().is_some_and(|name| types.iter().any(|accepted| accepted == name)),
    };
    if accepted {
        return Ok(());
    }
    let wanted = match &issuer.types {
        None => "none, `jwt` or `at+jwt`".to_owned(),
        Some(types) => format!("one of {types:?}"),
    };
    let found = token_type.name().map_or("absent".to_owned(), |name| Quoted(name).to_string());
    Err(Refusal::new(Rejection::TokenTypeMismatch, format!("`typ` is {found}, wanted {wanted}")))
}

fn check_algorithm(header: &Header, issuer: &Issuer) -> Result<(), Refusal> {
    let algorithm = header.algorithm();
    if issuer.algorithms.iter().any(|accepted| accepted.is_same_as(algorithm)) {
        return Ok(());
    }
    let wanted: Vec<&str> = issuer.algorithms.iter().map(|algorithm| algorithm.name()).collect();
    let detail = format!("`alg` is `{}`, wanted one of {wanted:?}", algorithm.name());
    Err(Refusal::new(Rejection::AlgorithmNotAllowed, detail))
}

/// Selects the issuer's key; says `wants_keys` when newer ones could help.
fn select_key<'k>(header: &Header, entry: &'k IssuerKeys, trace: &mut impl Trace) -> Result<&'k VerificationKey, Failure> {
    let issuer = &entry.issuer.issuer;
    let wants_keys = || entry.remote.then(|| issuer.clone());
    let Some(keys) = &entry.keys else {
        let detail = format!("the keys of {} have never been fetched", Quoted(issuer));
        trace.step(|| Step::Check { name: "key", passed: false, detail: detail.clone() });
        return Err(Failure::Unknown { outage: Outage::KeysUnavailable, detail, wants_keys: wants_keys() });
    };
    let selected = keys.select(header.kid(), header.algorithm());
    check(trace, "key", selected, |_| format!("one of {} fits", keys.len())).map_err(|refusal| {
        let wants_keys = if refusal.rejection == Rejection::KeyUnknown { wants_keys() } else { None };
        Failure::Refused { refusal, wants_keys }
    })
}
