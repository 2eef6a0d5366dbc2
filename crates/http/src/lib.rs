//! The forward-auth adapter: a proxy asks over HTTP whether a request may pass, and gets the engine's answer.
//!
//! One dialect per endpoint (`/auth/verify` for nginx, `/auth/forward` for Traefik and Caddy, one each for ingress-nginx, HAProxy,
//! Apache httpd and Envoy); no detection and no fallback. An
//! allow is exactly `200` without a body; everything else, every failure included, refuses.
//!
//! ```no_run
//! use std::path::Path;
//! use gatewright_http::{Log, ServeOptions, serve};
//! use gatewright_issuer::{Live, Options};
//!
//! let live = Live::open(Path::new("gatewright.toml"), Options::default()).unwrap();
//! serve(live, ServeOptions { log: Log::stdout(), ..ServeOptions::default() }).unwrap(); // until SIGTERM
//! ```
//!
//! You will notably *not* find a reverse proxy here, nor rules: the policy file and the engine decide.
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::string_slice,
        clippy::arithmetic_side_effects,
        clippy::as_conversions
    )
)]

// Bottom to top: a module may use only those above it in this list.
mod address;
mod listener;
mod tls;
mod fields;
mod peer;
mod response;
mod grpc;
mod dialect;
mod endpoint;
mod moment;
mod log;
mod metrics;
mod password_pool;
mod gate;
mod in_process;
mod admin;
mod stop;
mod connection;
mod server;
mod signals;

// The public interface is:
pub use address::Address;
pub use gate::Clock;
#[doc(hidden)]
pub use in_process::{InProcess, InProcessAnswer};
pub use log::Log;
#[doc(hidden)]
pub use moment::rfc3339;
pub use server::{ServeError, ServeOptions, Server};
pub use signals::serve;
