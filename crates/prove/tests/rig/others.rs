//! What is not run says why.

use std::collections::BTreeMap;

use gatewright_prove::{Intent, Outcome, Proxy, RigError, Stage, Staged, Trial, rig};

use crate::support::{Written, program};

fn tried(name: &str, text: &str) -> Result<Trial, RigError> {
    let files = Written(BTreeMap::from([(name.to_owned(), text.to_owned())]));
    rig(name.as_bytes(), &files, Intent::default(), Some("/bin/true".as_ref()))
}

#[test]
fn proxy_that_is_not_run_is_named() {
    let error = tried("/site.conf", "<VirtualHost *:80>\n    ProxyPass / http://127.0.0.1:8080/\n</VirtualHost>\n").unwrap_err();
    assert_eq!(error.to_string(), "configurations of Apache httpd are not run: `gatewright prove URL` asks it where it runs");
    let error = tried("/a.yaml", "kind: Ingress\napiVersion: networking.k8s.io/v1\nmetadata: { name: a }\n").unwrap_err();
    assert!(error.to_string().contains("ingress-nginx"), "{error}");
    assert!(matches!(tried("/compose.yaml", "services: { web: { image: nginx } }"), Err(RigError::Unknown(None))));
}

#[test]
fn configuration_that_cannot_be_run_here_says_why() {
    let grpc = "static_resources: { listeners: [ { address: { socket_address: { address: '::', port_value: 80 } }, filter_chains: [ { filters: \
                [ { name: a, typed_config: { '@type': type.googleapis.com/envoy.extensions.filters.http.ext_authz.v3.ExtAuthz, grpc_service: {} } } \
                ] } ] } ] }";
    let lua = "global\n    lua-load /etc/no/such.lua\nfrontend a\n    bind :80\n";
    let plugin = "http: { middlewares: { a: { plugin: { x: {} } } }, routers: {} }";
    for (name, text, why) in [
        ("/envoy.yaml", grpc, "it asks over gRPC"),
        ("/haproxy.cfg", lua, "`/etc/no/such.lua` cannot be read"),
        ("/traefik.yaml", plugin, "it has a plugin"),
        (
            "/tap.yaml",
            "static_resources: { listeners: [ { x: { '@type': a/envoy.extensions.filters.http.tap.v3.Tap } } ] }",
            "`tap`",
        ),
        ("/static.yaml", "entryPoints: { web: { address: ':80' } }", "its routes are not in a file"),
    ] {
        let trial = tried(name, text).unwrap();
        assert!(trial.outcome == Outcome::NotRun && trial.shown[0].what.contains(why), "{name}: {:?}", trial.shown);
        assert!(trial.report(name, "").nothing_proved.unwrap().starts_with("the configuration was not run: "));
    }
}

#[test]
fn script_that_starts_programs_is_not_run() {
    let written = Written::new(Proxy::Haproxy).with("local TIMEOUT", "os.execute('true')\nlocal TIMEOUT");
    let trial = written.tried("haproxy.cfg", Intent::default(), "/bin/true".as_ref());
    assert!(trial.outcome == Outcome::NotRun && trial.shown[0].what.contains("`os.execute`"), "{:?}", trial.shown);
}

#[test]
fn configuration_that_the_proxy_refuses_is_rejected() {
    let Some(program) = program("haproxy", "-v") else { return };
    let written = Written::new(Proxy::Haproxy).with("    mode http\n", "    mode http\n    no_such_keyword\n");
    let trial = written.tried("haproxy.cfg", Intent::default(), &program);
    let said = &trial.shown[0].what;
    assert!(trial.outcome == Outcome::Rejected && said.contains("no_such_keyword") && !said.contains("/tmp/"), "{said}");
}

#[test]
fn any_proxy_can_be_kept_running() {
    let Some(program) = program("caddy", "version") else { return };
    let written = Written::new(Proxy::Caddy);
    let staged = Stage::start(b"/etc/gatewright/Caddyfile", &written, Intent::default(), Some(&program)).unwrap();
    let Staged::Runs(stage) = staged else { panic!("{staged:?}") };
    assert!(stage.doors().iter().any(|door| door.host == "app.example.com" && !door.paths.is_empty()), "{:?}", stage.doors());
    assert!(stage.identity().iter().any(|name| name.eq_ignore_ascii_case("X-User")));
}
