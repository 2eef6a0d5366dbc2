//! The prober in front of real proxies: what `gatewright init` writes passes every probe, and a hole in it is found and named.

mod application;
mod holes;
mod relay;

use std::net::SocketAddr;
use std::path::Path;

use gatewright_prove::Wiring;
use gatewright_prove::prove::{Credential, Methods, Outage, Prove, Report, Strictness, Verdict, prove};
use tempfile::TempDir;

use super::front::{self, Front, Running};
use super::rig;
use super::support::gate::Gate;
use application::Application;
use relay::Relay;

/// A proxy between the prober and an application, with the gate beside it.
struct Deployment {
    gate: Gate,
    application: Application,
    /// What the prober speaks to.
    entrance: Relay,
    _running: Running,
    folder: TempDir,
}

impl Deployment {
    /// Starts a proxy with what `gatewright init` writes, once `change` has been at its files.
    fn start(front: &Front, change: impl FnOnce(&Path, SocketAddr)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let policy = rig::policy(front);
        let gate = Gate::start_on(&policy, &["127.0.0.1:0"]);
        let address = if front.asks == front::Transport::Grpc { gate.grpc() } else { gate.address() };
        let to_gate = Relay::start(rig::own_address(), address, folder.path().join(DOWN));
        let application = Application::start();
        let wiring = Wiring {
            gate: Some(to_gate.address.to_string()),
            backend: application.address.to_string(),
            folder: folder.path().to_owned(),
            ..Wiring::default()
        };
        let listen = rig::configure(front, folder.path(), &policy, wiring);
        change(folder.path(), application.address);
        let running = front.start(folder.path(), listen);
        // Of the same port: proxies send people to the one that they know.
        let address = SocketAddr::new(rig::own_address().ip(), listen.port());
        let entrance = Relay::start(address, listen, folder.path().join("never"));
        Self { gate, application, entrance, _running: running, folder }
    }

    /// What somebody would say of it who runs it: administrators see `/admin`, and others do not.
    fn options(&self, path: &str) -> Prove {
        let port = self.entrance.address.port();
        let mut options = Prove::new(format!("http://app.example.com:{port}{path}").parse().unwrap());
        options.addresses = vec![self.entrance.address];
        options.allow = Some(self.credential("root", "admins"));
        options.second = Some(self.credential("second", "admins"));
        options.forbid = Some(self.credential("alice", "staff"));
        options.expired = Some(Credential::new(["Cookie: __Host-gatewright=AAAA"], "@expired.txt").unwrap());
        options.open = vec!["/public/a".to_owned(), "/public/*".to_owned()];
        options.hosts = vec!["one.apps.example.com".to_owned()];
        options.identity = ["X-User", "X-Email", "X-Groups"].map(str::to_owned).to_vec();
        options.whoami = Some("/whoami".to_owned());
        options.auth_paths = ["/_gatewright", "/auth/verify", "/auth/forward", "/auth/envoy"].map(str::to_owned).to_vec();
        options.logins = vec!["https://auth.example.com".to_owned()];
        let down = self.folder.path().join(DOWN).display().to_string();
        options.outage = Some(Outage { stop: format!("touch '{down}'"), restore: format!("rm '{down}'") });
        options.nonce = 0x5eed;
        options
    }

    fn credential(&self, subject: &str, group: &str) -> Credential {
        Credential::new([self.gate.cookie(subject, &[group]).trim_end()], &format!("@{subject}.txt")).unwrap()
    }
}

/// Whoever is not here is refused every way in, and whoever is comes in.
fn passes(front: &Front) {
    if !front.is_installed() {
        return;
    }
    let deployment = Deployment::start(front, |_, _| ());
    let mut options = deployment.options("/admin/users");
    options.methods = Methods::All;
    options.direct = vec![format!("http://{}/", rig::own_address()).parse().unwrap()];
    let report = prove(&options, &mut |_| ());
    assert_eq!(told(&report), [""; 0], "{}", front.name);
    assert_eq!(report.exit_code(Strictness::Strict), 0);
    let skipped: Vec<_> = report.checks.iter().filter(|check| check.verdict == Verdict::Skip).collect();
    assert!(skipped.iter().all(|check| SKIPPED.contains(&check.probe)), "{}: {skipped:#?}", front.name);
    let listed = report.requests.iter().filter(|request| request.address == deployment.entrance.address).count();
    assert_eq!(listed, deployment.entrance.connections(), "every request is in the report");
    assert!(deployment.application.take().len() <= listed, "{}: and the application was asked nothing else", front.name);
}

/// What is not as it should be.
fn told(report: &Report) -> Vec<String> {
    let bad = |verdict| !matches!(verdict, Verdict::Pass | Verdict::Skip);
    let checks = report.checks.iter().filter(|check| bad(check.verdict));
    let told = checks
        .map(|check| format!("{} {} {}: {} {}", check.probe, check.path, check.variant, check.verdict.name(), check.evidence));
    report.nothing_proved.iter().cloned().chain(told).collect()
}

/// P14 needs a gate of our own.
const SKIPPED: [&str; 1] = ["P14"];
/// The file that takes the gate away.
const DOWN: &str = "gate-is-down";

/// Of fifty paths, too, every request is in the report; one for which the gate was asked is one that was sent.
#[test]
fn fifty_paths_behind_nginx_are_proved_by_the_requests_in_the_report_alone() {
    let front = &front::nginx::FRONT;
    if !front.is_installed() {
        return;
    }
    let deployment = Deployment::start(front, |_, _| ());
    let mut options = deployment.options("/admin/users");
    (options.second, options.whoami, options.outage) = (None, None, None);
    options.paths = (0..50).map(|number| format!("/admin/users/{number}")).collect();
    let report = prove(&options, &mut |_| ());
    assert_eq!((told(&report), report.exit_code(Strictness::Usual)), (Vec::new(), 0));
    assert_eq!(report.requests.len(), deployment.entrance.connections());
    let decisions = deployment.gate.entries().iter().filter(|entry| entry.get("outcome").is_some()).count();
    let served = deployment.application.take().len();
    assert!(served <= decisions && decisions <= report.requests.len(), "{served}, {decisions}, {}", report.requests.len());
}

#[test]
fn nginx_as_written_passes() {
    passes(&front::nginx::FRONT);
}

#[test]
fn traefik_as_written_passes() {
    passes(&front::traefik::FRONT);
}

#[test]
fn caddy_as_written_passes() {
    passes(&front::caddy::FRONT);
}

#[test]
fn envoy_as_written_passes() {
    passes(&front::envoy::HTTP);
    passes(&front::envoy::GRPC);
}

#[test]
fn haproxy_as_written_passes() {
    passes(&front::haproxy::FRONT);
}

#[test]
fn apache_as_written_passes() {
    passes(&front::apache::FRONT);
}
