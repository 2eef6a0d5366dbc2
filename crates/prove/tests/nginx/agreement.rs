//! nginx and the parser say the same of configurations that nobody would write: accepted or refused, why, at which line, and how words
//! are read.

use crate::support::nginx::{Nginx, Place, Verdict};
use crate::support::random::{Random, rounds};

/// Each in `types`, where nginx takes entries of any words: only the syntax decides. `true` if nginx takes it.
const ODD: &[(bool, &[u8])] = &[
    (true, b""),
    (true, b" \t\r\n"),
    (true, b"a b;"),
    (true, b"a;"),
    (true, b"a\nb\r\n;\r\n"),
    (true, b"a b;c d;"),
    (true, b"\xef\xbb\xbfa b;"),
    (true, b"\xc2\xa0 \xff\xfe\x80;"),
    (true, b"a \xc3\xa9\xc3;"),
    (true, b"a\x0bb c\x0cd;"),
    (true, b"a b\0c d;"),
    (true, b"a\rb;"),
    // Comments.
    (true, b"# a"),
    (true, b"a b;#"),
    (true, b"a # b ; {\nc;"),
    (true, b"a # \\\nc;"),
    (true, b"a # 'x\nc;"),
    (true, b"a #\r c;\nd;"),
    (true, b"a b#c #d;\n;"),
    (true, b"a '#b' \\#c;"),
    (false, b"a # b;"),
    // Quotes.
    (true, b"a 'b' \"c\";"),
    (true, b"a ''\t\"\";"),
    (true, b"'a' b;"),
    (true, b"'' b;"),
    (true, b"a 'b\nc';"),
    (true, b"a 'b\"c' \"d'e\";"),
    (true, b"a b'c d\"e f'g'h;"),
    (true, b"a 'b\\'c' \"d\\\"e\" 'f\\\"g';"),
    (true, b"a 'b;{}#c';"),
    (true, b"a \"$\" '${' b;"),
    (true, b"a \"b\")c;"),
    (true, b"a 'b') 'c');"),
    (true, b"a 'b')'c' d;"),
    (false, b"a 'b'c;"),
    (false, b"a 'b'\"c\";"),
    (false, b"a 'b'(c;"),
    (false, b"a 'b'$c;"),
    (false, b"a 'b'\\ c;"),
    (false, b"a 'b'# c\n;"),
    (false, b"a 'b'\x0b;"),
    (false, b"a 'b'}"),
    (false, b"a 'b'{"),
    (false, b"a 'b;\nc;\n"),
    (false, b"a \"b\\\";\n\n"),
    (false, b"a '"),
    (false, b"'"),
    // Backslashes.
    (true, b"a b\\ c;"),
    (true, b"a b\\;c d\\{e f\\}g;"),
    (true, b"a \\'b \\\"c d\\\\;"),
    (true, b"a b\\\nc d;"),
    (true, b"a \\t\\r\\n\\0\\x41\\u0041;"),
    (true, b"a '\\t\\r\\n\\0\\$';"),
    (true, b"\\ a;"),
    (true, b"a \\.\\d+\\$ \\\\n;"),
    (true, b"a \\\\\\;b;"),
    (false, b"a \\;"),
    (false, b"a \\"),
    (false, b"\\"),
    // Variables.
    (true, b"a $uri $uri/ $b$c;"),
    (true, b"a ${b} ${b}c d${e}f;"),
    (true, b"a ${b;"),
    (true, b"a ${{{b c${{d ${;"),
    (false, b"a ${b{c;"),
    (true, b"a b$ $;"),
    (true, b"a $1 $2${3};"),
    (true, b"$a b;"),
    (true, b"${a} b;"),
    (true, b"a $\\{b;"),
    (false, b"a $b{c;"),
    (false, b"a $$b{c;"),
    // Braces and semicolons.
    (true, b"a b}c d};"),
    (true, b"a b(c) [d] e=f ~^/g$ h,i;"),
    (false, b";"),
    (false, b"a;;"),
    (false, b"a; ;"),
    (false, b"{"),
    (false, b"}"),
    (false, b"a;\n}"),
    (false, b"a }"),
    (false, b"a\n\n} b;"),
    (false, b"a b {\n c; }"),
    (false, b"a{}"),
    (false, b"a b{2};"),
    (false, b"a"),
    (false, b"a b"),
    (false, b"a b\n\n\n"),
    (false, b"a b;\n c d"),
];

#[test]
fn nginx_agrees_on_odd_inputs() {
    let Some(nginx) = Nginx::new("odd") else { return };
    for (is_accepted, text) in ODD {
        let verdict = nginx.agrees(text, Place::Types);
        assert_eq!(verdict == Verdict::Accepted, *is_accepted, "{}: {verdict:?}", text.escape_ascii());
        for place in Place::ALL {
            nginx.agrees(text, place);
        }
    }
}

#[test]
fn nginx_agrees_on_lengths() {
    let Some(nginx) = Nginx::new("long") else { return };
    // Words and comments around the 4096 bytes of nginx's buffer, wherever they start in it.
    for before in ["", "b c;", &"d e;\n".repeat(812), &"d e;\n".repeat(821)] {
        for length in 4090..4100 {
            let long = "x".repeat(length);
            for form in [
                "a L;",
                "a L ;",
                "a L\n;",
                "L;",
                "a 'L';",
                "a 'L' ;",
                "a 'L')b;",
                "a 'L'b;",
                "'L' a;",
                "a 'L",
                "a L",
                "#L",
                "#L\n",
                "a;#L\r\nb;",
                "a $L{b};",
                "a ${L;",
                "a \\L;",
                "a 'L\n\n';",
                "a\n\"\\\"L\" b;",
                "a L}",
                "a 'L'}",
                "a L{",
            ] {
                nginx.agrees(format!("{before}{}", form.replace('L', &long)).as_bytes(), Place::Types);
            }
        }
    }
}

#[test]
fn nginx_agrees_on_blocks() {
    let Some(nginx) = Nginx::new("blocks") else { return };
    for (is_accepted, text) in [
        (true, "location /a { location /a/b { location /a/b/c { } } }"),
        (true, "location ~ ^/a{2}$ { }".replace("{2}", "").as_str()),
        (true, "location ~ \"^/a{2}$\" { }"),
        (true, "location = /${a {}"),
        (true, "if ($uri = \"a\"){return 200 \"{}\";}"),
        (true, "types { a b; } set $a b;"),
        (true, "types { }# }\n"),
        (true, "location '/a' { } location \"/b\"{ }"),
        (true, "set $a ${uri}b;set $b \"}\";"),
        (false, "location ~ ^/a{2}$ { }"),
        (false, "location /a { set $b c }"),
        (false, "location /a { set $b 'c'}"),
        (false, "location /a { set $b c; "),
        (false, "location /a { set $b c; } }"),
        (false, "location /a { { } }"),
        (false, "location /a { ; }"),
        (false, "location /a { types { a { } } }"),
        (false, "types { a b } c d; }"),
        (false, "location /a { types { a b; }"),
        (false, "location /a {"),
        (false, "location /a {\n# }\n\n"),
        (false, "location /a"),
    ] {
        let verdict = nginx.agrees(text.as_bytes(), Place::Server);
        assert_eq!(verdict == Verdict::Accepted, is_accepted, "{text}: {verdict:?}");
    }
    for text in [
        "map $uri $b { a b; ~^c{2} d; }",
        "map $uri $b { a { } }",
        "geo $b { default a; }",
        "split_clients $uri $b { 5% a; * c; }",
        "charset_map a b { 80 E282AC; }",
    ] {
        nginx.agrees(text.as_bytes(), Place::Http);
    }
}

#[test]
fn nginx_agrees_on_random_inputs() {
    let Some(nginx) = Nginx::new("random") else { return };
    let mut accepted = [0; 3];
    for seed in 0..rounds() {
        let mut random = Random::new(seed);
        let verdicts = [
            nginx.agrees(&random.soup(30), Place::Types),
            nginx.agrees(&random.entries(), Place::Types),
            nginx.agrees(&random.blocks(), Place::Server),
        ];
        for (count, verdict) in accepted.iter_mut().zip(verdicts) {
            *count += u64::from(verdict == Verdict::Accepted);
        }
    }
    eprintln!("accepted of {}: {accepted:?}", rounds());
    assert!(accepted.iter().all(|count| *count > rounds() / 50), "{accepted:?}");
}

#[test]
fn openresty_agrees_on_lua() {
    let Some(nginx) = Nginx::with_lua("lua") else { return };
    let mut accepted = 0;
    for seed in 0..rounds() {
        let verdict = nginx.agrees(&Random::new(seed).lua(), Place::Server);
        accepted += u64::from(verdict == Verdict::Accepted);
    }
    eprintln!("accepted of {}: {accepted}", rounds());
    assert!(accepted > rounds() / 50, "{accepted}");
}
