//! Deployments that refuse everybody who may not, in ways that look as if they did not.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use gatewright_prove::prove::Verdict;

use super::{
    Site, all_closed, assert_closed, assert_no_failure, figures, fresh, is_admin, json, layout, proved, proved_at, unauthorized,
};
use crate::fake::{Answer, Asked, Fake, LEDGER, message, page};
use crate::{bad, exit};

const FORM: &str = "<form>Name <input type=\"password\"></form>";

fn to_login(asked: &Asked) -> Answer {
    let back = asked.target.replace(['?', '&', '='], "-");
    ("302 Found", format!("Location: /login?rd={back}\r\n"), String::new())
}

/// A page with the head that all pages of a framework have.
fn framework(title: &str, text: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, \
         initial-scale=1\"><link rel=\"icon\" href=\"/favicon.ico\" type=\"image/png\"><link rel=\"stylesheet\" href=\"/app.css\">\
         <title>{title}</title></head><body><div class=\"container\"><main><h1>{title}</h1>{text}</main></div></body></html>"
    )
}

#[test]
fn login_that_looks_like_the_page_is_a_refusal() {
    let sites: [(&str, Site); 3] = [
        ("one title for all pages", |asked| match asked.path() {
            "/login" => page(&format!("<title>Acme</title>{FORM}")),
            _ if asked.is_member() => page(&format!("<title>Acme</title>{}", figures())),
            _ => to_login(asked),
        }),
        ("one layout for all pages", |asked| match asked.path() {
            "/login" => page(&layout("Acme - Login", &format!("{FORM} please enter your name"))),
            _ if asked.is_member() => page(&layout("Acme - Ledger", &figures())),
            _ => to_login(asked),
        }),
        ("small pages with one head", |asked| match asked.path() {
            "/login" => page(&framework("Log in", &format!("{FORM}<button>Log in</button>"))),
            _ if asked.is_member() => {
                page(&framework("Ledger", "<p>Customers and their debts this quarter: Ann Berg 120, Cy Dorn 340</p>"))
            }
            _ => to_login(asked),
        }),
    ];
    for (name, site) in sites {
        assert_closed(name, &proved(site, |_| ()));
    }
}

#[test]
fn refusal_that_looks_like_the_page_is_one() {
    let sites: [(&str, Site); 5] = [
        ("one title and one layout", |asked| match (is_admin(asked), asked.is_member()) {
            (true, true) => page(&layout("Acme", &figures())),
            (true, false) => ("403 Forbidden", String::new(), layout("Acme", "you may not see this page")),
            (false, _) => ("404 Not Found", String::new(), layout("Acme", "there is no such page")),
        }),
        ("one layout", |asked| match (is_admin(asked), asked.is_member()) {
            (true, true) => page(&layout("Ledger", &figures())),
            (true, false) => ("403 Forbidden", String::new(), layout("Forbidden", "you may not see this page")),
            (false, _) => ("404 Not Found", String::new(), layout("Not found", "there is no such page")),
        }),
        ("a login with 200 for every path", |asked| match is_admin(asked) && asked.is_member() {
            true => page(&layout("Acme", &figures())),
            false => page(&layout("Acme", "Bitte melden Sie sich an <a href=/oauth2/start>Anmelden</a>")),
        }),
        ("pages in Japanese", |asked| match (is_admin(asked), asked.is_member()) {
            (true, true) => page(&layout("会社", &"四半期決算北部支店売上高顧客名簿機密情報".repeat(3))),
            (true, false) => {
                ("403 Forbidden", String::new(), layout("会社", &"このページを見るにはログインしてください".repeat(3)))
            }
            (false, _) => ("404 Not Found", String::new(), layout("会社", "ページが見つかりませんでした申し訳ありません")),
        }),
        ("an error in the form of the answer", |asked| {
            let answer = |code: &str, data: &str| {
                format!(
                    r#"{{"code":"{code}","message":"fine","data":{data},"requestId":"r","timestamp":"2026-11-26T10:00:00Z","version":"v1","links":{{"self":"/admin","help":"/help"}},"meta":{{"page":1,"total":1,"limit":20}}}}"#
                )
            };
            match is_admin(asked) && asked.is_member() {
                true => json(&answer("ok", r#"{"name":"alice","mail":"alice@acme.test","balance":1234}"#)),
                false => ("403 Forbidden", "Content-Type: application/json\r\n".to_owned(), answer("denied", "null")),
            }
        }),
    ];
    for (name, site) in sites {
        assert_closed(name, &proved(site, |_| ()));
    }
}

#[test]
fn redirect_that_sets_a_cookie_and_comes_back_once_is_no_loop() {
    let report = proved(
        |asked| match asked.value("cookie") {
            _ if asked.is_member() => page(LEDGER),
            Some(cookie) if cookie.contains("seen=1") => unauthorized(),
            _ => ("302 Found", format!("Location: {}\r\nSet-Cookie: seen=1\r\n", asked.target), String::new()),
        },
        |_| (),
    );
    assert_closed("a cookie is set", &report);
}

#[test]
fn eight_redirects_to_the_login_are_no_loop() {
    let report = proved(
        |asked| {
            let step: u32 = asked.path().strip_prefix("/sso/").map_or(0, |step| step.parse().unwrap_or_default());
            match step {
                _ if asked.is_member() => page(LEDGER),
                0..8 => ("302 Found", format!("Location: /sso/{}\r\n", step + 1), String::new()),
                _ => unauthorized(),
            }
        },
        |_| (),
    );
    assert_no_failure("eight redirects", &report);
}

#[test]
fn head_that_a_proxy_answers_to_everybody_is_no_way_in() {
    let site = |asked: &Asked| if asked.method == "HEAD" { page("") } else { all_closed(asked) };
    assert_no_failure("HEAD", &proved(site, |_| ()));
}

fn with_lines((status, lines, body): Answer, more: &str) -> Answer {
    (status, format!("{lines}{more}"), body)
}

const WELCOME: &str = "<title>Welcome to nginx!</title>If you see this page, the web server is successfully installed.";

/// As `add_header` without `always` does, which leaves a 401 and a 404 without.
#[test]
fn headers_that_a_proxy_adds_to_good_answers_are_not_those_of_the_application() {
    let sites: [(&str, Site); 4] = [
        ("preflights that the proxy answers", |asked| {
            let lines = "Access-Control-Allow-Origin: https://app.example\r\nAccess-Control-Allow-Credentials: true\r\n";
            match asked.method.as_str() {
                "OPTIONS" => ("204 No Content", lines.to_owned(), String::new()),
                _ if asked.is_member() => with_lines(json(r#"{"ledger":["northern","figures"]}"#), lines),
                _ => unauthorized(),
            }
        }),
        ("another site at other names", |asked| {
            let lines = "X-XSS-Protection: 1; mode=block\r\nX-Robots-Tag: none\r\n";
            let is_known = asked.value("host").is_some_and(|host| host.starts_with("127.0.0.1:"));
            match is_known {
                false => with_lines(page(WELCOME), lines),
                true if asked.is_member() => with_lines(page(LEDGER), lines),
                true => unauthorized(),
            }
        }),
        ("a public page of the same application", |asked| match asked.path() {
            "/" => with_lines(page("<title>Welcome</title>buy our things"), "X-Powered-By: Express\r\n"),
            _ if asked.is_member() => with_lines(page(LEDGER), "X-Powered-By: Express\r\n"),
            _ => unauthorized(),
        }),
        ("links to the interface of a blog", |asked| {
            let lines = "Link: </wp-json/>; rel=\"https://api.w.org/\"\r\n";
            match asked.path() {
                "/" => with_lines(page("<title>Blog</title>words of the blog"), lines),
                path if path.starts_with("//") => ("301 Moved Permanently", format!("Location: /\r\n{lines}"), String::new()),
                _ if asked.is_member() && is_admin(asked) => with_lines(page(LEDGER), lines),
                _ => unauthorized(),
            }
        }),
    ];
    for (name, site) in sites {
        assert_closed(name, &proved(site, |_| ()));
    }
}

#[test]
fn another_public_site_at_other_names_is_no_way_in() {
    let report = proved(
        |asked| match asked.value("host").is_some_and(|host| host.starts_with("127.0.0.1:")) {
            false => page(&framework("Shop", "<p>Welcome, buy our things</p>")),
            true if asked.is_member() => {
                page(&framework("Ledger", "<p>Customers and their debts: Ann Berg 120, Cy Dorn 340</p>"))
            }
            true => unauthorized(),
        },
        |_| (),
    );
    assert_closed("another site", &report);
}

#[test]
fn files_in_a_folder_that_is_declared_open_are_no_hole() {
    let report = proved(
        |asked| match asked.path().strip_prefix("/static/") {
            Some("logo.png") => ("200 OK", "X-Powered-By: Express\r\n".to_owned(), "a picture".to_owned()),
            Some(name) => ("404 Not Found", "X-Powered-By: Express\r\n".to_owned(), format!("Cannot GET {name}")),
            None if asked.is_member() => with_lines(page(LEDGER), "X-Powered-By: Express\r\n"),
            None => unauthorized(),
        },
        |options| options.open = vec!["/static/*".to_owned()],
    );
    assert_no_failure("an open folder", &report);
    let file = report.checks.iter().find(|check| check.variant == "a file that does not exist, in /static/").unwrap();
    assert_eq!((file.verdict, file.evidence.as_str()), (Verdict::Pass, "open, as declared"));
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn pages_that_always_come_compressed_are_compared_by_what_is_in_them() {
    let site = |is_open: fn(&Asked) -> bool| {
        let mut calls = 0;
        move |asked: &Asked| {
            let token = format!("<meta name=csrf content={}>", fresh(&mut calls));
            match asked.path().contains("admin") && (asked.is_member() || is_open(asked)) {
                true => {
                    let body = gzip(&format!("{token}{}", layout("Ledger", &figures())));
                    message(asked, "200 OK", "Content-Encoding: gzip\r\n", &body)
                }
                false => {
                    let body = gzip(&format!("{token}{}", layout("No", "please log in")));
                    message(asked, "401 Unauthorized", "Content-Encoding: gzip\r\n", &body)
                }
            }
        }
    };
    assert_closed("compressed", &proved_at(&Fake::start_raw(site(|_| false)), |_| ()));
    let open = proved_at(&Fake::start_raw(site(|asked| asked.path().starts_with("//admin"))), |_| ());
    super::assert_found(&open, "P06");
}

#[test]
fn answers_of_an_old_server_are_read() {
    let fake = Fake::start_raw(|asked| match asked.is_member() {
        true => format!("HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n{LEDGER}").into_bytes(),
        false => b"HTTP/1.0 401 No\r\n\r\nno".to_vec(),
    });
    assert_closed("HTTP/1.0", &proved_at(&fake, |_| ()));
}

#[test]
fn connections_that_end_without_an_answer_are_no_way_in() {
    let fake = Fake::start_raw(|asked| match asked.target.as_str() {
        "/admin" if asked.is_member() => message(asked, "200 OK", "", LEDGER.as_bytes()),
        "/admin" => message(asked, "401 Unauthorized", "", b"no"),
        _ => Vec::new(),
    });
    assert_no_failure("closed", &proved_at(&fake, |_| ()));
}

/// Such a page can be told from nothing: that is said, and no hole.
#[test]
fn answer_without_a_word_of_its_own_is_no_hole() {
    let mut calls = 0;
    let report = proved(
        move |asked| {
            let (time, id) = (fresh(&mut calls), fresh(&mut calls));
            let body = |status: &str| format!(r#"{{"status":"{status}","time":"{time}","id":"{id}"}}"#);
            match is_admin(asked) && asked.is_member() {
                true => json(&body("ok")),
                false => ("401 Unauthorized", String::new(), body("no")),
            }
        },
        |_| (),
    );
    assert!(matches!(exit(&report), 3 | 4));
    assert!(!report.checks.iter().any(|check| check.verdict.is_fail()), "{:?}", bad(&report));
}
