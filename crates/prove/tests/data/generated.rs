//! What `init` writes is clean, whatever the policy asks for.

use std::cell::RefCell;

use gatewright::{Authorizer, Config};
use gatewright_prove::{Intent, Proxy, Site, Tls, Wiring, init};

use crate::support::{adapt, lint};

const START: &str = "version = 1\n[session]\nkeys = [\"0123456789abcdef0123456789abcdef\"]\n";
const LOGIN: &str = "[login]\nurl = \"https://auth.example.com/login\"\nreturn_hosts = [\"app.example.com\"]\n";
const HEADERS: &str = "[identity_headers]\nX-User = \"subject\"\nX-Email = \"email\"\nX-Groups = \"groups\"\n";
const RULES: &str = "[[rule]]\nid = \"public\"\nhosts = [\"app.example.com\", \"*.apps.example.com\"]\npaths = [\"/public/**\"]\nallow = \"anyone\"\n[[rule]]\nid = \"rest\"\nhosts = [\"app.example.com\", \"*.apps.example.com\"]\nallow = \"authenticated\"\n";
const CERTIFICATE: &str = "[[client_cert]]\nform = \"FORM\"\nentries = \"file:certificates.toml\"\n";

/// A certificate or a key, as the policy asks for one or the other.
const ENTRIES: [&str; 2] = [
    "[[certificate]]\nfingerprint = \"0000000000000000000000000000000000000000000000000000000000000000\"\nsubject = \"alice\"\n",
    "[[key]]\nid = \"a\"\nsha256 = \"0000000000000000000000000000000000000000000000000000000000000000\"\nsubject = \"alice\"\n",
];

/// A policy with its name.
fn policies() -> Vec<(&'static str, String)> {
    let many: String = (0..40).map(|number| format!("X-Header-Number-{number} = \"claims.c{number}\"\n")).collect();
    let secret = "proxy_secret = \"a-secret-of-the-proxy-32-letters\"\n";
    let certificate = |form: &str, header: &str| {
        let sets = ["envoy", "forward"].map(|endpoint| format!("{endpoint} = [\"{header}\"]")).join(", ");
        format!("{START}{HEADERS}{}[http]\n{secret}proxy_sets = {{ {sets} }}\n{RULES}", CERTIFICATE.replace("FORM", form))
    };
    let api_key = "version = 1\n[identity_headers]\nX-User = \"subject\"\n[[api_key]]\nheader = \"X-Api-Key\"\nentries = \"file:keys.toml\"\n";
    vec![
        ("nobody", "version = 1\n[[rule]]\nid = \"none\"\nhosts = [\"app.example.com\"]\ndeny = \"anyone\"\n".to_owned()),
        ("plain", format!("{START}{RULES}")),
        ("headers", format!("{START}{HEADERS}{RULES}")),
        ("login", format!("{START}{LOGIN}{HEADERS}{RULES}")),
        ("many headers", format!("{START}[identity_headers]\n{many}{RULES}")),
        ("secret", format!("{START}{HEADERS}[http]\n{secret}{RULES}")),
        ("behind a proxy", format!("{START}{HEADERS}[http]\ntrusted_hops = 1\n{RULES}")),
        ("behind networks", format!("{START}{HEADERS}[http]\n{secret}trusted_hops = [\"10.0.0.0/8\"]\n{RULES}")),
        ("grpc", format!("{START}{HEADERS}[http]\n{secret}grpc = \"127.0.0.1:4182\"\n{RULES}")),
        ("grpc, plain", format!("{START}[http]\ngrpc = \"127.0.0.1:4182\"\n{RULES}")),
        ("xfcc", certificate("xfcc", "X-Forwarded-Client-Cert")),
        ("rfc9440", certificate("rfc9440", "Client-Cert")),
        ("api key", format!("{api_key}{RULES}")),
    ]
}

/// Configurations of one policy, for each way to the gate, with and without TLS; with what `lint` says without and with the policy.
fn each(proxy: Proxy, check: impl Fn(&str, &str, &str, &Intent<'_>)) {
    let tls = || Some(Tls { certificate: "/etc/ssl/app.pem".into(), key: "/etc/ssl/app.key".into() });
    let gates: &[Option<&str>] = match proxy {
        Proxy::Caddy => &[None, Some("unix:/run/g.sock"), Some("gate:4180")],
        Proxy::Envoy => &[None, Some("unix:/run/g.sock"), Some("[::1]:4180")],
        Proxy::IngressNginx => &[Some("gatewright.gatewright.svc.cluster.local:4180")],
        _ => &[None, Some("gate:4180")],
    };
    let mut files_seen = 0;
    for (name, policy) in policies() {
        let config = Config::from_toml(&policy)
            .and_then(|config| config.resolve(|_| Ok(ENTRIES[usize::from(name == "api key")].as_bytes().to_vec())));
        let config = config.unwrap_or_else(|error| panic!("{name}: {error}"));
        let authorizer = Authorizer::new(&config).unwrap();
        for (gate, tls, listen) in
            gates.iter().flat_map(|gate| [(gate, None, None), (gate, tls(), None), (gate, None, Some("8000"))])
        {
            let backend = if proxy == Proxy::IngressNginx { "app:80" } else { "127.0.0.1:8080" };
            let wiring = Wiring {
                gate: gate.map(str::to_owned),
                backend: backend.to_owned(),
                tls,
                listen: listen.map(str::to_owned),
                ..Wiring::default()
            };
            let site = Site::new(&config, &authorizer, wiring).unwrap();
            let Ok(files) = init(proxy, &site) else { continue };
            for file in files {
                files_seen += 1;
                let mut intent = Intent::default();
                // That clients are believed is right only where proxies stand in front, and that is for the policy to say.
                if !(name.starts_with("behind") && file.name == "traefik.yaml") {
                    check(name, file.name, &file.text, &intent);
                }
                intent.policy = Some((&config, &authorizer));
                check(name, file.name, &file.text, &intent);
            }
        }
    }
    assert!(files_seen > 20, "{proxy:?}: {files_seen}");
}

fn is_clean(policy: &str, file: &str, text: &str, intent: &Intent<'_>) {
    assert_eq!(lint(file, text, intent), [""; 0], "{policy}\n{text}");
}

#[test]
fn envoy_is_clean() {
    each(Proxy::Envoy, is_clean);
}

#[test]
fn traefik_is_clean() {
    each(Proxy::Traefik, is_clean);
}

#[test]
fn ingress_nginx_is_clean() {
    each(Proxy::IngressNginx, is_clean);
}

#[test]
fn caddy_is_clean() {
    // Each is looked at twice, and takes Caddy a while.
    let last = RefCell::new((String::new(), None));
    each(Proxy::Caddy, |policy, _, text, intent| {
        let mut last = last.borrow_mut();
        if last.0 != text {
            *last = (text.to_owned(), adapt(text, "generated"));
        }
        if let Some(json) = &last.1 {
            is_clean(policy, "caddy.json", json, intent);
        }
    });
}
