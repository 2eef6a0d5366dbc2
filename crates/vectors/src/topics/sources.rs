//! Where a credential is found, and which one counts when there are several.

use crate::case::{Expect, File, Identity, allow, get, refuse};
use crate::config::{MEMBERS, config, issuer, login, session};
use crate::key::{ED_1, ED_2};
use crate::session::{COOKIE, Session, alice, bob};
use crate::token::{Signer, claims};
use crate::{LOGIN, NOW, PARTNER};

fn no(code: &'static str) -> Expect {
    refuse(code, "members")
}

pub(super) fn several(signer: &Signer) -> File {
    let login_token = signer.token(ED_1, &claims());
    let other_token = signer.token(ED_1, &claims().with("sub", "carol"));
    let expired = signer.token(ED_1, &claims().with("exp", NOW - 600));
    let partner_token = signer.token(ED_2, &claims().with("iss", PARTNER));
    let partner_other = signer.token(ED_2, &claims().with("iss", PARTNER).with("sub", "carol"));
    let (session_cookie, bob_cookie) = (alice().seal(), bob().seal());
    let old_session = Session { exp: NOW, ..alice() }.seal();
    let by_login = || allow("members", Identity::token("alice", LOGIN));
    let by_partner = || allow("members", Identity::token("alice", PARTNER));
    let by_session = || allow("members", Identity::alice());
    let partner = |value: &str| get("/").header("X-Partner-Token", value);
    let cookies = |text: String| get("/").header("Cookie", text);
    File::new(
        "sources",
        "Authorization first, then the other places in file order, then the session; presence decides.",
        config(&[
            &session(""),
            &login("sources = [\"bearer\", \"cookie:token\"]"),
            &issuer(PARTNER, "\"EdDSA\"", "sources = [\"header:X-Partner-Token\"]"),
            MEMBERS,
        ]),
    )
    .keys(LOGIN, &[ED_1.jwk()])
    .keys(PARTNER, &[ED_2.jwk()])
    .case("a token in Authorization passes", get("/").bearer(&login_token), by_login())
    .case("a token in the configured cookie passes", get("/").cookie("token", &login_token), by_login())
    .case("a token in the configured header passes", partner(&partner_token), by_partner())
    .case("the header's name is case-insensitive", get("/").header("x-partner-token", &partner_token), by_partner())
    .case(
        "the header's name with underscores is another",
        get("/").header("X_Partner_Token", &partner_token),
        no("credential_missing"),
    )
    .case("the cookie's name is case-sensitive", get("/").cookie("Token", &login_token), no("credential_missing"))
    .case("another header is not read", get("/").header("X-Token", &login_token), no("credential_missing"))
    .case("the query is not read", get(format!("/?token={login_token}&access_token={login_token}")), no("credential_missing"))
    .case(
        "a scheme before the token in a header is malformed",
        partner(&format!("Bearer {partner_token}")),
        no("token_malformed"),
    )
    .case("an issuer's token does not count in another's header", partner(&login_token), no("issuer_unknown"))
    .case(
        "an issuer's token does not count in Authorization unless it says so",
        get("/").bearer(&partner_token),
        no("issuer_unknown"),
    )
    .case("an issuer's token does not count in another's cookie", get("/").cookie("token", &partner_token), no("issuer_unknown"))
    .case("Authorization comes before the cookie", get("/").bearer(&login_token).cookie("token", &other_token), by_login())
    .case(
        "Authorization comes before the header",
        get("/").bearer(&login_token).header("X-Partner-Token", &partner_other),
        by_login(),
    )
    .case(
        "the place of the first issuer comes before the second's",
        get("/").cookie("token", &login_token).header("X-Partner-Token", &partner_other),
        by_login(),
    )
    .case("a token comes before a session of somebody else", get("/").bearer(&login_token).session(&bob_cookie), by_login())
    .case(
        "a bad token is not replaced by a good one elsewhere",
        get("/").bearer(&expired).cookie("token", &login_token),
        no("token_expired"),
    )
    .case(
        "a malformed token is not replaced by a good header",
        get("/").bearer("x").header("X-Partner-Token", &partner_token),
        no("token_malformed"),
    )
    .case(
        "a bad token is not replaced by a good session",
        get("/").bearer(&expired).session(&session_cookie),
        no("token_expired"),
    )
    .case(
        "a malformed cookie token is not replaced by a good session",
        cookies(format!("token=x; {COOKIE}={session_cookie}")),
        no("token_malformed"),
    )
    .case(
        "a token of an unknown issuer is not replaced by a good session",
        partner(&login_token).session(&session_cookie),
        no("issuer_unknown"),
    )
    .case("a bad session does not matter beside a good token", get("/").bearer(&login_token).session(&old_session), by_login())
    .case("a bad session alone speaks for itself", get("/").session(&old_session), no("session_expired"))
    .case("a session passes where no token is", get("/").session(&session_cookie), by_session())
    .case(
        "a scheme that is not configured is not looked for",
        get("/").header("Authorization", "Basic YTpi").session(&session_cookie),
        by_session(),
    )
    .case(
        "a scheme that is not configured is no credential",
        get("/").header("Authorization", "Basic YTpi"),
        no("credential_missing"),
    )
    .case(
        "Authorization twice is ambiguous, whatever the schemes",
        get("/").header("Authorization", "Basic YTpi").bearer(&login_token),
        no("credential_ambiguous"),
    )
    .case(
        "Authorization twice is ambiguous, even beside a good session",
        get("/").bearer(&login_token).bearer(&other_token).session(&session_cookie),
        no("credential_ambiguous"),
    )
    .case(
        "a token's cookie with two values is ambiguous",
        cookies(format!("token={login_token}; token={other_token}")),
        no("credential_ambiguous"),
    )
    .case(
        "a token's cookie with two values in two fields is ambiguous",
        get("/").cookie("token", &login_token).cookie("token", &other_token),
        no("credential_ambiguous"),
    )
    .case(
        "a token's cookie twice with one value passes",
        cookies(format!("token={login_token}; token={login_token}")),
        by_login(),
    )
    .case(
        "a token's header with two values is ambiguous",
        partner(&partner_token).header("X-Partner-Token", &partner_other),
        no("credential_ambiguous"),
    )
    .case(
        "a token's header twice with one value passes",
        partner(&partner_token).header("X-Partner-Token", &partner_token),
        by_partner(),
    )
    .case("two tokens in one header are malformed", partner(&format!("{partner_token}, {partner_token}")), no("token_malformed"))
    .case(
        "a session with two values is ambiguous",
        cookies(format!("{COOKIE}={session_cookie}; {COOKIE}={bob_cookie}")),
        no("credential_ambiguous"),
    )
    .case(
        "a session with a good and a garbled value is ambiguous",
        get("/").session(&session_cookie).session("x"),
        no("credential_ambiguous"),
    )
    .case("a session twice with one value passes", get("/").session(&session_cookie).session(&session_cookie), by_session())
}

pub(super) fn cookie_only(signer: &Signer) -> File {
    let token = signer.token(ED_1, &claims());
    File::new(
        "source_cookie_only",
        "An issuer whose tokens come in a cookie alone.",
        config(&[&login("sources = [\"cookie:jwt\"]"), MEMBERS]),
    )
    .keys(LOGIN, &[ED_1.jwk()])
    .case("its token passes in the cookie", get("/").cookie("jwt", &token), allow("members", Identity::token("alice", LOGIN)))
    .case("its token does not count in Authorization", get("/").bearer(&token), no("issuer_unknown"))
    .case("an empty cookie is a malformed token", get("/").cookie("jwt", ""), no("token_malformed"))
    .case("a session cookie is not looked for", get("/").session(&alice().seal()), no("credential_missing"))
}
