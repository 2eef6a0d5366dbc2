//! Whether there is a proxy to run, and what `init` writes for it.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use gatewright::{Authorizer, Config};
use gatewright_prove::nginx::Files;
use gatewright_prove::{Intent, Outcome, Proxy, Site, Tls, Trial, Wiring, init, rig};

/// `GATEWRIGHT_REQUIRE_PROXIES` makes it a failure if there is none.
pub(crate) fn has_nginx() -> bool {
    let has = Path::new("/usr/sbin/nginx").exists();
    assert!(has || std::env::var_os("GATEWRIGHT_REQUIRE_PROXIES").is_none(), "nginx is not installed");
    if !has {
        eprintln!("skipped: nginx is not installed");
    }
    has
}

/// A configuration of which it is known what it does.
pub(crate) fn catalogue(file: &str) -> String {
    format!("{}/tests/linter/catalogue/{file}", env!("CARGO_MANIFEST_DIR"))
}

/// The program of a proxy, where `cargo xtask setup` puts it, or on the path; the same is said of one that is missing.
pub(crate) fn program(name: &str, version: &str) -> Option<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../target/proxies/bin");
    let program = if folder.join(name).exists() { folder.join(name) } else { name.into() };
    let ran = Command::new(&program).arg(version).stdout(Stdio::null()).stderr(Stdio::null()).status();
    let has = ran.is_ok_and(|status| status.success());
    assert!(has || std::env::var_os("GATEWRIGHT_REQUIRE_PROXIES").is_none(), "{name} is not installed");
    if !has {
        eprintln!("skipped: {name} is not installed");
    }
    has.then_some(program)
}

/// Files by their names.
#[derive(Clone)]
pub(crate) struct Written(pub(crate) BTreeMap<String, String>);

impl Files for Written {
    fn read(&self, name: &[u8]) -> Result<Vec<u8>, io::ErrorKind> {
        let found = self.0.get(std::str::from_utf8(name).unwrap());
        found.map(|text| text.clone().into_bytes()).ok_or(io::ErrorKind::NotFound)
    }

    fn names(&self, _folder: &[u8]) -> Vec<Vec<u8>> {
        Vec::new()
    }
}

impl Written {
    /// What `init` writes for the policy of these tests.
    pub(crate) fn new(proxy: Proxy) -> Self {
        Self::wired(proxy, Wiring { listen: Some("8000".to_owned()), ..Wiring::default() })
    }

    /// The same with TLS, and a gate at this address.
    pub(crate) fn with_tls(proxy: Proxy, gate: &str) -> Self {
        let tls = Tls { certificate: "/etc/ssl/app.pem".into(), key: "/etc/ssl/app.pem.key".into() };
        let backend = "app.internal:3000".to_owned();
        Self::wired(proxy, Wiring { tls: Some(tls), gate: Some(gate.to_owned()), backend, ..Wiring::default() })
    }

    fn wired(proxy: Proxy, wiring: Wiring) -> Self {
        let config = Config::from_toml(POLICY).unwrap();
        let authorizer = Authorizer::new(&config).unwrap();
        let site = Site::new(&config, &authorizer, wiring).unwrap();
        let files = init(proxy, &site).unwrap();
        Self(files.into_iter().map(|file| (format!("/etc/gatewright/{}", file.name), file.text)).collect())
    }

    /// The same with something else in place of what is in one of the files.
    #[track_caller]
    pub(crate) fn with(&self, from: &str, to: &str) -> Self {
        let mut changed = self.clone();
        let place = changed.0.values_mut().find(|text| text.contains(from)).unwrap_or_else(|| panic!("{from}"));
        *place = place.replacen(from, to, 1);
        changed
    }

    pub(crate) fn tried(&self, name: &str, intent: Intent<'_>, program: &Path) -> Trial {
        rig(format!("/etc/gatewright/{name}").as_bytes(), self, intent, Some(program)).unwrap()
    }
}

/// A hole: what it is called, what is written instead of what, and what comes of it.
pub(crate) type Hole = (&'static str, &'static [(&'static str, &'static str)], Outcome);

/// Shows that each hole is seen where `init` has written a configuration without one.
#[track_caller]
pub(crate) fn assert_holes(proxy: Proxy, name: &str, program: &Path, holes: &[Hole]) {
    let identity = ["X-User".to_owned()];
    let mut intent = Intent::default();
    intent.identity = &identity;
    for (hole, changes, outcome) in holes {
        let written = changes.iter().fold(Written::new(proxy), |written, (from, to)| written.with(from, to));
        let trial = written.tried(name, intent, program);
        assert_eq!(trial.outcome, *outcome, "{hole}: {:?} {:?}", trial.shown, trial.notes);
    }
}

const POLICY: &str = "version = 1\n[session]\nkeys = [\"0123456789abcdef0123456789abcdef\"]\n\
    [http]\nlisten = [\"127.0.0.1:9000\"]\n[identity_headers]\nX-User = \"subject\"\nX-Email = \"email\"\n\
    [[rule]]\nid = \"rest\"\nhosts = [\"app.example.com\", \"*.apps.example.com\"]\nallow = \"authenticated\"\n";
