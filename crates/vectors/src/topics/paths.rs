//! Paths: one meaning or refused, patterns on segments, and forms that a rule may accept.

use crate::case::{Expect, File, anonymous, get, get_bytes, refuse, refuse_all};
use crate::config::{MEMBERS, config, rule, session};

/// One public folder, and members everywhere else.
fn public_and_members() -> String {
    config(&[&session(""), &rule("public", "/public/**", "allow = \"anyone\""), MEMBERS])
}

/// Adds a case for each path.
fn all(file: File, cases: impl IntoIterator<Item = (&'static str, &'static str, Expect)>) -> File {
    cases.into_iter().fold(file, |file, (name, path, expect)| file.case(name, get(path), expect))
}

pub(super) fn clean() -> File {
    let clean = || refuse("credential_missing", "members");
    let public = || anonymous("public");
    let cases = [
        ("a path below the pattern", "/public/x", public()),
        ("a query that looks like another path", "/public/x?y=/admin", public()),
        ("the pattern's own name in the query", "/admin?x=/public/", clean()),
        ("the pattern's own name behind a question mark", "/admin?/public/", clean()),
        ("the root", "/", clean()),
        ("an empty query", "/admin?", clean()),
        ("another case", "/Public/x", clean()),
        ("a longer name", "/publicx", clean()),
        ("a letter that was encoded without need", "/%70ublic/x", public()),
        ("a dot inside a segment", "/a.b/.well-known/c..d", clean()),
        ("valid UTF-8", "/caf%C3%A9", clean()),
        ("a full-width slash, which is no slash", "/%ef%bc%8fpublic", clean()),
        ("an ideographic full stop, which is no dot", "/%e3%80%82/x", clean()),
        ("a stream name", "/admin::$DATA", clean()),
        ("an encoded percent sign alone", "/100%25", clean()),
        ("a colon, an at sign and a plus sign", "/a:b/c@d/e+f", clean()),
    ];
    let description = "Paths with one meaning: below `/public` anyone passes, elsewhere `members` asks for a credential.";
    all(File::new("paths_clean", description, public_and_members()), cases)
}

pub(super) fn ambiguous() -> File {
    let never = || refuse_all("path_ambiguous");
    let members = || refuse("path_ambiguous", "members");
    let cases = [
        ("a dot segment", "/public/./x", never()),
        ("two dots", "/public/../admin", never()),
        ("two dots at the end", "/public/..", never()),
        ("two dots from the root", "/..", never()),
        ("a dot at the end", "/admin/.", never()),
        ("encoded dots", "/public/%2e%2e/admin", never()),
        ("encoded dots in the other case", "/public/%2E%2E/admin", never()),
        ("one dot encoded", "/public/.%2e/admin", never()),
        ("an encoded single dot", "/public/%2e/admin", never()),
        ("dots before an encoded slash", "/public/..%2fadmin", never()),
        ("dots behind a parameter", "/public;/../admin", never()),
        ("dots with a parameter", "/public/..;/admin", never()),
        ("dots encoded twice", "/public/%252e%252e/admin", never()),
        ("a dot whose triplet is encoded digit by digit", "/public/%25%32%65/admin", never()),
        ("an overlong dot", "/%c0%ae%c0%ae/admin", never()),
        ("an overlong slash", "/public%c0%afadmin", never()),
        ("a byte that is no UTF-8", "/%ff", never()),
        ("a surrogate in UTF-8", "/%ed%a0%80", never()),
        ("an empty segment at the start", "//admin", members()),
        ("a host in the path's place", "//evil.example/x", members()),
        ("an empty segment inside", "/a//b", members()),
        ("an encoded slash", "/a%2fb", members()),
        ("an encoded slash in the other case", "/a%2Fb", members()),
        ("an encoded backslash", "/a%5cb", members()),
        ("a parameter", "/admin;x=1/y", members()),
        ("a parameter alone", "/;/admin", members()),
        ("an encoded number sign", "/foo/secret%23/bar", members()),
        ("an encoded question mark", "/foo%3fbar", members()),
        ("a letter encoded twice", "/%2561dmin", members()),
        ("a backslash encoded twice", "/a%255cb", members()),
        ("a dot at a segment's end", "/admin./x", members()),
        ("a space at a segment's end", "/admin%20/x", members()),
        ("an empty segment below the public folder", "/public//x", refuse("path_ambiguous", "public")),
        ("an empty segment before the public folder", "//public/x", refuse("path_ambiguous", "public")),
        ("a parameter of the public folder", "/public;x/y", refuse("path_ambiguous", "public")),
    ];
    let description =
        "Paths with more than one meaning: refused by the rule that would match, dot segments and invalid UTF-8 before any rule.";
    all(File::new("paths_ambiguous", description, public_and_members()), cases)
}

pub(super) fn malformed() -> File {
    let bad = || refuse_all("request_malformed");
    let cases = [
        ("no slash at the start", "public/x"),
        ("no path", ""),
        ("an asterisk", "*"),
        ("a whole address", "http://evil.example/public/"),
        ("an authority", "host:443"),
        ("a query without a path", "?/public/x"),
        ("an encoded NUL", "/public/%00"),
        ("an encoded line feed", "/public/x%0a"),
        ("an encoded carriage return", "/public/x%0d"),
        ("an encoded tab", "/public/%09"),
        ("an encoded escape", "/public/%1b"),
        ("an encoded DEL", "/public/%7f"),
        ("a raw NUL", "/public/\0"),
        ("a raw line feed", "/public/x\ny"),
        ("a raw carriage return", "/public/x\ry"),
        ("a raw tab", "/public/\tx"),
        ("a raw DEL", "/public/\u{7f}"),
        ("a triplet of letters", "/public/%zz"),
        ("a triplet that is cut", "/public/%2"),
        ("a percent sign alone", "/public/%"),
        ("a triplet with a sign", "/public/%+2"),
        ("a triplet in another notation", "/public/%u002e"),
        ("a raw number sign", "/public/secret#/bar"),
        ("a raw number sign before dots", "/public#/../admin"),
        ("a raw backslash", "/public\\admin"),
        ("a raw backslash behind dots", "/public/..\\admin"),
        ("raw non-ASCII", "/public/é"),
        ("dots beside an invalid triplet", "/public/../%zz"),
        ("an ambiguous form beside an encoded NUL", "/public//%00"),
    ]
    .map(|(name, path)| (name, path, bad()));
    let file = all(File::new("paths_malformed", "Paths that are refused before any rule.", public_and_members()), cases);
    file.case("a raw byte that is no UTF-8", get_bytes(b"/public/\xff"), bad()).case(
        "a raw overlong dot",
        get_bytes(b"/public/\xc0\xae\xc0\xae/admin"),
        bad(),
    )
}

pub(super) fn patterns() -> File {
    let anyone = "allow = \"anyone\"";
    let rules = [
        rule("exact", "/exact", anyone),
        rule("root", "/", anyone),
        rule("star", "/users/*/edit", anyone),
        rule("below", "/static/**", anyone),
        rule("star-below", "/teams/*/public/**", anyone),
        rule("decoded", "/a b/é", anyone),
        rule("folded", "/Shout/*", "case = \"insensitive\"\nallow = \"anyone\""),
        "[[rule]]\nid = \"two\"\npaths = [\"/one\", \"/two/**\"]\nallow = \"anyone\"".to_owned(),
        "[[rule]]\nid = \"rest\"\ndeny = \"anyone\"".to_owned(),
    ];
    let rest = || refuse("rule_denied", "rest");
    let cases = [
        ("a path matches itself", "/exact", anonymous("exact")),
        ("one trailing slash is insignificant", "/exact/", anonymous("exact")),
        ("a query is insignificant", "/exact/?a=b", anonymous("exact")),
        ("a path matches nothing below it", "/exact/x", rest()),
        ("a path matches nothing longer", "/exactx", rest()),
        ("a path matches nothing shorter", "/exac", rest()),
        ("a path matches no other case", "/EXACT", rest()),
        ("a path is matched decoded", "/%65x%61ct", anonymous("exact")),
        ("the root matches itself", "/", anonymous("root")),
        ("the root matches itself with a query", "/?a=b", anonymous("root")),
        ("the root matches nothing below it", "/x", rest()),
        ("* is one segment", "/users/7/edit", anonymous("star")),
        ("* is one segment, decoded", "/users/%37%20x/edit", anonymous("star")),
        ("* is not no segment", "/users/edit", rest()),
        ("* is not two segments", "/users/7/8/edit", rest()),
        ("* leaves the trailing slash insignificant", "/users/7/edit/", anonymous("star")),
        ("behind * the segments count", "/users/7/delete", rest()),
        ("** is no segment", "/static", anonymous("below")),
        ("** is no segment with a trailing slash", "/static/", anonymous("below")),
        ("** is one segment", "/static/a", anonymous("below")),
        ("** is several segments", "/static/a/b/c.css", anonymous("below")),
        ("** begins at a segment", "/staticx", rest()),
        ("** behind * is no segment", "/teams/x/public", anonymous("star-below")),
        ("** behind * is several segments", "/teams/x/public/a/b", anonymous("star-below")),
        ("** behind * does not move up", "/teams/public/a", rest()),
        ("a pattern is written decoded", "/a%20b/%C3%A9", anonymous("decoded")),
        ("a plus sign is no space", "/a+b/%C3%A9", rest()),
        ("Unicode is not normalised", "/a%20b/e%CC%81", rest()),
        ("case-insensitive: as written", "/Shout/x", anonymous("folded")),
        ("case-insensitive: small", "/shout/x", anonymous("folded")),
        ("case-insensitive: mixed", "/sHOUT/X", anonymous("folded")),
        ("case-insensitive: encoded", "/%53HOUT/x", anonymous("folded")),
        ("case-insensitive: still whole segments", "/shouts/x", rest()),
        ("the first of two patterns", "/one", anonymous("two")),
        ("the second of two patterns", "/two/x", anonymous("two")),
    ];
    let description = "Patterns on decoded segments.";
    all(File::new("path_patterns", description, config(&[&session(""), &rules.join("\n\n")])), cases)
}

pub(super) fn regular_expressions() -> File {
    let regex = |id: &str, pattern: &str| format!("[[rule]]\nid = \"{id}\"\npaths = ['re:{pattern}']\nallow = \"anyone\"");
    let rules = [
        regex("version", "/v[0-9]+/public"),
        regex("texts", r"/files/.*\.txt"),
        regex("alternatives", "/left|/right"),
        regex("root", "/"),
        regex("accent", "/caf[é]"),
        regex("slow", "/(a+)+b"),
        "[[rule]]\nid = \"rest\"\ndeny = \"anyone\"".to_owned(),
    ];
    let rest = || refuse("rule_denied", "rest");
    let cases = [
        ("a regular expression matches", "/v1/public", anonymous("version")),
        ("a regular expression does not see the trailing slash", "/v12/public/", anonymous("version")),
        ("a regular expression does not see the query", "/v1/public?x", anonymous("version")),
        ("a regular expression sees the decoded path", "/%761/public", anonymous("version")),
        ("a regular expression is anchored at the start", "/x/v1/public", rest()),
        ("a regular expression is anchored at the end", "/v1/publicX", rest()),
        ("a regular expression is anchored at the end of the path", "/v1/public/x", rest()),
        ("a regular expression is case-sensitive", "/V1/public", rest()),
        ("a dot of a regular expression goes over slashes", "/files/a/b.txt", anonymous("texts")),
        ("an escape of a regular expression counts", "/files/atxt", rest()),
        ("each alternative is anchored: the first", "/leftover", rest()),
        ("each alternative is anchored: the second", "/x/right", rest()),
        ("an alternative alone matches", "/right", anonymous("alternatives")),
        ("the root stays a slash", "/", anonymous("root")),
        ("the root stays a slash with a query", "/?x", anonymous("root")),
        ("a letter outside ASCII is matched decoded", "/caf%C3%A9", anonymous("accent")),
    ];
    let description = "Regular expressions on the decoded path, anchored at both ends.";
    all(File::new("path_regular_expressions", description, config(&[&session(""), &rules.join("\n\n")])), cases).case(
        "a regular expression takes linear time",
        get(format!("/{}", "a".repeat(8000))),
        rest(),
    )
}

/// Walls before a rule that accepts every form.
fn walls_and_forms() -> String {
    let all = r#"accept = ["empty_segment", "parameter", "encoded_slash", "encoded_hash", "encoded_question", "double_encoding", "trailing_dot"]
allow = "anyone""#;
    let deny = "deny = \"anyone\"";
    let rules = [
        rule("admin", "/admin/**", deny),
        rule("vault", "/vault/**", "case = \"insensitive\"\ndeny = \"anyone\""),
        rule("secret", "/files/secret", deny),
        rule("form", "/form", "methods = [\"POST\"]\ndeny = \"anyone\""),
        rule("hidden", "re:/hidden/.+", deny),
        rule("api", "/api/*", "accept = [\"encoded_slash\"]\nallow = \"anyone\""),
        rule("repository", "re:/repo/[^/]+/tree", "accept = [\"encoded_slash\"]\nallow = \"anyone\""),
        rule("all", "/**", all),
    ];
    config(&[&session(""), &rules.join("\n\n")])
}

pub(super) fn accepted_forms() -> File {
    let never = || refuse_all("path_ambiguous");
    let every = || anonymous("all");
    let cases = [
        ("a clean path passes", "/x/y", every()),
        ("an accepted empty segment passes", "/wiki//x", every()),
        ("an accepted parameter passes", "/wiki/a;b=c", every()),
        ("an accepted encoded slash passes", "/wiki/a%2fb", every()),
        ("an accepted encoded number sign passes", "/wiki/C%23", every()),
        ("an accepted encoded question mark passes", "/wiki/What%3f", every()),
        ("an accepted double encoding passes", "/wiki/100%2541", every()),
        ("an accepted dot at the end passes", "/wiki/etc.", every()),
        ("several accepted forms pass together", "/wiki//a;b%2fc.", every()),
        ("* takes an encoded slash as part of its segment", "/api/a%2Fb", anonymous("api")),
        ("* takes several encoded slashes as part of its segment", "/api/a%2fb%2fc", anonymous("api")),
        ("a real slash is no part of a segment", "/api/a/b", every()),
        ("a regular expression sees an accepted form encoded", "/repo/a%2fb/tree", anonymous("repository")),
        ("a regular expression sees an accepted form encoded, several times", "/repo/a%2fb%2fc/tree", anonymous("repository")),
        ("dot segments are never accepted", "/wiki/../admin", never()),
        ("encoded dot segments are never accepted", "/wiki/%2e%2e/admin", never()),
        ("dots with a parameter are never accepted", "/wiki/..;/admin", never()),
        ("a dot with a parameter is never accepted", "/wiki/.;x", never()),
        ("dots before an encoded slash are never accepted", "/wiki/..%2fadmin", never()),
        ("dots behind an encoded slash are never accepted", "/wiki/a%2f..", never()),
        ("dots encoded twice are never accepted", "/wiki/%252e%252e/admin", never()),
        ("dots behind a slash encoded twice are never accepted", "/wiki/a%252f../admin", never()),
        ("an overlong slash is never accepted", "/wiki/a%c0%afb", never()),
        ("invalid UTF-8 is never accepted", "/wiki/%fe", never()),
        ("a control byte is malformed, whatever is accepted", "/wiki/a;b%00", refuse_all("request_malformed")),
    ];
    let description = "Forms that a rule accepts stay opaque inside their segment; dot segments are never accepted.";
    all(File::new("path_forms", description, walls_and_forms()), cases)
}

pub(super) fn earlier_rules() -> File {
    let by = |rule: &'static str| refuse("path_ambiguous", rule);
    let every = || anonymous("all");
    let cases = [
        ("a rule that accepts one form does not accept another", "/api/x;y", by("api")),
        ("a rule that accepts one form does not accept it beside another", "/api/a%2fb;c", by("api")),
        ("a rule is not skipped for an empty segment", "/api//x", by("api")),
        ("a rule is not skipped for a dot at the end", "/api/x.", by("api")),
        ("a rule is not skipped for a double encoding", "/api/%2561", by("api")),
        ("admin is not skipped for an empty segment before it", "//admin", by("admin")),
        ("admin is not skipped for an empty segment behind it", "/admin//", by("admin")),
        ("admin is not skipped for a parameter", "/admin;x/y", by("admin")),
        ("admin is not skipped for an empty parameter", "/admin;", by("admin")),
        ("admin is not skipped for a segment that is a parameter", "/;/admin", by("admin")),
        ("admin is not skipped for an encoded slash", "/admin%2fx", by("admin")),
        ("admin is not skipped for an encoded slash before it", "/%2fadmin", by("admin")),
        ("admin is not skipped for a letter encoded twice", "/%2561dmin", by("admin")),
        ("admin is not skipped for a letter whose triplet is encoded", "/%25%36%31dmin", by("admin")),
        ("admin is not skipped for a dot at the end", "/admin.", by("admin")),
        ("admin is not skipped for two forms at once", "//admin;x", by("admin")),
        ("admin is not skipped for a form elsewhere in the path", "/admin/a;b", by("admin")),
        ("another case is another path", "/ADMIN;x", every()),
        ("a case-insensitive rule is not skipped for a parameter", "/VAULT;x", by("vault")),
        ("a case-insensitive rule is not skipped for an encoded slash", "/Vault%2fx", by("vault")),
        ("an exact path is not skipped for a parameter", "/files/secret;v=1", by("secret")),
        ("an exact path is not skipped for a dot", "/files/secret.", by("secret")),
        ("an exact path is not skipped for an empty segment", "/files//secret", by("secret")),
        ("an exact path is not skipped for an encoded slash", "/files%2fsecret", by("secret")),
        ("an exact path is not skipped for a letter encoded twice", "/files/%2573ecret", by("secret")),
        ("a neighbour of an exact path passes", "/files/other;v=1", every()),
        ("a regular expression is not skipped for an encoded slash", "/hidden%2fx", by("hidden")),
        ("a regular expression is not skipped for an empty segment", "//hidden/x", by("hidden")),
        ("what does not match in any reading is skipped", "/x%2fadmin", every()),
    ];
    let description = "An earlier rule that matches any reading of a form is never skipped for a later one that accepts it.";
    all(File::new("path_earlier_rules", description, walls_and_forms()), cases)
        .case("a rule for another method is skipped", get("/form;x"), every())
        .case("a rule for this method is not", get("/form;x").method("POST"), by("form"))
}

pub(super) fn without_catch_all() -> File {
    let public = rule("public", "/public/**", "allow = \"anyone\"");
    File::new("paths_without_catch_all", "Ambiguous paths where no rule is for everything.", config(&[&session(""), &public]))
        .case("a clean path without a rule has no rule", get("/a/b"), refuse_all("no_rule"))
        .case(
            "an ambiguous path that may be public is refused by that rule",
            get("/public;x/y"),
            refuse("path_ambiguous", "public"),
        )
        .case("an ambiguous path that no rule could mean is ambiguous all the same", get("/a//b"), refuse_all("path_ambiguous"))
        .case("a clean public path passes", get("/public/a/b"), anonymous("public"))
}
