use gatewright::{Authorizer, Config, Request, UnixTime};

use super::*;

const NOW: UnixTime = UnixTime::from_secs(1_767_225_600);

fn holder() -> Holder {
    Holder {
        subject: "alice".to_owned(),
        email: Some("alice@example.com".to_owned()),
        name: Some("Alice \"A\"".to_owned()),
        groups: vec!["staff".to_owned(), "admins".to_owned()],
        scopes: vec!["read".to_owned()],
    }
}

fn authorizer(key: &RootKey) -> Authorizer {
    let config = format!(
        "version = 1\n[[biscuit]]\npublic_keys = [\"{}\"]\nidentity = {{ subject = \"data($v) <- user($v)\", email = \"data($v) <- email($v)\", \
         name = \"data($v) <- name($v)\", groups = \"data($v) <- group($v)\", scopes = \"data($v) <- scope($v)\" }}\n\
         [[rule]]\nid = \"members\"\nallow = \"authenticated\"\n",
        key.public_text()
    );
    Authorizer::new(&Config::from_toml(&config).unwrap()).unwrap()
}

/// Asks for `METHOD scheme://host/path` from 192.0.2.7.
fn code(authorizer: &Authorizer, token: &str, request: &str, now: UnixTime) -> &'static str {
    let (method, url) = request.split_once(' ').unwrap();
    let (host, path) = url.split_at(url.find('/').unwrap());
    let headers = [("authorization", format!("Bearer {token}"))];
    let request = Request::new(method, "https", host, path, &headers).client("192.0.2.7".parse().unwrap());
    authorizer.decide(&request, now).code()
}

#[test]
fn what_is_minted_is_accepted_with_everything_it_says() {
    let key = RootKey::generate();
    let token = key.mint(Some(3), &holder(), &Restrictions::default()).unwrap();
    let identity = authorizer(&key).inspect_biscuit(&token).unwrap();
    assert_eq!(
        (identity.subject(), identity.email(), identity.name()),
        ("alice", Some("alice@example.com"), Some("Alice \"A\""))
    );
    assert_eq!(identity.groups().collect::<Vec<_>>(), ["admins", "staff"]);
    assert_eq!(identity.scopes().collect::<Vec<_>>(), ["read"]);
    assert!(authorizer(&RootKey::generate()).inspect_biscuit(&token).unwrap_err().starts_with("signature_invalid"));
}

#[test]
fn a_token_is_good_for_what_it_was_narrowed_to() {
    let key = RootKey::generate();
    let authorizer = authorizer(&key);
    let narrow = |narrow: Restrictions| {
        let minted = key.mint(None, &holder(), &narrow).unwrap();
        let handed_on = attenuate(&key.mint(None, &holder(), &Restrictions::default()).unwrap(), &narrow, false).unwrap();
        [minted, handed_on]
    };
    let check = |tokens: &[String; 2], request: &str, now: UnixTime, allowed: bool| {
        for token in tokens {
            let expected = if allowed { "allowed" } else { "caveat_failed" };
            assert_eq!(code(&authorizer, token, request, now), expected, "{request} at {now}");
        }
    };
    let any = Restrictions::default;

    let reports = narrow(any().method("GET").unwrap().path("/reports/**").unwrap().until(NOW.plus(60)));
    for allowed in
        ["GET a.example/reports", "GET a.example/reports/", "GET a.example/reports/7?x=1", "HEAD a.example/reports/7/8"]
    {
        check(&reports, allowed, NOW, true);
    }
    for refused in ["POST a.example/reports/7", "GET a.example/", "GET a.example/reportsx", "GET a.example/Reports/7"] {
        check(&reports, refused, NOW, false);
    }
    check(&reports, "GET a.example/reports/7", NOW.plus(59), true);
    check(&reports, "GET a.example/reports/7", NOW.plus(60), false);

    let two = narrow(any().path("/a").unwrap().path("/b/c/").unwrap().method("PUT").unwrap().method("DELETE").unwrap());
    check(&two, "PUT a.example/a", NOW, true);
    check(&two, "DELETE a.example/b/c", NOW, true);
    check(&two, "DELETE a.example/b/c/d", NOW, false);
    check(&two, "GET a.example/a", NOW, false);

    let everywhere = narrow(any().path("/**").unwrap());
    check(&everywhere, "GET a.example/", NOW, true);
    check(&everywhere, "GET a.example/x/y", NOW, true);
    check(&narrow(any().path("/").unwrap()), "GET a.example/", NOW, true);
    check(&narrow(any().path("/").unwrap()), "GET a.example/x", NOW, false);

    let hosts = narrow(any().host("A.example").unwrap().host("*.b.example").unwrap());
    for (request, allowed) in [
        ("GET a.example/", true),
        ("GET a.example:8443/", true),
        ("GET x.y.b.example/", true),
        ("GET b.example/", false),
        ("GET xb.example/", false),
        ("GET c.example/", false),
    ] {
        check(&hosts, request, NOW, allowed);
    }

    check(&narrow(any().client_ip("192.0.2.7".parse().unwrap())), "GET a.example/", NOW, true);
    check(&narrow(any().client_ip("192.0.2.8".parse().unwrap())), "GET a.example/", NOW, false);
    check(&narrow(any().datalog("check if operation(\"GET\")").unwrap()), "POST a.example/", NOW, false);
    let earlier = any().until(NOW.plus(60)).until(NOW.plus(30)).until(NOW.plus(90));
    check(&narrow(earlier), "GET a.example/", NOW.plus(30), false);
}

#[test]
fn a_token_can_be_narrowed_again_and_never_widened() {
    let key = RootKey::generate();
    let authorizer = authorizer(&key);
    let only_get = Restrictions::default().method("GET").unwrap();
    let token = key.mint(None, &holder(), &only_get).unwrap();
    let wider = attenuate(&token, &Restrictions::default().method("POST").unwrap(), false).unwrap();
    for request in ["GET a.example/", "POST a.example/"] {
        assert_eq!(code(&authorizer, &wider, request, NOW), "caveat_failed");
    }
    let more = attenuate(&token, &Restrictions::default().datalog("user(\"root\"); group(\"x\")").unwrap(), false).unwrap();
    assert_eq!(authorizer.inspect_biscuit(&more).unwrap().subject(), "alice");
    assert_eq!(authorizer.inspect_biscuit(&more).unwrap().groups().count(), 2);
}

#[test]
fn a_token_without_padding_can_be_narrowed_too() {
    let token = RootKey::generate().mint(None, &holder(), &Restrictions::default()).unwrap();
    let bare = token.trim_end_matches('=');
    assert_eq!(inspect(bare).unwrap(), inspect(&token).unwrap());
    assert!(attenuate(&format!("{bare}\n"), &Restrictions::default(), true).is_ok());
}

#[test]
fn what_cannot_be_narrowed_to_is_an_error() {
    let any = Restrictions::default;
    for path in [
        "", "reports", "/a//b", "/a/../b", "/a/./b", "/*", "/a/*/b", "/a**", "/**/a", "a/**", "/a%20b", "/a?b", "//", "/a;b",
        "/a\u{7}",
    ] {
        assert!(any().path(path).is_err(), "{path}");
    }
    for method in ["", "get", "GET POST", "GET\n"] {
        assert!(any().method(method).is_err(), "{method}");
    }
    for host in ["", "*", "*.", "a..b", "a.example:443", "a/b", "*.*.example", "a b"] {
        assert!(any().host(host).is_err(), "{host}");
    }
    assert!(any().host("192.0.2.7").is_ok() && any().host("[2001:db8::1]").is_ok());
    for datalog in ["allow if true", "check of", "p({x})", "check if true trusting ed25519/00"] {
        assert!(any().datalog(datalog).is_err(), "{datalog}");
    }
    assert!(
        attenuate(&RootKey::generate().mint(None, &holder(), &any()).unwrap(), &any(), false).is_err(),
        "nothing to narrow to"
    );
}

#[test]
fn what_the_engine_would_refuse_is_not_minted() {
    let mint = |subject: &str, narrow: &Restrictions| {
        RootKey::generate()
            .mint(None, &Holder { subject: subject.to_owned(), ..Holder::default() }, narrow)
            .unwrap_err()
            .to_string()
    };
    assert!(mint("", &Restrictions::default()).contains("claim_invalid"));
    assert!(mint("a\nb", &Restrictions::default()).contains("claim_invalid"));
    let bomb = (0..30).map(|at| format!("p({at});")).collect::<String>() + "check if p($a), p($b), p($c), p($d), p($e)";
    assert!(mint("alice", &Restrictions::default().datalog(&bomb).unwrap()).contains("token_too_complex"));
}

#[test]
fn text_that_could_act_on_a_terminal_is_shown_escaped() {
    let narrow = Restrictions::default().datalog("note(\"a\u{1b}[31mb\")").unwrap();
    let token = RootKey::generate().mint(None, &holder(), &narrow).unwrap();
    assert!(inspect(&token).unwrap().blocks[0].datalog.contains("a\\u{1b}[31mb"));
    assert!(inspect("AAAA").unwrap_err().to_string().starts_with("this is no biscuit"));
}

#[test]
fn a_key_is_not_shown_by_accident() {
    let key = RootKey::generate();
    let private = key.private_text();
    assert!(!format!("{key:?}").contains(&private[16..]));
    let error = RootKey::parse(&private[..40]).unwrap_err().to_string();
    assert!(!error.contains(&private[16..30]), "{error}");
}
