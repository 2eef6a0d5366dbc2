//! First match decides, nothing falls through; the effects; the order of evaluation.

use crate::LOGIN;
use crate::NOW;
use crate::case::{File, Identity, allow, anonymous, get, refuse, refuse_all};
use crate::config::{config, login, session};
use crate::key::ED_1;
use crate::session::{alice, bob};
use crate::token::{Signer, claims};

pub(super) fn first_match() -> File {
    let rules = r#"
[[rule]]
id = "health"
hosts = ["app.example.com"]
paths = ["/healthz", "/static/**"]
methods = ["GET"]
allow = "anyone"

[[rule]]
id = "admin"
paths = ["/admin/**"]
allow = [{ groups = ["admins"] }, { users = ["root"] }]

[[rule]]
id = "closed"
paths = ["/closed/**"]
deny = "anyone"

[[rule]]
id = "new-door"
hosts = ["app.example.com"]
paths = ["/beta/**"]
shadow = true
allow = "anyone"

[[rule]]
id = "new-wall"
hosts = ["app.example.com"]
paths = ["/gamma/**"]
shadow = true
deny = "anyone"

[[rule]]
id = "shadow-office"
hosts = ["app.example.com"]
paths = ["/delta/**"]
networks = ["10.0.0.0/8"]
shadow = true
allow = "anyone"

[[rule]]
id = "shadow-only"
hosts = ["shadow.example.com"]
paths = ["/**"]
shadow = true
allow = "anyone"

[[rule]]
id = "members"
hosts = ["app.example.com", "*.apps.example.com"]
allow = "authenticated"

[[rule]]
id = "too-late"
hosts = ["app.example.com"]
paths = ["/late"]
allow = "anyone"
"#;
    let (alice_cookie, bob_cookie) = (alice().seal(), bob().seal());
    let admin = crate::session::Session { groups: Some(vec!["admins"]), ..bob() }.seal();
    let root = crate::session::Session { sub: "root".to_owned(), ..bob() }.seal();
    let expired = crate::session::Session { exp: NOW, ..alice() }.seal();
    File::new(
        "first_match",
        "The first rule whose target matches decides; nothing falls through; no rule means forbid.",
        config(&[&session(""), rules]),
    )
    .case("anyone passes without a credential", get("/healthz"), anonymous("health"))
    .case(
        "anyone's identity is handed on if there is one",
        get("/healthz").session(&alice_cookie),
        allow("health", Identity::alice()),
    )
    .case("an expired session is nobody where anyone passes", get("/healthz").session(&expired), anonymous("health"))
    .case("a garbled session is nobody where anyone passes", get("/static/a.css").session("%"), anonymous("health"))
    .case(
        "another method goes on to the next rule that matches",
        get("/healthz").method("POST"),
        refuse("credential_missing", "members"),
    )
    .case(
        "the first table of a list suffices",
        get("/admin/x").session(&admin),
        allow("admin", Identity::session("bob").groups(&["admins"])),
    )
    .case("the second table of a list suffices", get("/admin/x").session(&root), allow("admin", Identity::session("root")))
    .case(
        "a member who may not enter admin does not slip into members",
        get("/admin/x").session(&alice_cookie),
        refuse("identity_not_allowed", "admin"),
    )
    .case("nobody at admin is asked to log in by admin", get("/admin"), refuse("credential_missing", "admin"))
    .case(
        "an expired session at admin is asked to log in by admin",
        get("/admin/").session(&expired),
        refuse("session_expired", "admin"),
    )
    .case("members pass", get("/x").session(&bob_cookie), allow("members", Identity::session("bob")))
    .case(
        "members pass at a host below the wildcard",
        get("/x").host("a.b.apps.example.com").session(&bob_cookie),
        allow("members", Identity::session("bob")),
    )
    .case("nobody is asked to log in", get("/x"), refuse("credential_missing", "members"))
    .case("a later rule never decides what an earlier one matches", get("/late"), refuse("credential_missing", "members"))
    .case("deny refuses nobody", get("/closed/x"), refuse("rule_denied", "closed"))
    .case("deny refuses somebody", get("/closed/x").session(&alice_cookie), refuse("rule_denied", "closed"))
    .case("deny does not look at the credential", get("/closed/x").session("garbage"), refuse("rule_denied", "closed"))
    .case("no rule refuses nobody", get("/x").host("elsewhere.example.net"), refuse_all("no_rule"))
    .case("no rule refuses somebody", get("/x").host("elsewhere.example.net").session(&alice_cookie), refuse_all("no_rule"))
    .case(
        "no rule does not look at the credential",
        get("/x").host("elsewhere.example.net").session("garbage"),
        refuse_all("no_rule"),
    )
    .case("a shadow rule opens nothing", get("/beta/x"), refuse("credential_missing", "members"))
    .case(
        "the rule behind a shadow rule decides",
        get("/beta/x").session(&bob_cookie),
        allow("members", Identity::session("bob")),
    )
    .case("a shadow rule closes nothing", get("/gamma/x").session(&bob_cookie), allow("members", Identity::session("bob")))
    .case(
        "a shadow rule that needs an unknown address refuses nothing",
        get("/delta/x").client(None).session(&bob_cookie),
        allow("members", Identity::session("bob")),
    )
    .case("behind a shadow rule alone there is no rule", get("/x").host("shadow.example.com"), refuse_all("no_rule"))
    .case(
        "behind a shadow rule alone there is no rule for somebody either",
        get("/x").host("shadow.example.com").session(&alice_cookie),
        refuse_all("no_rule"),
    )
}

pub(super) fn evaluation(signer: &Signer) -> File {
    let rules = r#"
[[rule]]
id = "open"
hosts = ["app.example.com"]
paths = ["/open/**"]
allow = "anyone"

[[rule]]
id = "closed"
hosts = ["app.example.com"]
paths = ["/closed/**"]
deny = "anyone"

[[rule]]
id = "office"
hosts = ["app.example.com"]
paths = ["/office/**"]
networks = ["10.0.0.0/8"]
allow = "authenticated"

[[rule]]
id = "staff"
hosts = ["app.example.com"]
paths = ["/staff/**"]
allow = { groups = ["staff"], issuers = ["https://login.example.com"] }

[[rule]]
id = "members"
hosts = ["app.example.com"]
allow = "authenticated"
"#;
    let good = signer.token(ED_1, &claims());
    let expired = signer.token(ED_1, &claims().with("exp", NOW - 600));
    let session_cookie = alice().seal();
    let twice = |path: &str| get(path).bearer(&good).bearer(&good);
    let alice = || Identity::token("alice", LOGIN);
    File::new(
        "evaluation_order",
        "Malformed, then ambiguous for every rule, then the target, then deny or no rule, then the credential, then the conditions.",
        config(&[&session(""), &login(""), rules]),
    )
    .keys(LOGIN, &[ED_1.jwk()])
    .case("a malformed path comes before an ambiguous credential", twice("/x%zz"), refuse_all("request_malformed"))
    .case("a malformed path comes before an ambiguous one", get("/../%zz").bearer(&good), refuse_all("request_malformed"))
    .case("a malformed host comes before an ambiguous path", get("/a/../b").host("app,evil").bearer(&good), refuse_all("request_malformed"))
    .case("a malformed method comes before everything", get("/open").method("GE T"), refuse_all("request_malformed"))
    .case("an unknown scheme is malformed", get("/open").scheme("javascript"), refuse_all("request_malformed"))
    .case("two schemes are malformed", get("/open").scheme("https,http"), refuse_all("request_malformed"))
    .case("a websocket's scheme is decided like any other", get("/open").scheme("wss"), anonymous("open"))
    .case("dot segments come before the target", get("/closed/.."), refuse_all("path_ambiguous"))
    .case("dot segments come before no rule", get("/a/../b").host("elsewhere.example.net"), refuse_all("path_ambiguous"))
    .case("no rule comes before an expired token", get("/x").host("elsewhere.example.net").bearer(&expired), refuse_all("no_rule"))
    .case("no rule comes before missing keys", get("/x").host("elsewhere.example.net").bearer(&good).without_keys(), refuse_all("no_rule"))
    .case("deny comes before a malformed token", get("/closed/x").bearer("garbage"), refuse("rule_denied", "closed"))
    .case("deny comes before an ambiguous credential", twice("/closed/x"), refuse("rule_denied", "closed"))
    .case("deny comes before missing keys", get("/closed/x").bearer(&good).without_keys(), refuse("rule_denied", "closed"))
    .case("an unknown address comes before a missing credential", get("/office/x").client(None), refuse("client_address_unknown", "office"))
    .case("an unknown address comes before an expired token", get("/office/x").client(None).bearer(&expired), refuse("client_address_unknown", "office"))
    .case("the credential comes before the conditions", get("/staff/x").bearer(&expired), refuse("token_expired", "staff"))
    .case("a good credential is held against the conditions", get("/staff/x").bearer(&good), refuse("identity_not_allowed", "staff"))
    .case("two Authorization fields are ambiguous, even equal ones", twice("/x"), refuse("credential_ambiguous", "members"))
    .case("anyone: two Authorization fields are nobody", twice("/open/x"), anonymous("open"))
    .case("anyone: a malformed token is nobody", get("/open/x").bearer("garbage"), anonymous("open"))
    .case("anyone: an expired token is nobody", get("/open/x").bearer(&expired), anonymous("open"))
    .case("anyone: a token whose keys are unavailable is nobody", get("/open/x").bearer(&good).without_keys(), anonymous("open"))
    .case("anyone: a good token is somebody", get("/open/x").bearer(&good), allow("open", alice()))
    .case("anyone: a bad token is not replaced by a good session", get("/open/x").bearer(&expired).session(&session_cookie), anonymous("open"))
    .case("missing keys are an outage where an identity is needed", get("/x").bearer(&good).without_keys(), refuse("keys_unavailable", "members"))
    .case("missing keys do not matter to a session", get("/x").session(&session_cookie).without_keys(), allow("members", Identity::alice()))
    .case("missing keys do not matter to nobody", get("/x").without_keys(), refuse("credential_missing", "members"))
    .case("a good token passes", get("/x").bearer(&good), allow("members", alice()))
}
