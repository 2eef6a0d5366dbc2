//! The pieces that the configurations of many files share.

use crate::session::{KEY_A, key_text};

/// The moment of every decision that names no other: 2026-01-01T00:00:00Z.
pub const NOW: u64 = 1_767_225_600;
/// The usual issuer.
pub const LOGIN: &str = "https://login.example.com";
/// Another issuer.
pub const PARTNER: &str = "https://partner.example.net";

/// Joins tables to a configuration.
pub(crate) fn config(tables: &[&str]) -> String {
    let tables: Vec<&str> = tables.iter().map(|table| table.trim()).collect();
    format!("version = 1\n\n{}\n", tables.join("\n\n"))
}

/// `[session]` with the first key, twelve hours, and further lines.
pub(crate) fn session(lines: &str) -> String {
    format!("[session]\nkeys = [\"{}\"]\nlifetime = \"12h\"\n{lines}", key_text(KEY_A))
}

/// `[[issuer]]` for the login issuer with EdDSA, and further lines.
pub(crate) fn login(lines: &str) -> String {
    issuer(LOGIN, "\"EdDSA\"", lines)
}

/// `[[issuer]]` with keys from the issuer's own address, and further lines.
pub(crate) fn issuer(issuer: &str, algorithms: &str, lines: &str) -> String {
    format!(
        "[[issuer]]\nissuer = \"{issuer}\"\naudiences = [\"app\"]\nalgorithms = [{algorithms}]\n\
         keys = {{ jwks_url = \"{issuer}/jwks\" }}\n{lines}"
    )
}

/// The rule that asks for any identity, everywhere.
pub(crate) const MEMBERS: &str = "[[rule]]\nid = \"members\"\nallow = \"authenticated\"";

/// A rule for one path.
pub(crate) fn rule(id: &str, path: &str, effect: &str) -> String {
    format!("[[rule]]\nid = \"{id}\"\npaths = [\"{path}\"]\n{effect}")
}
