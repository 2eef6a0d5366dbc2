//! A URL of the command line, split as bytes.
//!
//! This is not a URL parser on purpose: a parser would lower the case, remove dot segments, re-encode, and `decide`
//! would then judge another request than the one that was asked about. What is split off is handed to the engine as it
//! stands, and the engine says what is malformed about it.

/// The parts of a URL that a request has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SplitUrl<'u> {
    /// What stands before `://`.
    pub(crate) scheme: &'u [u8],
    /// From there to the first `/`, `?` or `#`.
    pub(crate) host: &'u [u8],
    /// All the rest, raw, query included; `/` if there is no rest.
    pub(crate) target: &'u [u8],
}

impl<'u> SplitUrl<'u> {
    /// Splits `scheme://host/path?query`; `None` without a `://` that something stands before.
    pub(crate) fn new(url: &'u [u8]) -> Option<Self> {
        let colon = url.windows(SEPARATOR.len()).position(|window| window == SEPARATOR).filter(|&at| at > 0)?;
        let (scheme, rest) = url.split_at_checked(colon)?;
        let rest = rest.strip_prefix(SEPARATOR)?;
        let end = rest.iter().position(|byte| matches!(byte, b'/' | b'?' | b'#')).unwrap_or(rest.len());
        let (host, target) = rest.split_at_checked(end)?;
        Some(Self { scheme, host, target: if target.is_empty() { b"/" } else { target } })
    }
}

const SEPARATOR: &[u8] = b"://";

#[cfg(test)]
mod tests {
    use super::*;

    fn split(url: &str) -> Option<(&str, &str, &str)> {
        let text = |bytes| std::str::from_utf8(bytes).unwrap();
        SplitUrl::new(url.as_bytes()).map(|parts| (text(parts.scheme), text(parts.host), text(parts.target)))
    }

    #[test]
    fn a_url_is_scheme_host_and_everything_after() {
        assert_eq!(split("https://app.example.com:8443/a/b?x=1"), Some(("https", "app.example.com:8443", "/a/b?x=1")));
    }

    #[test]
    fn a_missing_path_is_the_root() {
        assert_eq!(split("https://app.example.com"), Some(("https", "app.example.com", "/")));
    }

    #[test]
    fn nothing_is_normalised() {
        assert_eq!(
            split("HTTPS://App.Example.COM./a/../%2e%2E//b;c\\d"),
            Some(("HTTPS", "App.Example.COM.", "/a/../%2e%2E//b;c\\d"))
        );
        assert_eq!(split("https://user@host/"), Some(("https", "user@host", "/")));
        assert_eq!(split("https://host/a#b"), Some(("https", "host", "/a#b")));
    }

    #[test]
    fn a_query_without_a_path_stays_what_it_is() {
        assert_eq!(split("https://host?x=://y"), Some(("https", "host", "?x=://y")));
    }

    #[test]
    fn an_empty_host_is_left_to_the_engine() {
        assert_eq!(split("https:///a"), Some(("https", "", "/a")));
    }

    #[test]
    fn text_without_a_scheme_is_no_url() {
        for wrong in ["", "/admin", "app.example.com/admin", "://host/", "https:/host"] {
            assert_eq!(split(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn bytes_outside_utf8_stay_as_they_are() {
        assert_eq!(SplitUrl::new(b"https://h/\xff").unwrap().target, b"/\xff");
    }
}
