//! Any bytes as the configuration of a proxy.

use std::io;

use gatewright_prove::nginx::{Files, Tokens};
use gatewright_prove::{Intent, LintError, Report, lint, report};

use crate::draw::at_most;

/// Every byte of a file of nginx is in one token, in order; and whatever a file holds, under whatever name, the linter says something
/// that points into it, and the reports for programs can be read.
pub fn proxy_configuration(data: &[u8]) {
    let text = at_most(data, MAX_TEXT);
    let end = Tokens::new(text).fold(0, |at, token| {
        assert!(token.start == at && token.end > at, "{token:?} behind {at}");
        token.end
    });
    assert_eq!(end, text.len());
    let dump = [b"# configuration file /n:\nhttp { include a; }\n\n# configuration file /a:\n", text, b"\n"].concat();
    let identity = ["X-User".to_owned()];
    let open = ["/open/*".to_owned()];
    for (name, text) in [("n.conf", text), ("-", &dump), ("e.yaml", text), ("c.json", text), ("t.toml", text)] {
        for intent in [Intent::default(), declared(&open, &identity)] {
            match lint(name.as_bytes(), &One { name, text }, intent) {
                Ok(report) => points_into_its_files(&report),
                Err(LintError::Unreadable(kind)) => panic!("{name}: {kind}"),
                Err(error) => assert!(error.to_string().starts_with(name), "{error}"),
            }
        }
    }
}

fn declared<'d>(open: &'d [String], identity: &'d [String]) -> Intent<'d> {
    let mut intent = Intent::default();
    intent.open = open;
    intent.identity = identity;
    intent
}

fn points_into_its_files(found: &Report) {
    for finding in &found.findings {
        for span in [finding.span].into_iter().chain(finding.related.iter().map(|(span, _)| *span)) {
            let source = found.sources.get(span.file).expect("the span is of one of the files");
            assert!(span.start <= span.end && span.end <= source.text().len(), "{finding:?}");
        }
        assert!(!finding.why.is_empty() && !finding.help.is_empty(), "{finding:?}");
    }
    let reports = std::slice::from_ref(found);
    let mut text = Vec::new();
    report::text(reports, &|_, shown| shown.to_owned(), &mut text).expect("memory takes it");
    let text = String::from_utf8(text).expect("what is shown is UTF-8");
    assert!(!text.contains('\u{1b}'), "{text:?}");
    let mut json = Vec::new();
    report::json(reports, &mut json).expect("memory takes it");
    assert!(serde_json::from_slice::<serde_json::Value>(&json).is_ok());
}

/// The only file there is.
struct One<'t> {
    name: &'t str,
    text: &'t [u8],
}

impl Files for One<'_> {
    fn read(&self, name: &[u8]) -> Result<Vec<u8>, io::ErrorKind> {
        if name == self.name.as_bytes() { Ok(self.text.to_vec()) } else { Err(io::ErrorKind::NotFound) }
    }

    fn names(&self, _: &[u8]) -> Vec<Vec<u8>> {
        Vec::new()
    }
}

const MAX_TEXT: usize = 4000;

/// Inputs to begin with.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let gate = "location = /_auth { internal; proxy_pass http://g/verify; proxy_set_header X-Original-URI $request_uri; }";
    let texts = [
        format!("server {{ {gate} location / {{ auth_request /_auth; proxy_pass http://b; }} location ~ \\.php$ {{ proxy_pass http://b; }} }}"),
        format!("server {{ auth_request /_auth; error_page 401 500 = @a; {gate} location @a {{ proxy_pass http://b; }} location / {{ proxy_pass http://b; }} }}"),
        "map $a $b { default $c; ~x $b; } server { set $c $b; location / { auth_request $b; if ($b) { return 200 $c; } rewrite ^ /$b last; } }".to_owned(),
        "events { } http { upstream b { server 127.0.0.1; } server { listen 80; server_name ~^(?<x>.+)$ *.a; location ^~ /a { alias /b/; location /a/b { try_files $uri @c; } } } }".to_owned(),
        "content_by_lua_block { local t = '}' -- [[ ]] }\nserver { location / { \"quoted\\\"\" '$'; } }".to_owned(),
        "# gatewright: open all\nlocation / { proxy_pass http://$x; } # gatewright: allow open-sibling why\n".to_owned(),
        "http:\n  routers:\n    a: { rule: \"Host(`a`)\", service: s, middlewares: [m] }\n  middlewares:\n    m: { forwardAuth: { address: \"http://g/login\" } }\n".to_owned(),
        "{\"apps\":{\"http\":{\"servers\":{\"s\":{\"routes\":[{\"handle\":[{\"handler\":\"reverse_proxy\",\"upstreams\":[{\"dial\":\"a:1\"}]}]}]}}}}}".to_owned(),
        "static_resources: { listeners: [ { filter_chains: [ { filters: [ { typed_config: { http_filters: [ { name: envoy.filters.http.ext_authz, typed_config: { failure_mode_allow: true } } ] } } ] } ] } ] }".to_owned(),
        "kind: Ingress\nmetadata: { annotations: { nginx.ingress.kubernetes.io/auth-url: \"http://a/login\" } }\n---\na: &b [*b]\n".to_owned(),
        "[http.routers.a]\nrule = \"Path(`/`)\"\nmiddlewares = [\"x\"]\n".to_owned(),
    ];
    texts.into_iter().map(String::into_bytes).collect()
}
