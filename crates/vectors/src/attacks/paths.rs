//! Paths that a proxy, a cache and an application might each read in another way.

use crate::case::{Expect, File, anonymous, get, get_bytes, refuse, refuse_all, refuse_somehow};
use crate::config::{MEMBERS, config, rule, session};

fn policy() -> String {
    config(&[&session(""), &rule("public", "/public/**", "allow = \"anyone\""), MEMBERS])
}

fn missing() -> Expect {
    refuse("credential_missing", "members")
}

fn ambiguous() -> Expect {
    refuse_somehow("path_ambiguous")
}

fn bad() -> Expect {
    refuse_all("request_malformed")
}

fn each<'p>(file: File, paths: impl IntoIterator<Item = impl Into<String> + 'p>, expect: fn() -> Expect) -> File {
    paths.into_iter().map(Into::into).fold(file, |file, path: String| {
        let shown = if path.is_empty() {
            "nothing at all".to_owned()
        } else if path.len() > 60 {
            format!("{}… of {} bytes", &path[..40], path.len())
        } else {
            path.clone()
        };
        file.case(shown, get(path), expect())
    })
}

/// P1, P2, P14: what is matched is the path, as it is written.
pub(super) fn queries_and_case() -> File {
    let file = File::new("paths_query_and_case", "The query is no part of the path, and a path has a case.", policy());
    let file =
        each(file, ["/public/x", "/public/x?y=/admin", "/public/?../admin", "/public/x?/../../admin"], || anonymous("public"));
    each(
        file,
        [
            "/admin?x=/public/",
            "/admin?/public/",
            "/admin?/public/x",
            "/?/public/",
            "/admin?..;/public",
            "/admin/?x=1&y=/public/..",
            "/Public/x",
            "/PUBLIC/x",
            "/publiC",
            "/publicx",
            "/public-x/y",
            "/publi",
            "/x/public/",
            "/admin?%2e%2e/public",
            "/admin?x=%00",
            "/admin?x=%zz",
            "/admin?%23/public",
        ],
        missing,
    )
}

/// P3 to P7: dots, slashes, backslashes and parameters, raw and encoded, behind a public prefix and alone.
pub(super) fn traversals() -> File {
    let dots = ["..", "%2e%2e", "%2E%2E", ".%2e", "%2e.", "%2E.", ".%2E"];
    let single = [".", "%2e", "%2E"];
    let slashes = ["/", "%2f", "%2F", "%5c", "%5C"];
    let mut paths: Vec<String> = Vec::new();
    for dot in dots {
        for slash in slashes {
            paths.push(format!("/public/{dot}{slash}admin"));
            paths.push(format!("/public{slash}{dot}{slash}admin"));
        }
        paths.extend([
            format!("/{dot}"),
            format!("/{dot}/admin"),
            format!("/public/{dot}"),
            format!("/public/x/{dot}/{dot}/admin"),
            format!("/public/{dot}/{dot}/etc/passwd"),
        ]);
        paths.extend([
            format!("/public/{dot};/admin"),
            format!("/public/{dot};x=1/admin"),
            format!("/public;/{dot}/admin"),
            format!("/public/;/{dot}/admin"),
        ]);
    }
    for dot in single {
        paths.extend([
            format!("/public/{dot}/x"),
            format!("/{dot}/admin"),
            format!("/admin/{dot}"),
            format!("/public/{dot}{dot}{dot}/admin").replace("...", "...."),
        ]);
    }
    paths.extend(["/public//../admin", "/public/..//admin", "/public/.../../admin", "/public/x/../../admin"].map(str::to_owned));
    paths.push(format!("/{}", "%2e%2e%2f".repeat(900)));
    paths.sort();
    paths.dedup();
    each(
        File::new("paths_traversal", "A dot segment, however it is written, has two meanings: no rule lets it pass.", policy()),
        paths,
        ambiguous,
    )
}

/// P3, P6, P7, P8, P12, P13: forms that some server folds, cuts or decodes again.
pub(super) fn second_readings() -> File {
    let paths = [
        "//",
        "//admin",
        "///admin",
        "/public//admin",
        "//public/x",
        "/admin//",
        "//evil.example/admin",
        "/public///x",
        "/a%2fb",
        "/public%2fx",
        "/public%2Fx",
        "/%2fadmin",
        "/public/%2fadmin",
        "/public/a%2f%2fb",
        "/a%5cb",
        "/public%5cx",
        "/public/%5cadmin",
        "/public;x=1/",
        "/public;x=1/admin",
        "/;/admin",
        "/;x/admin",
        "/admin;/x",
        "/admin;jsessionid=1",
        "/public/x;y",
        "/public/;",
        "/%252e%252e/admin",
        "/public/%252e%252e/admin",
        "/public/%25%32%65%25%32%65/admin",
        "/public/%252fadmin",
        "/public%252f..%252fadmin",
        "/public/%255cadmin",
        "/public/%2500",
        "/%2561dmin",
        "/public/%25252e",
        "/public/x%23/admin",
        "/foo/secret%23/bar",
        "/public/%23",
        "/foo%3fbar",
        "/public/%3fx",
        "/admin%3f/public",
        "/admin.",
        "/admin./x",
        "/public./x",
        "/public/x.",
        "/admin%20",
        "/admin%20/x",
        "/public/x%20",
        "/admin.%20",
        "/public/%20",
        "/public/...",
        "/admin..",
        "/public/a..;/x",
        "/public/.;/x",
        "/public/%3b/admin",
        "/public/..%3b/admin",
        "/public/%3bx",
        "/public/%c0%ae%c0%ae/admin",
        "/public/%c0%2e/admin",
        "/public%c0%afadmin",
        "/public/%e0%80%ae/admin",
        "/public/%e0%80%af",
        "/public/%f0%80%80%ae",
        "/public/%ff",
        "/public/%fe",
        "/public/%80",
        "/public/%c3",
        "/public/%c3%28",
        "/public/%ed%a0%80",
        "/public/%f4%90%80%80",
        "/public/%c1%9c",
        "/admin%ff",
        "/public/x%2e",
        "/public/x%2e%2e",
    ];
    each(
        File::new("paths_second_reading", "Forms that some server folds, cuts or decodes once more.", policy()),
        paths,
        ambiguous,
    )
}

/// P9, P10, P11, P12, P15, P17: what is no path at all.
pub(super) fn malformed() -> File {
    let file = File::new(
        "paths_malformed",
        "What is no path: control bytes, broken triplets, raw bytes that no request line has, other forms, too much of it.",
        policy(),
    );
    let encoded = (0..0x20).chain([0x7f]).map(|byte| format!("/public/a%{byte:02x}b"));
    let file = each(file, encoded, bad);
    let file = each(
        file,
        [
            "/%zz",
            "/%2",
            "/%",
            "/public/%",
            "/public/%g0",
            "/public/%0g",
            "/public/% 20",
            "/public/%u002e%u002e/admin",
            "/public/%u0041",
            "/public/x%",
            "/public#",
            "/public/#/../admin",
            "/foo/secret#/bar",
            "/public/x#y",
            "/admin#/public",
            "/public\\admin",
            "/public\\..\\admin",
            "\\admin",
            "/\\admin",
            "/..\\admin",
            "",
            "admin",
            "public/x",
            "*",
            "?",
            "?/public/",
            "http://evil.example/public/",
            "https://app.example.com/public/x",
            "evil.example:443",
            "mailto:x",
            "/public/\u{e9}",
            "/public/\u{ff0e}\u{ff0e}/admin",
            "/public\u{ff0f}admin",
            "/public/\u{3002}",
            "/public/\u{2024}\u{2024}/admin",
            "/public/\u{202e}x",
        ],
        bad,
    );
    let raw = (0..0x20_u8).chain([0x7f, 0x80, 0xc0, 0xff]);
    let file = raw.fold(file, |file, byte| {
        file.case(format!("a raw byte {byte:#04x}"), get_bytes(&[b"/public/a".as_slice(), &[byte], b"b"].concat()), bad())
    });
    let long = [
        format!("/public/{}", "a".repeat(8_192 - 7)),
        format!("/public{}", "/a".repeat(256)),
        format!("/public/{}", "../".repeat(2_700)),
        format!("/public/{}", "a/".repeat(1_000)),
        format!("/public/{}", "%41".repeat(2_731)),
        format!("/{}", "/".repeat(300)),
    ];
    each(file, long, bad)
}

/// P11: characters that look like others, and are none of them.
pub(super) fn look_alikes() -> File {
    let paths = [
        "/%ef%bc%8fpublic",
        "/public%ef%bc%8f..%ef%bc%8fadmin",
        "/%ef%bc%8e%ef%bc%8e/admin",
        "/%e3%80%82%e3%80%82/admin",
        "/%e2%80%a4%e2%80%a4/admin",
        "/%e2%88%95admin",
        "/%e2%81%84admin",
        "/%ef%bb%bfpublic/x",
        "/p%d1%83blic/x",
        "/publ%c4%b1c/x",
        "/pub%e2%80%8blic/x",
        "/%ef%bd%90ublic/x",
        "/publi%cc%81c",
        "/caf%C3%A9",
        "/cafe%CC%81",
        "/admin::$DATA",
        "/admin::$INDEX_ALLOCATION",
        "/ADMIN~1",
        "/100%25",
        "/a+b",
        "/a:b",
        "/a@b",
        "/a,b",
        "/a=b&c",
        "/'",
        "/(x)",
        "/~root",
        "/$HOME",
        "/*",
        "/%2a",
        "/[x]",
        "/{x}",
        "/a|b",
        "/a^b",
        "/`id`",
        "/\"x\"",
        "/<x>",
    ];
    each(
        File::new(
            "paths_look_alikes",
            "Characters that look like others, or mean something elsewhere: here they are themselves, and no public rule knows them.",
            policy(),
        ),
        paths,
        missing,
    )
}

/// P16: regular expressions are anchored, and take time in proportion to the path.
pub(super) fn regular_expressions() -> File {
    let rules = "[[rule]]\nid = \"images\"\npaths = ['re:/img/[a-z]+\\.png', 're:/foo/.*/bar', 're:/(a+)+b', 're:/(a|a)*c', 're:/[a-z]*(x?){30}y']\nallow = \"anyone\"";
    let file = File::new(
        "paths_regular_expressions",
        "A regular expression matches the whole path, never the query, in linear time.",
        config(&[&session(""), rules, MEMBERS]),
    );
    let file = each(file, ["/img/a.png", "/foo/x/bar", "/foo/x/y/bar", "/aab"], || anonymous("images"));
    let file = each(
        file,
        [
            "/img/a.pngx".to_owned(),
            "/x/img/a.png".to_owned(),
            "/img/a.png/x".to_owned(),
            "/img/axpng".to_owned(),
            "/img/A.png".to_owned(),
            "/img/.png".to_owned(),
            "/foo/critical?x=/bar".to_owned(),
            "/foo/secret?/bar".to_owned(),
            "/xfoo/x/bar".to_owned(),
            "/foo/x/barx".to_owned(),
            format!("/{}", "a".repeat(8_000)),
            format!("/{}x", "a".repeat(8_000)),
            format!("/{}", "ab".repeat(4_000)),
        ],
        missing,
    );
    let file = each(
        file,
        ["/foo/secret%23/bar", "/foo/secret%3f/bar", "/foo/x%2f..%2f/bar", "/foo//bar", "/foo/x;/bar", "/img/..%2fa.png"],
        ambiguous,
    );
    each(file, ["/img/a.png%0a", "/foo/secret#/bar", "/img/a.png%00.txt", "/foo/%0d%0a/bar"], bad)
}
