//! One hole each, found and named.

use gatewright_prove::lints;
use gatewright_prove::prove::{Credential, Methods, Outage, Prove, Report, Verdict, prove};

use crate::fake::{Answer, Asked, Fake, LEDGER, closed, page, to_login};
use crate::{bad, exit, verdicts};

/// The page that comes where a site that is closed would refuse.
type Hole = fn(&Asked) -> Option<&'static str>;

/// The checks that failed, as probe and variant, after looking that each says how to see it and what would have found it.
fn failures(report: &Report) -> Vec<(&'static str, &str)> {
    let failed: Vec<_> = report.checks.iter().filter(|check| check.verdict.is_fail()).collect();
    for check in &failed {
        let lint = check.lint.unwrap_or_default();
        assert!(lints().iter().any(|known| known.id == lint), "`{lint}` of {} is no lint", check.probe);
        assert!(
            check
                .curl
                .as_ref()
                .is_some_and(|curl| (curl.starts_with("curl ") || curl.starts_with("printf ")) && !curl.contains("session=good")),
            "{check:?}"
        );
    }
    failed.into_iter().map(|check| (check.probe, check.variant.as_str())).collect()
}

/// A site that is closed, but for what this hole shows.
fn with_hole(hole: Hole) -> Report {
    Fake::start(move |asked| hole(asked).map_or_else(|| closed(asked), page)).prove()
}

#[test]
fn each_kind_of_hole_is_found_by_its_probe() {
    let holes: [(&str, &str, Hole); 16] = [
        ("P01", "GET", |asked| (asked.path() == "/admin").then_some(LEDGER)),
        ("P04", "Cookie: session=x", |asked| asked.value("cookie").filter(|_| asked.path() == "/admin").map(|_| LEDGER)),
        ("P04", "the credential with one character changed", |asked| {
            let cookie = asked.value("cookie").filter(|cookie| asked.path() == "/admin" && cookie.starts_with("session=g"));
            cookie.map(|_| LEDGER)
        }),
        ("P04", "Authorization: Bearer x", |asked| {
            asked.value("authorization").filter(|_| asked.path() == "/admin").map(|_| LEDGER)
        }),
        ("P05", "OPTIONS", |asked| (asked.method == "OPTIONS").then_some(LEDGER)),
        ("P05", "HEAD", |asked| (asked.method == "HEAD" && asked.path() == "/admin").then_some(LEDGER)),
        ("P06", "a .php below it", |asked| {
            asked.path().ends_with(".php").then_some("<title>Tool</title>another page of the application")
        }),
        ("P06", "two slashes", |asked| asked.path().starts_with("//admin").then_some(LEDGER)),
        ("P06", "a folder and back, with a semicolon", |asked| (asked.path() == "/x/..;/admin").then_some(LEDGER)),
        ("P06", "a capital letter", |asked| (asked.path() == "/Admin").then_some(LEDGER)),
        ("P06", "?debug=1", |asked| {
            asked.target.ends_with("?debug=1").then_some("<title>Debug</title>memory of the application")
        }),
        ("P06", "a file that does not exist, in /static/", |asked| {
            asked.path().starts_with("/static/").then_some("the application")
        }),
        ("P07", "HTTP/1.0 without Host", |asked| asked.value("host").is_none().then_some(LEDGER)),
        ("P08", "X-Forwarded-For: 10.0.0.1", |asked| (asked.value("x-forwarded-for") == Some("10.0.0.1")).then_some(LEDGER)),
        ("P08", "X-Original-URI: /login", |asked| (asked.value("x-original-uri") == Some("/login")).then_some(LEDGER)),
        ("P15", "event stream", |asked| (asked.value("accept") == Some("text/event-stream")).then_some(LEDGER)),
    ];
    for (probe, variant, hole) in holes {
        let report = with_hole(hole);
        assert!(failures(&report).contains(&(probe, variant)), "{probe} {variant}: {:?}", bad(&report));
        assert_eq!(exit(&report), 1);
    }
}

#[test]
fn websocket_that_is_let_through_is_open() {
    let fake = Fake::start(|asked| match asked.value("upgrade") {
        Some(_) if asked.path() == "/ws" => ("101 Switching Protocols", String::new(), String::new()),
        _ => closed(asked),
    });
    assert_eq!(failures(&fake.prove()), [("P15", "WebSocket at /ws")]);
}

#[test]
fn cache_that_shows_a_members_page_to_the_next_is_found() {
    let mut warm = false;
    let fake = Fake::start(move |asked| {
        let fits = asked.target == "/admin" && asked.method == "GET";
        warm |= fits && asked.is_member();
        if warm && fits { page(LEDGER) } else { closed(asked) }
    });
    let report = fake.prove();
    assert!(failures(&report).contains(&("P11", "nobody, the same page")), "{:?}", bad(&report));
}

#[test]
fn page_of_one_person_that_another_gets_is_found() {
    let mut kept = None;
    let fake = Fake::start(move |asked| {
        let own = format!("{LEDGER} {}", asked.value("x-person").unwrap_or_default());
        match (asked.target.as_str(), asked.is_member()) {
            ("/admin", true) => page(kept.get_or_insert(own)),
            (_, true) if asked.path() == "/admin" => page(&own),
            _ => closed(asked),
        }
    });
    let mut options = fake.options();
    let person = |name| Some(Credential::new([format!("X-Person: {name}").as_str(), "Cookie: session=good"], "@p.txt").unwrap());
    (options.allow, options.second) = (person("alice"), person("bob"));
    let report = prove(&options, &mut |_| ());
    assert_eq!(failures(&report), [("P11", "somebody else who may")]);
}

fn proved(answer: impl FnMut(&Asked) -> Answer + Send + 'static, options: impl FnOnce(&mut Prove)) -> Report {
    let fake = Fake::start(answer);
    let mut chosen = fake.options();
    options(&mut chosen);
    prove(&chosen, &mut |_| ())
}

#[test]
fn somebody_who_is_sent_in_a_circle_is_a_loop() {
    let forbid = |options: &mut Prove| options.forbid = Some(Credential::new(["Cookie: session=other"], "@forbid.txt").unwrap());
    let is_other = |asked: &Asked| asked.value("cookie") == Some("session=other");
    let report = proved(
        move |asked| match asked.path() {
            "/login" if is_other(asked) => ("302 Found", "Location: /admin\r\n".to_owned(), String::new()),
            _ => closed(asked),
        },
        forbid,
    );
    assert_eq!(failures(&report), [("P03", "GET")]);
    assert_eq!(verdicts(&report, "P03"), [Verdict::Loop]);
    let told = proved(
        move |asked| if is_other(asked) { ("403 Forbidden", String::new(), "no".to_owned()) } else { closed(asked) },
        forbid,
    );
    assert_eq!(verdicts(&told, "P03"), [Verdict::Pass]);
}

#[test]
fn identity_that_a_client_writes_is_spoofed_where_the_application_hears_it() {
    let site = |hears: fn(&Asked) -> Option<&str>| {
        move |asked: &Asked| match asked.path() {
            "/admin/me" if asked.is_member() => page(&format!("you are {}", hears(asked).unwrap_or("alice"))),
            _ => closed(asked),
        }
    };
    let options = |options: &mut Prove| {
        options.identity = vec!["X-User".to_owned()];
        options.whoami = Some("/admin/me".to_owned());
    };
    let open = proved(site(|asked| asked.value("x-user")), options);
    assert!(failures(&open).contains(&("P09", "X-User, with a credential")), "{:?}", bad(&open));
    let alias = proved(site(|asked| asked.value("x_user")), options);
    assert_eq!(failures(&alias), [("P09", "X_User, with a credential")]);
    let closed = proved(site(|_| None), options);
    assert_eq!(verdicts(&closed, "P09"), [Verdict::Pass]);
    let removed = |asked: &Asked| asked.value("connection").is_some_and(|value| value.contains("X-User"));
    let removed = proved(
        move |asked| match asked.path() {
            "/admin/me" if asked.is_member() && removed(asked) => page("you are nobody"),
            _ => site(|_| None)(asked),
        },
        options,
    );
    let bad = bad(&removed);
    assert!(bad.len() == 1 && bad[0].starts_with("P09 all of them named in Connection, with a credential: Warn"), "{bad:?}");
}

#[test]
fn gate_that_is_down_must_not_open() {
    let folder = std::env::temp_dir().join(format!("gatewright-outage-{}", std::process::id()));
    let (flag, down) = (folder.clone(), folder.display().to_string());
    let report = proved(
        move |asked| if flag.exists() && asked.path() == "/admin" { page(LEDGER) } else { closed(asked) },
        |options| options.outage = Some(Outage { stop: format!("touch '{down}'"), restore: format!("rm '{down}'") }),
    );
    assert!(failures(&report).contains(&("P13", "nobody")), "{:?}", bad(&report));
    assert!(!folder.exists(), "the gate was not started again");
}

#[test]
fn yes_that_is_kept_while_the_gate_is_down_is_a_warning() {
    let flag = std::env::temp_dir().join(format!("gatewright-kept-{}", std::process::id()));
    let down = flag.display().to_string();
    let report = proved(
        move |asked| match (flag.exists(), asked.path()) {
            (true, "/admin") if !asked.is_member() => ("500 Internal Server Error", String::new(), String::new()),
            _ => closed(asked),
        },
        |options| options.outage = Some(Outage { stop: format!("touch '{down}'"), restore: format!("rm '{down}'") }),
    );
    assert_eq!(verdicts(&report, "P13"), [Verdict::Pass, Verdict::Warn]);
    assert_eq!(exit(&report), 0);
}

#[test]
fn application_that_answers_past_the_proxy_is_open() {
    let application = Fake::start(|_| page(LEDGER));
    let direct = format!("http://127.0.0.1:{}/", application.port).parse().unwrap();
    let report = proved(closed, |options| options.direct = vec![direct]);
    assert_eq!(verdicts(&report, "P17"), [Verdict::Open]);
    let gone = Fake::start(closed).options().target;
    let report = proved(closed, |options| options.direct = vec![gone]);
    assert_eq!(verdicts(&report, "P17"), [Verdict::Pass]);
}

#[test]
fn gate_that_answers_clients_is_a_warning() {
    let report = proved(
        |asked| match (asked.path(), asked.is_member()) {
            ("/_auth", true) => page(""),
            ("/_auth", false) => ("401 Unauthorized", String::new(), String::new()),
            _ => closed(asked),
        },
        |_| (),
    );
    assert_eq!(bad(&report).len(), 1, "{:?}", bad(&report));
    assert!(bad(&report)[0].starts_with("P10 /_auth: Warn"));
}

#[test]
fn declared_open_path_is_no_hole_and_what_is_behind_it_is() {
    let health = |asked: &Asked| if asked.path() == "/admin/health" { page("fine, thanks") } else { closed(asked) };
    let open = |options: &mut Prove| options.open = vec!["/admin/health".to_owned()];
    let report = proved(health, open);
    assert_eq!((bad(&report), exit(&report)), (Vec::new(), 0));
    let report =
        proved(move |asked| if asked.path().starts_with("/admin/health/..;") { page(LEDGER) } else { health(asked) }, open);
    assert_eq!(failures(&report), [("P16", "/admin/health and back, with a semicolon")]);
}

#[test]
fn methods_that_change_something_are_tried_when_asked_for() {
    let report = proved(
        |asked| if asked.method == "PUT" { page(LEDGER) } else { closed(asked) },
        |options| options.methods = Methods::All,
    );
    assert_eq!(failures(&report), [("P05", "PUT")]);
    assert_eq!(verdicts(&report, "P12"), [Verdict::Pass]);
}

#[test]
fn way_back_from_the_login_that_loses_half_of_the_address_is_a_warning() {
    let report = proved(
        |asked| match closed(asked) {
            (status, ..) if status.starts_with("302") => {
                (status, format!("Location: /login?rd={}\r\n", asked.target), String::new())
            }
            answer => answer,
        },
        |_| (),
    );
    assert_eq!(verdicts(&report, "P18"), [Verdict::Pass, Verdict::Warn]);
    assert_eq!(
        verdicts(
            &proved(
                |asked| if asked.path() == "/login" {
                    closed(asked)
                } else if asked.is_member() {
                    page(LEDGER)
                } else {
                    to_login(asked)
                },
                |_| ()
            ),
            "P18"
        ),
        [Verdict::Pass]
    );
}
