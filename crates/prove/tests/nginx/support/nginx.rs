//! `nginx -t` as a second opinion on syntax: whether a file is refused, with which words, at which line, and how words are read.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use gatewright_prove::Sources;
use gatewright_prove::nginx::{Cause, Content, Directive, Fault, parse};

const NGINX: &str = "/usr/sbin/nginx";

const LUA_NOT_CLOSED: &[u8] = b"expecting terminating characters for lua code block";

/// A folder in which nginx reads configurations.
pub(crate) struct Nginx {
    folder: PathBuf,
    /// What stands at the start of the main file.
    start: String,
}

/// What nginx says about the file in question.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Accepted,
    /// The tokens or blocks are wrong.
    Syntax(Vec<u8>, usize),
    /// Something else is wrong; the line, if it is in this file.
    Meaning(Option<usize>),
}

/// Where a file is included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Main,
    Http,
    Server,
    Location,
    /// In `types`: entries of any words, so that only the syntax decides.
    Types,
}

impl Place {
    pub(crate) const ALL: [Self; 5] = [Self::Main, Self::Http, Self::Server, Self::Location, Self::Types];

    fn around(self) -> &'static str {
        match self {
            Self::Main => "INCLUDE",
            Self::Http => "events {} http { INCLUDE }",
            Self::Server => "events {} http { server { INCLUDE } }",
            Self::Location => "events {} http { server { location / { INCLUDE } } }",
            // Twice: the second time, nginx warns of every word, and so says how it has read it.
            Self::Types => "events {} http { types { INCLUDE INCLUDE } }",
        }
    }

    fn content(self) -> Content {
        if self == Self::Types { Content::Data } else { Content::Directives }
    }
}

impl Nginx {
    /// `None` where nginx is not installed; `GATEWRIGHT_REQUIRE_PROXIES` makes that a failure.
    pub(crate) fn new(name: &str) -> Option<Self> {
        if !Path::new(NGINX).exists() {
            assert!(std::env::var_os("GATEWRIGHT_REQUIRE_PROXIES").is_none(), "nginx is not installed");
            eprintln!("skipped: nginx is not installed");
            return None;
        }
        let folder = std::env::temp_dir().join(format!("nginx-conf-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        // The distribution's files name modules below the folder that nginx is started in.
        #[cfg(unix)]
        let _ = std::os::unix::fs::symlink("/usr/lib/nginx/modules", folder.join("modules"));
        let start = format!("pid {}/pid; error_log stderr;", folder.display());
        Some(Self { folder, start })
    }

    /// With the module of OpenResty; `None` where it is not installed, which `GATEWRIGHT_REQUIRE_PROXIES` makes a failure.
    pub(crate) fn with_lua(name: &str) -> Option<Self> {
        let modules = ["ndk_http_module.so", "ngx_http_lua_module.so"].map(|file| format!("/usr/lib/nginx/modules/{file}"));
        if !modules.iter().all(|module| Path::new(module).exists()) {
            assert!(std::env::var_os("GATEWRIGHT_REQUIRE_PROXIES").is_none(), "nginx's module for Lua is not installed");
            eprintln!("skipped: nginx's module for Lua is not installed");
            return None;
        }
        let mut nginx = Self::new(name)?;
        let load: String = modules.iter().map(|module| format!("load_module {module}; ")).collect();
        nginx.start.insert_str(0, &load);
        Some(nginx)
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Copies a folder of configurations; those in it name each other, and no file elsewhere is written.
    pub(crate) fn copy_of(&self, folder: &Path) -> PathBuf {
        let name = |path: &Path| path.display().to_string();
        let copied = self.folder.join("copy");
        let mut left = vec![(folder.to_owned(), copied.clone())];
        while let Some((from, to)) = left.pop() {
            fs::create_dir_all(&to).unwrap();
            for entry in fs::read_dir(from).unwrap().flatten() {
                let (path, copy) = (entry.path(), to.join(entry.file_name()));
                if path.is_dir() {
                    left.push((path, copy));
                } else if let Ok(text) = fs::read_to_string(&path) {
                    let text = text.replace(&name(folder), &name(&copied)).replace("/run/nginx.pid", "pid");
                    fs::write(copy, text.replace("/var/log/nginx/", "")).unwrap();
                }
            }
        }
        copied
    }

    pub(crate) fn run(&self, arguments: &[&str], main: &Path) -> (bool, Vec<u8>, Vec<u8>) {
        let output = Command::new(NGINX).args(arguments).arg("-p").arg(&self.folder).arg("-c").arg(main).output().unwrap();
        (output.status.success(), output.stdout, output.stderr)
    }

    /// Lets nginx read a file; its verdict, and all that it says.
    pub(crate) fn test(&self, text: &[u8], place: Place) -> (Verdict, Vec<u8>) {
        let file = self.folder.join("file");
        fs::write(&file, text).unwrap();
        let include = format!("include {};", file.display());
        let around = place.around().replace("INCLUDE", &include);
        let main = format!("{} {around}", self.start);
        let path = self.folder.join("main");
        fs::write(&path, main).unwrap();
        let (accepted, _, said) = self.run(&["-t", "-q"], &path);
        let verdict = if accepted { Verdict::Accepted } else { Verdict::of(&said, file.to_str().unwrap()) };
        (verdict, said)
    }

    /// Asserts that nginx and the parser say the same of a file; what nginx says is returned.
    pub(crate) fn agrees(&self, text: &[u8], place: Place) -> Verdict {
        let mut sources = Sources::default();
        let file = sources.add("file", text);
        let tree = parse(&sources, file, place.content());
        let (verdict, said) = self.test(text, place);
        // nginx says of a byte order mark only that the directive is unknown, once it has read it.
        let is_marked = |fault: &&Fault| fault.cause == Cause::ByteOrderMark;
        let first = tree.faults().iter().find(|fault| !is_marked(fault)).map(|fault| in_the_words_of_nginx(fault, text));
        let context = || format!("{place:?}: {}\nnginx: {}", text.escape_ascii(), said.escape_ascii());
        match (&verdict, &first) {
            (Verdict::Accepted, _) => assert!(tree.faults().is_empty(), "{:?}; {}", tree.faults(), context()),
            // OpenResty looks for the end of a long bracket, and for other tokens, only in its buffer.
            (Verdict::Syntax(message, _), _) if message.ends_with(LUA_NOT_CLOSED) && text.len() > 4096 => {}
            (Verdict::Syntax(message, _), Some(None)) => assert!(message.ends_with(LUA_NOT_CLOSED), "{first:?}; {}", context()),
            (Verdict::Syntax(message, line), Some(Some((expected, at)))) => {
                assert_eq!(
                    (expected.escape_ascii().to_string(), at),
                    (message.escape_ascii().to_string(), line),
                    "{}",
                    context()
                );
            }
            (Verdict::Syntax(..), _) => panic!("nginx alone refuses; {first:?}; {}", context()),
            // nginx stopped before it came to the fault.
            (Verdict::Meaning(Some(line)), Some(Some((_, at)))) => assert!(at >= line, "{first:?} is before; {}", context()),
            (Verdict::Meaning(_), _) => {}
        }
        if place == Place::Types && verdict == Verdict::Accepted {
            let directives: Vec<_> = tree.directives().collect();
            assert_warnings(&directives, text, &said, &context);
        }
        verdict
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

impl Verdict {
    /// Reads `… [emerg] 1#1: MESSAGE in FILE:LINE`.
    fn of(said: &[u8], file: &str) -> Self {
        let mark = b"[emerg] ";
        let Some(at) = said.windows(mark.len()).position(|window| window == mark) else { return Self::Meaning(None) };
        let said = &said[at + mark.len()..];
        let said = &said[said.windows(2).position(|pair| pair == b": ").unwrap() + 2..];
        let place = format!(" in {file}:");
        let Some(end) = said.windows(place.len()).position(|window| window == place.as_bytes()) else {
            return Self::Meaning(None);
        };
        let digits: String =
            said[end + place.len()..].iter().take_while(|byte| byte.is_ascii_digit()).map(|byte| char::from(*byte)).collect();
        let message = said[..end].to_vec();
        if message.starts_with(b"Lua code block missing") || message.starts_with(b"too long lua code block") {
            return Self::Syntax(LUA_NOT_CLOSED.to_vec(), 0);
        }
        // There is also `unexpected "x" in condition`.
        let is_syntax = (message.starts_with(b"unexpected \"") && message.len() == 14)
            || message.starts_with(b"unexpected end of file")
            || message.starts_with(b"too long parameter");
        if is_syntax { Self::Syntax(message, digits.parse().unwrap()) } else { Self::Meaning(digits.parse().ok()) }
    }
}

/// What nginx would say of a fault, and its line; `None` for faults of Lua.
fn in_the_words_of_nginx(fault: &Fault, text: &[u8]) -> Option<(Vec<u8>, usize)> {
    let span = fault.span;
    let unexpected = |byte: u8| [b"unexpected \"", &[byte][..], b"\""].concat();
    let first = |from: usize| text[from..].iter().take(10).copied().collect::<Vec<_>>();
    let here = line(text, span.start);
    let end = line(text, text.len());
    Some(match fault.cause {
        Cause::NoWord(byte) | Cause::Glued(byte) => (unexpected(byte), here),
        Cause::QuoteMissing { seen, .. } => (unexpected(text[seen]), line(text, seen)),
        Cause::NotOpened | Cause::NoSemicolon => (unexpected(b'}'), here),
        Cause::BlockInData => (unexpected(b'{'), here),
        Cause::NoQuote(quote) if text.len() - span.start - 1 > 4096 => {
            let message = format!("too long parameter, probably missing terminating \"{}\" character", char::from(quote));
            (message.into_bytes(), here)
        }
        Cause::NoQuote(_) | Cause::NoEnd => (b"unexpected end of file, expecting \";\" or \"}\"".to_vec(), end),
        Cause::NotClosed => (b"unexpected end of file, expecting \"}\"".to_vec(), end),
        Cause::TooLong => {
            let inner = span.start + usize::from(matches!(text[span.start], b'"' | b'\''));
            ([b"too long parameter \"", &first(inner)[..], b"...\" started"].concat(), here)
        }
        Cause::LuaNotClosed => return None,
        cause => panic!("{cause:?}"),
    })
}

fn line(text: &[u8], at: usize) -> usize {
    1 + text[..at].iter().filter(|byte| **byte == b'\n').count()
}

/// Asserts that nginx warns of every word behind the first of each entry, as the parser has read it.
fn assert_warnings(entries: &[&Directive], text: &[u8], said: &[u8], context: &dyn Fn() -> String) {
    let until_nul = |value: &[u8]| value.split(|byte| *byte == 0).next().unwrap().to_vec();
    let mut seen: BTreeMap<Vec<u8>, &[u8]> = BTreeMap::new();
    let mut rest = said;
    let mut warnings = 0;
    for entry in entries.iter().chain(entries) {
        for word in entry.arguments() {
            let value = word.value().to_ascii_lowercase();
            let Some(before) = seen.insert(until_nul(&value), entry.name()) else { continue };
            warnings += 1;
            let warning = [
                b"duplicate extension \"",
                &value[..],
                b"\", content type: \"",
                entry.name(),
                b"\", previous content type: \"",
                before,
            ]
            .concat();
            // nginx cuts its messages.
            let warning = if warning.len() < 900 {
                let place = format!("\" in FILE:{}\n", line(text, entry.span().end));
                let (left, right) = place.split_once("FILE").unwrap();
                let file = &b"/file"[..];
                let found = find(rest, &[&warning[..], left.as_bytes()].concat())
                    .unwrap_or_else(|| panic!("no {}; {}", warning.escape_ascii(), context()));
                rest = &rest[found + warning.len()..];
                [file, right.as_bytes()].concat()
            } else {
                warning[..900].to_vec()
            };
            let found = find(rest, &warning).unwrap_or_else(|| panic!("no {}; {}", warning.escape_ascii(), context()));
            rest = &rest[found + warning.len()..];
        }
    }
    let mark = b"duplicate extension \"";
    assert_eq!(said.windows(mark.len()).filter(|window| window == mark).count(), warnings, "{}", context());
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|window| window == what)
}
