//! The reader against JSONTestSuite, and what it refuses beyond RFC 8259.

use super::*;

/// Reads `value` as the one member of an object.
fn read(value: &[u8]) -> Result<String, JsonError> {
    let text = [b"{\"v\": ", value, b"}"].concat();
    Object::parse(&text).map(|object| format!("{:?}", object.get("v")))
}

/// Valid JSON that is refused here: names must be unique (RFC 7493 §2.3).
const STRICTER: &[&str] = &["y_object_duplicated_key.json", "y_object_duplicated_key_and_value.json"];

/// What RFC 8259 leaves open, and is accepted here: numbers of any size, since they are kept as written.
const OPEN_AND_ACCEPTED: &[&str] = &[
    "i_number_double_huge_neg_exp.json",
    "i_number_huge_exp.json",
    "i_number_neg_int_huge_exp.json",
    "i_number_pos_double_huge_exp.json",
    "i_number_real_neg_overflow.json",
    "i_number_real_pos_overflow.json",
    "i_number_real_underflow.json",
    "i_number_too_big_neg_int.json",
    "i_number_too_big_pos_int.json",
    "i_number_very_big_negative_int.json",
];

/// What RFC 8259 leaves open, and is refused here: broken UTF-8, lone surrogates, a byte order mark, deep nesting.
const OPEN_AND_REFUSED: &[&str] = &[
    "i_object_key_lone_2nd_surrogate.json",
    "i_string_1st_surrogate_but_2nd_missing.json",
    "i_string_1st_valid_surrogate_2nd_invalid.json",
    "i_string_UTF-16LE_with_BOM.json",
    "i_string_UTF-8_invalid_sequence.json",
    "i_string_UTF8_surrogate_U+D800.json",
    "i_string_incomplete_surrogate_and_escape_valid.json",
    "i_string_incomplete_surrogate_pair.json",
    "i_string_incomplete_surrogates_escape_valid.json",
    "i_string_invalid_lonely_surrogate.json",
    "i_string_invalid_surrogate.json",
    "i_string_invalid_utf-8.json",
    "i_string_inverted_surrogates_U+1D11E.json",
    "i_string_iso_latin_1.json",
    "i_string_lone_second_surrogate.json",
    "i_string_lone_utf8_continuation_byte.json",
    "i_string_not_in_unicode_range.json",
    "i_string_overlong_sequence_2_bytes.json",
    "i_string_overlong_sequence_6_bytes.json",
    "i_string_overlong_sequence_6_bytes_null.json",
    "i_string_truncated-utf-8.json",
    "i_string_utf16BE_no_BOM.json",
    "i_string_utf16LE_no_BOM.json",
    "i_structure_500_nested_arrays.json",
    "i_structure_UTF-8_BOM_empty_object.json",
];

#[test]
#[expect(clippy::disallowed_methods, reason = "a test reads its vectors from the repository")]
fn every_case_of_the_json_test_suite_is_decided_as_listed() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/third-party/jsontestsuite/test_parsing");
    let mut cases = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let accepted = read(&std::fs::read(entry.path()).unwrap()).is_ok();
        let wanted = match name.split_at(2).0 {
            "y_" => !STRICTER.contains(&name.as_str()),
            "n_" => false,
            _ => {
                assert_ne!(OPEN_AND_ACCEPTED.contains(&name.as_str()), OPEN_AND_REFUSED.contains(&name.as_str()), "{name}");
                OPEN_AND_ACCEPTED.contains(&name.as_str())
            }
        };
        assert_eq!(accepted, wanted, "{name}");
        cases += 1;
    }
    assert_eq!(cases, 318);
}

#[test]
fn only_an_object_may_stand_at_the_top() {
    assert!(Object::parse(b" \t\r\n{} \n").is_ok());
    for text in [&b"[]"[..], b"\"a\"", b"1", b"null", b"", b" ", b"{}{}", b"{},", b"\xef\xbb\xbf{}", b"{}\0", b"// x\n{}"] {
        assert!(Object::parse(text).is_err(), "{text:?}");
    }
}

#[test]
fn members_keep_their_order_and_are_found_by_unescaped_name() {
    let object = Object::parse(br#"{"b": 1, "\u0061": "x\n\ud83d\ude00", "c": [true, null, {"d": -0.5e+3}]}"#).unwrap();
    assert_eq!(object.members().map(|(name, _)| name).collect::<Vec<_>>(), ["b", "a", "c"]);
    assert!(matches!(object.get("a"), Some(Value::String(text)) if text == "x\n😀"));
    assert!(object.get("\\u0061").is_none());
    let Some(Value::Array(array)) = object.get("c") else { panic!("not an array") };
    let elements = array.elements();
    assert!(matches!(elements[..2], [Value::Bool(true), Value::Null]));
    let Value::Object(inner) = &elements[2] else { panic!("not an object") };
    assert!(matches!(inner.object().get("d"), Some(Value::Number("-0.5e+3"))));
}

#[test]
fn a_string_without_escapes_is_borrowed() {
    let object = Object::parse(b"{\"a\": \"plain\"}").unwrap();
    assert!(matches!(object.get("a"), Some(Value::String(Cow::Borrowed("plain")))));
}

#[test]
fn a_name_twice_is_refused_at_every_depth_and_however_it_is_written() {
    for text in [
        r#"{"a":1,"a":1}"#,
        r#"{"a":1,"b":2,"\u0061":3}"#,
        r#"{"":1,"":1}"#,
        r#"{"x":{"a":1,"a":1}}"#,
        r#"{"x":[[{"a":1,"b":{},"a":1}]]}"#,
        r#"{"é":1,"\u00e9":1}"#,
    ] {
        assert_eq!(Object::parse(text.as_bytes()).unwrap_err(), JsonError("has a member twice"), "{text}");
    }
}

#[test]
fn a_name_twice_among_thousands_is_refused() {
    let many = |twice: &str| {
        let members: Vec<String> = (0..4_000).map(|number| format!("\"{number}\":0")).collect();
        Object::parse(format!("{{{}{twice}}}", members.join(",")).as_bytes()).is_ok()
    };
    assert!(many(""));
    assert!(!many(",\"17\":0"));
    assert!(!many(",\"3999\":0"));
}

#[test]
fn nesting_ends_at_the_limit() {
    let nested = |depth: usize| read(format!("{}{}", "[".repeat(depth), "]".repeat(depth)).as_bytes());
    assert!(nested(MAX_DEPTH - 1).is_ok());
    assert_eq!(nested(MAX_DEPTH).unwrap_err(), JsonError("is nested too deep"));
    assert_eq!(nested(100_000).unwrap_err(), JsonError("is nested too deep"));
    assert!(read("{\"a\":".repeat(100_000).as_bytes()).is_err());
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_read_or_refused_without_panic(text in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
        let _ = Object::parse(&text);
        let _ = read(&text);
    }

    #[test]
    fn what_is_accepted_a_lenient_reader_accepts_with_the_same_members(text in "[{}\\[\\]:,\"\\\\a-cu0-9 .eE+-]{0,40}") {
        if let Ok(object) = Object::parse(text.as_bytes()) {
            let value: serde_json::Value = serde_json::from_str(&text).unwrap();
            proptest::prop_assert_eq!(object.members().count(), value.as_object().unwrap().len());
        }
    }
}

#[test]
fn too_many_values_are_refused_wherever_they_stand() {
    let list = |count: usize| format!("[{}]", vec!["1"; count].join(","));
    let document = |inner: String| Object::parse(format!("{{\"x\":{inner}}}").as_bytes()).map(|_| ());
    // The list itself is one.
    assert_eq!(document(list(MAX_VALUES - 1)), Ok(()));
    assert_eq!(document(list(MAX_VALUES)), Err(JsonError("has too many values")));
    let nested = vec![list(64); MAX_VALUES / 64].join(",");
    assert_eq!(document(format!("[{nested}]")), Err(JsonError("has too many values")));
}
