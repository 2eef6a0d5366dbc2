//! The command line as its users meet it: the binary, its exit codes, what it prints and what it keeps to itself.

#[expect(dead_code, reason = "no file of tests needs every helper")]
mod support;

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use support::command_line::{KEY, Place, Ran};

const POLICY: &str = r#"
version = 1

[session]
keys = ["file:session.key"]
lifetime = "12h"

[identity_headers]
X-User = "subject"

[[rule]]
id = "admin"
hosts = ["app.example.com"]
paths = ["/admin/**"]
allow = { groups = ["admins"] }

[[rule]]
id = "members"
hosts = ["app.example.com"]
allow = "authenticated"

[[test]]
name = "staff may not enter admin"
request = "GET https://app.example.com/admin/"
as = { subject = "bob", groups = ["staff"], credential = "session" }
expect = { status = 403, rule = "admin", code = "identity_not_allowed" }
"#;
#[test]
fn check_of_a_right_policy_passes_and_counts_its_tests() {
    let ran = Place::new(POLICY).run(&["check", "gatewright.toml"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{ran:?}");
    assert!(ran.out.contains("1 test, 0 failed"), "{ran:?}");
}

#[test]
fn check_points_at_a_misspelt_key_and_says_what_to_write() {
    let ran = Place::new(&POLICY.replace("allow = \"auth", "alow = \"auth")).run(&["check", "gatewright.toml"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    let line = POLICY.lines().position(|line| line.starts_with("allow = \"auth")).unwrap() + 1;
    assert!(ran.err.contains(&format!("gatewright.toml:{line}:")), "{ran:?}");
    assert!(ran.err.contains("`alow`") && ran.err.contains("`allow`") && ran.err.contains('^'), "{ran:?}");
}

#[test]
fn check_names_the_variable_that_is_missing() {
    let place = Place::new(&POLICY.replace("file:session.key", "env:GATEWRIGHT_MISSING"));
    let ran = place.run(&["check", "gatewright.toml"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.err.contains("GATEWRIGHT_MISSING"), "{ran:?}");
}

#[test]
fn check_warns_of_a_secret_in_the_file_and_strict_makes_it_fail() {
    let place = Place::new(&POLICY.replace("file:session.key", KEY));
    let ran = place.run(&["check", "gatewright.toml"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.contains("warning: gatewright.toml:5:"), "{ran:?}");
    assert!(!ran.out.contains(KEY), "{ran:?}");
    assert_eq!(place.run(&["check", "--strict", "gatewright.toml"]).code, 1);
}

#[test]
fn check_fails_with_a_test_of_the_file_and_shows_the_way_of_the_decision() {
    let ran = Place::new(&POLICY.replace("status = 403", "status = 200")).run(&["check", "gatewright.toml"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.out.contains("test `staff may not enter admin`") && ran.out.contains("`admin`"), "{ran:?}");
}

#[test]
fn check_as_json_has_the_place_of_the_error() {
    let ran = Place::new(&POLICY.replace("allow = \"auth", "alow = \"auth")).run(&["check", "--json", "gatewright.toml"]);
    let answer = ran.json();
    assert_eq!((ran.code, &answer["ok"]), (1, &false.into()));
    assert!(answer["error"]["line"].is_u64() && answer["error"]["message"].as_str().unwrap().contains("alow"), "{answer}");
}

#[test]
fn check_reads_the_list_of_revocations() {
    let place = Place::new(&format!("{POLICY}\n[revocations]\nfile = \"revocations.json\"\n"));
    for (list, sentence) in
        [(None, "revocations.json"), (Some("[]"), "expected an object"), (Some("{ \"session\": [] }"), "unknown field `session`")]
    {
        if let Some(list) = list {
            place.write("revocations.json", list);
        }
        let ran = place.run(&["check", "gatewright.toml"]);
        assert!(ran.code == 1 && ran.err.contains("the list of revocations") && ran.err.contains(sentence), "{ran:?}");
        let json = place.run(&["check", "--json", "gatewright.toml"]).json();
        assert!(json["error"]["message"].as_str().unwrap().contains(sentence), "{json}");
    }
    place.write("revocations.json", "{}");
    assert_eq!(place.run(&["check", "gatewright.toml"]).code, 0);
}

#[test]
fn check_notes_what_the_proxy_has_to_do_and_strict_lets_it_pass() {
    let place = Place::new(&POLICY.replace("lifetime = \"12h\"", "lifetime = \"12h\"\nidle = \"1h\""));
    let ran = place.run(&["check", "--strict", "gatewright.toml"]);
    assert!(ran.code == 0 && ran.out.contains("note: gatewright.toml:") && ran.out.contains("auth_request_set"), "{ran:?}");
}

#[test]
fn decide_tells_which_credentials_nobody_reads() {
    let form = "[[client_cert]]\nform = \"rfc9440\"\nentries = []\n";
    let rules = POLICY.replace("{ groups = [\"admins\"] }", "{ groups = [\"admins\"], credentials = [\"session\"] }");
    let place = Place::new(&format!("{rules}\n{form}"));
    let asked = ["decide", "--header", "Authorization: Bearer e30.e30.AAAA", "--header", "Client-Cert: :AAAA:"];
    let url = "https://app.example.com/";
    let ran = place.run(&[&asked[..], &[url]].concat());
    assert!(ran.code == 10, "{ran:?}");
    assert!(ran.out.contains("ignored     `authorization`: the file has no [[issuer]]"), "{ran:?}");
    assert!(ran.out.contains("ignored     `client-cert`: nobody vouches"), "{ran:?}");
    let vouched = place.run(&[&asked[..], &["--proxy-sets", "Client-Cert", url]].concat());
    assert!(vouched.out.contains("certificate_unknown") && !vouched.out.contains("nobody vouches"), "{vouched:?}");
    let misspelt = place.run(&[&asked[..], &["--proxy-sets", "Client-Certificate", url]].concat());
    assert!(misspelt.code == 2 && misspelt.err.contains("write some of client-cert"), "{misspelt:?}");
}

#[test]
fn check_of_a_file_that_is_not_there_is_a_usage_error() {
    let ran = Place::new(POLICY).run(&["check", "missing.toml"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("missing.toml"), "{ran:?}");
}

#[test]
fn the_exit_code_of_decide_is_the_outcome() {
    let place = Place::new(POLICY);
    let cookie = format!("Cookie: __Host-gatewright={}", place.mint(&["--subject", "bob", "--group", "staff"]));
    let decide = |arguments: &[&str]| place.run(&[&["decide"], arguments].concat()).code;
    assert_eq!(decide(&["--header", &cookie, "https://app.example.com/"]), 0);
    assert_eq!(decide(&["https://app.example.com/"]), 10);
    assert_eq!(decide(&["--header", &cookie, "https://app.example.com/admin/"]), 11);
    assert_eq!(decide(&["https://other.example.com/"]), 11);
    assert_eq!(decide(&["app.example.com/"]), 2);
    assert_eq!(decide(&["--config", "missing.toml", "https://app.example.com/"]), 2);
    assert_eq!(decide(&["--client", "nowhere", "https://app.example.com/"]), 2);
}

#[test]
fn decide_without_the_issuers_keys_is_indeterminate() {
    let issuer = r#"
[[issuer]]
issuer = "https://login.example.com"
audiences = ["app"]
algorithms = ["ES256"]
keys = { jwks_url = "https://login.example.com/jwks" }
"#;
    // {"alg":"ES256","kid":"k"} {"iss":"https://login.example.com","aud":"app","sub":"alice","exp":4102444800}, 64 zero bytes
    let token = format!(
        "eyJhbGciOiJFUzI1NiIsImtpZCI6ImsifQ.{}.{}",
        "eyJpc3MiOiJodHRwczovL2xvZ2luLmV4YW1wbGUuY29tIiwiYXVkIjoiYXBwIiwic3ViIjoiYWxpY2UiLCJleHAiOjQxMDI0NDQ4MDB9",
        "A".repeat(86)
    );
    // With a second source of identities, the groups have to say whose they are.
    let policy =
        POLICY.replace("allow = { groups = [\"admins\"] }", "allow = { groups = [\"admins\"], credentials = [\"session\"] }");
    let place = Place::new(&format!("{policy}{issuer}"));
    let header = format!("Authorization: Bearer {token}");
    let ran = place.run(&["decide", "--offline", "--json", "--header", &header, "https://app.example.com/"]);
    assert_eq!(ran.code, 12, "{ran:?}");
    assert_eq!(ran.json()["code"], "keys_unavailable");
    assert!(!ran.out.contains(&token), "{ran:?}");
}

#[test]
fn decide_explains_every_rule_it_considered() {
    let ran = Place::new(POLICY).run(&["decide", "https://app.example.com/reports"]);
    assert!(ran.out.contains("`admin`") && ran.out.contains("`members`"), "{ran:?}");
    assert!(ran.out.contains("credential_missing") && ran.out.contains("WWW-Authenticate: "), "{ran:?}");
}

#[test]
fn decide_judges_the_path_as_it_was_written() {
    let ran = Place::new(POLICY).run(&["decide", "--json", "https://app.example.com/reports/../admin/"]);
    assert_eq!((ran.code, &ran.json()["code"]), (11, &"path_ambiguous".into()), "{ran:?}");
}

#[test]
fn decide_never_prints_the_credential() {
    let place = Place::new(POLICY);
    let value = place.mint(&["--subject", "alice", "--group", "admins"]);
    let header = format!("Cookie: __Host-gatewright={value}\n");
    for arguments in [
        &["decide", "--header", "-", "https://app.example.com/admin/"] as &[&str],
        &["decide", "--json", "--header", "-", "https://app.example.com/admin/"],
    ] {
        let ran = place.run_with_input(arguments, &header);
        assert_eq!(ran.code, 0, "{ran:?}");
        assert!(ran.out.contains("alice"), "{ran:?}");
        let mac = value.rsplit('.').next().unwrap();
        assert!(!ran.out.contains(mac) && !ran.err.contains(mac), "{ran:?}");
    }
}

#[test]
fn decide_takes_the_moment_it_is_given() {
    let place = Place::new(POLICY);
    let value = place.mint(&["--subject", "alice", "--now", "1767225600"]);
    place.write("headers.txt", &format!("Cookie: __Host-gatewright={value}\n"));
    let decide = |now| place.run(&["decide", "--json", "--now", now, "--header", "@headers.txt", "https://app.example.com/"]);
    assert_eq!(decide("1767225700").json()["code"], "allowed");
    assert_eq!(decide("1767268800").json()["code"], "session_expired");
}

#[test]
fn the_policy_file_is_found_by_argument_then_variable_then_folder() {
    let place = Place::new(POLICY);
    place.write("closed.toml", "version = 1\n\n[[rule]]\nid = \"closed\"\ndeny = \"anyone\"\n");
    let url = "https://app.example.com/";
    assert_eq!(place.run(&["decide", url]).code, 10);
    let by_variable = Ran::of(place.command(&["decide", url]).env("GATEWRIGHT_CONFIG", "closed.toml").output().unwrap());
    assert_eq!(by_variable.code, 11);
    let mut both = place.command(&["decide", "--config", "gatewright.toml", url]);
    assert_eq!(Ran::of(both.env("GATEWRIGHT_CONFIG", "closed.toml").output().unwrap()).code, 10);
}

#[test]
fn test_files_run_against_the_policy_and_are_reported_as_junit() {
    let place = Place::new(POLICY);
    let tests = POLICY.split_once("[[test]]").unwrap().1;
    place.write("good.toml", &format!("[[test]]{tests}"));
    place.write("bad.toml", &format!("[[test]]{}", tests.replace("status = 403", "status = 200")));
    assert_eq!(place.run(&["test", "good.toml"]).code, 0);
    let ran = place.run(&["test", "--junit", "report.xml", "good.toml", "bad.toml"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    let report = fs::read_to_string(place.path().join("report.xml")).unwrap();
    assert_eq!((report.matches("<testsuite ").count(), report.matches("<failure ").count()), (2, 1), "{report}");
}

#[test]
fn a_test_file_without_tests_does_not_pass() {
    let place = Place::new(POLICY);
    place.write("empty.toml", "");
    assert_eq!(place.run(&["test", "empty.toml"]).code, 1);
    assert_eq!(place.run(&["test", "missing.toml"]).code, 2);
    assert_eq!(place.run(&["test"]).code, 2);
}

#[test]
fn mint_prints_the_value_alone_and_inspect_opens_it() {
    let place = Place::new(POLICY);
    let value = place.mint(&["--subject", "alice", "--email", "alice@example.com", "--group", "admins", "--scope", "read"]);
    assert!(value.starts_with("v1.") && value.split('.').count() == 4 && !value.contains('\n'), "{value}");
    let ran = place.run(&["session", "inspect", &value]);
    assert!(ran.code == 0 && ran.out.contains("alice@example.com"), "{ran:?}");
    let named = place.run_with_input(&["session", "inspect", "-"], &format!("__Host-gatewright={value}\n"));
    assert_eq!(named.code, 0, "{named:?}");
}

#[test]
fn inspect_fails_for_an_altered_and_for_an_expired_session() {
    let place = Place::new(POLICY);
    let value = place.mint(&["--subject", "alice", "--lifetime", "1h", "--now", "1767225600"]);
    assert_eq!(place.run(&["session", "inspect", "--now", "1767229199", &value]).code, 0);
    assert_eq!(place.run(&["session", "inspect", "--now", "1767229200", &value]).code, 1);
    assert_eq!(place.run(&["session", "inspect", "--now", "1767225600", &format!("{value}A")]).code, 1);
}

#[test]
fn inspect_says_that_a_session_was_revoked() {
    let place = Place::new(&format!("{POLICY}\n[revocations]\nfile = \"revocations.json\"\n"));
    place.write("revocations.json", "{}");
    let minted = place.run(&["session", "mint", "--subject", "alice", "--json"]).json();
    let value = minted["value"].as_str().unwrap();
    assert_eq!(place.run(&["session", "inspect", value]).code, 0);
    place.write("revocations.json", &format!("{{ \"sessions\": [{}] }}", minted["sid"]));
    let ran = place.run(&["session", "inspect", value]);
    assert!(ran.code == 1 && ran.err.contains("revoked") && ran.out.contains("alice"), "{ran:?}");
}

#[test]
fn mint_does_not_go_beyond_the_lifetime_of_the_policy() {
    let ran = Place::new(POLICY).run(&["session", "mint", "--subject", "alice", "--lifetime", "13h"]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{ran:?}");
}

#[test]
fn two_minted_sessions_have_different_ids() {
    let place = Place::new(POLICY);
    let mint = || place.run(&["session", "mint", "--subject", "alice", "--now", "1767225600", "--json"]).json()["sid"].clone();
    assert_ne!(mint(), mint());
}

#[test]
fn a_generated_hmac_key_is_one_that_the_policy_takes() {
    let place = Place::new(POLICY);
    let key = place.run(&["key", "generate", "hmac"]);
    assert!(key.code == 0 && key.out.starts_with("base64:") && key.out.lines().count() == 1, "{key:?}");
    place.write("session.key", &key.out);
    assert_eq!(place.run(&["check", "--strict", "gatewright.toml"]).code, 0);
}

#[test]
fn a_generated_key_pair_has_a_public_half_that_the_policy_takes() {
    for (kind, algorithm) in [("es256", "ES256"), ("ed25519", "EdDSA")] {
        let place = Place::new(&format!(
            "version = 1\n\n[[issuer]]\nissuer = \"https://login.example.com\"\naudiences = [\"app\"]\nalgorithms = [\"{algorithm}\"]\n\
             keys = {{ jwks_file = \"jwks.json\" }}\n\n[[rule]]\nid = \"members\"\nallow = \"authenticated\"\n"
        ));
        let ran = place.run(&["key", "generate", kind, "--public", "jwks.json"]);
        assert!(ran.code == 0 && ran.out.starts_with("-----BEGIN PRIVATE KEY-----\n"), "{ran:?}");
        let checked = place.run(&["check", "gatewright.toml"]);
        assert_eq!(checked.code, 0, "{checked:?}");
    }
}

#[test]
fn every_shell_gets_its_completions() {
    let place = Place::new(POLICY);
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let ran = place.run(&["completions", shell]);
        assert!(ran.code == 0 && ran.out.contains("decide"), "{shell}");
    }
    assert_eq!(place.run(&["completions", "tcsh"]).code, 2);
}

#[test]
fn help_and_version_are_answers_and_nothing_is_a_usage_error() {
    let place = Place::new(POLICY);
    assert_eq!(place.run(&["--version"]).out, format!("gatewright {}\n", env!("CARGO_PKG_VERSION")));
    assert_eq!(place.run(&["decide", "--help"]).code, 0);
    assert_eq!(place.run(&[]).code, 2);
    assert_eq!(place.run(&["prove"]).code, 2);
}

#[test]
fn output_that_is_no_terminal_has_no_colour() {
    let place = Place::new(&POLICY.replace("status = 403", "status = 200"));
    for arguments in [&["check", "gatewright.toml"] as &[&str], &["decide", "https://app.example.com/"], &["decide", "nothing"]] {
        let ran = place.run(arguments);
        assert!(!ran.out.contains('\x1b') && !ran.err.contains('\x1b'), "{ran:?}");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_crash() {
    let mut child =
        Place::new(POLICY).command(&["completions", "zsh"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let ended = child.wait_with_output().unwrap();
    assert!(matches!(ended.status.code(), Some(0 | 1)) && ended.stderr.is_empty(), "{ended:?}");
}

#[test]
fn serve_with_a_wrong_policy_does_not_start() {
    let ran = Place::new("version =\n").run(&["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("gatewright.toml"), "{ran:?}");
}

#[test]
fn serve_on_an_address_that_is_taken_does_not_start() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let ran = Place::new(POLICY).run(&["serve", "--listen", &taken.local_addr().unwrap().to_string()]);
    assert_eq!(ran.code, 1, "{ran:?}");
}

#[cfg(unix)]
#[test]
fn serve_ends_well_when_it_is_told_to() {
    let place = Place::new(POLICY);
    let mut child = place.command(&["serve", "--listen", "127.0.0.1:0"]).stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let up = lines.map_while(Result::ok).find(|line| line.contains("listening"));
    assert!(up.is_some_and(|line| line.contains("127.0.0.1:")));
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[cfg(unix)]
#[test]
fn init_writes_all_files_or_none_and_keeps_the_secret_to_the_proxy() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let policy = folder.path().join("gatewright.toml");
    let text = "version = 1\n[http]\nproxy_secret = \"0123456789abcdef\"\nproxy_sets = { haproxy = [\"X-Forwarded-For\"] }\n\
                [[rule]]\nid = \"all\"\nhosts = [\"app.example.com\"]\ndeny = \"anyone\"\n";
    fs::write(&policy, text).unwrap();
    let output = folder.path().join("out");
    let init = |more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gatewright"));
        command.args(["init", "haproxy", "--config"]).arg(&policy).arg("--output").arg(&output).args(more).output().unwrap()
    };
    let mode = |name: &str| fs::metadata(output.join(name)).unwrap().permissions().mode() & 0o777;
    assert!(init(&[]).status.success());
    assert_eq!(mode("gatewright.lua"), 0o600);
    let again = init(&[]);
    let said = String::from_utf8(again.stdout).unwrap();
    assert!(again.status.success() && said.matches("unchanged ").count() == 2, "{said}");
    // Somebody has changed one file: nothing is written over it, nor the other.
    fs::write(output.join("haproxy.cfg"), "mine").unwrap();
    fs::set_permissions(output.join("gatewright.lua"), fs::Permissions::from_mode(0o644)).unwrap();
    fs::write(output.join("gatewright.lua"), "old").unwrap();
    let refused = init(&[]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8(refused.stderr).unwrap().contains("`--force` replaces it"));
    assert_eq!(fs::read_to_string(output.join("gatewright.lua")).unwrap(), "old");
    assert!(init(&["--force"]).status.success());
    assert_eq!(mode("gatewright.lua"), 0o640, "its group may have been the proxy's");
    assert_eq!(fs::read_dir(&output).unwrap().count(), 2, "nothing is left beside them");
}

#[test]
fn init_says_what_the_policy_lacks() {
    let folder = tempfile::tempdir().unwrap();
    let policy = folder.path().join("gatewright.toml");
    fs::write(&policy, "version = 1\n[[rule]]\nid = \"all\"\nhosts = [\"app.example.com\"]\ndeny = \"anyone\"\n").unwrap();
    let init = |proxy: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gatewright"));
        let output = command.args(["init", proxy, "--config"]).arg(&policy).output().unwrap();
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(init("nginx").contains("proxy_sets = { verify = [\"X-Forwarded-For\"] }"));
    assert_eq!(init("caddy"), "");
    assert!(init("haproxy").contains("`--output DIR`"), "two files are no text to print");
}
