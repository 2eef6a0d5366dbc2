//! What evaluating a token may cost, bounded before anything of it is evaluated.
//!
//! Anybody who holds a biscuit can append a block to it, and the engine looks at its limits only between two rules: a check that
//! joins thirty facts five times with themselves takes half a minute (a token of 1,004 characters). So the work of every rule and
//! query is estimated from above, by the number of facts that each of its predicates can match, those included that rules may
//! derive, and a token that could take more than [`MAX_COST`] is refused.
//!
//! The estimate never looks at values, only at counts: it is an upper bound, and a token may be refused that would have been
//! cheap. What grows with a text of the request is kept apart, and looked at again when the request is there.
//! `benches/biscuit.rs` measures that no token within the bound takes much longer than it says.
//!
//! Signatures are checked before, because that costs a known time, and because then nobody without a token can make us look.

mod cost;
mod expression;
mod names;
mod pattern;
mod wire;
mod work;

use biscuit_auth::format::schema;

pub(super) use self::cost::{Cost, MAX_COST};
use self::names::Names;
use self::work::{Place, Work};
use super::operator::OperatorCode;
use super::signed_blocks;
use crate::rejection::{Refusal, Rejection};

/// Refuses too many blocks, or too many costly signatures, and returns how many blocks there are.
pub(super) fn check_size(framed: &schema::Biscuit) -> Result<usize, Refusal> {
    let count = framed.blocks.len().saturating_add(1);
    if count > MAX_BLOCKS {
        return Err(too_complex(format!("the token has {count} blocks, at most {MAX_BLOCKS} are evaluated")));
    }
    let is_p256 = |key: &schema::PublicKey| key.algorithm() == schema::public_key::Algorithm::Secp256r1;
    let next = signed_blocks(framed).filter(|block| is_p256(&block.next_key)).count();
    let external = signed_blocks(framed).filter_map(|block| block.external_signature.as_ref());
    if next.saturating_add(external.filter(|signature| is_p256(&signature.public_key)).count()) > MAX_P256 {
        return Err(too_complex(format!("the token has more than {MAX_P256} signatures by secp256r1")));
    }
    Ok(count)
}

/// Refuses too many blocks before any is read.
pub(super) fn check_frame(token: &[u8]) -> Result<(), Refusal> {
    wire::check_frame(token, MAX_BLOCKS)
}

/// Refuses blocks that would take too much memory once they are read.
pub(super) fn check_parts(framed: &schema::Biscuit) -> Result<(), Refusal> {
    wire::check(signed_blocks(framed).map(|block| block.block.as_slice()))
}

/// Returns an upper bound of the work, if it is within [`MAX_COST`] for a path of usual length.
pub(super) fn check(framed: &schema::Biscuit, blocks: &[schema::Block], code: &OperatorCode) -> Result<Cost, Refusal> {
    check_counts(blocks)?;
    // A third party's block sees its own texts only; all others see those of the blocks before them.
    let mut shared = Vec::new();
    let mut seen = Vec::with_capacity(blocks.len());
    for (signed, block) in signed_blocks(framed).zip(blocks) {
        let own = block.symbols.iter().map(String::as_str);
        seen.push(match signed.external_signature {
            Some(_) => Seen::Own(own.collect()),
            None => {
                shared.extend(own);
                Seen::Shared(shared.len())
            }
        });
    }
    let names = seen.iter().map(|seen| match seen {
        Seen::Own(names) => Names(names),
        Seen::Shared(count) => Names(shared.get(..*count).unwrap_or_default()),
    });
    let blocks: Vec<(&schema::Block, Names<'_>)> = blocks.iter().zip(names).collect();

    let operator = code.wire();
    let operator_names: Vec<&str> = operator.symbols.iter().map(String::as_str).collect();
    let operator_names = Names(&operator_names);
    let of_operator = &operator.authorizer_block;

    let mut work = Work::default();
    work.count_symbols(&operator.symbols);
    blocks.iter().for_each(|(block, _)| work.count_symbols(&block.symbols));
    work.count(&of_operator.facts, &of_operator.rules, &of_operator.checks, operator_names)?;
    for (block, names) in &blocks {
        work.count(&block.facts, &block.rules, &block.checks, *names)?;
    }
    work.add(None, &of_operator.rules, &of_operator.checks, operator_names)?;
    for policy in &operator.authorizer_policies {
        work.add_queries(Place::Policy, &policy.queries, 1, operator_names)?;
    }
    for (index, (block, names)) in blocks.iter().enumerate() {
        work.add(Some(index), &block.rules, &block.checks, *names)?;
    }
    work.cost()
}

/// Refuses too many things that cost little each.
fn check_counts(blocks: &[schema::Block]) -> Result<(), Refusal> {
    let all = |count: fn(&schema::Block) -> usize| blocks.iter().map(count).fold(0, usize::saturating_add);
    let counts = [
        ("keys", all(|block| block.public_keys.len()), MAX_KEYS),
        ("checks", all(|block| block.checks.len()), MAX_CHECKS),
        ("texts", all(|block| block.symbols.len()), MAX_TEXTS),
    ];
    match counts.into_iter().find(|(_, count, most)| count > most) {
        Some((what, count, most)) => Err(too_complex(format!("the token has {count} {what}, at most {most} are read"))),
        None => Ok(()),
    }
}

/// Bounds the operator's code by itself.
pub(super) fn of_operator(code: &OperatorCode) -> Result<Cost, Refusal> {
    check(&schema::Biscuit::default(), &[], code)
}

/// The texts that a block's numbers can stand for.
enum Seen<'b> {
    Own(Vec<&'b str>),
    /// So many of those that all blocks share.
    Shared(usize),
}

fn too_complex(detail: String) -> Refusal {
    Refusal::new(Rejection::TokenTooComplex, detail)
}

/// Keys after `trusting`, each of which is taken apart.
const MAX_KEYS: usize = 32;
const MAX_CHECKS: usize = 256;
/// Names and other symbols.
const MAX_TEXTS: usize = 4_096;
/// Each costs a signature check, some thirty microseconds.
const MAX_BLOCKS: usize = 16;
/// Each costs a quarter of a millisecond.
const MAX_P256: usize = 8;
