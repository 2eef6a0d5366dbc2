//! `gatewright lint` as its users meet it: what it prints, in which form, and how it ends.

#[expect(dead_code, reason = "no file of tests needs every helper")]
mod support;

use std::fs;

use boon::{Compiler, Schemas};
use serde_json::Value;
use support::command_line::{Place, Ran};

/// The gate is asked in one location; another serves the same application.
const OPEN: &str = "\
server {
    server_name app.example.com;
    location = /_auth { internal; proxy_pass http://127.0.0.1:9000; proxy_set_header X-Original-URI $request_uri; }
    location / {
        auth_request /_auth;
        auth_request_set $user $upstream_http_x_user;
        proxy_set_header X-User $user;
        proxy_pass http://127.0.0.1:8080;
    }
    location /api/ {
        proxy_set_header X-User $user;
        proxy_pass http://127.0.0.1:8080;
    }
}
";

const POLICY: &str = "\
version = 1
[session]
keys = [\"file:session.key\"]
[identity_headers]
X-Person = \"subject\"
[[rule]]
id = \"api\"
hosts = [\"app.example.com\"]
paths = [\"/api/**\"]
allow = \"anyone\"
[[rule]]
id = \"members\"
hosts = [\"app.example.com\"]
allow = \"authenticated\"
";

fn place() -> Place {
    let place = Place::new(POLICY);
    place.write("app.conf", OPEN);
    place
}

/// The rules that speak, each once.
fn ids(ran: &Ran) -> Vec<String> {
    let answer = ran.json();
    let mut ids: Vec<_> = answer["findings"].as_array().unwrap().iter().map(|finding| finding["lint"].to_string()).collect();
    ids.sort();
    ids.dedup();
    ids.into_iter().map(|id| id.trim_matches('"').to_owned()).collect()
}

fn speaks(ran: &Ran, id: &str) -> bool {
    ids(ran).iter().any(|found| found == id)
}

#[test]
fn finding_is_told_with_its_place_and_ends_with_1() {
    let ran = place().run(&["lint", "app.conf"]);
    assert_eq!((ran.code, ran.err.as_str()), (1, ""), "{ran:?}");
    assert!(ran.out.contains("critical[open-sibling]: "), "{ran:?}");
    assert!(ran.out.contains(" --> app.conf:10:5\n   |\n10 |     location /api/ {\n   |     ^"), "{ran:?}");
    assert!(ran.out.contains("\n why: ") && ran.out.contains("\n help: ") && ran.out.contains("\n note: "), "{ran:?}");
    let last = ran.out.lines().last().unwrap();
    assert!(last.contains(" finding") && last.contains("1 critical"), "{last}");
}

#[test]
fn colour_is_for_terminals_only() {
    assert!(!place().run(&["lint", "app.conf"]).out.contains('\x1b'));
}

#[test]
fn several_files_are_looked_at_each_by_itself() {
    let place = place();
    place.write("good.conf", "events {}\n");
    assert_eq!(place.run(&["lint", "good.conf"]).out, "no findings\n");
    assert_eq!(place.run(&["lint", "good.conf", "app.conf"]).code, 1);
    let twice = place.run(&["lint", "--json", "app.conf", "app.conf"]).json();
    assert_eq!(twice["summary"]["critical"], 2, "{twice}");
}

#[test]
fn json_follows_its_schema() {
    let place = place();
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    let text = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../schemas/commands.schema.json")).unwrap();
    compiler.add_resource("commands.json", serde_json::from_str(&text).unwrap()).unwrap();
    for (part, arguments) in [("lint", ["--json", "app.conf"]), ("lint_list", ["--json", "--list"])] {
        let index = compiler.compile(&format!("commands.json#/$defs/{part}"), &mut schemas).unwrap();
        let answer = place.run(&[&["lint"], &arguments[..]].concat()).json();
        schemas.validate(&answer, index).unwrap_or_else(|error| panic!("{error}\n{answer:#}"));
    }
    let same = place.run(&["lint", "--format", "json", "app.conf"]);
    assert_eq!(same.out, place.run(&["lint", "--json", "app.conf"]).out);
    let finding = &same.json()["findings"][0];
    assert!(finding["documentation"].as_str().unwrap().contains(finding["lint"].as_str().unwrap()), "{finding}");
}

#[test]
fn sarif_names_rule_level_and_region() {
    let ran = place().run(&["lint", "--format", "sarif", "app.conf"]);
    assert_eq!(ran.code, 1);
    let log = ran.json();
    assert_eq!((&log["version"], log["runs"].as_array().unwrap().len()), (&"2.1.0".into(), 1));
    let run = &log["runs"][0];
    let is_it = |result: &&Value| result["ruleId"] == "open-sibling";
    let result = run["results"].as_array().unwrap().iter().find(is_it).unwrap();
    let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
    let rule = &run["tool"]["driver"]["rules"][index];
    assert_eq!((&rule["id"], &rule["properties"]["security-severity"]), (&"open-sibling".into(), &"9.5".into()));
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!((&result["level"], &place["artifactLocation"]["uri"]), (&"error".into(), &"app.conf".into()));
    assert_eq!((&place["region"]["startLine"], &place["region"]["startColumn"]), (&10.into(), &5.into()));
}

#[test]
fn fail_on_says_what_is_bad_enough() {
    let place = place();
    let code = |more: &[&str]| place.run(&[&["lint", "app.conf"], more].concat()).code;
    assert_eq!((code(&["--fail-on", "critical"]), code(&["--fail-on", "never"]), code(&["--fail-on", "worse"])), (1, 0, 2));
    place.write("half.conf", "server {");
    let code = |severity: &str| place.run(&["lint", "--fail-on", severity, "half.conf"]).code;
    assert_eq!(["info", "low", "medium", "high"].map(code), [1, 1, 1, 0]);
}

#[test]
fn min_leaves_out_what_is_milder() {
    let ran = place().run(&["lint", "--json", "--min", "critical", "app.conf"]);
    let answer = ran.json();
    assert!(answer["findings"].as_array().unwrap().iter().all(|finding| finding["severity"] == "critical"), "{answer}");
    assert_eq!((&answer["summary"]["low"], ran.code), (&0.into(), 1));
}

#[test]
fn paths_that_are_meant_to_be_open_are_no_findings() {
    let place = place();
    let run = |more: &[&str]| place.run(&[&["lint", "--json", "app.conf"], more].concat());
    assert!(speaks(&run(&[]), "open-sibling"));
    assert!(!speaks(&run(&["--open", "/api/*"]), "open-sibling"));
    assert!(speaks(&run(&["--open", "/other/*", "--open", "/api"]), "open-sibling"));
    let wrong = run(&["--open", "api"]);
    assert!(wrong.code == 2 && wrong.err.contains("a path begins with `/`"), "{wrong:?}");
}

#[test]
fn header_that_carries_the_identity_has_to_be_set() {
    let place = place();
    let run = |more: &[&str]| place.run(&[&["lint", "--json", "app.conf"], more].concat());
    assert!(!speaks(&run(&[]), "identity-not-set"));
    assert!(speaks(&run(&["--identity", "X-Person"]), "identity-not-set"));
    let wrong = run(&["--identity", "X Person"]);
    assert!(wrong.code == 2 && wrong.err.contains("no header's name"), "{wrong:?}");
}

#[test]
fn policy_says_what_is_open_and_which_headers_carry_the_identity() {
    let place = place();
    let with = place.run(&["lint", "--json", "--config", "gatewright.toml", "app.conf"]);
    assert!(!speaks(&with, "open-sibling") && speaks(&with, "identity-not-set"), "{with:?}");
    let mut command = place.command(&["lint", "--json", "app.conf"]);
    let without = Ran::of(command.env("GATEWRIGHT_CONFIG", "gatewright.toml").output().unwrap());
    assert!(speaks(&without, "open-sibling"), "a policy beside the configuration counts only if it is named: {without:?}");
    place.write("wrong.toml", "version = 2");
    let wrong = place.run(&["lint", "--config", "wrong.toml", "app.conf"]);
    assert!(wrong.code == 2 && wrong.out.is_empty() && wrong.err.contains("wrong.toml:1:"), "{wrong:?}");
}

#[test]
fn what_nginx_prints_is_read_from_standard_input() {
    let place = place();
    let dump = format!(
        "# configuration file /etc/nginx/nginx.conf:\nhttp {{\n    include conf.d/*.conf;\n}}\n\n# configuration file /etc/nginx/conf.d/app.conf:\n{OPEN}\n"
    );
    let ran = place.run_with_input(&["lint", "-"], &dump);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.out.contains(" --> /etc/nginx/conf.d/app.conf:10:5\n"), "{ran:?}");
    let uri = place.run_with_input(&["lint", "--format", "sarif", "-"], &dump).out;
    assert!(uri.contains("\"file:///etc/nginx/conf.d/app.conf\""), "{uri}");
}

#[test]
fn configuration_on_standard_input_includes_files_of_this_folder() {
    let ran = place().run_with_input(&["lint", "-"], "http { include app.conf; }");
    assert!(ran.code == 1 && ran.out.contains(" --> app.conf:10:5\n"), "{ran:?}");
    let ran = place().run_with_input(&["lint", "-"], OPEN);
    assert!(ran.code == 1 && ran.out.contains(" --> -:10:5\n"), "{ran:?}");
}

#[test]
fn nothing_on_standard_input_is_no_good_configuration() {
    for input in ["", "\n"] {
        let ran = place().run_with_input(&["lint", "-"], input);
        assert!(ran.code == 2 && ran.out.is_empty() && ran.err.contains("standard input is empty"), "{ran:?}");
    }
}

#[test]
fn unreadable_file_is_named_with_what_to_do() {
    let place = place();
    let missing = place.run(&["lint", "app.conf", "missing.conf"]);
    assert!(missing.code == 2 && missing.out.is_empty(), "{missing:?}");
    assert!(missing.err.contains("`missing.conf` cannot be read: there is no such file"), "{missing:?}");
    fs::create_dir(place.path().join("conf.d")).unwrap();
    let folder = place.run(&["lint", "conf.d"]);
    assert!(folder.code == 2 && folder.err.contains("name the main file in it"), "{folder:?}");
    assert_eq!(place.run(&["lint"]).code, 2);
}

#[test]
fn file_that_is_not_utf8_is_read_like_any_other() {
    let place = place();
    fs::write(place.path().join("latin.conf"), [b"# caf\xe9\n", OPEN.as_bytes()].concat()).unwrap();
    for format in ["text", "json", "sarif"] {
        let ran = place.run(&["lint", "--format", format, "latin.conf"]);
        assert!(ran.code == 1 && ran.out.contains("open-sibling"), "{ran:?}");
    }
}

#[test]
fn list_has_every_rule_and_needs_no_file() {
    let place = place();
    let ran = place.run(&["lint", "--list"]);
    assert_eq!((ran.code, ran.out.lines().count()), (0, gatewright_prove::lints().len()), "{ran:?}");
    for lint in gatewright_prove::lints() {
        assert!(ran.out.contains(lint.id) && ran.out.contains(lint.title), "{}", lint.id);
    }
    let rules = place.run(&["lint", "--list", "--format", "sarif"]).json()["runs"][0]["tool"]["driver"]["rules"].clone();
    assert_eq!(rules.as_array().unwrap().len(), gatewright_prove::lints().len());
    assert_eq!(place.run(&["lint", "--list", "app.conf"]).code, 2);
}
