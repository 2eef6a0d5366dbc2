//! Variables in a value, as `ngx_http_script_compile` finds them. Not every directive looks for them, and a regular expression is
//! no such value.

/// A piece of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part<'v> {
    /// Bytes that mean themselves.
    Text(&'v [u8]),
    /// `$name` or `${name}`, without dollar and braces.
    Variable(&'v [u8]),
    /// `$1` to `$9`: what a regular expression has captured. `$10` is `$1` and the text `0`.
    Capture(u8),
    /// A `$` with no name behind it, or a `${` with no `}` behind the name: nginx refuses the value. All that follows is in it.
    Broken(&'v [u8]),
}

/// Splits a value at its variables.
///
/// # Example
/// ```
/// use gatewright_prove::nginx::{Part, parts};
/// let found: Vec<_> = parts(b"http://$host${uri}x").collect();
/// assert_eq!(found, [Part::Text(b"http://"), Part::Variable(b"host"), Part::Variable(b"uri"), Part::Text(b"x")]);
/// ```
pub fn parts(value: &[u8]) -> impl Iterator<Item = Part<'_>> {
    let mut rest = value;
    std::iter::from_fn(move || {
        let (part, behind) = match rest {
            [] => return None,
            [b'$', digit @ b'1'..=b'9', behind @ ..] => (Part::Capture(digit.wrapping_sub(b'0')), behind),
            [b'$', b'{', inner @ ..] => match name(inner) {
                ([], _) => (Part::Broken(rest), &[][..]),
                (name, [b'}', behind @ ..]) => (Part::Variable(name), behind),
                _ => (Part::Broken(rest), &[][..]),
            },
            [b'$', inner @ ..] => match name(inner) {
                ([], _) => (Part::Broken(rest), &[][..]),
                (name, behind) => (Part::Variable(name), behind),
            },
            _ => {
                let length = rest.iter().position(|byte| *byte == b'$').unwrap_or(rest.len());
                let (text, behind) = rest.split_at_checked(length).unwrap_or((rest, &[]));
                (Part::Text(text), behind)
            }
        };
        rest = behind;
        Some(part)
    })
}

/// The name at the start, maybe empty, and what is behind it.
fn name(text: &[u8]) -> (&[u8], &[u8]) {
    let is_inside = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let length = text.iter().take_while(|byte| is_inside(byte)).count();
    text.split_at_checked(length).unwrap_or((text, &[]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(value: &str) -> Vec<Part<'_>> {
        parts(value.as_bytes()).collect()
    }

    #[test]
    fn name_goes_as_far_as_letters_digits_and_underscores() {
        assert_eq!(
            found("$a_1-$b.$C"),
            [Part::Variable(b"a_1"), Part::Text(b"-"), Part::Variable(b"b"), Part::Text(b"."), Part::Variable(b"C")]
        );
        assert_eq!(found("$request_uri"), [Part::Variable(b"request_uri")]);
        assert_eq!(found("$0a$a$b"), [Part::Variable(b"0a"), Part::Variable(b"a"), Part::Variable(b"b")]);
        assert_eq!(found("$é"), [Part::Broken("$é".as_bytes())]);
    }

    #[test]
    fn capture_is_one_digit_without_braces() {
        assert_eq!(found("$10"), [Part::Capture(1), Part::Text(b"0")]);
        assert_eq!(found("${1}"), [Part::Variable(b"1")]);
        assert_eq!(found("$0"), [Part::Variable(b"0")]);
    }

    #[test]
    fn dollar_without_a_name_breaks_the_rest() {
        for broken in ["$", "$$a", "$ ", "${", "${}", "${a", "${a-b}", "${-}"] {
            assert_eq!(found(&format!("x{broken}")), [Part::Text(b"x"), Part::Broken(broken.as_bytes())], "{broken}");
        }
    }

    #[test]
    fn value_without_variables_is_one_text() {
        assert_eq!(found("a{b}"), [Part::Text(b"a{b}")]);
        assert_eq!(found(""), []);
    }
}
