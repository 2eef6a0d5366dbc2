//! Any bytes as a host.

use std::sync::LazyLock;

use gatewright::{Authorizer, Request};
use url::{Host, Url};

use crate::asked::{ask, authorizer};
use crate::draw::at_most;

/// A host that is understood is in canonical form, which means itself; a browser that takes the same text goes to the same host;
/// and rules for names match at the boundary of labels and nowhere else.
pub fn host(data: &[u8]) {
    let raw = at_most(data, MAX_HOST);
    let asked = ask(&AUTHORIZER, &Request::new("GET", "https", raw, "/", &()));
    let Some((host, _)) = asked.understood() else {
        assert_eq!((asked.code(), asked.decision.rule()), ("request_malformed", None), "{}", asked.explanation);
        return;
    };
    assert!(host.bytes().all(|byte| byte.is_ascii_graphic() && !byte.is_ascii_uppercase() && !b",@/%".contains(&byte)), "{host}");
    let again = ask(&AUTHORIZER, &Request::new("GET", "https", host, "/", &()));
    assert_eq!(again.understood(), asked.understood());
    assert_eq!(again.decision.rule(), asked.decision.rule());

    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !host.ends_with(']') => (name, port.parse::<u16>().ok()),
        _ => (host, None),
    };
    let port = port.unwrap_or(443);
    let expected = match name {
        "app.example.com" if port == 8443 => "with_port",
        "app.example.com" => "exact",
        _ if name.ends_with(".example.com") => "below",
        "[::1]" => "address",
        _ => "others",
    };
    assert_eq!(asked.decision.rule(), Some(expected), "{host}");
    let text = std::str::from_utf8(raw).expect("a host is ASCII");
    if let Ok(url) = Url::parse(&format!("https://{text}/")) {
        assert_eq!((url.username(), url.password(), url.path()), ("", None, "/"), "{text}");
        assert_eq!(url.port().unwrap_or(443), port, "{text}");
        let same = match url.host() {
            Some(Host::Domain(domain)) => domain.strip_suffix('.').unwrap_or(domain) == name,
            Some(Host::Ipv4(address)) => name.parse() == Ok(address),
            Some(Host::Ipv6(address)) => name.trim_matches(['[', ']']).parse() == Ok(address),
            None => false,
        };
        assert!(same, "`{text}` is `{host}` here and {url} in a browser");
    }
}

static AUTHORIZER: LazyLock<Authorizer> = LazyLock::new(|| {
    authorizer(
        r#"
        version = 1
        [session]
        keys = ["0123456789abcdef0123456789abcdef"]
        [[rule]]
        id = "with_port"
        hosts = ["app.example.com:8443"]
        allow = "authenticated"
        [[rule]]
        id = "exact"
        hosts = ["app.example.com"]
        allow = "authenticated"
        [[rule]]
        id = "below"
        hosts = ["*.example.com"]
        allow = "authenticated"
        [[rule]]
        id = "address"
        hosts = ["[::1]"]
        allow = "authenticated"
        [[rule]]
        id = "others"
        deny = "anyone"
        "#,
    )
});

const MAX_HOST: usize = 400;

/// Inputs to begin with.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let hosts = [
        "APP.example.com.",
        "app.example.com:443",
        "app.example.com:8443",
        "x.y.example.com",
        "evilexample.com",
        "[::1]:80",
        "[::ffff:1.2.3.4]",
        "127.0.0.1",
        "127.1",
        "0x7f.1",
        "user@app",
        "app,evil",
        "app.example.com:",
        "app.example.com:099",
        "xn--bcher-kva.example",
        "%61pp",
    ];
    hosts.map(|host| host.as_bytes().to_vec()).to_vec()
}
