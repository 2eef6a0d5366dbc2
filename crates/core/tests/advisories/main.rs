//! Every known attack on software of this kind that could reach the engine, by its name. The list is the page
//! `docs/src/security/advisories.md`; `catalogue` keeps the page and the tests together, here and in `crates/http`.
#![expect(clippy::disallowed_methods, reason = "a test reads its files; the engine reads nothing")]

mod biscuits;
mod catalogue;
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
