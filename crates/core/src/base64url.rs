//! Base64url without padding (RFC 4648 §5, RFC 7515 §2), strict.

use base64_simd::{AsOut, URL_SAFE_NO_PAD};
use smallvec::SmallVec;

/// Decodes unpadded base64url: no padding, no white space, no other alphabet, no stray trailing bits.
pub(crate) fn decode(text: &[u8]) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode_to_vec(text).ok()
}

/// Decodes as [`decode`] does, without a heap allocation if the result has at most `N` bytes.
pub(crate) fn decode_short<const N: usize>(text: &[u8]) -> Option<SmallVec<[u8; N]>>
where
    [u8; N]: smallvec::Array<Item = u8>,
{
    let mut bytes = SmallVec::from_elem(0, URL_SAFE_NO_PAD.decoded_length(text).ok()?);
    URL_SAFE_NO_PAD.decode(text, bytes.as_mut_slice().as_out()).ok()?;
    Some(bytes)
}

/// Encodes as unpadded base64url.
pub(crate) fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode_to_string(bytes)
}

/// Decodes an operator's base64 in either alphabet, padded or not (never used on client input).
pub(crate) fn decode_lenient(text: &[u8]) -> Option<Vec<u8>> {
    let unpadded = match text {
        [rest @ .., b'=', b'='] | [rest @ .., b'='] if text.len().is_multiple_of(4) => rest,
        _ => text,
    };
    let url_safe: Vec<u8> = unpadded
        .iter()
        .map(|byte| match byte {
            b'+' => b'-',
            b'/' => b'_',
            other => *other,
        })
        .collect();
    decode(&url_safe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_decodes_to_itself() {
        for length in 0..70u8 {
            let bytes: Vec<u8> = (0..length).map(|byte| byte.wrapping_mul(37)).collect();
            let text = encode(&bytes);
            assert_eq!(decode(text.as_bytes()), Some(bytes.clone()));
            assert_eq!(decode_short::<16>(text.as_bytes()).map(|short| short.to_vec()), Some(bytes));
        }
    }

    #[test]
    fn anything_but_canonical_unpadded_base64url_is_refused() {
        // One letter short, padding, the other alphabet, white space, NUL, stray trailing bits after one and two bytes.
        let wrong =
            ["A", "AAAAA", "AA==", "AAA=", "+/8", "__8=", " AAA", "AAA\n", "AA A", "AA\0A", "AB", "AAB", "A.AA", "ÄA", "%41A"];
        for text in wrong {
            assert_eq!(decode(text.as_bytes()), None, "{text}");
            assert_eq!(decode_short::<16>(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn every_letter_has_one_value_and_every_other_byte_none() {
        let accepted = (0..=u8::MAX).filter(|byte| decode(&[b'A', b'A', b'A', *byte]).is_some()).count();
        assert_eq!(accepted, 64);
    }

    #[test]
    fn an_operator_may_write_either_alphabet_padded_or_not() {
        for text in ["+/8=", "-_8=", "+/8", "-_8"] {
            assert_eq!(decode_lenient(text.as_bytes()), Some(vec![0xfb, 0xff]), "{text}");
        }
        for text in ["+/8==", "=", "A", "AB==", "A A="] {
            assert_eq!(decode_lenient(text.as_bytes()), None, "{text}");
        }
    }
}
