//! What holds for any bytes: every byte is in one token, spans lie within each other, no word is lost, nothing panics.

use std::fs;

use crate::support::corpus::corpus;
use crate::support::holds;
use crate::support::random::{Random, rounds};
use gatewright_prove::Sources;
use gatewright_prove::nginx::{Content, Dump, parse};

#[test]
fn pseudo_random_bytes_are_read() {
    for seed in 0..rounds() * 20 {
        let mut random = Random::new(seed);
        holds::for_any(&random.soup(40));
        holds::for_any(&random.entries());
        holds::for_any(&random.blocks());
        holds::for_any(&random.lua());
        let noise: Vec<u8> = (0..random.below(60)).map(|_| random.next() as u8).collect();
        holds::for_any(&noise);
    }
}

#[test]
fn changed_configurations_are_read() {
    for file in corpus() {
        let text = fs::read(&file).unwrap();
        holds::for_any(&text);
        for seed in 0..rounds() / 20 {
            holds::for_any(&Random::new(seed).mutate(&text));
        }
    }
}

#[test]
fn every_prefix_of_a_configuration_is_read() {
    let text = b"# c\r\nhttp { map $a $b { a 'b\\''; } content_by_lua_block { a = [[}]] } x \"y\"z ${a}\\ ; }\n}";
    for end in 0..=text.len() {
        holds::for_any(&text[..end]);
    }
}

#[test]
fn broken_input_takes_no_long_time() {
    let started = std::time::Instant::now();
    for piece in [
        "\"",
        "'\n",
        "\"\n'",
        "a \"b\\\"\n",
        "{",
        "}",
        "a{",
        "a b{c;",
        ";",
        "a",
        "\\",
        "#",
        "$",
        "${",
        "\"a\"b",
        "map a b{",
        "x_by_lua_block{",
        "x_by_lua_block{[",
        "[=",
        "a [[",
        "\\'",
        "'\\",
        "\"\\'",
        "]=",
        "--",
    ] {
        let mut sources = Sources::default();
        let file = sources.add("a", piece.repeat(300_000 / piece.len()));
        let tree = parse(&sources, file, Content::Directives);
        assert!(tree.faults().iter().take(3).all(|fault| fault.report(&sources).len() < 2000));
        let in_lua = sources.add("b", format!("a_by_lua_block {{ {}", piece.repeat(300_000 / piece.len())));
        let _ = parse(&sources, in_lua, Content::Directives);
    }
    for piece in ["*", "[", "\\\\", "/", "[[:alpha:]"] {
        let name = piece.repeat(300_000 / piece.len());
        holds::for_any(format!("# configuration file /n:\ninclude {name}; include '{name}';\n").as_bytes());
    }
    let marks: String = (0..30_000).map(|index| format!("# configuration file /{index}:\n")).collect();
    assert_eq!(Dump::parse(marks.as_bytes()).unwrap().files().count(), 30_000);
    // 20 MB in debug; a minute would be a matter of squares.
    assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
}
