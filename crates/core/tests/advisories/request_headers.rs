//! Header fields that come more than once, and addresses that are written in more than one way.

use std::net::IpAddr;

use gatewright::{Authorizer, Request, TrustedHops, UnixTime, client_from_forwarded_for};

use crate::question::{HOST, MEMBERS, NOW, SESSION, authorizer, decide};

/// Whoever has `X-Role: user` may pass.
fn users() -> Authorizer {
    authorizer(&["[[rule]]\nid = \"users\"\npaths = [\"/**\"]\nheaders = { X-Role = [\"user\"] }\nallow = \"anyone\"\n"])
}

#[test]
fn cve_2020_25017_a_header_that_comes_twice_is_not_read_by_its_first_value() {
    assert_eq!(decide(&users(), "/", &[("X-Role", "user")]).code(), "allowed");
    for pair in [["user", "admin"], ["admin", "user"], ["user", "user"]] {
        let headers = pair.map(|value| ("X-Role", value));
        assert_eq!(decide(&users(), "/", &headers).code(), "request_malformed", "{pair:?}");
    }
}

#[test]
fn cve_2026_26308_values_joined_by_a_comma_are_neither_of_them() {
    for joined in ["user,admin", "user, user", "admin,user"] {
        assert_eq!(decide(&users(), "/", &[("X-Role", joined)]).code(), "request_malformed", "{joined}");
    }
    assert_eq!(decide(&users(), "/", &[("X-Role", "guest, admin")]).code(), "no_rule");
    let closed = authorizer(&[
        "[[rule]]\nid = \"guests\"\nheaders = { X-Role = [\"guest\"] }\ndeny = \"anyone\"\n",
        "[[rule]]\nid = \"rest\"\npaths = [\"/**\"]\nallow = \"anyone\"\n",
    ]);
    assert_eq!(decide(&closed, "/", &[("X-Role", "guest")]).code(), "rule_denied");
    assert_eq!(
        decide(&closed, "/", &[("X-Role", "other,guest")]).code(),
        "request_malformed",
        "nor does a proxy that joins them"
    );
    let twice = [("X-Role", "guest"), ("X-Role", "other")];
    assert_eq!(decide(&closed, "/", &twice).code(), "request_malformed", "a second field opens nothing");
}

#[test]
fn cve_2026_31838_two_authorizations_are_ambiguous() {
    let site = authorizer(&[
        SESSION,
        "[[basic]]\nhtpasswd = '''alice:$2b$04$xPcmM9vdqLbpoORXbhCHYOfyXMXawPau/s46rD3AI7zajaqSk28GS'''\n",
        MEMBERS,
    ]);
    let right = format!("Basic {}", base64_simd::STANDARD.encode_to_string("alice:secret"));
    assert_eq!(decide(&site, "/", &[("Authorization", right.as_str())]).code(), "allowed");
    for second in [right.as_str(), "Basic AAAA", "Bearer x"] {
        let headers = [("Authorization", right.as_str()), ("authorization", second)];
        assert_eq!(decide(&site, "/", &headers).code(), "credential_ambiguous", "{second}");
    }
}

/// Nobody from 10.0.0.0/8, anybody else.
fn outside() -> Authorizer {
    authorizer(&[
        "[[rule]]\nid = \"inside\"\nnetworks = [\"10.0.0.0/8\"]\ndeny = \"anyone\"\n",
        "[[rule]]\nid = \"outside\"\npaths = [\"/**\"]\nallow = \"anyone\"\n",
    ])
}

fn from(authorizer: &Authorizer, client: &str) -> &'static str {
    let client: IpAddr = client.parse().unwrap();
    authorizer.decide(&Request::new("GET", "https", HOST, "/", &()).client(client), UnixTime::from_secs(NOW)).code()
}

#[test]
fn cve_2024_24790_a_mapped_address_is_the_address_it_maps() {
    assert_eq!(from(&outside(), "192.0.2.1"), "allowed");
    for client in ["10.0.0.1", "::ffff:10.0.0.1", "::ffff:a00:1"] {
        assert_eq!(from(&outside(), client), "rule_denied", "{client}");
    }
}

#[test]
fn ghsa_7jmw_8259_q9jx_a_mapped_address_is_no_address_of_its_own() {
    let inside = authorizer(&["[[rule]]\nid = \"inside\"\npaths = [\"/**\"]\nnetworks = [\"10.0.0.0/8\"]\nallow = \"anyone\"\n"]);
    assert_eq!((from(&inside, "::ffff:10.0.0.1"), from(&inside, "::ffff:192.0.2.1")), ("allowed", "no_rule"));
    let hops = TrustedHops::Count(1);
    let client = client_from_forwarded_for([b"::ffff:10.0.0.1, ::ffff:10.0.0.2".as_slice()].into_iter(), &hops);
    assert_eq!(client, Some(IpAddr::from([10, 0, 0, 1])));
}
