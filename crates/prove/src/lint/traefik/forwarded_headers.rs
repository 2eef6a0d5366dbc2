//! What anybody says about proxies in front is believed.

use super::super::declared::stands_behind_proxies;
use super::super::{Finding, Intent, Lint, Severity};
use super::{Model, is_local, path};
use crate::data::Node;
use crate::source::Span;

pub(super) const LINT: Lint =
    Lint::new("traefik-forwarded-headers", Severity::Medium, "a client can write its own address, host and scheme");

pub(super) fn check(model: &Model<'_>, intent: &Intent<'_>, findings: &mut Vec<Finding>) {
    if stands_behind_proxies(intent) {
        return;
    }
    for entry in model.entry_points().iter().filter(|entry| !is_local(&entry.node)) {
        if let Some(span) = trusts_anybody(&entry.node) {
            findings.push(LINT.at(
                span,
                "`X-Forwarded-…` of every client is believed: it chooses its address, and with `X-Forwarded-Proto: https` passes `redirectScheme` into the router that was only to redirect",
                "name the networks of the proxies in front in `trustedIPs`; without any, leave it out",
            ));
        }
    }
}

/// Where an entry point says that whoever sends something is a proxy.
pub(super) fn trusts_anybody(entry_point: &Node) -> Option<Span> {
    ["forwardedHeaders", "proxyProtocol"].into_iter().find_map(|part| {
        let insecure = path(entry_point, &[part, "insecure"]).filter(|insecure| insecure.is_true()).map(|insecure| insecure.span);
        let trusted = path(entry_point, &[part, "trustedIPs"]).map(Node::texts).unwrap_or_default();
        insecure.or_else(|| trusted.into_iter().find(|(network, _)| is_wide(network)).map(|(_, span)| span))
    })
}

/// Whether a network is most of all addresses.
fn is_wide(network: &str) -> bool {
    let (address, bits) = network.trim().split_once('/').unwrap_or((network, "128"));
    let least = if address.contains(':') { 16 } else { 8 };
    bits.parse::<u8>().is_ok_and(|bits| bits < least)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{flags, is_silent};
    use super::*;

    #[test]
    fn only_proxies_speak_for_others() {
        let web = |trust: &str| format!("entryPoints:\n  web:\n    address: ':80'\n    {trust}\n");
        flags(&web("forwardedHeaders: { insecure: true }"), &LINT, "insecure");
        flags(&web("forwardedHeaders: { trustedIPs: [ 0.0.0.0/0 ] }"), &LINT, "trustedIPs");
        flags(&web("proxyProtocol: { trustedIPs: [ \"::/0\" ] }"), &LINT, "trustedIPs");
        is_silent(&web("forwardedHeaders: { trustedIPs: [ 10.0.0.0/8, 192.0.2.1 ] }"), &LINT);
        is_silent(&web("forwardedHeaders: { insecure: true }").replace(":80", "127.0.0.1:80"), &LINT);
    }
}
