//! nginx and the parser find the same variables in a value.

use crate::support::nginx::{Nginx, Place};
use crate::support::random::{Random, rounds};
use gatewright_prove::nginx::{Part, parts};

#[test]
fn nginx_finds_the_same_variables() {
    let Some(nginx) = Nginx::new("variables") else { return };
    let mut random = Random::new(1);
    for _ in 0..rounds() {
        let value = random.some(9, &[b"$", b"$", b"{", b"}", b"q", b"Q_", b"1", b"0", b"-"]);
        let (_, said) = nginx.test(&[b"return 200 \"", &value[..], b"\";"].concat(), Place::Location);
        let says = |text: &str| said.windows(text.len()).any(|window| window == text.as_bytes());
        let found: Vec<_> = parts(&value).collect();
        let is_broken = found.iter().any(|part| matches!(part, Part::Broken(_)));
        assert_eq!(
            is_broken,
            says("invalid variable name") || says("variable is missing"),
            "{}: {found:?}",
            value.escape_ascii()
        );
        let first = found
            .iter()
            .find_map(|part| if let Part::Variable(name) = part { Some(name.escape_ascii().to_string()) } else { None });
        let expected = first.filter(|_| !is_broken).map(|name| format!("unknown \"{}\" variable", name.to_ascii_lowercase()));
        assert_eq!(
            expected.as_deref().is_some_and(says),
            says("unknown \""),
            "{}: {found:?}; {}",
            value.escape_ascii(),
            said.escape_ascii()
        );
    }
}
