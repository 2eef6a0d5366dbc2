//! Strangers who see what is protected, below, beside or behind something that looks like a refusal.

use gatewright_prove::prove::{Strictness, Verdict};

use super::{assert_found, figures, fresh, is_admin, json, layout, ledger, missing, proved, unauthorized};
use crate::fake::{Answer, Asked, page};
use crate::{bad, exit, verdicts};

#[test]
fn content_with_a_login_box_beside_it_is_open() {
    let login = "<form><input name=user><input type=\"password\" name=word>Your name and password, remember me, forgot it, \
                 register a new account here for free today</form>";
    let report = proved(
        move |asked| match (is_admin(asked), asked.is_member()) {
            (false, _) => ("404 Not Found", String::new(), layout("Not found", "nothing")),
            (true, true) => page(&layout("Ledger", &format!("{}<p>Hello Alice</p>", figures()))),
            (true, false) => page(&layout("Ledger", &format!("{}{login}", figures()))),
        },
        |_| (),
    );
    assert_found(&report, "P01");
}

#[test]
fn refusal_with_the_whole_page_below_its_dialog_is_open() {
    let dialog: String = (0..40).map(|number| format!("please log in, hint{number} ")).collect();
    let report = proved(
        move |asked| match (is_admin(asked), asked.is_member()) {
            (false, _) => missing(),
            (true, true) => ledger(),
            (true, false) => {
                let text = format!("{}<dialog>{dialog}</dialog>", figures());
                ("401 Unauthorized", String::new(), layout("Ledger", &text))
            }
        },
        |_| (),
    );
    assert_found(&report, "P01");
}

#[test]
fn interface_that_answers_everybody_is_open_whatever_of_it_is_personal() {
    let mut calls = 0;
    let report = proved(
        move |asked| {
            let (viewer, role) = if asked.is_member() { ("\"alice\"", "\"editor\"") } else { ("null", "null") };
            let (time, id) = (fresh(&mut calls), fresh(&mut calls));
            match is_admin(asked) {
                true => json(&format!(
                    r#"{{"customers":["ann berg","cy dorn"],"viewer":{viewer},"role":{role},"time":"{time}","request":"{id}"}}"#
                )),
                false => ("404 Not Found", String::new(), r#"{"error":"not found"}"#.to_owned()),
            }
        },
        |_| (),
    );
    assert_found(&report, "P01");
}

#[test]
fn interface_that_answers_everybody_the_same_is_open_whatever_changes_from_call_to_call() {
    let mut calls = 0;
    let report = proved(
        move |asked| {
            let (time, id) = (fresh(&mut calls), fresh(&mut calls));
            match is_admin(asked) {
                true => json(&format!(r#"{{"balance":1234,"owner":"alice","time":"{time}","request":"{id}"}}"#)),
                false => ("404 Not Found", String::new(), r#"{"error":"not found"}"#.to_owned()),
            }
        },
        |_| (),
    );
    assert_found(&report, "P01");
}

/// A site that sends strangers from a page to another one, which they see.
fn sent_elsewhere(asked: &Asked) -> Answer {
    match asked.path() {
        "/reports" => page("<title>Reports</title>figures of the northern branch"),
        _ if !is_admin(asked) => unauthorized(),
        _ if asked.is_member() => page(&format!("<title>Ledger</title>{}", figures())),
        _ => ("302 Found", "Location: /reports\r\n".to_owned(), String::new()),
    }
}

#[test]
fn redirect_to_a_page_that_is_no_login_is_not_said_to_be_a_refusal() {
    let report = proved(sent_elsewhere, |_| ());
    assert_eq!(exit(&report), 4, "{:?}", bad(&report));
    let first = report.checks.first().unwrap();
    assert_eq!((first.probe, first.verdict), ("P01", Verdict::Inconclusive));
}

#[test]
fn redirect_to_another_protected_page_is_open() {
    let report = proved(sent_elsewhere, |options| options.paths.push("/reports".to_owned()));
    assert_found(&report, "P01");
}

/// Where files are handed to the application without asking, it shows its page to nobody in particular.
#[test]
fn file_name_at_which_the_application_answers_strangers_is_at_least_a_warning() {
    let mut calls = 0;
    let report = proved(
        move |asked| match (is_admin(asked), asked.is_member()) {
            (false, _) => ("404 Not Found", String::new(), "{}".to_owned()),
            (true, false) if !asked.path().ends_with(".css") => unauthorized(),
            (true, is_member) => {
                let (user, menu) = if is_member { (r#""alice""#, r#"["settings","users","audit"]"#) } else { ("null", "[]") };
                let rows: Vec<String> = (0..12).map(|_| format!("\"{}\"", fresh(&mut calls))).collect();
                json(&format!(r#"{{"user":{user},"mail":{user},"menu":{menu},"customers":[{}]}}"#, rows.join(",")))
            }
        },
        |_| (),
    );
    assert_ne!(report.exit_code(Strictness::Strict), 0);
    assert_eq!(verdicts(&report, "P01"), [Verdict::Pass]);
    assert!(bad(&report).iter().any(|line| line.starts_with("P06 a .css below it: ")), "{:?}", bad(&report));
}

#[test]
fn page_for_guests_that_comes_by_another_spelling_does_not_pass_as_another_page() {
    let report = proved(
        |asked| match asked.path() {
            _ if is_admin(asked) && !asked.is_member() => unauthorized(),
            path if !path.contains("admin") => missing(),
            _ if asked.is_member() => page(&format!("<title>Alice - Ledger</title>{} alice profile logout settings", figures())),
            _ => page(&format!("<title>Guest - Ledger</title>{}", figures().split_inclusive(' ').take(30).collect::<String>())),
        },
        |_| (),
    );
    assert_found(&report, "P06");
}
