//! ingress-nginx: what its controller makes of our annotations, in a real nginx. There is no controller here.

use gatewright::{Authorizer, Config};
use gatewright_prove::{Proxy, Site, Wiring, init};

use super::front::{self, Front};
use super::policies;
use super::rig::{self, Rig};
use super::support::backend::Backend;
use super::support::gate::Gate;
use super::table;

/// Runs the table, apart from what needs a login: the controller sends programs there as well, and escapes the return address by
/// a module of its own.
#[test]
fn annotations_make_an_nginx_that_is_as_safe() {
    if !front::nginx::FRONT.is_installed() {
        return;
    }
    let rig = start(&table_policy());
    let mut wrong = Vec::new();
    for case in table::cases() {
        if case.name.starts_with("login: ") || case.name.starts_with("facts: the scheme") {
            continue;
        }
        match (rig.run(&case), table::cannot(NAME, case.name)) {
            (Ok(_), None) | (Err(_), Some(_)) => {}
            (Ok(_), Some(_)) => wrong.push(format!("{}: holds, and CANNOT says that it does not", case.name)),
            (Err(why), None) => wrong.push(format!("{}: {why}", case.name)),
        }
    }
    assert!(wrong.is_empty(), "{} cases are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// The policies that every proxy is tried with. Behind another proxy, the controller is told so by its own settings.
#[test]
fn ten_policies_are_decided_as_decide_says() {
    if front::nginx::FRONT.is_installed() {
        policies::try_with(NAME, HTTP, &[policies::BEHIND], |_, text| start(text));
    }
}

fn table_policy() -> String {
    let login = "[login]\nurl = \"https://auth.example.com/login\"\n";
    let policy: String = rig::POLICY.replace("{http}", HTTP).replace(login, "");
    let policy: String = policy.split_inclusive('\n').filter(|line| !line.starts_with("return_hosts")).collect();
    policy
}

fn start(policy: &str) -> Rig {
    let folder = tempfile::tempdir().unwrap();
    let gate = Gate::start_on(policy, &["127.0.0.1:0"]);
    let backend = Backend::start();
    let listen = rig::own_address();
    let front = Front { prepare: |_| {}, ..front::nginx::FRONT };
    let main = front::nginx::main(folder.path());
    let server = server(&ingress(policy), &listen.to_string(), &gate.address().to_string(), &backend.address.to_string());
    std::fs::write(folder.path().join("gatewright.conf"), server).unwrap();
    std::fs::write(folder.path().join("nginx.conf"), main).unwrap();
    let running = front.start(folder.path(), listen);
    Rig::of(NAME, gate, backend, running, folder)
}

/// The file that `gatewright init` writes.
fn ingress(policy: &str) -> String {
    let config = Config::from_toml(policy).unwrap();
    let wiring =
        Wiring { gate: Some("gatewright.default.svc:4180".to_owned()), backend: "app:80".to_owned(), ..Wiring::default() };
    let site = Site::new(&config, &Authorizer::new(&config).unwrap(), wiring).unwrap();
    init(Proxy::IngressNginx, &site).unwrap().remove(0).text
}

/// What the controller renders of it: the lines that its template (version 1.15.1) has for these annotations.
fn server(ingress: &str, listen: &str, gate: &str, backend: &str) -> String {
    // A double-quoted scalar of YAML is a string of JSON here.
    let value = |key: &str| {
        let line = ingress.lines().map(str::trim).find_map(|line| line.strip_prefix(key)?.strip_prefix(": "))?;
        let quoted = &line[line.find('"')?..=line.rfind('"')?];
        Some(serde_json::from_str::<String>(quoted).unwrap())
    };
    let annotation = |name: &str| value(&format!("nginx.ingress.kubernetes.io/{name}"));
    let url = annotation("auth-url").unwrap().replace("gatewright.default.svc:4180", gate);
    assert_eq!(annotation("auth-always-set-cookie").unwrap(), "true");
    let secret = value("X-Gatewright-Proxy");
    assert_eq!(annotation("auth-proxy-set-headers"), secret.as_ref().map(|_| "default/gatewright-proxy".to_owned()));
    let secret = secret.map(|secret| secret.replace('\\', r"\\").replace('"', r#"\""#)).unwrap_or_default();
    let (mut set, mut hand_on) = (String::new(), String::new());
    let headers = annotation("auth-response-headers").unwrap_or_default();
    for (number, header) in headers.split(", ").filter(|header| !header.is_empty()).enumerate() {
        let variable = header.to_ascii_lowercase().replace('-', "_");
        set.push_str(&format!("auth_request_set $authHeader{number} $upstream_http_{variable};\n"));
        hand_on.push_str(&format!("proxy_set_header '{header}' $authHeader{number};\n"));
    }
    let hosts: Vec<String> = ingress
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- host: "))
        .map(|host| host.split('"').nth(1).unwrap().to_owned())
        .collect();
    format!(
        "server {{\nlisten {listen};\nserver_name {hosts};\n\
         location = /_external-auth {{\ninternal;\nproxy_pass_request_body off;\nproxy_set_header Content-Length \"\";\n\
         proxy_set_header X-Forwarded-Proto \"\";\nproxy_set_header X-Request-ID $request_id;\nproxy_method {method};\n\
         proxy_set_header X-Original-URI $request_uri;\nproxy_set_header Host {gate};\n\
         proxy_set_header X-Original-URL $scheme://$http_host$request_uri;\nproxy_set_header X-Original-Method $request_method;\n\
         proxy_set_header X-Sent-From nginx-ingress-controller;\nproxy_set_header X-Real-IP $remote_addr;\n\
         proxy_set_header X-Forwarded-For $remote_addr;\nproxy_set_header X-Auth-Request-Redirect $request_uri;\n\
         proxy_set_header X-Gatewright-Proxy \"{secret}\";\nproxy_buffering off;\nproxy_intercept_errors off;\nproxy_pass {url};\n}}\n\
         location / {{\nauth_request /_external-auth;\nauth_request_set $auth_cookie $upstream_http_set_cookie;\n\
         add_header Set-Cookie $auth_cookie always;\n{set}{hand_on}proxy_set_header Host $http_host;\n\
         proxy_set_header X-Request-ID $request_id;\nproxy_set_header X-Real-IP $remote_addr;\nproxy_set_header X-Forwarded-For $remote_addr;\n\
         proxy_set_header X-Forwarded-Host $http_host;\nproxy_set_header X-Forwarded-Proto $scheme;\nproxy_http_version 1.1;\n\
         proxy_set_header Upgrade $http_upgrade;\nproxy_set_header Connection $connection_upgrade;\nproxy_pass http://{backend};\n}}\n}}\n\
         map $http_upgrade $connection_upgrade {{\ndefault upgrade;\n'' '';\n}}\n\
         server {{\nlisten {listen} default_server;\nreturn 404;\n}}\n",
        hosts = hosts.join(" "),
        method = annotation("auth-method").unwrap(),
    )
}

const HTTP: &str = r#"proxy_sets = { ingress-nginx = ["X-Forwarded-For"] }"#;
const NAME: &str = "ingress-nginx";
