//! nginx and the parser include the same files, in the same order.

use std::fs;
use std::path::Path;

use crate::support::nginx::Nginx;
use gatewright_prove::nginx::{Configuration, Directive, Disk, Dump};

#[test]
fn nginx_and_the_parser_include_the_same_files() {
    let Some(nginx) = Nginx::new("dump") else { return };
    // A copy, since nginx writes its pid file even for a test.
    let main = nginx.copy_of(Path::new("/etc/nginx")).join("nginx.conf");
    let (is_accepted, printed, said) = nginx.run(&["-T"], &main);
    assert!(is_accepted, "{}", said.escape_ascii());
    let dump = Dump::parse(&printed).unwrap();
    let dumped = Configuration::load(dump.main(), &dump).unwrap();
    let read = Configuration::load(main.as_os_str().as_encoded_bytes(), &Disk).unwrap();
    assert_eq!((dumped.faults(), read.faults()), (&[][..], &[][..]));
    let files = |configuration: &Configuration| {
        configuration.sources().iter().map(|(_, source)| (source.name().to_vec(), source.text().to_vec())).collect::<Vec<_>>()
    };
    assert_eq!(files(&dumped), files(&read));
    let in_order: Vec<_> = dump.files().map(|(name, text)| (name.to_vec(), text.to_vec())).collect();
    assert_eq!(files(&read), in_order);
    assert_eq!(shape(read.directives()), shape(dumped.directives()));
    assert!(shape(read.directives()).contains("default_server"));
}

#[test]
fn nginx_finds_the_same_files_for_a_pattern() {
    let Some(nginx) = Nginx::new("glob") else { return };
    let folder = nginx.folder().join("c");
    for name in [
        "a.conf",
        "b.conf",
        "B.conf",
        "c.conf~",
        ".d.conf",
        "e f.conf",
        "[g].conf",
        "h*.conf",
        "i-1",
        "i_2",
        "\u{e9}",
        "sub/a.conf",
        "tub/a.conf",
        "tub/z/a.conf",
    ] {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "# nothing\n").unwrap();
    }
    let mut matched = 0;
    for pattern in [
        "*.conf",
        "*.conf*",
        "?.conf",
        "[ab].conf",
        "[!ab].conf",
        "[^ab].conf",
        "[a-b]*",
        "[A-Z]*",
        "[[:upper:]]*",
        "[[:lower:]]?conf",
        ".*.conf",
        ".?.conf",
        "[.]d*",
        "\\.d*",
        "*/a.conf",
        "*/*.conf",
        "*/*/*.conf",
        "?ub/a.conf",
        "./*.conf",
        "sub/../*.conf",
        "sub//*.conf",
        "none*",
        "none/*",
        "*/none",
        "e*",
        "'e f*'",
        "e\\ f*",
        "\\[g*",
        "[[]g*",
        "[g].conf",
        "[]g*",
        "h\\*.c*",
        "h[*]*",
        "i[-_]*",
        "i[_-]*",
        "i[!-]*",
        "\u{e9}*",
        "??",
        "*\\~",
        "a.con[f]",
        "a.conf/*",
        "a.conf",
        "sub",
        "sub*",
        "*",
        "x.conf",
        "b.[c]on[g-e]",
        "[a-",
        "[",
        "sub/",
        "c/*",
        "[[:none:]]*",
        "[a.conf",
        "[a\\]b]*",
        "**.conf",
        "*[*",
        "[!]a]*",
    ] {
        let main = folder.join("../c.conf");
        fs::write(&main, format!("pid {0}/pid; events {{}} include c/{pattern};", nginx.folder().display())).unwrap();
        let (is_accepted, printed, said) = nginx.run(&["-T"], &main);
        let read = Configuration::load(main.as_os_str().as_encoded_bytes(), &Disk).unwrap();
        assert_eq!(is_accepted, read.faults().is_empty(), "{pattern}: {:?}; {}", read.faults(), said.escape_ascii());
        let Some(dump) = Dump::parse(&printed) else { continue };
        let names: Vec<_> = read.sources().iter().map(|(_, source)| source.name().escape_ascii().to_string()).collect();
        assert_eq!(names, dump.files().map(|(name, _)| name.escape_ascii().to_string()).collect::<Vec<_>>(), "{pattern}");
        let dumped = Configuration::load(dump.main(), &dump).unwrap();
        assert_eq!(dumped.sources().iter().count(), names.len(), "{pattern}");
        matched += names.len() - 1;
    }
    assert!(matched > 50, "{matched}");
}

fn shape<'t>(directives: impl Iterator<Item = &'t Directive>) -> String {
    let words = |directive: &Directive| {
        directive.words().iter().map(|word| word.value().escape_ascii().to_string()).collect::<Vec<_>>().join(" ")
    };
    directives
        .map(|directive| format!("{} {{{}{}}}\n", words(directive), shape(directive.directives()), shape(directive.entries())))
        .collect()
}
