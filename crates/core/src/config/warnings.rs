//! What is allowed but looks like a mistake.

use std::net::{IpAddr, SocketAddr};

use super::Config;
use super::document::{Node, Place, Value};
use super::reader::Reader;
use crate::host::HostPattern;
use crate::network::Network;
use crate::policy::condition::{Condition, Table};
use crate::policy::pattern::{PathPattern, PatternSegment, Rest};
use crate::policy::rule::{Effect, Rule, Target};

pub(super) fn look(config: &Config, document: &Node, reader: &mut Reader<'_>) {
    if config.rules.is_empty() {
        reader.warn("there is no [[rule]]: every request is forbidden", &Place::Named(String::new()));
    }
    let places = rule_places(document);
    let place = |index: usize| places.get(index).cloned().unwrap_or(Place::Named(String::new()));
    let has_address = proxy_sets_any(config, |header| ["x-real-ip", "x-forwarded-for"].contains(&header));
    look_at_credentials(config, document, has_address, reader);
    look_at_listeners(config, document, reader);
    for (index, rule) in config.rules.iter().enumerate() {
        if rule.target.networks.is_some() && !has_address {
            reader.warn(
                format!("rule `{}` needs the client's address, and no endpoint in `proxy_sets` names a header for it: only `/auth/forward` and `grpc` will know one, and elsewhere the rule refuses every request it matches", rule.id),
                &place(index),
            );
        }
        if wants_step_up(rule) && config.session.is_none() && config.issuers.is_empty() {
            reader.warn(
                format!(
                    "rule `{}` asks how or when somebody authenticated, which only sessions and JWTs say: it refuses everybody",
                    rule.id
                ),
                &place(index),
            );
        } else if config.login.is_some() && wants_step_up(rule) {
            reader.note(
                format!(
                    "rule `{}` may ask for a stronger login: hand `Location` on in nginx with `auth_request_set $login $upstream_http_location;` and \
                     `error_page 401 =302 $login;`",
                    rule.id
                ),
                &place(index),
            );
        }
    }
    if config.rules.len() > MAX_COMPARED {
        reader.warn(format!("only the first {MAX_COMPARED} rules were compared with each other"), &Place::Named(String::new()));
    }
    let compared: Vec<&Rule> = config.rules.iter().take(MAX_COMPARED).collect();
    for (index, rule) in compared.iter().enumerate() {
        let earlier = || compared.iter().take(index).filter(|earlier| !earlier.shadow);
        if let Some(cover) = earlier().find(|earlier| covers(&earlier.target, &rule.target)) {
            let message = match rule.shadow {
                true => format!(
                    "shadow rule `{}` is never evaluated: `{}` comes first and matches everything it does",
                    rule.id, cover.id
                ),
                false => format!(
                    "rule `{}` can never match: `{}` comes first and matches everything it does; put the narrower rule first",
                    rule.id, cover.id
                ),
            };
            reader.warn(message, &place(index));
        } else if rule.shadow
            && compared.iter().skip(index.saturating_add(1)).any(|later| covers(&rule.target, &later.target))
            && !matches!(rule.effect, Effect::Deny)
        {
            reader.warn(
                format!(
                    "shadow rule `{}` is wider than a rule after it: when it becomes real, that rule is never reached",
                    rule.id
                ),
                &place(index),
            );
        }
        let conditional = matches!(rule.effect, Effect::Tables(_));
        if conditional
            && let Some(open) =
                earlier().find(|earlier| matches!(earlier.effect, Effect::Anyone) && overlaps(&earlier.target, &rule.target))
        {
            reader
                .warn(format!("rule `{}` allows anyone on paths that rule `{}` keeps for some", open.id, rule.id), &place(index));
        }
    }
}

fn proxy_sets_any(config: &Config, wanted: impl Fn(&str) -> bool) -> bool {
    config.http.proxy_sets.iter().any(|(_, headers)| headers.iter().any(|header| wanted(header)))
}

fn look_at_credentials(config: &Config, document: &Node, has_address: bool, reader: &mut Reader<'_>) {
    if config.passwords.is_some() && !has_address {
        reader.warn(
            "no endpoint in `proxy_sets` names a header for the client's address: behind any proxy but Traefik and Caddy, all clients share one budget of password checks, and none is throttled by itself",
            &table_place(document, "basic"),
        );
    }
    if config.biscuits.iter().any(|biscuits| !biscuits.can_allow()) {
        reader.warn("the `policy` of a [[biscuit]] has no `allow if`: it refuses every token", &table_place(document, "biscuit"));
    }
    let place = || table_place(document, "client_cert");
    for certificates in &config.certificates {
        let headers = certificates.form.headers();
        if !proxy_sets_any(config, |header| headers.contains(&header)) {
            let names = headers.iter().map(|header| format!("`{header}`")).collect::<Vec<_>>().join(" and ");
            reader.warn(format!("no endpoint in `proxy_sets` names {names}: no certificate will be read from there"), &place());
        }
    }
    let unix = config.http.listen.iter().any(|address| address.starts_with("unix:"));
    if !config.certificates.is_empty() && !unix && config.http.proxy_secret.is_none() {
        reader.warn(
            "certificates are read only from requests over a unix socket, or with `proxy_secret`; neither is configured",
            &place(),
        );
    }
}

fn look_at_listeners(config: &Config, document: &Node, reader: &mut Reader<'_>) {
    let http = &config.http;
    let place = || table_place(document, "http");
    let everybody = [IpAddr::from([203, 0, 113, 1]), IpAddr::from([0x2001, 0xdb8, 0, 0, 0, 0, 0, 1])];
    let trusts_all = |peers: &Vec<Network>| everybody.iter().any(|address| peers.iter().any(|peer| peer.contains(*address)));
    if http.trusted_peers.as_ref().is_some_and(trusts_all) && http.proxy_secret.is_none() {
        reader.warn(
            "`trusted_peers` names everybody: whoever reaches the listener can ask about any request; name the proxy",
            &place(),
        );
    }
    let admin = http.admin.as_deref().and_then(|address| address.parse::<SocketAddr>().ok());
    if admin.is_some_and(|address| !address.ip().is_loopback()) {
        reader.warn("`admin` can be reached from other machines; it asks nobody who they are", &place());
    }
    // The mode's last digit has the bit for writing.
    let open_to_all = |listen: &String| listen.contains("?mode=") && listen.ends_with(['2', '3', '6', '7']);
    if !config.certificates.is_empty() && http.proxy_secret.is_none() && http.listen.iter().any(open_to_all) {
        reader.warn(
            "every user of the machine can write to the socket, and show any certificate there: write `mode=0660`",
            &place(),
        );
    }
    if config.passwords.is_some() && http.proxy_secret.is_none() && http.listen.iter().any(|listen| !listen.starts_with("unix:"))
    {
        reader.note(
            "programs on this machine can ask the gate themselves, under addresses that they choose, and so guess passwords without being throttled: listen on a unix socket, or set `proxy_secret`",
            &table_place(document, "basic"),
        );
    }
}

fn table_place(document: &Node, key: &str) -> Place {
    let Value::Table(members) = &document.value else { return Place::Named(String::new()) };
    members.iter().find(|member| member.key == key).map_or(Place::Named(String::new()), |member| member.place.clone())
}

fn rule_places(document: &Node) -> Vec<Place> {
    let Value::Table(members) = &document.value else { return Vec::new() };
    let rules = members.iter().find(|member| member.key == "rule").map(|member| &member.node.value);
    match rules {
        Some(Value::Array(rules)) => rules.iter().map(|rule| rule.place.clone()).collect(),
        _ => Vec::new(),
    }
}

fn wants_step_up(rule: &Rule) -> bool {
    let step_up = |table: &Table| {
        table.conditions.iter().any(|it| matches!(it, Condition::Acr(_) | Condition::Amr(_) | Condition::MaxAuthAge(_)))
    };
    matches!(&rule.effect, Effect::Tables(tables) if tables.iter().any(step_up))
}

/// Whether every request that `inner` matches is matched by `outer`: sound, not complete.
fn covers(outer: &Target, inner: &Target) -> bool {
    let hosts = match (&outer.hosts, &inner.hosts) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(outer), Some(inner)) => inner.iter().all(|inner| outer.iter().any(|outer| host_covers(outer, inner))),
    };
    let paths = match (&outer.paths, &inner.paths) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(outer), Some(inner)) => inner.iter().all(|inner| outer.iter().any(|outer| path_covers(outer, inner))),
    };
    let methods = match (&outer.methods, &inner.methods) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(outer), Some(inner)) => inner.iter().all(|it| outer.contains(it)),
    };
    hosts
        && paths
        && methods
        && outer.networks.is_none()
        && outer.query.is_empty()
        && outer.headers.is_empty()
        && (outer.insensitive == inner.insensitive || outer.paths.is_none())
        && outer.accept == inner.accept
}

fn host_covers(outer: &HostPattern, inner: &HostPattern) -> bool {
    let port = outer.port.is_none() || outer.port == inner.port;
    let name = match (outer.wildcard, inner.wildcard) {
        (false, false) => outer.name == inner.name,
        (false, true) => false,
        (true, false) => outer.matches_name(&inner.name),
        (true, true) => outer.name == inner.name || outer.matches_name(&inner.name),
    };
    port && name
}

fn path_covers(outer: &PathPattern, inner: &PathPattern) -> bool {
    let (PathPattern::Segments(outer, outer_rest), PathPattern::Segments(inner, inner_rest)) = (outer, inner) else {
        return false;
    };
    let long_enough = match outer_rest {
        Rest::Any => inner.len() >= outer.len(),
        Rest::None => inner.len() == outer.len() && *inner_rest == Rest::None,
    };
    long_enough && outer.iter().zip(inner).all(|(outer, inner)| *outer == PatternSegment::Any || outer == inner)
}

/// Whether some request matches both, judged by host and path alone.
fn overlaps(one: &Target, other: &Target) -> bool {
    let hosts = match (&one.hosts, &other.hosts) {
        (Some(one), Some(other)) => {
            one.iter().any(|one| other.iter().any(|other| host_covers(one, other) || host_covers(other, one)))
        }
        _ => true,
    };
    let paths = match (&one.paths, &other.paths) {
        (Some(one), Some(other)) => one.iter().any(|one| other.iter().any(|other| path_covers(one, other))),
        _ => false,
    };
    hosts && paths
}

/// Comparing every pair is quadratic; past this many rules nobody reads the answer.
const MAX_COMPARED: usize = 1_000;
