//! `/auth/forward`: Traefik `forwardAuth` and Caddy `forward_auth`.
//!
//! Both write `X-Forwarded-Method`, `-Proto`, `-Host`, `-Uri` and `-For` by themselves; the first four are required here. `Host`
//! and `X-Original-…` are not read.

use gatewright::{Decision, ForwardedFor};

use super::{Answer, Asked, Described, Malformed, status_or_redirect, x_forwarded};

/// The endpoint's name in `proxy_sets`.
pub(crate) const NAME: &str = "forward";

/// Reads the request that Traefik or Caddy asks about.
pub(crate) fn request_from<'r>(asked: Asked<'r, '_>) -> Result<Described<'r>, Malformed> {
    x_forwarded::request_from(asked, NAME, ForwardedFor::AlwaysSet, WRITES)
}

/// Both hand every answer but an allow on to the client, so that a redirect to the login can be made here.
pub(crate) fn response_to(decision: &Decision, navigation: bool) -> Answer {
    status_or_redirect(decision, navigation)
}

const WRITES: &str = "Traefik's forwardAuth and Caddy's forward_auth write it once by themselves, nginx belongs at /auth/verify";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::asked;
    use crate::fields::map;
    use crate::peer::settings;

    const GOOD: [(&str, &str); 4] = [
        ("x-forwarded-method", "GET"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-host", "app.example.com:8443"),
        ("x-forwarded-uri", "/a?x=1"),
    ];

    #[test]
    fn four_headers_describe_a_request() {
        let headers = map(&GOOD);
        let described = request_from(asked(&headers, &settings(""))).unwrap();
        let expected = Described {
            method: b"GET",
            scheme: b"https",
            host: b"app.example.com:8443",
            target: b"/a?x=1",
            client: None,
            portless: false,
        };
        assert_eq!(described, expected);
    }

    #[test]
    fn missing_repeated_and_empty_headers_are_named() {
        for position in 0..GOOD.len() {
            let (mut missing, mut repeated, mut empty) = (GOOD.to_vec(), GOOD.to_vec(), GOOD.to_vec());
            missing.remove(position);
            repeated.push(GOOD[position]);
            empty[position].1 = "";
            for (headers, words) in [(missing, "is missing"), (repeated, "is repeated"), (empty, "is empty")] {
                let sentence = request_from(asked(&map(&headers), &settings(""))).unwrap_err().0;
                assert!(sentence.to_ascii_lowercase().contains(&format!("`{}` {words}", GOOD[position].0)), "{sentence}");
            }
        }
    }

    #[test]
    fn headers_of_other_dialects_change_nothing() {
        let forged = [
            &GOOD[..],
            &[("x-original-uri", "/x"), ("x-original-method", "PUT"), ("host", "evil.example"), ("x-real-ip", "10.0.0.1")],
        ]
        .concat();
        let (plain, forged) = (map(&GOOD), map(&forged));
        assert_eq!(request_from(asked(&forged, &settings(""))), request_from(asked(&plain, &settings(""))));
    }

    #[test]
    fn client_is_the_rightmost_address_that_is_no_trusted_hop() {
        let headers = map(&[&GOOD[..], &[("x-forwarded-for", "192.0.2.1, 203.0.113.9, 10.0.0.7")]].concat());
        let client = |text| request_from(asked(&headers, &settings(text))).unwrap().client.unwrap().to_string();
        assert_eq!(client(""), "10.0.0.7");
        assert_eq!(client(r#"trusted_hops = ["10.0.0.0/8"]"#), "203.0.113.9");
    }
}
