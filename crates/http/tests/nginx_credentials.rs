//! Credentials through a real nginx, where more than one request, a certificate or a file belongs to the story. Single requests are
//! those of the corpus (`nginx_vectors.rs`).
#![cfg(unix)]

#[expect(dead_code, reason = "no file of tests needs every helper")]
mod support;

use std::path::{Path, PathBuf};
use std::thread;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, CertifiedKey, DnType, IsCa, KeyPair};
use serde_json::Value;
use support::backend::Backend;
use support::gate::{Gate, NOW, cookie_at};
use support::nginx::{self, Nginx, Setup, WITNESS};
use support::raw::Reply;
use tempfile::TempDir;

const SESSION: &str = "[session]\nkeys = [\"0123456789abcdef0123456789abcdef\"]\ncookie = \"session\"";
const MEMBERS: &str = "[[rule]]\nid = \"members\"\nhosts = [\"app.example.com\"]\nallow = \"authenticated\"";
/// `secret` and `hunter2`.
const SECRET: &str = "$2b$04$xPcmM9vdqLbpoORXbhCHYOfyXMXawPau/s46rD3AI7zajaqSk28GS";
const HUNTER2: &str = "$2b$04$xPcmM9vdqLbpoORXbhCHYOq5cuj0mNtNUVTkUm.F7sNNQBRR8MxO6";

/// nginx before a gate on a unix socket, with a policy in a file that is followed.
struct Site {
    gate: Gate,
    backend: Backend,
    nginx: Nginx,
    folder: TempDir,
}

impl Site {
    fn start(policy: &[&str], setup: &dyn Fn(Setup<'_>, &Path) -> Nginx) -> Option<Self> {
        if !nginx::is_installed() {
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("gatewright.toml");
        std::fs::write(&file, format!("version = 1\n{}\n", policy.join("\n"))).unwrap();
        for (name, text) in [("users.htpasswd", format!("alice:{SECRET}\n")), ("revocations.json", "{}".to_owned())] {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let listen = format!("unix:{}", folder.path().join("gate.sock").display());
        let gate = Gate::follow(&file, &[&listen]);
        let backend = Backend::start();
        let nginx = setup(Setup { gate: &listen, backend: backend.address, location: "", auth: "", server: "" }, folder.path());
        Some(Self { gate, backend, nginx, folder })
    }

    fn plain(policy: &[&str]) -> Option<Self> {
        Self::start(policy, &|setup, _| Nginx::start_as(setup))
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder.path().join(name), text).unwrap();
    }

    /// The status, the code that was logged, and how many requests reached the backend.
    #[track_caller]
    fn expect(&self, reply: &Reply, status: u16, code: &str) {
        let logged = self.gate.last_decision();
        let reached = self.backend.take().len();
        assert_eq!(
            (reply.status, logged["code"].as_str(), reached),
            (status, Some(code), usize::from(status == 200)),
            "{logged}"
        );
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        if !thread::panicking() {
            self.backend.assert_all_were_allowed(&self.gate.entries());
        }
    }
}

fn basic(name: &str, password: &str) -> String {
    format!("Authorization: Basic {}\r\n", base64_simd::STANDARD.encode_to_string(format!("{name}:{password}")))
}

/// Somebody who signs certificates.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn sign(&self, name: &str) -> CertifiedKey<KeyPair> {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        let signing_key = KeyPair::generate().unwrap();
        let cert = params.signed_by(&signing_key, &self.0).unwrap();
        CertifiedKey { cert, signing_key }
    }
}

fn fingerprint(certificate: &CertifiedKey<KeyPair>) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, certificate.cert.der());
    digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn escaped(pem: &str) -> String {
    let escape = |byte: u8| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    pem.bytes().map(escape).collect()
}

/// What an operator writes so that the gate learns of certificates.
const CERTIFICATE_LINES: &str =
    "proxy_set_header X-SSL-Client-Verify $ssl_client_verify;\nproxy_set_header X-SSL-Client-Cert $ssl_client_escaped_cert;";
const CERTIFICATE_HTTP: &str = "[http]\nproxy_sets = { verify = [\"X-SSL-Client-Verify\", \"X-SSL-Client-Cert\"] }";

fn certificate_table(alice: &CertifiedKey<KeyPair>) -> String {
    format!(
        "[[client_cert]]\nform = \"nginx\"\nentries = [{{ fingerprint = \"{}\", subject = \"alice\" }}, {{ subject_dn = \"CN=bob\", subject = \"bob\" }}]",
        fingerprint(alice)
    )
}

fn with_certificates(authority: &Authority, verify: &'static str) -> impl Fn(Setup<'_>, &Path) -> Nginx {
    let pem = authority.0.pem();
    move |setup, folder: &Path| {
        let file = folder.join("ca.pem");
        std::fs::write(&file, &pem).unwrap();
        let server = format!("ssl_client_certificate {};\nssl_verify_client {verify};", file.display());
        Nginx::start_as(Setup { auth: CERTIFICATE_LINES, server: &server, ..setup })
    }
}

#[test]
fn a_client_is_who_its_certificate_says_and_nothing_else_it_sends() {
    let (authority, stranger) = (Authority::new("Example CA"), Authority::new("Anybody's CA"));
    let (alice, bob, carol) = (authority.sign("alice"), authority.sign("bob"), authority.sign("carol"));
    let policy = [SESSION, &certificate_table(&alice), MEMBERS, CERTIFICATE_HTTP];
    let Some(site) = Site::start(&policy, &with_certificates(&authority, "optional_no_ca")) else { return };

    site.expect(&site.nginx.get_as(&alice, "/", ""), 200, "allowed");
    assert_eq!(site.gate.last_decision()["subject"], "alice");
    site.expect(&site.nginx.get_as(&bob, "/", ""), 200, "allowed");
    assert_eq!(site.gate.last_decision()["subject"], "bob", "by the name in the certificate");
    site.expect(&site.nginx.get_as(&carol, "/", ""), 401, "certificate_unknown");
    site.expect(&site.nginx.get_as(&stranger.sign("bob"), "/", ""), 401, "certificate_unknown");
    site.expect(&site.nginx.get("/", ""), 401, "credential_missing");

    let forged = format!("X-SSL-Client-Verify: SUCCESS\r\nX-SSL-Client-Cert: {}\r\n", escaped(&alice.cert.pem()));
    site.expect(&site.nginx.get("/", &forged), 401, "credential_missing");
    site.expect(&site.nginx.get("/", &forged.replace('-', "_").replace("_SSL_", "-SSL-")), 401, "credential_missing");
    site.expect(&site.nginx.get_as(&carol, "/", &forged), 401, "certificate_unknown");
    site.expect(&site.nginx.get_as(&bob, "/", &forged), 200, "allowed");
    assert_eq!(site.gate.last_decision()["subject"], "bob", "the certificate that was shown, not the one that was sent");

    let expired = cookie_at(&site.gate.live, "mallory", &[], NOW - 43_200);
    site.expect(&site.nginx.get_as(&alice, "/", &expired), 200, "allowed");
    assert_eq!(site.gate.last_decision()["subject"], "alice", "an expired session falls through");
    site.expect(&site.nginx.get("/", &expired), 401, "session_expired");
}

#[test]
fn without_the_operators_word_no_header_makes_a_certificate() {
    let authority = Authority::new("Example CA");
    let alice = authority.sign("alice");
    let forged = format!("X-SSL-Client-Verify: SUCCESS\r\nX-SSL-Client-Cert: {}\r\n", escaped(&alice.cert.pem()));
    // The article's own configuration, in which nobody overwrites these headers.
    let Some(site) = Site::plain(&[&certificate_table(&alice), MEMBERS]) else { return };
    site.expect(&site.nginx.get("/", &forged), 401, "credential_missing");

    // Over TCP the gate cannot tell nginx from anybody else on the machine: it takes a secret.
    let backend = Backend::start();
    let policy = |http: &str| format!("version = 1\n{}\n{MEMBERS}\n{CERTIFICATE_HTTP}\n{http}", certificate_table(&alice));
    let gate = Gate::start_on(&policy(""), &["127.0.0.1:0"]);
    let nginx = Nginx::start(gate.address(), backend.address, "", "");
    assert_eq!(nginx.get("/", &forged).status, 401);
    assert_eq!(gate.last_decision()["code"], "credential_missing");

    let gate = Gate::start_on(&policy("proxy_secret = \"0123456789abcdef0123456789abcdef\""), &["127.0.0.1:0"]);
    let address = gate.address().to_string();
    let lines = "proxy_set_header X-Gatewright-Proxy 0123456789abcdef0123456789abcdef;";
    let start = |auth| Nginx::start_as(Setup { gate: &address, backend: backend.address, location: "", auth, server: "" });
    let nginx = start(lines);
    assert_eq!(nginx.get("/", &forged).status, 200, "it is nginx's business to overwrite them, and it was told that it does");
    let nginx = start("");
    for secret in ["", "X-Gatewright-Proxy: guess\r\n", "X-Gatewright-Proxy: 0123456789abcdef0123456789abcdeX\r\n"] {
        assert_eq!(nginx.get("/", &format!("{forged}{secret}")).status, 403);
        assert_eq!(gate.last_decision()["code"], "peer_untrusted");
    }
    assert!(backend.take().len() == 1);
}

#[test]
fn what_is_revoked_is_refused_by_the_next_request_remembered_or_not() {
    let (issuer, key) = issuer();
    let policy = [SESSION, &issuer, "[revocations]\nfile = \"revocations.json\"", MEMBERS];
    let Some(site) = Site::plain(&policy) else { return };
    let session = site.gate.cookie("alice", &[]);
    let token = |sub: &str, jti: &str| bearer(&key, sub, jti);
    let (first, second) = (token("bob", "t-1"), token("bob", "t-2"));
    for credential in [&session, &first, &second, &first] {
        site.expect(&site.nginx.get("/", credential), 200, "allowed");
    }

    site.gate.after(|| site.write("revocations.json", r#"{ "sessions": ["sid-1"] }"#));
    site.expect(&site.nginx.get("/", &session), 401, "revoked");
    site.expect(&site.nginx.get("/", &first), 200, "allowed");

    site.gate.after(|| site.write("revocations.json", r#"{ "tokens": ["t-1"] }"#));
    site.expect(&site.nginx.get("/", &session), 200, "allowed");
    site.expect(&site.nginx.get("/", &first), 401, "revoked");
    site.expect(&site.nginx.get("/", &second), 200, "allowed");

    site.gate
        .after(|| site.write("revocations.json", &format!(r#"{{ "subjects": [{{ "subject": "bob", "before": {NOW} }}] }}"#)));
    site.expect(&site.nginx.get("/", &second), 401, "revoked");
    site.expect(&site.nginx.get("/", &token("bob", "t-3")), 401, "revoked");
    site.expect(&site.nginx.get("/", &token("carol", "t-4")), 200, "allowed");
}

#[test]
fn a_changed_password_counts_from_the_next_request_on_remembered_or_not() {
    let Some(site) = Site::plain(&["[[basic]]\nhtpasswd = \"file:users.htpasswd\"", MEMBERS]) else { return };
    let ask = |name: &str, password: &str| site.nginx.get("/", &basic(name, password));
    site.expect(&ask("alice", "secret"), 200, "allowed");
    site.expect(&ask("alice", "secret"), 200, "allowed");
    site.expect(&ask("alice", "wrong"), 401, "password_incorrect");
    site.expect(&ask("nobody", "secret"), 401, "password_incorrect");

    site.gate.after(|| site.write("users.htpasswd", &format!("alice:{HUNTER2}\n")));
    site.expect(&ask("alice", "secret"), 401, "password_incorrect");
    site.expect(&ask("alice", "hunter2"), 200, "allowed");

    site.gate.after(|| site.write("users.htpasswd", &format!("bob:{SECRET}\n")));
    site.expect(&ask("alice", "hunter2"), 401, "password_incorrect");
    site.expect(&ask("bob", "secret"), 200, "allowed");

    // A file that is wrong changes nothing.
    site.write("users.htpasswd", "bob:plain\n");
    assert!(site.gate.live.reload().is_err());
    site.expect(&ask("bob", "secret"), 200, "allowed");
}

#[test]
fn somebody_who_guesses_is_throttled_alone() {
    let http = "[http]\nproxy_sets = { verify = [\"X-Real-IP\"] }";
    let policy = ["[[basic]]\nhtpasswd = \"file:users.htpasswd\"", MEMBERS, http];
    let setup =
        |setup: Setup<'_>, _: &Path| Nginx::start_as(Setup { auth: "proxy_set_header X-Real-IP $http_x_test_client;", ..setup });
    let Some(site) = Site::start(&policy, &setup) else { return };
    let ask = |client: u8, password: &str| {
        site.nginx.get("/", &format!("X-Test-Client: 192.0.2.{client}\r\n{}", basic("alice", password)))
    };
    for _ in 0..10 {
        site.expect(&ask(9, "wrong"), 401, "password_incorrect");
    }
    site.expect(&ask(9, "wrong"), 401, "throttled");
    site.expect(&ask(9, "secret"), 401, "throttled");
    site.expect(&ask(1, "secret"), 200, "allowed");
    site.expect(&ask(9, "secret"), 200, "allowed");
}

#[test]
fn a_stronger_login_is_asked_for_and_counts_when_it_is_there() {
    let vault = "[[rule]]\nid = \"vault\"\npaths = [\"/vault/**\"]\nallow = { max_auth_age = \"15m\", acr = [\"gold\"] }";
    let login = "[login]\nurl = \"https://auth.example.com/login\"\nreturn_hosts = [\"app.example.com\"]";
    let setup = |setup: Setup<'_>, _: &Path| {
        let location = "auth_request_set $login $upstream_http_location;\nerror_page 401 =302 $login;";
        Nginx::start_as(Setup { location, ..setup })
    };
    let Some(site) = Site::start(&[SESSION, login, vault, MEMBERS], &setup) else { return };
    let session = |acr: &str, age: u64| {
        let claims =
            gatewright::SessionClaims::new("s", "alice").with_acr(acr).with_auth_time(gatewright::UnixTime::from_secs(NOW - age));
        let value = site.gate.live.current().authorizer.seal_session(&claims, gatewright::UnixTime::from_secs(NOW)).unwrap();
        format!("Cookie: session={value}\r\n")
    };
    site.expect(&site.nginx.get("/", &session("", 0)), 200, "allowed");
    for (acr, age) in [("silver", 60), ("gold", 901), ("", 60)] {
        let reply = site.nginx.get("/vault/x?a=1", &session(acr, age));
        let location = reply.header("location").unwrap_or_default().to_owned();
        site.expect(&reply, 302, "step_up_required");
        let expected =
            "https://auth.example.com/login?max_age=900&acr_values=gold&rd=https%3A%2F%2Fapp.example.com%2Fvault%2Fx%3Fa%3D1";
        assert_eq!(location, expected, "{acr} {age}");
    }
    site.expect(&site.nginx.get("/vault/x", &session("gold", 60)), 200, "allowed");
}

/// RFC 9449: nginx asks again after an internal redirect, with the same proof. So a proof counts again unless the file says
/// otherwise.
#[test]
fn a_proof_passes_an_internal_redirect_unless_replay_is_refused() {
    let vectors: Value = serde_json::from_slice(
        &std::fs::read(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../vectors/decisions/dpop_proofs.json")).unwrap(),
    )
    .unwrap();
    let headers: String = vectors["cases"][0]["request"]["headers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|pair| format!("{}: {}\r\n", pair[0].as_str().unwrap(), pair[1].as_str().unwrap()))
        .collect();
    let keys = vectors["keys"]["https://login.example.com"].clone();
    for (replay, statuses) in [("accept", [200, 200]), ("refuse", [401, 401])] {
        let policy =
            vectors["config"].as_str().unwrap().replace("audiences =", &format!("dpop_replay = \"{replay}\"\naudiences ="));
        let policy = policy.replace("version = 1\n", "");
        // `location /` is left for `/again` when no file is found, which is always.
        let setup = |setup: Setup<'_>, folder: &Path| {
            let location = format!("root {};\ntry_files /none @again;", folder.display());
            let again =
                format!("location @again {{\n{WITNESS}\nauth_request /auth/verify;\nproxy_pass http://{};\n}}", setup.backend);
            Nginx::start_as(Setup { location: &location, server: &again, ..setup })
        };
        let Some(site) = Site::start(&[&policy], &setup) else { return };
        let keys = gatewright::KeySet::from_json(&keys.to_string()).unwrap();
        site.gate.live.update_keys("https://login.example.com", keys).unwrap();
        let replies = [site.nginx.get("/", &headers), site.nginx.get("/", &headers)];
        assert_eq!(replies.map(|reply| reply.status), statuses, "{replay}");
        let codes: Vec<String> = site
            .gate
            .entries()
            .iter()
            .filter(|entry| entry.get("outcome").is_some())
            .map(|entry| entry["code"].as_str().unwrap().to_owned())
            .collect();
        match replay {
            "accept" => assert_eq!(codes, ["allowed"; 4], "asked twice for each request"),
            _ => assert_eq!(codes, ["allowed", "proof_replayed", "proof_replayed"]),
        }
    }
}

/// An issuer with a key of its own, and that key.
fn issuer() -> (String, aws_lc_rs::signature::Ed25519KeyPair) {
    use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
    let key = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
    let x = base64_simd::URL_SAFE_NO_PAD.encode_to_string(key.public_key().as_ref());
    let table = format!(
        "[[issuer]]\nissuer = \"https://login.example.com\"\naudiences = [\"app\"]\nalgorithms = [\"EdDSA\"]\n\
         keys = {{ jwks = {{ keys = [{{ kty = \"OKP\", crv = \"Ed25519\", x = \"{x}\" }}] }} }}"
    );
    (table, key)
}

fn bearer(key: &aws_lc_rs::signature::Ed25519KeyPair, sub: &str, jti: &str) -> String {
    let encode = |text: &str| base64_simd::URL_SAFE_NO_PAD.encode_to_string(text);
    let claims = serde_json::json!({
        "iss": "https://login.example.com", "aud": "app", "sub": sub, "jti": jti, "iat": NOW - 60, "exp": NOW + 600,
    });
    let message = format!("{}.{}", encode(r#"{"alg":"EdDSA"}"#), encode(&claims.to_string()));
    let signature = base64_simd::URL_SAFE_NO_PAD.encode_to_string(key.sign(message.as_bytes()).as_ref());
    format!("Authorization: Bearer {message}.{signature}\r\n")
}
