//! What tests of this crate need of the world: a folder and a web server, both gone afterwards.

mod folder;
mod server;

pub(crate) use folder::Folder;
pub(crate) use server::{Answer, Authority, Server};
