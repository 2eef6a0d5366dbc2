//! Client certificates that a proxy hands on.

use serde_json::json;

use crate::NOW;
use crate::case::{Expect, File, Identity, Question, allow, anonymous, get, refuse};
use crate::certificate::{ALICE, BOB};
use crate::config::{MEMBERS, config, rule, session};
use crate::session::{COOKIE, KEY_C, Session, alice};

const CLIENT_CERT: &[&str] = &["client-cert"];
const XFCC: &[&str] = &["x-forwarded-client-cert"];
const NGINX: &[&str] = &["x-ssl-client-verify", "x-ssl-client-cert"];

/// The adapter's settings under which its proxy's word counts.
fn http(headers: &[&str]) -> String {
    let headers: Vec<String> = headers.iter().map(|header| format!("\"{header}\"")).collect();
    format!("[http]\nproxy_secret = \"0123456789abcdef0123456789abcdef\"\nproxy_sets = {{ forward = [{}] }}", headers.join(", "))
}

fn entry(fingerprint: &str, subject: &str) -> String {
    format!("{{ fingerprint = \"{fingerprint}\", subject = \"{subject}\", groups = [\"machines\"] }}")
}

fn no(code: &'static str) -> Expect {
    refuse(code, "members")
}

fn unknown() -> Expect {
    no("certificate_unknown").www_authenticate("")
}

fn pass(subject: &str) -> Expect {
    allow("members", Identity::client_cert(subject).groups(&["machines"]))
}

pub(super) fn rfc9440() -> File {
    let fingerprint = ALICE.fingerprint().to_uppercase();
    let pairs: Vec<String> = fingerprint.as_bytes().chunks(2).map(|pair| String::from_utf8_lossy(pair).into_owned()).collect();
    let table = format!("[[client_cert]]\nform = \"rfc9440\"\nentries = [{}]", entry(&pairs.join(":"), "alice"));
    let shown = |value: &str| get("/").header("Client-Cert", value).proxy_sets(CLIENT_CERT);
    let (good, other) = (ALICE.rfc9440(), BOB.rfc9440());
    let expired = Session { exp: NOW, ..alice() }.seal();
    File::new(
        "certificates_rfc9440",
        "`Client-Cert` counts where the proxy overwrites it, and is not even read anywhere else.",
        config(&[&session(""), &table, &http(CLIENT_CERT), &rule("open", "/open", "allow = \"anyone\""), MEMBERS]),
    )
    .case("a certificate passes", shown(&good), pass("alice"))
    .case("one that nobody vouches for is not read", get("/").header("Client-Cert", &good), no("credential_missing"))
    .case(
        "one whose header another name vouches for is not read",
        get("/").header("Client-Cert", &good).proxy_sets(XFCC),
        no("credential_missing"),
    )
    .case("an unknown certificate is refused", shown(&other), unknown())
    .case("no certificate is nothing presented", shown(""), no("credential_missing"))
    .case("no header is nothing presented", get("/").proxy_sets(CLIENT_CERT), no("credential_missing"))
    .case("without colons it is refused", shown(good.trim_matches(':')), unknown())
    .case("the alphabet of URLs is refused", shown(&good.replace(['+', '/'], "_")), unknown())
    .case("an empty sequence is refused", shown("::"), unknown())
    .case("a certificate cut short is another", shown(&format!("{}:", &good[..good.len() / 2 / 4 * 4 + 1])), unknown())
    .case("parameters behind it are refused", shown(&format!("{good};a=1")), unknown())
    .case(
        "the same twice is ambiguous: who overwrites sets it once",
        shown(&good).header("Client-Cert", &good),
        no("credential_ambiguous"),
    )
    .case(
        "two different ones are refused",
        shown(&good).header("Client-Cert", &other),
        no("credential_ambiguous").www_authenticate(""),
    )
    .case("the chain is not read", shown(&other).header("Client-Cert-Chain", &good), unknown())
    .case(
        "an unknown one is nobody where anybody may",
        get("/open").header("Client-Cert", &other).proxy_sets(CLIENT_CERT),
        anonymous("open"),
    )
    .case("a good session comes before it", shown(&good).session(&alice().seal()), allow("members", Identity::alice()))
    .case("an expired session falls through to it", shown(&good).session(&expired), pass("alice"))
    .case(
        "a session under an unknown key falls through to it",
        shown(&good).session(&alice().seal_with(KEY_C, COOKIE)),
        pass("alice"),
    )
    .case("a malformed session does not", shown(&good).session("v1.x"), no("session_malformed"))
    .case("an expired session is the reason where there is no certificate", get("/").session(&expired), no("session_expired"))
    .case("a certificate that is refused is the reason, not the session", shown(&other).session(&expired), unknown())
    .case(
        "a revoked subject is refused",
        shown(&good).revocations(json!({ "subjects": [{ "subject": "alice", "before": 1 }] })),
        no("revoked"),
    )
}

pub(super) fn xfcc() -> File {
    let table = format!("[[client_cert]]\nform = \"xfcc\"\nentries = [{}]", entry(&ALICE.fingerprint(), "alice"));
    let shown = |value: String| get("/").header("X-Forwarded-Client-Cert", value).proxy_sets(XFCC);
    let (hash, other) = (ALICE.fingerprint(), BOB.fingerprint());
    let (cert, other_cert) = (ALICE.escaped(), BOB.escaped());
    File::new(
        "certificates_xfcc",
        "Envoy's `X-Forwarded-Client-Cert`: one element, its hash, its certificate, and nothing of the subject.",
        config(&[&table, &http(XFCC), MEMBERS]),
    )
    .case("the hash is enough", shown(format!("Hash={hash}")), pass("alice"))
    .case("keys and digits in either case", shown(format!("HASH={}", hash.to_uppercase())), pass("alice"))
    .case("the certificate is enough", shown(format!("Cert=\"{cert}\"")), pass("alice"))
    .case("both agree", shown(format!("By=spiffe://gate;Hash={hash};Cert=\"{cert}\";Subject=\"CN=x,O=y;z\";URI=")), pass("alice"))
    .case("both differ", shown(format!("Hash={hash};Cert=\"{other_cert}\"")), unknown())
    .case("the hash twice", shown(format!("Hash={hash};Hash={other}")), unknown())
    .case("a subject alone is nobody", shown("Subject=\"CN=alice,O=Example\"".to_owned()), unknown())
    .case("a hash inside a subject is no hash", shown(format!("Subject=\"Hash={hash}\"")), unknown())
    .case("a quote that does not end", shown(format!("Hash=\"{hash}")), unknown())
    .case("a hash cut short", shown(format!("Hash={}", &hash[2..])), unknown())
    .case("an unknown hash", shown(format!("Hash={other}")), unknown())
    .case("several proxies in one header are ambiguous", shown(format!("Hash={other},Hash={hash}")), no("credential_ambiguous"))
    .case(
        "one that nobody vouches for is not read",
        get("/").header("X-Forwarded-Client-Cert", format!("Hash={hash}")),
        no("credential_missing"),
    )
}

pub(super) fn nginx() -> File {
    let by_name = "{ subject_dn = \"CN=bob,O=Example\", subject = \"bob\", groups = [\"machines\"] }";
    let table = format!("[[client_cert]]\nform = \"nginx\"\nentries = [{}, {by_name}]", entry(&ALICE.fingerprint(), "alice"));
    let shown = |verify: &str, cert: &str| -> Question {
        get("/").header("X-SSL-Client-Verify", verify).header("X-SSL-Client-Cert", cert).proxy_sets(NGINX)
    };
    let (cert, by_subject) = (ALICE.escaped(), BOB.escaped());
    File::new(
        "certificates_nginx",
        "nginx's two headers: nothing counts unless it says that it verified the certificate.",
        config(&[&table, &http(NGINX), MEMBERS]),
    )
    .case("a verified certificate passes by its fingerprint", shown("SUCCESS", &cert), pass("alice"))
    .case("a verified certificate passes by its name", shown("SUCCESS", &by_subject), pass("bob"))
    .case("one that failed is refused", shown("FAILED:self-signed certificate", &cert), unknown())
    .case("one that failed is refused whatever the reason says", shown("FAILED:SUCCESS", &cert), unknown())
    .case("the word's case counts", shown("success", &cert), unknown())
    .case("none is nothing presented", shown("NONE", ""), no("credential_missing"))
    .case("none is nothing presented, even with a certificate beside it", shown("NONE", &cert), no("credential_missing"))
    .case("the word alone is nobody", shown("SUCCESS", ""), unknown())
    .case(
        "the certificate alone is nothing presented",
        get("/").header("X-SSL-Client-Cert", &cert).proxy_sets(NGINX),
        no("credential_missing"),
    )
    .case("a broken escape is refused", shown("SUCCESS", &format!("{cert}%4")), unknown())
    .case("two certificates are refused", shown("SUCCESS", &format!("{cert}{by_subject}")), unknown())
    .case(
        "two different words are refused",
        shown("SUCCESS", &cert).header("X-SSL-Client-Verify", "NONE"),
        no("credential_ambiguous"),
    )
    .case(
        "both headers have to be vouched for",
        get("/").header("X-SSL-Client-Verify", "SUCCESS").header("X-SSL-Client-Cert", &cert).proxy_sets(&NGINX[1..]),
        no("credential_missing"),
    )
    .case(
        "one that nobody vouches for is not read",
        get("/").header("X-SSL-Client-Verify", "SUCCESS").header("X-SSL-Client-Cert", &cert),
        no("credential_missing"),
    )
    .case(
        "the name in a header of its own is not read",
        get("/").header("X-SSL-Client-Verify", "SUCCESS").header("X-SSL-Client-S-DN", "CN=bob,O=Example").proxy_sets(NGINX),
        unknown(),
    )
}
