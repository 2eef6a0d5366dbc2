//! How many parts a block has, counted in its bytes: reading it takes much more memory than it has bytes.

use prost::encoding::{WireType, decode_key, decode_varint};

use super::too_complex;
use crate::rejection::Refusal;

/// A message of `schema.proto`, as far as it has messages inside.
#[derive(Clone, Copy)]
enum Message {
    Block,
    Fact,
    Rule,
    Check,
    Predicate,
    Term,
    /// A set or an array.
    Terms,
    Map,
    MapEntry,
    Expression,
    Op,
    Closure,
}

impl Message {
    /// Returns what a field of it is, if that has parts itself.
    const fn field(self, number: u32) -> Option<Self> {
        match (self, number) {
            (Self::Block, 4) => Some(Self::Fact),
            (Self::Block, 5) | (Self::Check, 1) => Some(Self::Rule),
            (Self::Block, 6) => Some(Self::Check),
            (Self::Fact, 1) | (Self::Rule, 1 | 2) => Some(Self::Predicate),
            (Self::Rule, 3) => Some(Self::Expression),
            (Self::Predicate, 2) | (Self::Terms, 1) | (Self::MapEntry, 2) | (Self::Op, 1) => Some(Self::Term),
            (Self::Term, 7 | 9) => Some(Self::Terms),
            (Self::Term, 10) => Some(Self::Map),
            (Self::Map, 1) => Some(Self::MapEntry),
            (Self::Expression, 1) | (Self::Closure, 2) => Some(Self::Op),
            (Self::Op, 4) => Some(Self::Closure),
            _ => None,
        }
    }
}

/// Refuses blocks with too many parts together; what is no message at all is left for the reader to say.
pub(super) fn check<'b>(blocks: impl Iterator<Item = &'b [u8]>) -> Result<(), Refusal> {
    let mut parts = 0;
    for block in blocks {
        // What cannot be read has no more parts than were counted.
        let _ = count(Message::Block, block, MAX_DEPTH, &mut parts);
        if parts > MAX_PARTS {
            return Err(too_complex(format!("the blocks have more than {MAX_PARTS} parts")));
        }
    }
    Ok(())
}

/// Refuses a token whose outer message has more parts than one with the most blocks.
pub(super) fn check_frame(token: &[u8], most_blocks: usize) -> Result<(), Refusal> {
    let (mut rest, mut blocks) = (token, 0_usize);
    while let Ok((number, _)) = decode_key(&mut rest) {
        blocks = blocks.saturating_add(usize::from(number == BLOCKS));
        if blocks >= most_blocks {
            return Err(too_complex(format!("the token has more than {most_blocks} blocks")));
        }
        let Ok(value) = decode_varint(&mut rest) else { break };
        if number != ROOT_KEY_ID {
            let Some(after) = usize::try_from(value).ok().and_then(|length| rest.get(length..)) else { break };
            rest = after;
        }
    }
    Ok(())
}

/// Counts every field of a message, at most one more than are allowed; `None` where the bytes are no message.
fn count(message: Message, mut bytes: &[u8], depth: usize, parts: &mut usize) -> Option<()> {
    while !bytes.is_empty() && *parts <= MAX_PARTS {
        *parts = parts.saturating_add(1);
        let (number, wire_type) = decode_key(&mut bytes).ok()?;
        let length = match wire_type {
            WireType::Varint => decode_varint(&mut bytes).ok().map(|_| 0)?,
            WireType::SixtyFourBit => 8,
            WireType::ThirtyTwoBit => 4,
            WireType::LengthDelimited => usize::try_from(decode_varint(&mut bytes).ok()?).ok()?,
            WireType::StartGroup | WireType::EndGroup => return None,
        };
        let (value, rest) = bytes.split_at_checked(length)?;
        bytes = rest;
        if let (Some(inner), WireType::LengthDelimited) = (message.field(number), wire_type) {
            count(inner, value, depth.checked_sub(1)?, parts)?;
        }
    }
    Some(())
}

/// The only field of the outer message that is a number, and the one that repeats.
const ROOT_KEY_ID: u32 = 1;
const BLOCKS: u32 = 3;
/// A check takes some ten parts, so these are several hundred checks; they take some hundred kilobytes of memory.
const MAX_PARTS: usize = 8_192;
/// The reader goes no deeper either.
const MAX_DEPTH: usize = 100;
