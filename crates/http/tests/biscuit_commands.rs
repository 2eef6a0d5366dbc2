//! `gatewright biscuit` as its users meet it: somebody hands a script a token that reads reports until Friday.

#[expect(dead_code, reason = "no file of tests needs every helper")]
mod support;

use support::command_line::{Place, Ran};

/// Thursday.
const NOW: &str = "2026-12-03T12:00:00Z";
const FRIDAY: &str = "2026-12-04T00:00:00Z";

/// A folder with a root key and a policy that takes its tokens.
fn place() -> Place {
    let place = Place::new("");
    let made = place.run(&["key", "generate", "biscuit", "--public", "root.pub"]);
    assert!(made.code == 0 && made.out.starts_with("ed25519-private/"), "{made:?}");
    place.write("root.key", &made.out);
    let public = std::fs::read_to_string(place.path().join("root.pub")).unwrap();
    place.write(
        "gatewright.toml",
        &format!(
            "version = 1\n[[biscuit]]\npublic_keys = [\"{}\"]\n\
             identity = {{ subject = \"data($u) <- user($u)\", groups = \"data($g) <- group($g)\" }}\n\
             [[rule]]\nid = \"members\"\nallow = \"authenticated\"\n",
            public.trim()
        ),
    );
    assert_eq!(place.run(&["check", "--strict", "gatewright.toml"]).code, 0);
    place
}

fn mint(place: &Place, arguments: &[&str]) -> String {
    let ran = place.run(&[&["biscuit", "mint", "--key", "root.key", "--subject", "report-bot"], arguments].concat());
    assert_eq!(ran.code, 0, "{ran:?}");
    ran.out.trim_end().to_owned()
}

fn decide(place: &Place, token: &str, method: &str, url: &str, now: &str) -> Ran {
    let headers = format!("Authorization: Bearer {token}\n");
    place.run_with_input(&["decide", "--header", "-", "--method", method, "--now", now, url], &headers)
}

#[test]
fn a_script_gets_a_token_that_reads_reports_until_friday() {
    let place = place();
    let token = mint(&place, &["--method", "GET", "--path", "/reports/**", "--until", FRIDAY]);
    let reports = "https://app.example.com/reports/7";
    assert_eq!(decide(&place, &token, "GET", reports, NOW).code, 0);
    assert_eq!(decide(&place, &token, "GET", reports, "2026-12-03T23:59:59Z").code, 0);
    for (method, url, now, check) in [
        ("GET", reports, FRIDAY, "time($t)"),
        ("DELETE", reports, NOW, "operation($o)"),
        ("GET", "https://app.example.com/admin", NOW, "resource($r)"),
    ] {
        let ran = decide(&place, &token, method, url, now);
        assert_eq!(ran.code, 11, "{ran:?}");
        assert!(ran.out.contains("caveat_failed") && ran.out.contains("of block 0") && ran.out.contains(check), "{ran:?}");
    }
}

#[test]
fn a_holder_hands_on_a_weaker_token_without_any_key() {
    let place = place();
    let token = mint(&place, &["--group", "staff"]);
    let arguments = ["biscuit", "attenuate", "-", "--method", "GET", "--path", "/reports/**", "--lifetime", "1d", "--now", NOW];
    let ran = place.run_with_input(&arguments, &token);
    assert_eq!(ran.code, 0, "{ran:?}");
    let weaker = ran.out.trim_end();
    assert_eq!(decide(&place, weaker, "GET", "https://app.example.com/reports", NOW).code, 0);
    let refused = decide(&place, weaker, "PUT", "https://app.example.com/reports", NOW);
    assert!(refused.code == 11 && refused.out.contains("of block 1"), "{refused:?}");
    let sealed = place.run_with_input(&["biscuit", "attenuate", "-", "--host", "app.example.com", "--seal"], weaker);
    let again = place.run_with_input(&["biscuit", "attenuate", "-", "--method", "GET"], &sealed.out);
    assert!(again.code == 2 && again.err.contains("sealed"), "{again:?}");
}

#[test]
fn inspect_shows_the_blocks_and_says_whether_the_policy_accepts_them() {
    let place = place();
    let token = mint(&place, &["--group", "staff", "--until", FRIDAY]);
    let ran = place.run_with_input(&["biscuit", "inspect", "-", "--config", "gatewright.toml"], &token);
    assert_eq!(ran.code, 0, "{ran:?}");
    for text in ["block 0", "user(\"report-bot\")", "group(\"staff\")", "2026-12-04T00:00:00Z", "verified: subject `report-bot`"]
    {
        assert!(ran.out.contains(text), "{text}: {ran:?}");
    }
    let here = place.run_with_input(&["biscuit", "inspect", "-"], &token);
    assert!(here.code == 0 && here.out.contains("verified: subject"), "{here:?}");
    let bare = Place::new("version = 1\n").run_with_input(&["biscuit", "inspect", "-"], &token);
    assert!(bare.code == 0 && bare.out.contains("not verified"), "{bare:?}");
    place.write("token", &token);
    let named = place.run(&["biscuit", "inspect", "token"]);
    assert!(named.code == 2 && named.err.contains("`token` is a file: to read it, write `- < token`"), "{named:?}");

    let other = Place::new("");
    other.write("root.key", &other.run(&["key", "generate", "biscuit"]).out);
    let foreign = mint(&other, &[]);
    let ran = place.run_with_input(&["biscuit", "inspect", "-", "--config", "gatewright.toml"], &foreign);
    assert!(ran.code == 1 && ran.err.contains("signature_invalid"), "{ran:?}");
}

#[test]
fn a_revocation_id_that_is_printed_revokes() {
    let place = place();
    let made = place.run(&["biscuit", "mint", "--key", "root.key", "--subject", "report-bot", "--json"]).json();
    let policy = std::fs::read_to_string(place.path().join("gatewright.toml")).unwrap();
    place.write("revocations.json", &serde_json::json!({ "tokens": made["revocation_ids"] }).to_string());
    place.write("gatewright.toml", &format!("{policy}\n[revocations]\nfile = \"revocations.json\"\n"));
    let ran = decide(&place, made["token"].as_str().unwrap(), "GET", "https://app.example.com/", NOW);
    assert!(ran.code == 10 && ran.out.contains("(revoked)"), "{ran:?}");
}

#[test]
fn mistakes_are_usage_errors_that_say_what_to_write() {
    let place = place();
    let mint = |arguments: &[&str]| place.run(&[&["biscuit", "mint"], arguments].concat());
    for (arguments, text) in [
        (&["--key", "missing.key", "--subject", "a"][..], "cannot be read"),
        (&["--key", "root.pub", "--subject", "a"], "no private key such as"),
        (&["--key", "ed25519-private/00", "--subject", "a"], "can be read by every user"),
        (&["--key", "env:GATEWRIGHT_MISSING", "--subject", "a"], "GATEWRIGHT_MISSING"),
        (&["--key", "root.key", "--subject", ""], "claim_invalid"),
        (&["--key", "root.key", "--subject", "a", "--path", "reports"], "no path to narrow a token to"),
        (&["--key", "root.key", "--subject", "a", "--method", "get"], "no method"),
        (&["--key", "root.key", "--subject", "a", "--datalog", "chek if true"], "line 1, column 1"),
        (&["--key", "root.key", "--subject", "a", "--until", "friday"], "2026-12-31T23:59:59Z"),
        (&["--key", "root.key", "--subject", "a", "--until", FRIDAY, "--lifetime", "1d"], "cannot be used with"),
    ] {
        let ran = mint(arguments);
        assert!(ran.code == 2 && ran.out.is_empty() && ran.err.contains(text), "{arguments:?}: {ran:?}");
    }
    assert_eq!(place.run(&["biscuit", "inspect", "AAAA"]).code, 2);
    assert_eq!(place.run(&["biscuit", "attenuate", "AAAA", "--method", "GET"]).code, 2);
}
