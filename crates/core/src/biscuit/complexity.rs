//! What evaluating a token may cost, bounded before anything of it is verified or evaluated.
//!
//! Anybody who holds a biscuit can append a block to it, and the engine looks at its limits only between two rules: a check that
//! joins thirty facts five times with themselves takes half a minute (a token of 1,004 characters). So the work of every rule and
//! query is estimated from above, by the number of facts that each of its predicates can match, those included that rules may
//! derive, and a token that could take more than [`MAX_COST`] is refused.
//!
//! The estimate never looks at values, only at counts: it is an upper bound, and a token may be refused that would have been
//! cheap. `benches/biscuit.rs` measures that no token within the bound takes much longer than it says.

mod expression;
mod names;
mod work;

use biscuit_auth::format::schema;

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

/// Returns an upper bound of the work, in units of a tenth of a microsecond, if it is within [`MAX_COST`].
pub(super) fn check(framed: &schema::Biscuit, blocks: &[schema::Block], code: &OperatorCode) -> Result<u64, Refusal> {
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
    work.count(&of_operator.facts, &of_operator.rules, &of_operator.checks, operator_names)?;
    for (block, names) in &blocks {
        work.count(&block.facts, &block.rules, &block.checks, *names)?;
    }
    work.add(None, &of_operator.rules, &of_operator.checks, operator_names)?;
    for policy in &operator.authorizer_policies {
        work.add_queries(Place::Policy, &policy.queries, operator_names)?;
    }
    for (index, (block, names)) in blocks.iter().enumerate() {
        work.add(Some(index), &block.rules, &block.checks, *names)?;
    }
    work.cost()
}

/// Bounds the operator's code by itself.
pub(super) fn of_operator(code: &OperatorCode) -> Result<u64, Refusal> {
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

/// In units of a tenth of a microsecond: four milliseconds.
pub(super) const MAX_COST: u64 = 40_000;
/// Each costs a signature check, some thirty microseconds.
const MAX_BLOCKS: usize = 16;
/// Each costs a quarter of a millisecond.
const MAX_P256: usize = 8;
