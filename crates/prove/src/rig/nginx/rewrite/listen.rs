//! Where a server listens.

use crate::lint::Subject;
use crate::nginx::Directive;

/// The parameters that still mean something on loopback.
pub(super) fn kept(directive: &Directive) -> Vec<&[u8]> {
    let parameters = directive.arguments().iter().skip(1).map(|word| word.value());
    parameters.filter(|word| matches!(*word, b"default_server" | b"default")).collect()
}

/// Whether it is for QUIC alone.
pub(super) fn is_quic(directive: &Directive) -> bool {
    has(directive, b"quic")
}

/// Whether it wants TLS.
pub(super) fn is_tls(directive: &Directive) -> bool {
    has(directive, b"ssl")
}

/// Whether any listen of a configuration wants TLS.
pub(super) fn has_tls(subject: &Subject<'_>) -> bool {
    let scopes = &subject.model.scopes;
    let mut servers = subject.model.servers();
    servers.any(|(_, server)| scopes.own(server.scope, "listen").iter().any(|listen| is_tls(listen)))
}

pub(super) fn has(directive: &Directive, parameter: &[u8]) -> bool {
    directive.arguments().iter().skip(1).any(|word| word.value() == parameter)
}
