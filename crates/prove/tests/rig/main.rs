//! The rig on configurations of which it is known what they do, and on some that need to be rewritten a lot to run at all.

mod caddy;
mod envoy;
mod generated;
mod haproxy;
mod others;
mod rewritten;
mod shown;
mod staged;
mod support;
mod traefik;
