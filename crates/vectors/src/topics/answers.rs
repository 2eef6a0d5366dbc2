//! 401 against 403: what is told to the client, and where it may log in.

use crate::LOGIN;
use crate::NOW;
use crate::case::{File, get, refuse, refuse_all};
use crate::config::{config, login, session};
use crate::key::ED_1;
use crate::session::{Session, alice};
use crate::token::{Signer, claims};

pub(super) fn challenges(signer: &Signer) -> File {
    let rules = r#"
[login]
url = "https://auth.example.com/login"
return_hosts = ["app.example.com", "*.apps.example.com"]

[[rule]]
id = "admin"
paths = ["/admin/**"]
allow = { groups = ["admins"], issuers = ["https://login.example.com"] }

[[rule]]
id = "gold"
paths = ["/gold"]
allow = { acr = ["gold"] }

[[rule]]
id = "fresh"
paths = ["/fresh"]
allow = { max_auth_age = "15m" }

[[rule]]
id = "writers"
paths = ["/write"]
allow = { scopes = ["write"], issuers = ["https://login.example.com"] }

[[rule]]
id = "members"
hosts = ["app.example.com", "*.apps.example.com", "other.example.net"]
allow = "authenticated"
"#;
    let expired = signer.token(ED_1, &claims().with("exp", NOW - 600));
    let good = signer.token(ED_1, &claims());
    let cookie = alice().seal();
    let old = Session { auth_time: NOW - 5000, iat: NOW - 5000, ..alice() };
    let home = "https://auth.example.com/login?rd=https%3A%2F%2Fapp.example.com%2F";
    File::new(
        "challenges",
        "Nobody and a bad credential are 401, somebody who may not is 403, a weak login is 401.",
        config(&[&session(""), &login(""), rules]),
    )
    .keys(LOGIN, &[ED_1.jwk()])
    .case(
        "nobody is told to log in, without an error",
        get("/"),
        refuse("credential_missing", "members").www_authenticate("").login_url(Some(home)),
    )
    .case(
        "the address is handed on whole, query included",
        get("/reports/7?x=1&y=%20"),
        refuse("credential_missing", "members")
            .login_url(Some("https://auth.example.com/login?rd=https%3A%2F%2Fapp.example.com%2Freports%2F7%3Fx%3D1%26y%3D%2520")),
    )
    .case(
        "unreserved characters of the address stay",
        get("/A-z_0.9~"),
        refuse("credential_missing", "members")
            .login_url(Some("https://auth.example.com/login?rd=https%3A%2F%2Fapp.example.com%2FA-z_0.9~")),
    )
    .case(
        "reserved characters of the address are encoded",
        get("/a+b@c:d!$'()*,=%41"),
        refuse("credential_missing", "members").login_url(Some(
            "https://auth.example.com/login?rd=https%3A%2F%2Fapp.example.com%2Fa%2Bb%40c%3Ad%21%24%27%28%29%2A%2C%3D%2541",
        )),
    )
    .case(
        "a host below the wildcard is a place to return to",
        get("/x").host("one.apps.example.com"),
        refuse("credential_missing", "members")
            .login_url(Some("https://auth.example.com/login?rd=https%3A%2F%2Fone.apps.example.com%2Fx")),
    )
    .case(
        "a host that is not listed is no place to return to",
        get("/x").host("other.example.net"),
        refuse("credential_missing", "members").login_url(Some("https://auth.example.com/login")),
    )
    .case(
        "plain http is no place to return to when https is listed",
        get("/x").scheme("http"),
        refuse("credential_missing", "members").login_url(Some("https://auth.example.com/login")),
    )
    .case(
        "a refused token is an invalid token and nothing more",
        get("/").bearer(&expired),
        refuse("token_expired", "members").www_authenticate("error=\"invalid_token\"").login_url(Some(home)),
    )
    .case(
        "a malformed token is an invalid token too",
        get("/").bearer("x"),
        refuse("token_malformed", "members").www_authenticate("error=\"invalid_token\""),
    )
    .case(
        "two Authorization fields are an invalid request",
        get("/").bearer(&good).bearer(&expired),
        refuse("credential_ambiguous", "members").www_authenticate("error=\"invalid_request\""),
    )
    .case(
        "a garbled session gets no error",
        get("/").session("v1.x"),
        refuse("session_malformed", "members").www_authenticate("").login_url(Some(home)),
    )
    .case(
        "an expired session gets no error",
        get("/").session(&Session { exp: NOW, ..alice() }.seal()),
        refuse("session_expired", "members").www_authenticate("").login_url(Some(home)),
    )
    .case("nobody at a rule with conditions is 401", get("/admin/x"), refuse("credential_missing", "admin"))
    .case("a token in the query is never read", get(format!("/?access_token={good}")), refuse("credential_missing", "members"))
    .case("somebody who is not in the group is 403", get("/admin/x").session(&cookie), refuse("identity_not_allowed", "admin"))
    .case("a token that is not in the group is 403", get("/admin/x").bearer(&good), refuse("identity_not_allowed", "admin"))
    .case("a token without the scope is 403", get("/write").bearer(&good), refuse("scope_insufficient", "writers"))
    .case("a bad token at a rule with conditions is 401", get("/admin/x").bearer(&expired), refuse("token_expired", "admin"))
    .case("no rule is 403, for nobody too", get("/").host("elsewhere.example.net"), refuse_all("no_rule"))
    .case(
        "a session with another context class must step up",
        get("/gold").session(&cookie),
        refuse("step_up_required", "gold")
            .www_authenticate("error=\"insufficient_user_authentication\", acr_values=\"gold\"")
            .login_url(Some("https://auth.example.com/login?acr_values=gold&rd=https%3A%2F%2Fapp.example.com%2Fgold")),
    )
    .case(
        "a session that logged in long ago must step up",
        get("/fresh").session(&old.seal()),
        refuse("step_up_required", "fresh")
            .www_authenticate("error=\"insufficient_user_authentication\", max_age=900")
            .login_url(Some("https://auth.example.com/login?max_age=900&rd=https%3A%2F%2Fapp.example.com%2Ffresh")),
    )
    .case("a token without a context class must step up", get("/gold").bearer(&good), refuse("step_up_required", "gold"))
}

pub(super) fn login_with_query() -> File {
    let rules = r#"
[login]
url = "https://auth.example.com/login?app=gate"
return_hosts = ["http://plain.example.com", "app.example.com"]

[[rule]]
id = "gold"
paths = ["/gold"]
allow = { acr = ["gold"] }

[[rule]]
id = "members"
allow = "authenticated"
"#;
    File::new(
        "login_with_query",
        "A login address that has a query of its own, and a place to return to over plain http.",
        config(&[&session(""), rules]),
    )
    .case(
        "the address joins the query that is there",
        get("/x"),
        refuse("credential_missing", "members")
            .login_url(Some("https://auth.example.com/login?app=gate&rd=https%3A%2F%2Fapp.example.com%2Fx")),
    )
    .case(
        "a step-up joins the query that is there",
        get("/gold").session(&alice().seal()),
        refuse("step_up_required", "gold")
            .login_url(Some("https://auth.example.com/login?app=gate&acr_values=gold&rd=https%3A%2F%2Fapp.example.com%2Fgold")),
    )
    .case(
        "plain http is a place to return to when it is listed",
        get("/x").host("plain.example.com").scheme("http"),
        refuse("credential_missing", "members")
            .login_url(Some("https://auth.example.com/login?app=gate&rd=http%3A%2F%2Fplain.example.com%2Fx")),
    )
    .case(
        "https is another place than the plain http that is listed",
        get("/x").host("plain.example.com"),
        refuse("credential_missing", "members").login_url(Some("https://auth.example.com/login?app=gate")),
    )
}

pub(super) fn no_login() -> File {
    let rules = "[[rule]]\nid = \"members\"\nallow = \"authenticated\"";
    File::new("no_login", "Without [login] nobody is sent anywhere.", config(&[&session(""), rules]))
        .case(
            "nobody gets a challenge alone",
            get("/x"),
            refuse("credential_missing", "members").www_authenticate("").login_url(None),
        )
        .case(
            "a Bearer token where no issuer is configured is not looked for",
            get("/x").bearer("a.b.c"),
            refuse("credential_missing", "members").login_url(None),
        )
        .case(
            "a user name and password are not looked for either",
            get("/x").header("Authorization", "Basic YTpi"),
            refuse("credential_missing", "members"),
        )
}
