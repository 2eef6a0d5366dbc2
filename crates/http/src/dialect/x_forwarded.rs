//! The four headers that more than one dialect rests on: `X-Forwarded-Method`, `-Proto`, `-Host` and `-Uri`.

use gatewright::ForwardedFor;

use super::{Asked, Described, Malformed};

/// Reads a request described by the four headers, each required. `writes` says for the log who writes them.
pub(super) fn request_from<'r>(
    asked: Asked<'r, '_>,
    endpoint: &str,
    forwarded_for: ForwardedFor,
    writes: &str,
) -> Result<Described<'r>, Malformed> {
    let required = |name| asked.fields.required(name).map_err(|fault| Malformed(format!("`{name}` {}; {writes}", fault.words())));
    Ok(Described {
        method: required("X-Forwarded-Method")?,
        scheme: required("X-Forwarded-Proto")?,
        host: required("X-Forwarded-Host")?,
        target: required("X-Forwarded-Uri")?,
        client: asked.settings.client(endpoint, &asked.fields, forwarded_for),
        portless: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::{apache, asked, haproxy};
    use crate::fields::map;
    use crate::peer::settings;

    const GOOD: [(&str, &str); 5] = [
        ("x-forwarded-method", "PATCH"),
        ("x-forwarded-proto", "http"),
        ("x-forwarded-host", "app.example.com:8080"),
        ("x-forwarded-uri", "/a?x=1"),
        ("x-forwarded-for", "192.0.2.7"),
    ];

    #[test]
    fn haproxy_and_apache_describe_a_request_by_four_headers() {
        let (headers, settings) = (map(&GOOD), settings(""));
        let expected = Described {
            method: b"PATCH",
            scheme: b"http",
            host: b"app.example.com:8080",
            target: b"/a?x=1",
            client: None,
            portless: false,
        };
        assert_eq!(haproxy::request_from(asked(&headers, &settings)).unwrap(), expected);
        assert_eq!(apache::request_from(asked(&headers, &settings)).unwrap(), expected);
    }

    #[test]
    fn address_from_haproxy_and_apache_is_read_only_where_their_own_endpoint_names_it() {
        let headers = map(&GOOD);
        let settings = settings(r#"proxy_sets = { haproxy = ["X-Forwarded-For"] }"#);
        assert_eq!(haproxy::request_from(asked(&headers, &settings)).unwrap().client, Some([192, 0, 2, 7].into()));
        assert_eq!(apache::request_from(asked(&headers, &settings)).unwrap().client, None);
    }

    #[test]
    fn header_that_is_missing_is_named_with_who_writes_it() {
        let settings = settings("");
        for (name, _) in &GOOD[..4] {
            let missing: Vec<_> = GOOD.into_iter().filter(|(header, _)| header != name).collect();
            let headers = map(&missing);
            let sentence = haproxy::request_from(asked(&headers, &settings)).unwrap_err().0;
            assert!(sentence.to_ascii_lowercase().contains(&format!("`{name}` is missing")), "{sentence}");
            assert!(sentence.contains("`gatewright init haproxy`"), "{sentence}");
            let sentence = apache::request_from(asked(&headers, &settings)).unwrap_err().0;
            assert!(sentence.contains("`gatewright init apache`"), "{sentence}");
        }
    }
}
