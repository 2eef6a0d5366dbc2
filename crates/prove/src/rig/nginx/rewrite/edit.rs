//! What becomes of each directive.

use std::io;
use std::net::IpAddr;
use std::path::Path;

use super::address::PASSES;
use super::{Around, Writer, listen, rename};
use crate::model::{Matcher, Return};
use crate::nginx::Directive;
use crate::rig::checks::port;
use crate::rig::nginx::plan::{DEFAULT_LISTEN, Plan};

/// What becomes of one.
pub(super) enum Edit {
    /// It stays, with these words in place of others.
    Words(Vec<(usize, Vec<u8>)>),
    Whole(Vec<u8>),
    Drop,
}

pub(super) fn edit(writer: &mut Writer<'_, '_>, directive: &Directive, around: Around) -> io::Result<Edit> {
    let keep = || Ok(Edit::Words(Vec::new()));
    let name = directive.name();
    let first = directive.argument(0).unwrap_or_default();
    if directive.is("include") {
        let file = String::from_utf8_lossy(first);
        writer.plan.notes.insert(format!("`{file}` cannot be read and is left out"));
        return Ok(Edit::Drop);
    }
    if around == Around::Main && matches!(name, b"stream" | b"mail") {
        writer.plan.notes.insert(format!("`{}` is left out", String::from_utf8_lossy(name)));
        return Ok(Edit::Drop);
    }
    if is_for_the_machine(name) {
        return Ok(Edit::Drop);
    }
    if let Some(why) = REMOVED.iter().find_map(|(removed, why)| name.starts_with(removed.as_bytes()).then_some(why)) {
        writer.plan.notes.insert((*why).to_owned());
        return Ok(Edit::Drop);
    }
    match (name, around) {
        (b"load_module", Around::Main) => Ok(module(writer, first)),
        (b"use" | b"debug_connection", _) => Ok(Edit::Drop),
        (b"listen", Around::Server(..)) => Ok(listens(writer, directive)),
        (b"server", Around::Upstream(group)) => {
            let group = writer.subject.model.configuration.sources().text(group).to_vec();
            Ok(Edit::Whole(writer.member(directive, unquoted(&group))?))
        }
        (b"root" | b"alias", _) => {
            if !first.contains(&b'$') {
                writer.plan.folders.insert(first.to_vec());
            }
            Ok(Edit::Words(vec![(1, writer.plan.place(first))]))
        }
        (b"auth_basic_user_file" | b"proxy_store" | b"fastcgi_store" | b"scgi_store" | b"uwsgi_store", _) => {
            let is_path = !matches!(first, b"on" | b"off");
            Ok(Edit::Words(if is_path { vec![(1, writer.plan.place(first))] } else { Vec::new() }))
        }
        _ if name.ends_with(b"_cache_path") => Ok(Edit::Words(vec![(1, writer.plan.place(first))])),
        // nginx would look the name up, and not on loopback.
        (b"set_real_ip_from", _) if !is_network(first) => {
            let name = String::from_utf8_lossy(first);
            writer.plan.notes.insert(format!("`set_real_ip_from {name}` is left out: it is a name"));
            Ok(Edit::Drop)
        }
        (b"resolver", _) => Ok(Edit::Words(vec![(1, b"127.0.0.1:9".to_vec())])),
        (b"set", _) if writer.is_holder(directive) => {
            let value = writer.held(first, directive.argument(1).unwrap_or_default())?;
            Ok(Edit::Words(value.into_iter().map(|value| (2, value)).collect()))
        }
        (b"map" | b"split_clients" | b"geo", Around::Http) if writer.is_holder(directive) => table(writer, directive),
        (b"return", Around::Server(_, id) | Around::Location(_, id) | Around::Condition(_, id)) => {
            Ok(returned(writer, directive, id, around))
        }
        (_, Around::Location(_, id) | Around::Condition(_, id)) if PASSES.contains(&name) => {
            Ok(Edit::Words(vec![(1, writer.pass(directive, id)?)]))
        }
        (_, Around::Location(_, id)) if writer.plan.gates.contains(&id) && is_time(name) => Ok(Edit::Drop),
        _ => keep(),
    }
}

/// A name without the quotes around it.
fn unquoted(raw: &[u8]) -> &[u8] {
    match raw {
        [b'"', name @ .., b'"'] | [b'\'', name @ .., b'\''] => name,
        name => name,
    }
}

/// A module is code that runs: only one that came with nginx is loaded, from where it lies on this machine.
fn module(writer: &mut Writer<'_, '_>, file: &[u8]) -> Edit {
    let file = Path::new(str::from_utf8(file).unwrap_or_default());
    let folder = file.parent().filter(|folder| folder.is_absolute());
    let named = folder.is_none_or(|folder| MODULES.iter().any(|known| folder == Path::new(known)));
    let name = file.file_name().filter(|_| named);
    let found = name.and_then(|name| MODULES.iter().map(|folder| Path::new(folder).join(name)).find(|path| path.exists()));
    match found.as_deref().and_then(Path::to_str) {
        Some(path) => Edit::Words(vec![(1, path.as_bytes().to_vec())]),
        None => {
            let why = format!("`{}` is no module that came with this nginx: it is not loaded", file.display());
            writer.plan.notes.insert(why);
            Edit::Drop
        }
    }
}

fn listens(writer: &mut Writer<'_, '_>, directive: &Directive) -> Edit {
    if listen::is_quic(directive) {
        writer.plan.notes.insert("HTTP/3 is not tried".to_owned());
        return Edit::Drop;
    }
    if listen::has(directive, b"proxy_protocol") {
        writer.plan.notes.insert("the PROXY protocol is taken off: addresses of clients are those of loopback".to_owned());
    }
    if listen::is_tls(directive) {
        writer.plan.notes.insert("TLS is taken off; what asks for `$scheme` is told `https` all the same".to_owned());
    }
    let key = crate::model::listen(directive.argument(0).unwrap_or_default());
    let Some(listen) = writer.plan.listens.get(&key) else { return Edit::Drop };
    if listen::is_tls(directive) {
        writer.plan.tls.insert(listen.port);
    }
    let kept: Vec<u8> = listen::kept(directive).into_iter().flat_map(|word| [b" ", word].concat()).collect();
    Edit::Whole([format!("listen 127.0.0.1:{}", listen.port).as_bytes(), &kept, b";"].concat())
}

/// A table of addresses, entry by entry.
fn table(writer: &mut Writer<'_, '_>, directive: &Directive) -> io::Result<Edit> {
    let words: Vec<&[u8]> = directive.words().iter().map(|word| word.value()).collect();
    let name = words.last().copied().unwrap_or_default();
    let mut text: Vec<u8> = words.iter().flat_map(|word| [&super::quoted(word)[..], b" "].concat()).collect();
    text.push(b'{');
    for entry in directive.entries() {
        text.push(b' ');
        let value = entry.argument(0).unwrap_or_default();
        let other = writer.held(name, value)?;
        text.extend(super::quoted(entry.name()));
        if !entry.arguments().is_empty() {
            text.push(b' ');
            text.extend(super::quoted(other.as_deref().unwrap_or(value)));
        }
        text.push(b';');
    }
    text.push(b'}');
    Ok(Edit::Whole(text))
}

/// A text that a location behind the gate answers by itself gets a mark.
fn returned(writer: &mut Writer<'_, '_>, directive: &Directive, id: crate::model::LocationId, around: Around) -> Edit {
    let keep = Edit::Words(Vec::new());
    let Some(returned) = Return::read(directive) else { return keep };
    let is_rest = matches!(writer.subject.model.location(id).matcher, Matcher::Rest) || matches!(around, Around::Server(..));
    if is_rest || !Plan::is_guarded(writer.subject, id) {
        return keep;
    }
    let Some(text) = returned.text.filter(|text| !text.is_empty()) else { return keep };
    let index = if directive.argument(1).is_some() { 2 } else { 1 };
    let mark = format!("{RETURN}{}.", writer.plan.returns.len());
    let is_elsewhere =
        [&b"http://"[..], b"https://"].iter().any(|start| text.strip_prefix(*start).is_some_and(|rest| !rest.starts_with(b"$")));
    let marked = match returned.status {
        200..=299 => [text, b" ", mark.as_bytes()].concat(),
        300..=399 if is_elsewhere && !matches!(around, Around::Condition(..)) => [text, b"#", mark.as_bytes()].concat(),
        _ => return keep,
    };
    writer.plan.returns.push(id);
    Edit::Words(vec![(index, marked)])
}

/// What is put at the start of a block.
pub(super) fn in_block(writer: &mut Writer<'_, '_>, inside: Around) -> String {
    let model = &writer.subject.model;
    match inside {
        Around::Server(server, _) => {
            let scope = model.server(server).scope;
            let is_given = model.scopes.own(scope, "listen").iter().any(|listen| !listen::is_quic(listen));
            let listen = writer.plan.listens.get(DEFAULT_LISTEN).filter(|_| !is_given);
            listen.map_or_else(String::new, |listen| format!(" listen 127.0.0.1:{};", listen.port))
        }
        Around::Location(_, id) if writer.plan.gates.contains(&id) => {
            let kinds = ["proxy", "fastcgi", "uwsgi", "scgi", "grpc"];
            let has = |kind: &&&str| model.passes(id).any(|pass| pass.directive.name().starts_with(kind.as_bytes()));
            let times =
                |kind: &str| format!(" {kind}_connect_timeout {TIME}; {kind}_send_timeout {TIME}; {kind}_read_timeout {TIME};");
            kinds.iter().filter(has).map(|kind| times(kind)).collect()
        }
        _ => String::new(),
    }
}

/// What is put at the start of `http`.
pub(super) fn in_http(plan: &Plan, is_unwrapped: bool) -> Vec<u8> {
    let place = |name: &str| String::from_utf8_lossy(&plan.place(name.as_bytes())).into_owned();
    let temps = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let temps: String = temps.iter().map(|kind| format!("{kind}_temp_path {}; ", place(&format!("temporary/{kind}")))).collect();
    let ports: Vec<(u16, String)> = plan.listens.iter().filter_map(|(key, listen)| Some((listen.port, port(key)?))).collect();
    let tls: Vec<u16> = plan.tls.iter().copied().collect();
    let maps = if is_unwrapped { rename::maps(&tls, &ports) } else { String::new() };
    format!(" access_log off; resolver_timeout 1s; {temps}{maps}{}", plan.maps.concat()).into_bytes()
}

/// What only concerns the machine: who runs it, where its logs are.
fn is_for_the_machine(name: &[u8]) -> bool {
    let is_named = MACHINE.iter().any(|machine| name == machine.as_bytes());
    is_named
        || name.ends_with(b"_temp_path")
        || name.starts_with(b"worker_rlimit")
        || name.starts_with(b"otel_")
        || name.ends_with(b"_bind")
}

/// Whether an address, or one of a network, stands there and not a name.
fn is_network(text: &[u8]) -> bool {
    let address = text.split(|byte| *byte == b'/').next().unwrap_or_default();
    let is_address = || str::from_utf8(address).is_ok_and(|address| address.parse::<IpAddr>().is_ok());
    text == b"unix:" || is_address()
}

fn is_time(name: &[u8]) -> bool {
    [&b"_connect_timeout"[..], b"_read_timeout", b"_send_timeout"].iter().any(|end| name.ends_with(end))
}

/// Where distributions put modules of nginx.
const MODULES: [&str; 5] = [
    "/usr/lib/nginx/modules",
    "/usr/lib64/nginx/modules",
    "/usr/share/nginx/modules",
    "/usr/local/nginx/modules",
    "/etc/nginx/modules",
];

const MACHINE: [&str; 16] = [
    "user",
    "pid",
    "daemon",
    "master_process",
    "worker_cpu_affinity",
    "worker_priority",
    "working_directory",
    "debug_points",
    "lock_file",
    "error_log",
    "access_log",
    "resolver_timeout",
    "google_perftools_profiles",
    "ssl_engine",
    "ssl_stapling",
    "worker_shutdown_timeout",
];

/// What would only make probes slow, or fail for a reason that says nothing; with what is said about it.
const REMOVED: [(&str, &str); 10] = [
    ("ssl_verify_client", "certificates of clients are not asked for"),
    ("ssl_", "TLS is taken off; what asks for `$scheme` is told `https` all the same"),
    ("proxy_ssl_", "TLS to programs is taken off"),
    ("grpc_ssl_", "TLS to programs is taken off"),
    ("uwsgi_ssl_", "TLS to programs is taken off"),
    ("auth_delay", "`auth_delay` is left out"),
    ("limit_req", "limits of requests are left out"),
    ("limit_conn", "limits of connections are left out"),
    ("limit_rate", "limits of speed are left out"),
    ("quic_", "HTTP/3 is not tried"),
];

/// How long nginx waits for the gate: long enough for a busy machine.
const TIME: &str = "300ms";

/// What marks the text of a `return`.
pub(crate) const RETURN: &str = "gatewright-return-";
