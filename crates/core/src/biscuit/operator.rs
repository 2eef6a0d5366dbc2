//! The operator's own datalog (`policy` in the file).

use std::fmt;

use biscuit_auth::AuthorizerBuilder;
use biscuit_auth::builder::{self, Convert as _, PolicyKind};
use biscuit_auth::datalog::{Rule, SymbolTable, TrustedOrigins};
use biscuit_auth::error::Token as TokenError;
use biscuit_auth::format::schema::AuthorizerWorld;

use super::blocks::{Block, BlocksOfKey};
use super::complexity;
use crate::datalog::Datalog;

/// Facts, rules, checks and policies.
#[derive(Clone)]
pub(crate) struct OperatorCode {
    text: String,
    wire: AuthorizerWorld,
    facts: Vec<builder::Fact>,
    rules: Vec<builder::Rule>,
    checks: Vec<builder::Check>,
    policies: Vec<builder::Policy>,
}

impl OperatorCode {
    /// Reads the text; the error says what is wrong. With no policy, what the checks let pass is allowed.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let text = Datalog::parse(text).map_err(|error| format!("this is no datalog: {error}"))?;
        let code = Self::compile(text.as_str()).map_err(|error| format!("the datalog is wrong: {error}"))?;
        complexity::of_operator(&code).map_err(|refusal| refusal.detail.into_owned())?;
        Ok(code)
    }

    fn compile(text: &str) -> Result<Self, TokenError> {
        let mut builder = AuthorizerBuilder::new().code(text)?;
        if builder.snapshot()?.world.authorizer_policies.is_empty() {
            builder = builder.code("allow if true")?;
        }
        let wire = builder.snapshot()?.world;
        let (facts, rules, checks, policies) = builder.build_unauthenticated()?.dump();
        Ok(Self { text: text.to_owned(), wire, facts, rules, checks, policies })
    }

    pub(super) fn can_allow(&self) -> bool {
        self.policies.iter().any(|policy| policy.kind == PolicyKind::Allow)
    }

    /// The form it would be sent in, for bounding what it costs.
    pub(super) fn wire(&self) -> &AuthorizerWorld {
        &self.wire
    }

    /// Returns facts, rules and checks, in the numbers of a token's table.
    pub(super) fn block(&self, symbols: &mut SymbolTable, index: usize, blocks_of_key: &BlocksOfKey) -> Block {
        Block {
            facts: self.facts.iter().map(|fact| fact.convert(symbols)).collect(),
            rules: self.rules.iter().map(|rule| rule.convert(symbols)).collect(),
            checks: self.checks.iter().map(|check| check.convert(symbols)).collect(),
            trusted: TrustedOrigins::from_scopes(&[], &TrustedOrigins::default(), index, blocks_of_key),
        }
    }

    /// Returns the policies, each of which matches if one of its queries does.
    pub(super) fn policies(&self, symbols: &mut SymbolTable) -> Vec<(PolicyKind, Vec<Rule>)> {
        let mut queries = |policy: &builder::Policy| policy.queries.iter().map(|query| query.convert(symbols)).collect();
        self.policies.iter().map(|policy| (policy.kind.clone(), queries(policy))).collect()
    }
}

impl fmt::Debug for OperatorCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}
