//! `/auth/ingress-nginx`: the ingress-nginx controller's `auth-url`, and snippets of nginx that send one address instead of parts.
//!
//! `X-Original-Method` and `X-Original-URL` are required; scheme, host and target all come from the latter, `Host` is not read. The
//! controller overwrites `X-Real-IP` and `X-Forwarded-For` by itself, but snippets ask here as well: they are read only if
//! `proxy_sets.ingress-nginx` names one.
//!
//! The controller makes the address of `$http_host`, which a client can make differ from the server that nginx chose: there a rule
//! for one host can be had for another (`docs/src/reference/proxies.md`).

use gatewright::{ChallengeForm, Decision, ForwardedFor};

use super::{Answer, Asked, Described, Malformed};
use crate::fields::Fields;
use crate::response;

/// The endpoint's name in `proxy_sets`.
pub(crate) const NAME: &str = "ingress-nginx";

/// Reads the request that ingress-nginx asks about.
pub(crate) fn request_from<'r>(asked: Asked<'r, '_>) -> Result<Described<'r>, Malformed> {
    let Asked { fields, settings, .. } = asked;
    let method = required(fields, "X-Original-Method", "$request_method")?;
    let url = required(fields, "X-Original-URL", "$scheme://$host$request_uri")?;
    let (scheme, host, target) = parts(url).ok_or_else(|| {
        Malformed(
            "`X-Original-URL` is no address of the form scheme://host/path; a snippet makes it of `$scheme://$host$request_uri`"
                .to_owned(),
        )
    })?;
    let client = settings.client(NAME, &fields, ForwardedFor::OnlyIfNamed);
    Ok(Described { method, scheme, host, target, client, portless: false })
}

/// nginx makes an error of a redirect; `auth-signin` sends people to the login.
pub(crate) fn response_to(decision: &Decision) -> Answer {
    response::answer(decision, ChallengeForm::Status)
}

/// Splits at the first `://` and the first `/` after it, and looks at nothing else: the engine reads each part strictly.
fn parts(url: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let colon = url.iter().position(|byte| *byte == b':')?;
    let (scheme, rest) = url.split_at_checked(colon)?;
    let after = rest.strip_prefix(b"://")?;
    let slash = after.iter().position(|byte| *byte == b'/')?;
    let (host, target) = after.split_at_checked(slash)?;
    Some((scheme, host, target))
}

fn required<'r>(fields: Fields<'r>, name: &str, value: &str) -> Result<&'r [u8], Malformed> {
    fields.required(name).map_err(|fault| {
        Malformed(format!(
            "`{name}` {}; ingress-nginx sends it once by itself, a snippet needs `proxy_set_header {name} {value};`",
            fault.words()
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::asked;
    use crate::fields::map;
    use crate::peer::settings;

    fn headers(url: &'static str) -> http::HeaderMap {
        map(&[("x-original-method", "PUT"), ("x-original-url", url), ("host", "evil.example"), ("x-original-uri", "/public")])
    }

    #[test]
    fn address_has_all_but_the_method() {
        let (headers, settings) = (headers("http://app.example.com:8080/a//b/%2e?x=https://y/"), settings(""));
        let expected = Described {
            method: b"PUT",
            scheme: b"http",
            host: b"app.example.com:8080",
            target: b"/a//b/%2e?x=https://y/",
            client: None,
            portless: false,
        };
        assert_eq!(request_from(asked(&headers, &settings)).unwrap(), expected);
    }

    #[test]
    fn what_is_no_address_is_malformed() {
        let settings = settings("");
        for url in ["/admin", "app.example.com/admin", "https:/app.example.com/", "https//a/", "https://app.example.com", "://"] {
            let sentence = request_from(asked(&headers(url), &settings)).unwrap_err().0;
            assert!(sentence.contains("`X-Original-URL` is no address"), "{url}: {sentence}");
        }
    }

    #[test]
    fn host_that_a_client_has_made_up_reaches_the_engine_as_it_is() {
        let settings = settings("");
        for (url, host) in [
            ("https://app.test?x/admin", "app.test?x"),
            ("https://app.test#x/admin", "app.test#x"),
            ("https://user@app.test/admin", "user@app.test"),
            ("https:///admin", ""),
        ] {
            let headers = headers(url);
            let described = request_from(asked(&headers, &settings)).unwrap();
            assert_eq!((described.host, described.target), (host.as_bytes(), b"/admin".as_slice()));
        }
    }

    #[test]
    fn header_that_is_missing_is_named_with_the_line() {
        let settings = settings("");
        for (name, line) in [
            ("x-original-method", "proxy_set_header X-Original-Method $request_method;"),
            ("x-original-url", "proxy_set_header X-Original-URL $scheme://$host$request_uri;"),
        ] {
            let mut headers = headers("https://app.example.com/");
            headers.remove(name);
            let sentence = request_from(asked(&headers, &settings)).unwrap_err().0;
            assert!(sentence.contains(line), "{sentence}");
        }
    }

    #[test]
    fn address_is_read_only_if_named() {
        let mut headers = headers("https://app.example.com/");
        headers.insert("x-forwarded-for", http::HeaderValue::from_static("192.0.2.7"));
        let client = |text| request_from(asked(&headers, &settings(text))).unwrap().client;
        assert_eq!(client(""), None);
        assert_eq!(client(r#"proxy_sets = { ingress-nginx = ["X-Forwarded-For"] }"#), Some([192, 0, 2, 7].into()));
    }
}
