//! The headers that hand the identity on.

use serde_json::json;

use crate::case::{Expect, File, Identity, allow, anonymous, get, refuse};
use crate::config::{MEMBERS, config, login, rule, session};
use crate::key::ED_1;
use crate::session::{Session, alice, bob};
use crate::token::{Claims, Signer, claims};
use crate::{LOGIN, NOW};

const NAMES: [&str; 9] =
    ["X-Credential", "X-Email", "X-Groups", "X-Issuer", "X-Name", "X-Roles", "X-Scopes", "X-Subject", "X-Tenant"];

pub(super) fn identity_headers(signer: &Signer) -> File {
    let table = r#"
[identity_headers]
X-Subject = "subject"
X-Email = "email"
X-Name = "name"
X-Groups = "groups"
X-Scopes = "scopes"
X-Issuer = "issuer"
X-Credential = "credential"
X-Tenant = "claims.tenant"
X-Roles = "claims.realm_access.roles"
"#;
    let rules = [rule("open", "/open", "allow = \"anyone\""), MEMBERS.to_owned()].join("\n\n");
    let at = |claims: &Claims| get("/").bearer(&signer.token(ED_1, claims));
    let me = || Identity::token("alice", LOGIN);
    let token = [("X-Credential", "jwt"), ("X-Issuer", LOGIN), ("X-Subject", "alice")];
    let sealed = |session: &Session| get("/").session(&session.seal());
    let session_of_bob = [("X-Credential", "session"), ("X-Subject", "bob")];
    let with_name = |name: &str| sealed(&Session { name: Some(name.to_owned()), ..bob() });
    let named = |name: &str, header: &'static str| {
        with(allow("members", Identity::session("bob").name(name)), &session_of_bob, &[("X-Name", header)])
    };
    let with_groups = |groups: &[&'static str]| sealed(&Session { groups: Some(groups.to_vec()), ..bob() });
    let grouped = |groups: &[&'static str], header: &'static str| {
        with(allow("members", Identity::session("bob").groups(groups)), &session_of_bob, &[("X-Groups", header)])
    };
    let claim = |name: &'static str, header: &'static str| with(allow("members", me()), &token, &[(name, header)]);
    File::new(
        "identity_headers",
        "Every configured header on every allow, once, empty when there is nothing to say; special bytes percent-encoded.",
        config(&[&session(""), &login(""), table, &rules]),
    )
    .keys(LOGIN, &[ED_1.jwk()])
    .case("nobody: every header, empty", get("/open"), with(anonymous("open"), &[], &[]))
    .case(
        "a failed credential is nobody: every header, empty",
        get("/open").session(&Session { exp: NOW, ..alice() }.seal()),
        with(anonymous("open"), &[], &[]),
    )
    .case(
        "a client's own headers count for nothing",
        get("/open").header("X-Subject", "root").header("X-Groups", "admins").header("X_Subject", "root"),
        with(anonymous("open"), &[], &[]),
    )
    .case(
        "a client's own headers are no credential",
        get("/").header("X-Subject", "root"),
        refuse("credential_missing", "members"),
    )
    .case(
        "a session's members",
        sealed(&alice()),
        with(
            allow("members", Identity::alice()),
            &[("X-Credential", "session"), ("X-Subject", "alice")],
            &[("X-Email", "alice@example.com"), ("X-Groups", "staff"), ("X-Name", "Alice")],
        ),
    )
    .case(
        "a session's issuer",
        sealed(&Session { iss: Some(LOGIN), ..bob() }),
        with(allow("members", Identity::session("bob").issuer(LOGIN)), &session_of_bob, &[("X-Issuer", LOGIN)]),
    )
    .case("a session of a subject alone", sealed(&bob()), with(allow("members", Identity::session("bob")), &session_of_bob, &[]))
    .case("a token of a subject alone", at(&claims()), with(allow("members", me()), &token, &[]))
    .case(
        "a client's own headers count for nothing beside a token",
        at(&claims()).header("X-Subject", "root").header("x-email", "root@example.com"),
        with(allow("members", me()), &token, &[]),
    )
    .case("groups are joined with commas", with_groups(&["b", "a", "c"]), grouped(&["b", "a", "c"], "b,a,c"))
    .case("a comma inside a group is encoded", with_groups(&["a,b", "c"]), grouped(&["a,b", "c"], "a%2Cb,c"))
    .case("a space inside a group stays", with_groups(&["big team", "c"]), grouped(&["big team", "c"], "big team,c"))
    .case("a percent sign inside a group is encoded", with_groups(&["100%", "%2C"]), grouped(&["100%", "%2C"], "100%25,%252C"))
    .case("no groups are an empty header", with_groups(&[]), grouped(&[], ""))
    .case(
        "scopes are joined with commas",
        at(&claims().with("scope", "read write")),
        with(allow("members", me().scopes(&["read", "write"])), &token, &[("X-Scopes", "read,write")]),
    )
    .case(
        "printable ASCII stays",
        with_name("!\"#$&'()*+-./:;<=>?@[]^_`{|}~"),
        named("!\"#$&'()*+-./:;<=>?@[]^_`{|}~", "!\"#$&'()*+-./:;<=>?@[]^_`{|}~"),
    )
    .case("a backslash stays", with_name("a\\b"), named("a\\b", "a\\b"))
    .case("a comma stays where there is no list", with_name("Doe, Jane"), named("Doe, Jane", "Doe, Jane"))
    .case("spaces inside stay", with_name("a  b"), named("a  b", "a  b"))
    .case("a space before is encoded", with_name(" a"), named(" a", "%20a"))
    .case("a space behind is encoded", with_name("a "), named("a ", "a%20"))
    .case("several spaces before and behind are encoded", with_name("  a  "), named("  a  ", "%20%20a%20%20"))
    .case("a name of a space is encoded", with_name(" "), named(" ", "%20"))
    .case("a percent sign is encoded", with_name("100%"), named("100%", "100%25"))
    .case("what looks encoded is encoded", with_name("%0d%0a"), named("%0d%0a", "%250d%250a"))
    .case("letters outside ASCII are encoded as UTF-8", with_name("Ålice"), named("Ålice", "%C3%85lice"))
    .case("letters far outside ASCII are encoded as UTF-8", with_name("名🙂"), named("名🙂", "%E5%90%8D%F0%9F%99%82"))
    .case("a line end is encoded", with_name("a\r\nX-Subject: root"), named("a\r\nX-Subject: root", "a%0D%0AX-Subject: root"))
    .case("a NUL, a tab and a DEL are encoded", with_name("a\0b\tc\u{7f}"), named("a\0b\tc\u{7f}", "a%00b%09c%7F"))
    .case("a control character outside ASCII is encoded", with_name("a\u{85}b"), named("a\u{85}b", "a%C2%85b"))
    .case("a line end in a group is encoded", with_groups(&["a\nb"]), grouped(&["a\nb"], "a%0Ab"))
    .case(
        "a subject is encoded",
        sealed(&Session { sub: "ü%,".to_owned(), ..bob() }),
        with(allow("members", Identity::session("ü%,")), &[("X-Credential", "session"), ("X-Subject", "%C3%BC%25,")], &[]),
    )
    .case("a claim that is a string", at(&claims().with("tenant", "acme")), claim("X-Tenant", "acme"))
    .case("a claim that is a number", at(&claims().with("tenant", 5)), claim("X-Tenant", "5"))
    .case("a claim that is true", at(&claims().with("tenant", true)), claim("X-Tenant", "true"))
    .case("a claim that is a list", at(&claims().with("tenant", json!(["a", "b,c"]))), claim("X-Tenant", "a,b%2Cc"))
    .case("a claim that is null", at(&claims().with("tenant", json!(null))), claim("X-Tenant", ""))
    .case(
        "a claim inside another",
        at(&claims().with("realm_access", json!({ "roles": ["x", "y"] }))),
        claim("X-Roles", "x,y"),
    )
}

/// Expects all nine headers: those of the credential, those of the case, and the others empty.
fn with(expect: Expect, credential: &[(&'static str, &'static str)], own: &[(&'static str, &'static str)]) -> Expect {
    let value = |name| credential.iter().chain(own).find(|(given, _)| *given == name).map_or("", |(_, value)| value);
    expect.headers(&NAMES.map(|name| (name, value(name))))
}
