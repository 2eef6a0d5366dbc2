//! Wrong files, and what is said about them.

use super::*;

/// A file that is right, so that each wrong one differs in one thing.
const SESSION: &str = "version = 1\n[session]\nkeys = [\"env:K\"]\nlifetime = \"12h\"\n";
const ISSUER: &str = "version = 1\n[[issuer]]\nissuer = \"https://a.example\"\naudiences = [\"app\"]\nalgorithms = [\"ES256\"]\nkeys = { jwks_url = \"https://a.example/jwks\" }\n";
const TWO_ISSUERS: &str =
    "[[issuer]]\nissuer = \"https://b.example\"\naudiences = [\"app\"]\nalgorithms = [\"ES256\"]\nkeys = { discovery = true }\n";

fn error(text: &str) -> String {
    Config::from_toml(text).unwrap_err().to_string()
}

#[track_caller]
fn refused(text: &str, place: &str, sentence: &str) {
    let message = error(text);
    assert!(message.starts_with(&format!("{place}: ")), "{message}\n{text}");
    assert!(message.contains(sentence), "{message}\n{text}");
}

#[test]
fn syntax_errors_name_line_and_column() {
    refused("version = ", "1:11", "");
    refused("version = 1\n[session", "2:9", "");
    refused("version = 1\nversion = 1\n", "2:1", "duplicate key");
}

#[test]
fn unknown_keys_say_what_was_meant() {
    refused(
        "version = 1\n\n[[rule]]\nid = \"a\"\nalow = \"anyone\"\n",
        "5:1",
        "unknown key `alow` in `[[rule]]`; did you mean `allow`?",
    );
    refused("version = 1\n[sesion]\n", "2:2", "unknown key `sesion` in the file; did you mean `session`?");
    refused("version = 1\nsomething = 2\n", "2:1", "known keys: version");
    refused(&format!("{SESSION}idel = \"1h\"\n"), "5:1", "did you mean `idle`?");
    refused(&ISSUER.replace("audiences", "audience"), "4:1", "unknown key `audience` in `[[issuer]]`; did you mean `audiences`?");
    refused(&ISSUER.replace("audiences = [\"app\"]\n", ""), "2:1", "`[[issuer]]` needs the key `audiences`");
    refused(&format!("{ISSUER}claims = {{ subjekt = \"sub\" }}\n"), "7:12", "did you mean `subject`?");
    refused("version = 1\n[http]\nlisten_on = []\n", "3:1", "did you mean `listen`?");
    refused("version = 1\n[http.proxy_sets]\nverfy = [\"X-Real-IP\"]\n", "3:1", "did you mean `verify`?");
}

#[test]
fn header_of_a_rule_is_one_that_a_proxy_hands_on() {
    let rule = |headers: &str| format!("version = 1\n[[rule]]\nid = \"a\"\nheaders = {{ {headers} }}\ndeny = \"anyone\"\n");
    for name in ["Upgrade", "Connection", "Content-Length", "Transfer-Encoding", "TE", "HTTP2-Settings", "Expect"] {
        refused(&rule(&format!("{name} = [\"a\"]")), "4:11", "belongs to the connection");
    }
    refused(&rule("X-Kind = [\"a\", \"b, c\"]"), "4:11", "`b, c` is a list");
    assert!(Config::from_toml(&rule("X-Kind = [\"a\", \"b c\"]")).is_ok());
}

#[test]
fn address_that_others_can_reach_needs_trusted_peers() {
    refused("version = 1\n[http]\nlisten = [\"10.0.0.1:1\"]\n", "3:10", "needs `trusted_peers`");
    refused("version = 1\n[http]\ngrpc = \"0.0.0.0:1\"\n", "3:8", "needs `trusted_peers`");
    for good in ["grpc = \"127.0.0.1:1\"", "grpc = \"unix:/run/a\"", "grpc = \"0.0.0.0:1\"\ntrusted_peers = [\"10.0.0.1/32\"]"] {
        assert!(Config::from_toml(&format!("version = 1\n[http]\n{good}\n")).is_ok(), "{good}");
    }
}

#[test]
fn the_version_is_required() {
    refused("", "1:1", "the file needs the key `version`");
    refused("version = 2", "1:11", "`version = 1`");
    refused("version = \"1\"", "1:11", "`version = 1`");
}

#[test]
fn sessions_are_checked() {
    refused("version = 1\n[session]\nlifetime = \"1h\"\n", "2:1", "needs the key `keys`");
    refused("version = 1\n[session]\nkeys = []\nlifetime = \"1h\"\n", "3:8", "empty list");
    refused("version = 1\n[session]\nkeys = \"env:K\"\nlifetime = \"1h\"\n", "3:8", "expected an array, found a string");
    refused(&SESSION.replace("12h", "12"), "4:12", "not a duration");
    refused(&SESSION.replace("\"12h\"", "12"), "4:12", "expected a duration such as");
    refused(&SESSION.replace("env:K", "short"), "3:8", "at least 32");
    let key = "hex:0707070707070707070707070707070707070707070707070707070707070707";
    let sealed = SESSION.replace("env:K", key);
    refused(&format!("{sealed}cookie = \"__Host-x\"\ndomain = \"example.com\"\n"), "5:10", "__Host-");
    refused(&format!("{sealed}cookie = \"a b\"\n"), "5:10", "");
}

#[test]
fn issuers_are_checked() {
    refused(&ISSUER.replace("ES256", "none"), "5:15", "`none` is no accepted algorithm");
    refused(&ISSUER.replace("ES256", "ES265"), "5:15", "did you mean `ES256`?");
    refused(&ISSUER.replace("[\"ES256\"]", "[]"), "5:14", "empty list");
    refused(&ISSUER.replace("https://a.example/jwks", "http://a.example/jwks"), "6:21", "`danger_http = true`");
    refused(&ISSUER.replace("https://a.example/jwks", "ftp://a.example/jwks"), "6:21", "neither https nor http");
    refused(&ISSUER.replace("jwks_url", "jwks_uri"), "6:10", "did you mean `jwks_url`?");
    refused(&ISSUER.replace("{ jwks_url = \"https://a.example/jwks\" }", "{}"), "6:8", "exactly one of");
    refused(&ISSUER.replace("ES256", "HS256"), "5:14", "never comes from a URL");
    refused(&format!("{ISSUER}leeway = \"10m\"\n"), "7:10", "not between 0 s and 300 s");
    refused(&format!("{ISSUER}max_token = \"1MiB\"\n"), "7:13", "not a size");
    refused(&format!("{ISSUER}max_token = \"65KiB\"\n"), "7:13", "not between 1 KiB and 64 KiB");
    refused(&format!("{ISSUER}sources = [\"query:t\"]\n"), "7:12", "is no source");
    refused(&format!("{ISSUER}sources = [\"header:Authorization\"]\n"), "7:12", "has another use");
    refused(&format!("{ISSUER}max_age = \"10s\"\n"), "7:11", "below `cooldown`");
    refused(&format!("{ISSUER}dpop = \"always\"\n"), "7:8", "neither \"optional\" nor \"required\"");
    refused(&format!("{ISSUER}dpop_replay = true\n"), "7:15", "expected a string");
    refused(&format!("{ISSUER}dpop = \"required\"\nsources = [\"cookie:t\"]\n"), "2:1", "must have \"bearer\"");
    assert!(Config::from_toml(&format!("{ISSUER}dpop = \"required\"\ndpop_replay = \"refuse\"\n")).is_ok());
    let twice = format!("{ISSUER}{}", ISSUER.replace("version = 1\n", ""));
    refused(&twice, "7:1", "is there twice");
    let secret = ISSUER.replace("{ jwks_url = \"https://a.example/jwks\" }", "{ secret = \"env:S\" }");
    refused(&secret, "5:14", "a secret verifies HS256");
    assert!(Config::from_toml(&secret.replace("ES256", "HS256")).is_ok());
    let short = secret.replace("ES256", "HS256").replace("env:S", "too short");
    refused(&short, "6:19", "");
}

fn rule(text: &str) -> String {
    format!("{SESSION}[[rule]]\n{text}\n")
}

#[test]
fn rules_are_checked() {
    refused(&rule("allow = \"authenticated\""), "5:1", "needs the key `id`");
    refused(&rule("id = \"a\""), "5:1", "needs `allow` or `deny`");
    refused(&rule("id = \"a\"\nallow = \"authenticated\"\ndeny = \"anyone\""), "8:8", "both `allow` and `deny`");
    refused(&rule("id = \"a\"\nallow = \"anyone\""), "7:9", "names no `paths`");
    refused(&rule("id = \"a\"\nallow = \"authenticted\""), "7:9", "did you mean `authenticated`?");
    refused(&rule("id = \"a\"\nallow = {}"), "7:9", "would allow everybody");
    refused(&rule("id = \"a\"\nallow = []"), "7:9", "empty list");
    refused(&rule("id = \"a\"\nallow = { user = [\"x\"] }"), "7:11", "did you mean `users`?");
    refused(&rule("id = \"a\"\nallow = { users = [] }"), "7:19", "empty list");
    refused(&rule("id = \"a\"\nallow = { emails = [\"x\"] }"), "7:21", "no e-mail address");
    refused(&rule("id = \"a\"\nallow = { email_domains = [\"@x.com\"] }"), "7:28", "without `@`");
    refused(&rule("id = \"a\"\nallow = { credentials = [\"jwtt\"] }"), "7:26", "did you mean `jwt`?");
    refused(&rule("id = \"a\"\nallow = { users = [\"x\"], not = { acr = [\"1\"] } }"), "7:40", "no place in `not`");
    refused(&rule("id = \"a\"\nallow = { users = [\"x\"], not = { not = {} } }"), "7:34", "unknown key `not`");
    refused(&rule("id = \"a\"\npaths = [\"admin\"]\nallow = \"anyone\""), "7:10", "must start with `/`");
    refused(&rule("id = \"a\"\npaths = [\"/a*\"]\nallow = \"anyone\""), "7:10", "needs a regular expression");
    refused(&rule("id = \"a\"\nhosts = [\"https://x\"]\nallow = \"authenticated\""), "7:10", "");
    refused(&rule("id = \"a\"\nmethods = [\"get\"]\nallow = \"authenticated\""), "7:12", "did you mean `GET`?");
    refused(&rule("id = \"a\"\nnetworks = [\"10.0.0.1/8\"]\nallow = \"authenticated\""), "7:13", "");
    refused(&rule("id = \"a\"\naccept = [\"dots\"]\nallow = \"authenticated\""), "7:11", "no form of path");
    refused(&rule("id = \"a\"\ncase = \"lower\"\nallow = \"authenticated\""), "7:8", "insensitive");
    refused(&rule("id = \"a\"\ndeny = \"everyone\""), "7:8", "write `deny = \"anyone\"`");
    refused(
        &rule("id = \"a\"\nallow = \"authenticated\"\n[[rule]]\nid = \"a\"\nallow = \"authenticated\""),
        "8:1",
        "is there twice",
    );
    refused("version = 1\n[[rule]]\nid = \"a\"\nallow = \"authenticated\"\n", "4:9", "configures no credential");
}

#[test]
fn a_name_says_whose_it_is_when_several_could_say_it() {
    let with = |allow: &str| format!("{ISSUER}{}[[rule]]\nid = \"a\"\nallow = {allow}\n", SESSION.replace("version = 1\n", ""));
    assert!(error(&with("{ groups = [\"admins\"] }")).contains("means nothing until the table says whose"));
    assert!(error(&with("{ not = { users = [\"x\"] } }")).contains("whose"));
    for right in [
        "{ groups = [\"a\"], issuers = [\"https://a.example\"] }",
        "{ groups = [\"a\"], credentials = [\"session\"] }",
        "{ acr = [\"1\"] }",
    ] {
        assert!(Config::from_toml(&with(right)).is_ok(), "{right}");
    }
    let several = |allow: &str| with(allow) + TWO_ISSUERS;
    let message = error(&several("{ groups = [\"a\"], credentials = [\"jwt\"] }"));
    assert!(message.contains("several issuers could say it; add `issuers = [\"https://a.example\"]`"), "{message}");
    assert!(error(&several("{ groups = [\"a\"], credentials = [\"session\"] }")).contains("several issuers"));
    assert!(Config::from_toml(&several("{ groups = [\"a\"], issuers = [\"https://b.example\"] }")).is_ok());
    let misspelt = error(&with("{ groups = [\"a\"], issuers = [\"https://a.exmaple\"] }"));
    assert!(misspelt.contains("rule `a`: unknown issuer `https://a.exmaple`; did you mean `https://a.example`?"), "{misspelt}");
    let single = format!("{ISSUER}[[rule]]\nid = \"a\"\nallow = {{ groups = [\"admins\"] }}\n");
    assert!(Config::from_toml(&single).is_ok(), "one source needs no name");
}

#[test]
fn identity_headers_are_safe_names() {
    for (header, sentence) in [
        ("Set-Cookie", "meaning of its own"),
        ("Location", "meaning of its own"),
        ("Content-Type", "meaning of its own"),
        ("X-Accel-Redirect", "meaning of its own"),
        ("X-Forwarded-For", "meaning of its own"),
        ("Connection", "meaning of its own"),
        ("X_User", "no safe header name"),
        ("X User", "no safe header name"),
    ] {
        let message = error(&format!("version = 1\n[identity_headers]\n\"{header}\" = \"subject\"\n"));
        assert!(message.starts_with("3:1: ") && message.contains(sentence), "{message}");
    }
    refused("version = 1\n[identity_headers]\nX-User = \"subject\"\nx-user = \"email\"\n", "4:1", "is there twice");
    refused("version = 1\n[identity_headers]\nX-User = \"sub\"\n", "3:10", "write claims.<path> or one of subject");
    refused("version = 1\n[identity_headers]\nX-User = \"claims.a..b\"\n", "3:10", "claim path");
}

#[test]
fn the_adapter_is_closed_by_default() {
    refused("version = 1\n[http]\nlisten = [\"0.0.0.0:4180\"]\n", "3:10", "needs `trusted_peers`");
    assert!(Config::from_toml("version = 1\n[http]\nlisten = [\"0.0.0.0:4180\"]\ntrusted_peers = [\"10.0.0.5/32\"]\n").is_ok());
    refused("version = 1\n[http]\nlisten = [\"localhost:80\"]\n", "3:11", "is no address");
    refused("version = 1\n[http]\nlisten = [\"unix:/x?mode=9\"]\n", "3:11", "is no unix socket");
    refused("version = 1\n[http]\ntls_cert = \"a.pem\"\n", "3:12", "come together");
    refused("version = 1\n[http]\ntimeout = \"2m\"\n", "3:11", "not between 1 s and 60 s");
    refused("version = 1\n[http.proxy_sets]\nverify = [\"X-Real-IP\", \"X-Forwarded-For\"]\n", "3:10", "not both");
    refused("version = 1\n[http.proxy_sets]\nverify = [\"X-User\"]\n", "3:11", "no optional header");
}

#[test]
fn tests_of_the_file_are_checked() {
    let test = |text: &str| format!("version = 1\n[[test]]\n{text}\n");
    refused(&test("name = \"a\"\nrequest = \"GET /\"\nexpect = { status = 200 }"), "4:11", "a method and an absolute URL");
    refused(&test("name = \"a\"\nrequest = \"GET https://x/\"\nexpect = {}"), "5:10", "at least one");
    refused(&test("name = \"a\"\nrequest = \"GET https://x/\"\nexpect = { status = 302 }"), "5:21", "200, 401, 403 or 503");
}

#[test]
fn references_are_read_once_and_blamed_at_their_place() {
    let config = Config::from_toml(SESSION).unwrap();
    assert_eq!(config.references().map(ToString::to_string).collect::<Vec<_>>(), ["env:K"]);
    assert!(config.require_resolved().unwrap_err().to_string().starts_with("3:9: `env:K` has not been read"));
    let mut asked = 0;
    let resolved = config.clone().resolve(|_| {
        asked += 1;
        Ok(b"0123456789abcdef0123456789abcdef".to_vec())
    });
    assert!(resolved.unwrap().require_resolved().is_ok());
    assert_eq!(asked, 1);
    let missing = config.clone().resolve(|_| Err("the environment variable `K` is not set".to_owned())).unwrap_err();
    assert_eq!(missing.to_string(), "3:9: the environment variable `K` is not set");
    assert!(config.resolve(|_| Ok(b"short".to_vec())).unwrap_err().to_string().starts_with("3:8: "));
}

#[test]
fn settings_of_the_environment_are_checked_like_the_file() {
    let config = || Config::from_toml("version = 1\n[http]\nlisten = [\"127.0.0.1:1\"]\n").unwrap();
    assert_eq!(config().override_http("timeout", "3s").unwrap().http().timeout, 3);
    assert_eq!(config().override_http("max_connections", "7").unwrap().http().max_connections, 7);
    assert_eq!(config().override_http("listen", "127.0.0.1:2, [::1]:2").unwrap().http().listen, ["127.0.0.1:2", "[::1]:2"]);
    let wrong = config().override_http("timeout", "soon").unwrap_err().to_string();
    assert!(wrong.starts_with("GATEWRIGHT_HTTP_TIMEOUT: `soon` is not a duration"), "{wrong}");
    assert!(config().override_http("tiemout", "3s").unwrap_err().to_string().contains("did you mean `TIMEOUT`?"));
}

#[test]
fn a_value_of_the_same_shape_reads_like_the_file() {
    let value = serde_json::json!({
        "version": 1,
        "session": { "keys": ["env:K"], "lifetime": "12h" },
        "rule": [{ "id": "a", "alow": "anyone" }],
    });
    assert_eq!(
        Config::from_json(&value).unwrap_err().to_string(),
        "rule[0].alow: unknown key `alow` in `[[rule]]`; did you mean `allow`?"
    );
}

#[test]
fn warnings_point_at_their_place() {
    let said =
        |text: &str| -> Vec<String> { Config::from_toml(text).unwrap().warnings().iter().map(ToString::to_string).collect() };
    let literal =
        SESSION.replace("env:K", "0123456789abcdef0123456789abcdef") + "[[rule]]\nid = \"a\"\nallow = \"authenticated\"\n";
    assert_eq!(said(&literal), ["3:9: a secret stands in the file; write `env:NAME` or `file:PATH`"]);
    assert!(said("version = 1\n")[0].contains("every request is forbidden"));
    let covered = rule("id = \"a\"\nallow = \"authenticated\"\n[[rule]]\nid = \"b\"\npaths = [\"/x\"]\ndeny = \"anyone\"");
    assert!(said(&covered)[0].starts_with("8:1: rule `b` can never match: `a` comes first"), "{:?}", said(&covered));
    let networks = rule("id = \"a\"\nnetworks = [\"10.0.0.0/8\"]\nallow = \"authenticated\"");
    assert!(said(&networks)[0].contains("needs the client's address"), "{:?}", said(&networks));
    let open = rule(
        "id = \"a\"\npaths = [\"/x/**\"]\nmethods = [\"GET\"]\nallow = \"anyone\"\n[[rule]]\nid = \"b\"\npaths = [\"/x/y\"]\nallow = { users = [\"u\"] }",
    );
    assert!(said(&open)[0].contains("rule `a` allows anyone on paths that rule `b` keeps for some"), "{:?}", said(&open));
    let clean = rule("id = \"a\"\npaths = [\"/x/**\"]\nallow = \"authenticated\"\n[[rule]]\nid = \"b\"\ndeny = \"anyone\"");
    assert!(said(&clean).is_empty(), "{:?}", said(&clean));
}

proptest::proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in "(version = 1\n)?[\\[\\]a-z=\"{}, \n0-9é]{0,80}") {
        let _ = Config::from_toml(&text).map_err(|error| error.render("x"));
    }
}

const ALICE: &str = "alice:$2b$04$xPcmM9vdqLbpoORXbhCHYOfyXMXawPau/s46rD3AI7zajaqSk28GS";
const DIGEST: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

#[test]
fn password_files_are_checked_line_by_line() {
    let file = |text: &str| format!("version = 1\n[[basic]]\nhtpasswd = \"file:users\"\n{text}");
    let resolved = |htpasswd: &str, groups: &str| {
        let config = Config::from_toml(&file("groups_file = \"groups\"\n")).unwrap();
        config.resolve(|reference| Ok(if reference.to_string() == "file:users" { htpasswd } else { groups }.as_bytes().to_vec()))
    };
    assert!(resolved(ALICE, "staff: alice").unwrap().passwords.unwrap().account("alice", 0).is_some());
    let error = resolved("alice:secret", "").unwrap_err().to_string();
    assert!(error.starts_with("3:12: users: line 1: user `alice`") && !error.contains("secret"), "{error}");
    assert!(resolved(ALICE, "staff").unwrap_err().to_string().contains("4:15: groups: line 1: write `group: user user`"));
    assert!(resolved("", "").is_ok(), "nobody");
    let warned = resolved(ALICE, "staff: bob").unwrap();
    assert!(warned.warnings().iter().any(|warning| warning.message().contains("`bob`")), "{:?}", warned.warnings());
    refused(&file("users = 1\n"), "4:1", "known keys");
    refused("version = 1\n[[basic]]\n", "2:1", "needs the key `htpasswd`");
    let literal = Config::from_toml(&format!("version = 1\n[[basic]]\nhtpasswd = \"{ALICE}\"\n")).unwrap();
    assert!(literal.warnings().iter().any(|warning| warning.message().contains("`file:PATH`")));
    let twice = format!("version = 1\n[[basic]]\nhtpasswd = \"{ALICE}\"\n[[basic]]\nhtpasswd = \"{ALICE}\"\n");
    refused(&twice, "5:12", "user `alice` is there twice");
}

fn api_key(entry: &str) -> String {
    format!("version = 1\n[[api_key]]\nheader = \"X-Api-Key\"\nentries = [{{ {entry} }}]\n")
}

#[test]
fn api_keys_are_checked() {
    let good = format!("id = \"ci\", sha256 = \"{DIGEST}\", subject = \"ci-bot\"");
    assert!(Config::from_toml(&api_key(&good)).is_ok());
    for moment in ["1767225600", "2026-12-31T23:59:59Z", "\"2026-12-31T23:59:59+01:00\""] {
        assert!(Config::from_toml(&api_key(&format!("{good}, expires = {moment}"))).is_ok(), "{moment}");
    }
    refused(&api_key(&format!("{good}, expires = 2026-12-31")), "4:132", "such as 2026-12-31T23:59:59Z");
    refused(&api_key(&format!("{good}, expires = \"soon\"")), "4:132", "such as 2026-12-31T23:59:59Z");
    refused(&api_key(&good.replace(DIGEST, "secret")), "4:34", "SHA-256");
    refused(&api_key(&good.replace("ci-bot", "")), "4:112", "is empty");
    refused(&api_key(&good.replace("subject", "subjekt")), "4:102", "did you mean `subject`?");
    refused(&api_key(&good.replace("subject", "who")), "4:12", "needs the key `subject`");
    let other = good.replace("\"ci\"", "\"cd\"");
    refused(&api_key(&format!("{good} }}, {{ {other}")), "4:124", "this hash is there twice");
    let same_id = good.replace("9f86", "0000");
    refused(&api_key(&format!("{good} }}, {{ {same_id}")), "4:11", "the key `ci` is there twice");
    refused(&api_key(&good).replace("X-Api-Key", "Authorization"), "3:10", "has another use");
    refused(&api_key(&good).replace("X-Api-Key", "X Api Key"), "3:10", "is no header name");
}

#[test]
fn a_file_of_entries_is_pointed_into() {
    let config = "version = 1\n[[api_key]]\nheader = \"X-Api-Key\"\nentries = \"file:api-keys.toml\"\n";
    let resolved = |text: &str| Config::from_toml(config).unwrap().resolve(|_| Ok(text.as_bytes().to_vec()));
    let good = format!("[[key]]\nid = \"ci\"\nsha256 = \"{DIGEST}\"\nsubject = \"ci-bot\"\n");
    assert!(resolved(&good).is_ok());
    assert!(resolved("# nobody yet\n").is_ok());
    for (text, sentence) in [
        (
            good.replace("subject", "subjct"),
            "4:11: api-keys.toml:4:1: unknown key `subjct` in `[[key]]`; did you mean `subject`?",
        ),
        (good.replace("\"ci\"", "7"), "4:11: api-keys.toml:2:6: expected a string"),
        (
            good.replace("[[key]]", "[[keys]]"),
            "4:11: api-keys.toml:1:3: unknown key `keys` in the file of entries; did you mean `key`?",
        ),
        (good.replace("[[key]]", "[key]"), "4:11: api-keys.toml:1:1: write `[[key]]`, with two brackets"),
        ("[[key]".to_owned(), "4:11: api-keys.toml:1:"),
    ] {
        let error = resolved(&text).unwrap_err().to_string();
        assert!(error.starts_with(sentence), "{error}");
    }
}

fn client_cert(form: &str, entry: &str) -> String {
    format!("version = 1\n[[client_cert]]\nform = \"{form}\"\nentries = [{{ {entry} }}]\n")
}

#[test]
fn certificates_are_checked() {
    let fingerprint = format!("fingerprint = \"{DIGEST}\", subject = \"alice\"");
    let colons =
        DIGEST.to_uppercase().as_bytes().chunks(2).map(|pair| str::from_utf8(pair).unwrap()).collect::<Vec<_>>().join(":");
    for entry in [&fingerprint, &fingerprint.replace(DIGEST, &colons), &fingerprint.replace(DIGEST, &format!("sha256:{DIGEST}"))]
    {
        assert!(Config::from_toml(&client_cert("xfcc", entry)).is_ok(), "{entry}");
    }
    let openssl = format!("sha256 Fingerprint={colons}");
    assert!(Config::from_toml(&client_cert("xfcc", &fingerprint.replace(DIGEST, &openssl))).is_ok());
    let named = |name: &str| client_cert("nginx", &format!("subject_dn = '{name}'"));
    for name in ["CN=alice,O=Example", "CN=a+UID=7,O=Example\\, Inc.", "CN=a = b", "1.2.3=#04", "CN=\\ a"] {
        assert!(Config::from_toml(&named(name)).is_ok(), "{name}");
    }
    for name in
        ["", "alice", "subject=CN=alice", "/O=Example/CN=alice", "CN=alice, O=Example", "CN = alice", "CN= alice", "CN=a,"]
    {
        refused(&named(name), "4:27", "as nginx writes it");
    }
    refused(&client_cert("nginks", &fingerprint), "3:8", "did you mean `nginx`?");
    refused(&client_cert("xfcc", "subject_dn = \"CN=alice\""), "4:27", "only with `form = \"nginx\"`");
    refused(&client_cert("rfc9440", "subject = \"alice\""), "4:12", "either `fingerprint` or `subject_dn`");
    refused(&client_cert("rfc9440", &format!("fingerprint = \"{DIGEST}\"")), "4:12", "needs the `subject`");
    refused(&client_cert("rfc9440", "fingerprint = \"aa:bb\", subject = \"a\""), "4:28", "64 hexadecimal digits");
    let twice = format!("{fingerprint} }}, {{ {fingerprint}");
    refused(&client_cert("rfc9440", &twice), "4:133", "there twice");
}

#[test]
fn certificate_headers_nobody_vouches_for_are_warned_of() {
    let file = client_cert("nginx", "subject_dn = \"CN=alice\"");
    let warnings = |http: &str| {
        let config = Config::from_toml(&format!("{file}[http]\n{http}")).unwrap();
        config.warnings().iter().map(|warning| warning.message().to_owned()).collect::<Vec<_>>().join("\n")
    };
    assert!(warnings("").contains("no certificate will be read") && warnings("").contains("over a unix socket"));
    let sets = "proxy_sets = { verify = [\"X-SSL-Client-Verify\", \"X-SSL-Client-Cert\"] }\n";
    let complete = warnings(&format!("{sets}listen = [\"unix:/run/g.sock\"]\n"));
    assert!(!complete.contains("certificate"), "{complete}");
    refused(
        &format!("{file}[http]\nproxy_sets = {{ verify = [\"X-SSL-Client-Cert\"] }}\n"),
        "6:25",
        "only if the proxy sets `x-ssl-client-verify` as well",
    );
}

#[test]
fn a_name_needs_to_say_whose_among_several_kinds() {
    let two = format!("{SESSION}[[basic]]\nhtpasswd = \"{ALICE}\"\n");
    let rule = |allow: &str| format!("{two}[[rule]]\nid = \"a\"\nallow = {allow}\n");
    refused(&rule("{ users = [\"alice\"] }"), "9:9", "`credentials = [\"basic\"]` or [\"session\"]");
    assert!(Config::from_toml(&rule("{ users = [\"alice\"], credentials = [\"basic\"] }")).is_ok());
    assert!(Config::from_toml(&rule("{ users = [\"alice\"], credentials = [\"basic\", \"session\"] }")).is_ok());
    let several = rule("{ users = [\"alice\"], credentials = [\"basic\"] }")
        .replace("[[rule]]", &format!("[[basic]]\nhtpasswd = \"{}\"\n[[rule]]", ALICE.replace("alice", "bob")));
    refused(&several, "11:9", "several [[basic]] could say it");
}

/// A `[[biscuit]]` with these keys, as TOML, and further lines.
fn biscuit(keys: &str, lines: &str) -> String {
    format!("version = 1\n[[biscuit]]\npublic_keys = [{keys}]\nidentity = {{ subject = \"data($u) <- user($u)\" }}\n{lines}\n")
}

#[test]
fn biscuits_are_checked() {
    let key = "ed25519/acdd6d5b53bfee478bf689f8e012fe7988bf755e3d7c5152947abc149bc20189";
    let quoted = format!("\"{key}\"");
    let with_id = |id: u64| format!("{{ id = {id}, key = {quoted} }}");
    assert!(Config::from_toml(&biscuit(&format!("{}, {}", with_id(1), with_id(2)), "policy = \"\"")).is_ok());

    refused(&biscuit("\"abc\"", ""), "3:16", "expected a public key such as `ed25519/");
    refused(&biscuit("\"ed25519/abcd\"", ""), "3:16", "the key cannot be used");
    let private = biscuit(&quoted.replace("ed25519/", "ed25519-private/"), "");
    refused(&private, "3:16", "this is a private key, which belongs elsewhere; write its public half: `ed25519/");
    let shown = Config::from_toml(&private).unwrap_err().render("gatewright.toml");
    assert!(shown.contains("3 | public_keys = […\n") && !shown.contains("-private"), "{shown}");
    refused(&biscuit(&format!("{{ key = {quoted} }}"), ""), "3:16", "needs the key `id`");
    refused(&biscuit(&with_id(4_294_967_296), ""), "3:23", "is not between 0 and 4294967295");
    refused(&biscuit(&format!("{quoted}, {}", with_id(1)), ""), "3:15", "each needs an id");
    refused(&biscuit(&format!("{0}, {0}", with_id(7)), ""), "3:15", "have the id 7");
    let twice = format!("{}{}", biscuit(&quoted, ""), biscuit(&quoted, "").replace("version = 1\n", ""));
    refused(&twice, "7:15", "several keys for one source");
    let apart = biscuit(&quoted, "sources = [\"cookie:t\"]").replace("version = 1\n", "");
    assert!(Config::from_toml(&format!("{}{apart}", biscuit(&quoted, ""))).is_ok(), "each has its own source");

    let query = |query: &str| biscuit(&quoted, "").replace("data($u) <- user($u)", query);
    refused(&query("user"), "4:24", "this is no query");
    refused(&query("data($u) <- user($u); p(1)"), "4:24", "it is not one rule");
    refused(&query("data($u) <- user($u, {x})"), "4:24", "a `{parameter}` has no value here");
    refused(&query("data($u) <- user($v)"), "4:24", "");
    refused(&query("data($u, $v) <- user($u, $v)"), "4:24", "a query gives one term");
    refused(&query("data($u) <- user($u) trusting previous"), "4:24", "leave `trusting …` out");
    refused(&biscuit(&quoted, "").replace("subject", "subjekt"), "4:14", "did you mean `subject`?");
    refused(
        &biscuit(&quoted, "policy = \"\"\"\nallow if true;\n allow of\"\"\""),
        "5:10",
        "line 2, column 2: cannot be read from `allow of` on",
    );
    refused(&biscuit(&quoted, "policy = \"allow if p(1) trusting ed25519/abcd\""), "5:10", "cannot be used");
    refused(&biscuit(&quoted, "policy = \"allow if p([{x}])\""), "5:10", "a `{parameter}` has no value here");
    let costly = (0..40).map(|at| format!("p({at});")).collect::<String>() + "allow if p($a), p($b), p($c), p($d);";
    refused(&biscuit(&quoted, &format!("policy = '{costly}'")), "5:10", "evaluating could take");
    refused(&biscuit(&quoted, "max_token = \"65KiB\""), "5:13", "is not between 1 KiB and 64 KiB");
}

#[test]
fn assertions_are_checked() {
    let pem = "-----BEGIN PRIVATE KEY-----\\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\\n-----END PRIVATE KEY-----\\n";
    let file = |header: &str, keys: &str, lines: &str| {
        format!(
            "{SESSION}[identity_headers]\nX-User = \"subject\"\n[assertion]\nheader = \"{header}\"\nkeys = [{keys}]\n{lines}\n"
        )
    };
    let quoted = format!("\"{pem}\"");
    let good =
        Config::from_toml(&file("X-Assertion", &quoted, "lifetime = \"60s\"\naudience = \"host\"\nissuer = \"me\"")).unwrap();
    assert!(good.warnings().iter().any(|warning| warning.message().contains("file:")), "a key in the file is warned of");
    refused(&file("x-user", &quoted, ""), "8:10", "is one of the [identity_headers]");
    refused(&file("Set-Cookie", &quoted, ""), "8:10", "has a meaning of its own");
    refused(&file("X-Assertion", "", ""), "9:8", "an empty list");
    refused(&file("X-Assertion", "\"abc\"", ""), "9:9", "no PEM block");
    refused(&file("X-Assertion", &format!("{quoted}, {quoted}"), ""), "9:8", "is there twice");
    refused(&file("X-Assertion", &quoted, "lifetime = \"1h\""), "10:12", "is not between 1 s and 600 s");
    refused(&file("X-Assertion", &quoted, "audience = \"\""), "10:12", "expected \"host\"");
    refused(&file("X-Assertion", &quoted, "issuer = \"\""), "10:10", "the issuer is empty");
    refused(&file("X-Assertion", &quoted, "audiences = [\"a\"]"), "10:1", "did you mean `audience`?");
    let unread = Config::from_toml(&file("X-Assertion", "\"file:assertion.pem\"", "")).unwrap();
    assert!(unread.references().any(|reference| reference.to_string() == "file:assertion.pem"));
    assert!(unread.require_resolved().is_err());
}

#[test]
fn secrets_in_the_file_are_never_shown() {
    let secret = "short-secret";
    for text in [
        format!("version = 1\n[session]\nkeys = [\"{secret}\"]\n"),
        format!("version = 1\n[http]\nproxy_secret = \"{secret}\"\n"),
        format!("version = 1\n[http]\nproxy_secret = \"{secret} with spaces\"\n"),
        format!("version = 1\n[session]\nkeys = [\"hex:{secret}\"]\n"),
        format!("version = 1\n[[basic]]\nhtpasswd = \"alice:{secret}\"\n"),
    ] {
        let shown = Config::from_toml(&text).unwrap_err().render("gatewright.toml");
        assert!(shown.contains("3 | ") && !shown.contains(secret), "{shown}");
    }
    let sound = Config::from_toml(&format!("version = 1\n[session]\nkeys = [\"{secret}-of-more-than-32-bytes\"]\n")).unwrap();
    let warned: String = sound.warnings().iter().map(|warning| warning.render("gatewright.toml")).collect();
    assert!(warned.contains("a secret stands in the file") && !warned.contains(secret), "{warned}");
    let printed = format!("{sound:?}");
    assert!(printed.contains("keys") && !printed.contains(secret), "{printed}");
}

#[test]
fn what_no_credential_can_say_is_warned_of() {
    let step_up = |lines: &str| format!("version = 1\n{lines}[[rule]]\nid = \"a\"\nallow = {{ amr = [\"otp\"] }}\n");
    let passwords = Config::from_toml(&step_up(&format!("[[basic]]\nhtpasswd = \"{ALICE}\"\n"))).unwrap();
    assert!(passwords.warnings().iter().any(|warning| warning.message().contains("it refuses everybody")));
    let sessions = Config::from_toml(&step_up("[session]\nkeys = [\"0123456789abcdef0123456789abcdef\"]\n")).unwrap();
    assert!(!sessions.warnings().iter().any(|warning| warning.message().contains("it refuses everybody")));
}

#[test]
fn what_the_proxy_has_to_do_is_a_note_and_no_warning() {
    let idle =
        Config::from_toml("version = 1\n[session]\nkeys = [\"0123456789abcdef0123456789abcdef\"]\nidle = \"1h\"\n").unwrap();
    assert_eq!(idle.notes().len(), 1, "{:?}", idle.notes());
    assert!(idle.notes()[0].message().contains("auth_request_set"));
    assert!(!idle.warnings().iter().any(|warning| warning.message().contains("auth_request_set")));
}

#[test]
fn a_target_names_no_header_that_says_who_the_client_is() {
    for header in [
        "X-Real-IP",
        "X-Forwarded-For",
        "x-forwarded-proto",
        "Authorization",
        "Cookie",
        "Client-Cert",
        "X-SSL-Client-Verify",
        "Forwarded",
    ] {
        let text = rule(&format!("id = \"a\"\npaths = [\"/x\"]\nheaders = {{ {header} = [\"x\"] }}\nallow = \"anyone\""));
        assert!(error(&text).contains("anybody can send"), "{header}: {}", error(&text));
        let text = api_key(&format!("id = \"ci\", sha256 = \"{DIGEST}\", subject = \"ci-bot\"")).replace("X-Api-Key", header);
        assert!(error(&text).contains("has another use"), "{header}: {}", error(&text));
    }
}

#[test]
fn claims_that_ask_for_nothing_are_refused() {
    for claims in ["{ dept = {} }", "{ dept = { name = {} } }"] {
        let text = rule(&format!("id = \"a\"\nallow = {{ claims = {claims} }}"));
        assert!(error(&text).contains("is empty, which asks for nothing"), "{}", error(&text));
    }
}

#[test]
fn listeners_that_trust_too_many_are_warned_of() {
    let warned = |http: &str, sentence: &str| {
        let text = rule("id = \"a\"\npaths = [\"/x\"]\nallow = \"anyone\"");
        let config = Config::from_toml(&format!("{text}\n[http]\n{http}\n")).unwrap();
        config.warnings().iter().any(|warning| warning.message().contains(sentence))
    };
    for peers in ["0.0.0.0/0", "::/0"] {
        let http = format!("listen = [\"0.0.0.0:1\"]\ntrusted_peers = [\"{peers}\"]");
        assert!(warned(&http, "names everybody"), "{peers}");
    }
    assert!(!warned("listen = [\"0.0.0.0:1\"]\ntrusted_peers = [\"10.0.0.5/32\"]", "names everybody"));
    assert!(warned("admin = \"0.0.0.0:4181\"", "reached from other machines"));
    assert!(!warned("admin = \"127.0.0.1:4181\"", "reached from other machines"));
    let socket = |listen: &str| {
        let entry = format!("fingerprint = \"{DIGEST}\", subject = \"alice\"");
        let config = Config::from_toml(&format!("{}\n[http]\nlisten = [\"{listen}\"]\n", client_cert("xfcc", &entry))).unwrap();
        config.warnings().iter().any(|warning| warning.message().contains("write `mode=0660`"))
    };
    assert!(socket("unix:/run/gate.sock?mode=0666"));
    assert!(!socket("unix:/run/gate.sock?mode=0660"));
    assert!(!socket("unix:/run/gate2"), "the digit is the name's");
}
