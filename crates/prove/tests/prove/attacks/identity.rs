//! Applications that believe who a client says it is, and say so in ways that are easily overlooked.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use gatewright_prove::prove::Prove;

use super::{all_closed, assert_found, assert_uncertain, figures, layout, proved, proved_at, unauthorized};
use crate::fake::{Fake, message, page};

fn whoami(options: &mut Prove) {
    options.identity = vec!["X-User".to_owned()];
    options.whoami = Some("/me".to_owned());
}

#[test]
fn identity_that_is_told_in_a_header_is_forged() {
    let report = proved(
        |asked| match (asked.is_member(), asked.value("x-user").unwrap_or("alice")) {
            (false, _) => unauthorized(),
            (true, name) => ("200 OK", format!("X-Whoami: {name}\r\n"), layout("Me", &figures())),
        },
        whoami,
    );
    assert_found(&report, "P09");
}

#[test]
fn identity_that_is_told_in_a_compressed_page_is_forged() {
    let fake = Fake::start_raw(|asked| {
        if !asked.is_member() {
            return message(asked, "401 Unauthorized", "", b"no");
        }
        let text = layout("Me", &format!("{} user {}", figures(), asked.value("x-user").unwrap_or("alice")));
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text.as_bytes()).unwrap();
        message(asked, "200 OK", "Content-Encoding: gzip\r\n", &encoder.finish().unwrap())
    });
    assert_found(&proved_at(&fake, whoami), "P09");
}

#[test]
fn identity_that_is_believed_for_known_names_alone_is_uncertain() {
    let report = proved(
        |asked| match (asked.is_member(), asked.value("x-user").unwrap_or("alice")) {
            (false, _) => unauthorized(),
            (true, name @ ("alice" | "bob" | "root")) => page(&layout("Me", &format!("you are {name}"))),
            (true, _) => ("403 Forbidden", String::new(), "unknown user".to_owned()),
        },
        whoami,
    );
    assert_uncertain(&report, "P09");
}

#[test]
fn identity_page_that_does_not_exist_proves_nothing_of_identity() {
    let report = proved(
        |asked| match asked.path() {
            "/mee" if asked.is_member() => ("404 Not Found", String::new(), "nothing".to_owned()),
            "/me" if asked.is_member() => page(&layout("Me", asked.value("x-user").unwrap_or("alice"))),
            _ => all_closed(asked),
        },
        |options| {
            whoami(options);
            options.whoami = Some("/mee".to_owned());
        },
    );
    assert_uncertain(&report, "P09");
}
