//! `Config`: a policy, read and checked.

use std::collections::HashMap;
use std::path::PathBuf;

use gatewright::{Config, Reference};
use napi::bindgen_prelude::Buffer;
use napi_derive::napi;

use crate::error::{self, Result, guarded, invalid};

/// A policy.
#[napi]
pub struct NativeConfig(pub(crate) Config);

#[napi]
impl NativeConfig {
    /// Reads a policy file's text.
    #[napi(factory, catch_unwind)]
    pub fn from_toml(text: String) -> Result<Self> {
        guarded(|| Config::from_toml(&text))?.map(Self).map_err(|error| error::config(&error))
    }

    /// Reads a policy that came as JSON.
    #[napi(factory, catch_unwind)]
    pub fn from_json(text: String) -> Result<Self> {
        let policy = serde_json::from_str(&text).map_err(|error| invalid(format!("the policy: {error}")))?;
        guarded(|| Config::from_json(&policy))?.map(Self).map_err(|error| error::config(&error))
    }

    /// Reads what the policy refers to, from the environment and from files below `folder`.
    #[napi(catch_unwind)]
    pub fn resolve(&self, folder: String) -> Result<NativeConfig> {
        let config = self.0.clone();
        let resolved = guarded(|| gatewright_issuer::resolve(config, &PathBuf::from(folder)))?;
        resolved.map(Self).map_err(|error| error::config(&error))
    }

    /// Takes what the policy refers to from a list of references and one of their contents.
    #[napi(catch_unwind)]
    pub fn resolve_from(&self, references: Vec<String>, contents: Vec<Buffer>) -> Result<NativeConfig> {
        let contents: HashMap<String, Buffer> = references.into_iter().zip(contents).collect();
        let read = |reference: &Reference| {
            contents.get(&reference.to_string()).map(|bytes| bytes.to_vec()).ok_or_else(|| "nothing was read for it".to_owned())
        };
        guarded(|| self.0.clone().resolve(read))?.map(Self).map_err(|error| error::config(&error))
    }

    /// What the policy refers to: `env:NAME` or `file:PATH`.
    #[napi(catch_unwind)]
    pub fn references(&self) -> Vec<String> {
        self.0.references().map(Reference::to_string).collect()
    }

    /// What looks like a mistake.
    #[napi(catch_unwind)]
    pub fn warnings(&self) -> Vec<String> {
        self.0.warnings().iter().map(ToString::to_string).collect()
    }
}
