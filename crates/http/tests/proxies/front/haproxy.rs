//! HAProxy, by the files that were written, but as the user who tests.

use std::path::Path;

use gatewright_prove::Proxy;

use super::{Front, Transport};

pub(crate) static FRONT: Front = Front {
    name: "haproxy",
    proxy: Proxy::Haproxy,
    program: || "haproxy".into(),
    version: "-v",
    http_settings: r#"proxy_sets = { haproxy = ["X-Forwarded-For"] }"#,
    asks: Transport::Tcp,
    prepare,
    command: |folder| super::command("haproxy", &["-db", "-f"], &folder.join("haproxy.cfg")),
    ready: None,
    check: Some(|folder| super::command("haproxy", &["-c", "-f"], &folder.join("haproxy.cfg"))),
};

fn prepare(folder: &Path) {
    // The user `haproxy` could not enter the folder, and is not everywhere.
    let here = |text: String| {
        text.replace("    user haproxy\n    group haproxy\n", "")
            .replace(" user haproxy\n", "\n")
            .replace("/run/haproxy/", &format!("{}/", folder.display()))
    };
    for name in ["haproxy.cfg", "gatewright.lua"] {
        let path = folder.join(name);
        std::fs::write(&path, here(std::fs::read_to_string(&path).unwrap())).unwrap();
    }
}
