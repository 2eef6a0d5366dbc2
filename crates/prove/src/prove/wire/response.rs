//! An answer as it came: the status, the lines of the head in their order, and as much of the body as is worth comparing.

use std::io::{self, BufRead, Read as _};
use std::time::Duration;

use flate2::read::{MultiGzDecoder, ZlibDecoder};

use super::WireError;

/// One answer of HTTP/1.
#[derive(Clone, Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    /// Interim answers that came before it (RFC 9110 §15.2).
    pub(crate) interim: Vec<u16>,
    /// The lines of the head as they came, without the status line and the ends.
    pub(crate) lines: Vec<Vec<u8>>,
    /// Decoded, if it came compressed.
    pub(crate) body: Vec<u8>,
    /// How many bytes of it came.
    pub(crate) length: usize,
    pub(crate) end: End,
    /// From the first byte of the request until the end of what was read.
    pub(crate) time: Duration,
}

/// How the body ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// There cannot be one: the answer to HEAD, 1xx, 204, 304.
    NoBody,
    /// As long as `Content-Length` says.
    Length,
    /// By the last chunk.
    Chunked,
    /// By the end of the connection, which is how it says so.
    Close,
    /// More than is read here ([`MOST_BODY`]).
    TooLong,
    /// It stopped before its end, or the time was over; what came is here.
    Short,
}

impl Response {
    /// The values of this header, in their order, without spaces around them.
    pub(crate) fn values<'r>(&'r self, name: &'r str) -> impl Iterator<Item = &'r [u8]> {
        self.lines.iter().filter_map(move |line| {
            let (before, value) = split(line)?;
            before.eq_ignore_ascii_case(name.as_bytes()).then_some(value)
        })
    }

    /// The first value of this header as text; what is no UTF-8 is replaced.
    pub(crate) fn value(&self, name: &str) -> Option<String> {
        self.values(name).next().map(|value| String::from_utf8_lossy(value).into_owned())
    }

    /// Reads one answer to `method`. The time is left to the caller.
    pub(super) fn read(from: &mut impl BufRead, method: &str) -> Result<Self, WireError> {
        let mut interim = Vec::new();
        let mut room = MOST_HEAD;
        loop {
            let status = status(&line(from, &mut room, interim.is_empty())?)?;
            let mut lines = Vec::new();
            loop {
                let next = line(from, &mut room, false)?;
                if next.is_empty() {
                    break;
                }
                lines.push(next);
            }
            if (100..200).contains(&status) && status != SWITCHING {
                interim.push(status);
                if interim.len() > MOST_INTERIM {
                    return Err(WireError::Malformed("interim answers without end"));
                }
                continue;
            }
            let mut response =
                Self { status, interim, lines, body: Vec::new(), length: 0, end: End::NoBody, time: Duration::ZERO };
            response.end = response.read_body(from, method)?;
            response.length = response.body.len();
            response.decode();
            return Ok(response);
        }
    }

    /// RFC 9112 §6.3, in its order.
    fn read_body(&mut self, from: &mut impl BufRead, method: &str) -> Result<End, WireError> {
        if method == "HEAD" || matches!(self.status, 100..200 | 204 | 304) {
            return Ok(End::NoBody);
        }
        if self.values("transfer-encoding").any(|value| value.to_ascii_lowercase().ends_with(b"chunked")) {
            return self.read_chunks(from);
        }
        let length = match self.values("content-length").next().map(number) {
            Some(None) => return Err(WireError::Malformed("a content-length that is no number")),
            length => length.flatten(),
        };
        let wanted = length.unwrap_or(usize::MAX);
        let (end, whole) = take(from, wanted.min(MOST_BODY), &mut self.body);
        Ok(match (length, whole) {
            (_, true) if wanted > MOST_BODY => End::TooLong,
            (Some(_), true) => End::Length,
            // Over TLS many a server goes without saying so.
            (None, false) if end.is_none_or(|error| error.kind() == io::ErrorKind::UnexpectedEof) => End::Close,
            _ => End::Short,
        })
    }

    /// Some servers compress whether one asks for it or not (RFC 9110 §8.4.1). What cannot be read stays as it came.
    fn decode(&mut self) {
        let limit = u64::try_from(MOST_BODY).unwrap_or(u64::MAX);
        let codings: Vec<_> = self.values("content-encoding").map(<[u8]>::to_ascii_lowercase).collect();
        let [coding] = codings.as_slice() else { return };
        let mut decoded = Vec::new();
        let body = self.body.as_slice();
        // What comes before the end of something cut short is still worth comparing.
        let _ = match coding.as_slice() {
            b"gzip" | b"x-gzip" => MultiGzDecoder::new(body).take(limit).read_to_end(&mut decoded),
            b"deflate" => ZlibDecoder::new(body).take(limit).read_to_end(&mut decoded),
            _ => return,
        };
        if !decoded.is_empty() {
            self.body = decoded;
        }
    }

    fn read_chunks(&mut self, from: &mut impl BufRead) -> Result<End, WireError> {
        loop {
            let mut room = MOST_CHUNK_LINE;
            let size = match line(from, &mut room, false) {
                Ok(size) => size,
                Err(WireError::Malformed(what)) => return Err(WireError::Malformed(what)),
                Err(_) => return Ok(End::Short),
            };
            let digits = size.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
            let size = str::from_utf8(digits).ok().and_then(|digits| usize::from_str_radix(digits, 16).ok());
            let Some(size) = size else { return Err(WireError::Malformed("a chunk without its length")) };
            if size == 0 {
                return Ok(End::Chunked); // trailers tell a prober nothing
            }
            let left = MOST_BODY.saturating_sub(self.body.len());
            let (_, whole) = take(from, size.min(left), &mut self.body);
            if !whole {
                return Ok(End::Short);
            }
            if size > left {
                return Ok(End::TooLong);
            }
            if line(from, &mut room, false).is_ok_and(|rest| !rest.is_empty()) {
                return Err(WireError::Malformed("a chunk longer than it says"));
            }
        }
    }
}

/// Reads up to so many bytes, and says what stopped it, if anything, and whether they all came.
fn take(from: &mut impl BufRead, wanted: usize, into: &mut Vec<u8>) -> (Option<io::Error>, bool) {
    let before = into.len();
    let limit = u64::try_from(wanted).unwrap_or(u64::MAX);
    let error = from.take(limit).read_to_end(into).err();
    (error, into.len().saturating_sub(before) == wanted)
}

/// Reads one line without its end; of the first one of an answer, nothing at all is an error of its own.
fn line(from: &mut impl BufRead, room: &mut usize, first: bool) -> Result<Vec<u8>, WireError> {
    let mut line = Vec::new();
    let limit = u64::try_from(*room).unwrap_or(u64::MAX);
    let read = from.take(limit).read_until(b'\n', &mut line);
    *room = room.saturating_sub(line.len());
    match read {
        Err(_) | Ok(0) if first && line.is_empty() => Err(read.err().map_or(WireError::Silent, |error| WireError::of(&error))),
        Err(error) => Err(WireError::of(&error)),
        Ok(_) if *room == 0 => Err(WireError::Malformed("a head longer than is read here")),
        Ok(_) => match line.strip_suffix(b"\n") {
            Some(whole) => Ok(whole.strip_suffix(b"\r").unwrap_or(whole).to_vec()),
            None => Err(WireError::Malformed("an end in the middle of a line")),
        },
    }
}

/// The number of `HTTP/1.1 200 OK`.
fn status(line: &[u8]) -> Result<u16, WireError> {
    let rest = line.strip_prefix(b"HTTP/1.").and_then(|rest| rest.split_at_checked(2));
    let digits = rest.map(|(_, rest)| rest.split(|byte| *byte == b' ').next().unwrap_or_default());
    let code = digits.filter(|digits| digits.len() == 3).and_then(number);
    let code = code.and_then(|code| u16::try_from(code).ok()).filter(|code| (100..1000).contains(code));
    code.ok_or(WireError::Malformed("no status line of HTTP/1"))
}

fn split(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let (name, value) = line.split_at_checked(colon)?;
    Some((name, value.strip_prefix(b":")?.trim_ascii()))
}

/// Digits alone, as a number.
fn number(digits: &[u8]) -> Option<usize> {
    let text = str::from_utf8(digits).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))?;
    text.parse().ok()
}

/// As much of a body as is read: more is never needed to tell two pages apart.
const MOST_BODY: usize = 1 << 20;
/// As much as curl reads of one head (300 KiB, `DYN_HTTP_REQUEST` and its like in its dynbuf.h), rounded.
const MOST_HEAD: usize = 256 << 10;
/// The length of a chunk is 16 digits at most; the rest are extensions that nobody sends.
const MOST_CHUNK_LINE: usize = 1 << 10;
/// A 100 and a 103 or two are what servers send.
const MOST_INTERIM: usize = 8;
/// The one 1xx that is an answer: another protocol follows.
const SWITCHING: u16 = 101;

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8]) -> Result<Response, WireError> {
        Response::read(&mut &text[..], "GET")
    }

    fn body(text: &[u8]) -> (Vec<u8>, End) {
        let response = read(text).unwrap();
        (response.body, response.end)
    }

    #[test]
    fn lines_stay_as_they_came() {
        let response = read(b"HTTP/1.1 401 No\r\nx-A: 1\r\nX-a:2 \nX-User\r\n\r\n").unwrap();
        assert_eq!((response.status, response.lines.len()), (401, 3));
        assert_eq!(response.lines[1], b"X-a:2 ");
        assert_eq!(response.values("X-A").collect::<Vec<_>>(), [b"1", b"2"]);
    }

    #[test]
    fn each_way_to_end_a_body_is_told_apart() {
        assert_eq!(body(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nabc"), (b"ab".to_vec(), End::Length));
        assert_eq!(body(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabc"), (b"abc".to_vec(), End::Short));
        assert_eq!(body(b"HTTP/1.0 200 OK\r\n\r\nabc"), (b"abc".to_vec(), End::Close));
        assert_eq!(body(b"HTTP/1.1 204 None\r\n\r\nabc"), (Vec::new(), End::NoBody));
        let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n2;a=b\r\nab\r\nA\r\n0123456789\r\n0\r\n\r\n";
        assert_eq!(body(chunked), (b"ab0123456789".to_vec(), End::Chunked));
        assert_eq!(body(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\na"), (b"a".to_vec(), End::Short));
    }

    #[test]
    fn bodies_without_end_are_cut() {
        let long = [b"HTTP/1.1 200 OK\r\n\r\n".as_slice(), &vec![b'a'; MOST_BODY + 5]].concat();
        let (body, end) = body(&long);
        assert_eq!((body.len(), end), (MOST_BODY, End::TooLong));
    }

    #[test]
    fn bodies_that_come_compressed_are_read_and_never_grow_beyond_what_is_read() {
        use flate2::Compression;
        use flate2::write::{GzEncoder, ZlibEncoder};
        use std::io::Write as _;

        let answer = |coding: &str, body: Vec<u8>| {
            let head = format!("HTTP/1.1 200 OK\r\nContent-Encoding: {coding}\r\nContent-Length: {}\r\n\r\n", body.len());
            read(&[head.as_bytes(), &body].concat()).unwrap().body
        };
        let gzip = |body: &[u8]| {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
            encoder.write_all(body).unwrap();
            encoder.finish().unwrap()
        };
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::fast());
        zlib.write_all(b"figures").unwrap();
        assert_eq!(
            (answer("GZip", gzip(b"figures")), answer("deflate", zlib.finish().unwrap())),
            (b"figures".into(), b"figures".into())
        );
        assert_eq!(answer("gzip", gzip(&vec![0; MOST_BODY * 3])).len(), MOST_BODY);
        assert_eq!((answer("gzip", b"no".to_vec()), answer("br", b"xy".to_vec())), (b"no".into(), b"xy".into()));
    }

    #[test]
    fn interim_answers_are_kept_apart_and_101_is_an_answer() {
        let response = read(b"HTTP/1.1 100 Go\r\n\r\nHTTP/1.1 103 Hint\r\nLink: a\r\n\r\nHTTP/1.1 101 Up\r\n\r\n").unwrap();
        assert_eq!((response.status, response.interim), (101, vec![100, 103]));
    }

    #[test]
    fn what_is_no_answer_is_named() {
        for (text, error) in [
            (b"".as_slice(), WireError::Silent),
            (b"SSH-2.0\r\n", WireError::Malformed("no status line of HTTP/1")),
            (b"HTTP/1.1 +20\r\n\r\n", WireError::Malformed("no status line of HTTP/1")),
            (b"HTTP/1.1 99999 No\r\n\r\n", WireError::Malformed("no status line of HTTP/1")),
            (b"HTTP/1.1 200 OK", WireError::Malformed("an end in the middle of a line")),
            (b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", WireError::Malformed("a content-length that is no number")),
        ] {
            assert_eq!(read(text).unwrap_err(), error, "{}", String::from_utf8_lossy(text));
        }
        let long = [b"HTTP/1.1 200 OK\r\nA: ".as_slice(), &vec![b'a'; MOST_HEAD]].concat();
        assert_eq!(read(&long).unwrap_err(), WireError::Malformed("a head longer than is read here"));
    }
}
