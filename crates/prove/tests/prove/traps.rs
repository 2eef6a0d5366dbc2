//! Answers that look like a refusal and are none, or the other way round.

use gatewright_prove::prove::{Strictness, Verdict, prove};

use crate::fake::{Answer, Asked, Fake, LEDGER, LOGIN, closed, page};
use crate::{bad, exit, verdicts};

fn is_admin(asked: &Asked) -> bool {
    asked.path().starts_with("/admin")
}

fn refused(body: &str) -> Answer {
    ("403 Forbidden", String::new(), body.to_owned())
}

#[test]
fn login_page_with_200_is_a_refusal() {
    let fake = Fake::start(|asked| match closed(asked) {
        (status, ..) if status.starts_with("302") => page(LOGIN),
        answer => answer,
    });
    let report = fake.prove();
    assert_eq!((bad(&report), exit(&report)), (Vec::new(), 0));
}

#[test]
fn shell_that_comes_for_every_path_is_a_refusal_when_members_see_something_else() {
    let shell = "<title>App</title><div id=root></div><script src=/main.js></script>";
    let fake = Fake::start(move |asked| if is_admin(asked) && asked.is_member() { page(LEDGER) } else { page(shell) });
    let report = fake.prove();
    assert_eq!(verdicts(&report, "P01"), [Verdict::Pass]);
    assert_eq!((bad(&report), exit(&report)), (Vec::new(), 0));
}

#[test]
fn shell_that_comes_for_everybody_proves_nothing_without_a_marker() {
    let fake = Fake::start(|_| page("<title>App</title><div id=root></div>"));
    let report = fake.prove();
    assert!(report.nothing_proved.as_ref().unwrap().contains("--marker"), "{:?}", report.nothing_proved);
    assert_eq!(exit(&report), 3);
}

#[test]
fn page_that_comes_for_everybody_everywhere_is_open_when_the_marker_is_in_it() {
    let fake = Fake::start(|_| page("<title>App</title>the figures"));
    let mut options = fake.options();
    options.marker = Some("figures".to_owned());
    assert_eq!(verdicts(&prove(&options, &mut |_| ()), "P01"), [Verdict::Open]);
}

#[test]
fn marker_that_is_also_on_open_pages_proves_nothing() {
    let fake = Fake::start(|asked| match closed(asked) {
        (status, ..) if status.starts_with("404") => page(LEDGER),
        answer => answer,
    });
    let mut options = fake.options();
    options.marker = Some("figures".to_owned());
    let report = prove(&options, &mut |_| ());
    assert!(report.nothing_proved.as_ref().unwrap().contains("marker"), "{:?}", report.nothing_proved);
}

#[test]
fn marker_tells_pages_apart_that_are_otherwise_alike() {
    let filler = "<title>App</title> one two three four five six seven eight nine ten eleven twelve thirteen fourteen ";
    let fake = Fake::start(move |asked| page(&format!("{filler}{}", if asked.is_member() { "secret" } else { "public" })));
    let mut options = fake.options();
    options.marker = Some("secret".to_owned());
    let report = prove(&options, &mut |_| ());
    assert_eq!((verdicts(&report, "P01"), report.nothing_proved.clone()), (vec![Verdict::Pass], None));
    assert_eq!(report.count(Verdict::Open), 0);
}

#[test]
fn empty_200_is_no_refusal_that_anybody_could_rely_on() {
    let fake = Fake::start(|asked| if asked.is_member() { closed(asked) } else { page("") });
    let report = fake.prove();
    assert_eq!(verdicts(&report, "P01"), [Verdict::Inconclusive]);
    assert_eq!((report.count(Verdict::Open), report.exit_code(Strictness::Strict)), (0, 4));
}

#[test]
fn empty_200_for_a_host_that_nobody_knows_is_a_refusal() {
    let fake = Fake::start(|asked| {
        let known = asked.value("host").is_some_and(|host| host.starts_with("127.0.0.1:"));
        if known { closed(asked) } else { page("") }
    });
    let report = fake.prove();
    assert_eq!(verdicts(&report, "P07"), [Verdict::Pass]);
}

#[test]
fn refusal_of_the_application_itself_is_told_from_that_of_a_gate() {
    let fake = Fake::start(|asked| {
        let (status, lines, body) = closed(asked);
        let status = if status.starts_with("302") { "401 Unauthorized" } else { status };
        (status, format!("{lines}X-Powered-By: Express\r\n"), body)
    });
    let report = fake.prove();
    assert_eq!(verdicts(&report, "P01"), [Verdict::Warn]);
    assert!(report.checks[0].evidence.contains("x-powered-by"), "{}", report.checks[0].evidence);
}

#[test]
fn firewall_that_refuses_everybody_proves_nothing() {
    let fake = Fake::start(|_| refused("blocked by policy"));
    let report = fake.prove();
    assert!(report.nothing_proved.as_ref().unwrap().contains("not accepted"));
    assert_eq!(exit(&report), 3);
}

#[test]
fn firewall_that_wakes_up_in_the_middle_makes_what_it_refused_uncertain() {
    let mut count = 0;
    let fake = Fake::start(move |asked| {
        count += 1;
        if count > 30 { refused("blocked by policy") } else { closed(asked) }
    });
    let report = fake.prove();
    assert!(report.checks.iter().any(|check| check.evidence.contains("something else than the gate")));
    assert_eq!(exit(&report), 4);
}

#[test]
fn limit_on_requests_is_no_refusal() {
    let mut count = 0;
    let fake = Fake::start(move |asked| {
        count += 1;
        if count > 30 && count % 2 == 0 { ("429 Too Many Requests", String::new(), String::new()) } else { closed(asked) }
    });
    let report = fake.prove();
    assert!(report.checks.iter().any(|check| check.status == Some(429) && check.verdict == Verdict::Inconclusive));
    assert_eq!(exit(&report), 4);
}

#[test]
fn redirect_to_another_protected_page_is_no_refusal() {
    let fake = Fake::start(|asked| match asked.path() {
        "/admin" if !asked.is_member() => ("302 Found", "Location: /start\r\n".to_owned(), String::new()),
        "/start" => page(LEDGER),
        _ => closed(asked),
    });
    let report = fake.prove();
    assert_eq!(verdicts(&report, "P01"), [Verdict::Open]);
    assert_eq!(exit(&report), 1);
}

#[test]
fn refusal_that_shows_the_page_below_its_status_is_none() {
    let fake =
        Fake::start(|asked| if is_admin(asked) { ("401 Unauthorized", String::new(), LEDGER.to_owned()) } else { closed(asked) });
    let fake_with_members = Fake::start(|asked| match closed(asked) {
        (status, ..) if status.starts_with("302") => ("401 Unauthorized", String::new(), LEDGER.to_owned()),
        answer => answer,
    });
    assert_eq!(exit(&fake.prove()), 3, "members get 401 as well");
    assert_eq!(verdicts(&fake_with_members.prove(), "P01"), [Verdict::Open]);
}

#[test]
fn credential_that_is_not_accepted_proves_nothing() {
    for answer in [closed, |asked: &Asked| if is_admin(asked) { page(LOGIN) } else { closed(asked) }] {
        let fake = Fake::start(move |asked| {
            answer(&Asked { lines: Vec::new(), method: asked.method.clone(), target: asked.target.clone() })
        });
        let report = fake.prove();
        assert!(report.nothing_proved.as_ref().unwrap().contains("not accepted"), "{:?}", report.nothing_proved);
        assert_eq!((exit(&report), report.checks.len()), (3, 0));
    }
}

#[test]
fn unreachable_target_proves_nothing() {
    let options = Fake::start(closed).options(); // and it is gone again
    let report = prove(&options, &mut |_| ());
    assert!(report.nothing_proved.as_ref().unwrap().contains("cannot be reached"));
    assert_eq!(exit(&report), 3);
}

#[test]
fn refusal_with_a_server_error_is_a_warning() {
    let fake = Fake::start(|asked| match closed(asked) {
        (status, ..) if status.starts_with("302") => ("500 Internal Server Error", String::new(), String::new()),
        answer => answer,
    });
    assert_eq!(verdicts(&fake.prove(), "P01"), [Verdict::Warn]);
}

#[test]
fn page_that_comes_for_everybody_and_everywhere_is_open_where_it_was_said_to_be_protected() {
    for text in ["SECRET static", LEDGER] {
        let fake = Fake::start(move |_| page(text));
        let report = fake.prove();
        assert_eq!((verdicts(&report, "P01"), exit(&report)), (vec![Verdict::Open], 1), "{text}");
    }
}

#[test]
fn refusal_that_a_cache_in_front_has_kept_hides_no_hole() {
    let fake = Fake::start(|asked| match asked.target.as_str() {
        "/admin" if !asked.is_member() => closed(asked),
        target if target.starts_with("/admin?") => page(LEDGER),
        _ => closed(asked),
    });
    let report = fake.prove();
    assert_eq!(verdicts(&report, "P01"), [Verdict::Pass]);
    assert!(bad(&report).iter().any(|line| line.starts_with("P11 nobody, with a query that no cache knows: Open")));
}

#[test]
fn cache_in_front_that_shows_everybody_the_first_answer_proves_nothing() {
    let mut kept = std::collections::BTreeMap::new();
    let fake = Fake::start(move |asked| {
        let answer = kept.entry(asked.target.clone()).or_insert_with(|| closed(asked));
        (answer.0, answer.1.clone(), answer.2.clone())
    });
    let report = fake.prove();
    assert!(report.nothing_proved.as_ref().unwrap().contains("not accepted"), "{:?}", report.nothing_proved);
    assert_eq!(exit(&report), 3);
}

#[test]
fn head_of_a_login_page_is_no_way_in() {
    let fake = Fake::start(|asked| match closed(asked) {
        // As over HTTP/1.0 and for what is made on the fly: nobody says how long it is, or it differs from call to call.
        (status, ..) if status.starts_with("302") => page(&format!("{LOGIN}<!-- {} {} -->", asked.method, asked.target)),
        answer => answer,
    });
    let report = fake.prove();
    assert_eq!((verdicts(&report, "P05"), exit(&report)), (vec![Verdict::Pass, Verdict::Skip], 0), "{:?}", bad(&report));
}

#[test]
fn websocket_of_a_public_site_is_a_warning() {
    let fake = Fake::start(|asked| match closed(asked) {
        _ if asked.path() == "/ws" && asked.value("upgrade").is_some() => {
            ("101 Switching Protocols", String::new(), String::new())
        }
        (status, ..) if status.starts_with("404") => page(&format!("<title>Shop</title>all about {}", asked.target)),
        answer => answer,
    });
    let report = fake.prove();
    assert_eq!((verdicts(&report, "P15"), exit(&report)), (vec![Verdict::Pass, Verdict::Warn], 0), "{:?}", bad(&report));
}

#[test]
fn public_site_around_the_protected_pages_is_no_way_in() {
    let fake = Fake::start(|asked| match closed(asked) {
        (status, ..) if status.starts_with("404") => page(&format!("<title>Shop</title>all about {}", asked.target)),
        answer => answer,
    });
    let report = fake.prove();
    assert_eq!((report.count(Verdict::Open), exit(&report)), (0, 0), "{:?}", bad(&report));
}
