//! A request as the bytes that go on the wire: nothing is added, folded, sorted or escaped.

use std::fmt;

/// One request of HTTP/1.
///
/// It can be as wrong as a client's: a target with `..` in it, no `Host` or two of them, a header twice in another case.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// What stands between the method and the version, byte for byte.
    pub(crate) target: Vec<u8>,
    pub(crate) version: Version,
    /// In the order in which they are sent.
    pub(crate) lines: Vec<Line>,
    /// What follows the empty line; the lines must say how long it is.
    pub(crate) body: Vec<u8>,
}

/// What the request line calls itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    Http10,
    Http11,
}

/// One line of the head, without its end.
#[derive(Clone)]
pub(crate) struct Line {
    bytes: Vec<u8>,
    /// What is printed instead: the name of the file that holds the line.
    instead: Option<String>,
}

impl Request {
    /// A request without a body: its `Host`, and the wish to close the connection behind the answer.
    pub(crate) fn new(method: &str, target: impl Into<Vec<u8>>, host: &str) -> Self {
        let lines = vec![Line::new("Host", host), Line::new("Accept", "*/*"), Line::new("Connection", "close")];
        Self { method: method.to_owned(), target: target.into(), version: Version::Http11, lines, body: Vec::new() }
    }

    /// The same with one more line at the end of the head.
    pub(crate) fn with(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.lines.push(Line::new(name, value));
        self
    }

    /// The same with these lines at the end of the head.
    pub(crate) fn with_lines(mut self, lines: &[Line]) -> Self {
        self.lines.extend_from_slice(lines);
        self
    }

    /// The same without the lines of this name, in any case.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.lines.retain(|line| !line.is(name));
        self
    }

    /// The same with another value for this name, in the place of the first.
    pub(crate) fn replacing(mut self, name: &str, value: &str) -> Self {
        let place = self.lines.iter().position(|line| line.is(name)).unwrap_or(self.lines.len());
        self.lines.retain(|line| !line.is(name));
        self.lines.insert(place.min(self.lines.len()), Line::new(name, value));
        self
    }

    /// The same with a body, and the line that says its length.
    pub(crate) fn with_body(self, body: impl Into<Vec<u8>>) -> Self {
        let body = body.into();
        let mut request = self.with("Content-Length", body.len().to_string());
        request.body = body;
        request
    }

    /// The same with a body in one chunk (RFC 9112 §7.1).
    pub(crate) fn with_chunked_body(self, body: &[u8]) -> Self {
        let mut request = self.with("Transfer-Encoding", "chunked");
        request.body =
            if body.is_empty() { Vec::new() } else { [format!("{:x}\r\n", body.len()).as_bytes(), body, b"\r\n"].concat() };
        request.body.extend_from_slice(b"0\r\n\r\n");
        request
    }

    /// Whether a line of it is not to be printed.
    pub(crate) fn is_secret(&self) -> bool {
        self.lines.iter().any(|line| line.instead.is_some())
    }

    /// What is sent.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = [self.method.as_bytes(), b" ", &self.target, b" ", self.version.name().as_bytes(), b"\r\n"].concat();
        for line in &self.lines {
            bytes.extend_from_slice(&line.bytes);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(&self.body);
        bytes
    }
}

impl Version {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Http10 => "HTTP/1.0",
            Self::Http11 => "HTTP/1.1",
        }
    }
}

impl Line {
    pub(crate) fn new(name: &str, value: impl AsRef<[u8]>) -> Self {
        Self { bytes: [name.as_bytes(), b": ", value.as_ref()].concat(), instead: None }
    }

    /// A line exactly so, whether it is one of HTTP or not.
    pub(crate) fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        Self { bytes: bytes.into(), instead: None }
    }

    /// A line that is sent and never printed; where it would be, `instead` is.
    pub(crate) fn secret(bytes: impl Into<Vec<u8>>, instead: &str) -> Self {
        Self { bytes: bytes.into(), instead: Some(instead.to_owned()) }
    }

    /// The same with one character changed in each value: of each cookie, or of the last word. `None` if there is nothing to change.
    ///
    /// In the middle: at its end, a value in base64 may have bits that mean nothing.
    pub(crate) fn with_values_changed(&self) -> Option<Self> {
        let mut bytes = self.bytes.clone();
        let mut found = false;
        let mut start = self.name().len().checked_add(1)?;
        for part in self.value().split(|byte| *byte == b';') {
            let separator = if self.is("cookie") { b'=' } else { b' ' };
            let value = match separator {
                b'=' => part.iter().position(|byte| *byte == b'='),
                _ => part.iter().rposition(|byte| *byte == separator),
            };
            let value = value.and_then(|at| at.checked_add(1)).unwrap_or_default();
            let middle = value.midpoint(part.len());
            let letters = (middle..part.len()).chain((value..middle).rev());
            let at =
                letters.filter(|at| part.get(*at).is_some_and(u8::is_ascii_alphanumeric)).find_map(|at| start.checked_add(at));
            if let Some(byte) = at.and_then(|at| bytes.get_mut(at)) {
                *byte = if *byte == b'A' { b'B' } else { b'A' };
                found = true;
            }
            start = start.checked_add(part.len())?.checked_add(1)?;
        }
        let instead = self.instead.as_ref().map(|instead| format!("{instead}.changed"));
        found.then_some(Self { bytes, instead })
    }

    /// What stands before the colon.
    pub(crate) fn name(&self) -> &[u8] {
        self.bytes.split(|byte| *byte == b':').next().unwrap_or_default()
    }

    /// What stands behind it.
    pub(crate) fn value(&self) -> &[u8] {
        let after = self.bytes.split_at_checked(self.name().len()).map(|(_, after)| after);
        after.and_then(|after| after.strip_prefix(b":")).unwrap_or_default()
    }

    /// Whether this is its name, in any case.
    pub(crate) fn is(&self, name: &str) -> bool {
        self.name().eq_ignore_ascii_case(name.as_bytes())
    }

    /// The line, or `Err` with what is printed in its place.
    pub(crate) fn printable(&self) -> Result<&[u8], &str> {
        self.instead.as_deref().map_or(Ok(&self.bytes), Err)
    }
}

impl fmt::Debug for Line {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.printable() {
            Ok(bytes) => write!(formatter, "{:?}", String::from_utf8_lossy(bytes)),
            Err(instead) => write!(formatter, "{}: ({instead})", String::from_utf8_lossy(self.name())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_is_what_was_said_byte_for_byte() {
        let mut request =
            Request::new("GET", b"/a/../b%2fc\\#\xff".as_slice(), "app.test").with("x-user", "a").with("X-User", "b");
        request.version = Version::Http10;
        let expected = b"GET /a/../b%2fc\\#\xff HTTP/1.0\r\nHost: app.test\r\nAccept: */*\r\nConnection: close\r\n\
                         x-user: a\r\nX-User: b\r\n\r\n";
        assert_eq!(request.to_bytes(), expected);
    }

    #[test]
    fn lines_are_taken_away_and_replaced_in_any_case() {
        let request = Request::new("GET", "/", "app.test").without("ACCEPT").replacing("host", "other.test");
        assert_eq!(request.to_bytes(), b"GET / HTTP/1.1\r\nhost: other.test\r\nConnection: close\r\n\r\n");
    }

    #[test]
    fn bodies_say_how_long_they_are() {
        let bare = Request::new("POST", "/", "h").without("Accept").without("Connection");
        assert!(bare.clone().with_body("abc").to_bytes().ends_with(b"\r\nContent-Length: 3\r\n\r\nabc"));
        assert!(bare.with_chunked_body(b"abc").to_bytes().ends_with(b"chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"));
    }

    #[test]
    fn every_value_is_changed_in_its_middle_and_stays_a_secret() {
        let changed = |line: &str| Line::secret(line, "@a").with_values_changed().map(|line| (line.bytes, line.instead));
        let cookie = changed("Cookie: session=abcde; theme=-x-; empty=").unwrap();
        assert_eq!(cookie, (b"Cookie: session=abAde; theme=-A-; empty=".to_vec(), Some("@a.changed".to_owned())));
        assert_eq!(changed("Authorization: Bearer aaAaa").unwrap().0, b"Authorization: Bearer aaBaa");
        assert!(changed("Cookie: ").is_none() && changed("X-Key:k").unwrap().0 == b"X-Key:A");
    }

    #[test]
    fn secret_lines_are_sent_and_not_printed() {
        let line = Line::secret("Cookie: session=hidden", "@allow.txt");
        let request = Request::new("GET", "/", "h").with_lines(&[line]);
        assert!(request.is_secret() && request.to_bytes().windows(6).any(|part| part == b"hidden"));
        let printed = format!("{request:?}");
        assert!(printed.contains("Cookie: (@allow.txt)") && !printed.contains("hidden"), "{printed}");
    }
}
