//! The order of evaluation: malformed, ambiguous for everybody, first target, deny or no rule, credential, conditions.

use std::net::IpAddr;

use super::conditions::{self, Identity};
use super::path::{Path, Refused};
use super::policy::{Effect, Policy, Rule};
use super::target::{Matched, target};

/// A request, in parts whose meaning is known.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    pub(crate) method: &'static str,
    pub(crate) scheme: &'static str,
    /// As sent, and as name and port; none if it is malformed.
    pub(crate) host: (&'static str, Option<(&'static str, Option<u16>)>),
    pub(crate) path: Vec<u8>,
    pub(crate) query: Option<Vec<u8>>,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) client: Option<IpAddr>,
    pub(crate) portless: bool,
    /// In the order in which they are looked for: the first decides.
    pub(crate) credentials: Vec<Credential>,
}

/// A credential and what is known of it.
#[derive(Clone, Debug)]
pub(crate) enum Credential {
    Good(Identity),
    /// With the code it is refused with.
    Bad {
        kind: &'static str,
        code: &'static str,
    },
}

impl Credential {
    fn kind(&self) -> &'static str {
        match self {
            Self::Good(identity) => identity.kind,
            Self::Bad { kind, .. } => kind,
        }
    }
}

/// What must be decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Expected {
    pub(crate) code: &'static str,
    /// Not known where a limit decides that the contract does not name.
    pub(crate) rule: Option<Option<String>>,
    pub(crate) subject: Option<String>,
    pub(crate) shadows: Vec<(String, &'static str)>,
}

pub(crate) fn decide(policy: &Policy, question: &Question, now: u64) -> Expected {
    let refused = |code, rule| Expected { code, rule, subject: None, shadows: Vec::new() };
    if question.host.1.is_none() {
        return refused("request_malformed", Some(None));
    }
    let path = match Path::read(&question.path) {
        Ok(path) => path,
        Err(Refused::Malformed) => return refused("request_malformed", Some(None)),
        Err(Refused::Ambiguous) => return refused("path_ambiguous", Some(None)),
        Err(Refused::Endless) => return refused("path_ambiguous", None),
    };
    // A kind that the file does not configure is not looked for.
    let is_configured = |kind| (kind == "jwt" && policy.issuer) || (kind == "session" && policy.session);
    let presented = question.credentials.iter().find(|credential| is_configured(credential.kind()));
    let mut shadows = Vec::new();
    for rule in &policy.rules {
        let (code, subject) = match target(rule, question, &path) {
            Matched::No => continue,
            Matched::Yes => judge(rule, presented, now),
            Matched::Malformed => ("request_malformed", None),
            Matched::Ambiguous => ("path_ambiguous", None),
            Matched::AddressUnknown => ("client_address_unknown", None),
        };
        if rule.shadow {
            shadows.push((rule.id.clone(), code));
            continue;
        }
        return Expected { code, rule: Some(Some(rule.id.clone())), subject, shadows };
    }
    let code = if path.forms.is_empty() { "no_rule" } else { "path_ambiguous" };
    Expected { code, rule: Some(None), subject: None, shadows }
}

fn judge(rule: &Rule, presented: Option<&Credential>, now: u64) -> (&'static str, Option<String>) {
    let good = |identity: &Identity| ("allowed", identity.claims["sub"].as_str().map(str::to_owned));
    match (&rule.effect, presented) {
        (Effect::Deny, _) => ("rule_denied", None),
        (Effect::Anyone | Effect::Authenticated, Some(Credential::Good(identity))) => good(identity),
        (Effect::Anyone, _) => ("allowed", None),
        (Effect::Authenticated | Effect::Tables(_), None) => ("credential_missing", None),
        (Effect::Authenticated | Effect::Tables(_), Some(Credential::Bad { code, .. })) => (code, None),
        (Effect::Tables(tables), Some(Credential::Good(identity))) => match conditions::refusal(tables, identity, now) {
            None => good(identity),
            Some(code) => (code, None),
        },
    }
}
