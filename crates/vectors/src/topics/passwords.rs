//! User names and passwords (RFC 7617).

use serde_json::json;

use crate::NOW;
use crate::case::{Expect, File, Identity, Question, allow, anonymous, get, refuse};
use crate::config::{MEMBERS, config, rule, session};
use crate::session::alice;

/// `alice` has the password `secret`, `bob` `hunter2`, `zoë` `password`.
const BASIC: &str = "[[basic]]\nhtpasswd = '''\n\
    # the hashes are as weak as they may be, so that the vectors are quick\n\
    alice:$2b$04$xPcmM9vdqLbpoORXbhCHYOfyXMXawPau/s46rD3AI7zajaqSk28GS\n\
    bob:$2y$04$xPcmM9vdqLbpoORXbhCHYOq5cuj0mNtNUVTkUm.F7sNNQBRR8MxO6\n\
    zoë:$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$8Tf44YakA6Z5zNBgblq13Nr+Q8FkCFWsjG4z6b1j7rM\n'''";

const CHALLENGE: &str = "Basic realm=\"gatewright\", charset=\"UTF-8\"";

fn sent(bytes: &[u8]) -> Question {
    raw(&format!("Basic {}", base64_simd::STANDARD.encode_to_string(bytes)))
}

fn raw(value: &str) -> Question {
    get("/").header("Authorization", value)
}

fn no(code: &'static str) -> Expect {
    refuse(code, "members").challenge(CHALLENGE)
}

fn pass(name: &str) -> Expect {
    allow("members", Identity::basic(name))
}

pub(super) fn passwords() -> File {
    let wrong = || no("password_incorrect");
    let malformed = || no("token_malformed");
    File::new(
        "basic",
        "A user name and a password, compared byte for byte; whoever knows neither cannot tell which was wrong.",
        config(&[BASIC, &rule("open", "/open", "allow = \"anyone\""), MEMBERS]),
    )
    .case("the right password passes (bcrypt)", sent(b"alice:secret"), pass("alice"))
    .case("the right password passes (argon2id, a name outside ASCII)", sent("zoë:password".as_bytes()), pass("zoë"))
    .case("`$2y$` is bcrypt too", sent(b"bob:hunter2"), pass("bob"))
    .case("the scheme's case does not matter", raw("bAsIc YWxpY2U6c2VjcmV0"), pass("alice"))
    .case("a wrong password is refused", sent(b"alice:wrong"), wrong())
    .case("an empty password is refused", sent(b"alice:"), wrong())
    .case("another user's password is refused", sent(b"alice:hunter2"), wrong())
    .case("an unknown user is refused in the same words", sent(b"carol:secret"), wrong())
    .case("an empty name is nobody's", sent(b":secret"), wrong())
    .case("a name has one spelling", sent(b"Alice:secret"), wrong())
    .case("a name with a space behind is another", sent(b"alice :secret"), wrong())
    .case("a name in another normal form is another", sent("zoe\u{308}:password".as_bytes()), wrong())
    .case("a password's case counts", sent(b"alice:Secret"), wrong())
    .case("a password with a colon is taken whole", sent(b"alice:sec:ret"), wrong())
    .case("the stored hash is no password", sent(b"bob:$2y$04$xPcmM9vdqLbpoORXbhCHYOq5cuj0mNtNUVTkUm.F7sNNQBRR8MxO6"), wrong())
    .case("without a colon it is malformed", sent(b"alice"), malformed())
    .case("control characters are malformed", sent(b"alice\0:secret"), malformed())
    .case("bytes outside UTF-8 are malformed", sent(b"al\xefce:secret"), malformed())
    .case("what is not base64 is malformed", raw("Basic alice:secret"), malformed())
    .case("missing padding is malformed", raw("Basic YWxpY2U6c2VjcmV"), malformed())
    .case("the alphabet of URLs is malformed", raw("Basic YWxpY2U6c2Vj-_=="), malformed())
    .case("no credential is malformed", raw("Basic"), malformed())
    .case("two spaces are malformed", raw("Basic  YWxpY2U6c2VjcmV0"), malformed())
    .case("something behind it is malformed", raw("Basic YWxpY2U6c2VjcmV0 x"), malformed())
    .case("more than anybody's password is malformed", sent(&[b"alice:".as_slice(), &[b'x'; 2_000]].concat()), malformed())
    .case("nothing presented asks for a password", get("/"), no("credential_missing"))
    .case("another scheme is nothing presented", raw("Negotiate YWxpY2U6c2VjcmV0"), no("credential_missing"))
    .case("a token is nothing presented where none is configured", raw("Bearer abc"), no("credential_missing"))
    .case(
        "two fields are ambiguous, even if they are the same",
        sent(b"alice:secret").header("Authorization", "Basic YWxpY2U6c2VjcmV0"),
        refuse("credential_ambiguous", "members"),
    )
    .case(
        "in Proxy-Authorization it is not read",
        get("/").header("Proxy-Authorization", "Basic YWxpY2U6c2VjcmV0"),
        no("credential_missing"),
    )
    .case(
        "a wrong password is nobody where anybody may",
        get("/open").header("Authorization", "Basic YWxpY2U6eA=="),
        anonymous("open"),
    )
    .case(
        "a revoked user is refused with the right password",
        sent(b"alice:secret").revocations(json!({ "subjects": [{ "subject": "alice", "before": NOW }] })),
        no("revoked"),
    )
}

pub(super) fn beside_a_session() -> File {
    let no = |code| refuse(code, "members");
    File::new(
        "basic_and_login",
        "With a login page, a browser is never asked for a password by the gate.",
        config(&[
            &session(""),
            BASIC,
            "[login]\nurl = \"https://auth.example.com/login\"\nreturn_hosts = [\"app.example.com\"]",
            MEMBERS,
        ]),
    )
    .case("nothing presented names no password", get("/"), no("credential_missing").www_authenticate(""))
    .case("a wrong password is answered in its own scheme", sent(b"alice:wrong"), no("password_incorrect").challenge(CHALLENGE))
    .case(
        "a wrong password is not forgiven for a good session",
        sent(b"alice:wrong").session(&alice().seal()),
        no("password_incorrect"),
    )
    .case("a right password comes before the session", sent(b"bob:hunter2").session(&alice().seal()), pass("bob"))
    .case("without a password the session counts", get("/").session(&alice().seal()), allow("members", Identity::alice()))
}
