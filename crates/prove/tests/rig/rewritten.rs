//! Configurations as people have them, which need root, certificates, names and folders: they run all the same.

use std::io;

use gatewright_prove::nginx::Files;
use gatewright_prove::{Intent, Outcome, Trial, rig};

use crate::support::has_nginx;

/// Files that are nowhere; the first is the main one.
struct Made(&'static [(&'static str, &'static str)]);

impl Files for Made {
    fn read(&self, name: &[u8]) -> Result<Vec<u8>, io::ErrorKind> {
        let found = self.0.iter().find(|(other, _)| other.as_bytes() == name);
        found.map(|(_, text)| text.as_bytes().to_vec()).ok_or(io::ErrorKind::NotFound)
    }

    fn names(&self, folder: &[u8]) -> Vec<Vec<u8>> {
        let inside = self.0.iter().filter_map(|(name, _)| name.as_bytes().strip_prefix(folder));
        inside.filter(|name| !name.contains(&b'/')).map(<[u8]>::to_vec).collect()
    }
}

fn tried(files: &'static [(&'static str, &'static str)]) -> Option<Trial> {
    has_nginx().then(|| rig(files[0].0.as_bytes(), &Made(files), Intent::default(), None).unwrap())
}

#[track_caller]
fn assert_outcome(files: &'static [(&'static str, &'static str)], outcome: Outcome) {
    let Some(trial) = tried(files) else { return };
    let is_right = trial.outcome == outcome && (outcome == Outcome::Open || trial.lets_in);
    assert!(is_right, "{}: {:?} {:?}", trial.outcome, trial.shown.first(), trial.notes);
}

const TLS: &[(&str, &str)] = &[
    (
        "/etc/nginx/nginx.conf",
        "user www-data;\npid /run/nginx.pid;\nworker_processes auto;\nerror_log /var/log/nginx/error.log;\n\
         include /etc/nginx/modules-enabled/*.conf;\nevents { use epoll; worker_connections 64; }\n\
         stream { server { listen 53; proxy_pass 192.0.2.1:53; } }\n\
         http {\n include /etc/nginx/mime.types;\n access_log /var/log/nginx/access.log;\n ssl_protocols TLSv1.3;\n\
         proxy_cache_path /var/cache/nginx keys_zone=c:1m;\n include sites-enabled/*;\n}\n",
    ),
    (
        "/etc/nginx/sites-enabled/app",
        "upstream app { zone app 64k; server app.internal:8443 max_fails=3 fail_timeout=10s resolve; server unix:/run/app.sock backup; }\n\
         server { listen 80 default_server; listen [::]:80 default_server; return 301 https://$host$request_uri; }\n\
         server {\n listen 443 ssl http2; listen [::]:443 ssl http2 ipv6only=on; listen 443 quic reuseport;\n server_name app.example.com;\n\
         ssl_certificate /etc/ssl/no.pem; ssl_certificate_key /etc/ssl/no.key;\n if ($scheme = http) { return 403; }\n\
         auth_request /_auth;\n include snippets/gate;\n\
         location / { proxy_pass https://app; proxy_ssl_verify on; limit_req zone=no; }\n}\n",
    ),
    (
        "/etc/nginx/snippets/gate",
        "location = /_auth { internal; proxy_pass http://unix:/run/gate.sock:/verify; proxy_pass_request_body off; proxy_set_header Content-Length \"\"; }\n",
    ),
];

#[test]
fn tls_users_logs_and_names_do_not_keep_a_configuration_from_running() {
    assert_outcome(TLS, Outcome::Closed);
}

#[test]
fn address_in_a_variable_is_replaced_where_it_is_set() {
    const FILES: &[(&str, &str)] = &[(
        "/n",
        "events { } http { resolver 192.0.2.53; map $host $pool { default app-b; old.example a.internal:81; }\n\
         upstream app-b { server b.internal; }\n\
         server { listen 80; auth_request /_auth; set $gate gate.internal;\n\
         location = /_auth { internal; proxy_pass http://$gate:9000/verify; }\n\
         location / { proxy_pass http://$pool; } location /api/ { auth_request off; proxy_pass http://$pool; } } }",
    )];
    assert_outcome(FILES, Outcome::Open);
}

#[test]
fn file_that_is_included_in_two_places_means_two_things() {
    const FILES: &[(&str, &str)] = &[
        (
            "/n",
            "events { } http { server { listen 80; include pass; location = /_auth { internal; include pass; proxy_pass http://10.0.0.1; }\n\
                location / { auth_request /_auth; proxy_pass http://10.0.0.2; include pass; } } }",
        ),
        ("/pass", "proxy_set_header X-Real-IP $remote_addr;\nproxy_set_header Content-Length \"\";"),
    ];
    assert_outcome(FILES, Outcome::Closed);
}

#[test]
fn applications_of_every_protocol_are_stood_in_for() {
    const FILES: &[(&str, &str)] = &[(
        "/n",
        "events { } http { server { auth_request /_auth; location = /_auth { internal; fastcgi_pass unix:/run/gate.sock;\n\
         fastcgi_param REQUEST_METHOD GET; fastcgi_param REQUEST_URI $request_uri; fastcgi_pass_request_body off; }\n\
         location /u/ { uwsgi_pass 10.0.0.1:1; uwsgi_param REQUEST_URI $request_uri; }\n\
         location /s/ { scgi_pass 10.0.0.2:1; scgi_param REQUEST_URI $request_uri; }\n\
         location /g/ { grpc_pass grpcs://10.0.0.3; }\n\
         location / { proxy_pass http://10.0.0.4; } } }",
    )];
    assert_outcome(FILES, Outcome::Closed);
}

#[test]
fn site_without_the_main_file_is_run_within_one() {
    const FILES: &[(&str, &str)] = &[(
        "/site",
        "server { listen 8080; location = /_auth { internal; proxy_pass http://10.0.0.1; }\n\
         location / { auth_request /_auth; proxy_pass http://10.0.0.2; } location /api { proxy_pass http://10.0.0.2; } }",
    )];
    assert_outcome(FILES, Outcome::Open);
}

#[test]
fn program_within_nginx_that_is_not_there_is_named_with_its_place() {
    const FILES: &[(&str, &str)] =
        &[("/n", "events { }\nhttp {\n include a;\n}\n"), ("/a", "server {\n location / {\n  no_such_module on;\n }\n}\n")];
    let Some(trial) = tried(FILES) else { return };
    assert_eq!(trial.outcome, Outcome::NotRun);
    assert_eq!(trial.shown[0].what, "unknown directive \"no_such_module\"");
    assert_eq!(trial.shown[0].to, "/a:3:3");
}

#[test]
fn login_page_and_gate_under_one_prefix_are_no_holes() {
    const FILES: &[(&str, &str)] = &[(
        "/n",
        "events { } http { server { listen 80;\n\
         location /oauth2/ { proxy_pass http://127.0.0.1:4180; }\n\
         location = /oauth2/auth { internal; proxy_pass http://127.0.0.1:4180; proxy_pass_request_body off; proxy_set_header Content-Length \"\"; }\n\
         location / { auth_request /oauth2/auth; error_page 401 = /oauth2/sign_in; proxy_pass http://127.0.0.1:8080; } } }",
    )];
    assert_outcome(FILES, Outcome::Closed);
}

#[test]
fn program_within_nginx_is_not_run() {
    const FILES: &[(&str, &str)] =
        &[("/n", "events { }\nhttp { server { location / {\n access_by_lua_block { os.execute('x') }\n} } }\n")];
    let Some(trial) = tried(FILES) else { return };
    assert_eq!((trial.outcome, trial.shown[0].to.as_str()), (Outcome::NotRun, "/n:3:2"));
}

#[test]
fn file_that_this_machine_has_not_is_no_fault_of_the_configuration() {
    const FILES: &[(&str, &str)] = &[("/n", "load_module modules/no_such.so;\nevents { }\nhttp { no_such on; }\n")];
    let Some(trial) = tried(FILES) else { return };
    assert_eq!(trial.outcome, Outcome::NotRun, "{:?}", trial.shown);
}

/// A configuration may come from somebody who is not trusted, with a pull request for instance.
#[test]
fn nothing_outside_of_the_temporary_folder_is_written_or_run_whatever_the_configuration_says() {
    let victim = tempfile::tempdir().unwrap();
    let outside = victim.path().to_str().unwrap();
    let text = format!(
        "load_module {outside}/evil.so;\nevents {{ }}\nhttp {{\n set_real_ip_from proxies.invalid;\n\
         proxy_cache_path /../../../../..{outside}/cache keys_zone=c:1m;\n\
         server {{\n listen 80;\n auth_request /_auth;\n root ../../../../../..{outside}/html;\n\
         location = /_auth {{ internal; proxy_pass http://127.0.0.1:9000; }}\n\
         location /a/ {{ alias /x/../../../../../..{outside}/alias/; auth_basic x; auth_basic_user_file /../..{outside}/users; }}\n\
         location / {{ proxy_pass http://127.0.0.1:8080; }}\n }}\n}}\n"
    );
    let files: &'static [(&str, &str)] = Box::leak(Box::new([("/etc/nginx/nginx.conf", &*Box::leak(text.into_boxed_str()))]));
    let Some(trial) = tried(files) else { return };
    assert!(trial.outcome == Outcome::Closed && trial.lets_in, "{trial:#?}");
    assert_eq!(std::fs::read_dir(victim.path()).unwrap().count(), 0);
    let says = |text: &str| trial.notes.iter().any(|note| note.contains(text));
    assert!(says("evil.so") && says("proxies.invalid"), "{:?}", trial.notes);
}

/// One server for everything below a name, which nobody protects.
#[test]
fn server_that_only_an_expression_names_is_asked_by_a_host_that_it_is_for() {
    const REGEX: &[(&str, &str)] = &[(
        "/etc/nginx/nginx.conf",
        "events { }\nhttp {\n\
         server { listen 80; server_name app.test; auth_request /_auth;\n\
         location = /_auth { internal; proxy_pass http://127.0.0.1:9000; }\n\
         location / { proxy_pass http://127.0.0.1:8080; } }\n\
         server { listen 80; server_name ~^(?<sub>.+)\\.app\\.test$; location / { proxy_pass http://127.0.0.1:8080; } }\n}\n",
    )];
    assert_outcome(REGEX, Outcome::Open);
}

/// Whoever knows the value may be meant to get in; whoever runs the configuration should know all the same.
#[test]
fn value_that_lets_past_the_gate_is_a_remark_and_a_method_that_does_is_a_hole() {
    const KEY: &[(&str, &str)] = &[(
        "/etc/nginx/nginx.conf",
        "events { }\nhttp {\n server { listen 80; auth_request /_auth;\n\
         location = /_auth { internal; proxy_pass http://127.0.0.1:9000; }\n\
         location / { error_page 418 = @open; if ($http_x_debug = letmein) { return 418; } proxy_pass http://127.0.0.1:8080; }\n\
         location @open { auth_request off; proxy_pass http://127.0.0.1:8080; } }\n}\n",
    )];
    const PURGE: &[(&str, &str)] = &[(
        "/etc/nginx/nginx.conf",
        "events { }\nhttp {\n server { listen 80; auth_request /_auth;\n\
         location = /_auth { internal; proxy_pass http://127.0.0.1:9000; }\n\
         location / { error_page 418 = @open; if ($request_method = PURGE) { return 418; } proxy_pass http://127.0.0.1:8080; }\n\
         location @open { auth_request off; proxy_pass http://127.0.0.1:8080; } }\n}\n",
    )];
    assert_outcome(PURGE, Outcome::Open);
    let Some(trial) = tried(KEY) else { return };
    assert!(
        trial.outcome == Outcome::Closed && trial.remarks.iter().any(|remark| remark.request.contains("letmein")),
        "{trial:#?}"
    );
}
