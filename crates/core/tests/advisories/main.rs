//! Every known attack on software of this kind that could reach the engine, by its name.
#![expect(clippy::disallowed_methods, reason = "a test reads its files; the engine reads nothing")]

mod biscuits;
mod configuration;
mod hosts;
mod identities;
mod key_sets;
mod passwords;
mod paths;
mod question;
mod request_headers;
mod return_addresses;
mod sessions;
mod signer;
mod token_claims;
mod token_forgeries;
mod token_forms;
