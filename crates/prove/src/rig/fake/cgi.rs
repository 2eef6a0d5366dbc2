//! FastCGI, uwsgi and SCGI: three ways to write the same parameters.

use super::request::{Parsed, Protocol, Seen};

/// uwsgi: a head of four bytes, then pairs with lengths of two bytes.
pub(super) fn uwsgi(text: &[u8]) -> Parsed {
    let [_, low, high, _, rest @ ..] = text else { return Parsed::More };
    let length = usize::from(u16::from_le_bytes([*low, *high]));
    let Some(mut rest) = rest.get(..length) else { return Parsed::More };
    let mut pairs = Vec::new();
    while !rest.is_empty() {
        let mut next = || {
            let [low, high, behind @ ..] = rest else { return None };
            let (text, behind) = behind.split_at_checked(usize::from(u16::from_le_bytes([*low, *high])))?;
            rest = behind;
            Some(text)
        };
        let (Some(name), Some(value)) = (next(), next()) else { return Parsed::Not };
        pairs.push((name, value));
    }
    Parsed::Done(seen(Protocol::Uwsgi, &pairs))
}

/// SCGI: a netstring of texts that end with NUL.
pub(super) fn simple(text: &[u8]) -> Parsed {
    let Some(colon) = text.iter().position(|byte| *byte == b':') else {
        return if text.len() > 10 { Parsed::Not } else { Parsed::More };
    };
    let (length, rest) = text.split_at_checked(colon).unwrap_or_default();
    let length = std::str::from_utf8(length).ok().and_then(|length| length.parse::<usize>().ok());
    let Some(length) = length else { return Parsed::Not };
    let Some(rest) = rest.get(1..).and_then(|rest| rest.get(..length)) else { return Parsed::More };
    let texts: Vec<&[u8]> = rest.split(|byte| *byte == 0).collect();
    let pairs: Vec<_> = texts.chunks_exact(2).filter_map(|pair| Some((*pair.first()?, *pair.get(1)?))).collect();
    Parsed::Done(seen(Protocol::Scgi, &pairs))
}

/// FastCGI: records, of which those of type 4 hold the parameters until an empty one.
pub(super) fn fast(text: &[u8]) -> Parsed {
    let mut rest = text;
    let mut parameters = Vec::new();
    loop {
        let [_, kind, _, _, high, low, padding, _, behind @ ..] = rest else { return Parsed::More };
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        let Some((content, behind)) = behind.split_at_checked(length) else { return Parsed::More };
        let Some(behind) = behind.get(usize::from(*padding)..) else { return Parsed::More };
        rest = behind;
        match (kind, content) {
            (4, []) => break,
            (4, content) => parameters.extend_from_slice(content),
            _ => {}
        }
    }
    let mut rest = parameters.as_slice();
    let mut pairs = Vec::new();
    while !rest.is_empty() {
        let lengths = fast_length(rest).and_then(|(name, rest)| fast_length(rest).map(|(value, rest)| (name, value, rest)));
        let Some((name, value, behind)) = lengths else { return Parsed::Not };
        let Some((name, behind)) = behind.split_at_checked(name) else { return Parsed::Not };
        let Some((value, behind)) = behind.split_at_checked(value) else { return Parsed::Not };
        rest = behind;
        pairs.push((name, value));
    }
    Parsed::Done(seen(Protocol::FastCgi, &pairs))
}

/// One byte, or four of which the first bit is set.
fn fast_length(text: &[u8]) -> Option<(usize, &[u8])> {
    match text {
        [short @ 0..=127, rest @ ..] => Some((usize::from(*short), rest)),
        [first, second, third, fourth, rest @ ..] => {
            let length = u32::from_be_bytes([first & 0x7f, *second, *third, *fourth]);
            Some((usize::try_from(length).ok()?, rest))
        }
        _ => None,
    }
}

fn seen(protocol: Protocol, pairs: &[(&[u8], &[u8])]) -> Seen {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let one = |name: &str| pairs.iter().rev().find(|(other, _)| *other == name.as_bytes()).map(|(_, value)| text(value));
    let header = |name: &[u8]| match name.strip_prefix(b"HTTP_") {
        Some(name) => text(name).replace('_', "-"),
        None => text(name),
    };
    let target = one("REQUEST_URI").or_else(|| one("SCRIPT_NAME")).unwrap_or_else(|| "/".into());
    let headers = pairs.iter().map(|(name, value)| (header(name), text(value))).collect();
    Seen { protocol, method: one("REQUEST_METHOD").unwrap_or_default(), target, headers }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8]) -> Option<Seen> {
        Seen::read(text).unwrap()
    }

    fn has(seen: &Seen, name: &str, value: &str) -> bool {
        seen.values(name).any(|other| other == value)
    }

    #[test]
    fn parameters_of_uwsgi_are_read() {
        let pair = |name: &str, value: &str| {
            let length = |text: &str| u16::try_from(text.len()).unwrap().to_le_bytes();
            [&length(name)[..], name.as_bytes(), &length(value), value.as_bytes()].concat()
        };
        let pairs = [pair("REQUEST_URI", "/a"), pair("HTTP_X_USER", "e"), pair("REMOTE_USER", "")].concat();
        let [low, high] = u16::try_from(pairs.len()).unwrap().to_le_bytes();
        let text = [&[0, low, high, 0][..], &pairs].concat();
        let seen = read(&text).unwrap();
        assert_eq!((seen.protocol, seen.target.as_str()), (Protocol::Uwsgi, "/a"));
        assert!(has(&seen, "x-user", "e") && has(&seen, "REMOTE_USER", ""));
        assert!(read(&text[..20]).is_none());
    }

    #[test]
    fn parameters_of_scgi_are_read() {
        let seen = read(b"38:CONTENT_LENGTH\x000\x00HTTP_X_USER\x00e\x00SCGI\x001\x00,").unwrap();
        assert!(seen.protocol == Protocol::Scgi && has(&seen, "X-User", "e"));
    }

    #[test]
    fn parameters_of_fastcgi_are_read() {
        let mut text = vec![1, 1, 0, 1, 0, 8, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        text.extend([1, 4, 0, 1, 0, 14, 2, 0, 11, 1]);
        text.extend(b"HTTP_X_USERe");
        text.extend([0, 0, 1, 4, 0, 1, 0, 0, 0, 0]);
        let seen = read(&text).unwrap();
        assert!(seen.protocol == Protocol::FastCgi && has(&seen, "x-user", "e"));
    }
}
