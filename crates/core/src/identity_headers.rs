//! The headers that carry the identity to the backend (`[identity_headers]`).
//!
//! On an allow every configured header is there exactly once, empty when there is nothing to say, so that the proxy always
//! overwrites what the client sent (CVE-2026-30851).

use std::borrow::Cow;

use serde_json::Value;

use crate::identity::Identity;

/// One configured header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct IdentityHeader {
    /// The name as written in the file.
    pub(crate) name: String,
    pub(crate) value: IdentityPart,
}

/// The part of the identity that a header carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum IdentityPart {
    Subject,
    Email,
    Name,
    Groups,
    Scopes,
    Issuer,
    Credential,
    Claim(Vec<String>),
    /// The signed assertion about all of it.
    Assertion,
}

impl IdentityHeader {
    /// Returns the header's value: printable ASCII only, whatever the identity holds.
    pub(crate) fn value<'i>(&self, identity: Option<&'i Identity>, assertion: &'i str) -> Cow<'i, str> {
        let Some(identity) = identity else { return Cow::Borrowed("") };
        match &self.value {
            IdentityPart::Subject => encode(identity.subject(), Place::Whole),
            IdentityPart::Email => encode(identity.email().unwrap_or_default(), Place::Whole),
            IdentityPart::Name => encode(identity.name().unwrap_or_default(), Place::Whole),
            IdentityPart::Groups => encode_list(identity.groups()),
            IdentityPart::Scopes => encode_list(identity.scopes()),
            IdentityPart::Issuer => encode(identity.issuer().unwrap_or_default(), Place::Whole),
            IdentityPart::Credential => Cow::Borrowed(identity.credential().name()),
            IdentityPart::Claim(path) => {
                let path: Vec<&str> = path.iter().map(String::as_str).collect();
                identity.claim(&path).map_or(Cow::Borrowed(""), encode_claim)
            }
            IdentityPart::Assertion => Cow::Borrowed(assertion),
        }
    }
}

fn encode_claim(claim: &Value) -> Cow<'_, str> {
    match claim {
        Value::String(text) => encode(text, Place::Whole),
        Value::Number(_) | Value::Bool(_) => Cow::Owned(claim.to_string()),
        Value::Array(items) => {
            let items: Vec<Cow<'_, str>> = items
                .iter()
                .map(|item| match item {
                    Value::String(text) => Cow::Borrowed(text.as_str()),
                    Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
                        Cow::Owned(item.to_string())
                    }
                })
                .collect();
            Cow::Owned(encode_list(items.iter().map(AsRef::as_ref)).into_owned())
        }
        Value::Null | Value::Object(_) => Cow::Borrowed(""),
    }
}

fn encode_list<'i>(mut items: impl Iterator<Item = &'i str>) -> Cow<'i, str> {
    let Some(first) = items.next() else { return Cow::Borrowed("") };
    let mut list = encode(first, Place::ListItem);
    for item in items {
        let list = list.to_mut();
        list.push(',');
        list.push_str(&encode(item, Place::ListItem));
    }
    list
}

/// Where a text stands in a header's value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Whole,
    ListItem,
}

/// Percent-encodes what a header must not carry or a reader could misread: bytes outside printable ASCII, `%`, outer spaces
/// and, in a list, the comma that separates items.
fn encode(text: &str, place: Place) -> Cow<'_, str> {
    let last = text.len().saturating_sub(1);
    let plain = |(position, byte): (usize, u8)| match byte {
        b'%' => false,
        b',' => place == Place::Whole,
        b' ' => position != 0 && position != last,
        byte => byte.is_ascii_graphic(),
    };
    if text.bytes().enumerate().all(plain) {
        return Cow::Borrowed(text);
    }
    // Of several outer spaces each one counts as outer: a reader trims them all.
    let inner = text.trim_matches(' ');
    let start = text.len().saturating_sub(text.trim_start_matches(' ').len());
    let end = start.saturating_add(inner.len());
    let mut encoded = String::with_capacity(text.len().saturating_mul(3));
    for (position, byte) in text.bytes().enumerate() {
        let outer_space = byte == b' ' && !(start..end).contains(&position);
        if plain((position, byte)) && !outer_space {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            encoded.extend(
                [byte >> 4, byte & 0x0f].map(|half| char::from_digit(u32::from(half), 16).unwrap_or('0').to_ascii_uppercase()),
            );
        }
    }
    Cow::Owned(encoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dangerous_bytes_are_percent_encoded() {
        for (text, expected) in [
            ("alice", "alice"),
            ("Zoë", "Zo%C3%AB"),
            ("a\r\nX-Admin: 1", "a%0D%0AX-Admin: 1"),
            ("100%", "100%25"),
            (" a b ", "%20a b%20"),
            ("  a", "%20%20a"),
            ("a  ", "a%20%20"),
            (" ", "%20"),
            ("a,b", "a,b"),
            ("a\tb", "a%09b"),
            ("", ""),
            ("\u{7f}", "%7F"),
        ] {
            assert_eq!(encode(text, Place::Whole), expected, "{text:?}");
        }
    }

    #[test]
    fn a_comma_inside_a_list_item_is_encoded() {
        assert_eq!(encode_list(["a,b", "c"].into_iter()), "a%2Cb,c");
    }
}
