//! `Cookie` fields: what is between the pairs, and several pairs of one name.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use gatewright::{Authorizer, Request};
use vectors::session::{COOKIE, KEY_A, bob, key_text};

use crate::asked::{ask, authorizer};
use crate::draw::at_most;

/// Fields are read as a plain second reader reads them: no pair of the name is nothing, one value decides, two are ambiguous.
///
/// In the input 0xff ends a field, 0x80 stands for the name with `=`, 0x81 for a good session, 0x82 for one that is not.
pub fn cookie_header(data: &[u8]) {
    let fields = at_most(data, MAX_FIELDS).split(|byte| *byte == 0xff).take(8).map(expand);
    let headers: Vec<(&str, Vec<u8>)> = fields.map(|field| ("cookie", field)).collect();
    let asked = ask(&AUTHORIZER, &Request::new("GET", "https", "app.example.com", "/", &headers));
    let values: BTreeSet<&[u8]> = headers.iter().flat_map(|(_, field)| values(field)).collect();
    let expected = match values.len() {
        0 => "credential_missing",
        1 if values.contains(GOOD.as_bytes()) => "allowed",
        1 => "session_malformed",
        _ => "credential_ambiguous",
    };
    let code = if asked.code() == "session_key_unknown" { "session_malformed" } else { asked.code() };
    assert_eq!(code, expected, "{}", asked.explanation);
}

/// Every value of the name: pairs end at `;`, spaces and tabs around a pair mean nothing, the name is compared byte for byte.
fn values(field: &[u8]) -> Vec<&[u8]> {
    let mut values = Vec::new();
    for pair in field.split(|byte| *byte == b';') {
        let Some(start) = pair.iter().position(|byte| *byte != b' ' && *byte != b'\t') else { continue };
        let end = pair.iter().rposition(|byte| *byte != b' ' && *byte != b'\t').unwrap_or(start);
        let pair = &pair[start..=end];
        let Some(equals) = pair.iter().position(|byte| *byte == b'=') else { continue };
        if &pair[..equals] == COOKIE.as_bytes() {
            values.push(&pair[equals + 1..]);
        }
    }
    values
}

fn expand(field: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    for byte in field {
        match byte {
            0x80 => text.extend([COOKIE.as_bytes(), b"="].concat()),
            0x81 => text.extend(GOOD.as_bytes()),
            0x82 => text.extend(b"v1.AAAAAAAA.e30.AAAA"),
            other => text.push(*other),
        }
    }
    text
}

static GOOD: LazyLock<String> = LazyLock::new(|| bob().seal());

static AUTHORIZER: LazyLock<Authorizer> = LazyLock::new(|| {
    let key = key_text(KEY_A);
    authorizer(&format!(
        "version = 1\n[session]\nkeys = [\"{key}\"]\nlifetime = \"12h\"\n[[rule]]\nid = \"members\"\nallow = \"authenticated\"\n"
    ))
});

const MAX_FIELDS: usize = 4 * 1024;

/// Inputs to begin with.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let seeds: [&[u8]; 6] = [
        b"\x80\x81",
        b"a=1; \x80\x81\t;b=2",
        b"\x80\x81\xffx=1;\x80\x82",
        b"\x80\"\x81\"",
        b"__host-gatewright=\x81; \xc2\xa0\x80\x81",
        b"$Version=1; \x80\x81; $Path=/",
    ];
    seeds.map(<[u8]>::to_vec).to_vec()
}
