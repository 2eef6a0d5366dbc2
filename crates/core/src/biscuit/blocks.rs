//! The blocks of a token: facts, rules and checks, in one numbering of texts and keys.

use std::collections::HashMap;

use biscuit_auth::PublicKey;
use biscuit_auth::builder::{self, Convert as _};
use biscuit_auth::datalog::{Check, Fact, Rule, SymbolTable, TrustedOrigins};
use biscuit_auth::error::{Format, Logic, Token as TokenError};
use biscuit_auth::format::convert::proto_block_to_token_block;
use biscuit_auth::format::schema;

use super::signed_blocks;

/// The blocks of a token, the first of which the root key signed.
pub(super) struct Blocks {
    pub(super) blocks: Vec<Block>,
    pub(super) symbols: SymbolTable,
    pub(super) blocks_of_key: BlocksOfKey,
}

/// What a block holds.
pub(super) struct Block {
    pub(super) facts: Vec<Fact>,
    pub(super) rules: Vec<Rule>,
    pub(super) checks: Vec<Check>,
    /// Whose facts its rules and checks see, unless they say so themselves.
    pub(super) trusted: TrustedOrigins,
}

/// Blocks by the number of the key that signed them as a third party.
pub(super) type BlocksOfKey = HashMap<usize, Vec<usize>>;

impl Blocks {
    /// Reads the blocks, in the form they are sent in.
    ///
    /// All blocks but those of third parties share one table of texts and keys, to which each adds its own. It stays the table of
    /// the whole token; what third parties say in numbers of their own is translated.
    pub(super) fn read(framed: &schema::Biscuit, blocks: &[schema::Block]) -> Result<Self, TokenError> {
        let (mut symbols, mut keys) = (SymbolTable::new(), Vec::new());
        let mut read = Vec::with_capacity(blocks.len());
        for (signed, wire) in signed_blocks(framed).zip(blocks) {
            let signer = signed.external_signature.as_ref();
            let signer = signer.map(|signature| PublicKey::from_proto(&signature.public_key)).transpose()?;
            let block = proto_block_to_token_block(wire, signer)?;
            if signer.is_none() {
                symbols.extend(&block.symbols)?;
                keys.extend(wire.public_keys.iter().map(PublicKey::from_proto).collect::<Result<Vec<_>, _>>()?);
                let queries = block.checks.iter().flat_map(|check| &check.queries);
                let of_rules = block.rules.iter().chain(queries).flat_map(|rule| &rule.scopes);
                // A number of a key has to be one of those that are there by now.
                for scope in block.scopes.iter().chain(of_rules) {
                    builder::Scope::convert_from(scope, &symbols)?;
                }
            }
            let names = if signer.is_none() { &symbols } else { &block.symbols };
            if let Some(rule) = block.rules.iter().find(|rule| rule.validate_variables(names).is_err()) {
                return Err(Logic::InvalidBlockRule(0, names.print_rule(rule)).into());
            }
            read.push(block);
        }
        let mut blocks_of_key = BlocksOfKey::new();
        for (index, block) in read.iter().enumerate() {
            let Some(signer) = &block.external_key else { continue };
            let number = keys.iter().position(|key| key == signer).unwrap_or(keys.len());
            if number == keys.len() {
                keys.push(*signer);
            }
            blocks_of_key.entry(number).or_default().push(index);
        }
        if !blocks_of_key.is_empty() {
            symbols = SymbolTable::from_symbols_and_public_keys(symbols.strings(), keys)?;
        }
        let mut all = Vec::with_capacity(read.len());
        for (index, mut block) in read.into_iter().enumerate() {
            if block.external_key.is_some() {
                let (from, to) = (&block.symbols, &mut symbols);
                block.scopes = translated(&block.scopes, |scope| builder::Scope::translate(scope, from, to))?;
                block.facts = translated(&block.facts, |fact| builder::Fact::translate(fact, from, to))?;
                block.rules = translated(&block.rules, |rule| rule.translate(from, to))?;
                block.checks = translated(&block.checks, |check| builder::Check::translate(check, from, to))?;
            }
            let trusted = TrustedOrigins::from_scopes(&block.scopes, &TrustedOrigins::default(), index, &blocks_of_key);
            all.push(Block { facts: block.facts, rules: block.rules, checks: block.checks, trusted });
        }
        Ok(Self { blocks: all, symbols, blocks_of_key })
    }
}

fn translated<T>(items: &[T], translate: impl FnMut(&T) -> Result<T, Format>) -> Result<Vec<T>, Format> {
    items.iter().map(translate).collect()
}
