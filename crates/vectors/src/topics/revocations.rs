//! What was taken back before its end.

use serde_json::json;

use crate::case::{File, Identity, allow, anonymous, get, refuse};
use crate::config::{MEMBERS, config, issuer, login, rule, session};
use crate::key::{ED_1, ED_2};
use crate::session::{Session, alice, bob};
use crate::token::{Claims, Signer, claims};
use crate::{LOGIN, NOW, PARTNER};

pub(super) fn revocations(signer: &Signer) -> File {
    let list = json!({
        "sessions": ["s-gone"],
        "tokens": ["t-gone"],
        "subjects": [
            { "subject": "alice", "issuer": LOGIN, "before": NOW - 30 },
            { "subject": "bob", "before": NOW - 30 },
        ],
    });
    let rules = [rule("open", "/open", "allow = \"anyone\""), MEMBERS.to_owned()].join("\n\n");
    let fresh = || claims().with("iat", NOW - 10);
    let at = |claims: &Claims| get("/").bearer(&signer.token(ED_1, claims));
    let partner = |claims: Claims| get("/").bearer(&signer.token(ED_2, &claims.with("iss", PARTNER)));
    let sealed = |session: &Session| get("/").session(&session.seal());
    let revoked = || refuse("revoked", "members");
    let pass = |issuer| allow("members", Identity::token("alice", issuer));
    let bob_by = |issuer| allow("members", Identity::token("bob", issuer));
    File::new(
        "revocations",
        "Sessions by sid, tokens by jti, subjects by the moment before which everything of theirs is void.",
        config(&[&session(""), &login(""), &issuer(PARTNER, "\"EdDSA\"", ""), &rules]),
    )
    .keys(LOGIN, &[ED_1.jwk()])
    .keys(PARTNER, &[ED_2.jwk()])
    .revocations(list)
    .case("a listed session is revoked", sealed(&Session { sid: "s-gone", ..alice() }), revoked())
    .case("another session is not", sealed(&alice()), allow("members", Identity::alice()))
    .case(
        "a session is not revoked by a token's name",
        sealed(&Session { sid: "t-gone", ..alice() }),
        allow("members", Identity::alice()),
    )
    .case("a listed token is revoked", at(&fresh().with("jti", "t-gone")), revoked())
    .case("another token is not", at(&fresh().with("jti", "t-here")), pass(LOGIN))
    .case("a token without a name is not", at(&fresh()), pass(LOGIN))
    .case("a token is not revoked by a session's name", at(&fresh().with("jti", "s-gone")), pass(LOGIN))
    .case("a listed subject's token from a second before is revoked", at(&claims().with("iat", NOW - 31)), revoked())
    .case("a listed subject's token from that very moment is not", at(&claims().with("iat", NOW - 30)), pass(LOGIN))
    .case("a listed subject's token of unknown age is revoked", at(&claims().without("iat")), revoked())
    .case("the same subject of another issuer is not", partner(claims()), pass(PARTNER))
    .case("the subject's session of that issuer is revoked", sealed(&Session { iss: Some(LOGIN), ..alice() }), revoked())
    .case("the subject's session of no issuer is not", sealed(&alice()), allow("members", Identity::alice()))
    .case(
        "the subject's session of that issuer made since then is not",
        sealed(&Session { iss: Some(LOGIN), iat: NOW - 30, ..alice() }),
        allow("members", Identity::alice().issuer(LOGIN)),
    )
    .case("a subject listed without an issuer is revoked at one issuer", at(&claims().with("sub", "bob")), revoked())
    .case("a subject listed without an issuer is revoked at the other", partner(claims().with("sub", "bob")), revoked())
    .case("a subject listed without an issuer is revoked in a session", sealed(&bob()), revoked())
    .case("a subject listed without an issuer may come again", at(&fresh().with("sub", "bob")), bob_by(LOGIN))
    .case("a revoked session is nobody where anyone passes", get("/open").session(&bob().seal()), anonymous("open"))
    .case(
        "with an empty list nothing is revoked",
        at(&claims().with("sub", "bob").with("jti", "t-gone"))
            .revocations(json!({ "sessions": [], "tokens": [], "subjects": [] })),
        bob_by(LOGIN),
    )
}
