//! Envoy, asking over HTTP and over gRPC.

use std::path::Path;
use std::process::Command;

use gatewright_prove::Proxy;

use super::{Front, Transport};

pub(crate) static HTTP: Front = Front {
    name: "envoy-http",
    proxy: Proxy::Envoy,
    program: || super::from_python("envoy"),
    version: "--version",
    http_settings: r#"proxy_sets = { envoy = ["X-Forwarded-For"] }"#,
    asks: Transport::Unix,
    prepare: |_| {},
    // Envoys beside each other would share what one hands on to its successor.
    command: |folder| envoy(folder, &["--disable-hot-restart", "--concurrency", "1", "-l", "warning"]),
    ready: None,
    check: Some(|folder| envoy(folder, &["--mode", "validate", "-l", "warning"])),
};

pub(crate) static GRPC: Front = Front {
    name: "envoy-grpc",
    http_settings: "grpc = \"127.0.0.1:0\"\nproxy_sets = { envoy = [\"X-Forwarded-For\"] }",
    asks: Transport::Grpc,
    ..HTTP
};

/// As [`GRPC`], with the older form of headers.
pub(crate) static GRPC_JOINED: Front = Front { name: "envoy-grpc-joined", prepare: join_headers, ..GRPC };

fn join_headers(folder: &Path) {
    let file = folder.join("envoy.yaml");
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains("encode_raw_headers: true"));
    std::fs::write(file, text.replace("encode_raw_headers: true", "encode_raw_headers: false")).unwrap();
}

fn envoy(folder: &Path, more: &[&str]) -> Command {
    let mut command = super::command((HTTP.program)(), &["-c"], &folder.join("envoy.yaml"));
    command.args(more);
    command
}
