//! HAProxy: its configuration is lines in sections, and a few Lua files.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use regex::Regex;

use super::addressed::Proxy;
use super::draft::{Draft, Given, Unwritten, reach_of};

pub(super) struct Haproxy;

impl Proxy for Haproxy {
    fn name(&self) -> &'static str {
        "HAProxy"
    }

    fn program(&self) -> &'static str {
        "haproxy"
    }

    fn write(&self, given: &Given<'_>, draft: &mut Draft) -> Result<(), Unwritten> {
        let text = String::from_utf8_lossy(given.text).into_owned();
        let lines: Vec<Line<'_>> = lines(&text);
        let scripts = scripts(given, &lines)?;
        draft.texts.extend(scripts.values().map(|script| script.text.clone()));
        let sockets = sockets(&lines);
        let gates = gates(&lines, &scripts);
        for line in lines.iter().filter(|line| line.is("server") && gates.contains(&line.section)) {
            line.words.get(2).into_iter().for_each(|address| draft.gate(plain(address), "80"));
        }
        let actions = lines.iter().filter(|line| line.is_action()).map(|line| line.text);
        for text in scripts.values().map(|script| script.text.as_str()).chain(actions) {
            dialled(text).into_iter().for_each(|address| draft.gate(&address, "80"));
        }
        find_hosts(&lines, draft);
        // Those that clients ask first: the others may lead there.
        for line in lines.iter().filter(|line| line.is("bind")) {
            for address in line.words.get(1).into_iter().flat_map(|word| word.split(',')).filter(|word| !is_socket(word)) {
                draft.listen(plain(address), line.words.contains(&"ssl"))?;
            }
        }
        let mut made = String::new();
        for line in &lines {
            made.push_str(&rewritten(line, draft, &sockets, &scripts)?);
            made.push('\n');
        }
        for script in scripts.values() {
            let mut text = redialled(&script.text, draft)?;
            for (socket, number) in &sockets {
                text = text.replace(socket.as_str(), &place(draft, *number));
            }
            draft.write(&script.file, text)?;
        }
        if !scripts.is_empty() {
            draft.note("Lua is run as it is, but for its addresses");
        }
        draft.write(FILE, made + RESOLVER)?;
        Ok(())
    }

    /// Those that its lines or its Lua name.
    fn tells(&self, texts: &[String]) -> Vec<&'static str> {
        TOLD.into_iter()
            .filter(|name| texts.iter().any(|text| text.to_ascii_lowercase().contains(&name.to_ascii_lowercase())))
            .collect()
    }

    fn command(&self, program: &Path, folder: &Path) -> Command {
        let mut command = Command::new(program);
        command.arg("-db").arg("-f").arg(folder.join(FILE)).current_dir(folder);
        command
    }
}

/// A line, and in which section it stands.
#[derive(Debug)]
struct Line<'t> {
    text: &'t str,
    words: Vec<&'t str>,
    /// The kind of the section, and its name.
    section: (&'t str, &'t str),
}

/// A file of Lua.
#[derive(Debug)]
struct Script {
    text: String,
    /// What it is called here.
    file: String,
}

impl Line<'_> {
    fn is(&self, name: &str) -> bool {
        self.words.first() == Some(&name)
    }

    /// Whether it calls something of Lua.
    fn is_action(&self) -> bool {
        self.words.iter().any(|word| word.starts_with("lua."))
    }
}

fn lines(text: &str) -> Vec<Line<'_>> {
    let mut section = ("", "");
    let mut found = Vec::new();
    for text in text.lines() {
        // A comment; a `#` that is quoted or escaped belongs to its word, which has no space before it.
        let code = text.find(" #").map_or(text, |at| text.get(..at).unwrap_or(text));
        let code = if code.trim_start().starts_with('#') { "" } else { code };
        let words: Vec<&str> = code.split_whitespace().collect();
        if let Some(kind) = words.first().filter(|word| SECTIONS.contains(word)) {
            section = (kind, words.get(1).copied().unwrap_or_default());
        }
        found.push(Line { text, words, section });
    }
    found
}

/// The files of Lua that are loaded, by the name that the configuration has for them.
fn scripts(given: &Given<'_>, lines: &[Line<'_>]) -> Result<BTreeMap<String, Script>, Unwritten> {
    let mut found = BTreeMap::new();
    for line in lines.iter().filter(|line| line.is("lua-load") || line.is("lua-load-per-thread")) {
        let Some(name) = line.words.get(1).map(|name| unquoted(name)) else { continue };
        let beside = given.name.rsplitn(2, |byte| *byte == b'/').nth(1);
        let base = name.rsplit('/').next().unwrap_or(name);
        let here = beside.map_or_else(|| base.as_bytes().to_vec(), |folder| [folder, b"/", base.as_bytes()].concat());
        let text = given.files.read(name.as_bytes()).or_else(|_| given.files.read(&here));
        let Ok(text) = text else {
            return Err(Unwritten::NotRun(format!("`{name}` cannot be read, there or beside the configuration")));
        };
        let (text, file) = (String::from_utf8_lossy(&text).into_owned(), format!("script-{}.lua", found.len()));
        if let Some(word) = reach_of(&text) {
            return Err(Unwritten::NotRun(format!("`{name}` calls `{word}`, which reaches beyond requests")));
        }
        found.insert(name.to_owned(), Script { text, file });
    }
    Ok(found)
}

/// The sockets of the machine at which it listens itself, each with a number.
fn sockets(lines: &[Line<'_>]) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    for line in lines.iter().filter(|line| line.is("bind")) {
        for address in line.words.get(1).into_iter().flat_map(|word| word.split(',')).filter(|word| is_socket(word)) {
            let number = found.len();
            found.entry(plain(address).to_owned()).or_insert(number);
        }
    }
    found
}

/// The sections that lead to the gate: those that an action of Lua is given, and those that Lua asks over a socket.
fn gates<'t>(lines: &[Line<'t>], scripts: &BTreeMap<String, Script>) -> Vec<(&'t str, &'t str)> {
    let mut found = Vec::new();
    let mut names: Vec<&str> = Vec::new();
    for line in lines {
        let action = line.words.iter().position(|word| word.starts_with("lua."));
        names.extend(action.and_then(|at| line.words.get(at.saturating_add(1)..)).into_iter().flatten());
        let is_asked = |address: &&str| is_socket(address) && scripts.values().any(|script| script.text.contains(plain(address)));
        if line.is("bind") && line.words.get(1).is_some_and(is_asked) {
            found.push(line.section);
        }
    }
    found.extend(
        lines
            .iter()
            .map(|line| line.section)
            .filter(|(kind, name)| matches!(*kind, "backend" | "listen") && names.contains(name)),
    );
    found
}

/// What Lua dials: `http://HOST:PORT` or `ipv4@HOST:PORT`. A name alone is what it writes into `Host` where it asks over a socket.
fn dialled(text: &str) -> Vec<String> {
    let Ok(expression) = Regex::new(r"(?:https?://|ipv[46]@|tcp@)([A-Za-z0-9.-]+:[0-9]+)") else { return Vec::new() };
    let mut found: Vec<String> = Vec::new();
    for captured in expression.captures_iter(text) {
        let address = captured.get(1).map(|address| address.as_str().to_owned());
        found.extend(address.filter(|address| !found.contains(address)).into_iter().collect::<Vec<_>>());
    }
    found
}

/// The same text, with what stands for the programs that it dials.
fn redialled(text: &str, draft: &mut Draft) -> Result<String, Unwritten> {
    let mut made = text.to_owned();
    for address in dialled(text) {
        made = made.replace(&address, &draft.program(&address, "80")?);
    }
    Ok(made)
}

/// Hosts that lines about `Host` name.
fn find_hosts(lines: &[Line<'_>], draft: &mut Draft) {
    let about = |line: &&Line<'_>| {
        let text = line.text.to_ascii_lowercase();
        ["hdr(host)", "fhdr(host)", "hdr_beg(host)", "hdr_dom(host)", "hdr_end(host)", "hdr_reg(host)", "ssl_fc_sni"]
            .iter()
            .any(|name| text.contains(name))
            || text.contains("(host),")
    };
    let Ok(name) = Regex::new(r"^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$") else { return };
    for line in lines.iter().filter(about) {
        for word in line.words.iter().map(|word| word.trim_matches(['"', '\''])) {
            if name.is_match(word) && word.contains(|letter: char| letter.is_ascii_alphabetic()) {
                draft.hosts.insert(word.to_ascii_lowercase());
            }
        }
    }
}

fn rewritten(
    line: &Line<'_>,
    draft: &mut Draft,
    sockets: &BTreeMap<String, usize>,
    scripts: &BTreeMap<String, Script>,
) -> Result<String, Unwritten> {
    let dropped = Ok(String::new());
    let first = line.words.first().copied().unwrap_or_default();
    if LEFT_OUT.contains(&line.section.0) {
        if line.is(line.section.0) {
            draft.note(format!("`{}` is left out", line.section.0));
        }
        return dropped;
    }
    match (line.section.0, first) {
        (
            "global",
            "user" | "group" | "uid" | "gid" | "chroot" | "daemon" | "pidfile" | "stats" | "master-worker" | "ca-base",
        )
        | ("global", "crt-base" | "nbproc" | "cpu-map" | "localpeer" | "maxconn" | "ulimit-n" | "ssl-dh-param-file")
        | ("global", "httpclient.resolvers.id" | "httpclient.resolvers.prefer" | "httpclient.resolvers.disabled")
        | ("global", "insecure-fork-wanted" | "external-check" | "server-state-file" | "server-state-base" | "set-dumpable")
        | (_, "log" | "source" | "option" | "errorfile" | "errorfiles" | "default-server" | "filter" | "external-check")
        | (_, "load-server-state-from-file" | "monitor" | "email-alert")
            if is_for_the_machine(line) =>
        {
            dropped
        }
        ("global", "lua-load" | "lua-load-per-thread") => {
            let name = line.words.get(1).map(|name| unquoted(name)).unwrap_or_default();
            let Some(script) = scripts.get(name) else { return dropped };
            let rest: Vec<&str> = line.words.iter().skip(2).copied().collect();
            Ok(format!("    {first} {} {}", draft.folder.join(&script.file).display(), rest.join(" ")))
        }
        (_, "bind") => bind(line, draft, sockets),
        (_, "server" | "server-template") => {
            let at = if first == "server" { 2 } else { 3 };
            let Some(address) = line.words.get(at) else { return dropped };
            if line.words.contains(&"ssl") {
                draft.note("TLS to programs is taken off");
            }
            let name = line.words.get(1).copied().unwrap_or_default();
            if let Some(number) = sockets.get(plain(address)) {
                return Ok(format!("    server {name} unix@{}", place(draft, *number)));
            }
            let other = draft.program(plain(address), "80")?;
            let kept = line.words.iter().filter(|word| matches!(**word, "backup" | "disabled"));
            Ok(format!("    server {name} {other} {}", kept.copied().collect::<Vec<_>>().join(" ")))
        }
        _ if line.is_action() => redialled(line.text, draft),
        _ => Ok(line.text.to_owned()),
    }
}

/// Whether a line concerns only the machine, or what happens over time; of `option` and `filter` only some do.
fn is_for_the_machine(line: &Line<'_>) -> bool {
    let second = line.words.get(1).copied().unwrap_or_default();
    match line.words.first().copied().unwrap_or_default() {
        "option" => {
            matches!(second, "httpchk" | "tcp-check" | "mysql-check" | "pgsql-check" | "redis-check" | "log-health-checks")
        }
        "filter" => false,
        _ => true,
    }
}

fn bind(line: &Line<'_>, draft: &mut Draft, sockets: &BTreeMap<String, usize>) -> Result<String, Unwritten> {
    let mut made = String::new();
    for address in line.words.get(1).into_iter().flat_map(|word| word.split(',')) {
        if address.starts_with("quic") {
            draft.note("HTTP/3 is not tried");
            continue;
        }
        match sockets.get(plain(address)).filter(|_| is_socket(address)) {
            Some(number) => made.push_str(&format!("    bind unix@{} ", place(draft, *number))),
            None => {
                let port = draft.listen(plain(address), line.words.contains(&"ssl"))?;
                made.push_str(&format!("    bind 127.0.0.1:{port} "));
            }
        }
        made.push('\n');
    }
    if line.words.contains(&"accept-proxy") {
        draft.note("the PROXY protocol is taken off");
    }
    Ok(made.trim_end().to_owned())
}

fn place(draft: &Draft, number: usize) -> String {
    draft.folder.join(format!("{number}.sock")).display().to_string()
}

fn is_socket(address: &str) -> bool {
    let address = unquoted(address);
    address.starts_with("unix@") || address.starts_with('/') || address.starts_with("abns@")
}

/// A word without the quotes around it.
fn unquoted(word: &str) -> &str {
    word.trim_matches(['"', '\''])
}

/// An address without its family.
fn plain(address: &str) -> &str {
    let address = unquoted(address);
    let families = ["ipv4@", "ipv6@", "unix@", "abns@", "quic4@", "quic6@", "tcp@", "tcp4@", "tcp6@"];
    families.iter().find_map(|family| address.strip_prefix(family)).unwrap_or(address)
}

const FILE: &str = "haproxy.cfg";

/// It would open a socket to each of the machine's own name servers, unless there is a section of this name.
const RESOLVER: &str = "\nresolvers default\n    nameserver none 127.0.0.1:9\n";

/// Headers by which a gate can be told what is asked for.
const TOLD: [&str; 8] = [
    "X-Original-URI",
    "X-Original-URL",
    "X-Original-Method",
    "X-Original-Host",
    "X-Forwarded-Uri",
    "X-Forwarded-Method",
    "X-Forwarded-Host",
    "Host",
];

const SECTIONS: [&str; 21] = [
    "global",
    "defaults",
    "frontend",
    "backend",
    "listen",
    "peers",
    "resolvers",
    "mailers",
    "program",
    "ring",
    "log-forward",
    "log-profile",
    "http-errors",
    "userlist",
    "cache",
    "fcgi-app",
    "traces",
    "crt-store",
    "acme",
    "dynamic-update",
    "crt-list",
];

/// Sections that lead elsewhere.
const LEFT_OUT: [&str; 9] =
    ["peers", "resolvers", "mailers", "program", "ring", "log-forward", "log-profile", "crt-store", "acme"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_alone_are_other_ones() {
        let text = "global\n    user haproxy\nfrontend f\n    bind :443 ssl crt a.pem alpn h2\n    http-request set-header A b # c\n    \
                    acl h hdr(host) -i app.example.com\n    http-request lua.auth-request gate /verify\n\
                    backend gate\n    server g 127.0.0.1:9000 check\nbackend app\n    server a app.internal:8080 ssl verify none backup\n";
        let mut draft = Draft::new(std::env::temp_dir().as_path());
        let lines = lines(text);
        let gates = gates(&lines, &BTreeMap::new());
        assert_eq!(gates, [("backend", "gate"); 2]);
        find_hosts(&lines, &mut draft);
        assert!(draft.hosts.contains("app.example.com"), "{:?}", draft.hosts);
        let none = BTreeMap::new();
        let made: Vec<String> = lines.iter().map(|line| rewritten(line, &mut draft, &none, &BTreeMap::new()).unwrap()).collect();
        let port = draft.ports[b"*:443".as_slice()];
        assert!(port.is_tls);
        assert_eq!(made[1], "");
        assert_eq!(made[3], format!("    bind 127.0.0.1:{}", port.number));
        assert_eq!(made[4], "    http-request set-header A b # c");
        assert!(made[10].starts_with("    server a 127.0.0.1:") && made[10].ends_with(" backup"), "{}", made[10]);
    }
}
