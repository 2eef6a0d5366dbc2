//! Configurations of the proxies in front of gatewright.
//!
//! [`init`] writes a hardened configuration for a policy: which hosts are protected, which headers carry the identity, how the
//! gate is asked, and what happens when it does not answer. The same policy always gives the same text.
//!
//! ```
//! use gatewright::{Authorizer, Config, Revocations};
//! use gatewright_prove::{Proxy, Site, Wiring, init};
//!
//! let config = Config::from_toml(r#"
//! version = 1
//! [session]
//! keys = ["0123456789abcdef0123456789abcdef"]
//! [identity_headers]
//! X-User = "subject"
//! [[rule]]
//! id = "members"
//! hosts = ["app.example.com"]
//! allow = "authenticated"
//! "#)?;
//! let authorizer = Authorizer::new(&config)?;
//! let site = Site::new(&config, &authorizer, Wiring::default()).unwrap();
//! let files = init(Proxy::Nginx, &site).unwrap();
//! assert!(files[0].text.contains(r#"server_name "app.example.com";"#));
//! # Ok::<(), gatewright::ConfigError>(())
//! ```
//!
//! [`lint()`] reads a configuration that somebody else wrote and says where it lets a request past the gate; [`report`] prints what
//! it found.
//!
//! [`rig()`] runs a configuration of a proxy on loopback, between a gate and applications of its own, and says what got past the gate.
//!
//! You will notably *not* find rules of the policy here: what may pass is the gate's to say, and a configuration that repeated it
//! could differ.
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
mod source;
pub mod nginx;
mod model;
mod data;
mod lint;
mod site;
mod init;
pub mod prove;
mod rig;

// The public interface is:
pub use data::DataError;
pub use init::{File, InitError, Proxy, init};
pub use lint::{Finding, Intent, Lint, LintError, Report, Severity, lint, lints, report};
pub use rig::{Door, Evidence, Outcome, Outside, RigError, Stage, Staged, Trial, end_rigs, rig};
pub use site::{Site, SiteError, Tls, Wiring};
pub use source::{FileId, Position, Source, Sources, Span};
