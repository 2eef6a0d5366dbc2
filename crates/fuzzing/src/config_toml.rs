//! Any text as a policy file.

use gatewright::{Authorizer, Config, Position, Reference, Request};

use crate::asked::ask;
use crate::draw::at_most;

/// A wrong file is refused with a place inside it; one that is read decides, and lets nobody pass whom no rule lets pass.
pub fn config_toml(data: &[u8]) {
    let text = String::from_utf8_lossy(at_most(data, MAX_FILE)).into_owned();
    let config = match Config::from_toml(&text) {
        Ok(config) => config,
        Err(error) => return check_place(&text, error.position(), error.message(), &error.render("gatewright.toml")),
    };
    // What is missing has no place.
    for warning in config.warnings().iter().chain(config.notes()).filter(|warning| warning.position().is_some()) {
        check_place(&text, warning.position(), warning.message(), &warning.render("gatewright.toml"));
    }
    let resolved = config.resolve(|reference| match reference {
        Reference::Env(_) => Ok(SECRET.to_vec()),
        Reference::File(_) => Err("there are no files here".to_owned()),
    });
    let config = match resolved {
        Ok(config) => config,
        Err(error) => return check_place(&text, error.position(), error.message(), &error.render("gatewright.toml")),
    };
    let authorizer = match Authorizer::new(&config) {
        Ok(authorizer) => authorizer,
        Err(error) => return check_place(&text, error.position(), error.message(), &error.render("gatewright.toml")),
    };
    for (host, target) in [("app.example.com", "/"), ("a.b.example.com:8443", "/admin/x?x=1"), ("[::1]", "/public//;a%2fb")] {
        let asked = ask(&authorizer, &Request::new("GET", "https", host, target, &[("Cookie", "a=1")]));
        if asked.is_allowed() {
            assert!(asked.decision.rule().is_some() && asked.subject().is_none(), "{text}\n{}", asked.explanation);
        }
    }
    let _ = authorizer.return_address("https://app.example.com/");
}

fn check_place(text: &str, position: Option<Position>, message: &str, rendered: &str) {
    assert!(!message.is_empty() && rendered.contains(message), "{rendered}");
    let Some(Position { line, column, .. }) = position else { panic!("no place in the file: {rendered}") };
    let lines: Vec<&str> = text.split('\n').collect();
    assert!((1..=lines.len()).contains(&line), "{line}:{column} of\n{text}\n{rendered}");
    assert!((1..=lines[line - 1].chars().count() + 1).contains(&column), "{line}:{column} of\n{text}\n{rendered}");
}

const SECRET: &[u8] = b"0123456789abcdef0123456789abcdef";
const MAX_FILE: usize = 4 * 1024;

/// Inputs to begin with.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let files = [
        "version = 1\n[[rule]]\nid = \"a\"\npaths = [\"/**\"]\nallow = \"anyone\"\n",
        "version = 1\n[session]\nkeys = [\"env:KEY\"]\nlifetime = \"12h\"\nidle = \"30m\"\n[[rule]]\nid = \"a\"\nallow = [{ groups = [\"x\"], max_auth_age = \"5m\" }]\n",
        "version = 1\n[session]\nkeys = [\"0123456789abcdef0123456789abcdef\"]\ncookie = \"s\"\n[login]\nurl = \"https://auth.example.com/login\"\nreturn_hosts = [\"*.example.com\"]\n[[rule]]\nid = \"m\"\nallow = \"authenticated\"\n",
        "version = 1\n[[issuer]]\nissuer = \"https://login.example.com\"\naudiences = [\"app\"]\nalgorithms = [\"EdDSA\"]\nkeys = { discovery = true }\n[[rule]]\nid = \"r\"\nhosts = [\"*.example.com\"]\npaths = [\"re:/a/[a-z]+\", \"/b/*/**\"]\nmethods = [\"GET\"]\naccept = [\"parameter\"]\nallow = [{ users = [\"a\"], not = { claims.x = [1] } }]\n",
        "version = 1\n[http]\nlisten = [\"127.0.0.1:4180\"]\ntrusted_peers = [\"loopback\"]\nproxy_sets = { verify = [\"X-Real-IP\"] }\n[[rule]]\nid = \"n\"\nnetworks = [\"10.0.0.0/8\"]\nquery = { a = [\"1\"] }\nheaders = { x-a = [\"1\"] }\npaths = [\"/\"]\nallow = \"anyone\"\n",
        "version = 1\n[[api_key]]\nheader = \"X-Api-Key\"\nentries = \"file:keys.toml\"\n",
        "version = 1\n[revocations]\nfile = \"r.json\"\n[identity_headers]\nX-User = \"subject\"\nX-A = \"claims.a.b\"\n",
    ];
    files.map(|file| file.as_bytes().to_vec()).to_vec()
}
