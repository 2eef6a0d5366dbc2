//! Biscuits made and narrowed.

use gatewright::UnixTime;
use gatewright_issuer::biscuit::{Holder, Restrictions, RootKey, attenuate as attenuated};
use napi_derive::napi;
use serde::Deserialize;

use crate::error::{self, Result, guarded, invalid};

/// The private half of a root key.
#[napi]
pub struct NativeRootKey(RootKey);

/// Whose a token is and what it may be used for, as JSON has it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Minted {
    subject: String,
    email: Option<String>,
    name: Option<String>,
    #[serde(default)]
    groups: Vec<String>,
    #[serde(default)]
    scopes: Vec<String>,
    key_id: Option<u32>,
    #[serde(default)]
    methods: Vec<String>,
    #[serde(default)]
    hosts: Vec<String>,
    #[serde(default)]
    paths: Vec<String>,
    until: Option<u64>,
}

/// What a token is narrowed to, as JSON has it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Narrowed {
    #[serde(default)]
    methods: Vec<String>,
    #[serde(default)]
    hosts: Vec<String>,
    #[serde(default)]
    paths: Vec<String>,
    until: Option<u64>,
    #[serde(default)]
    seal: bool,
}

#[napi]
impl NativeRootKey {
    /// Makes an Ed25519 key.
    #[napi(factory, catch_unwind)]
    pub fn generate() -> Result<Self> {
        guarded(RootKey::generate).map(Self)
    }

    /// Reads a private key as `privateText` writes it.
    #[napi(factory, catch_unwind)]
    pub fn parse(text: String) -> Result<Self> {
        guarded(|| RootKey::parse(&text))?.map(Self).map_err(|error| error::biscuit(&error))
    }

    /// The private half: a secret.
    #[napi(catch_unwind)]
    pub fn private_text(&self) -> String {
        self.0.private_text()
    }

    /// The public half, as the policy file takes it.
    #[napi(catch_unwind)]
    pub fn public_text(&self) -> String {
        self.0.public_text()
    }

    /// Makes a token.
    #[napi(catch_unwind)]
    pub fn mint(&self, options: String) -> Result<String> {
        let minted: Minted = serde_json::from_str(&options).map_err(|error| invalid(format!("what to mint: {error}")))?;
        let narrow = restrictions(&minted.methods, &minted.hosts, &minted.paths, minted.until)?;
        let Minted { subject, email, name, groups, scopes, key_id, .. } = minted;
        let holder = Holder { subject, email, name, groups, scopes };
        guarded(|| self.0.mint(key_id, &holder, &narrow))?.map_err(|error| error::biscuit(&error))
    }
}

/// Appends a block that narrows a token; no key is needed.
#[napi(catch_unwind)]
pub fn attenuate(token: String, options: String) -> Result<String> {
    let narrowed: Narrowed = serde_json::from_str(&options).map_err(|error| invalid(format!("what to narrow it to: {error}")))?;
    let narrow = restrictions(&narrowed.methods, &narrowed.hosts, &narrowed.paths, narrowed.until)?;
    guarded(|| attenuated(&token, &narrow, narrowed.seal))?.map_err(|error| error::biscuit(&error))
}

fn restrictions(methods: &[String], hosts: &[String], paths: &[String], until: Option<u64>) -> Result<Restrictions> {
    guarded(|| Restrictions::of(methods, hosts, paths, until.map(UnixTime::from_secs)))?.map_err(|error| error::biscuit(&error))
}
