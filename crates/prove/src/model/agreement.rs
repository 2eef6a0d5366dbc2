//! nginx itself as a second opinion: made-up configurations, and whether it takes the locations, servers and lines that the model says.

mod nginx;

use super::{LocationId, Model};
use nginx::Nginx;

/// The same choices each time.
struct Random(u64);

impl Random {
    const fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        (self.0 >> 33) as usize % limit
    }

    /// One of some words.
    fn one<'a>(&mut self, of: &'a str) -> &'a str {
        of.split_whitespace().nth(self.below(of.split_whitespace().count())).unwrap()
    }
}

/// Writes blocks, each with a number of its own.
struct Writer {
    random: Random,
    text: String,
    number: usize,
}

impl Writer {
    const fn new(seed: u64) -> Self {
        Self { random: Random(seed), text: String::new(), number: 0 }
    }

    const fn next(&mut self) -> usize {
        self.number += 1;
        self.number
    }

    /// Locations as nginx allows them in one whose path or expression is `outer`.
    fn locations(&mut self, outer: &str, count: usize, depth: usize) {
        let mut taken = Vec::new();
        for _ in 0..count {
            let (kind, pattern) = match self.random.below(8) {
                0 => ("=", self.random.one(PATHS)),
                1..4 => ("", self.random.one(PATHS)),
                4 => ("^~", self.random.one(PATHS)),
                5 => ("~*", self.random.one(REGEXES)),
                _ => ("~", self.random.one(REGEXES)),
            };
            let is_regex = kind.starts_with('~');
            // `^~ /a` and `/a` are the same to nginx, which refuses the second.
            let key = (kind == "=", pattern);
            // A path in another has to start with it; nginx asks that of the text of an expression as well.
            if !is_regex && (taken.contains(&key) || !pattern.starts_with(outer)) {
                continue;
            }
            taken.push(key);
            let (escaped, number) = (pattern.replace('\\', r"\\"), self.next());
            let words = if number % 4 == 0 { format!("\"{kind}{escaped}\"") } else { format!("{kind} \"{escaped}\"") };
            self.text += &format!("location {words} {{ return 200 {number};\n");
            if kind != "=" && depth > 0 && self.random.below(2) == 0 {
                let count = 1 + self.random.below(4);
                self.locations(pattern, count, depth - 1);
            }
            self.text += "}\n";
        }
    }
}

const PATHS: &str = "/ /a /a/ /ab /a/b /A /a.b /a/b/ /b /b/ /AB /a/b/a /b/a";

const REGEXES: &str = r"
    \.b$ ^/a (?i)/AB a|b ^/(?!a) /b/ ^/A ^/a(/|\.)b$ /a / ^/[^/]+$ ^/a(?:/|$) b$ ^/a\b ^/ab?$ ^/b*/a (.)/\1 (?<!a)b ^/\w+/\w$
    ^/a{2} ^/(?<x>a+)/ (?i)^/a/B ^/a|/b$ \A/b ^/a{0}b [^a/.] ^/A?b a\Z (?=.*b)/a ^(?>a|/a)b ^/a*+b ^/a++a [a-z&&[^b]] [[A]
    [[:upper:]]$ \<a";

const ASKED: &str = "
    / /a /a/ /ab /a/b /A /a.b /a/b/ /b /b/ /AB /a/b/a /b/a /aa /aab /Ab /A/b /a/B /a/B.b /b/b /b/a.b /b.B /c /c/a /a/c /abc
    /a/a/a /bb/ab /B/ /a.b/a";

#[test]
fn nginx_takes_the_same_location() {
    let Some(mut nginx) = Nginx::new("locations") else { return };
    let mut writer = Writer::new(1);
    for server in 0..300 {
        writer.text += &format!("server {{ listen unix:{}; server_name s{server}.test;\n", nginx.socket(0));
        let count = 3 + writer.random.below(6);
        writer.locations("", count, 2);
        writer.text += "}\n";
    }
    let configuration = nginx.start(&writer.text);
    let model = Model::new(&configuration);
    for (id, server) in model.servers() {
        for path in ASKED.split_whitespace() {
            let (status, _, body) = nginx.ask(0, &text(&server.names[0]), path);
            let answered = if status == 404 { "" } else { &body };
            let found = model.find(id, path.as_bytes());
            assert_eq!(answered, returned(&model, found), "{path} in {}", written(&model, server.rest));
        }
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What a location returns; nothing if it is a server that leaves all to its locations.
fn returned(model: &Model<'_>, id: LocationId) -> String {
    model.scopes.value(model.location(id).scope, "return").and_then(|line| line.argument(1)).map(text).unwrap_or_default()
}

fn written(model: &Model<'_>, id: LocationId) -> String {
    let span = model.location(id).directive.unwrap().span();
    text(model.configuration.sources().text(span))
}

/// In each row, names of which nginx ignores one if it has another.
const NAMES: &str = r#"
    a.test .a.test *.a.test
    b.a.test .b.a.test *.b.a.test
    test .test *.test
    www.a.test *.www.a.test
    www.*
    www.a.*
    WWW.B.Test
    b.*
    _ ""
    ~^\D+$
    ~^www\d*\.
    ~^(?P<name>.+)\.a\.test$
    ~^(?!www) ~A
    ~B\. ~^\w+$"#;

const HOSTS: &str = "
    a.test A.Test b.a.test c.b.a.test x.test test www.a.test b.www.a.test www.b.test www.x www.a.x.y b.x b.a.b www www1.x _
    xa.test 1.a.test a b 1 www.test.";

#[test]
fn nginx_takes_the_same_server() {
    let Some(mut nginx) = Nginx::new("servers") else { return };
    let mut writer = Writer::new(2);
    for socket in 0..100 {
        // Each row gives one name, which may come again in another server.
        let names: String = NAMES.trim().lines().map(|row| format!("{} ", writer.random.one(row))).collect();
        let count = 1 + writer.random.below(6);
        let default = writer.random.below(2 * count);
        for server in 0..count {
            let names: String = (0..1 + writer.random.below(3)).map(|_| format!(" {}", writer.random.one(&names))).collect();
            let (socket, number) = (nginx.socket(socket), writer.next());
            let default = if server == default { " default_server" } else { "" };
            writer.text += &format!("server {{ listen unix:{socket}{default}; server_name{names}; return 200 {number}; }}\n");
        }
    }
    let configuration = nginx.start(&writer.text);
    let model = Model::new(&configuration);
    for socket in 0..100 {
        let listen = format!("unix:{}", nginx.socket(socket)).into_bytes();
        let here: Vec<_> = model.servers().filter(|(_, server)| server.listens.contains(&listen)).collect();
        for host in HOSTS.split_whitespace().chain([""]) {
            let asked = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
            let best = here.iter().filter_map(|(id, server)| Some((server.fit(asked.as_bytes())?, *id))).min();
            let default = here.iter().find(|(_, server)| server.is_default).unwrap_or(&here[0]).0;
            let taken = best.map_or(default, |(_, id)| id);
            let (_, _, body) = nginx.ask(socket, host, "/");
            let names: Vec<_> = here.iter().map(|(_, server)| written(&model, server.rest)).collect();
            assert_eq!(body, returned(&model, model.server(taken).rest), "{host} in {names:#?}");
        }
    }
}

/// Lines of one kind in each row; the first of those for addresses that fits decides.
const LINES: [&[&str]; 3] = [
    &["add_header X-Id N", "add_header X-Id N always"],
    &["proxy_set_header X-One N", "proxy_set_header X-Two N"],
    &["allow unix:", "deny all", "allow 192.0.2.1", "deny unix:", "allow all", "deny 192.0.2.1"],
];

impl Writer {
    /// None, one or two lines of each kind.
    fn lines(&mut self, kinds: &[&[&str]]) {
        for lines in kinds {
            let first = self.random.below(lines.len());
            for index in first..first + self.random.below(5).saturating_sub(2) {
                let line = lines[index % lines.len()].replace('N', &self.next().to_string());
                self.text += &format!("{line};\n");
            }
        }
    }

    /// A location, and others in it: `/0/`, in it `/0/0/`.
    fn lined(&mut self, path: &str, pass: &str, depth: usize) {
        self.text += &format!("location {path} {{\n");
        self.lines(&LINES);
        match self.random.below(4) {
            0 => self.text += "return 200;\n",
            1 => self.text += "return 404;\n",
            2 => {
                self.text += "if ($args) {\n";
                self.lines(&LINES[..1]);
                self.text += "}\nreturn 200;\n";
            }
            _ => self.text += pass,
        }
        for inner in 0..depth {
            self.lined(&format!("{path}{inner}/"), pass, depth - 1);
        }
        self.text += "}\n";
    }
}

#[test]
fn nginx_has_the_same_lines_in_force() {
    for seed in 0..6 {
        let Some(mut nginx) = Nginx::new(&format!("lines-{seed}")) else { return };
        let mut writer = Writer::new(seed);
        writer.lines(&LINES);
        let echo = nginx.socket(0);
        writer.text += &format!("server {{ listen unix:{echo}; add_header X-Echo 1; return 200 $http_x_one,$http_x_two; }}\n");
        for server in 0..8 {
            writer.text += &format!("server {{ listen unix:{}; server_name s{server}.test;\n", nginx.socket(1));
            writer.lines(&LINES);
            writer.lined("/", &format!("proxy_pass http://unix:{echo}:/;\n"), 3);
            writer.text += "}\n";
        }
        let configuration = nginx.start(&writer.text);
        let model = Model::new(&configuration);
        for (id, location) in model.locations().filter(|(_, location)| location.parent.is_some()) {
            let host = text(&model.server(location.server).names[0]);
            let condition = model.scopes.conditions(location.scope).next().map_or(location.scope, |(condition, _)| condition);
            for (arguments, scope) in [("", location.scope), ("?1", condition)] {
                let path = text(location.pattern) + arguments;
                let (status, head, body) = nginx.ask(1, &host, &path);
                let answered: Vec<_> = head.lines().filter_map(|line| line.strip_prefix("X-Id: ")).collect();
                let (expected_status, expected_body) = expected(&model, id);
                let lines = model.scopes.effective(scope, "add_header").iter();
                let lines = lines.filter(|line| status == 200 || line.argument(2).is_some());
                let lines: Vec<_> = lines.map(|line| text(line.argument(1).unwrap())).collect();
                let context = || format!("{path} in {}", written(&model, model.server(location.server).rest));
                assert_eq!((status, answered), (expected_status, lines.iter().map(String::as_str).collect()), "{}", context());
                assert!(expected_body.is_none_or(|expected| body == expected), "{body} from {}", context());
            }
        }
    }
}

/// The status of a location by its `return` or its addresses, and which headers it passes on.
fn expected(model: &Model<'_>, id: LocationId) -> (u16, Option<String>) {
    let scope = model.location(id).scope;
    if let [line] = model.scopes.own(scope, "return") {
        return (text(line.argument(0).unwrap()).parse().unwrap(), None);
    }
    let addresses = model.scopes.addresses(scope);
    let deciding = addresses.iter().find(|line| matches!(line.argument(0), Some(b"all" | b"unix:")));
    if deciding.is_some_and(|line| line.is("deny")) {
        return (403, None);
    }
    let value = |name: &[u8]| {
        let line = model.scopes.effective(scope, "proxy_set_header").iter().find(|line| line.argument(0) == Some(name));
        line.map(|line| text(line.argument(1).unwrap())).unwrap_or_default()
    };
    (200, Some(format!("{},{}", value(b"X-One"), value(b"X-Two"))))
}
