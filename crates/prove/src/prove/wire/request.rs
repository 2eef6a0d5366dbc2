//! A request as the bytes that go on the wire: nothing is added, folded, sorted or escaped.

use std::fmt;
use std::ops::Range;

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

/// A value in a line, and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Value {
    /// Of the cookie, or of the line.
    pub(crate) name: String,
    pub(crate) at: Range<usize>,
    /// Where the cookie stands with its name; of another line, its value.
    pub(crate) pair: Range<usize>,
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

    /// Where the values stand: of each cookie, named by it, or the last word of the line.
    pub(crate) fn parts(&self) -> Vec<Value> {
        let mut parts = Vec::new();
        let mut start = self.name().len().saturating_add(1);
        let is_cookie = self.is("cookie");
        for part in self.value().split(|byte| is_cookie && *byte == b';') {
            let separator = match is_cookie {
                true => part.iter().position(|byte| *byte == b'='),
                false => part.iter().rposition(|byte| *byte == b' '),
            };
            let begin = separator.map_or(0, |at| at.saturating_add(1));
            let name = part.get(..separator.unwrap_or_default()).unwrap_or_default().trim_ascii();
            let name = String::from_utf8_lossy(if is_cookie { name } else { self.name() }).into_owned();
            let at = start.saturating_add(begin)..start.saturating_add(part.len());
            // A cookie without `=` would be a value, and no name.
            if !(at.is_empty() || is_cookie && name.is_empty()) {
                let blank = part.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
                let pair = start.saturating_add(blank)..at.end;
                parts.push(Value { name, at, pair });
            }
            start = start.saturating_add(part.len()).saturating_add(1);
        }
        parts
    }

    /// The same with one character changed in the middle of each of these stretches, for another of its kind: a number stays one.
    /// `None` if there is nothing to change.
    ///
    /// In the middle: at its end, a value in base64 may have bits that mean nothing.
    pub(crate) fn with_changed(&self, stretches: &[Range<usize>]) -> Option<Self> {
        let mut bytes = self.bytes.clone();
        let mut found = false;
        for stretch in stretches {
            let middle = stretch.start.midpoint(stretch.end);
            let mut letters = (middle..stretch.end).chain((stretch.start..middle).rev());
            let at = letters.find(|at| bytes.get(*at).is_some_and(u8::is_ascii_alphanumeric));
            if let Some(byte) = at.and_then(|at| bytes.get_mut(at)) {
                *byte = match *byte {
                    b'0'..=b'9' => {
                        if *byte == b'1' {
                            b'2'
                        } else {
                            b'1'
                        }
                    }
                    b'a'..=b'z' => {
                        if *byte == b'a' {
                            b'b'
                        } else {
                            b'a'
                        }
                    }
                    _ => {
                        if *byte == b'A' {
                            b'B'
                        } else {
                            b'A'
                        }
                    }
                };
                found = true;
            }
        }
        found.then(|| self.instead_of(bytes, "changed"))
    }

    /// The same with other text in place of a stretch.
    pub(crate) fn with_replaced(&self, stretch: &Range<usize>, text: &[u8], how: &str) -> Self {
        let before = self.bytes.get(..stretch.start).unwrap_or_default();
        let after = self.bytes.get(stretch.end..).unwrap_or_default();
        self.instead_of([before, text, after].concat(), how)
    }

    fn instead_of(&self, bytes: Vec<u8>, how: &str) -> Self {
        Self { bytes, instead: self.instead.as_ref().map(|instead| format!("{instead}.{how}")) }
    }

    /// The bytes of a stretch.
    pub(crate) fn stretch(&self, stretch: &Range<usize>) -> &[u8] {
        self.bytes.get(stretch.clone()).unwrap_or_default()
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
    fn values_are_found_and_changed_in_their_middle_for_letters_of_the_same_kind() {
        let parts = |line: &str| {
            let line = Line::secret(line, "@a");
            line.parts().iter().map(|part| (part.name.clone(), line.stretch(&part.at).to_vec())).collect::<Vec<_>>()
        };
        let part = |name: &str, value: &str| (name.to_owned(), value.as_bytes().to_vec());
        assert_eq!(parts("Cookie: a=b; c-d=e=f; empty=; bare"), [part("a", "b"), part("c-d", "e=f")]);
        assert_eq!(parts("Authorization: Bearer a.b.c"), [part("Authorization", "a.b.c")]);
        assert_eq!((parts("X-Key:k"), parts("Cookie: ").len()), (vec![part("X-Key", "k")], 0));

        let changed = |line: &str| {
            let line = Line::secret(line, "@a");
            let stretches: Vec<_> = line.parts().into_iter().map(|part| part.at).collect();
            line.with_changed(&stretches).map(|line| (String::from_utf8(line.bytes).unwrap(), line.instead.unwrap()))
        };
        let both = changed("Cookie: session=abcde; theme=-X-; n=17").unwrap();
        assert_eq!(both, ("Cookie: session=abade; theme=-A-; n=11".to_owned(), "@a.changed".to_owned()));
        assert_eq!(changed("X-Key: --"), None);
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
