//! Ten megabytes of nginx configuration, of five kinds: how long the linter takes, beside reading alone.

use std::time::Instant;

use benches::median;
use gatewright_prove::nginx::{Configuration, Dump};
use gatewright_prove::{Intent, lint};

#[expect(clippy::print_stdout, reason = "a benchmark's output")]
fn main() {
    println!("{:<34} {:>7} {:>9} {:>9} {:>6} {:>9}", "10 MB of", "MB", "read ms", "lint ms", "ratio", "findings");
    for (kind, start, piece, end) in KINDS {
        let text = configuration(start, *piece, end);
        let dump = Dump::parse(text.as_bytes()).expect("it starts with a mark");
        let mut findings = 0;
        let (mut reading, mut linting) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let started = Instant::now();
            let configuration = Configuration::load(dump.main(), &dump).expect("it is in the dump");
            reading.push(started.elapsed().as_secs_f64() * 1e3);
            drop(configuration);
            let started = Instant::now();
            let report = lint(b"/etc/nginx/nginx.conf", &dump, Intent::default()).expect("it is in the dump");
            linting.push(started.elapsed().as_secs_f64() * 1e3);
            findings = report.findings.len();
        }
        let (read, lint) = (median(reading), median(linting));
        let megabytes = text.len() as f64 / 1e6;
        println!("{kind:<34} {megabytes:>7.1} {read:>9.0} {lint:>9.0} {:>6.1} {findings:>9}", lint / read);
    }
}

type Kind = (&'static str, &'static str, fn(usize) -> String, &'static str);

const KINDS: &[Kind] = &[
    ("servers, each with a gate", "http {\n", site, "}\n"),
    ("locations of one server", "http { server { location = /_auth { internal; proxy_pass http://gate; }\n", location, "}}\n"),
    ("servers that are open", "http {\n", open, "}\n"),
    ("lines of a map", "http { map $uri $x {\n", mapped, "}}\n"),
    ("what nginx refuses", "", |_| "a \"b {\n}} ; {\n'c'd\n".to_owned(), ""),
];

fn configuration(start: &str, piece: fn(usize) -> String, end: &str) -> String {
    let mut text = format!("# configuration file /etc/nginx/nginx.conf:\n{start}");
    for index in 0.. {
        if text.len() > SIZE {
            break;
        }
        text.push_str(&piece(index));
    }
    text.push_str(end);
    text.push('\n');
    text
}

fn site(index: usize) -> String {
    let port = 1000 + index % 50_000;
    format!(
        "# site {index}\nserver {{\n    listen 443 ssl;\n    server_name app{index}.example.com;\n    location = /_auth {{\n        internal;\n        \
         proxy_pass http://127.0.0.1:4180/auth/verify;\n        proxy_set_header X-Original-URI $request_uri;\n    }}\n    location / {{\n        \
         auth_request /_auth;\n        auth_request_set $user $upstream_http_x_user;\n        proxy_set_header X-User $user;\n        \
         proxy_pass http://127.0.0.1:{port};\n    }}\n    location ~ \\.php$ {{ auth_request /_auth; fastcgi_pass unix:/run/php{index}.sock; }}\n    \
         location /static/ {{ root /srv/app{index}; }}\n}}\n"
    )
}

fn location(index: usize) -> String {
    let port = 1000 + index % 100;
    format!(
        "    location /p{index}/ {{ auth_request /_auth; proxy_pass http://127.0.0.1:{port}; error_page 401 = @login; }}\n    \
         location ~ ^/r{index}/.*\\.css$ {{ root /srv/{index}; }}\n"
    )
}

fn open(index: usize) -> String {
    format!(
        "server {{ server_name n{index}; location /a {{ auth_request /_auth; proxy_pass http://x; }} location / {{ proxy_pass http://x; }} }}\n"
    )
}

fn mapped(index: usize) -> String {
    format!("    \"~^/a{index}/(?<b>.*)$\"  /c/$b{index};\n")
}

const SIZE: usize = 10 << 20;
const ROUNDS: usize = 5;
