//! Configurations, and what becomes of them.

use super::rewrite;
use crate::lint::{Intent, Subject};
use crate::model::Model;
use crate::nginx::{Configuration, Dump};
use crate::rig::nginx::plan::Plan;

/// The text in which a configuration is written anew, with `A`, `B`, … for the ports in the order in which they appear, `FOLDER` for
/// the temporary folder and without what is put at the start of `http`.
fn rewritten(text: &str) -> String {
    let dump = format!("# configuration file /n:\n{text}\n\n");
    let dump = Dump::parse(dump.as_bytes()).unwrap();
    let configuration = Configuration::load(dump.main(), &dump).unwrap();
    let subject = Subject::new(Model::new(&configuration), Intent::default());
    let mut plan = Plan::new(&subject, "FOLDER".as_ref()).unwrap();
    let rewritten = rewrite(&subject, &mut plan).unwrap();
    let mut text = String::from_utf8(rewritten.text).unwrap();
    let ports = plan.listens.values().map(|listen| listen.port).chain(plan.programs.iter().map(|program| program.port));
    let mut ports: Vec<String> = ports.map(|port| format!("127.0.0.1:{port}")).collect();
    ports.sort_by_key(|port| text.find(port.as_str()));
    for (port, name) in ports.iter().zip('A'..) {
        text = text.replace(port.as_str(), &name.to_string());
    }
    let (start, rest) = text.split_once(" access_log off;").unwrap();
    let (_, rest) = rest.split_once("FOLDER/temporary/scgi; ").unwrap();
    [start, rest].concat().trim_end().to_owned()
}

#[track_caller]
fn assert_rewritten(text: &str, expected: &str) {
    assert_eq!(rewritten(text), expected);
}

#[test]
fn everything_else_stays_to_the_byte() {
    let text = "events { } # \u{e9}\nhttp {\n\tmap $a\t'b' { default  \"c;\" ; }\n  server { server_name  a.test ;\r\n} }";
    let expected = text.replacen("server {", "server { listen A;", 1);
    assert_rewritten(text, &expected);
}

#[test]
fn what_needs_root_is_left_out_and_lines_stay_lines() {
    assert_rewritten(
        "user\n www;\npid /run/p; events { }\nhttp { server { listen 80; error_log /e; root /srv; } }",
        "\n\n events { }\nhttp { server { listen A;  root \"FOLDER/files/srv\"; } }",
    );
}

#[test]
fn servers_of_one_address_stay_together() {
    assert_rewritten(
        "events { } http { server { listen 80 default_server backlog=9; } server { listen *:80; listen 127.0.0.1:81; } }",
        "events { } http { server { listen A default_server; } server { listen A; listen B; } }",
    );
}

#[test]
fn each_location_has_a_program_of_its_own_and_a_group_one() {
    assert_rewritten(
        "events { } http { upstream u { server a; server unix:/b backup; } server { listen 1;\n\
         location / { proxy_pass http://u/x; } location /c { proxy_pass https://c:1$request_uri; } location /d { proxy_pass http://c:1; }\n\
         location /e { fastcgi_pass unix:/e; } } }",
        "events { } http { upstream u { server A max_fails=0; server B max_fails=0 backup; } server { listen C;\n\
         location / { proxy_pass \"http://u/x\"; } location /c { proxy_pass \"http://D$request_uri\"; } \
         location /d { proxy_pass \"http://E\"; }\n\
         location /e { fastcgi_pass \"F\"; } } }",
    );
}

#[test]
fn address_that_is_one_of_the_configuration_leads_there() {
    assert_rewritten(
        "events { } http { server { listen 80; location / { proxy_pass http://127.0.0.1:81; } } server { listen 81; } }",
        "events { } http { server { listen A; location / { proxy_pass \"http://B\"; } } server { listen B; } }",
    );
}
