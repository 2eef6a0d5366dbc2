//! The samples that every implementation of biscuits is held to, and generated tokens, each compared with `biscuit-auth` itself.

#![expect(clippy::disallowed_methods, reason = "the samples are files")]

use std::collections::HashSet;

use biscuit_auth::builder::{BiscuitBuilder, BlockBuilder};
use biscuit_auth::error::{self, Token as TokenError};
use biscuit_auth::format::schema;
use biscuit_auth::{AuthorizerLimits, Biscuit, KeyPair};
use proptest::prelude::*;
use prost::Message as _;
use serde_json::Value;

use super::blocks::Blocks;
use super::program::{FailedCheck, MatchedPolicy, Program, Verdict, limits};
use super::{Biscuits, IdentityQueries, IdentityQuery, OperatorCode, RootKey, signed_blocks, verify};
use crate::base64url;
use crate::rejection::{Refusal, Rejection};
use crate::source::Source;
use crate::trace::Off;

/// One published validation of one token.
struct Validation {
    name: String,
    root_key: String,
    token: Vec<u8>,
    code: String,
    result: Value,
    revocation_ids: Vec<String>,
}

#[test]
fn every_sample_gives_the_published_result() {
    let validations = validations();
    let tokens: HashSet<&[u8]> = validations.iter().map(|validation| validation.token.as_slice()).collect();
    assert_eq!((tokens.len(), validations.len()), (38, 50));
    let mut failures = Vec::new();
    for validation in &validations {
        let fault = compare(validation);
        let exception = EXCEPTIONS.iter().find(|(name, _)| *name == validation.name);
        match (fault, exception) {
            (None, None) | (Some(_), Some(_)) => {}
            (Some(fault), None) => failures.push(format!("{}: {fault}", validation.name)),
            (None, Some((_, reason))) => failures.push(format!("{} passes now; not true any more: {reason}", validation.name)),
        }
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
    let names: HashSet<&str> = validations.iter().map(|validation| validation.name.as_str()).collect();
    assert!(EXCEPTIONS.iter().all(|(name, _)| names.contains(name)), "an exception names no sample");
}

/// What differs, and why.
const EXCEPTIONS: [(&str, &str); 1] =
    [("test035_ffi.bc ", "a function that only the program evaluating the token knows; this one offers none")];

#[test]
fn every_sample_gives_the_result_of_biscuit_auth() {
    for validation in validations() {
        let key = RootKey::parse(&validation.root_key, None).unwrap();
        let Ok(biscuit) = Biscuit::from(&validation.token, key.public) else { continue };
        let code = OperatorCode::parse(&validation.code).unwrap();
        assert_eq!(ours(&biscuit, &code), theirs(&biscuit, &validation.code), "{}", validation.name);
    }
}

/// Says how the published result differs from ours.
fn compare(validation: &Validation) -> Option<String> {
    let key = RootKey::parse(&validation.root_key, None).unwrap();
    let anybody = IdentityQuery::parse(r#"data("anybody") <- true"#).unwrap();
    let queries = IdentityQueries { subject: anybody, email: None, name: None, groups: None, scopes: None };
    let code = OperatorCode::parse(&validation.code).unwrap();
    let table = Biscuits::new(vec![key], queries, code, vec![Source::Bearer], 64 * 1024);
    let verified = match verify(encode(&validation.token).as_bytes(), &Source::Bearer, &[table], &mut Off) {
        Ok(verified) => verified,
        Err(refusal) => return compare_refusal(&refusal, &validation.result),
    };
    // Beside the published ids there are those of the twins of ECDSA signatures.
    let ids = &verified.revocation_ids;
    if ids.len() < validation.revocation_ids.len()
        || !validation.revocation_ids.iter().all(|id| ids.contains(&id.as_str().into()))
    {
        return Some(format!("revocation ids {ids:?}"));
    }
    let result = result(verified.program.evaluate_alone());
    let result = serde_json::to_value(&result).unwrap();
    (result != validation.result).then(|| format!("{result}, published {}", validation.result))
}

/// A token that is refused before anything is evaluated has to be refused for what was published.
fn compare_refusal(refusal: &Refusal, published: &Value) -> Option<String> {
    let error = &published["Err"];
    let expected = match () {
        () if !error["Format"]["Signature"].is_null() => Rejection::SignatureInvalid,
        () if !error["Format"].is_null() || !error["FailedLogic"]["InvalidBlockRule"].is_null() => Rejection::TokenMalformed,
        () => return Some(format!("refused ({refusal:?}), published {published}")),
    };
    (refusal.rejection != expected).then(|| format!("{refusal:?}, published {published}"))
}

fn validations() -> Vec<Validation> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/third-party/biscuit/samples");
    let samples: Value = serde_json::from_str(&std::fs::read_to_string(format!("{folder}/samples.json")).unwrap()).unwrap();
    let root_key = format!("ed25519/{}", samples["root_public_key"].as_str().unwrap());
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut validations = Vec::new();
    for case in samples["testcases"].as_array().unwrap() {
        let file = case["filename"].as_str().unwrap();
        for (name, validation) in case["validations"].as_object().unwrap() {
            validations.push(Validation {
                name: format!("{file} {name}"),
                root_key: root_key.clone(),
                token: std::fs::read(format!("{folder}/{file}")).unwrap(),
                code: text(&validation["authorizer_code"]),
                result: validation["result"].clone(),
                revocation_ids: validation["revocation_ids"].as_array().unwrap().iter().map(text).collect(),
            });
        }
    }
    validations
}

fn encode(token: &[u8]) -> String {
    base64url::encode(token)
}

fn ours(biscuit: &Biscuit, code: &OperatorCode) -> Result<usize, TokenError> {
    let framed = schema::Biscuit::decode(biscuit.to_vec()?.as_slice()).unwrap();
    let blocks: Vec<_> = signed_blocks(&framed).map(|signed| schema::Block::decode(signed.block.as_slice()).unwrap()).collect();
    result(Program::new(Blocks::read(&framed, &blocks)?, code).evaluate_alone())
}

fn theirs(biscuit: &Biscuit, code: &str) -> Result<usize, TokenError> {
    let limits = limits();
    let limits =
        AuthorizerLimits { max_facts: limits.max_facts, max_iterations: limits.max_iterations, max_time: limits.max_time };
    let builder = biscuit_auth::AuthorizerBuilder::new().set_limits(limits).code(code)?;
    builder.build(biscuit)?.authorize()
}

/// Says it in the words of `biscuit-auth`.
fn result(verdict: Verdict) -> Result<usize, TokenError> {
    let number = |number: usize| u32::try_from(number).unwrap();
    let describe = |failed: Vec<FailedCheck>| {
        let describe = |FailedCheck { block, number: check, text }| match (block, text.unwrap_or_default()) {
            (Some(block), rule) => {
                error::FailedCheck::Block(error::FailedBlockCheck { block_id: number(block), check_id: number(check), rule })
            }
            (None, rule) => error::FailedCheck::Authorizer(error::FailedAuthorizerCheck { check_id: number(check), rule }),
        };
        failed.into_iter().map(describe).collect()
    };
    let unauthorized = |policy, failed| error::Logic::Unauthorized { policy, checks: describe(failed) };
    Err(TokenError::FailedLogic(match verdict {
        Verdict::Allowed(policy) => return Ok(policy),
        Verdict::Faulty(_, error) => return Err(TokenError::Execution(error)),
        Verdict::TooMuch(limit) => return Err(TokenError::RunLimit(limit)),
        Verdict::Refused { policy: MatchedPolicy::Allow(policy), failed } => {
            unauthorized(error::MatchedPolicy::Allow(policy), failed)
        }
        Verdict::Refused { policy: MatchedPolicy::Deny(policy), failed } => {
            unauthorized(error::MatchedPolicy::Deny(policy), failed)
        }
        Verdict::Refused { policy: MatchedPolicy::None, failed } => error::Logic::NoMatchingPolicy { checks: describe(failed) },
    }))
}

/// Lines of datalog over a handful of predicates, so that they meet.
fn statements(with_policies: bool) -> impl Strategy<Value = String> {
    let term = || prop_oneof![Just("1"), Just("2"), Just("\"a\""), Just("true"), Just("$x"), Just("$y")];
    let fact = (0..3_u8, prop_oneof![Just("1"), Just("2"), Just("\"a\""), Just("true")])
        .prop_map(|(name, term)| format!("p{name}({term});"));
    let predicate = move || (0..3_u8, term()).prop_map(|(name, term)| format!("p{name}({term})"));
    let expression =
        prop_oneof![Just(""), Just(", $x == 1"), Just(", $x === 1"), Just(", $x + 1 > 2"), Just(", $x.type() == \"integer\"")];
    let scope = prop_oneof![5 => Just(""), 1 => Just(" trusting previous"), 1 => Just(" trusting authority")];
    // `$x` and `$y` are bound by a predicate of their own, because an unbound variable is refused before anything is compared.
    let body = move || {
        (predicate(), proptest::option::of(predicate()), expression.clone(), scope.clone()).prop_map(
            |(one, other, expression, scope)| {
                let other = other.map_or(String::new(), |other| format!(", {other}"));
                format!("{one}{other}, p1($x), p2($y){expression}{scope}")
            },
        )
    };
    let rule = (0..3_u8, body()).prop_map(|(name, body)| format!("p{name}($x) <- {body};"));
    let check = (prop_oneof![Just("check if"), Just("check all"), Just("reject if")], body())
        .prop_map(|(kind, body)| format!("{kind} {body};"));
    let policy = (prop_oneof![Just("allow if"), Just("deny if")], body()).prop_map(|(kind, body)| format!("{kind} {body};"));
    let policy = prop_oneof![Just("allow if true;".to_owned()), policy];
    let line = match with_policies {
        true => prop_oneof![4 => fact, 1 => rule, 2 => check, 2 => policy].boxed(),
        false => prop_oneof![4 => fact, 1 => rule, 2 => check].boxed(),
    };
    proptest::collection::vec(line, 0..8).prop_map(|lines| lines.join("\n"))
}

proptest! {
    /// What `Program` keeps of a token and evaluates by itself says what `biscuit-auth` says: policy and failed checks.
    #[test]
    fn generated_tokens_give_the_result_of_biscuit_auth(
        authority in statements(false),
        blocks in proptest::collection::vec((statements(false), any::<bool>()), 0..3),
        code in statements(true),
    ) {
        let root = KeyPair::new();
        let third_party = KeyPair::new();
        let mut biscuit = BiscuitBuilder::new().code(&authority).unwrap().build(&root).unwrap();
        for (text, by_third_party) in &blocks {
            let block = BlockBuilder::new().code(text).unwrap();
            biscuit = if *by_third_party {
                let request = biscuit.third_party_request().unwrap();
                let block = request.create_block(&third_party.private(), block).unwrap();
                biscuit.append_third_party(third_party.public(), block).unwrap()
            } else {
                biscuit.append(block).unwrap()
            };
        }
        let trusting = format!("{code}\ncheck if p0($x) trusting {};\nallow if p0(1) trusting {0};", third_party.public());
        for code in [format!("{code}\nallow if true;"), code, trusting] {
            // Without a policy we add one.
            let Ok(parsed) = OperatorCode::parse(&code) else { continue };
            let theirs = match code.contains("allow if") || code.contains("deny if") {
                true => theirs(&biscuit, &code),
                false => theirs(&biscuit, &format!("{code}\nallow if true;")),
            };
            match ours(&biscuit, &parsed) {
                // `biscuit-auth` stops at whichever fact comes first, and may not get as far as the one without a value.
                Err(TokenError::Execution(_)) => {}
                ours => prop_assert_eq!(ours, theirs, "{}", code),
            }
        }
    }
}
