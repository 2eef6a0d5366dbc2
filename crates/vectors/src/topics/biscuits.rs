//! Biscuits: form and keys, whose they are, checks, the operator's policy, and what costs too much.

use serde_json::json;

use crate::biscuit::{Biscuit, OTHER, ROOT, THIRD_PARTY, biscuit, public_key, signed};
use crate::case::{Expect, File, Identity, allow, anonymous, get, refuse, refuse_all};
use crate::config::{MEMBERS, config, login, rule, session};
use crate::key::ED_1;
use crate::session::alice;
use crate::token::{Signer, base64url, claims};
use crate::{LOGIN, NOW};

/// `[[biscuit]]` with the usual root key, and further lines.
fn table(lines: &str) -> String {
    format!("[[biscuit]]\npublic_keys = [\"{}\"]\n{IDENTITY}\n{lines}", public_key(ROOT))
}

const IDENTITY: &str = "identity = { subject = \"data($u) <- user($u)\", email = \"data($e) <- email($e)\", \
                        name = \"data($n) <- name($n)\", groups = \"data($g) <- group($g)\", scopes = \"data($s) <- scope($s)\" }";

const ALICE: &str = "user(\"alice\")";

fn pass() -> Expect {
    allow("members", Identity::biscuit("alice"))
}

fn no(code: &'static str) -> Expect {
    refuse(code, "members")
}

fn malformed() -> Expect {
    no("token_malformed")
}

pub(super) fn form() -> File {
    let token = biscuit(ALICE).block("check if operation(\"GET\")");
    let (padded, bytes) = (token.text(), token.bytes());
    let unpadded = padded.trim_end_matches('=');
    let ask = |token: &str| get("/").bearer(token);
    let flipped = |at: usize| {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1;
        base64url(&flipped)
    };
    let revoked = |id: &str| json!({ "tokens": [id] });
    let ids = token.revocation_ids();
    let other_token = biscuit("user(\"bob\")");
    File::new(
        "biscuit_form",
        "A biscuit is read strictly, verified with the root key, and revoked by any of its blocks.",
        config(&[&table(""), MEMBERS]),
    )
    .case("a biscuit passes", ask(&padded), pass())
    .case("without padding it is the same", ask(unpadded), pass())
    .case("too much padding is malformed", ask(&format!("{unpadded}===")), malformed())
    .case("padding inside is malformed", ask(&format!("={unpadded}")), malformed())
    .case("the other alphabet is malformed", ask(&format!("+/{}", &unpadded[2..])), malformed())
    .case("a dot makes no biscuit", ask(&format!("{unpadded}.")), malformed())
    .case("two dots make no biscuit", ask("e30.e30.AAAA"), malformed())
    .case("an empty token is malformed", get("/").header("Authorization", "Bearer "), malformed())
    .case("no token after the scheme is malformed", get("/").header("Authorization", "Bearer"), malformed())
    .case("two spaces are malformed", get("/").header("Authorization", format!("Bearer  {padded}")), malformed())
    .case("bytes that are no biscuit are malformed", ask("AAAA"), malformed())
    .case("a token cut short is malformed", ask(&unpadded[..unpadded.len() / 2]), malformed())
    .case("a byte more at the end is malformed", ask(&base64url(&[bytes.as_slice(), b"\0"].concat())), malformed())
    .case("a changed byte in the first block is refused", ask(&flipped(12)), no("signature_invalid"))
    .case("a changed byte at the end is refused", ask(&flipped(bytes.len() - 1)), no("signature_invalid"))
    .case("a token by another root key is refused", ask(&signed(OTHER, None, ALICE).text()), no("signature_invalid"))
    .case("a sealed token passes", ask(&token.clone().sealed().text()), pass())
    .case("a token of 8 KiB is too large", ask(&"A".repeat(8_193)), no("token_too_large"))
    .case(
        "as DPoP it is malformed: a biscuit is bound to no key",
        get("/").header("Authorization", format!("DPoP {padded}")),
        malformed(),
    )
    .case(
        "two Authorization fields are ambiguous",
        get("/").bearer(&padded).bearer(&padded),
        no("credential_ambiguous").www_authenticate("error=\"invalid_request\""),
    )
    .case("a refused one is an invalid token", ask("AAAA"), malformed().www_authenticate("error=\"invalid_token\""))
    .case("nothing presented gets no error", get("/"), no("credential_missing").www_authenticate(""))
    .case("a cookie is no place for it unless the file says so", get("/").cookie("token", &padded), no("credential_missing"))
    .case("the first block's id revokes it", ask(&padded).revocations(revoked(&ids[0])), no("revoked"))
    .case("a later block's id revokes it", ask(&padded).revocations(revoked(&ids[1])), no("revoked"))
    .case("another token's id does not", ask(&padded).revocations(revoked(&other_token.revocation_ids()[0])), pass())
    .case(
        "its subject's entry revokes it, because it does not say when it was issued",
        ask(&padded).revocations(json!({ "subjects": [{ "subject": "alice", "before": 1 }] })),
        no("revoked"),
    )
    .case(
        "an entry for the subject at an issuer does not: it has none",
        ask(&padded).revocations(json!({ "subjects": [{ "subject": "alice", "issuer": LOGIN, "before": NOW }] })),
        pass(),
    )
}

pub(super) fn keys(signer: &Signer) -> File {
    let (one, two) = (public_key(ROOT), public_key(OTHER));
    let ring = format!(
        "[[biscuit]]\npublic_keys = [{{ id = 1, key = \"{one}\" }}, {{ id = 7, key = \"{two}\" }}]\n{IDENTITY}\n\
         sources = [\"bearer\", \"cookie:pass\"]\nmax_token = \"4KiB\""
    );
    let of = |root, id| signed(root, id, ALICE).text();
    let jwt = signer.token(ED_1, &claims());
    let by_jwt = || allow("members", Identity::token("alice", LOGIN));
    File::new(
        "biscuit_keys",
        "The root key is selected by its id; beside an issuer, two dots make a JWT and anything else a biscuit.",
        config(&[&session(""), &login(""), &ring, MEMBERS]),
    )
    .keys(LOGIN, &[ED_1.jwk()])
    .case("a token by the first key passes", get("/").bearer(&of(ROOT, Some(1))), pass())
    .case("a token by the second key passes", get("/").bearer(&of(OTHER, Some(7))), pass())
    .case("a token that names the other key is refused", get("/").bearer(&of(ROOT, Some(7))), no("signature_invalid"))
    .case("a token that names an unknown key is refused", get("/").bearer(&of(ROOT, Some(2))), no("key_unknown"))
    .case("a token that names no key is refused where there are several", get("/").bearer(&of(ROOT, None)), no("key_unknown"))
    .case("in the configured cookie it passes", get("/").cookie("pass", &of(ROOT, Some(1))), pass())
    .case("a JWT passes beside it", get("/").bearer(&jwt), by_jwt())
    .case("a JWT in the cookie that only biscuits come in is malformed", get("/").cookie("pass", &jwt), no("token_malformed"))
    .case("one dot makes it neither", get("/").bearer("e30.AAAA"), no("token_malformed"))
    .case("three dots make it neither", get("/").bearer("e30.e30.AAAA.AAAA"), no("token_malformed"))
    .case("over the table's own limit it is too large", get("/").bearer(&"A".repeat(4_097)), no("token_too_large"))
    .case(
        "a bad biscuit is not forgiven for a good session",
        get("/").bearer("AAAA").session(&alice().seal()),
        no("token_malformed"),
    )
    .case("a good session counts without one", get("/").session(&alice().seal()), allow("members", Identity::alice()))
}

pub(super) fn identity() -> File {
    let whole = "user(\"alice\"); email(\"alice@example.com\"); name(\"Alice\"); group(\"staff\"); group(\"admins\"); \
                 scope(\"read\"); scope(\"write\")";
    let everything = Identity::biscuit("alice")
        .email("alice@example.com")
        .name("Alice")
        .groups(&["admins", "staff"])
        .scopes(&["read", "write"]);
    let ask = |token: &Biscuit| get("/").bearer(&token.text());
    let trusting = format!("{ALICE}; group($g) <- group($g) trusting {}", public_key(THIRD_PARTY));
    let admins = || refuse("identity_not_allowed", "admins");
    let of_admins = || allow("admins", Identity::biscuit("root").groups(&["admins"]));
    File::new(
        "biscuit_identity",
        "Who somebody is stands in the first block, which the root key signed: no other block can say anything about it.",
        config(&[&table(""), &rule("admins", "/admin/**", "allow = [{ groups = [\"admins\"] }]"), MEMBERS]),
    )
    .case("every query gives its part, lists sorted", ask(&biscuit(whole)), allow("members", everything))
    .case("a subject alone is enough", ask(&biscuit(ALICE)), pass())
    .case("a number can be a subject", ask(&biscuit("user(1234)")), allow("members", Identity::biscuit("1234")))
    .case("a rule of the first block can derive it", ask(&biscuit("of(\"alice\", 7); user($u) <- of($u, 7)")), pass())
    .case("a subject in a later block is none", ask(&biscuit("right(1)").block("user(\"root\")")), no("claim_missing"))
    .case("a second subject in a later block changes nothing", ask(&biscuit(ALICE).block("user(\"root\")")), pass())
    .case("a group in a later block is none", ask(&biscuit(ALICE).block("group(\"admins\")")), pass())
    .case("a group of a third party is none", ask(&biscuit(ALICE).third_party_block("group(\"admins\")")), pass())
    .case(
        "a group of a third party that the first block trusts is none either",
        ask(&biscuit(&trusting).third_party_block("group(\"admins\")")),
        pass(),
    )
    .case("a rule in a later block derives none", ask(&biscuit(ALICE).block("group(\"admins\") <- user($u)")), pass())
    .case("a fact of the request is no subject", ask(&biscuit("user($o) <- operation($o)")), no("claim_missing"))
    .case("two subjects are none", ask(&biscuit("user(\"alice\"); user(\"bob\")")), no("claim_invalid"))
    .case("two addresses are none", ask(&biscuit("user(\"alice\"); email(\"a\"); email(\"b\")")), no("claim_invalid"))
    .case("an empty subject is none", ask(&biscuit("user(\"\")")), no("claim_invalid"))
    .case("a subject that is a boolean is none", ask(&biscuit("user(true)")), no("claim_invalid"))
    .case("a subject with a control character is none", ask(&biscuit("user(\"a\u{7}b\")")), no("claim_invalid"))
    .case("a subject that begins with a space is none", ask(&biscuit("user(\" alice\")")), no("claim_invalid"))
    .case("an admin's token enters", get("/admin/").bearer(&biscuit("user(\"root\"); group(\"admins\")").text()), of_admins())
    .case("a member's token does not", get("/admin/").bearer(&biscuit(ALICE).text()), admins())
    .case(
        "a member who appends the group does not",
        get("/admin/").bearer(&biscuit(ALICE).block("group(\"admins\")").text()),
        admins(),
    )
}

pub(super) fn checks() -> File {
    let ask = |more: &str, path: &str| get(path).bearer(&biscuit(ALICE).block(more).text());
    let reports = "check if operation(\"GET\") or operation(\"HEAD\"); \
                   check if resource($r), $r == \"/reports\" || $r.starts_with(\"/reports/\"); \
                   check if time($t), $t < 2026-01-02T00:00:00Z";
    let caveat = || no("caveat_failed");
    File::new(
        "biscuit_checks",
        "Every check of every block has to hold for this very request: the client is told no more than that it may not.",
        config(&[&table(""), &rule("open", "/open", "allow = \"anyone\""), MEMBERS]),
    )
    .case("a token for reports reads a report", ask(reports, "/reports/7?x=1"), pass())
    .case("the folder itself is one", ask(reports, "/reports/"), pass())
    .case("it reads its head", ask(reports, "/reports/7").method("HEAD"), pass())
    .case("it does not write", ask(reports, "/reports/7").method("POST"), caveat())
    .case("it reads nothing else", ask(reports, "/reportsx"), caveat())
    .case("it does not climb out", ask(reports, "/reports/../admin"), refuse_all("path_ambiguous"))
    .case("an encoded letter is the letter", ask(reports, "/report%73/7"), pass())
    .case("until its end", ask(reports, "/reports/7").at(1_767_311_999), pass())
    .case("and not a second more", ask(reports, "/reports/7").at(1_767_312_000), caveat())
    .case("a failed check counts as nobody where anybody may", ask(reports, "/open"), anonymous("open"))
    .case("a check for the host holds", ask("check if host(\"app.example.com\")", "/"), pass())
    .case("the host is folded", ask("check if host(\"app.example.com\")", "/").host("APP.example.com.:443"), pass())
    .case("a check for another host does not hold", ask("check if host(\"x.example.com\")", "/"), caveat())
    .case("a check for the address holds", ask("check if client_ip(\"192.0.2.7\")", "/"), pass())
    .case("without an address it does not", ask("check if client_ip(\"192.0.2.7\")", "/").client(None), caveat())
    .case(
        "a check in the first block counts",
        get("/").bearer(&biscuit("user(\"alice\"); check if operation(\"POST\")").text()),
        caveat(),
    )
    .case(
        "a third party's check counts",
        get("/").bearer(&biscuit(ALICE).third_party_block("check if operation(\"POST\")").text()),
        caveat(),
    )
    .case(
        "every block's check counts",
        get("/").bearer(&biscuit(ALICE).block("check if true").block("check if false").text()),
        caveat(),
    )
    .case(
        "a holder cannot satisfy a check by a fact",
        get("/").bearer(&biscuit("user(\"alice\"); check if ok(1)").block("ok(1)").text()),
        caveat(),
    )
    .case(
        "nor by a rule",
        get("/").bearer(&biscuit("user(\"alice\"); check if ok(1)").block("ok(1) <- operation($o)").text()),
        caveat(),
    )
    .case("a check of a block sees the facts of that block", ask("ok(1); check if ok(1)", "/"), pass())
    .case(
        "a check that trusts a third party sees its facts",
        get("/").bearer(
            &biscuit(&format!("{ALICE}; check if ok(1) trusting {}", public_key(THIRD_PARTY))).third_party_block("ok(1)").text(),
        ),
        pass(),
    )
    .case(
        "and nobody else's",
        get("/").bearer(&biscuit(&format!("{ALICE}; check if ok(1) trusting {}", public_key(THIRD_PARTY))).block("ok(1)").text()),
        caveat(),
    )
    .case("reject if", ask("reject if operation(\"GET\")", "/"), caveat())
    .case("any part of `reject if` refuses", ask("reject if operation(\"GET\") or operation(\"PUT\")", "/"), caveat())
    .case("its last part too", ask("reject if operation(\"PUT\") or operation(\"GET\")", "/"), caveat())
    .case("`reject if` of what is not so", ask("reject if operation(\"POST\") or operation(\"PUT\")", "/"), pass())
    .case("check all", ask("ok(1); ok(2); check all ok($n), $n < 3", "/"), pass())
    .case("check all over nothing does not hold", ask("check all ok($n), $n < 3", "/"), caveat())
    .case("a pattern", ask("check if resource($r), $r.matches(\"^/reports/[0-9]+$\")", "/reports/77"), pass())
    .case("a division by zero refuses", ask("check if 1 / 0 === 1", "/"), caveat())
    .case("an overflow refuses", ask("check if 9223372036854775807 + 1 !== 0", "/"), caveat())
    .case("comparing a text with a number refuses", ask("check if operation($o), $o > 1", "/"), caveat())
    .case("a function that nobody knows refuses", ask("check if operation($o), $o.extern::f()", "/"), caveat())
}

pub(super) fn policy() -> File {
    let ask = |code: &str, path: &str| get(path).bearer(&biscuit(code).text());
    let caveat = || no("caveat_failed");
    let policy = "policy = '''\n\
                  check if level($l), $l > 0;\n\
                  deny if banned(true);\n\
                  allow if level($l), $l >= 3;\n\
                  allow if operation(\"GET\"), resource(\"/free\");\n'''\n";
    File::new(
        "biscuit_policy",
        "The operator's own datalog: its checks and policies see the first block, the request, and what they trust.",
        config(&[&table(policy), MEMBERS]),
    )
    .case("a policy allows by a fact of the first block", ask("user(\"alice\"); level(3)", "/"), pass())
    .case("another allows by the request", ask("user(\"alice\"); level(1)", "/free"), pass())
    .case("without a policy that allows it is refused", ask("user(\"alice\"); level(2)", "/"), caveat())
    .case("a policy that denies comes first", ask("user(\"alice\"); level(3); banned(true)", "/"), caveat())
    .case("a check of the operator has to hold", ask("user(\"alice\")", "/free"), caveat())
    .case(
        "a later block's fact does not satisfy the operator",
        get("/").bearer(&biscuit("user(\"alice\"); level(1)").block("level(9)").text()),
        caveat(),
    )
    .case(
        "nor does a third party's, unless it is trusted",
        get("/").bearer(&biscuit("user(\"alice\"); level(1)").third_party_block("level(9)").text()),
        caveat(),
    )
    .case(
        "a check of the token counts beside the policy",
        get("/").bearer(&biscuit("user(\"alice\"); level(3)").block("check if operation(\"POST\")").text()),
        caveat(),
    )
}

/// The benches measure how long each of these takes to be refused.
pub(super) fn costly() -> File {
    let too_complex = || no("token_too_complex");
    let facts = |count: usize| (0..count).map(|fact| format!("p({fact});")).collect::<String>();
    let join = |predicates: usize| (0..predicates).map(|at| format!("p($x{at})")).collect::<Vec<_>>().join(", ");
    let explosion = format!("{} check if {}, $x0 < 0", facts(30), join(5));
    let block = |code: &str| get("/").bearer(&biscuit(ALICE).block(code).text());
    let numbers = (0..60).map(|number| number.to_string()).collect::<Vec<_>>().join(", ");
    let any = |name: &str| format!("[{numbers}].any(${name} -> ");
    let patterns: String = (0..60).map(|n| format!("check if operation($o), $o.matches(\"[a-z]{{{n}}}\");")).collect();
    let blocks = |count: usize, code: &str| (0..count).fold(biscuit(ALICE), |token, _| token.block(code));
    let rules = format!("{} q($x0, $x1) <- {};", facts(30), join(2));
    let texts = format!("t({})", (0..4_200).map(|at| format!("\"{at:x}\"")).collect::<Vec<_>>().join(", "));
    let thousand = (0..1_000).map(|number| number.to_string()).collect::<Vec<_>>().join(", ");
    let looks = format!("s({{{thousand}}}); {} check if s($a), p($b), {}", facts(60), vec!["$a.length() > 0"; 100].join(", "));
    let nothing: Vec<String> = (0..40).map(|at| format!("n{at}($x)")).collect();
    let pattern = "check if resource($r), $r.matches(\"^/([a-z]?[a-z]?[a-z]?){9}.*$\") or true;";
    let dear = |path: &str| get(path).bearer(&biscuit(ALICE).block(&pattern.repeat(10)).text());
    let long = format!("long(\"{}\"); {explosion}", "x".repeat(47_000));
    File::new(
        "biscuit_costly",
        "What anybody could append to a token in order to keep the engine busy is refused before anything is evaluated.",
        config(&[&table("max_token = \"64KiB\""), MEMBERS]),
    )
    .case("thirty facts joined five times", block(&explosion), too_complex())
    .case(
        "the same in the first block",
        get("/").bearer(&biscuit(&format!("user(\"alice\"); {explosion}")).text()),
        too_complex(),
    )
    .case("the same of a third party", get("/").bearer(&biscuit(ALICE).third_party_block(&explosion).text()), too_complex())
    .case("the same in `check all`", block(&explosion.replace("check if", "check all")), too_complex())
    .case("the same in `reject if`", block(&explosion.replace("check if", "reject if")), too_complex())
    .case("two facts joined forty times", block(&format!("{} check if {}", facts(2), join(40))), too_complex())
    .case("facts that a rule derives", block(&format!("{rules} check if q($a, $b), q($c, $d), q($e, $f)")), too_complex())
    .case(
        "facts that a third party's rule derives",
        get("/").bearer(&biscuit(ALICE).third_party_block(&format!("{rules} check if q($a, $b), q($c, $d), q($e, $f)")).text()),
        too_complex(),
    )
    .case(
        "rules upon rules",
        block(&format!("{rules} r($a, $b, $c) <- q($a, $b), q($b, $c); check if r($a, $b, $c)")),
        too_complex(),
    )
    .case("a rule that feeds itself", block(&format!("{rules} q($a, $c) <- q($a, $b), q($b, $c)")), too_complex())
    .case(
        "joins over the facts of many blocks",
        get("/").bearer(
            &(0..6)
                .fold(biscuit(ALICE), |token, _| {
                    token.block(&format!("{} check if {}, $x0 < 0 trusting previous", facts(10), join(4)))
                })
                .text(),
        ),
        too_complex(),
    )
    .case(
        "closures in closures",
        block(&format!("check if {}{}{}$a + $b + $c < 0)))", any("a"), any("b"), any("c"))),
        too_complex(),
    )
    .case("a pattern of megabytes", block("check if operation($o), $o.matches(\"(?:(?:[a-z]{99}){99}){99}\")"), too_complex())
    .case("a pattern that is put together", block("check if operation($o), $o.matches(\"a{9\" + \"9}\")"), too_complex())
    .case("sixty patterns", block(&patterns), too_complex())
    .case("a text that grows", block(&format!("check if operation($o), {} !== \"x\"", ["$o"; 20].join(" + "))), too_complex())
    .case("a thousand facts", block(&facts(1_000)), too_complex())
    .case("a thousand checks", block(&"check if operation($o), resource($r), time($t); ".repeat(1_000)), too_complex())
    .case("two hundred blocks", get("/").bearer(&blocks(200, "p(1)").text()), too_complex())
    .case("seventeen blocks", get("/").bearer(&blocks(16, "p(1)").text()), too_complex())
    .case("sixteen blocks are not too many", get("/").bearer(&blocks(15, "p(1)").text()), pass())
    .case(
        "nine costly signatures",
        get("/").bearer(&(0..9).fold(biscuit(ALICE), |token, _| token.p256_block("p(1)")).text()),
        too_complex(),
    )
    .case("one costly signature is not too much", get("/").bearer(&biscuit(ALICE).p256_block("p(1)").text()), pass())
    .case("a join in 64 KiB", block(&long), too_complex())
    .case("four thousand texts", block(&texts), too_complex())
    .case("nine thousand terms", block(&format!("t({})", vec!["1"; 9_000].join(", "))), too_complex())
    .case("nine thousand empty lists", block(&format!("t({})", vec!["[]"; 9_000].join(", "))), too_complex())
    .case("a set of a thousand looked at a hundred times", block(&looks), too_complex())
    .case("closures around a set of a thousand", block(&looks.replace(" > 0", " > 0 && true")), too_complex())
    .case("a pattern with classes of all letters", block("check if operation($o), $o.matches(\"(?i)[\\\\w&&a]\")"), too_complex())
    .case("a pattern that counts far", block("check if operation($o), $o.matches(\"([ab]{0,60}){60}c\")"), too_complex())
    .case("a body of forty predicates that match nothing", block(&format!("check if {}", nothing.join(", "))), too_complex())
    .case("what a short path allows", dear("/"), pass())
    .case("a path of 8,000 bytes does not", dear(&format!("/{}", "a".repeat(8_000))), too_complex())
    .case(
        "nobody without a token makes the engine look",
        get("/").bearer(&signed(OTHER, None, &format!("user(\"alice\"); {explosion}")).text()),
        no("signature_invalid"),
    )
}
