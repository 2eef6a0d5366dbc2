//! Every key of a table, `not`, and which failure speaks.

use serde_json::json;

use crate::case::{File, Identity, allow, get, refuse};
use crate::config::{config, issuer, login, rule, session};
use crate::key::{ED_1, ED_2};
use crate::session::{Session, alice, bob};
use crate::token::{Claims, Signer, claims};
use crate::{LOGIN, NOW, PARTNER};

pub(super) fn session_conditions() -> File {
    let rules = [
        ("users", r#"{ users = ["carol", "alice"] }"#),
        ("emails", r#"{ emails = ["alice@example.com", "x@example.com"] }"#),
        ("domains", r#"{ email_domains = ["example.org", "example.com"] }"#),
        ("groups", r#"{ groups = ["admins", "staff"] }"#),
        ("scopes", r#"{ scopes = ["read", "write"] }"#),
        ("acr", r#"{ acr = ["gold", "silver"] }"#),
        ("amr", r#"{ amr = ["otp"] }"#),
        ("fresh", r#"{ max_auth_age = "15m" }"#),
        ("kind", r#"{ credentials = ["session"] }"#),
        ("not-user", r#"{ not = { users = ["mallory", "bob"] } }"#),
        ("staff-not-alice", r#"{ groups = ["staff"], not = { users = ["alice"] } }"#),
        ("not-either", r#"{ not = { users = ["mallory"], groups = ["contractors"] } }"#),
        ("not-email", r#"{ not = { emails = ["mallory@example.com"] } }"#),
        ("all", r#"{ groups = ["staff"], scopes = ["read"], acr = ["gold"] }"#),
        ("root-or-fresh-staff", r#"[{ users = ["root"] }, { groups = ["staff"], max_auth_age = "15m" }]"#),
    ]
    .map(|(id, table)| rule(id, &format!("/{id}"), &format!("allow = {table}")));
    let at = |path: &str, session: &Session| get(path).session(&session.seal());
    let pass = |rule: &'static str| allow(rule, Identity::alice());
    let not_allowed = |rule: &'static str| refuse("identity_not_allowed", rule);
    let with_email = |email: &str| Session { email: Some(email.to_owned()), ..alice() };
    let with_scopes = |scopes: &[&'static str]| Session { scopes: Some(scopes.to_vec()), ..alice() };
    let gold = Session { acr: Some("gold"), ..alice() };
    File::new(
        "conditions_session",
        "Each key of a table against a session, and which failure speaks.",
        config(&[&session(""), &rules.join("\n\n")]),
    )
    .case("users: a listed subject passes", at("/users", &alice()), pass("users"))
    .case("users: another subject does not", at("/users", &bob()), not_allowed("users"))
    .case("users: subjects are case-sensitive", at("/users", &Session { sub: "Alice".to_owned(), ..bob() }), not_allowed("users"))
    .case("emails: a listed address passes", at("/emails", &alice()), pass("emails"))
    .case("emails: another address does not", at("/emails", &with_email("bob@example.com")), not_allowed("emails"))
    .case("emails: nobody without an address passes", at("/emails", &bob()), not_allowed("emails"))
    .case("email_domains: a listed domain passes", at("/domains", &alice()), pass("domains"))
    .case("email_domains: a domain below it does not", at("/domains", &with_email("a@sub.example.com")), not_allowed("domains"))
    .case(
        "email_domains: a domain that ends like it does not",
        at("/domains", &with_email("a@notexample.com")),
        not_allowed("domains"),
    )
    .case(
        "email_domains: two @ never pass",
        at("/domains", &with_email("mallory@evil.example@example.com")),
        not_allowed("domains"),
    )
    .case(
        "email_domains: two @ never pass the other way round",
        at("/domains", &with_email("mallory@example.com@evil.example")),
        not_allowed("domains"),
    )
    .case("email_domains: no @ never passes", at("/domains", &with_email("example.com")), not_allowed("domains"))
    .case("email_domains: nobody without an address passes", at("/domains", &bob()), not_allowed("domains"))
    .case("groups: one listed group suffices", at("/groups", &alice()), pass("groups"))
    .case(
        "groups: no listed group does not",
        at("/groups", &Session { groups: Some(vec!["guests"]), ..bob() }),
        not_allowed("groups"),
    )
    .case(
        "groups: a group is not a prefix",
        at("/groups", &Session { groups: Some(vec!["staffing", "sta"]), ..bob() }),
        not_allowed("groups"),
    )
    .case(
        "scopes: all of them pass",
        at("/scopes", &with_scopes(&["write", "other", "read"])),
        allow("scopes", Identity::alice().scopes(&["write", "other", "read"])),
    )
    .case("scopes: one of two is insufficient", at("/scopes", &with_scopes(&["read"])), refuse("scope_insufficient", "scopes"))
    .case("scopes: none is insufficient", at("/scopes", &alice()), refuse("scope_insufficient", "scopes"))
    .case("acr: a listed class passes", at("/acr", &gold), pass("acr"))
    .case(
        "acr: another class must step up",
        at("/acr", &Session { acr: Some("bronze"), ..alice() }),
        refuse("step_up_required", "acr"),
    )
    .case("acr: no class must step up", at("/acr", &alice()), refuse("step_up_required", "acr"))
    .case(
        "amr: the listed method among others passes",
        at("/amr", &Session { amr: Some(vec!["pwd", "otp"]), ..alice() }),
        pass("amr"),
    )
    .case(
        "amr: another method must step up",
        at("/amr", &Session { amr: Some(vec!["pwd"]), ..alice() }),
        refuse("step_up_required", "amr"),
    )
    .case(
        "max_auth_age: a login as old as allowed passes",
        at("/fresh", &Session { auth_time: NOW - 900, iat: NOW - 900, ..alice() }),
        pass("fresh"),
    )
    .case(
        "max_auth_age: a second more must step up",
        at("/fresh", &Session { auth_time: NOW - 901, iat: NOW - 901, ..alice() }),
        refuse("step_up_required", "fresh"),
    )
    .case("credentials: a session is a session", at("/kind", &alice()), pass("kind"))
    .case("not: holds for somebody else", at("/not-user", &alice()), pass("not-user"))
    .case("not: fails for a listed user", at("/not-user", &bob()), not_allowed("not-user"))
    .case("not: takes somebody out of a group", at("/staff-not-alice", &alice()), not_allowed("staff-not-alice"))
    .case(
        "not: leaves the others of the group in",
        at("/staff-not-alice", &Session { groups: Some(vec!["staff"]), ..bob() }),
        allow("staff-not-alice", Identity::session("bob").groups(&["staff"])),
    )
    .case("not: holds when none of its keys holds", at("/not-either", &alice()), pass("not-either"))
    .case(
        "not: fails when one of its keys holds",
        at("/not-either", &Session { groups: Some(vec!["contractors"]), ..alice() }),
        not_allowed("not-either"),
    )
    .case("not: fails when the address it asks about is absent", at("/not-email", &bob()), not_allowed("not-email"))
    .case(
        "every key of a table must hold",
        at("/all", &Session { scopes: Some(vec!["read"]), ..gold.clone() }),
        allow("all", Identity::alice().scopes(&["read"])),
    )
    .case("only the step-up key fails: step up", at("/all", &with_scopes(&["read"])), refuse("step_up_required", "all"))
    .case("only the scope fails: insufficient", at("/all", &gold), refuse("scope_insufficient", "all"))
    .case("scope and step-up fail: not allowed", at("/all", &alice()), not_allowed("all"))
    .case(
        "group and step-up fail: not allowed",
        at("/all", &Session { groups: None, scopes: Some(vec!["read"]), ..alice() }),
        not_allowed("all"),
    )
    .case(
        "of two tables the one that needs a step-up speaks",
        at("/root-or-fresh-staff", &Session { auth_time: NOW - 901, ..alice() }),
        refuse("step_up_required", "root-or-fresh-staff"),
    )
}

pub(super) fn nearest_failure() -> File {
    let rules = [
        ("writer-or-gold", r#"[{ groups = ["staff"], scopes = ["write"] }, { groups = ["staff"], acr = ["gold"] }]"#),
        ("gold-or-writer", r#"[{ groups = ["staff"], acr = ["gold"] }, { groups = ["staff"], scopes = ["write"] }]"#),
        ("root-or-writer", r#"[{ users = ["root"] }, { groups = ["staff"], scopes = ["write"] }]"#),
        ("root-or-admin", r#"[{ users = ["root"] }, { groups = ["admins"] }]"#),
        ("not-and-scope", r#"{ scopes = ["write"], not = { users = ["alice"] } }"#),
        ("gold-and-fresh", r#"{ acr = ["gold"], max_auth_age = "5m" }"#),
    ]
    .map(|(id, table)| rule(id, &format!("/{id}"), &format!("allow = {table}")));
    let at = |path: &str, session: &Session| get(path).session(&session.seal());
    File::new(
        "nearest_failure",
        "Among failed tables the nearest speaks, whatever their order.",
        config(&[&session(""), &rules.join("\n\n")]),
    )
    .case("a step-up is nearer than a scope", at("/writer-or-gold", &alice()), refuse("step_up_required", "writer-or-gold"))
    .case(
        "a step-up is nearer than a scope in the other order too",
        at("/gold-or-writer", &alice()),
        refuse("step_up_required", "gold-or-writer"),
    )
    .case(
        "one table that holds suffices",
        at("/gold-or-writer", &Session { scopes: Some(vec!["write"]), ..alice() }),
        allow("gold-or-writer", Identity::alice().scopes(&["write"])),
    )
    .case("a scope is nearer than another user", at("/root-or-writer", &alice()), refuse("scope_insufficient", "root-or-writer"))
    .case("outside the group no scope helps", at("/root-or-writer", &bob()), refuse("identity_not_allowed", "root-or-writer"))
    .case(
        "no step-up is asked of somebody it would not help",
        at("/writer-or-gold", &bob()),
        refuse("identity_not_allowed", "writer-or-gold"),
    )
    .case("neither table is for this identity", at("/root-or-admin", &alice()), refuse("identity_not_allowed", "root-or-admin"))
    .case("a not that fails is no missing scope", at("/not-and-scope", &alice()), refuse("identity_not_allowed", "not-and-scope"))
    .case(
        "a not that holds leaves the missing scope",
        at("/not-and-scope", &bob()),
        refuse("scope_insufficient", "not-and-scope"),
    )
    .case(
        "two step-up keys are asked for together",
        at("/gold-and-fresh", &alice()),
        refuse("step_up_required", "gold-and-fresh")
            .www_authenticate("error=\"insufficient_user_authentication\", acr_values=\"gold\", max_age=300"),
    )
    .case("nobody is asked for a credential first", get("/gold-and-fresh"), refuse("credential_missing", "gold-and-fresh"))
}

pub(super) fn issuer_conditions(signer: &Signer) -> File {
    let rules = [
        ("partner", r#"{ issuers = ["https://partner.example.net"] }"#),
        ("staff", r#"{ groups = ["staff"], issuers = ["https://login.example.com"] }"#),
        ("tokens", r#"{ credentials = ["jwt"] }"#),
        ("cookies", r#"{ credentials = ["session"] }"#),
        ("tenant", r#"{ claims.tenant = ["acme", "initech"], issuers = ["https://login.example.com"] }"#),
        ("country", r#"{ claims.address.country = ["SE"], issuers = ["https://login.example.com"] }"#),
        ("not-tenant", r#"{ issuers = ["https://login.example.com"], not = { claims.tenant = ["evil"] } }"#),
        ("not-group", r#"{ issuers = ["https://login.example.com"], not = { groups = ["contractors"] } }"#),
        ("scope", r#"{ scopes = ["read"], issuers = ["https://login.example.com"] }"#),
        ("either", r#"{ users = ["alice"], issuers = ["https://login.example.com", "https://partner.example.net"] }"#),
        ("strong", r#"{ issuers = ["https://login.example.com"], acr = ["gold"], amr = ["hwk"], max_auth_age = "5m" }"#),
    ]
    .map(|(id, table)| rule(id, &format!("/{id}"), &format!("allow = {table}")));
    let at = |path: &str, claims: &Claims| get(path).bearer(&signer.token(ED_1, claims));
    let from_partner =
        |path: &str| get(path).bearer(&signer.token(ED_2, &claims().with("iss", PARTNER).with("groups", json!(["staff"]))));
    let sealed = |path: &str, iss: Option<&'static str>| get(path).session(&Session { iss, ..alice() }.seal());
    let me = || Identity::token("alice", LOGIN);
    let tenant = |value: serde_json::Value| claims().with("tenant", value);
    let strong = claims().with("acr", "gold").with("amr", json!(["pwd", "hwk"])).with("auth_time", NOW - 300);
    let not_allowed = |rule: &'static str| refuse("identity_not_allowed", rule);
    let step_up = || refuse("step_up_required", "strong");
    File::new(
        "conditions_issuers",
        "Whose identity it is, and claims: with several sources of identities a table says which.",
        config(&[&session(""), &login(""), &issuer(PARTNER, "\"EdDSA\"", ""), &rules.join("\n\n")]),
    )
    .keys(LOGIN, &[ED_1.jwk()])
    .keys(PARTNER, &[ED_2.jwk()])
    .case(
        "issuers: the listed issuer passes",
        from_partner("/partner"),
        allow("partner", Identity::token("alice", PARTNER).groups(&["staff"])),
    )
    .case("issuers: another issuer does not", at("/partner", &claims()), not_allowed("partner"))
    .case(
        "issuers: a session of that issuer passes",
        sealed("/partner", Some(PARTNER)),
        allow("partner", Identity::alice().issuer(PARTNER)),
    )
    .case("issuers: a session without an issuer matches none", sealed("/partner", None), not_allowed("partner"))
    .case("the same group of another issuer is another group", from_partner("/staff"), not_allowed("staff"))
    .case(
        "the group of the named issuer passes",
        at("/staff", &claims().with("groups", json!(["staff"]))),
        allow("staff", me().groups(&["staff"])),
    )
    .case(
        "the group of a session of the named issuer passes",
        sealed("/staff", Some(LOGIN)),
        allow("staff", Identity::alice().issuer(LOGIN)),
    )
    .case("the group of a session of nobody's does not", sealed("/staff", None), not_allowed("staff"))
    .case(
        "the same user of either issuer passes",
        from_partner("/either"),
        allow("either", Identity::token("alice", PARTNER).groups(&["staff"])),
    )
    .case("credentials: a token is a token", at("/tokens", &claims()), allow("tokens", me()))
    .case("credentials: a session is no token", sealed("/tokens", Some(LOGIN)), not_allowed("tokens"))
    .case("credentials: a token is no session", at("/cookies", &claims()), not_allowed("cookies"))
    .case("claims: a listed value passes", at("/tenant", &tenant(json!("initech"))), allow("tenant", me()))
    .case("claims: another value does not", at("/tenant", &tenant(json!("umbrella"))), not_allowed("tenant"))
    .case("claims: an absent claim does not", at("/tenant", &claims()), not_allowed("tenant"))
    .case("claims: a listed value inside an array passes", at("/tenant", &tenant(json!(["x", "acme"]))), allow("tenant", me()))
    .case("claims: a value inside an object does not", at("/tenant", &tenant(json!({ "acme": "acme" }))), not_allowed("tenant"))
    .case("claims: null does not", at("/tenant", &tenant(json!(null))), not_allowed("tenant"))
    .case("claims: a session has no such claim", sealed("/tenant", Some(LOGIN)), not_allowed("tenant"))
    .case(
        "claims: a path reaches inside",
        at("/country", &claims().with("address", json!({ "country": "SE" }))),
        allow("country", me()),
    )
    .case(
        "claims: a path through a string reaches nothing",
        at("/country", &claims().with("address", "SE")),
        not_allowed("country"),
    )
    .case("not: another value holds", at("/not-tenant", &tenant(json!("acme"))), allow("not-tenant", me()))
    .case("not: the listed value fails", at("/not-tenant", &tenant(json!("evil"))), not_allowed("not-tenant"))
    .case(
        "not: the listed value inside an array fails",
        at("/not-tenant", &tenant(json!(["acme", "evil"]))),
        not_allowed("not-tenant"),
    )
    .case("not: an absent claim fails", at("/not-tenant", &claims()), not_allowed("not-tenant"))
    .case("not: a claim of the wrong type fails", at("/not-tenant", &tenant(json!({ "a": 1 }))), not_allowed("not-tenant"))
    .case("not: absent groups fail", at("/not-group", &claims()), not_allowed("not-group"))
    .case(
        "not: other groups hold",
        at("/not-group", &claims().with("groups", json!(["staff"]))),
        allow("not-group", me().groups(&["staff"])),
    )
    .case(
        "scopes: a list in one string",
        at("/scope", &claims().with("scope", "openid read")),
        allow("scope", me().scopes(&["openid", "read"])),
    )
    .case(
        "scopes: a scope is not a prefix",
        at("/scope", &claims().with("scope", "readonly")),
        refuse("scope_insufficient", "scope"),
    )
    .case("scopes: another issuer's scope is no missing scope", from_partner("/scope"), not_allowed("scope"))
    .case("step-up: all three keys hold", at("/strong", &strong), allow("strong", me()))
    .case("step-up: an old login fails", at("/strong", &strong.clone().with("auth_time", NOW - 301)), step_up())
    .case("step-up: a login of unknown time fails", at("/strong", &strong.clone().without("auth_time")), step_up())
    .case("step-up: an absent method fails", at("/strong", &strong.clone().without("amr")), step_up())
    .case("step-up: another issuer is not asked to", from_partner("/strong"), not_allowed("strong"))
}
