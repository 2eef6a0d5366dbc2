//! One fetch of one issuer's keys: OpenID Connect Discovery 1.0 §4 if asked for, then the JWKS (RFC 7517 §5).

use gatewright::{KeyLocation, KeySet, RemoteKeys};
use serde::Deserialize;

use crate::address::{Address, PlainHttp, printable};
use crate::client::{Client, Trust};
use crate::proxy::Proxies;

/// Where an issuer's keys are, and what to trust on the way there. Keys outlive a reload exactly if this is unchanged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) issuer: String,
    pub(crate) location: KeyLocation,
    pub(crate) ca: Option<Vec<u8>>,
    pub(crate) danger_http: bool,
}

impl From<&RemoteKeys> for Place {
    fn from(remote: &RemoteKeys) -> Self {
        Self {
            issuer: remote.issuer.clone(),
            location: remote.location.clone(),
            ca: remote.ca.clone(),
            danger_http: remote.danger_http,
        }
    }
}

impl Place {
    /// Checks what can be checked without the network: the address and the certificates.
    pub(crate) fn check(&self) -> Result<(), String> {
        self.start()?;
        Trust::new(self.ca.as_deref()).map(|_| ())
    }

    /// Fetches the keys. A set without a usable key is a failure.
    pub(crate) fn fetch(&self, proxies: &Proxies) -> Result<KeySet, String> {
        let keys = KeySet::from_json(&self.key_set(proxies)?).map_err(|error| error.to_string())?;
        if keys.is_empty() {
            let first = keys.dropped().first().map_or("it is empty", |key| key.reason.as_str());
            return Err(format!("no key of the set can be used: {}", printable(first)));
        }
        Ok(keys)
    }

    /// Fetches the text of the key set.
    fn key_set(&self, proxies: &Proxies) -> Result<String, String> {
        let client = Client::new(Trust::new(self.ca.as_deref())?, proxies);
        let start = self.start()?;
        let text = client.get(&start).map_err(|reason| format!("{} {reason}", start.uri()))?;
        match self.location {
            KeyLocation::JwksUrl(_) => Ok(text),
            KeyLocation::Discovery => {
                let address = self.jwks_uri(&text, &start)?;
                client.get(&address).map_err(|reason| format!("{} {reason}", address.uri()))
            }
        }
    }

    fn start(&self) -> Result<Address, String> {
        let plain = if self.danger_http { PlainHttp::Anywhere } else { PlainHttp::Loopback };
        match &self.location {
            KeyLocation::JwksUrl(url) => Address::parse(url, plain),
            // §4.1: one terminating `/` is removed before the well-known path is appended.
            KeyLocation::Discovery => {
                let issuer = self.issuer.strip_suffix('/').unwrap_or(&self.issuer);
                Address::parse(&format!("{issuer}/.well-known/openid-configuration"), plain)
            }
        }
    }

    fn jwks_uri(&self, document: &str, start: &Address) -> Result<Address, String> {
        let document: Discovery = serde_json::from_str(document)
            .map_err(|error| format!("{} is no discovery document: {}", start.uri(), printable(&error.to_string())))?;
        // §4.3: an issuer that names another one would lend its keys to it.
        if document.issuer != self.issuer {
            return Err(format!(
                "{} is the document of `{}`, not of `{}`",
                start.uri(),
                printable(&document.issuer),
                self.issuer
            ));
        }
        // A document that came over https must not lead to a plain address, however near.
        let plain = match (start.is_plain(), self.danger_http) {
            (false, _) => PlainHttp::Nowhere,
            (true, false) => PlainHttp::Loopback,
            (true, true) => PlainHttp::Anywhere,
        };
        Address::parse(&document.jwks_uri, plain).map_err(|reason| format!("the `jwks_uri` of {}: {reason}", start.uri()))
    }
}

#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
}

#[cfg(test)]
mod tests;
