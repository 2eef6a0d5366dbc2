//! `gatewright prove` as its users meet it: what it asks, what it prints, in which form, and how it ends.
#![cfg(unix)]

#[expect(dead_code, reason = "no file of tests needs every helper")]
mod support;

use std::collections::BTreeSet;
use std::fs;
use std::net::Ipv4Addr;
use std::process::{Command, Stdio};
use std::sync::mpsc;

use boon::{Compiler, Schemas};
use serde_json::Value;
use support::command_line::{Place, Ran};
use support::deployment::{ALICE, BOB, Deployment, closed, nothing, page, with_a_hole};
use support::gate::Gate;
use support::nginx::{self, Nginx};

const POLICY: &str = "\
version = 1
[session]
keys = [\"file:session.key\"]
[identity_headers]
X-Person = \"subject\"
[login]
url = \"https://auth.example.com/login\"
[[rule]]
id = \"health\"
paths = [\"/health\"]
allow = \"anyone\"
[[rule]]
id = \"admin\"
paths = [\"/admin\", \"/admin/people\"]
allow = \"authenticated\"
";

/// A folder with the credentials of two people.
fn place() -> Place {
    let place = Place::new(POLICY);
    place.write("alice.txt", &format!("{ALICE}\n"));
    place.write("bob.txt", &format!("{BOB}\n"));
    place
}

/// Proves `/admin` of a site with alice's credential, and more arguments.
fn prove(site: &Deployment, more: &[&str]) -> Ran {
    place().run(&[&["prove", "--allow", "@alice.txt", &site.url("/admin")], more].concat())
}

fn probes(answer: &Value) -> &Vec<Value> {
    answer["probes"].as_array().unwrap()
}

/// What a probe says, each verdict once.
fn verdicts(answer: &Value, id: &str) -> Vec<String> {
    let of = probes(answer).iter().filter(|probe| probe["id"] == id);
    let mut verdicts: Vec<_> = of.map(|probe| probe["verdict"].as_str().unwrap().to_owned()).collect();
    verdicts.sort();
    verdicts.dedup();
    verdicts
}

/// What is not as it should be.
fn bad(answer: &Value) -> Vec<String> {
    let is_bad = |probe: &&Value| !["PASS", "SKIP"].contains(&probe["verdict"].as_str().unwrap());
    probes(answer)
        .iter()
        .filter(is_bad)
        .map(|probe| format!("{} {}: {}", probe["id"], probe["variant"], probe["evidence"]))
        .collect()
}

#[test]
fn site_that_blocks_ends_with_0_and_a_table() {
    let ran = prove(&Deployment::start(closed), &["--forbid", "@bob.txt", "--open", "/health"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{ran:?}");
    assert!(ran.out.starts_with("P01  PASS"), "{ran:?}");
    assert_eq!(ran.out.lines().filter(|line| line.starts_with("P0") || line.starts_with("P1")).count(), 19, "{ran:?}");
    assert!(ran.out.trim_end().lines().last().unwrap().contains(" PASS, "), "{ran:?}");
}

#[test]
fn hole_ends_with_1_a_reason_and_a_line_that_shows_it() {
    let site = Deployment::start(with_a_hole);
    let ran = prove(&site, &[]);
    assert_eq!((ran.code, ran.err.as_str()), (1, ""), "{ran:?}");
    assert!(ran.out.contains("FAIL(open) critical P06 /admin: "), "{ran:?}");
    for label in [" why: ", " lint: ", " curl: curl "] {
        assert!(ran.out.contains(label), "{label}: {ran:?}");
    }
    let curl = ran.out.lines().find_map(|line| line.strip_prefix(" curl: ")).unwrap();
    let shown = Command::new("sh").args(["-c", curl]).output().unwrap();
    assert!(String::from_utf8_lossy(&shown.stdout).contains("Quarterly figures"), "{curl}: {shown:?}");
}

#[test]
fn colour_and_progress_are_for_terminals_only() {
    let ran = prove(&Deployment::start(with_a_hole), &[]);
    assert!(!ran.out.contains('\x1b') && ran.err.is_empty(), "{ran:?}");
}

#[test]
fn credential_that_is_not_accepted_proves_nothing_and_ends_with_3() {
    let site = Deployment::start(closed);
    let ran = place().run(&["prove", "--allow", "@bob.txt", &site.url("/admin")]);
    assert_eq!(ran.code, 3, "{ran:?}");
    assert_eq!(ran.out, "nothing proved: `/admin`: the credential is not accepted: 403 comes with it\n");
    let json = place().run(&["prove", "--json", "--allow", "@bob.txt", &site.url("/admin")]);
    assert!(json.code == 3 && probes(&json.json()).is_empty() && json.json()["nothing_proved"].is_string(), "{json:?}");
}

#[test]
fn target_that_cannot_be_reached_proves_nothing_and_ends_with_3() {
    let address = nginx::free_address();
    let ran = place().run(&["prove", "--allow", "@alice.txt", &format!("http://{address}/admin")]);
    assert!(ran.code == 3 && ran.out.contains("it cannot be reached: no connection"), "{ran:?}");
    let ran = place().run(&["prove", "--allow", "@alice.txt", "http://gatewright.invalid/admin"]);
    assert!(ran.code == 3 && ran.out.contains("`gatewright.invalid` cannot be found"), "{ran:?}");
}

#[test]
fn without_a_credential_it_is_not_certain_and_ends_with_4() {
    let site = Deployment::start(closed);
    let ran = place().run(&["prove", &site.url("/admin")]);
    assert_eq!(ran.code, 4, "{ran:?}");
    assert!(ran.err.contains("warning: without `--allow` an answer can only look blocked"), "{ran:?}");
}

#[test]
fn strict_takes_an_outage_that_was_not_tried_for_uncertain() {
    let site = Deployment::start(closed);
    assert_eq!((prove(&site, &[]).code, prove(&site, &["--strict"]).code), (0, 4));
}

#[test]
fn wrong_arguments_end_with_2_before_anything_is_asked() {
    let site = Deployment::start(closed);
    let url = site.url("/admin");
    let place = place();
    place.write("empty.txt", "");
    place.write("wrong.txt", "hunter2");
    for (arguments, why) in [
        (vec!["prove"], "required"),
        (vec!["prove", "app.example.com"], "is no URL that begins with `http://` or `https://`"),
        (vec!["prove", &url, "admin"], "a path begins with `/`"),
        (vec!["prove", &url, "/a b"], "escape spaces"),
        (vec!["prove", &url, "--allow", "@missing.txt"], "missing.txt"),
        (vec!["prove", &url, "--allow", "@empty.txt"], "@empty.txt holds no line"),
        (vec!["prove", &url, "--allow", "@wrong.txt"], "wrong.txt:1: no header"),
        (vec!["prove", &url, "--allow", "alice.txt"], "write `--allow @alice.txt`"),
        (vec!["prove", &url, "--allow", "-", "--forbid", "@-"], "only one credential can be read"),
        (vec!["prove", &url, "--allow", "@alice.txt", "--forbid", "@alice.txt"], "is the same credential as another"),
        (vec!["prove", &url, "--open", "/admin"], "is named as protected, and as open"),
        (vec!["prove", &url, "--outage-cmd", "true"], "--restore-cmd"),
        (vec!["prove", &url, "--paths", "missing.yaml"], "missing.yaml"),
        (vec!["prove", &url, "--rate", "0"], "rate"),
        (vec!["prove", &url, "--budget", "5"], "no span of time"),
        (vec!["prove", &url, "--identity", "X User"], "no header's name"),
        (vec!["prove", &url, "--junit", "no/such/folder.xml"], "cannot be written"),
        (vec!["prove", &url, "--safe", "--all-methods"], "cannot be used with"),
        (vec!["prove", &url, "--rig", "nginx.conf"], "a path begins with `/`"),
        (vec!["prove", "--rig", "gatewright.toml"], "this is no configuration of a proxy that can be run here"),
        (vec!["prove", "--rig", "nginx.conf", "--allow", "@alice.txt"], "cannot be used with"),
        (vec!["prove", "--rig", "nginx.conf", "--rate", "3"], "cannot be used with"),
        (vec!["prove", "--rig", "missing.conf"], "`missing.conf` cannot be read: there is no such file"),
    ] {
        let ran = place.run(&arguments);
        assert!(ran.code == 2 && ran.out.is_empty() && ran.err.contains(why), "{arguments:?}: {ran:?}");
        assert!(!ran.err.contains("hunter2"), "{ran:?}");
    }
    assert_eq!(site.asked().len(), 0);
}

#[test]
fn every_request_is_in_the_json_and_the_json_follows_its_schema() {
    let site = Deployment::start(with_a_hole);
    let ran = prove(&site, &["--json", "--forbid", "@bob.txt", "--open", "/health"]);
    assert_eq!((ran.code, ran.err.as_str()), (1, ""), "{ran:?}");
    let answer = ran.json();
    follows_schema(&answer);
    let requests = answer["requests"].as_array().unwrap();
    let made: Vec<&str> = requests.iter().map(|made| made["request"].as_str().unwrap()).collect();
    let mut written: Vec<String> = made.iter().map(|line| line.rsplit_once(' ').unwrap().0.to_owned()).collect();
    let mut seen: Vec<String> = site.asked().iter().map(|asked| format!("{} {}", asked.method, asked.target)).collect();
    written.sort();
    seen.sort();
    assert_eq!(written, seen);
    let hole = probes(&answer).iter().find(|probe| probe["verdict"] == "FAIL(open)").unwrap();
    let index = usize::try_from(hole["requests"][0].as_u64().unwrap()).unwrap();
    assert!(made[index].contains("/admin/"), "{hole}");
}

fn follows_schema(answer: &Value) {
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    compiler.enable_format_assertions();
    let text = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../schemas/commands.schema.json")).unwrap();
    compiler.add_resource("commands.json", serde_json::from_str(&text).unwrap()).unwrap();
    let index = compiler.compile("commands.json#/$defs/prove", &mut schemas).unwrap();
    schemas.validate(answer, index).unwrap_or_else(|error| panic!("{error}\n{answer:#}"));
}

#[test]
fn safe_methods_are_all_that_is_sent_unless_others_are_asked_for() {
    let site = Deployment::start(closed);
    let is_safe = |method: &str| ["GET", "HEAD", "OPTIONS"].contains(&method);
    prove(&site, &["--safe"]);
    assert!(site.asked().iter().all(|asked| is_safe(&asked.method)));
    prove(&site, &["--all-methods"]);
    assert!(site.asked().iter().any(|asked| asked.method == "DELETE"));
}

#[test]
fn credentials_are_sent_and_shown_nowhere() {
    let site = Deployment::start(with_a_hole);
    let place = place();
    // What this user's other programs can see while the run is on.
    let look = "for p in /proc/[0-9]*; do tr '\\0' ' ' < $p/cmdline; echo; done > seen.txt 2>/dev/null; env >> seen.txt";
    let arguments = ["--allow", "-", "--forbid", "@bob.txt", "--expired", "@old.txt", "--html", "a.html", "--junit", "a.xml"];
    place.write("old.txt", "Authorization: Bearer stale-51d0\r\nX-Extra: 1\n");
    for format in ["text", "json", "junit", "html"] {
        let url = site.url("/admin");
        let outage = ["--outage-cmd", look, "--restore-cmd", "true", "--format", format, &url];
        let ran = place.run_with_input(&[&["prove"], &arguments[..], &outage[..]].concat(), &format!("{ALICE}\n"));
        assert_eq!(ran.code, 1, "{ran:?}");
        let files = ["a.html", "a.xml", "seen.txt"].map(|name| fs::read_to_string(place.path().join(name)).unwrap());
        assert!(files[2].contains("--outage-cmd"), "{}", files[2]);
        for text in [&[ran.out, ran.err], &files[..2], &files[2..]].concat() {
            for secret in ["alice-0a4f", "bob-77c1", "stale-51d0"] {
                assert!(!text.contains(secret), "{secret} in {text}");
            }
        }
    }
    for line in [ALICE, BOB, "Authorization: Bearer stale-51d0"] {
        assert!(site.asked().iter().any(|asked| asked.has(line)), "{line}");
    }
}

#[test]
fn credential_on_the_command_line_works_with_a_warning() {
    let site = Deployment::start(with_a_hole);
    let ran = place().run(&["prove", "--allow", ALICE, &site.url("/admin")]);
    assert!(ran.code == 1 && ran.err.contains("warning: the credential of `--allow` can be read by every user"), "{ran:?}");
    assert!(!ran.err.contains("alice-0a4f") && !ran.out.contains("alice-0a4f"), "{ran:?}");
}

#[test]
fn junit_and_page_are_written_beside_what_is_printed() {
    let site = Deployment::start(with_a_hole);
    let place = place();
    let url = site.url("/admin");
    let ran = place.run(&["prove", "--allow", "@alice.txt", "--junit", "a.xml", "--html", "a.html", "--quiet", &url]);
    assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (1, "", ""));
    let xml = fs::read_to_string(place.path().join("a.xml")).unwrap();
    let names = elements(&xml);
    assert_eq!(names.first().map(String::as_str), Some("testsuites"));
    assert!(["testsuite", "testcase", "failure", "skipped"].iter().all(|name| names.iter().any(|found| found == name)), "{xml}");
    let page = fs::read_to_string(place.path().join("a.html")).unwrap();
    assert!(page.contains("way") && page.contains("past the gate</h1>") && page.trim_end().ends_with("</html>"), "{page}");
    let printed = place.run(&["prove", "--allow", "@alice.txt", "--format", "junit", &url]);
    assert_eq!(elements(&printed.out).len(), names.len());
}

#[test]
fn paths_come_from_arguments_files_and_the_policy() {
    let site = Deployment::start(closed);
    let place = place();
    place.write("api.yaml", "openapi: 3.1.0\npaths: { /admin/people: { get: {} }, /admin: { get: {} } }\n");
    let paths = |arguments: &[&str]| -> Vec<String> {
        let ran = place.run(&[&["prove", "--json", "--allow", "@alice.txt"], arguments].concat());
        assert!([0, 4].contains(&ran.code), "{ran:?}");
        let answer = ran.json();
        answer["baseline"]["paths"].as_array().unwrap().iter().map(|path| path["path"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(paths(&[&site.url("/admin"), "/admin/people", "/admin"]), ["/admin", "/admin/people"]);
    assert_eq!(paths(&[&site.url(""), "/admin"]), ["/admin"]);
    assert_eq!(paths(&[&site.url(""), "--openapi", "api.yaml"]), ["/admin/people", "/admin"]);
    assert_eq!(paths(&[&site.url(""), "--config", "gatewright.toml"]), ["/admin", "/admin/people"]);
    assert_eq!(paths(&[&site.url("/admin"), "--config", "gatewright.toml"]), ["/admin"]);
}

#[test]
fn policy_says_what_is_open_who_is_told_and_where_the_login_is() {
    let site = Deployment::start(|asked| match asked.path() {
        "/admin/people" if asked.has(ALICE) => page(&format!("<title>Who</title>{}", asked.lines.join(" "))),
        _ => closed(asked),
    });
    let ran = prove(&site, &["--json", "--config", "gatewright.toml", "--whoami", "/admin/people"]);
    let answer = ran.json();
    assert_eq!(
        (ran.code, verdicts(&answer, "P09")),
        (1, vec!["FAIL(spoof)".to_owned(), "PASS".to_owned()]),
        "{:?}",
        bad(&answer)
    );
    let spoof = probes(&answer).iter().find(|probe| probe["verdict"] == "FAIL(spoof)").unwrap();
    assert!(spoof["variant"].as_str().unwrap().contains("X-Person"), "{spoof}");
    assert_eq!(verdicts(&answer, "P16"), ["PASS"]);
}

#[test]
fn outage_is_made_and_ended_by_the_commands() {
    let place = place();
    let down = place.path().join("down");
    let site = Deployment::start(
        move |asked| {
            if down.exists() { ("502 Bad Gateway", String::new(), String::new()) } else { closed(asked) }
        },
    );
    let commands = ["--outage-cmd", "touch down", "--restore-cmd", "rm down && touch up", "--strict"];
    let url = site.url("/admin");
    let ran = place.run(&[&["prove", "--json", "--allow", "@alice.txt", &url], &commands[..]].concat());
    assert_eq!((ran.code, verdicts(&ran.json(), "P13")), (0, vec!["PASS".to_owned()]), "{ran:?}");
    assert!(place.path().join("up").exists() && !place.path().join("down").exists());
}

#[test]
fn gate_is_started_again_when_the_run_is_interrupted() {
    let place = place();
    let down = place.path().join("down");
    let (tell, told) = mpsc::channel();
    let (release, wait) = mpsc::channel::<()>();
    let site = Deployment::start(move |asked| {
        if down.exists() {
            let _ = tell.send(());
            let _ = wait.recv(); // until the test has seen the end of the program
        }
        closed(asked)
    });
    let commands = ["--outage-cmd", "touch down", "--restore-cmd", "rm down"];
    let mut command = place.command(&[&["prove", "--allow", "@alice.txt", &site.url("/admin")], &commands[..]].concat());
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    told.recv().unwrap();
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(!place.path().join("down").exists());
    drop(release);
}

#[test]
fn article_behind_nginx_is_proved_over_tls() {
    if !nginx::is_installed() {
        return;
    }
    let gate = Gate::start("");
    let backend =
        Deployment::start(|asked| if asked.path() == "/admin/" { page("<title>Ledger</title>figures") } else { nothing() });
    let nginx = Nginx::start(gate.address(), (Ipv4Addr::LOCALHOST, backend.port).into(), "", "");
    let place = place();
    place.write("ca.pem", &nginx.certificate_pem());
    for (name, groups) in [("alice", "admins"), ("bob", "staff")] {
        place.write(&format!("{name}.txt"), &gate.cookie(name, &[groups]));
    }
    let url = "https://app.example.com/admin/";
    let connect = nginx.address.to_string();
    let usual = ["prove", "--json", "--allow", "@alice.txt", "--forbid", "@bob.txt", "--connect", &connect, url];
    let ran = place.run(&[&usual[..], &["--cacert", "ca.pem"]].concat());
    let answer = ran.json();
    assert_eq!((ran.code, bad(&answer)), (0, vec![]), "{}", answer["nothing_proved"]);
    for probe in ["P01", "P02", "P03", "P06", "P07", "P08"] {
        assert_eq!(verdicts(&answer, probe), ["PASS"], "{probe}");
    }
    let wrong = place.run(&usual);
    assert!(wrong.code == 3 && wrong.json()["nothing_proved"].as_str().unwrap().contains("TLS"), "{wrong:?}");
    let insecure = place.run(&[&usual[..], &["--insecure"]].concat());
    assert!(insecure.code == 0 && insecure.err.contains("warning: certificates are not looked at"), "{insecure:?}");
}

/// The gate is asked in one location; another serves the same application.
const SIBLING: &str = "\
server {
    server_name app.example.com;
    location = /_auth { internal; proxy_pass http://127.0.0.1:9000; proxy_set_header X-Original-URI $request_uri; }
    location / {
        auth_request /_auth;
        auth_request_set $person $upstream_http_x_person;
        proxy_set_header X-Person $person;
        proxy_pass http://127.0.0.1:8080;
    }
    location /api/ {
        # here
        auth_request_set $person $upstream_http_x_person;
        proxy_set_header X-Person $person;
        proxy_pass http://127.0.0.1:8080;
    }
}
";

/// A folder with that configuration, as it is and without the mistake.
fn configurations() -> Option<Place> {
    if !nginx::is_installed() {
        return None;
    }
    let place = place();
    place.write("open.conf", SIBLING);
    place.write("closed.conf", &SIBLING.replace("# here", "auth_request /_auth;"));
    Some(place)
}

#[test]
fn rig_finds_what_reaches_the_application_and_names_the_lint() {
    let Some(place) = configurations() else { return };
    let ran = place.run(&["prove", "--rig", "open.conf", "--identity", "X-Person"]);
    assert_eq!((ran.code, ran.err.as_str()), (1, ""), "{ran:?}");
    for part in ["FAIL(open) critical P01 app.example.com:", " why: `GET /api/", " lint: open-sibling", " curl: curl "] {
        assert!(ran.out.contains(part), "{part}: {ran:?}");
    }
    let closed = place.run(&["prove", "--rig", "closed.conf", "--identity", "X-Person"]);
    assert_eq!((closed.code, closed.err.as_str()), (0, ""), "{}", closed.out);
    let declared = place.run(&["prove", "--rig", "open.conf", "--identity", "X-Person", "--open", "/api/*"]);
    assert_eq!(declared.code, 0, "{}", declared.out);
}

#[test]
fn rig_reads_standard_input_and_writes_every_form() {
    let Some(place) = configurations() else { return };
    let dump = format!(
        "# configuration file /etc/nginx/nginx.conf:\nevents {{}}\nhttp {{\n    include conf.d/*.conf;\n}}\n\n# configuration file /etc/nginx/conf.d/app.conf:\n{SIBLING}\n"
    );
    let arguments = ["prove", "--rig", "-", "--json", "--junit", "a.xml", "--html", "a.html"];
    let ran = place.run_with_input(&arguments, &dump);
    assert_eq!((ran.code, ran.err.as_str()), (1, ""));
    follows_schema(&ran.json());
    assert!(elements(&fs::read_to_string(place.path().join("a.xml")).unwrap()).contains(&"failure".to_owned()));
    assert!(fs::read_to_string(place.path().join("a.html")).unwrap().contains("past the gate</h1>"));
    let empty = place.run_with_input(&["prove", "--rig", "-"], "");
    assert!(empty.code == 2 && empty.err.contains("standard input is empty"), "{empty:?}");
}

#[test]
fn rig_proves_nothing_where_nginx_refuses_the_configuration() {
    let Some(place) = configurations() else { return };
    place.write("wrong.conf", &SIBLING.replace("# here", "auth_request;"));
    let ran = place.run(&["prove", "--rig", "wrong.conf"]);
    assert!(ran.code == 3 && ran.out.starts_with("nothing proved: nginx refuses the configuration: wrong.conf:11:"), "{ran:?}");
    let missing = place.run(&["prove", "--rig", "open.conf", "--program", "no/nginx"]);
    assert!(missing.code == 2 && missing.err.contains("`--program no/nginx` is no file"), "{missing:?}");
}

#[test]
fn interrupted_rig_leaves_nothing_behind() {
    let Some(place) = configurations() else { return };
    let temporary = tempfile::tempdir().unwrap();
    let mut command = place.command(&["prove", "--rig", "closed.conf"]);
    let mut child = command.env("TMPDIR", temporary.path()).stdout(Stdio::null()).spawn().unwrap();
    let left = || fs::read_dir(temporary.path()).unwrap().next().map(|entry| entry.unwrap().path());
    let proxy = loop {
        let written = left().and_then(|folder| fs::read_to_string(folder.join("pid")).ok());
        match written.and_then(|text| text.trim().parse::<u32>().ok()) {
            Some(proxy) => break proxy,
            None => assert!(child.try_wait().unwrap().is_none(), "it has ended before nginx was seen"),
        }
    };
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!((left(), fs::exists(format!("/proc/{proxy}")).unwrap()), (None, false));
}

#[test]
fn configuration_that_init_writes_is_proved_with_its_policy() {
    let Some(place) = configurations() else { return };
    let policy = "version = 1\n[session]\nkeys = [\"file:session.key\"]\n[identity_headers]\nX-User = \"subject\"\n[[rule]]\nid = \"health\"\n\
                  hosts = [\"app.example.com\"]\npaths = [\"/health\"]\nallow = \"anyone\"\n[[rule]]\nid = \"members\"\n\
                  hosts = [\"app.example.com\"]\nallow = \"authenticated\"\n";
    place.write("gatewright.toml", policy);
    place.write("init.conf", &place.run(&["init", "nginx"]).out);
    let ran = place.run(&["prove", "--rig", "init.conf", "--config", "gatewright.toml", "--strict"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{ran:?}");
}

#[test]
fn recipes_of_the_book_run_as_they_are_printed() {
    let Some(place) = configurations() else { return };
    let site = Deployment::start(|asked| match asked.path() {
        "/admin/" if asked.has(ALICE) => page("<title>Ledger</title>quarterly figures of all branches"),
        "/admin/" => ("401 Unauthorized", String::new(), String::new()),
        _ => nothing(),
    });
    fs::create_dir(place.path().join("deploy")).unwrap();
    place.write("gatewright.toml", &POLICY.replace("paths = [\"/admin", "hosts = [\"app.example.com\"]\npaths = [\"/admin"));
    place.write("deploy/nginx.conf", &place.run(&["init", "nginx"]).out);
    let binary = std::path::Path::new(env!("CARGO_BIN_EXE_gatewright")).parent().unwrap();
    let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap());
    let page = include_str!("../../../docs/src/how-to/prove.md");
    let commands: Vec<&str> = page.lines().filter_map(|line| line.trim_start().strip_prefix("- run: ")).collect();
    assert!(commands.len() >= 4, "{commands:?}");
    for command in commands.into_iter().filter(|command| !command.contains("apt-get")) {
        for name in ["prove.xml", "prove.html"] {
            let _ = fs::remove_file(place.path().join(name));
        }
        let mut shell = Command::new("sh");
        shell.args(["-c", command]).current_dir(place.path()).env("PATH", &path);
        let ran = Ran::of(shell.env("SITE", site.url("")).env("ALLOW", ALICE).stdin(Stdio::null()).output().unwrap());
        assert_eq!(ran.code, 0, "{command}: {ran:?}");
        let is_written = ["prove.xml", "prove.html"].iter().all(|name| place.path().join(name).exists());
        assert_eq!(is_written, command.contains("gatewright prove"), "{command}");
    }
}

#[test]
fn options_of_the_book_are_those_of_the_command() {
    let options = |text: &str| -> BTreeSet<String> {
        let words = text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-');
        words
            .filter(|word| word.starts_with("--") && word.contains(|letter: char| letter.is_ascii_alphabetic()))
            .map(str::to_owned)
            .collect()
    };
    let known = options(&place().run(&["prove", "--help"]).out);
    let reference = include_str!("../../../docs/src/reference/command-line.md");
    let start = reference.find("## `gatewright prove [OPTIONS] URL").unwrap();
    let end = reference.find("## `gatewright session mint").unwrap();
    let missing: Vec<_> = known.difference(&options(&reference[start..end])).cloned().collect();
    assert_eq!(missing, ["--help"], "these are not in the reference");
    let page = options(include_str!("../../../docs/src/how-to/prove.md"));
    let others = ["--fail-on", "--lifetime", "--no-install-recommends", "--request-target", "--subject", "--yes"];
    let unknown: Vec<_> = page.difference(&known).filter(|option| !others.contains(&option.as_str())).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

/// The names of all elements, in the order of their start; fails unless each is closed in its place.
fn elements(xml: &str) -> Vec<String> {
    let (mut open, mut names) = (Vec::new(), Vec::new());
    for part in xml.split('<').skip(1) {
        let (tag, text) = part.split_once('>').unwrap_or_else(|| panic!("`<{part}` has no end"));
        assert!(!text.contains('"') || !text.contains('\0'), "{text}");
        let name = tag.trim_start_matches('/').split([' ', '/']).next().unwrap().to_owned();
        if tag.starts_with('?') {
            continue;
        } else if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name));
            continue;
        }
        assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
        names.push(name.clone());
        if !tag.ends_with('/') {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "{open:?} stay open");
    for entity in xml.split('&').skip(1) {
        let name = entity.split(';').next().unwrap();
        assert!(["amp", "lt", "gt", "quot"].contains(&name) || name.starts_with('#'), "&{name};");
    }
    names
}
