//! Credentials that are not accepted, and servers that answer nonsense.

use super::{assert_closed, figures, fresh, proved, proved_at};
use crate::fake::{Asked, Fake, message, page};
use crate::{bad, exit};

#[test]
fn login_with_a_token_in_it_that_comes_for_everybody_proves_nothing() {
    let mut calls = 0;
    let report = proved(
        move |_| {
            let token = fresh(&mut calls);
            page(&format!("<title>Acme</title><form>Name <input type=\"password\"></form>{token}"))
        },
        |_| (),
    );
    assert!(report.nothing_proved.is_some(), "{:?}", bad(&report));
    assert_eq!(exit(&report), 3);
}

#[test]
fn login_in_place_of_the_page_for_a_stale_cookie_proves_nothing() {
    let site = |asked: &Asked| match asked.path() == "/login" || asked.value("cookie").is_some() {
        true => page("<title>Log in</title><form>Name <input type=\"password\"></form> your session has ended"),
        false => ("302 Found", "Location: /login\r\n".to_owned(), String::new()),
    };
    let report = proved(site, |_| ());
    assert!(report.nothing_proved.as_ref().is_some_and(|why| why.contains("not accepted")), "{:?}", report.nothing_proved);
    assert_eq!(exit(&report), 3);
}

/// Answers whose sizes cannot be, and what comes of a run where everybody gets them: a body that is cut short is one all the same.
const ABSURD: [(&[u8], u8); 9] = [
    (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nabc", 1),
    (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nabc", 3),
    (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\nabc", 3),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\nabc", 1),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\nabc", 3),
    (b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nabc", 3),
    (b"HTTP/1.1 99999 OK\r\n\r\n", 3),
    (b"HTTP/1.1 200", 3),
    (b"", 3),
];

#[test]
fn absurd_sizes_break_nothing_and_are_no_proof() {
    for (answer, code) in ABSURD {
        let name = String::from_utf8_lossy(answer);
        let everybody = proved_at(&Fake::start_raw(|_| answer.to_vec()), |_| ());
        assert_eq!(exit(&everybody), code, "{name}: {:?} {:?}", everybody.nothing_proved, bad(&everybody));
        let fake = Fake::start_raw(|asked| match asked.is_member() {
            true => message(asked, "200 OK", "", figures().as_bytes()),
            false => answer.to_vec(),
        });
        let strangers = proved_at(&fake, |_| ());
        assert!(matches!(exit(&strangers), 0 | 4), "{name}: {:?} {:?}", strangers.nothing_proved, bad(&strangers));
    }
}

#[test]
fn what_is_no_http_proves_nothing() {
    let garbage: Vec<u8> = (0_u32..3000).map(|number| number.wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect();
    assert_eq!(exit(&proved_at(&Fake::start_raw(move |_| garbage.clone()), |_| ())), 3);
}

#[test]
fn addresses_that_are_none_lead_nowhere() {
    for location in
        ["http://", "https://[::", "//", "http://é/", "?", "#", "//@@:::/", "http:/x", "/\u{1b}[31m]]>&<x>", "/%zz r x"]
    {
        let site = move |asked: &Asked| match asked.is_member() {
            true => page(&format!("<title>Ledger</title>{}", figures())),
            false => ("302 Found", format!("Location: {location}\r\n"), String::new()),
        };
        let report = proved(site, |_| ());
        assert_eq!(report.nothing_proved, None);
        let failed: Vec<String> =
            bad(&report).into_iter().filter(|line| line.contains("Open") || line.contains("Spoof")).collect();
        assert_eq!(failed, [""; 0], "{location}");
    }
}

#[test]
fn text_that_is_none_is_compared_all_the_same() {
    let fake = Fake::start_raw(|asked| {
        let odd: Vec<u8> = (128..=255).collect();
        let (status, body) = match asked.is_member() {
            true => ("200 OK", [b"<title>\xff\xfe\xed\xa0\x80</title>", odd.as_slice(), figures().as_bytes()].concat()),
            false => ("401 Unauthorized", b"<TITLE>\xc4\xb0\xc4\xb0</TITLE>\xff".to_vec()),
        };
        message(asked, status, "", &body)
    });
    assert_closed("no UTF-8", &proved_at(&fake, |_| ()));
}
