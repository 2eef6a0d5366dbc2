//! A second decider, written from the contract (DESIGN sections 4 and 5) and not from the engine: plain, slow, and only for
//! sessions and tokens. Where it and the engine differ, one of them is wrong.

pub(crate) mod conditions;
pub(crate) mod decider;
pub(crate) mod path;
pub(crate) mod policy;
pub(crate) mod protobuf;
pub(crate) mod target;

pub(crate) use conditions::Identity;
pub(crate) use decider::{Credential, Expected, Question, decide};
pub(crate) use policy::{Effect, Policy, Rule, Table};
