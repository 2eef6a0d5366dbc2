//! Caddy, by a Caddyfile that imports the one that was written.

use std::path::Path;
use std::process::Command;

use gatewright_prove::Proxy;

use super::{Front, Transport};

pub(crate) static FRONT: Front = Front {
    name: "caddy",
    proxy: Proxy::Caddy,
    program: || "caddy".into(),
    version: "version",
    http_settings: r#"proxy_sets = { forward = ["X-Forwarded-For"] }"#,
    asks: Transport::Unix,
    prepare,
    command: |folder| caddy(folder, "run"),
    ready: None,
    check: Some(|folder| caddy(folder, "validate")),
};

fn prepare(folder: &Path) {
    // Several run beside each other: none may take the port of the administration, or write into a home.
    let main = "{\n\tadmin off\n\tauto_https off\n}\nimport Caddyfile\n";
    std::fs::write(folder.join("main.caddyfile"), main).unwrap();
}

fn caddy(folder: &Path, what: &str) -> Command {
    let mut command = Command::new("caddy");
    command.args([what, "--adapter", "caddyfile", "--config"]).arg(folder.join("main.caddyfile")).current_dir(folder);
    command.env("XDG_DATA_HOME", folder).env("XDG_CONFIG_HOME", folder);
    command
}
