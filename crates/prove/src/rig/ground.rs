//! What a configuration is for, as far as it has to be known to judge what reached an application.

use super::probe::Looks;
use super::questions::Questions;
use crate::model::LocationId;

/// A configuration, and what stands around it.
pub(super) trait Ground {
    /// What is asked of each server, with an address that leads to it.
    fn questions(&self) -> Vec<(Vec<u8>, Questions)>;

    /// What the configuration looks at in requests.
    fn looks(&self) -> Looks;

    /// The headers and parameters by which applications are told who is asking.
    fn told(&self) -> Vec<String>;

    /// Paths at which the gate is asked.
    fn gates(&self) -> Vec<String> {
        Vec::new()
    }

    /// Whether anything in it asks a gate.
    fn has_gate(&self) -> bool;

    /// Whether several servers share an address.
    fn is_shared(&self, key: &[u8]) -> bool;

    /// What a fake is in place of, as the configuration names it.
    fn address(&self, fake: usize) -> Option<String>;

    /// What it means that a request to an address, for a host, arrived at a fake with this path.
    fn standing(&self, fake: usize, path: &str, to: &str, host: &str) -> Standing;

    /// By which location requests come to a fake, if by one alone.
    fn location(&self, _fake: usize) -> Option<LocationId> {
        None
    }

    /// Whether a fake is reached in a way by which it could not be told who is asking but by the client.
    fn is_untold(&self, _fake: usize) -> bool {
        false
    }

    /// Whether a marked file is one that is behind the gate.
    fn is_file_guarded(&self, _file: &str) -> bool {
        true
    }

    /// The headers by which the gate is told something, of these: those that are set, or all, if none is.
    fn believed(&self, names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    /// Whether an answer can name another page to show, as nginx lets it.
    fn accelerates(&self) -> bool {
        false
    }
}

/// What it means that a request arrived somewhere, if whoever sent it may not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Nothing: it is not behind the gate.
    Free,
    /// It is behind the gate, and declared to be open.
    Declared,
    /// It is behind the gate, but what is written looks as if somebody meant this way to be open.
    Meant,
    /// It passed by the gate.
    Guarded,
}

/// Names that gates and applications have agreed on.
pub(super) const USUAL: [&str; 19] = [
    "X-User",
    "X-Email",
    "X-Groups",
    "X-Auth-Request-User",
    "X-Auth-Request-Email",
    "X-Auth-Request-Groups",
    "Remote-User",
    "Remote-Groups",
    "Remote-Email",
    "Remote-Name",
    "X-Vouch-User",
    "X-authentik-username",
    "X-authentik-email",
    "X-authentik-groups",
    "X-Forwarded-User",
    "X-Auth-User",
    "X-Forwarded-Email",
    "X-WEBAUTH-USER",
    "X-Remote-User",
];
