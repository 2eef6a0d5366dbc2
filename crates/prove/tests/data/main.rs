//! Configurations that are data: what `init` writes and what is known to be right has no findings, and nothing that
//! is cut or changed makes the linter panic.

mod generated;
mod known;
mod size;
mod support;
