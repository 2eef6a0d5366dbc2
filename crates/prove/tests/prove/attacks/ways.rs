//! Ways past a gate that what stands beside it gives: expressions for open paths, health checks, addresses that are believed.

use super::{Site, all_closed, assert_found, ledger, missing, proved, unauthorized};
use crate::fake::Asked;

#[test]
fn expression_for_open_paths_that_also_finds_them_in_the_query_is_found() {
    let site = |asked: &Asked| match asked.path() {
        _ if !asked.is_member() && !asked.target.contains("/static/") => unauthorized(),
        "/admin" => ledger(),
        _ => missing(),
    };
    let report = proved(site, |options| options.open = vec!["/static/*".to_owned()]);
    assert_found(&report, "P06");
}

#[test]
fn headers_that_open_the_gate_are_found() {
    let sites: [(&str, Site); 3] = [
        ("the name of a health check", |asked| match asked.value("user-agent") {
            Some(agent) if ["GoogleHC", "kube-probe", "ELB-HealthChecker"].iter().any(|name| agent.starts_with(name)) => ledger(),
            _ => all_closed(asked),
        }),
        ("an address that Cloudflare would tell", |asked| match asked.value("cf-connecting-ip") {
            Some(address) if address.starts_with("10.") => ledger(),
            _ => all_closed(asked),
        }),
        ("an address that a cluster would tell", |asked| match asked.value("x-cluster-client-ip") {
            Some(address) if address.starts_with("10.") => ledger(),
            _ => all_closed(asked),
        }),
    ];
    for (name, site) in sites {
        let report = proved(site, |_| ());
        assert!(report.checks.iter().any(|check| check.verdict.is_fail()), "{name}");
        assert_found(&report, "P08");
    }
}
