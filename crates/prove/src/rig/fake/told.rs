//! What a gate is told about the request that it decides on.

use super::request::Seen;

/// By what it decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// `/public` is for everybody, and this tree for one person alone; the path is in the first of these headers that is there.
    Path(String, Vec<String>),
    /// `public.test` is for everybody; the host is in the first of these headers that is there.
    Host(Vec<String>),
    /// Reading is for everybody; the method is in the first of these headers that is there, or else that of the question.
    Method(Vec<String>),
}

impl Told {
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Path(..) => "path",
            Self::Host(_) => "host",
            Self::Method(_) => "method",
        }
    }

    /// Whether everybody may, as far as the gate is told.
    pub(super) fn is_public(&self, seen: &Seen) -> bool {
        match self {
            Self::Path(_, names) => {
                path(seen, names).is_some_and(|path| is_plain(path) && (path == "/public" || path.starts_with("/public/")))
            }
            Self::Host(names) => host(seen, names).is_some_and(|host| host.eq_ignore_ascii_case("public.test")),
            Self::Method(names) => {
                matches!(first(seen, names).unwrap_or(&seen.method), "GET" | "HEAD" | "OPTIONS")
            }
        }
    }

    /// Whether the other person may not; also where the gate is not told, or the path can be read in two ways.
    pub(super) fn is_closed(&self, seen: &Seen) -> bool {
        match self {
            Self::Path(tree, names) => path(seen, names).is_none_or(|path| !is_plain(path) || path.starts_with(tree)),
            Self::Host(_) | Self::Method(_) => false,
        }
    }
}

fn path<'s>(seen: &'s Seen, names: &[String]) -> Option<&'s str> {
    let value = first(seen, names)?;
    let behind = value.split_once("://").map(|(_, rest)| rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("/"));
    behind.unwrap_or(value).split('?').next()
}

fn host<'s>(seen: &'s Seen, names: &[String]) -> Option<&'s str> {
    let value = first(seen, names)?;
    let authority = value.split_once("://").map_or(value, |(_, rest)| rest.split('/').next().unwrap_or_default());
    authority.split(':').next()
}

fn first<'s>(seen: &'s Seen, names: &[String]) -> Option<&'s str> {
    let of = |name: &String| seen.headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
    names.iter().find_map(of).map(|(_, value)| value.as_str())
}

/// Whether nothing in it can be read in two ways.
fn is_plain(path: &str) -> bool {
    !["%", ";", "\\", "//", "..", "#", "/./"].iter().any(|odd| path.contains(odd))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(lines: &str) -> Seen {
        Seen::read(format!("GET /verify HTTP/1.0\r\n{lines}\r\n").as_bytes()).unwrap().unwrap()
    }

    #[test]
    fn path_is_the_one_of_the_first_header() {
        let path = Told::Path("/admin".into(), vec!["X-Original-URI".into(), "X-Original-URL".into()]);
        assert!(path.is_public(&seen("X-Original-URI: /public/x?y\r\n")));
        assert!(path.is_public(&seen("X-Original-URL: http://a/public\r\n")));
        assert!(!path.is_public(&seen("X-Original-URI: /public/../admin\r\n")) && !path.is_public(&seen("")));
        assert!(path.is_closed(&seen("X-Original-URI: /admin/x\r\n")) && !path.is_closed(&seen("X-Original-URI: /_auth\r\n")));
    }

    #[test]
    fn method_is_that_of_the_subrequest_where_none_is_told() {
        let method = Told::Method(vec!["X-Original-Method".into()]);
        assert!(method.is_public(&seen("")));
        assert!(!method.is_public(&seen("X-Original-Method: POST\r\n")));
        let host = Told::Host(vec!["X-Original-URL".into()]);
        assert!(host.is_public(&seen("X-Original-URL: http://public.test:80/a\r\n")) && !host.is_public(&seen("")));
    }
}
