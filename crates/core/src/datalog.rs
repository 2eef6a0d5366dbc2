//! Datalog as text, checked before `biscuit-auth` makes facts, rules and checks of it.

use std::fmt;

use biscuit_auth::PublicKey;
use biscuit_parser::builder::{Algorithm, Scope};
use biscuit_parser::parser::{SourceResult, parse_source};

use crate::json::Quoted;

/// Datalog that is well formed: facts, rules, checks and policies, each ended by `;`, without parameters, naming no key that
/// is none.
///
/// # Example
/// ```
/// use gatewright::Datalog;
/// let text = Datalog::parse("level(3); check if operation(\"GET\")")?;
/// assert_eq!(text.as_str(), "level(3); check if operation(\"GET\")");
///
/// let error = Datalog::parse("level(3);\nchek if true;").unwrap_err();
/// assert_eq!(error.to_string(), "line 2, column 1: cannot be read from `chek if true` on");
/// # Ok::<(), gatewright::DatalogError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Datalog(String);

/// The text is no datalog; says where, and what is wrong there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatalogError {
    place: Option<(usize, usize)>,
    message: String,
}

impl Datalog {
    /// Reads a text.
    ///
    /// # Errors
    /// It is not well formed, has a `{parameter}`, or trusts a key that is none.
    pub fn parse(text: &str) -> Result<Self, DatalogError> {
        if depth(text) > MAX_DEPTH {
            return Err(DatalogError::whole(format!("brackets are nested deeper than {MAX_DEPTH}")));
        }
        let source = parse_source(text).map_err(|errors| {
            let Some(error) = errors.first() else { return DatalogError::whole("cannot be read") };
            let message = match &error.message {
                Some(message) => message.clone(),
                None => format!("cannot be read from {} on", Quoted(error.input.trim_end())),
            };
            DatalogError { place: place(text, error.input), message }
        })?;
        for scope in scopes(&source) {
            check_scope(scope)?;
        }
        if has_parameters(&source) {
            return Err(DatalogError::whole("a `{parameter}` has no value here"));
        }
        Ok(Self(text.to_owned()))
    }

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl DatalogError {
    fn whole(message: impl Into<String>) -> Self {
        Self { place: None, message: message.into() }
    }
}

impl fmt::Display for DatalogError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((line, column)) = self.place {
            write!(formatter, "line {line}, column {column}: ")?;
        }
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for DatalogError {}

fn scopes<'s>(source: &'s SourceResult<'_>) -> impl Iterator<Item = &'s Scope> {
    let rules = source.rules.iter().map(|(_, rule)| rule);
    let checks = source.checks.iter().flat_map(|(_, check)| &check.queries);
    let policies = source.policies.iter().flat_map(|(_, policy)| &policy.queries);
    rules.chain(checks).chain(policies).flat_map(|rule| &rule.scopes).chain(&source.scopes)
}

fn check_scope(scope: &Scope) -> Result<(), DatalogError> {
    let Scope::PublicKey(key) = scope else { return Ok(()) };
    let algorithm = match key.algorithm {
        Algorithm::Ed25519 => biscuit_auth::Algorithm::Ed25519,
        Algorithm::Secp256r1 => biscuit_auth::Algorithm::Secp256r1,
    };
    match PublicKey::from_bytes(&key.key, algorithm) {
        Ok(_) => Ok(()),
        Err(error) => Err(DatalogError::whole(format!("a key after `trusting` cannot be used: {error}"))),
    }
}

fn has_parameters(source: &SourceResult<'_>) -> bool {
    let facts = source.facts.iter().any(|(_, fact)| fact.parameters.as_ref().is_some_and(|names| !names.is_empty()));
    let rules = source.rules.iter().map(|(_, rule)| rule);
    let checks = source.checks.iter().flat_map(|(_, check)| &check.queries);
    let policies = source.policies.iter().flat_map(|(_, policy)| &policy.queries);
    facts
        || rules.chain(checks).chain(policies).any(|rule| {
            rule.parameters.as_ref().is_some_and(|names| !names.is_empty())
                || rule.scope_parameters.as_ref().is_some_and(|names| !names.is_empty())
        })
}

/// Returns how deep brackets are nested at the most; those inside texts count too, which is no loss.
fn depth(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0_usize);
    for byte in text.bytes() {
        match byte {
            b'(' | b'[' | b'{' => depth = depth.saturating_add(1),
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// Reading goes down into every bracket.
const MAX_DEPTH: usize = 32;

/// Returns line and column of a part of the text, both from 1.
fn place(text: &str, part: &str) -> Option<(usize, usize)> {
    let offset = part.as_ptr().addr().checked_sub(text.as_ptr().addr())?;
    let before = text.get(..offset)?;
    let line = before.matches('\n').count().saturating_add(1);
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count().saturating_add(1);
    Some((line, column))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        Datalog::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn what_is_well_formed_is_kept_as_it_is() {
        for text in ["", "p(1)", "p(1);\n// a comment\nq($x) <- p($x), $x > 1;", "check if true; allow if true;"] {
            assert_eq!(Datalog::parse(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn a_fault_is_shown_where_it_is() {
        assert_eq!(error("p(1);\n  p(2) <- ;"), "line 2, column 11: cannot be read from `` on");
        assert_eq!(error("p(\"é\"); x y"), "line 1, column 9: cannot be read from `x y` on");
    }

    #[test]
    fn parameters_have_no_value() {
        for text in ["p({x})", "p([{x}])", "p({{x}})", "p({{x}: 1})", "p({1: {x}})", "p([[{x}]])"] {
            for text in [text.to_owned(), format!("check if {text}"), format!("q(1) <- {text}"), format!("allow if {text}")] {
                assert!(Datalog::parse(&text).is_err(), "{text}");
            }
        }
        for text in ["check if p($x), $x == {y}", "check if [{y}].any($x -> $x == {z})", "check if true trusting {key}"] {
            assert!(error(text).contains("parameter"), "{text}");
        }
    }

    #[test]
    fn brackets_do_not_nest_off_the_end_of_the_stack() {
        let nested = |depth: usize| format!("check if {}true{}", "(".repeat(depth), ")".repeat(depth));
        assert!(Datalog::parse(&nested(32)).is_ok());
        assert!(error(&nested(33)).contains("nested deeper than 32"));
        assert!(error(&nested(100_000)).contains("nested deeper than 32"));
    }

    #[test]
    fn a_key_that_is_none_is_refused() {
        assert!(error("check if true trusting ed25519/abcd").contains("cannot be used"));
        assert!(error(&format!("check if true trusting secp256r1/{}", "00".repeat(33))).contains("cannot be used"));
        let good = "ed25519/acdd6d5b53bfee478bf689f8e012fe7988bf755e3d7c5152947abc149bc20189";
        assert!(Datalog::parse(&format!("check if true trusting {good}")).is_ok());
    }
}
