//! What `gatewright init` writes is what `gatewright lint` asks for: no finding, not even a mild one.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use gatewright::{Authorizer, Config};
use gatewright_prove::nginx::Files;
use gatewright_prove::{Intent, Site, Tls, Wiring, init, lint};

use super::{front, policies, rig};

/// Lints the configuration of every policy in every wiring, with and without the policy, by itself and as included.
pub(crate) fn lint_all() {
    let front = &front::nginx::FRONT;
    let mut policies = policies::texts(front.http_settings);
    policies.push(("the policy of the table", rig::policy(front)));
    let mut said: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (name, text) in &policies {
        let config = Config::from_toml(text).unwrap();
        let authorizer = Authorizer::new(&config).unwrap();
        for wiring in wirings() {
            let is_cached = wiring.cache.is_some();
            let site = Site::new(&config, &authorizer, wiring).unwrap();
            let files = match init(front.proxy, &site) {
                Ok(files) => Written(files.into_iter().map(|file| (file.name, file.text)).collect()),
                Err(error) if is_cached && error.to_string().contains("--cache") => continue,
                Err(error) => panic!("{name}: {error}"),
            };
            let mut with_policy = Intent::default();
            with_policy.policy = Some((&config, &authorizer));
            for intent in [Intent::default(), with_policy] {
                for main in ["nginx.conf", "gatewright.conf"] {
                    let report = lint(main.as_bytes(), &files, intent).unwrap();
                    for finding in &report.findings {
                        let (severity, id) = (finding.severity, finding.lint.id);
                        let place = String::from_utf8_lossy(report.sources.text(finding.span)).into_owned();
                        let said = said.entry(format!("{severity}[{id}] `{place}`: {}", finding.why)).or_default();
                        said.insert(if intent.policy.is_some() { format!("{name} (given)") } else { (*name).to_owned() });
                    }
                }
            }
        }
    }
    let said: Vec<String> = said
        .into_iter()
        .map(|(line, policies)| {
            let some: Vec<&str> = policies.iter().map(String::as_str).take(4).collect();
            format!("{line}\n  in {} such as {some:?}", policies.len())
        })
        .collect();
    assert!(said.is_empty(), "the linter says {} things:\n{}", said.len(), said.join("\n"));
}

fn wirings() -> Vec<Wiring> {
    let plain = Wiring { gate: Some("127.0.0.1:9000".to_owned()), ..Wiring::default() };
    let socket = Wiring { gate: Some("unix:/run/gatewright.sock".to_owned()), cache: Some(5), ..Wiring::default() };
    let tls = Tls { certificate: "/etc/ssl/app.pem".into(), key: "/etc/ssl/app.key".into() };
    vec![Wiring { tls: Some(tls), backend: "127.0.0.1:3000".to_owned(), ..plain.clone() }, plain, socket]
}

/// The files that were written, and a main one that includes them.
struct Written(BTreeMap<&'static str, String>);

impl Files for Written {
    fn read(&self, name: &[u8]) -> Result<Vec<u8>, io::ErrorKind> {
        let name = std::str::from_utf8(name).unwrap();
        let text = if name == "nginx.conf" { Some(MAIN) } else { self.0.get(name).map(String::as_str) };
        text.map(|text| text.as_bytes().to_vec()).ok_or(io::ErrorKind::NotFound)
    }

    fn names(&self, _: &[u8]) -> Vec<Vec<u8>> {
        self.0.keys().map(|name| name.as_bytes().to_vec()).collect()
    }
}

const MAIN: &str = "events {}\nhttp {\n    include gatewright.conf;\n}\n";
