//! Apache httpd, by `httpd.conf` around the file that was written.

use std::path::Path;
use std::process::Command;

use gatewright_prove::Proxy;

use super::{Front, Transport};

pub(crate) static FRONT: Front = Front {
    name: "apache",
    proxy: Proxy::Apache,
    program: || PROGRAM.into(),
    version: "-v",
    http_settings: r#"proxy_sets = { apache = ["X-Forwarded-For"] }"#,
    asks: Transport::Unix,
    prepare,
    command: |folder| httpd(folder, "-DFOREGROUND"),
    ready: None,
    check: Some(|folder| httpd(folder, "-t")),
};

fn prepare(folder: &Path) {
    let tls = std::fs::read_to_string(folder.join("gatewright.conf")).unwrap().contains("SSLEngine on");
    let of_tls: &[&str] = if tls { &["socache_shmcb", "ssl", "http2"] } else { &[] };
    let modules: String =
        ["mpm_event", "authz_core", "alias", "headers", "unique_id", "reqtimeout", "lua", "proxy", "proxy_http"]
            .iter()
            .chain(of_tls)
            .map(|name| format!("LoadModule {name}_module {MODULES}/mod_{name}.so\n"))
            .collect();
    let main = format!(
        "ServerRoot \"{0}\"\nServerName localhost\nPidFile httpd.pid\nDefaultRuntimeDir \"{0}\"\n{modules}\
         ErrorLog error.log\nLogLevel warn lua:info\nStartServers 1\nThreadsPerChild 8\nMaxRequestWorkers 8\nServerLimit 1\n\
         Include gatewright.conf\n",
        folder.display()
    );
    std::fs::write(folder.join("httpd.conf"), main).unwrap();
}

fn httpd(folder: &Path, what: &str) -> Command {
    let mut command = Command::new(PROGRAM);
    command.arg(what).arg("-d").arg(folder).arg("-f").arg(folder.join("httpd.conf"));
    command
}

/// Where Debian keeps it; the folder is not on everybody's path.
const PROGRAM: &str = "/usr/sbin/apache2";
const MODULES: &str = "/usr/lib/apache2/modules";
