//! Biscuits as credentials: root keys, signatures, identity, and checks that are evaluated on each request.
//!
//! Whoever holds a biscuit may append blocks to it, with facts, rules and checks of their own. So nothing of a token is evaluated
//! before `complexity` has bounded what that may cost, and only the first block, which the root key signed, says who somebody is.

mod blocks;
mod complexity;
mod identity;
mod operator;
mod program;
mod revocation_id;
mod root_key;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

use biscuit_auth::error::{Format, Token as TokenError};
use biscuit_auth::format::{SerializedBiscuit, schema};
use prost::Message as _;
use sha2::{Digest, Sha256};

use self::blocks::Blocks;
use self::complexity::Cost;
pub(crate) use self::identity::{IdentityQueries, IdentityQuery};
pub(crate) use self::operator::OperatorCode;
pub(crate) use self::program::RequestFacts;
use self::program::{Program, Verdict};
pub(crate) use self::root_key::RootKey;
use crate::base64url;
use crate::identity::Identity;
use crate::json::Quoted;
use crate::rejection::{Refusal, Rejection};
use crate::source::Source;
use crate::trace::{Step, Trace, check};

/// A `[[biscuit]]` of the file.
#[derive(Clone)]
pub(crate) struct Biscuits {
    keys: Vec<RootKey>,
    queries: IdentityQueries,
    code: OperatorCode,
    pub(crate) sources: Vec<Source>,
    /// In characters, at most 64 KiB.
    max_token: usize,
    /// Fingerprint of all of the above: what was verified under another one does not count under this one.
    epoch: u64,
}

impl Biscuits {
    /// Whether the operator's policies leave any token a way in.
    pub(crate) fn can_allow(&self) -> bool {
        self.code.can_allow()
    }

    pub(crate) fn new(
        keys: Vec<RootKey>,
        queries: IdentityQueries,
        code: OperatorCode,
        sources: Vec<Source>,
        max_token: usize,
    ) -> Self {
        let mut hash = Sha256::new();
        hash.update(format!("{keys:?} {queries:?} {code:?} {sources:?} {max_token}"));
        let epoch = hash.finalize().first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes));
        Self { keys, queries, code, sources, max_token, epoch }
    }

    /// Says why a token could not tell which of the keys it is signed with, those of `others` included.
    pub(crate) fn ambiguity(&self, others: &[Self]) -> Option<String> {
        let shares_a_source = |other: &&Self| other.sources.iter().any(|source| self.sources.contains(source));
        let mut ids: Vec<Option<u32>> =
            others.iter().filter(shares_a_source).flat_map(|other| &other.keys).map(|key| key.id).collect();
        ids.extend(self.keys.iter().map(|key| key.id));
        if ids.len() > 1 && ids.contains(&None) {
            return Some("with several keys for one source, each needs an id: `{ id = 1, key = \"…\" }`".to_owned());
        }
        ids.sort_unstable();
        let twice = ids.iter().zip(ids.iter().skip(1)).find(|(id, next)| id == next)?;
        Some(format!("several keys for one source have the id {}", twice.0.unwrap_or_default()))
    }
}

/// A verified biscuit: whose it is, and the checks it is good for only if they hold.
pub(crate) struct VerifiedBiscuit {
    pub(crate) identity: Arc<Identity>,
    /// In hexadecimal: revoking any of them revokes the token.
    pub(crate) revocation_ids: Vec<Box<str>>,
    /// The id of the root key, if the file gives it one.
    pub(crate) kid: Option<Arc<str>>,
    program: Program,
    cost: Cost,
    /// Index into the tables of the file, meaningful only together with `epoch`.
    table: usize,
    epoch: u64,
}

impl VerifiedBiscuit {
    /// Whether the facts count: the token came from a source of its table, whose settings are the very ones it was verified with.
    pub(crate) fn holds(&self, source: &Source, tables: &[Biscuits]) -> bool {
        tables.get(self.table).is_some_and(|table| table.epoch == self.epoch && table.sources.contains(source))
    }

    /// Evaluates every check of the token, and the operator's own, against the facts of one request.
    pub(crate) fn check(&self, facts: &RequestFacts<'_>, trace: &mut impl Trace) -> Result<(), Refusal> {
        let refusal = match self.cost.check(facts.longest_text()).map(|()| self.program.evaluate(facts)) {
            Ok(Verdict::Allowed(_)) => {
                let count = self.program.checks();
                trace.step(|| Step::Check { name: "checks", passed: true, detail: format!("all {count} hold") });
                return Ok(());
            }
            Ok(Verdict::Refused { policy, failed }) => {
                for one in failed.iter().skip(1) {
                    trace.step(|| Step::Check { name: "check", passed: false, detail: format!("{one}, does not hold either") });
                }
                let detail = failed.first().map_or_else(|| policy.to_string(), |first| format!("{first}, does not hold"));
                Refusal::new(Rejection::CaveatFailed, detail)
            }
            Ok(Verdict::Faulty(place, error)) => {
                let place = place.map_or("a rule or policy".to_owned(), |check| check.to_string());
                let error = error.to_string();
                Refusal::new(Rejection::CaveatFailed, format!("{place}, cannot be evaluated: {}", Quoted(&error)))
            }
            Ok(Verdict::TooMuch(limit)) => {
                Refusal::new(Rejection::TokenTooComplex, format!("evaluating reaches a limit: {limit}"))
            }
            Err(refusal) => refusal,
        };
        trace.step(|| Step::Check { name: "checks", passed: false, detail: refusal.detail.clone().into_owned() });
        Err(refusal)
    }
}

/// Verifies a token found at `source`: framing, root key, signatures, cost, identity, in this order.
pub(crate) fn verify(
    token: &[u8],
    source: &Source,
    tables: &[Biscuits],
    trace: &mut impl Trace,
) -> Result<VerifiedBiscuit, Refusal> {
    let of_source = || (0..).zip(tables).filter(|(_, table)| table.sources.contains(source));
    let bytes = check(trace, "form", decode(token, of_source().map(|(_, table)| table.max_token).max(), source), |bytes| {
        format!("{} bytes", bytes.len())
    })?;
    let framed = check(trace, "frame", frame(&bytes), |_| "a biscuit".to_owned())?;
    let key = check(trace, "key", root_key::select(framed.root_key_id, of_source()), |(_, key)| key.to_string())?;
    let (index, key) = key;
    // INVARIANT: the key was selected out of this table.
    let table = tables.get(index).ok_or_else(|| malformed("the key is of no table"))?;
    if token.len() > table.max_token {
        return Err(too_large(token.len(), table.max_token));
    }
    check(trace, "size", complexity::check_size(&framed), |count| format!("{count} blocks"))?;
    // Parses the same bytes once more, and then believes no other.
    let signed = SerializedBiscuit::from_slice(&bytes, key.public).map_err(refuse_signature);
    check(trace, "signature", signed, |_| "verified".to_owned())?;
    check(trace, "parts", complexity::check_parts(&framed), |()| "few enough to be read".to_owned())?;
    let blocks = signed_blocks(&framed).map(|signed| schema::Block::decode(signed.block.as_slice()));
    let blocks: Vec<schema::Block> = blocks.collect::<Result<_, _>>().map_err(|_| malformed("a block of the token is none"))?;
    let cost = check(trace, "complexity", complexity::check(&framed, &blocks, &table.code), |cost| {
        format!("at most {} units of work, {} allowed", cost.for_text(0), complexity::MAX_COST)
    })?;
    let mut blocks =
        check(trace, "content", Blocks::read(&framed, &blocks).map_err(refuse_format), |_| "well formed".to_owned())?;
    let identity = check(trace, "identity", identity::of_first_block(&mut blocks, &table.queries), |identity| {
        format!("subject {}", Quoted(identity.subject()))
    })?;
    Ok(VerifiedBiscuit {
        identity: Arc::new(identity),
        revocation_ids: revocation_id::of_blocks(&framed, key.public.algorithm()),
        kid: key.id.map(|id| id.to_string().into()),
        program: Program::new(blocks, &table.code),
        cost,
        table: index,
        epoch: table.epoch,
    })
}

/// Reads the outer message, which has one spelling only: it is not signed as a whole, so whatever Protocol Buffers would pass over
/// (fields that nobody knows, numbers in a longer form, algorithms that are none) could be changed by anybody.
fn frame(bytes: &[u8]) -> Result<schema::Biscuit, Refusal> {
    complexity::check_frame(bytes)?;
    let framed = schema::Biscuit::decode(bytes).map_err(|_| malformed("the token is no biscuit"))?;
    let algorithms = signed_blocks(&framed).flat_map(|block| {
        let external = block.external_signature.as_ref().map(|signature| signature.public_key.algorithm);
        std::iter::once(block.next_key.algorithm).chain(external)
    });
    if !algorithms.into_iter().all(schema::public_key::Algorithm::is_valid) {
        return Err(malformed("a key of the token has an unknown algorithm"));
    }
    if framed.encode_to_vec() != bytes {
        return Err(malformed("the token is not written in the one way it could have been"));
    }
    Ok(framed)
}

/// The blocks with their signatures, the first one included.
fn signed_blocks(framed: &schema::Biscuit) -> impl Iterator<Item = &schema::SignedBlock> {
    std::iter::once(&framed.authority).chain(&framed.blocks)
}

/// Decodes base64url, whose padding may be there or not.
fn decode(token: &[u8], limit: Option<usize>, source: &Source) -> Result<Vec<u8>, Refusal> {
    let limit = limit.ok_or_else(|| Refusal::new(Rejection::KeyUnknown, format!("no [[biscuit]] takes tokens from {source}")))?;
    if token.len() > limit {
        return Err(too_large(token.len(), limit));
    }
    let unpadded = match token {
        [rest @ .., b'=', b'='] | [rest @ .., b'='] if token.len().is_multiple_of(4) => rest,
        _ => token,
    };
    base64url::decode(unpadded).ok_or_else(|| malformed("the token is not base64url"))
}

fn too_large(length: usize, limit: usize) -> Refusal {
    Refusal::new(Rejection::TokenTooLarge, format!("the token has {length} bytes, at most {limit} are read"))
}

/// Tells a signature that is wrong from a token that is not even in the form of one.
fn refuse_signature(error: Format) -> Refusal {
    match error {
        Format::Signature(_) | Format::SealedSignature => {
            Refusal::new(Rejection::SignatureInvalid, "a signature does not verify")
        }
        other => refuse_format(other),
    }
}

fn refuse_format(error: impl Into<TokenError>) -> Refusal {
    let error: TokenError = error.into();
    let text = match &error {
        TokenError::Format(format) => format.to_string(),
        other => other.to_string(),
    };
    Refusal::new(Rejection::TokenMalformed, format!("the token is malformed: {}", Quoted(&text)))
}

fn malformed(detail: &'static str) -> Refusal {
    Refusal::new(Rejection::TokenMalformed, detail)
}

impl fmt::Debug for Biscuits {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Biscuits({} keys)", self.keys.len())
    }
}

impl fmt::Debug for VerifiedBiscuit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "VerifiedBiscuit({} blocks)", self.revocation_ids.len())
    }
}
