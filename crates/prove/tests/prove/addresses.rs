//! Deployments at several addresses, and over TLS.

use std::net::SocketAddr;
use std::sync::Arc;

use gatewright_prove::prove::{Certificates, Verdict, prove};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::PrivateKeyDer;

use crate::fake::{Asked, Fake, LEDGER, closed, page};
use crate::{bad, exit, verdicts};

/// Whether the second address shows the page for this.
type Hole = fn(&Asked) -> bool;

/// Another address of loopback, with the same port: as a name that has two.
fn beside(fake: &Fake, number: u8) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, number], fake.port))
}

#[test]
fn way_in_at_the_second_address_alone_is_found() {
    let holes: [(&str, &str, Hole); 4] = [
        ("P01", "GET at 127.0.0.2:", |asked| asked.target == "/admin"),
        ("P06", "two slashes at 127.0.0.2:", |asked| asked.path().starts_with("//admin")),
        ("P07", "HTTP/1.0 without Host at 127.0.0.2:", |asked| asked.value("host").is_none()),
        ("P08", "X-Forwarded-For: 127.0.0.1 at 127.0.0.2:", |asked| asked.value("x-forwarded-for") == Some("127.0.0.1")),
    ];
    for (probe, variant, is_open) in holes {
        let first = Fake::start(closed);
        let second = Fake::start_at(beside(&first, 2), move |asked| if is_open(asked) { page(LEDGER) } else { closed(asked) });
        let mut options = first.options();
        options.addresses = vec![first.address, second.address];
        let report = prove(&options, &mut |_| ());
        let open = report.checks.iter().find(|check| check.verdict == Verdict::Open);
        let open = open.map(|check| (check.probe, check.variant.as_str()));
        assert!(open.is_some_and(|open| open.0 == probe && open.1.starts_with(variant)), "{probe}: {open:?}");
        assert_eq!(report.requests.len(), first.asked() + second.asked());
    }
}

#[test]
fn address_at_which_nobody_listens_is_left_alone() {
    let fake = Fake::start(closed);
    let mut options = fake.options();
    options.addresses = vec![beside(&fake, 3), fake.address];
    let report = prove(&options, &mut |_| ());
    assert_eq!((bad(&report), exit(&report)), (Vec::new(), 0));
}

/// A certificate of its own for `app.test`, and what believes it.
fn certificate() -> (Arc<ServerConfig>, Vec<u8>) {
    let made = rcgen::generate_simple_self_signed(["app.test".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    (Arc::new(config), made.cert.pem().into_bytes())
}

#[test]
fn deployment_over_tls_is_proved_by_whom_its_authority_vouches_for() {
    let (config, authority) = certificate();
    let fake = Fake::start_with_tls(config, closed);
    let mut options = fake.options();
    options.target = format!("https://app.test:{}/admin", fake.port).parse().unwrap();
    options.addresses = vec![fake.address];
    options.certificates = Certificates::Authorities(authority);
    let report = prove(&options, &mut |_| ());
    assert_eq!((bad(&report), exit(&report)), (Vec::new(), 0));
    let over_tls = |curl: &str| curl.contains("https://") || curl.contains("openssl s_client");
    assert!(report.count(Verdict::Pass) > 100 && report.requests.iter().all(|request| over_tls(&request.curl)));
    options.certificates = Certificates::Authorities(certificate().1);
    let stranger = prove(&options, &mut |_| ());
    assert!(stranger.nothing_proved.as_ref().unwrap().contains("no TLS"), "{:?}", stranger.nothing_proved);
    assert_eq!(exit(&stranger), 3);
}

#[test]
fn hole_behind_tls_is_found() {
    let (config, authority) = certificate();
    let hole = |asked: &Asked| asked.path().ends_with(".css");
    let fake = Fake::start_with_tls(config, move |asked| if hole(asked) { page(LEDGER) } else { closed(asked) });
    let mut options = fake.options();
    options.target = format!("https://app.test:{}/admin", fake.port).parse().unwrap();
    options.addresses = vec![fake.address];
    options.certificates = Certificates::Authorities(authority);
    let report = prove(&options, &mut |_| ());
    assert_eq!(verdicts(&report, "P06"), [Verdict::Pass, Verdict::Open]);
}

/// Whoever means harm looks at no certificate.
#[test]
fn application_that_answers_by_its_own_address_is_found_whatever_its_certificate() {
    let proxy = Fake::start(closed);
    let application = Fake::start_with_tls(certificate().0, |_| page(LEDGER));
    let mut options = proxy.options();
    options.direct = vec![format!("https://127.0.0.1:{}/", application.port).parse().unwrap()];
    let report = prove(&options, &mut |_| ());
    assert_eq!((verdicts(&report, "P17"), exit(&report)), (vec![Verdict::Open], 1));
}

#[test]
fn address_whose_certificate_is_not_believed_was_not_asked_and_so_refused_nothing() {
    let (config, authority) = certificate();
    let first = Fake::start_with_tls(config, closed);
    let second = Fake::start_with(beside(&first, 2), Some(certificate().0), |_| page(LEDGER));
    let mut options = first.options();
    options.target = format!("https://app.test:{}/admin", first.port).parse().unwrap();
    options.addresses = vec![first.address, second.address];
    options.certificates = Certificates::Authorities(authority);
    let report = prove(&options, &mut |_| ());
    let there = report.checks.iter().find(|check| check.probe == "P01" && check.variant.contains("127.0.0.2")).unwrap();
    assert_eq!((there.verdict, exit(&report) == 0), (Verdict::Inconclusive, false));
}
