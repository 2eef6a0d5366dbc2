//! Every known attack on a proxy's question and our answer, by its name.
#![cfg(unix)]

mod addresses;
mod answers;
mod headers;
mod listener;
#[path = "../support/mod.rs"]
#[expect(dead_code, reason = "no file of tests needs every helper")]
mod support;
mod targets;
