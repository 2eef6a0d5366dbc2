//! Caddy: its configuration is JSON, which `caddy adapt` makes of a Caddyfile.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Map, Value, json};

use super::addressed::Proxy;
use super::draft::{Draft, Given, Unwritten};

pub(super) struct Caddy;

impl Proxy for Caddy {
    fn name(&self) -> &'static str {
        "Caddy"
    }

    fn program(&self) -> &'static str {
        "caddy"
    }

    fn write(&self, given: &Given<'_>, draft: &mut Draft) -> Result<(), Unwritten> {
        let is_json = given.text.trim_ascii_start().starts_with(b"{") && serde_json::from_slice::<Value>(given.text).is_ok();
        let text = if is_json { given.text.to_vec() } else { adapted(given, draft)? };
        let mut root: Value = serde_json::from_slice(&text).map_err(|error| Unwritten::Rejected(error.to_string()))?;
        draft.json = Some(text);
        let Some(servers) = root.pointer_mut("/apps/http/servers").and_then(Value::as_object_mut) else {
            return Err(Unwritten::NotRun("it has no server of HTTP".to_owned()));
        };
        for server in servers.values_mut().filter_map(Value::as_object_mut) {
            rewrite_server(server, draft)?;
        }
        find_gates(root.pointer("/apps/http"), draft);
        if let Some(http) = root.pointer_mut("/apps/http") {
            rewrite(http, draft)?;
        }
        let others = root.pointer("/apps").and_then(Value::as_object).into_iter().flatten().map(|(name, _)| name.clone());
        let others: Vec<String> = others.filter(|name| !matches!(name.as_str(), "http" | "tls" | "pki")).collect();
        for name in others {
            draft.note(format!("the app `{name}` is left out"));
        }
        let http = root.pointer_mut("/apps/http").map(Value::take).unwrap_or_default();
        let alone = json!({
            "admin": { "disabled": true, "config": { "persist": false } },
            "storage": { "module": "file_system", "root": draft.folder.join("storage") },
            "logging": { "logs": { "default": { "level": "ERROR" } } },
            "apps": { "http": http },
        });
        draft.write(FILE, alone.to_string())?;
        Ok(())
    }

    fn tells(&self, _texts: &[String]) -> Vec<&'static str> {
        vec!["X-Forwarded-Uri", "X-Forwarded-Method", "X-Forwarded-Host"]
    }

    fn command(&self, program: &Path, folder: &Path) -> Command {
        let mut command = Command::new(program);
        command.args(["run", "--config"]).arg(folder.join(FILE)).current_dir(folder);
        at_home(&mut command, folder);
        command
    }
}

/// Nothing is written into the user's own folders.
fn at_home(command: &mut Command, folder: &Path) {
    command.env("XDG_DATA_HOME", folder).env("XDG_CONFIG_HOME", folder).env("HOME", folder);
}

/// What Caddy makes of a Caddyfile.
fn adapted(given: &Given<'_>, draft: &Draft) -> Result<Vec<u8>, Unwritten> {
    // Where it lies, other files that it imports lie too.
    let named = PathBuf::from(String::from_utf8_lossy(given.name).into_owned());
    let is_there = std::fs::read(&named).is_ok_and(|text| text == given.text);
    let file = if is_there { named } else { draft.write("Caddyfile", given.text)? };
    let mut command = Command::new(given.program);
    command.args(["adapt", "--adapter", "caddyfile", "--config"]).arg(file).stdin(Stdio::null());
    at_home(&mut command, &draft.folder);
    let output = command.output()?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let why = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("`caddy adapt` fails").to_owned();
    let is_missing = ["unrecognized directive", "module not registered", "unknown module"].iter().any(|part| why.contains(part));
    Err(if is_missing { Unwritten::NotRun(why) } else { Unwritten::Rejected(why) })
}

fn rewrite_server(server: &mut Map<String, Value>, draft: &mut Draft) -> Result<(), Unwritten> {
    let is_tls = server.remove("tls_connection_policies").is_some();
    let default = [json!(":443")];
    let listens = server.get("listen").and_then(Value::as_array).map_or(&default[..], Vec::as_slice);
    let mut made = Vec::new();
    for listen in listens.iter().filter_map(Value::as_str) {
        let address = listen.strip_prefix("tcp/").unwrap_or(listen);
        if address.starts_with("unix/") || address.contains('/') {
            draft.note(format!("`{address}` is not tried"));
            continue;
        }
        // Of a range the first.
        let address = address
            .rsplit_once('-')
            .filter(|(_, end)| end.bytes().all(|byte| byte.is_ascii_digit()))
            .map_or(address, |(first, _)| first);
        let is_tls = is_tls || address.ends_with(":443");
        made.push(json!(format!("127.0.0.1:{}", draft.listen(address, is_tls)?)));
    }
    server.insert("listen".to_owned(), Value::Array(made));
    server.insert("automatic_https".to_owned(), json!({ "disable": true }));
    server.insert("protocols".to_owned(), json!(["h1"]));
    for name in ["listener_wrappers", "logs", "tls_connection_policies", "experimental_http3", "allow_h2c"] {
        server.remove(name);
    }
    Ok(())
}

/// Whether a handler asks, and lets the request go on after some of the answers.
fn is_asking(handler: &Map<String, Value>) -> bool {
    let responses = handler.get("handle_response").and_then(Value::as_array).into_iter().flatten();
    let mut going_on = responses.filter(|response| {
        let routes = response.get("routes").map(Value::to_string).unwrap_or_default();
        let ends = ["\"static_response\"", "\"copy_response\"", "\"reverse_proxy\"", "\"file_server\"", "\"error\""];
        !ends.iter().any(|handler| routes.contains(&format!("\"handler\":{handler}")))
    });
    is_proxy(handler) && going_on.next().is_some()
}

fn is_proxy(handler: &Map<String, Value>) -> bool {
    handler.get("handler").and_then(Value::as_str) == Some("reverse_proxy")
}

fn find_gates(value: Option<&Value>, draft: &mut Draft) {
    match value {
        Some(Value::Object(entries)) => {
            if is_asking(entries) {
                let upstreams = entries.get("upstreams").and_then(Value::as_array).into_iter().flatten();
                for dial in upstreams.filter_map(|upstream| upstream.get("dial")?.as_str()) {
                    draft.gate(dial, "80");
                }
            }
            entries.values().for_each(|value| find_gates(Some(value), draft));
        }
        Some(Value::Array(items)) => items.iter().for_each(|value| find_gates(Some(value), draft)),
        _ => {}
    }
}

/// Hosts are found, addresses replaced, folders emptied.
fn rewrite(value: &mut Value, draft: &mut Draft) -> Result<(), Unwritten> {
    match value {
        Value::Object(entries) => {
            if let Some(hosts) = entries.get("host").and_then(Value::as_array) {
                for host in hosts.iter().filter_map(Value::as_str).filter(|host| !host.contains('{')) {
                    draft.hosts.insert(host.replace('*', "w"));
                }
            }
            // It would tell a collector of traces.
            if entries.get("handler").and_then(Value::as_str) == Some("tracing") {
                *entries = Map::from_iter([("handler".to_owned(), json!("vars"))]);
            }
            if is_proxy(entries) {
                rewrite_proxy(entries, draft)?;
            }
            let serves =
                entries.get("handler").and_then(Value::as_str).is_some_and(|name| matches!(name, "file_server" | "vars"));
            if let Some(root) = entries.get_mut("root").filter(|_| serves) {
                draft.note("files are not served");
                *root = json!(draft.folder.join("files"));
            }
            entries.values_mut().try_for_each(|value| rewrite(value, draft))
        }
        Value::Array(items) => items.iter_mut().try_for_each(|value| rewrite(value, draft)),
        _ => Ok(()),
    }
}

fn rewrite_proxy(proxy: &mut Map<String, Value>, draft: &mut Draft) -> Result<(), Unwritten> {
    if let Some(transport) = proxy.get_mut("transport").and_then(Value::as_object_mut)
        && transport.remove("tls").is_some()
    {
        draft.note("TLS to programs is taken off");
    }
    proxy.remove("health_checks");
    if proxy.remove("dynamic_upstreams").is_some() {
        draft.note("programs that are found by DNS are one");
        proxy.insert("upstreams".to_owned(), json!([{ "dial": "dynamic.internal:80" }]));
    }
    let upstreams = proxy.get_mut("upstreams").and_then(Value::as_array_mut).into_iter().flatten();
    for upstream in upstreams.filter_map(Value::as_object_mut) {
        let dial = upstream.get("dial").and_then(Value::as_str).unwrap_or_default().to_owned();
        if dial.contains('{') {
            draft.note(format!("where `{dial}` leads is not decided here"));
        }
        upstream.insert("dial".to_owned(), json!(draft.program(&dial, "80")?));
    }
    Ok(())
}

const FILE: &str = "caddy.json";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gate_is_what_is_asked_before_the_request_goes_on() {
        let asks = json!({ "handler": "reverse_proxy", "upstreams": [{ "dial": "gate:9000" }], "handle_response": [
            { "match": { "status_code": [2] }, "routes": [{ "handle": [{ "handler": "headers" }] }] } ] });
        let serves = json!({ "handler": "reverse_proxy", "upstreams": [{ "dial": "app:80" }], "handle_response": [
            { "routes": [{ "handle": [{ "handler": "static_response" }] }] } ] });
        let mut draft = Draft::new("/t".as_ref());
        find_gates(Some(&json!([asks, serves])), &mut draft);
        assert!(draft.is_gate("gate:9000", "80") && !draft.is_gate("app:80", "80"));
    }
}
