//! Whose a biscuit is: queries over what the root key signed, and nothing else.

use std::borrow::Cow;
use std::fmt;

use biscuit_auth::builder::{Convert as _, Rule};
use biscuit_auth::datalog::{Origin, SymbolTable, Term, TrustedOrigins, World};

use super::blocks::Blocks;
use super::program::limits;
use crate::claims::check_name;
use crate::datalog::Datalog;
use crate::identity::{CredentialKind, Identity};
use crate::json::Quoted;
use crate::rejection::{Refusal, Rejection};

/// Which facts make the identity (`identity` in the file).
#[derive(Clone, Debug)]
pub(crate) struct IdentityQueries {
    pub(crate) subject: IdentityQuery,
    pub(crate) email: Option<IdentityQuery>,
    pub(crate) name: Option<IdentityQuery>,
    pub(crate) groups: Option<IdentityQuery>,
    pub(crate) scopes: Option<IdentityQuery>,
}

/// A query that gives one term for each match, such as `data($u) <- user($u)`.
#[derive(Clone)]
pub(crate) struct IdentityQuery {
    text: String,
    rule: Rule,
}

impl IdentityQuery {
    /// Reads a query; the error says what to write instead.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let no_query = |what: String| format!("this is no query: {what}; write such as `data($u) <- user($u)`");
        let checked = Datalog::parse(&format!("{text};")).map_err(|error| no_query(error.to_string()))?;
        let rule = checked.as_str().trim_end_matches(';');
        let rule = Rule::try_from(rule).map_err(|_| no_query("it is not one rule".to_owned()))?;
        if rule.head.terms.len() != 1 {
            return Err("a query gives one term, such as `data($u) <- user($u)`".to_owned());
        }
        if !rule.scopes.is_empty() {
            return Err("an identity comes from the first block alone; leave `trusting …` out".to_owned());
        }
        rule.validate_variables()?;
        Ok(Self { text: text.to_owned(), rule })
    }

    /// Returns the terms, sorted: facts have no order of their own.
    fn run(&self, what: &str, world: &World, symbols: &mut SymbolTable) -> Result<Vec<Box<str>>, Refusal> {
        if self.rule.body.iter().any(|predicate| symbols.get(&predicate.name).is_none()) {
            return Ok(Vec::new());
        }
        let rule = self.rule.convert(symbols);
        let found = world.query_rule(rule, FIRST, &TrustedOrigins::default(), symbols);
        let found = found.map_err(|error| invalid(format!("the query for `{what}` fails: {error}")))?;
        let mut texts = Vec::new();
        for (_, fact) in found {
            let text = match fact.predicate.terms.first() {
                Some(Term::Str(symbol)) => symbols.get_symbol(*symbol).map(Cow::Borrowed),
                Some(Term::Integer(number)) => Some(Cow::Owned(number.to_string())),
                _ => None,
            };
            let text = text.ok_or_else(|| invalid(format!("the query for `{what}` gives neither a string nor an integer")))?;
            check_name(&text).map_err(|fault| invalid(format!("`{what}` {fault}: {}", Quoted(&text))))?;
            texts.push(text.into());
        }
        texts.sort_unstable();
        texts.dedup();
        Ok(texts)
    }

    /// Returns the one term, or `None`.
    fn one(&self, what: &str, world: &World, symbols: &mut SymbolTable) -> Result<Option<Box<str>>, Refusal> {
        let mut texts = self.run(what, world, symbols)?;
        match texts.len() {
            0 | 1 => Ok(texts.pop()),
            several => Err(invalid(format!("the query for `{what}` gives {several} answers, wanted one"))),
        }
    }
}

impl fmt::Debug for IdentityQuery {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

/// Makes the identity that the first block speaks of. No other block, and no fact of a request, is even looked at.
pub(super) fn of_first_block(blocks: &mut Blocks, queries: &IdentityQueries) -> Result<Identity, Refusal> {
    let Blocks { blocks, symbols, .. } = blocks;
    let mut world = World::new();
    let (origin, trusted): (Origin, _) = ([FIRST].iter().collect(), TrustedOrigins::default());
    let (facts, rules) = blocks.first().map(|block| (block.facts.as_slice(), block.rules.as_slice())).unwrap_or_default();
    facts.iter().for_each(|fact| world.add_fact(&origin, fact.clone()));
    rules.iter().for_each(|rule| world.add_rule(FIRST, &trusted, rule.clone()));
    if !rules.is_empty() {
        let run = world.run_with_limits(symbols, limits());
        run.map_err(|error| invalid(format!("the rules of the first block fail: {error}")))?;
    }
    let mut list = |query: &Option<IdentityQuery>, what| query.as_ref().map(|it| it.run(what, &world, symbols)).transpose();
    let (groups, scopes) = (list(&queries.groups, "groups")?, list(&queries.scopes, "scopes")?);
    let mut one = |query: &Option<IdentityQuery>, what| match query {
        Some(query) => query.one(what, &world, symbols),
        None => Ok(None),
    };
    let (email, name) = (one(&queries.email, "email")?, one(&queries.name, "name")?);
    let subject = queries.subject.one("subject", &world, symbols)?;
    let missing = || Refusal::new(Rejection::ClaimMissing, format!("the first block has nothing for {}", queries.subject.text));
    Ok(Identity { email, name, groups, scopes, ..Identity::new(subject.ok_or_else(missing)?, CredentialKind::Biscuit) })
}

fn invalid(detail: String) -> Refusal {
    Refusal::new(Rejection::ClaimInvalid, detail)
}

/// The index of the first block.
const FIRST: usize = 0;
