//! Traefik: a static file that names the ports and the file of routes, or a file of routes alone.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use regex::Regex;
use serde_json::{Map, Value, json};

use super::addressed::Proxy;
use super::draft::{Draft, Given, Unwritten};
use super::tree;

pub(super) struct Traefik;

impl Proxy for Traefik {
    fn name(&self) -> &'static str {
        "Traefik"
    }

    fn program(&self) -> &'static str {
        "traefik"
    }

    fn write(&self, given: &Given<'_>, draft: &mut Draft) -> Result<(), Unwritten> {
        let mut fixed = tree::read(given.name, given.text)?;
        let mut routes = routes(given, &fixed, draft)?;
        draft.json = Some(routes.to_string().into_bytes());
        let http = routes.get("http").cloned().unwrap_or_default();
        let within = inner(&fixed, &http);
        let entries = fixed.get_mut("entryPoints").and_then(Value::as_object_mut).map(std::mem::take).unwrap_or_default();
        let entries = if entries.is_empty() { named_in(&http) } else { entries };
        let entries = entry_points(entries, &within, draft)?;
        find_gates(&http, &within, draft);
        find_hosts(&http, draft);
        if let Some(http) = routes.get_mut("http") {
            rewrite(http, draft)?;
        }
        for name in ["tcp", "udp", "tls"] {
            if routes.as_object_mut().and_then(|routes| routes.remove(name)).is_some() && name != "tls" {
                draft.note(format!("`{name}` is left out"));
            }
        }
        let ready = draft.listen_within("gatewright-rig:1")?;
        draft.write(READY, ready.to_string())?;
        let ping = json!({ "entryPoints": [RIG], "rule": "Path(`/ping`)", "service": "ping@internal" });
        let http = routes.get_mut("http").and_then(Value::as_object_mut);
        let Some(http) = http else { return Err(Unwritten::NotRun("it has no routes of HTTP".to_owned())) };
        let routers = http.entry("routers").or_insert_with(|| json!({}));
        routers.as_object_mut().map(|routers| routers.insert(RIG.to_owned(), ping));
        let mut entries = entries;
        entries.insert(RIG.to_owned(), json!({ "address": format!("127.0.0.1:{ready}") }));
        let file = draft.write("routes.yaml", routes.to_string())?;
        let fixed = json!({
            "global": { "checkNewVersion": false, "sendAnonymousUsage": false },
            "log": { "level": "ERROR" },
            "ping": { "manualRouting": true },
            "entryPoints": entries,
            "providers": { "file": { "filename": file } },
        });
        draft.write(FILE, fixed.to_string())?;
        Ok(())
    }

    fn tells(&self, _texts: &[String]) -> Vec<&'static str> {
        vec!["X-Forwarded-Uri", "X-Forwarded-Method", "X-Forwarded-Host"]
    }

    fn command(&self, program: &Path, folder: &Path) -> Command {
        let mut command = Command::new(program);
        command.arg("--configFile").arg(folder.join(FILE)).current_dir(folder);
        command
    }

    /// It listens before it has routes, and answers 404 meanwhile; all routes come at once.
    fn is_ready(&self, folder: &Path) -> bool {
        let port = std::fs::read_to_string(folder.join(READY)).ok().and_then(|port| port.parse::<u16>().ok());
        port.and_then(answers_ping).is_some()
    }
}

fn answers_ping(port: u16) -> Option<()> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(1))).ok()?;
    stream.write_all(b"GET /ping HTTP/1.1\r\nHost: ping\r\nConnection: close\r\n\r\n").ok()?;
    let mut answer = Vec::new();
    stream.take(4096).read_to_end(&mut answer).ok()?;
    answer.starts_with(b"HTTP/1.1 200 ").then_some(())
}

/// The routes: in the file that is given, or in those that it names, which may lie beside it instead.
fn routes(given: &Given<'_>, fixed: &Value, draft: &mut Draft) -> Result<Value, Unwritten> {
    if fixed.get("http").is_some() {
        return Ok(fixed.clone());
    }
    let file = fixed.pointer("/providers/file");
    let named = |name: &str| file.and_then(|file| file.get(name)).and_then(Value::as_str);
    let names: Vec<Vec<u8>> = match (named("filename"), named("directory")) {
        (Some(name), _) => vec![name.as_bytes().to_vec()],
        (None, Some(folder)) => {
            let folder = [folder.trim_end_matches('/').as_bytes(), b"/"].concat();
            let names = given.files.names(&folder);
            names.into_iter().map(|name| [folder.as_slice(), &name].concat()).collect()
        }
        (None, None) => Vec::new(),
    };
    let mut all = json!({});
    for name in &names {
        let base = name.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        let beside = given.name.rsplitn(2, |byte| *byte == b'/').nth(1);
        let beside = beside.map_or_else(|| base.to_vec(), |folder| [folder, b"/", base].concat());
        let text = given.files.read(name).or_else(|_| given.files.read(&beside));
        let shown = String::from_utf8_lossy(name).into_owned();
        let Ok(text) = text else {
            return Err(Unwritten::NotRun(format!("`{shown}` cannot be read, there or beside the static file")));
        };
        draft.texts.push(String::from_utf8_lossy(&text).into_owned());
        merge(&mut all, tree::read(name, &text)?);
    }
    if all.get("http").is_none() {
        return Err(Unwritten::NotRun("its routes are not in a file: give the file of the file provider".to_owned()));
    }
    Ok(all)
}

/// Puts the entries of a map into another, down to the names of routers, services and middlewares.
fn merge(into: &mut Value, from: Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (name, value) in from {
                match into.get_mut(&name) {
                    Some(known) => merge(known, value),
                    None => drop(into.insert(name, value)),
                }
            }
        }
        (into, from) => *into = from,
    }
}

/// The addresses at which `forwardAuth` asks.
fn asked(http: &Value) -> Vec<String> {
    let middlewares = http.get("middlewares").and_then(Value::as_object);
    let middlewares = middlewares.into_iter().flat_map(Map::values);
    let addresses = middlewares.filter_map(|middleware| middleware.pointer("/forwardAuth/address").and_then(Value::as_str));
    addresses.map(str::to_owned).collect()
}

/// The entry points at which only `forwardAuth` asks: Traefik's own way to the gate.
fn inner(fixed: &Value, http: &Value) -> BTreeSet<String> {
    let asked: Vec<String> = asked(http).iter().map(|url| authority(url).0).collect();
    let entries = fixed.get("entryPoints").and_then(Value::as_object).into_iter().flatten();
    let is_asked =
        |address: &str| asked.iter().any(|asked| asked == address || asked.replace("localhost", "127.0.0.1") == address);
    let found = entries.filter(|(_, entry)| entry.get("address").and_then(Value::as_str).is_some_and(is_asked));
    found.map(|(name, _)| name.clone()).collect()
}

/// The entry points that routers name, where the static file is not there.
fn named_in(http: &Value) -> Map<String, Value> {
    let routers = http.get("routers").and_then(Value::as_object);
    let routers = routers.into_iter().flat_map(Map::values);
    let names: BTreeSet<String> = routers.flat_map(points).collect();
    let names = if names.is_empty() { BTreeSet::from(["web".to_owned()]) } else { names };
    let port = |number: usize| number.saturating_add(80);
    names.into_iter().enumerate().map(|(number, name)| (name, json!({ "address": format!(":{}", port(number)) }))).collect()
}

fn points(router: &Value) -> Vec<String> {
    let points = router.get("entryPoints").and_then(Value::as_array).into_iter().flatten();
    points.filter_map(Value::as_str).map(str::to_owned).collect()
}

fn entry_points(
    entries: Map<String, Value>,
    within: &BTreeSet<String>,
    draft: &mut Draft,
) -> Result<Map<String, Value>, Unwritten> {
    let mut made = Map::new();
    for (name, mut entry) in entries {
        let address = entry.get("address").and_then(Value::as_str).unwrap_or_default().to_owned();
        let Some(entry_point) = entry.as_object_mut().filter(|_| !address.ends_with("/udp")) else {
            draft.note(format!("the entry point `{name}` is left out"));
            continue;
        };
        let bare = address.strip_suffix("/tcp").unwrap_or(&address);
        let is_tls = entry_point.get("http").is_some_and(|http| http.get("tls").is_some()) || bare.ends_with(":443");
        let port = if within.contains(&name) { draft.listen_within(bare)? } else { draft.listen(bare, is_tls)? };
        entry_point.insert("address".to_owned(), json!(format!("127.0.0.1:{port}")));
        for name in ["http3", "proxyProtocol", "observability"] {
            entry_point.remove(name);
        }
        if let Some(http) = entry_point.get_mut("http").and_then(Value::as_object_mut) {
            http.remove("tls");
            if http.remove("redirections").is_some() {
                draft.note(format!("the entry point `{name}` does not send everybody to another"));
            }
        }
        made.insert(name, entry);
    }
    Ok(made)
}

/// The gates: what `forwardAuth` asks, and behind Traefik's own way to it the services of that entry point.
fn find_gates(http: &Value, within: &BTreeSet<String>, draft: &mut Draft) {
    for url in asked(http) {
        let (address, port) = authority(&url);
        draft.gate(&address, port);
    }
    let routers = http.get("routers").and_then(Value::as_object);
    for router in routers.into_iter().flat_map(Map::values) {
        let points = points(router);
        if points.is_empty() || !points.iter().all(|point| within.contains(point)) {
            continue;
        }
        let service = router.get("service").and_then(Value::as_str).unwrap_or_default();
        let service = service.split('@').next().unwrap_or_default();
        let servers = http.pointer(&format!("/services/{service}/loadBalancer/servers")).and_then(Value::as_array);
        for url in servers.into_iter().flatten().filter_map(|server| server.get("url")?.as_str()) {
            let (address, port) = authority(url);
            draft.gate(&address, port);
        }
    }
}

/// Hosts that rules name.
fn find_hosts(http: &Value, draft: &mut Draft) {
    let (Ok(host), Ok(expression)) = (Regex::new(r"Host(?:SNI)?\(([^)]*)\)"), Regex::new(r"HostRegexp\(`([^`]*)`")) else {
        return;
    };
    let routers = http.get("routers").and_then(Value::as_object);
    for rule in routers.into_iter().flat_map(Map::values).filter_map(|router| router.get("rule")?.as_str()) {
        for names in host.captures_iter(rule).filter_map(|found| found.get(1)) {
            for name in names.as_str().split(',').map(|name| name.trim().trim_matches(['`', '"', '\''])) {
                draft.hosts.insert(name.to_ascii_lowercase());
            }
        }
        for pattern in expression.captures_iter(rule).filter_map(|found| found.get(1)) {
            draft.hosts.extend(super::nginx::sample(pattern.as_str()).into_iter().take(1));
        }
    }
}

fn rewrite(http: &mut Value, draft: &mut Draft) -> Result<(), Unwritten> {
    for router in http.get_mut("routers").and_then(Value::as_object_mut).into_iter().flat_map(Map::values_mut) {
        if let Some(router) = router.as_object_mut() {
            if router.remove("tls").is_some() {
                draft.note("TLS is taken off");
            }
            router.remove("observability");
        }
    }
    for service in http.get_mut("services").and_then(Value::as_object_mut).into_iter().flat_map(Map::values_mut) {
        let Some(balancer) = service.get_mut("loadBalancer").and_then(Value::as_object_mut) else { continue };
        balancer.remove("healthCheck");
        let servers = balancer.get_mut("servers").and_then(Value::as_array_mut);
        for server in servers.into_iter().flatten().filter_map(Value::as_object_mut) {
            let url = server.get("url").and_then(Value::as_str).unwrap_or_default().to_owned();
            let other = program(&url, draft)?;
            server.insert("url".to_owned(), json!(other));
        }
    }
    for middleware in http.get_mut("middlewares").and_then(Value::as_object_mut).into_iter().flat_map(Map::values_mut) {
        if middleware.get("plugin").is_some() {
            return Err(Unwritten::NotRun("it has a plugin, which is a program within Traefik".to_owned()));
        }
        let Some(asking) = middleware.get_mut("forwardAuth").and_then(Value::as_object_mut) else { continue };
        asking.remove("tls");
        let url = asking.get("address").and_then(Value::as_str).unwrap_or_default().to_owned();
        let other = program(&url, draft)?;
        asking.insert("address".to_owned(), json!(other));
    }
    Ok(())
}

/// The same URL, of what stands for its program.
fn program(url: &str, draft: &mut Draft) -> Result<String, Unwritten> {
    let (address, port) = authority(url);
    if url.starts_with("https:") {
        draft.note("TLS to programs is taken off");
    }
    let scheme = if url.starts_with("h2c:") { "h2c" } else { "http" };
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    let path = rest.find('/').and_then(|at| rest.get(at..)).unwrap_or_default();
    Ok(format!("{scheme}://{}{path}", draft.program(&address, port)?))
}

/// The authority of a URL, and the port that goes without saying.
fn authority(url: &str) -> (String, &'static str) {
    let port = if url.starts_with("https:") { "443" } else { "80" };
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let authority = authority.rsplit_once('@').map_or(authority, |(_, address)| address);
    (authority.to_owned(), port)
}

/// The entry point that says when it is ready.
const RIG: &str = "gatewright-rig";

const FILE: &str = "traefik.yaml";

/// Holds its port.
const READY: &str = "ready";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_way_to_the_gate_leads_to_the_gate() {
        let fixed = json!({ "entryPoints": { "web": { "address": ":80" }, "gate": { "address": "127.0.0.1:4179" } } });
        let http = json!({
            "routers": { "gate": { "entryPoints": ["gate"], "service": "gate" }, "app": { "service": "app", "rule": "Host(`a.test`, `b.test`)" } },
            "services": { "gate": { "loadBalancer": { "servers": [{ "url": "http://10.0.0.1:9000" }] } } },
            "middlewares": { "ask": { "forwardAuth": { "address": "http://127.0.0.1:4179/verify" } } },
        });
        let within = inner(&fixed, &http);
        assert_eq!(within, BTreeSet::from(["gate".to_owned()]));
        let mut draft = Draft::new("/t".as_ref());
        find_gates(&http, &within, &mut draft);
        find_hosts(&http, &mut draft);
        assert!(draft.is_gate("10.0.0.1:9000", "80") && draft.hosts.len() == 2);
        assert_eq!(authority("https://u:p@a.test/x"), ("a.test".to_owned(), "443"));
    }

    #[test]
    fn url_keeps_its_path() {
        let mut draft = Draft::new("/t".as_ref());
        let url = program("https://gate.test/verify?x=1", &mut draft).unwrap();
        assert!(url.starts_with("http://127.0.0.1:") && url.ends_with("/verify?x=1"), "{url}");
    }
}
