//! `/auth/envoy/…`: Envoy's `ext_authz` filter in HTTP mode, with `path_prefix: /auth/envoy`.
//!
//! The question is the request itself: its method, and its path and query behind the prefix. `Host` and `X-Forwarded-Proto` are
//! required; Envoy always sends the first, and the second once `allowed_headers` names it. `X-Forwarded-For` is read only if
//! `proxy_sets.envoy` names it. A raw `#` in the path ends it before it can be seen here; Envoy refuses such a request itself.

use gatewright::{Decision, ForwardedFor};
use http::StatusCode;

use super::{Answer, Asked, Described, Malformed, status_or_redirect};
use crate::response;

/// The endpoint's name in `proxy_sets`.
pub(crate) const NAME: &str = "envoy";

/// Reads the request that Envoy asks about.
pub(crate) fn request_from<'r>(asked: Asked<'r, '_>) -> Result<Described<'r>, Malformed> {
    let Asked { method, rest, fields, settings, own_hosts } = asked;
    let required = |name, hint| fields.required(name).map_err(|fault| Malformed(format!("`{name}` {}; {hint}", fault.words())));
    if !rest.starts_with(b"/") {
        return Err(Malformed(
            "there is no path behind the prefix; write `path_prefix: /auth/envoy` in `http_service`".to_owned(),
        ));
    }
    let host = required("Host", "Envoy sends the client's by itself")?;
    if let Some(own) = own_hosts.iter().find(|own| own.as_bytes().eq_ignore_ascii_case(host)) {
        return Err(Malformed(format!(
            "`Host` is this service's own address `{own}`, not the application's; Envoy must not rewrite it"
        )));
    }
    let scheme = required("X-Forwarded-Proto", "name it in `allowed_headers` of ext_authz: `{ exact: x-forwarded-proto }`")?;
    let client = settings.client(NAME, &fields, ForwardedFor::OnlyIfNamed);
    Ok(Described { method, scheme, host, target: rest, client, portless: false })
}

/// Envoy hands every answer but 200 on to the client. What cannot be decided is 403 here: `failure_mode_allow` opens on a 5xx.
pub(crate) fn response_to(decision: &Decision, navigation: bool) -> Answer {
    match decision {
        Decision::Indeterminate(_) => Ok(response::empty(StatusCode::FORBIDDEN)),
        Decision::Allow(_) | Decision::Challenge(_) | Decision::Forbid(_) => status_or_redirect(decision, navigation),
    }
}

#[cfg(test)]
mod tests {
    use gatewright::{Outage, Rejection};

    use super::*;
    use crate::dialect::asked;
    use crate::fields::map;
    use crate::peer::settings;

    const GOOD: [(&str, &str); 3] =
        [("host", "app.example.com:8443"), ("x-forwarded-proto", "https"), ("x-forwarded-for", "192.0.2.1, 192.0.2.7")];

    #[test]
    fn request_line_behind_the_prefix_is_the_request() {
        let (headers, settings) = (map(&GOOD), settings(""));
        let question = Asked { method: b"DELETE", rest: b"/a//b/%2e?x=1", ..asked(&headers, &settings) };
        let expected = Described {
            method: b"DELETE",
            scheme: b"https",
            host: b"app.example.com:8443",
            target: b"/a//b/%2e?x=1",
            client: None,
            portless: false,
        };
        assert_eq!(request_from(question).unwrap(), expected);
    }

    #[test]
    fn what_is_missing_is_named_with_what_to_write() {
        let settings = settings("");
        for (name, words) in [("host", "`Host` is missing"), ("x-forwarded-proto", "`{ exact: x-forwarded-proto }`")] {
            let mut headers = map(&GOOD);
            headers.remove(name);
            let question = Asked { rest: b"/", ..asked(&headers, &settings) };
            let sentence = request_from(question).unwrap_err().0;
            assert!(sentence.contains(words), "{sentence}");
        }
        let headers = map(&GOOD);
        for rest in [b"".as_slice(), b"?x=1"] {
            let sentence = request_from(Asked { rest, ..asked(&headers, &settings) }).unwrap_err().0;
            assert!(sentence.contains("`path_prefix: /auth/envoy`"), "{sentence}");
        }
    }

    #[test]
    fn own_listen_address_as_host_is_named_as_the_cause() {
        let (headers, settings) = (map(&GOOD), settings(""));
        let own_hosts = ["app.example.com:8443".to_owned()];
        let question = Asked { rest: b"/", own_hosts: &own_hosts, ..asked(&headers, &settings) };
        assert!(request_from(question).unwrap_err().0.contains("own address"));
    }

    #[test]
    fn address_is_read_only_if_named() {
        let (headers, settings) = (map(&GOOD), settings(r#"proxy_sets = { envoy = ["X-Forwarded-For"] }"#));
        let question = Asked { rest: b"/", ..asked(&headers, &settings) };
        assert_eq!(request_from(question).unwrap().client, Some([192, 0, 2, 7].into()));
    }

    #[test]
    fn what_cannot_be_decided_is_403_because_5xx_may_open() {
        for outage in Outage::ALL {
            let decision = Decision::unavailable(*outage, "a test");
            assert_eq!(response_to(&decision, true).unwrap().status(), StatusCode::FORBIDDEN);
        }
        let decision = Decision::refused(Rejection::RequestMalformed, "a test");
        assert_eq!(response_to(&decision, true).unwrap().status(), StatusCode::FORBIDDEN);
    }
}
