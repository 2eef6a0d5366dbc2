//! Holes in what `gatewright init` writes, each as somebody would make it, and found.

use std::path::Path;

use gatewright_prove::lints;
use gatewright_prove::prove::{Check, Prove, Verdict, prove};

use super::{Deployment, told};
use crate::front::{self, Front};
use crate::rig::own_address;

/// A change of a configuration, and what must be said of it.
struct Hole {
    kind: &'static str,
    /// Changes the files in the folder; `{application}` and `{port}` stand for addresses in what is put in.
    plant: fn(&Path, &Places),
    /// What the operator has to say beside the usual.
    say: fn(&mut Prove, &Places),
    /// Which probe finds it, in a variant that begins so, and what it says.
    found: (&'static str, &'static str, Verdict, &'static str),
}

/// Addresses of a deployment.
struct Places {
    application: String,
    /// Where nobody listens yet.
    free: String,
}

/// Every hole of a proxy is found by its probe, which names the rule that would have found it in the file.
fn found(front: &Front, holes: &[Hole]) {
    if !front.is_installed() {
        return;
    }
    let mut wrong = Vec::new();
    for hole in holes {
        let free = own_address().to_string();
        let deployment = Deployment::start(front, |folder, application| {
            (hole.plant)(folder, &Places { application: application.to_string(), free: free.clone() });
        });
        let mut options = deployment.options("/admin/users");
        (hole.say)(&mut options, &Places { application: deployment.application.address.to_string(), free });
        let report = prove(&options, &mut |_| ());
        let (probe, variant, verdict, lint) = hole.found;
        assert!(lints().iter().any(|known| known.id == lint), "`{lint}` is no lint");
        let is_it = |check: &&Check| check.probe == probe && check.variant.starts_with(variant) && check.verdict == verdict;
        match report.checks.iter().find(is_it) {
            None => wrong.push(format!("{}: is not found by {probe}: {:#?}", hole.kind, told(&report))),
            Some(check) if check.lint != Some(lint) => wrong.push(format!("{}: is called {:?}", hole.kind, check.lint)),
            Some(check) => assert!(check.curl.is_some() && report.nothing_proved.is_none(), "{check:?}"),
        }
    }
    assert!(wrong.is_empty(), "{}:\n{}", front.name, wrong.join("\n"));
}

/// Writes something else in the place of what stands once or more in a file.
fn edit(folder: &Path, name: &str, from: &str, to: &str) {
    let file = folder.join(name);
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains(from), "`{from}` is not in {name}");
    std::fs::write(file, text.replace(from, to)).unwrap();
}

/// Takes out all lines with this text.
fn without(folder: &Path, name: &str, text: &str) {
    let file = folder.join(name);
    let all = std::fs::read_to_string(&file).unwrap();
    let kept: Vec<&str> = all.lines().filter(|line| !line.contains(text)).collect();
    assert!(kept.len() < all.lines().count(), "`{text}` is not in {name}");
    std::fs::write(file, kept.join("\n") + "\n").unwrap();
}

const NOTHING_MORE: fn(&mut Prove, &Places) = |_, _| ();

fn nginx(folder: &Path, location: &str) {
    edit(folder, "gatewright.conf", "    location / {\n", &format!("{location}\n    location / {{\n"));
}

#[test]
fn holes_in_nginx_are_found() {
    const SERVER: &str = "# No other host name falls into the protected server";
    let holes = [
        Hole {
            kind: "a location beside the protected one",
            plant: |folder, _| {
                nginx(folder, "location /admin/users/ { auth_request off; proxy_pass http://gatewright_backend; }")
            },
            say: NOTHING_MORE,
            // nginx sends everybody from `/admin/users` there, and so the prober asks there.
            found: ("P01", "GET", Verdict::Open, "auth-request-target"),
        },
        Hole {
            kind: "a location for static files",
            plant: |folder, _| {
                nginx(folder, r"location ~ \.(css|js|png)$ { auth_request off; proxy_pass http://gatewright_backend; }");
            },
            say: NOTHING_MORE,
            found: ("P06", "a .css below it", Verdict::Open, "open-regex"),
        },
        Hole {
            kind: "a refusal that leads to the application",
            plant: |folder, _| {
                edit(folder, "gatewright.conf", "error_page 401 = @gatewright_login;", "error_page 401 = @start;");
                nginx(folder, "location @start { auth_request off; proxy_pass http://gatewright_backend; }");
            },
            say: NOTHING_MORE,
            found: ("P01", "GET", Verdict::Open, "auth-request-target"),
        },
        Hole {
            kind: "another port",
            plant: |folder, places| {
                let server = format!(
                    "server {{ listen {}; server_name app.example.com; location / {{ proxy_pass http://{}; }} }}\n{SERVER}",
                    places.free, places.application
                );
                edit(folder, "gatewright.conf", SERVER, &server);
            },
            say: |options, places| options.others = vec![format!("http://{}/", places.free).parse().unwrap()],
            found: ("P07", "http://", Verdict::Open, "open-server"),
        },
        Hole {
            kind: "a cache of pages",
            plant: |folder, _| {
                nginx(folder, "proxy_cache pages; proxy_cache_key $request_uri; proxy_cache_valid 200 1m;");
                let file = folder.join("gatewright.conf");
                let text = std::fs::read_to_string(&file).unwrap();
                std::fs::write(file, format!("proxy_cache_path pages keys_zone=pages:1m;\n{text}")).unwrap();
            },
            say: NOTHING_MORE,
            found: ("P11", "somebody else who may", Verdict::Open, "page-cache"),
        },
        Hole {
            kind: "an identity that is not set on an open path",
            plant: |folder, _| {
                nginx(
                    folder,
                    "location /public/ { auth_request off; proxy_set_header Host $host; proxy_pass http://gatewright_backend; }",
                );
            },
            say: NOTHING_MORE,
            found: ("P09", "X-User, at /public/a", Verdict::Spoof, "identity-not-set"),
        },
        Hole {
            kind: "an answer of the gate that is kept for everybody",
            plant: |folder, _| {
                edit(
                    folder,
                    "gatewright.conf",
                    "        proxy_cache off;\n",
                    "        proxy_cache gate; proxy_cache_key $request_uri; proxy_cache_valid 200 1m;\n",
                );
                let file = folder.join("gatewright.conf");
                let text = std::fs::read_to_string(&file).unwrap();
                std::fs::write(file, format!("proxy_cache_path gate keys_zone=gate:1m;\n{text}")).unwrap();
            },
            say: NOTHING_MORE,
            found: ("P11", "nobody, the same page", Verdict::Open, "auth-location-cache"),
        },
    ];
    found(&front::nginx::FRONT, &holes);
}

#[test]
fn holes_in_caddy_are_found() {
    let holes = [
        Hole {
            kind: "preflights that are handled before the gate is asked",
            plant: |folder, places| {
                let handle = format!(
                    "\t\t@preflight method OPTIONS\n\t\thandle @preflight {{\n\t\t\treverse_proxy {}\n\t\t}}\n\t\timport gatewright\n",
                    places.application
                );
                edit(folder, "Caddyfile", "\t\timport gatewright\n", &handle);
            },
            say: NOTHING_MORE,
            found: ("P05", "OPTIONS", Verdict::Open, "caddy-not-asked"),
        },
        Hole {
            kind: "a folder that is handled before the gate is asked",
            plant: |folder, places| {
                let handle = format!(
                    "\t\thandle /admin/users/* {{\n\t\t\treverse_proxy {}\n\t\t}}\n\t\timport gatewright\n",
                    places.application
                );
                edit(folder, "Caddyfile", "\t\timport gatewright\n", &handle);
            },
            say: NOTHING_MORE,
            found: ("P06", "a page below it", Verdict::Open, "caddy-not-asked"),
        },
        Hole {
            kind: "an identity that the client's stays in",
            plant: |folder, _| without(folder, "Caddyfile", "X-User"),
            say: NOTHING_MORE,
            found: ("P09", "X-User, with a credential", Verdict::Spoof, "caddy-identity-header"),
        },
        Hole {
            kind: "an application that answers while the gate is down",
            plant: |folder, places| {
                let fallback = format!("\thandle_errors {{\n\t\treverse_proxy {}\n\t}}\n\troute {{\n", places.application);
                edit(folder, "Caddyfile", "\troute {\n", &fallback);
            },
            say: NOTHING_MORE,
            found: ("P13", "nobody", Verdict::Open, "caddy-errors-reach-application"),
        },
    ];
    found(&front::caddy::FRONT, &holes);
}

#[test]
fn holes_in_traefik_are_found() {
    const ROUTERS: &str = "  routers:\n";
    let holes = [
        Hole {
            kind: "a router without the middleware",
            plant: |folder, _| {
                let router = "    assets:\n      entryPoints: [\"web\"]\n      rule: \"PathPrefix(`/admin/users/`)\"\n      \
                              priority: 1000\n      service: gatewright-app\n";
                edit(folder, "gatewright.yaml", ROUTERS, &format!("{ROUTERS}{router}"));
            },
            say: NOTHING_MORE,
            found: ("P06", "with a slash at the end", Verdict::Open, "index-around-gate"),
        },
        Hole {
            kind: "an identity that is not taken from the gate",
            plant: |folder, _| without(folder, "gatewright.yaml", "          - \"X-User\""),
            say: NOTHING_MORE,
            found: ("P09", "X-User, with a credential", Verdict::Spoof, "identity-not-set"),
        },
        Hole {
            kind: "a client that says what it asks for",
            plant: |folder, _| {
                edit(folder, "gatewright.yaml", "trustForwardHeader: false", "trustForwardHeader: true");
                edit(folder, "traefik.yaml", "insecure: false", "insecure: true");
            },
            say: NOTHING_MORE,
            found: ("P08", "X-Forwarded-Uri: /public/a", Verdict::Open, "auth-location-no-request"),
        },
    ];
    found(&front::traefik::FRONT, &holes);
}

#[test]
fn holes_in_envoy_are_found() {
    const ROUTE: &str = "              - match: { prefix: / }\n";
    let holes = [
        Hole {
            kind: "a route for which nobody is asked",
            plant: |folder, _| {
                let route = "              - match: { prefix: /admin/users/ }\n                route: { cluster: application }\n                \
                             typed_per_filter_config:\n                  gatewright:\n                    \"@type\": \
                             type.googleapis.com/envoy.extensions.filters.http.ext_authz.v3.ExtAuthzPerRoute\n                    \
                             disabled: true\n";
                edit(folder, "envoy.yaml", ROUTE, &format!("{route}{ROUTE}"));
            },
            say: NOTHING_MORE,
            found: ("P06", "with a slash at the end", Verdict::Open, "envoy-disabled-route"),
        },
        Hole {
            kind: "a gate that opens when it is down",
            plant: |folder, _| edit(folder, "envoy.yaml", "failure_mode_allow: false", "failure_mode_allow: true"),
            say: NOTHING_MORE,
            found: ("P13", "nobody", Verdict::Open, "envoy-failure-mode-allow"),
        },
    ];
    found(&front::envoy::GRPC, &holes);
}

#[test]
fn holes_in_haproxy_are_found() {
    const ASK: &str = "    http-request lua.gatewright\n";
    const DENY: &str = "unless { var(txn.gatewright) -m str allow }";
    let holes = [
        Hole {
            kind: "a rule that lets pass before the gate is asked",
            plant: |folder, _| edit(folder, "haproxy.cfg", ASK, &format!("    http-request allow if {{ path_end .css }}\n{ASK}")),
            say: NOTHING_MORE,
            found: ("P06", "a .css below it", Verdict::Open, "open-regex"),
        },
        Hole {
            kind: "a token that nobody looks at",
            plant: |folder, _| {
                edit(
                    folder,
                    "haproxy.cfg",
                    ASK,
                    "    http-request lua.gatewright unless { req.hdr(Authorization) -m beg Bearer }\n",
                );
                edit(folder, "haproxy.cfg", DENY, &format!("{DENY} or {{ req.hdr(Authorization) -m beg Bearer }}"));
            },
            say: NOTHING_MORE,
            found: ("P04", "Authorization: Bearer x", Verdict::Open, "presence-is-no-proof"),
        },
        Hole {
            kind: "a method for which the gate is not asked",
            plant: |folder, _| {
                edit(folder, "haproxy.cfg", ASK, "    http-request lua.gatewright unless METH_OPTIONS\n");
                edit(folder, "haproxy.cfg", DENY, &format!("{DENY} or METH_OPTIONS"));
            },
            say: NOTHING_MORE,
            found: ("P05", "OPTIONS", Verdict::Open, "auth-location-answers-some"),
        },
    ];
    found(&front::haproxy::FRONT, &holes);
}

#[test]
fn holes_in_apache_are_found() {
    let holes = [
        Hole {
            kind: "a site for names that nobody knows",
            plant: |folder, places| {
                let pass = format!("    ProxyPass \"/\" \"http://{}/\"\n", places.application);
                edit(folder, "gatewright.conf", "    RedirectMatch 421 ^\n", &pass);
            },
            say: NOTHING_MORE,
            found: ("P07", "a name that nobody knows", Verdict::Open, "open-server"),
        },
        Hole {
            kind: "another port",
            plant: |folder, places| {
                let site = format!(
                    "Listen {0}\n<VirtualHost {0}>\n    ServerName app.example.com\n    ProxyPreserveHost On\n    \
                     ProxyPass \"/\" \"http://{1}/\"\n</VirtualHost>\n# No other host name",
                    places.free, places.application
                );
                edit(folder, "gatewright.conf", "# No other host name", &site);
            },
            say: |options, places| options.others = vec![format!("http://{}/", places.free).parse().unwrap()],
            found: ("P07", "http://", Verdict::Open, "open-server"),
        },
    ];
    found(&front::apache::FRONT, &holes);
}
