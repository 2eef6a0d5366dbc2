//! `/auth/verify`: nginx `auth_request`.
//!
//! `X-Original-Method`, `X-Original-URI` and `Host` are required; the scheme is https and the client's address unknown unless
//! `proxy_sets.verify` says that nginx overwrites the header in question, because nginx passes the client's own copy on otherwise.

use gatewright::{ChallengeForm, Decision, ForwardedFor};

use super::{Answer, Asked, Described, Malformed};
use crate::fields::{Fault, Fields};
use crate::response;

/// The endpoint's name in `proxy_sets`.
pub(crate) const NAME: &str = "verify";

/// Reads the request that nginx asks about.
pub(crate) fn request_from<'r>(asked: Asked<'r, '_>) -> Result<Described<'r>, Malformed> {
    let Asked { fields, settings, own_hosts, .. } = asked;
    let method = required(fields, "X-Original-Method", "$request_method")?;
    let target = required(fields, "X-Original-URI", "$request_uri")?;
    let host = required(fields, "Host", "$host")?;
    if let Some(own) = own_hosts.iter().find(|own| own.as_bytes().eq_ignore_ascii_case(host)) {
        let line = line("Host", "$host");
        return Err(Malformed(format!("`Host` is this service's own address `{own}`, not the application's; add {line}")));
    }
    let scheme =
        if settings.overwrites(NAME, "x-forwarded-proto") { required(fields, "X-Forwarded-Proto", "$scheme")? } else { b"https" };
    let client = settings.client(NAME, &fields, ForwardedFor::OnlyIfNamed);
    Ok(Described { method, scheme, host, target, client, portless: !carries_port(host) })
}

/// nginx makes an error of a redirect; its `error_page` sends people to the login.
pub(crate) fn response_to(decision: &Decision) -> Answer {
    response::answer(decision, ChallengeForm::Status)
}

fn required<'r>(fields: Fields<'r>, name: &str, variable: &str) -> Result<&'r [u8], Malformed> {
    fields.required(name).map_err(|fault| {
        let line = line(name, variable);
        Malformed(match fault {
            Fault::Missing | Fault::Empty => format!("`{name}` {}; add {line}", fault.words()),
            Fault::Repeated => format!("`{name}` is repeated; keep exactly one such line: {line}"),
        })
    })
}

fn line(name: &str, variable: &str) -> String {
    format!("`proxy_set_header {name} {variable};` in the nginx location that asks /auth/verify")
}

/// `$host` has no port, so a host with one was made otherwise and says what it means.
fn carries_port(host: &[u8]) -> bool {
    let after_address = host.rsplit(|byte| *byte == b']').next().unwrap_or_default(); // `[::1]:80`
    after_address.contains(&b':')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::asked;
    use crate::fields::map;
    use crate::peer::settings;

    const GOOD: [(&str, &str); 3] =
        [("x-original-method", "POST"), ("x-original-uri", "/a//b/%2e?x=1&y=2"), ("host", "app.example.com")];

    fn malformed(headers: &[(&'static str, &'static str)]) -> String {
        let (headers, settings, own_hosts) = (map(headers), settings(""), ["127.0.0.1:4180".to_owned()]);
        request_from(Asked { own_hosts: &own_hosts, ..asked(&headers, &settings) }).unwrap_err().0
    }

    #[test]
    fn three_headers_describe_a_request() {
        let headers = map(&GOOD);
        let described = request_from(asked(&headers, &settings(""))).unwrap();
        let expected = Described {
            method: b"POST",
            scheme: b"https",
            host: b"app.example.com",
            target: b"/a//b/%2e?x=1&y=2",
            client: None,
            portless: true,
        };
        assert_eq!(described, expected);
        assert_eq!(described.path(), b"/a//b/%2e");
    }

    #[test]
    fn missing_repeated_and_empty_headers_name_the_line_to_write() {
        for (position, line) in [
            (0, "`proxy_set_header X-Original-Method $request_method;`"),
            (1, "`proxy_set_header X-Original-URI $request_uri;`"),
            (2, "`proxy_set_header Host $host;`"),
        ] {
            let (mut missing, mut repeated, mut empty) = (GOOD.to_vec(), GOOD.to_vec(), GOOD.to_vec());
            missing.remove(position);
            repeated.push(GOOD[position]);
            empty[position].1 = "";
            for (headers, words) in [(missing, "is missing"), (repeated, "is repeated"), (empty, "is empty")] {
                let sentence = malformed(&headers);
                assert!(sentence.contains(line) && sentence.contains(words), "{sentence}");
            }
        }
    }

    #[test]
    fn own_listen_address_as_host_is_named_as_the_cause() {
        let sentence = malformed(&[GOOD[0], GOOD[1], ("host", "127.0.0.1:4180")]);
        assert!(
            sentence.contains("own address `127.0.0.1:4180`") && sentence.contains("`proxy_set_header Host $host;`"),
            "{sentence}"
        );
    }

    #[test]
    fn headers_of_other_dialects_and_of_the_client_change_nothing() {
        let mut headers = GOOD.to_vec();
        headers.extend([
            ("x-forwarded-method", "GET"),
            ("x-forwarded-proto", "http"),
            ("x-forwarded-host", "evil.example"),
            ("x-forwarded-uri", "/public"),
            ("x-forwarded-for", "10.0.0.1"),
            ("x-real-ip", "10.0.0.1"),
            ("x-original-url", "https://evil.example/public"),
            ("forwarded", "for=10.0.0.1;proto=http"),
        ]);
        let (plain, forged) = (map(&GOOD), map(&headers));
        assert_eq!(request_from(asked(&forged, &settings(""))), request_from(asked(&plain, &settings(""))));
    }

    #[test]
    fn headers_that_nginx_overwrites_are_read() {
        let settings = settings(r#"proxy_sets = { verify = ["X-Forwarded-Proto", "X-Real-IP"] }"#);
        let mut headers = GOOD.to_vec();
        headers.extend([("x-forwarded-proto", "http"), ("x-real-ip", "203.0.113.9")]);
        let headers = map(&headers);
        let described = request_from(asked(&headers, &settings)).unwrap();
        assert_eq!((described.scheme, described.client), (b"http".as_slice(), Some("203.0.113.9".parse().unwrap())));
        let sentence = request_from(asked(&map(&GOOD), &settings)).unwrap_err().0;
        assert!(sentence.contains("`proxy_set_header X-Forwarded-Proto $scheme;`"), "{sentence}");
    }

    #[test]
    fn unclear_client_address_is_unknown() {
        let settings = settings(r#"proxy_sets = { verify = ["X-Real-IP"] }"#);
        for wrong in [
            &[("x-real-ip", "10.1")][..],
            &[("x-real-ip", "unix:")],
            &[("x-real-ip", "10.0.0.1"), ("x-real-ip", "10.0.0.1")],
            &[],
        ] {
            let headers = map(&[&GOOD[..], wrong].concat());
            assert_eq!(request_from(asked(&headers, &settings)).unwrap().client, None, "{wrong:?}");
        }
    }

    #[test]
    fn host_with_a_port_is_used_with_it() {
        for (host, portless) in [("app.example.com", true), ("app.example.com:8443", false), ("[::1]", true), ("[::1]:80", false)]
        {
            let headers = map(&[GOOD[0], GOOD[1], ("host", host)]);
            assert_eq!(request_from(asked(&headers, &settings(""))).unwrap().portless, portless, "{host}");
        }
    }
}
