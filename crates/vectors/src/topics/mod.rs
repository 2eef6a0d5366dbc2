//! The files, one function each.

mod answers;
mod api_keys;
mod assertions;
mod biscuits;
mod certificates;
mod conditions;
mod dpop;
mod hosts;
mod identity_headers;
mod jwt;
mod keys;
mod limits;
mod order;
mod passwords;
mod paths;
mod revocations;
mod sessions;
mod sources;
mod targets;

use crate::Written;
use crate::case::File;
use crate::token::Signer;

/// Makes the text of every file.
#[must_use]
pub fn written(signer: &Signer) -> Vec<Written> {
    files(signer).iter().map(Written::from).collect()
}

/// Makes every file.
#[must_use]
pub fn files(signer: &Signer) -> Vec<File> {
    vec![
        targets::targets(),
        targets::query_and_headers(),
        order::first_match(),
        order::evaluation(signer),
        conditions::session_conditions(),
        conditions::nearest_failure(),
        conditions::issuer_conditions(signer),
        answers::challenges(signer),
        answers::login_with_query(),
        answers::no_login(),
        jwt::form(signer),
        jwt::header(signer),
        jwt::types(signer),
        jwt::registered_claims(signer),
        jwt::leeway(signer),
        jwt::identity_claims(signer),
        jwt::claim_mapping(signer),
        keys::selection(signer),
        keys::accepted_algorithms(signer),
        keys::confusions(signer),
        dpop::proofs(signer),
        dpop::required(signer),
        biscuits::form(),
        biscuits::keys(signer),
        biscuits::identity(),
        biscuits::checks(),
        biscuits::policy(),
        biscuits::costly(),
        passwords::passwords(),
        passwords::beside_a_session(),
        api_keys::api_keys(),
        certificates::rfc9440(),
        certificates::xfcc(),
        certificates::nginx(),
        revocations::revocations(signer),
        sources::several(signer),
        sources::cookie_only(signer),
        sessions::form(),
        sessions::times(),
        sessions::hosts(),
        sessions::cookies(),
        sessions::other_name(),
        sessions::domain(),
        paths::clean(),
        paths::ambiguous(),
        paths::malformed(),
        paths::patterns(),
        paths::regular_expressions(),
        paths::accepted_forms(),
        paths::earlier_rules(),
        paths::without_catch_all(),
        hosts::hosts(),
        hosts::malformed_hosts(),
        hosts::methods(),
        identity_headers::identity_headers(signer),
        assertions::assertions(signer),
        limits::limits(signer),
    ]
}
