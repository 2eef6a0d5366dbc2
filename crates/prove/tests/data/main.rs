//! Configurations that are data: what `init` writes and what is known to be right has no findings, and what the manual calls a
//! mistake is found.

mod generated;
mod known;
mod pages;
mod size;
mod support;
