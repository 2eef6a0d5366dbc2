//! Symbols of the wire format: numbers that stand for texts.

use std::sync::LazyLock;

use biscuit_auth::datalog::SymbolTable;

use super::super::malformed;
use crate::rejection::Refusal;

/// The texts that a block's numbers stand for, beside the format's own words.
#[derive(Clone, Copy)]
pub(super) struct Names<'b>(pub(super) &'b [&'b str]);

impl<'b> Names<'b> {
    /// Returns the text that a number stands for; one that stands for nothing makes the token malformed.
    pub(super) fn get(&self, symbol: u64) -> Result<&'b str, Refusal> {
        let text = match symbol.checked_sub(FIRST_OWN) {
            Some(own) => usize::try_from(own).ok().and_then(|own| self.0.get(own).copied()),
            None => WORDS.get_symbol(symbol),
        };
        text.ok_or_else(|| malformed("a symbol of the token is in no table"))
    }
}

static WORDS: LazyLock<SymbolTable> = LazyLock::new(SymbolTable::new);
/// Smaller numbers are the format's own words.
const FIRST_OWN: u64 = 1024;
