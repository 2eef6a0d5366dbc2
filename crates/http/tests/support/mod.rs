//! What the tests of the adapter share: a gate with a small policy, a client that writes raw bytes, nginx and a backend.

pub(crate) mod backend;
pub(crate) mod command_line;
pub(crate) mod corpus;
pub(crate) mod deployment;
pub(crate) mod envoy;
pub(crate) mod gate;
pub(crate) mod nginx;
pub(crate) mod raw;
pub(crate) mod process;
