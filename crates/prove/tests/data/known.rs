//! Configurations that are known to hold have nothing high or critical.

use gatewright_prove::{Intent, Report, Severity};

use crate::support::{own_folder, report};

fn ids(name: &str) -> Vec<&'static str> {
    let text = std::fs::read_to_string(own_folder().join("configurations").join(name)).unwrap();
    let Report { sources, findings, .. } = report(name, text.as_bytes(), &Intent::default()).unwrap();
    for finding in &findings {
        assert!(finding.severity < Severity::High, "{}: {}", sources.place(finding.span), finding.why);
    }
    let mut ids: Vec<_> = findings.iter().map(|finding| finding.lint.id).collect();
    ids.sort_unstable();
    ids
}

#[test]
fn envoy() {
    assert_eq!(ids("envoy-http.yaml"), [""; 0]);
    assert_eq!(ids("envoy-grpc.yaml"), [""; 0]);
}

#[test]
fn traefik() {
    assert_eq!(ids("traefik-dynamic.yaml"), [""; 0]);
}

#[test]
fn ingress_nginx() {
    assert_eq!(ids("ingress.yaml"), [""; 0]);
}

#[test]
fn caddy() {
    assert_eq!(ids("caddy-hardened-2.6.json"), [""; 0]);
    assert_eq!(ids("caddy-hardened-2.11.json"), [""; 0]);
    let short = [
        "caddy-connection-header",
        "caddy-gate-timeout",
        "caddy-identity-header",
        "caddy-identity-header",
        "caddy-underscore-headers",
        "caddy-unknown-host",
    ];
    assert_eq!(ids("caddy-minimal-2.6.json"), short);
    assert_eq!(
        ids("caddy-minimal-2.11.json"),
        ["caddy-connection-header", "caddy-gate-timeout", "caddy-underscore-headers", "caddy-unknown-host"]
    );
}
