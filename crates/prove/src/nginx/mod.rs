//! nginx configurations, read as nginx reads them.
//!
//! [`Configuration`] is the one to start with: it reads a file with all it includes, or what `nginx -T` prints, and keeps for
//! everything where it was written. What is wrong is data ([`Fault`]) beside a tree of all the rest, so that a broken file still
//! gives findings.
//!
//! ```
//! use gatewright_prove::nginx::{Configuration, Dump};
//!
//! let main = "# configuration file /etc/nginx/nginx.conf:\nhttp { include sites/*; }\n\n";
//! let site = "# configuration file /etc/nginx/sites/app:\nserver { listen 80; }\n\n";
//! let printed = [main, site].concat();
//! let dump = Dump::parse(printed.as_bytes()).unwrap();
//! let configuration = Configuration::load(dump.main(), &dump).unwrap();
//! let http = configuration.directives().next().unwrap();
//! let server = http.directives().next().unwrap();
//! assert!(server.is("server") && configuration.faults().is_empty());
//! assert_eq!(configuration.sources().place(server.span()), "/etc/nginx/sites/app:1:1");
//! ```
//!
//! You will notably *not* find what directives mean: which there are, where they may stand, how many arguments they take. The one
//! exception is what decides how the bytes after a `{` are read: Lua, the data of a `map`, or directives.

// Bottom to top: a module may use only those above it in this list.
mod fault;
mod lua;
mod token;
mod tokenize;
mod directive;
mod tree;
mod parse;
mod variable;
mod glob;
mod files;
mod dump;
mod configuration;
mod include;

// The public interface is:
pub use configuration::Configuration;
pub use directive::{Block, Content, Directive, Directives, Word};
pub use dump::Dump;
pub use fault::{Cause, Fault};
pub(crate) use files::path;
pub use files::{Disk, Files};
pub use parse::parse;
pub use token::{Kind, Quote, Token};
pub use tokenize::Tokens;
pub use tree::Tree;
pub use variable::{Part, parts};
