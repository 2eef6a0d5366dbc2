use super::*;
use crate::testing::{Answer, Authority, Server};

const KEYS: &str = r#"{"keys":[]}"#;

fn place(url: String) -> Place {
    let issuer = "https://login.example.com".to_owned();
    Place { issuer, location: KeyLocation::JwksUrl(url), ca: None, danger_http: false }
}

/// Fetches the text of a key set from a server with this one answer.
fn fetched(answer: impl Fn() -> Answer + Send + Sync + 'static) -> Result<String, String> {
    let server = Server::http(move |_| answer());
    place(server.url("/jwks")).key_set(&Proxies::default())
}

fn raw(text: impl Into<String>) -> Result<String, String> {
    let text = text.into();
    fetched(move || Answer::Raw(text.clone().into_bytes()))
}

/// A server whose discovery document is made from its own address.
fn discovered(document: impl Fn(&str) -> String + Send + Sync + 'static) -> Result<String, String> {
    let server = Server::http_at(free_address(), |_| Answer::Silence);
    drop(server); // only its address was wanted
    let address = free_address();
    let base = format!("http://{address}");
    let (issuer, base_for_server) = (base.clone(), base.clone());
    let _server = Server::http_at(address, move |path| match path {
        "/.well-known/openid-configuration" => Answer::Json(document(&base_for_server)),
        "/keys" => Answer::Json(KEYS.to_owned()),
        _ => Answer::Raw(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n".to_vec()),
    });
    Place { issuer, location: KeyLocation::Discovery, ca: None, danger_http: false }.key_set(&Proxies::default())
}

fn free_address() -> std::net::SocketAddr {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

#[test]
fn key_set_is_fetched() {
    assert_eq!(fetched(|| Answer::Json(KEYS.to_owned())).unwrap(), KEYS);
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nb\r\n{\"keys\":[]}\r\n0\r\n\r\n";
    assert_eq!(raw(chunked).unwrap(), KEYS);
    assert_eq!(raw(format!("HTTP/1.1 200 OK\r\n\r\n{KEYS}")).unwrap(), KEYS);
}

#[test]
fn redirect_is_refused_and_not_followed() {
    for status in [301, 302, 303, 307, 308] {
        let server = Server::http(move |_| {
            Answer::Raw(format!("HTTP/1.1 {status} Moved\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n").into_bytes())
        });
        let reason = place(server.url("/jwks")).key_set(&Proxies::default()).unwrap_err();
        assert!(reason.contains(&format!("answered {status}, a redirect to `/elsewhere`")), "{reason}");
        assert_eq!(server.requests(), 1);
    }
}

#[test]
fn only_status_200_brings_keys() {
    for status in [201, 204, 206, 400, 401, 404, 500, 503] {
        let reason = raw(format!("HTTP/1.1 {status} X\r\ncontent-length: 11\r\n\r\n{KEYS}")).unwrap_err();
        assert!(reason.ends_with(&format!("answered {status} instead of 200")), "{reason}");
    }
}

#[test]
fn body_over_the_limit_is_refused_however_it_is_framed() {
    let body = |length: usize| format!("{{\"keys\":[]{}}}", " ".repeat(length - 11));
    let largest = body(512 * 1024);
    assert_eq!(fetched(move || Answer::Json(largest.clone())).unwrap().len(), 512 * 1024);
    let over = body(512 * 1024 + 1);
    for head in [format!("content-length: {}\r\n", over.len()), String::new()] {
        let reason = raw(format!("HTTP/1.1 200 OK\r\n{head}\r\n{over}")).unwrap_err();
        assert!(reason.ends_with("answered more than 524288 bytes"), "{reason}");
    }
}

#[test]
fn answer_that_is_no_json_object_is_refused() {
    for body in ["", "[]", "\"keys\"", "null", "<html>", "{\"keys\":[]", "{\"keys\":[]} x"] {
        let reason = fetched(|| Answer::Json(body.to_owned())).unwrap_err();
        assert!(reason.ends_with("is not a JSON object"), "{body}: {reason}");
    }
    let not_text = fetched(|| Answer::Raw(b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n{\xff}".to_vec())).unwrap_err();
    assert!(not_text.ends_with("is not UTF-8 text"), "{not_text}");
}

#[test]
fn answer_cut_short_is_refused() {
    assert!(raw(format!("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{KEYS}")).is_err());
    assert!(raw("HTTP/1.1 200 OK\r\n").is_err());
    assert!(raw("").is_err());
    assert!(raw("SSH-2.0-OpenSSH_9.2\r\n").is_err());
}

#[test]
fn endless_headers_are_refused() {
    assert!(raw(format!("HTTP/1.1 200 OK\r\n{}\r\n{KEYS}", "a: b\r\n".repeat(10_000))).is_err());
}

#[test]
fn server_that_is_not_there_is_a_failure_with_a_reason() {
    let reason = place(format!("http://{}/jwks", free_address())).key_set(&Proxies::default()).unwrap_err();
    assert!(reason.contains("/jwks ") && reason.to_lowercase().contains("refused"), "{reason}");
}

#[test]
fn private_authority_is_trusted_alone() {
    let (ours, theirs) = (Authority::new(), Authority::new());
    let server = Server::https(&ours, |_| Answer::Json(KEYS.to_owned()));
    let with = |ca: Option<&str>| {
        let ca = ca.map(|pem| pem.as_bytes().to_vec());
        Place { ca, ..place(server.url("/jwks")) }.key_set(&Proxies::default())
    };
    assert_eq!(with(Some(ours.pem())).unwrap(), KEYS);
    assert_eq!(with(Some(&format!("{}{}", theirs.pem(), ours.pem()))).unwrap(), KEYS);
    for other in [Some(theirs.pem()), None] {
        let reason = with(other).unwrap_err();
        assert!(reason.contains("UnknownIssuer") && reason.ends_with("`ca_file`"), "{reason}");
    }
    assert_eq!(server.requests(), 2, "nothing is asked of a server that is not trusted");
}

#[test]
fn certificate_for_another_name_is_refused() {
    let authority = Authority::new();
    let server = Server::https(&authority, |_| Answer::Json(KEYS.to_owned()));
    let url = server.url("/jwks").replace("localhost", "127.0.0.1");
    let place = Place { ca: Some(authority.pem().into()), ..place(url) };
    assert!(place.key_set(&Proxies::default()).is_err());
}

#[test]
fn authority_file_without_usable_certificate_is_a_mistake_before_any_fetch() {
    let key = rcgen::KeyPair::generate().unwrap().serialize_pem();
    let junk = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    for pem in ["", "hello", &key, junk, &format!("{}{junk}", Authority::new().pem())] {
        let place = Place { ca: Some(pem.into()), ..place("https://login.example.com/jwks".to_owned()) };
        let reason = place.check().unwrap_err();
        assert!(reason.starts_with("`ca_file` holds"), "{reason}");
    }
    assert_eq!(place("https://login.example.com/jwks".to_owned()).check(), Ok(()));
}

#[test]
fn plain_http_to_another_machine_is_a_mistake_unless_allowed() {
    let place = place("http://169.254.169.254/jwks".to_owned());
    assert!(place.check().unwrap_err().ends_with("use https, or `danger_http = true`"));
    assert_eq!(Place { danger_http: true, ..place }.check(), Ok(()));
}

#[test]
fn keys_are_found_by_discovery() {
    let document = |base: &str| format!(r#"{{"issuer":"{base}","jwks_uri":"{base}/keys","other":[1]}}"#);
    assert_eq!(discovered(document).unwrap(), KEYS);
}

#[test]
fn terminating_slash_of_the_issuer_is_removed_once() {
    let place = |issuer: &str| {
        let issuer = issuer.to_owned();
        Place { issuer, location: KeyLocation::Discovery, ca: None, danger_http: false }.start().unwrap().uri().to_string()
    };
    assert_eq!(place("https://a.example/"), "https://a.example/.well-known/openid-configuration");
    assert_eq!(place("https://a.example/realms/b"), "https://a.example/realms/b/.well-known/openid-configuration");
}

#[test]
fn discovery_document_of_another_issuer_is_refused() {
    for other in ["https://login.example.com", "{base}/", "{base}x", ""] {
        let document = move |base: &str| format!(r#"{{"issuer":"{}","jwks_uri":"{base}/keys"}}"#, other.replace("{base}", base));
        let reason = discovered(document).unwrap_err();
        assert!(reason.contains("is the document of `"), "{reason}");
    }
}

#[test]
fn discovery_document_that_is_incomplete_or_doubled_is_refused() {
    for wrong in [
        r"{}",
        r#"{"issuer":"{base}"}"#,
        r#"{"issuer":"x","issuer":"{base}","jwks_uri":"{base}/keys"}"#,
        r#"{"issuer":["{base}"]}"#,
    ] {
        let reason = discovered(move |base| wrong.replace("{base}", base)).unwrap_err();
        assert!(reason.contains("is no discovery document"), "{reason}");
    }
}

#[test]
fn discovery_document_cannot_lead_to_forbidden_addresses() {
    for target in ["http://169.254.169.254/latest", "file:///etc/passwd", "/keys", "http://10.0.0.1/keys", "http://u@127.0.0.1/"]
    {
        let reason = discovered(move |base| format!(r#"{{"issuer":"{base}","jwks_uri":"{target}"}}"#)).unwrap_err();
        assert!(reason.starts_with("the `jwks_uri` of http://127.0.0.1:"), "{reason}");
    }
}

#[test]
fn document_that_came_over_https_cannot_lead_to_plain_http_on_this_machine() {
    let authority = Authority::new();
    let address = free_address();
    let inner = Server::http_at(address, |_| Answer::Json(KEYS.to_owned()));
    let port = free_address().port();
    let issuer = format!("https://localhost:{port}");
    let document = format!(r#"{{"issuer":"{issuer}","jwks_uri":"http://{address}/keys"}}"#);
    let place = Place { issuer, location: KeyLocation::Discovery, ca: Some(authority.pem().into()), danger_http: false };
    let reason = place.jwks_uri(&document, &place.start().unwrap()).unwrap_err();
    assert!(reason.contains("is plain http, and the issuer that names it is not"), "{reason}");
    assert_eq!(inner.requests(), 0);
}

#[test]
fn proxy_of_the_environment_is_asked_to_connect() {
    let server = Server::http(|path| {
        assert_eq!(path, "login.example.com:443");
        Answer::Raw(b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n".to_vec())
    });
    let proxy = format!("http://{}", server.address());
    let proxies = Proxies::from_environment(|name| (name == "https_proxy").then(|| proxy.clone()));
    let reason = place("https://login.example.com/jwks".to_owned()).key_set(&proxies).unwrap_err();
    assert!(reason.contains("407"), "{reason}");
    assert_eq!(server.requests(), 1);
}
