//! Where a credential is looked for, and finding single fields and cookies there.

use crate::cookie::{self, Found};
use crate::headers::Headers;
use crate::request::ParsedRequest;
use crate::time::UnixTime;

/// A request, as far as its credentials are concerned.
#[derive(Clone, Copy)]
pub(crate) struct Lookup<'l, 'r> {
    pub(crate) request: &'l ParsedRequest<'r>,
    pub(crate) headers: &'l dyn Headers,
    /// Lower-case names of the certificate headers that the proxy overwrites; no other is read.
    pub(crate) proxy_sets: &'l [String],
    pub(crate) now: UnixTime,
    pub(crate) effort: Effort,
}

/// How much a decision may cost here; what costs more is put off, and the caller asks again where it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Effort {
    /// No signature of a token is checked and no password hashed: microseconds, unless it is remembered.
    Recall,
    /// Everything but hashing a password, which takes as long as its owner wanted it to take.
    Verify,
    /// Everything.
    Hash,
}

/// Returns how many fields of that name there are, and the first.
pub(super) fn fields<'h>(headers: &'h dyn Headers, name: &str) -> (usize, Option<&'h [u8]>) {
    let (mut count, mut first) = (0_usize, None);
    headers.each(name, &mut |value| {
        count = count.saturating_add(1);
        first = first.or(Some(value));
    });
    (count, first)
}

/// Finds a cookie; the same name with different values is ambiguous.
pub(super) fn find_cookie<'h>(headers: &'h dyn Headers, name: &str) -> Found<'h> {
    let mut found = Found::Absent;
    headers.each("cookie", &mut |field| found = found.and(cookie::find(std::iter::once(field), name)));
    found
}

/// Finds a field; several with different values are ambiguous.
pub(super) fn find_header<'h>(headers: &'h dyn Headers, name: &str) -> Found<'h> {
    let mut found = Found::Absent;
    headers.each(name, &mut |field| found = found.and(Found::One(field)));
    found
}
