//! The shell around [`gatewright`]: the policy file and what it refers to, the issuers' keys over HTTPS, and the one writer
//! that swaps authorizers while requests flow.
//!
//! Start with [`Live`]. You will notably *not* find an HTTP server here, nor a decision: those are made by
//! [`gatewright::Authorizer`] alone.
//!
//! ```no_run
//! use gatewright_issuer::{Live, Options, now};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let live = Live::open("gatewright.toml".as_ref(), Options::default())?;
//! let headers = vec![("authorization", "Bearer eyJ…")];
//! let request = gatewright::Request::new("GET", "https", "app.example.com", "/", &headers);
//! println!("{}", live.decide(&request, now()).code());
//! # Ok(())
//! # }
//! ```
//!
//! What is fetched is fetched strictly: only from the addresses in the policy (or named by the issuer's discovery document),
//! https except to this machine, no redirects, at most 512 KiB within ten seconds, and a failure leaves the old keys in force.
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

// Bottom to top: a module uses only those above it in this list.
pub mod biscuit;
mod guard;
mod clock;
mod error;
mod event;
mod reference;
mod watch;
mod address;
mod proxy;
mod client;
mod fetch;
mod flight;
mod schedule;
mod source;
mod rotation;
mod state;
mod command;
mod fetcher;
mod writer;
mod live;
mod room;
mod embedded;

#[cfg(test)]
mod testing;

// The public interface is:
pub use clock::now;
pub use embedded::{Asked, Embedded, EmbeddedError, Facts, Wait};
pub use error::{OpenError, UpdateError};
pub use event::Event;
pub use flight::{Pending, Refresh};
pub use live::{Live, Options};
pub use reference::resolve;
pub use state::{Reloaded, State};
