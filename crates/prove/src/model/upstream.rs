//! Where a request is passed on to.

use std::collections::HashMap;

use super::variables::Variables;
use crate::nginx::Directive;
use crate::source::Span;

/// A `proxy_pass` or one of its kind.
#[derive(Clone, Debug)]
pub(crate) struct Pass<'c> {
    pub(crate) directive: &'c Directive,
    /// `host:port` or `unix:path` of every server that it can lead to, and the name of the group they stand in.
    pub(crate) addresses: Vec<Vec<u8>>,
    /// The path that takes the place of the location's, if there is one.
    pub(crate) path: Option<Vec<u8>>,
}

/// The `upstream` groups: the addresses of each.
#[derive(Debug, Default)]
pub(crate) struct Upstreams<'c> {
    /// By name in lower case, as nginx compares them.
    groups: HashMap<Vec<u8>, Vec<&'c Directive>>,
}

impl<'c> Upstreams<'c> {
    pub(super) fn add(&mut self, upstream: &'c Directive) {
        if let Some(name) = upstream.argument(0) {
            self.groups.entry(name.to_ascii_lowercase()).or_default().push(upstream);
        }
    }

    /// The `upstream` block of a name.
    pub(crate) fn group(&self, name: &[u8]) -> Option<&'c Directive> {
        self.groups.get(name.to_ascii_lowercase().as_slice()).and_then(|groups| groups.first()).copied()
    }

    /// Reads a directive that passes requests on: `proxy_pass http://name/path`, `fastcgi_pass unix:/path`.
    ///
    /// A `set` in the blocks around it, innermost first, is preferred to those elsewhere.
    pub(super) fn pass(&self, directive: &'c Directive, variables: &Variables<'c>, around: &[Span]) -> Pass<'c> {
        let value = directive.argument(0).unwrap_or_default();
        let mut pass = Pass { directive, addresses: Vec::new(), path: None };
        for value in variables.expand(value, around) {
            let (authority, path, port) = split(&value);
            if path.is_some() {
                pass.path = path.map(<[u8]>::to_vec);
            }
            for address in self.addresses(authority, port) {
                if !pass.addresses.contains(&address) {
                    pass.addresses.push(address);
                }
            }
        }
        pass
    }

    fn addresses(&self, authority: &[u8], port: Option<&str>) -> Vec<Vec<u8>> {
        let name = authority.to_ascii_lowercase();
        let Some(groups) = self.groups.get(name.as_slice()) else { return vec![address(authority, port)] };
        let is_balanced = |line: &Directive| line.name().starts_with(b"balancer_by_lua");
        if groups.iter().flat_map(|group| group.directives()).any(is_balanced) {
            return Vec::new(); // a program chooses, for each request
        }
        let servers = groups.iter().flat_map(|group| group.directives()).filter(|line| line.is("server"));
        let servers = servers.filter(|line| !line.arguments().iter().any(|word| word.value() == b"down"));
        let named = [b"upstream ", name.as_slice()].concat();
        servers.filter_map(|line| line.argument(0)).map(|server| address(server, Some("80"))).chain([named]).collect()
    }
}

/// The authority, the path behind it, and the port that its scheme means.
pub(crate) fn split(value: &[u8]) -> (&[u8], Option<&[u8]>, Option<&'static str>) {
    let schemes: [(&[u8], &str); 4] = [(b"http://", "80"), (b"https://", "443"), (b"grpc://", "80"), (b"grpcs://", "443")];
    let starts_with = |scheme: &[u8]| value.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    let plain: [&[u8]; 4] = [b"uwsgi://", b"suwsgi://", b"fastcgi://", b"scgi://"];
    if let Some(rest) = plain.iter().find(|scheme| starts_with(scheme)).and_then(|scheme| value.get(scheme.len()..)) {
        return split(rest);
    }
    let found = schemes.iter().filter(|(scheme, _)| starts_with(scheme));
    let found = found.filter_map(|(scheme, port)| Some((value.get(scheme.len()..)?, Some(*port)))).next();
    let (rest, port) = found.unwrap_or((value, None));
    let end = if rest.starts_with(b"unix:") {
        // The path of the socket ends at a colon, behind which that of the request starts.
        let behind = rest.iter().skip(5).position(|byte| *byte == b':').map(|at| at.saturating_add(5));
        let Some(end) = behind else { return (rest, None, None) };
        return (rest.get(..end).unwrap_or(rest), rest.get(end.saturating_add(1)..).filter(|path| !path.is_empty()), None);
    } else {
        let is_end = |at: usize| {
            let rest = rest.get(at..).unwrap_or_default();
            rest.starts_with(b"/") || (at > 0 && PATHS.iter().any(|path| rest.starts_with(path)))
        };
        (0..rest.len()).find(|at| is_end(*at)).unwrap_or(rest.len())
    };
    let (authority, path) = rest.split_at_checked(end).unwrap_or((rest, &[]));
    let path = (path.starts_with(b"/") && found.is_some()).then_some(path);
    (authority, path, port)
}

/// An address in one spelling.
pub(crate) fn address(authority: &[u8], port: Option<&str>) -> Vec<u8> {
    let authority = authority.to_ascii_lowercase();
    let authority = match authority.as_slice() {
        [b'l', b'o', b'c', b'a', b'l', b'h', b'o', b's', b't', rest @ ..] if matches!(rest, [] | [b':', ..]) => {
            [b"127.0.0.1", rest].concat()
        }
        _ => authority,
    };
    let has_port = authority.iter().rev().take_while(|byte| **byte != b']').any(|byte| *byte == b':');
    match port {
        Some(port) if !has_port && !authority.starts_with(b"unix:") && !authority.starts_with(b"$") => {
            [&authority, &b":"[..], port.as_bytes()].concat()
        }
        _ => authority,
    }
}

/// Variables behind an authority that hold a path.
const PATHS: [&[u8]; 6] = [b"$request_uri", b"$uri", b"$document_uri", b"$is_args", b"$1", b"$2"];

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(value: &str) -> String {
        let (authority, path, port) = split(value.as_bytes());
        let path = path.map(String::from_utf8_lossy);
        format!("{} {}", String::from_utf8_lossy(&address(authority, port)), path.unwrap_or("-".into()))
    }

    #[test]
    fn address_is_the_same_however_it_is_written() {
        assert_eq!(shown("http://127.0.0.1:80"), "127.0.0.1:80 -");
        assert_eq!(shown("http://LocalHost/a/b"), "127.0.0.1:80 /a/b");
        assert_eq!(shown("https://a.example/"), "a.example:443 /");
        assert_eq!(shown("http://[::1]/x"), "[::1]:80 /x");
        assert_eq!(shown("http://unix:/run/a.sock:/x"), "unix:/run/a.sock /x");
        assert_eq!(shown("unix:/run/a.sock"), "unix:/run/a.sock -");
        assert_eq!(shown("127.0.0.1:9000"), "127.0.0.1:9000 -");
        assert_eq!(shown("http://127.0.0.1:18200$request_uri"), "127.0.0.1:18200 -");
        assert_eq!(shown("http://$backend"), "$backend -");
        assert_eq!(shown("HTTP://a"), "a:80 -");
        assert_eq!(shown("uwsgi://127.0.0.1:9000"), "127.0.0.1:9000 -");
    }
}
