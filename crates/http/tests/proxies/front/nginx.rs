//! nginx, by an `nginx.conf` around the file that was written.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::Command;

use gatewright_prove::Proxy;

use super::{Front, Transport};

pub(crate) static FRONT: Front = Front {
    name: "nginx",
    proxy: Proxy::Nginx,
    program: || "nginx".into(),
    version: "-v",
    http_settings: r#"proxy_sets = { verify = ["X-Forwarded-Proto", "X-Forwarded-For"] }"#,
    asks: Transport::Unix,
    prepare,
    command: |folder| nginx(folder, &["-g", "daemon off;"]),
    ready: None,
    check: Some(|folder| nginx(folder, &["-t"])),
};

fn prepare(folder: &Path) {
    std::fs::write(folder.join("nginx.conf"), main(folder)).unwrap();
}

/// The main configuration, which includes `gatewright.conf`.
pub(crate) fn main(folder: &Path) -> String {
    // Root's workers would be nobody, who may not enter the folder.
    let user = if std::fs::metadata(folder).unwrap().uid() == 0 { "user root;" } else { "" };
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .iter()
        .map(|kind| format!("    {kind}_temp_path {}/{kind};\n", folder.display()))
        .collect();
    format!(
        "{user}\nworker_processes 1;\npid nginx.pid;\nerror_log proxy.log info;\nevents {{ worker_connections 256; }}\n\
         http {{\n    access_log off;\n    client_max_body_size 64m;\n{temporary}    include gatewright.conf;\n}}\n"
    )
}

fn nginx(folder: &Path, more: &[&str]) -> Command {
    let mut command = Command::new("nginx");
    command.arg("-p").arg(folder).arg("-c").arg(folder.join("nginx.conf")).args(["-e", "proxy.log"]).args(more);
    command
}
