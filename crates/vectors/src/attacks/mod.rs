//! The attack corpus: what is known to have broken somebody's gate, as requests with the decisions they must get.

mod addresses;
mod biscuits;
mod claims;
mod keys;
mod paths;
mod raw;
mod redirects;
mod requests;
mod sessions;
mod signatures;
mod tokens;

use crate::case::{Expect, File, Identity, Question, allow, refuse};
use crate::token::Signer;
use crate::{LOGIN, Written};

/// Makes the text of every file.
#[must_use]
pub fn written(signer: &Signer) -> Vec<Written> {
    let decisions = files(signer).iter().map(Written::from).collect::<Vec<_>>();
    decisions
        .into_iter()
        .chain([addresses::forwarded_for(), redirects::return_addresses(), raw::verify(), raw::forward()])
        .collect()
}

/// Makes every file of decisions.
#[must_use]
pub fn files(signer: &Signer) -> Vec<File> {
    vec![
        tokens::structure(signer),
        tokens::base64(signer),
        tokens::algorithms(signer),
        tokens::confusion(),
        tokens::brought_keys(signer),
        tokens::key_ids(signer),
        tokens::extensions(signer),
        tokens::types(signer),
        tokens::json(signer),
        signatures::signatures(signer),
        signatures::encrypted(),
        claims::times(signer),
        claims::audiences(signer),
        claims::issuers(signer),
        claims::subjects(signer),
        claims::subject_by_email(signer),
        claims::other_kinds(signer),
        keys::keys(signer),
        sessions::sessions(),
        biscuits::biscuits(),
        paths::queries_and_case(),
        paths::traversals(),
        paths::second_readings(),
        paths::malformed(),
        paths::look_alikes(),
        paths::regular_expressions(),
        requests::hosts(),
        requests::methods_and_schemes(),
        requests::believed_headers(),
        requests::credentials(signer),
        requests::identity_headers(signer),
    ]
}

/// Alice by the token of the login issuer, let pass by the rule `members`.
fn pass() -> Expect {
    allow("members", Identity::token("alice", LOGIN))
}

fn pass_session() -> Expect {
    allow("members", Identity::alice())
}

fn no(code: &'static str) -> Expect {
    refuse(code, "members")
}

fn malformed() -> Expect {
    no("token_malformed")
}

/// Adds a case for each value, all of which get the same answer.
fn add<V, N: Into<String>>(
    file: File,
    values: impl IntoIterator<Item = (N, V)>,
    question: impl Fn(V) -> Question,
    expect: impl Fn() -> Expect,
) -> File {
    values.into_iter().fold(file, |file, (name, value)| file.case(name, question(value), expect()))
}
