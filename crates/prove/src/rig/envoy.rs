//! Envoy: one file with listeners and clusters.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use serde_json::{Map, Value, json};

use super::addressed::Proxy;
use super::draft::{Draft, Given, Unwritten, reach_of};
use super::tree;

pub(super) struct Envoy;

impl Proxy for Envoy {
    fn name(&self) -> &'static str {
        "Envoy"
    }

    fn program(&self) -> &'static str {
        "envoy"
    }

    fn write(&self, given: &Given<'_>, draft: &mut Draft) -> Result<(), Unwritten> {
        let mut root = tree::read(given.name, given.text)?;
        let Some(resources) = root.get("static_resources") else {
            return Err(Unwritten::NotRun("its listeners are not in the file (`static_resources`)".to_owned()));
        };
        let mut asked = BTreeSet::new();
        find_asked(resources, &mut asked)?;
        find_hosts(resources, draft);
        for name in root.as_object().into_iter().flat_map(Map::keys).filter(|name| !KEPT.contains(&name.as_str())) {
            draft.note(format!("`{name}` is left out"));
        }
        root.as_object_mut().into_iter().for_each(|root| root.retain(|name, _| KEPT.contains(&name.as_str())));
        // Layers from files or from servers are not.
        if let Some(layers) = root.pointer_mut("/layered_runtime/layers").and_then(Value::as_array_mut) {
            layers.retain(|layer| layer.get("static_layer").is_some());
        }
        let Some(resources) = root.get_mut("static_resources") else { return Ok(()) };
        clean(resources);
        let clusters = || resources.get("clusters").and_then(Value::as_array).into_iter().flatten();
        for cluster in clusters().filter(|cluster| name(cluster).is_some_and(|name| asked.contains(name))) {
            addresses(cluster).iter().for_each(|address| draft.gate(address, "80"));
        }
        if let Some(listeners) = resources.get_mut("listeners").and_then(Value::as_array_mut) {
            *listeners = rewrite_listeners(std::mem::take(listeners), draft)?;
        }
        for cluster in resources.get_mut("clusters").and_then(Value::as_array_mut).into_iter().flatten() {
            rewrite_cluster(cluster, draft)?;
        }
        draft.write(FILE, root.to_string())?;
        Ok(())
    }

    /// By the request itself.
    fn tells(&self, _texts: &[String]) -> Vec<&'static str> {
        Vec::new()
    }

    fn command(&self, program: &Path, folder: &Path) -> Command {
        let mut command = Command::new(program);
        command.arg("-c").arg(folder.join(FILE)).args(["--disable-hot-restart", "--concurrency", "1", "-l", "error"]);
        command.current_dir(folder);
        command
    }
}

fn name(value: &Value) -> Option<&str> {
    value.get("name")?.as_str()
}

/// The clusters that `ext_authz` asks.
fn find_asked(value: &Value, asked: &mut BTreeSet<String>) -> Result<(), Unwritten> {
    match value {
        Value::Object(entries) => {
            let kind = entries.get("@type").and_then(Value::as_str).unwrap_or_default();
            if kind.ends_with(".ext_authz.v3.ExtAuthz") {
                if entries.contains_key("grpc_service") {
                    return Err(Unwritten::NotRun("it asks over gRPC, which the gate of the rig does not speak".to_owned()));
                }
                let cluster = value.pointer("/http_service/server_uri/cluster").and_then(Value::as_str);
                asked.extend(cluster.map(str::to_owned));
            }
            if let Some(part) = BEYOND.iter().find(|part| kind.contains(**part)) {
                return Err(Unwritten::NotRun(format!("it has a `{}`, which reaches beyond requests", part.trim_matches('.'))));
            }
            if entries.contains_key("google_grpc") {
                return Err(Unwritten::NotRun("it asks over gRPC by itself (`google_grpc`), not by a cluster".to_owned()));
            }
            let scripts = ["inline_string", "inline_code"].iter().filter_map(|name| entries.get(*name)?.as_str());
            if let Some(word) = scripts.filter_map(reach_of).next() {
                return Err(Unwritten::NotRun(format!("its Lua calls `{word}`, which reaches beyond requests")));
            }
            entries.values().try_for_each(|value| find_asked(value, asked))
        }
        Value::Array(items) => items.iter().try_for_each(|value| find_asked(value, asked)),
        _ => Ok(()),
    }
}

/// Hosts of the virtual ones.
fn find_hosts(value: &Value, draft: &mut Draft) {
    match value {
        Value::Object(entries) => {
            let domains = entries.get("domains").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
            for domain in domains.filter(|domain| *domain != "*") {
                let host = domain
                    .rsplit_once(':')
                    .filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()))
                    .map_or(domain, |(host, _)| host);
                draft.hosts.insert(host.replace('*', "w").trim_start_matches('.').to_owned());
            }
            entries.values().for_each(|value| find_hosts(value, draft));
        }
        Value::Array(items) => items.iter().for_each(|value| find_hosts(value, draft)),
        _ => {}
    }
}

/// Takes away what is for the machine, and what leads elsewhere by itself.
fn clean(value: &mut Value) {
    match value {
        Value::Object(entries) => {
            for name in ["access_log", "tracing", "health_checks"] {
                entries.remove(name);
            }
            entries.values_mut().for_each(clean);
        }
        Value::Array(items) => items.iter_mut().for_each(clean),
        _ => {}
    }
}

/// A listener of its own for each chain: without TLS nothing else tells them apart.
fn rewrite_listeners(listeners: Vec<Value>, draft: &mut Draft) -> Result<Vec<Value>, Unwritten> {
    let mut made = Vec::new();
    for listener in listeners {
        let Some(address) = socket(listener.get("address")) else {
            draft.note("a listener without a port is left out");
            continue;
        };
        let chains = listener.get("filter_chains").and_then(Value::as_array).cloned().unwrap_or_default();
        let more = listener.get("default_filter_chain").cloned();
        for (number, mut chain) in chains.into_iter().chain(more).enumerate() {
            let Some(parts) = chain.as_object_mut() else { continue };
            let is_tls = parts.remove("transport_socket").is_some();
            parts.remove("filter_chain_match");
            parts.remove("name");
            let key = if number == 0 { address.clone() } else { format!("{address} chain {number}") };
            let port = draft.listen(&key, is_tls)?;
            let mut one = listener.clone();
            let Some(entries) = one.as_object_mut() else { continue };
            for name in ["default_filter_chain", "listener_filters", "additional_addresses", "udp_listener_config"] {
                entries.remove(name);
            }
            entries.insert("name".to_owned(), json!(format!("listener {}", made.len())));
            entries.insert("address".to_owned(), at(&format!("127.0.0.1:{port}")));
            entries.insert("filter_chains".to_owned(), json!([chain]));
            made.push(one);
        }
    }
    Ok(made)
}

fn rewrite_cluster(cluster: &mut Value, draft: &mut Draft) -> Result<(), Unwritten> {
    let found = addresses(cluster);
    let name = name(cluster).unwrap_or_default().to_owned();
    let Some(entries) = cluster.as_object_mut() else { return Ok(()) };
    for name in ["transport_socket", "transport_socket_matches", "eds_cluster_config", "cluster_type", "hosts", "lrs_server"] {
        if entries.remove(name).is_some() && name == "transport_socket" {
            draft.note("TLS to programs is taken off");
        }
    }
    for name in [
        "dns_lookup_family",
        "dns_resolvers",
        "dns_refresh_rate",
        "respect_dns_ttl",
        "typed_dns_resolver_config",
        "use_tcp_for_dns_lookups",
    ] {
        entries.remove(name);
    }
    let found = if found.is_empty() { vec![format!("{name}.internal:80")] } else { found };
    let mut endpoints = Vec::new();
    for address in &found {
        let other = draft.program(address, "80")?;
        endpoints.push(json!({ "endpoint": { "address": at(&other) } }));
    }
    entries.insert("type".to_owned(), json!("STATIC"));
    entries.insert("load_assignment".to_owned(), json!({ "cluster_name": name, "endpoints": [{ "lb_endpoints": endpoints }] }));
    Ok(())
}

/// The addresses of a cluster.
fn addresses(cluster: &Value) -> Vec<String> {
    let groups = cluster.pointer("/load_assignment/endpoints").and_then(Value::as_array).into_iter().flatten();
    let endpoints = groups.flat_map(|group| group.get("lb_endpoints").and_then(Value::as_array).into_iter().flatten());
    endpoints.filter_map(|endpoint| socket(endpoint.pointer("/endpoint/address"))).collect()
}

fn socket(address: Option<&Value>) -> Option<String> {
    let address = address?;
    if let Some(path) = address.pointer("/pipe/path").and_then(Value::as_str) {
        return Some(format!("unix:{path}"));
    }
    let socket = address.get("socket_address")?;
    let host = socket.get("address")?.as_str()?;
    let port = socket.get("port_value")?.as_u64()?;
    Some(if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") })
}

fn at(address: &str) -> Value {
    let (host, port) = address.rsplit_once(':').unwrap_or((address, "0"));
    json!({ "socket_address": { "address": host, "port_value": port.parse::<u16>().unwrap_or_default() } })
}

const FILE: &str = "envoy.json";

/// Extensions that write files, or run programs.
const BEYOND: [&str; 6] =
    [".tap.", ".file_system_http_cache.", ".wasm.", ".golang.", ".dynamic_modules.", ".dynamic_forward_proxy."];

/// What of the file is taken over.
const KEPT: [&str; 3] = ["static_resources", "layered_runtime", "node"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cluster_that_is_asked_is_the_gate() {
        let cluster = json!({ "name": "gate", "type": "STRICT_DNS", "load_assignment": { "endpoints": [
            { "lb_endpoints": [{ "endpoint": { "address": { "socket_address": { "address": "gate.test", "port_value": 9000 } } } }] } ] } });
        let filter = json!({ "@type": "type.googleapis.com/envoy.extensions.filters.http.ext_authz.v3.ExtAuthz",
            "http_service": { "server_uri": { "cluster": "gate" } } });
        let mut asked = BTreeSet::new();
        find_asked(&json!([filter]), &mut asked).unwrap();
        assert!(asked.contains("gate") && addresses(&cluster) == ["gate.test:9000"]);
        let grpc =
            json!({ "@type": "type.googleapis.com/envoy.extensions.filters.http.ext_authz.v3.ExtAuthz", "grpc_service": {} });
        assert!(matches!(find_asked(&grpc, &mut asked), Err(Unwritten::NotRun(_))));
    }

    #[test]
    fn each_chain_listens_for_itself() {
        let listener = json!({ "address": { "socket_address": { "address": "0.0.0.0", "port_value": 443 } },
            "filter_chains": [{ "transport_socket": {}, "filter_chain_match": { "server_names": ["a"] } }, { "filters": [] }] });
        let mut draft = Draft::new("/t".as_ref());
        let made = rewrite_listeners(vec![listener], &mut draft).unwrap();
        assert_eq!((made.len(), draft.ports.len()), (2, 2));
        assert!(draft.ports[b"*:443".as_slice()].is_tls && !made[0].to_string().contains("transport_socket"));
    }
}
