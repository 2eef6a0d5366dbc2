//! Every known attack on a proxy's question and our answer, by its name. The list is the page
//! `docs/src/security/advisories.md`; the catalogue in `crates/core/tests/advisories` keeps the page and the tests together.
#![cfg(unix)]

mod addresses;
mod answers;
mod headers;
mod http2;
mod listener;
#[path = "../support/mod.rs"]
#[expect(dead_code, reason = "no file of tests needs every helper")]
mod support;
mod targets;
