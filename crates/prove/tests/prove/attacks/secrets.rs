//! Credentials that a deployment says again, and no report does.

use gatewright_prove::prove::{Report, report};

use super::{Site, credential, figures, is_admin, json, missing, proved, unauthorized};
use crate::fake::{Asked, Fake, page};

const SECRET: &str = "zz9Secret77tok";

/// Every form of the report.
fn written(report: &Report) -> [(&'static str, String); 4] {
    let mut forms = [("json", Vec::new()), ("text", Vec::new()), ("junit", Vec::new()), ("html", Vec::new())];
    let [json, text, junit, html] = &mut forms;
    report::json(report, &mut json.1).unwrap();
    report::text(report, &|_, text| text.to_owned(), &mut text.1).unwrap();
    report::junit(report, &mut junit.1).unwrap();
    report::html(report, &mut html.1).unwrap();
    forms.map(|(name, bytes)| (name, String::from_utf8(bytes).unwrap()))
}

/// Where the secret is written, with some of what is around it.
fn told(name: &str, secret: &str, report: &Report) -> Vec<String> {
    let mut found = Vec::new();
    for (form, text) in written(report) {
        if let Some(at) = text.to_ascii_lowercase().find(&secret.to_ascii_lowercase()) {
            let around = String::from_utf8_lossy(&text.as_bytes()[at.saturating_sub(80)..at + secret.len()]).into_owned();
            found.push(format!("{name}, in {form}: {around}"));
        }
    }
    found
}

fn has_secret(asked: &Asked) -> bool {
    asked.value("cookie").is_some_and(|cookie| cookie.contains(SECRET))
}

fn titled(title: &str) -> String {
    format!("<title>{title}</title>{}", figures())
}

#[test]
fn credential_that_a_deployment_says_again_is_not_in_the_report() {
    let sites: [(&str, Site); 5] = [
        ("in an address", |asked| match has_secret(asked) {
            true => ("302 Found", format!("Location: /home;jsessionid={SECRET}\r\n"), String::new()),
            false => unauthorized(),
        }),
        ("in the title", |asked| match has_secret(asked) {
            true => page(&titled(&format!("Session {SECRET}"))),
            false => unauthorized(),
        }),
        ("in the title that strangers see", |asked| match has_secret(asked) || asked.path().starts_with("//") {
            // Not byte for byte the same at two paths.
            true => page(&format!("{} {}", titled(&format!("Session {SECRET}")), asked.target)),
            false => unauthorized(),
        }),
        ("in the words that strangers see", |asked| match (has_secret(asked), is_admin(asked)) {
            (false, true) => unauthorized(),
            _ if asked.path().contains("admin") => {
                json(&format!(r#"{{"key":"{SECRET}","owner":"alice","at":"{}"}}"#, asked.target))
            }
            _ => missing(),
        }),
        ("in a redirect that is followed", |asked| match (asked.path(), has_secret(asked)) {
            ("/admin", true) => page(&titled("Ledger")),
            ("/debug", false) => page(&titled("Ledger")),
            (_, true) => unauthorized(),
            (_, false) => ("302 Found", format!("Location: /debug?s={SECRET}\r\n"), String::new()),
        }),
    ];
    let mut found = Vec::new();
    for (name, site) in sites {
        let report = proved(site, |options| options.allow = credential(&format!("Cookie: sid={SECRET}")));
        found.extend(told(name, SECRET, &report));
    }
    assert_eq!(found, [""; 0]);
}

#[test]
fn forbidden_credential_in_redirects_that_are_followed_is_not_in_the_report() {
    let report = proved(
        |asked| match asked.value("cookie").and_then(|cookie| cookie.strip_prefix("sid=")) {
            Some(secret) => {
                let to = if asked.path() == "/denied" { "again" } else { "denied" };
                ("302 Found", format!("Location: /{to}?s={secret}\r\n"), String::new())
            }
            None if asked.is_member() => page(&titled("Ledger")),
            None => unauthorized(),
        },
        |options| options.forbid = credential(&format!("Cookie: sid={SECRET}")),
    );
    assert!(report.requests.iter().any(|entry| entry.line.contains("/denied?s=")), "no redirect was followed");
    assert_eq!(told("a redirect", SECRET, &report), [""; 0]);
}

#[test]
fn value_in_quotes_is_a_secret_on_both_sides_of_a_semicolon() {
    let site = |asked: &Asked| match asked.value("cookie").is_some_and(|cookie| cookie.contains("zz9Part=77abcd")) {
        true => page(&titled("aaaaaa and 77abcd")),
        false => unauthorized(),
    };
    let report = proved(site, |options| options.allow = credential("Cookie: sid=\"aaaaaa;zz9Part=77abcd\"; b=2"));
    assert_eq!(report.nothing_proved, None);
    // By RFC 6265 a semicolon ends a value, in quotes too: what follows is another name with its value.
    for part in ["aaaaaa", "77abcd"] {
        assert_eq!(told("quoted", part, &report), [""; 0]);
    }
}

#[test]
fn credential_in_the_url_is_not_in_the_report() {
    let site = |asked: &Asked| if asked.value("cookie").is_some() { page(&titled("Ledger")) } else { unauthorized() };
    let report = proved(site, |options| {
        options.allow = credential(&format!("Cookie: sid={SECRET}"));
        options.paths = vec![format!("/admin?token={SECRET}")];
    });
    assert_eq!(report.nothing_proved, None);
    assert_eq!(told("the URL", SECRET, &report), [""; 0]);
}

#[test]
fn credential_in_an_answer_that_is_none_is_not_in_the_report() {
    let fake = Fake::start_raw(|asked| match has_secret(asked) {
        true => format!("HTTP/1.1 200 OK\r\nContent-Length: {SECRET}\r\n\r\n").into_bytes(),
        false => b"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n".to_vec(),
    });
    let report = super::proved_at(&fake, |options| options.allow = credential(&format!("Cookie: sid={SECRET}")));
    assert!(report.nothing_proved.is_some());
    assert_eq!(told("no answer", SECRET, &report), [""; 0]);
}
