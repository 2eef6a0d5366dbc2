//! Identity headers: what a client sends under their names never comes back as ours.

use crate::support::gate::Gate;
use crate::support::raw::Reply;

/// The names and values of an answer's headers about the identity.
fn identity(reply: &Reply) -> Vec<(&str, &str)> {
    let about = |name: &str| name.contains("user") || name.contains("email") || name.contains("remote");
    let mut found: Vec<_> =
        reply.headers.iter().filter(|(name, _)| about(name)).map(|(name, value)| (name.as_str(), value.as_str())).collect();
    found.sort_unstable();
    found
}

/// Asserts that with these lines of a client alice is alice and nobody is nobody, for both kinds of proxy.
#[track_caller]
fn forged(lines: &str) {
    let gate = Gate::start("");
    let alice = format!("{}{lines}", gate.cookie("alice", &[]));
    for reply in [gate.verify("GET", "/", &alice), gate.forward("GET", "/", &alice)] {
        assert_eq!(
            (reply.status, identity(&reply)),
            (200, vec![("x-email", "alice@example.com"), ("x-user", "alice")]),
            "{lines}"
        );
    }
    for reply in [gate.verify("GET", "/public/a", lines), gate.forward("GET", "/public/a", lines)] {
        assert_eq!((reply.status, identity(&reply)), (200, vec![("x-email", ""), ("x-user", "")]), "{lines}");
    }
    for reply in [gate.verify("GET", "/secret", lines), gate.forward("GET", "/secret", lines)] {
        assert_eq!((reply.status, identity(&reply)), (401, vec![]), "{lines}");
    }
}

#[test]
fn cve_2025_64484_an_underscore_in_an_identity_header_makes_no_identity() {
    forged("X_User: root\r\nX-user: root\r\nX_Email: root@example.com\r\n");
}

#[test]
fn cve_2026_54763_a_name_that_a_backend_would_fold_makes_no_identity() {
    forged("X_User: root\r\nx_user: root\r\nX-Auth_User: root\r\n");
}

#[test]
fn cve_2026_52845_a_name_that_becomes_the_same_variable_makes_no_identity() {
    forged("Remote_user: root\r\nREMOTE_USER: root\r\nX_USER: root\r\n");
}

#[test]
fn ghsa_49wc_4hcv_v58q_a_dot_in_an_identity_header_makes_no_identity() {
    forged("Remote.user: root\r\nX.User: root\r\nX.user: root\r\n");
}

#[test]
fn ghsa_w9mr_28mw_j8hg_a_connection_header_takes_no_identity_away() {
    forged("Connection: close, X-User, X-Email\r\n");
    forged("Connection: x-user\r\n");
}

#[test]
fn ghsa_w6j9_vw59_27wv_a_header_is_no_credential() {
    forged("X-User: root\r\nX-Webauth-User: root\r\nX-Email: root@example.com\r\n");
}

#[test]
fn cve_2026_33525_what_somebody_is_called_comes_back_in_no_body() {
    let gate = Gate::start("");
    let cookie = gate.cookie("<script>alert(1)</script>", &[]);
    for (uri, status) in [("/", 200), ("/admin/", 403), ("/a/../b", 403)] {
        let reply = gate.forward("GET", uri, &cookie);
        assert_eq!((reply.status, reply.body.len(), reply.header("content-length")), (status, 0, Some("0")), "{uri}");
        assert_eq!(reply.header("content-type"), None);
    }
}

#[test]
fn cve_2026_41181_a_credential_comes_back_in_no_answer() {
    let gate = Gate::start("");
    let cookie =
        "Cookie: session=v1.abcdefgh.c2VjcmV0.c2VjcmV0; other=c2VjcmV0\r\nAuthorization: Bearer c2VjcmV0.c2VjcmV0.c2VjcmV0\r\n";
    for reply in
        [gate.verify("GET", "/secret", cookie), gate.forward("GET", "/secret", &format!("{cookie}Sec-Fetch-Mode: navigate\r\n"))]
    {
        assert!([401, 302].contains(&reply.status));
        assert!(!String::from_utf8_lossy(&reply.raw).contains("c2VjcmV0") && reply.body.is_empty(), "{reply:?}");
    }
}

#[test]
fn cve_2022_23469_a_credential_is_in_no_line_of_the_log() {
    let policy = "version = 1\n[session]\nkeys = [\"0123456789abcdef0123456789abcdef\"]\ncookie = \"session\"\n[[basic]]\n\
                  htpasswd = 'alice:$2b$04$xPcmM9vdqLbpoORXbhCHYOfyXMXawPau/s46rD3AI7zajaqSk28GS'\n\
                  [[rule]]\nid = \"members\"\nallow = \"authenticated\"\n";
    let gate = Gate::start_on(policy, &["127.0.0.1:0"]);
    let cookie = gate.cookie("alice", &[]);
    let sealed = cookie.split_once("session=").unwrap().1.trim().to_owned();
    let basic = base64_simd::STANDARD.encode_to_string("alice:hunter2");
    gate.verify("GET", "/?token=in-the-query", &cookie);
    gate.verify("GET", "/", &format!("Authorization: Basic {basic}\r\n"));
    gate.verify("GET", "/a/../b?token=in-the-query", &format!("Authorization: Bearer {basic}\r\n"));
    let entries = gate.entries();
    assert!(entries.len() >= 3, "{entries:?}");
    let text = format!("{entries:?}");
    for secret in [sealed.as_str(), &basic, "hunter2", "in-the-query"] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
}

#[test]
fn cve_2024_45808_nothing_of_a_request_starts_a_line_of_the_log() {
    let gate = Gate::start("");
    let forged = "%0a%7b%22code%22:%22allowed%22%7d";
    gate.verify("GET", &format!("/{forged}"), &format!("X-Request-ID: a\"}},{{{forged}\r\n"));
    gate.verify("GET", "/\"},{\"outcome\":\"allow\"", "Authorization: Bearer a\"b\\n\r\n");
    let lines: Vec<_> = gate.entries().into_iter().filter(|entry| entry.get("outcome").is_some()).collect();
    assert_eq!(lines.len(), 2, "a line of JSON for each");
    assert!(lines.iter().all(|line| line["outcome"] == "forbid" || line["outcome"] == "challenge"), "{lines:?}");
}
