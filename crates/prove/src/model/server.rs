//! Servers: where they listen, and which hosts they are for.

use super::location::LocationId;
use super::pattern::Pattern;
use super::scope::ScopeId;
use crate::nginx::Directive;

/// One of the servers of a [`super::Model`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ServerId(pub(super) usize);

/// A server.
#[derive(Debug)]
pub(crate) struct Server<'c> {
    pub(crate) scope: ScopeId,
    /// The server itself as a location: what is done with a path that none of its locations is for.
    pub(crate) rest: LocationId,
    pub(crate) directive: Option<&'c Directive>,
    /// As they are written, in lower case but for expressions.
    pub(crate) names: Vec<Vec<u8>>,
    /// `address:port`, or `unix:path`.
    pub(crate) listens: Vec<Vec<u8>>,
    pub(crate) is_default: bool,
}

/// How well a name fits a host: nginx takes the first of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fit {
    Exact,
    /// `*.example.com`, the longest first.
    Below(std::cmp::Reverse<usize>),
    /// `www.*`
    Before(std::cmp::Reverse<usize>),
    Regex,
}

impl Server<'_> {
    /// How one of its names fits a host (lower case, no port).
    pub(crate) fn fit(&self, host: &[u8]) -> Option<Fit> {
        self.names.iter().filter_map(|name| fit(name, host)).min()
    }
}

/// A name as it is compared: in lower case, but in an expression `\D` is not `\d`.
pub(super) fn name(written: &[u8]) -> Vec<u8> {
    if written.starts_with(b"~") { written.to_vec() } else { written.to_ascii_lowercase() }
}

fn fit(name: &[u8], host: &[u8]) -> Option<Fit> {
    match name {
        _ if name == host => Some(Fit::Exact),
        // No expression is asked about a request without a host.
        [b'~', expression @ ..] => (!host.is_empty() && Pattern::new(expression, true).matches(host)).then_some(Fit::Regex),
        [b'*', rest @ ..] => {
            (host.len() > rest.len() && host.ends_with(rest)).then_some(Fit::Below(std::cmp::Reverse(rest.len())))
        }
        [b'.', rest @ ..] if host == rest => Some(Fit::Exact),
        [b'.', ..] => host.ends_with(name).then_some(Fit::Below(std::cmp::Reverse(name.len()))),
        [rest @ .., b'*'] => {
            (host.len() > rest.len() && host.starts_with(rest)).then_some(Fit::Before(std::cmp::Reverse(rest.len())))
        }
        _ => None,
    }
}

/// The address of a `listen`: `address:port`, or `unix:path`.
pub(crate) fn listen(argument: &[u8]) -> Vec<u8> {
    let is_port = !argument.is_empty() && argument.iter().all(u8::is_ascii_digit);
    match argument {
        _ if is_port => [b"*:", argument].concat(),
        [b'u', b'n', b'i', b'x', b':', ..] => argument.to_vec(),
        [.., b']'] => [argument, b":80"].concat(),
        _ if argument.contains(&b':') => argument.to_vec(),
        _ => [argument, b":80"].concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_fits_as_nginx_compares() {
        assert_eq!(fit(b"a.example", b"a.example"), Some(Fit::Exact));
        assert!(fit(b"*.example", b"a.example").is_some() && fit(b"*.example", b"example").is_none());
        assert_eq!(fit(b".example", b"example"), Some(Fit::Exact));
        assert!(fit(b".example", b"a.example").is_some() && fit(b".example", b"anexample").is_none());
        assert!(fit(b"www.*", b"www.example").is_some() && fit(b"~^w+\\.", b"www.example").is_some());
        assert!(fit(b"_", b"a").is_none() && fit(b"*.b.example", b"a.b.example") < fit(b"*.example", b"a.b.example"));
    }

    #[test]
    fn no_expression_fits_a_request_without_host() {
        assert_eq!((fit(b"~^(?!www)", b""), fit(b"", b"")), (None, Some(Fit::Exact)));
    }

    #[test]
    fn expression_keeps_its_case() {
        assert_eq!(name(b"WWW.Example"), b"www.example");
        assert_eq!(fit(&name(br"~^\D+$"), b"www"), Some(Fit::Regex));
        assert_eq!(fit(&name(br"~^(?P<name>\w+)\.EXAMPLE$"), b"a.example"), Some(Fit::Regex));
    }

    #[test]
    fn listen_has_an_address_and_a_port() {
        assert_eq!(listen(b"80"), b"*:80");
        assert_eq!(listen(b"127.0.0.1"), b"127.0.0.1:80");
        assert_eq!(listen(b"[::]"), b"[::]:80");
        assert_eq!(listen(b"[::]:81"), b"[::]:81");
        assert_eq!(listen(b"unix:/a"), b"unix:/a");
    }
}
