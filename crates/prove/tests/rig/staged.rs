//! A configuration that is kept running is asked from outside, and what is said of a trial can be printed as a run of the prober.

use std::io;
use std::net::TcpStream;
use std::path::Path;

use gatewright_prove::nginx::{Disk, Files};
use gatewright_prove::prove::{Strictness, Verdict, prove, report};
use gatewright_prove::{Intent, Outcome, Stage, Staged, Trial, rig};

use crate::support::{catalogue, has_nginx};

fn stage(file: &str) -> Option<Box<Stage>> {
    if !has_nginx() {
        return None;
    }
    match Stage::start(catalogue(file).as_bytes(), &Disk, Intent::default(), None).unwrap() {
        Staged::Runs(stage) => Some(stage),
        Staged::Refused(trial) => panic!("{trial:?}"),
    }
}

fn tried(file: &str) -> Option<Trial> {
    has_nginx().then(|| rig(catalogue(file).as_bytes(), &Disk, Intent::default(), None).unwrap())
}

const CLOSED: &str = "02b-rewrite-break-stays-protected.conf";
const WHEN_DOWN: &str = "04c-auth-DOWN-error-page-502-50x-html.conf";
const SIBLING: &str = "09b-sibling-not-nested-does-not-inherit.conf";
const SPOOFED: &str = "35-nested-proxy-set-header-resets-identity.conf";
const REFUSED: &str = "12e-auth-request-inside-if.conf";

#[test]
fn prober_finds_from_outside_what_is_open_and_only_that() {
    for (file, verdict) in [(CLOSED, None), (SIBLING, Some(Verdict::Open)), (WHEN_DOWN, Some(Verdict::Open))] {
        let Some(stage) = stage(file) else { return };
        let door = stage.doors().iter().find(|door| !door.paths.is_empty()).unwrap();
        let report = prove(&stage.prove(door).unwrap(), &mut |_| ());
        assert_eq!(report.nothing_proved, None, "{file}");
        let fails: Vec<_> = report.checks.iter().filter(|check| check.verdict.is_fail()).collect();
        assert_eq!(fails.first().map(|check| check.verdict), verdict, "{file}: {fails:#?}");
    }
}

#[test]
fn configuration_that_nginx_refuses_is_not_staged() {
    if !has_nginx() {
        return;
    }
    let staged = Stage::start(catalogue(REFUSED).as_bytes(), &Disk, Intent::default(), None).unwrap();
    let Staged::Refused(trial) = staged else { panic!("{staged:?}") };
    assert_eq!(trial.outcome, Outcome::Rejected);
    let report = trial.report(REFUSED, "2026-01-01T00:00:00Z");
    assert!(report.nothing_proved.as_ref().unwrap().starts_with("nginx refuses the configuration: "), "{report:?}");
    assert_eq!(report.exit_code(Strictness::Usual), 3);
}

#[test]
fn closed_configuration_has_a_check_for_every_answer_of_the_gate() {
    let Some(trial) = tried(CLOSED) else { return };
    let report = trial.report(CLOSED, "2026-01-01T00:00:00Z");
    assert_eq!((report.exit_code(Strictness::Usual), report.nothing_proved.as_ref()), (0, None), "{report:#?}");
    for answer in ["answers 302", "answers 502", "never answers", "refuses connections"] {
        let is_it = |check: &&gatewright_prove::prove::Check| check.variant.contains(answer) && check.verdict == Verdict::Pass;
        assert!(report.checks.iter().any(|check| is_it(&check)), "{answer}");
    }
    let asked: usize = report.checks.iter().map(|check| check.requests.len()).sum();
    assert_eq!((asked, trial.requests), (report.requests.len(), report.requests.len()));
}

#[test]
fn failure_says_how_to_see_it_again_and_which_rule_would_have_found_it() {
    for (file, lint, verdict) in [
        (SIBLING, "open-sibling", Verdict::Open),
        (WHEN_DOWN, "auth-location-error-page", Verdict::Open),
        (SPOOFED, "identity-not-set", Verdict::Spoof),
    ] {
        let Some(trial) = tried(file) else { return };
        let report = trial.report(file, "2026-01-01T00:00:00Z");
        assert_eq!(report.exit_code(Strictness::Usual), 1);
        let check = report.checks.iter().find(|check| check.verdict == verdict).unwrap();
        assert_eq!(check.lint, Some(lint), "{file}: {check:?}");
        assert!(check.curl.as_ref().unwrap().starts_with("curl -i -s "), "{check:?}");
        let mut text = Vec::new();
        report::text(&report, &|_, text| text.to_owned(), &mut text).unwrap();
        assert!(String::from_utf8_lossy(&text).contains(verdict.name()), "{}", String::from_utf8_lossy(&text));
    }
}

#[test]
fn nothing_is_left_behind() {
    let Some(stage) = stage(CLOSED) else { return };
    let folder = stage.outage().stop.split('\'').nth(1).map(|file| Path::new(file).parent().unwrap().to_owned()).unwrap();
    let name = folder.to_str().unwrap().to_owned();
    let address = stage.doors()[0].address;
    assert!(folder.exists() && runs(&name) && TcpStream::connect(address).is_ok());
    drop(stage);
    assert!(!folder.exists() && !runs(&name) && TcpStream::connect(address).is_err());
}

/// Whether there is a process with this among its arguments.
fn runs(argument: &str) -> bool {
    let processes = std::fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    let mut arguments = processes.filter_map(|process| std::fs::read(process.path().join("cmdline")).ok());
    arguments.any(|arguments| String::from_utf8_lossy(&arguments).contains(argument))
}

const IDENTITY: &str = "\
    events { } http { server { listen 80; auth_request /_auth; auth_request_set $user $upstream_http_x_user;\n\
    location = /_auth { internal; proxy_pass http://10.0.0.1; }\n\
    location / { proxy_pass http://10.0.0.2; proxy_set_header X-User $user; } } }";

#[test]
fn gate_that_says_yes_to_everybody_opens_nothing_and_forges_nothing() {
    if !has_nginx() {
        return;
    }
    let trial = rig(b"/n", &Text(IDENTITY), Intent::default(), None).unwrap();
    assert_eq!(trial.outcome, Outcome::Closed, "{:?}", trial.shown);
    for answer in ["answers 204 to everybody", "answers 200 with half a body", "answers 200 with empty identity headers"] {
        let check = trial.checks.iter().find(|check| check.variant.contains(answer)).unwrap();
        assert_eq!(check.verdict, Verdict::Pass, "{check:?}");
    }
}

#[test]
fn gate_that_lets_in_everybody_is_no_proof_that_anybody_gets_in() {
    if !has_nginx() {
        return;
    }
    let deaf = IDENTITY.replace("internal;", "internal; proxy_pass_request_headers off;").leak();
    let trial = rig(b"/n", &Text(deaf), Intent::default(), None).unwrap();
    assert_eq!((trial.outcome, trial.lets_in), (Outcome::Closed, false), "{:?}", trial.shown);
    assert_eq!(trial.report("/n", "").exit_code(Strictness::Usual), 3);
}

/// One file, whatever its name.
struct Text(&'static str);

impl Files for Text {
    fn read(&self, name: &[u8]) -> Result<Vec<u8>, io::ErrorKind> {
        if name == b"/n" { Ok(self.0.as_bytes().to_vec()) } else { Err(io::ErrorKind::NotFound) }
    }

    fn names(&self, _folder: &[u8]) -> Vec<Vec<u8>> {
        Vec::new()
    }
}
