//! Header fields of a request: as the engine reads them, and as the dialects require them.

use gatewright::Headers;
use http::HeaderMap;

/// The fields of a request, borrowed from hyper's map.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fields<'r>(pub(crate) &'r HeaderMap);

/// A required field that is missing, repeated or empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Missing,
    Repeated,
    Empty,
}

impl Fault {
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Missing => "is missing",
            Self::Repeated => "is repeated",
            Self::Empty => "is empty",
        }
    }
}

impl<'r> Fields<'r> {
    /// Returns the value of a field that has to be there exactly once, and not empty.
    pub(crate) fn required(self, name: &str) -> Result<&'r [u8], Fault> {
        match self.at_most_one(name)? {
            None => Err(Fault::Missing),
            Some([]) => Err(Fault::Empty),
            Some(value) => Ok(value),
        }
    }

    /// Returns the value of a field that may be there once.
    pub(crate) fn at_most_one(self, name: &str) -> Result<Option<&'r [u8]>, Fault> {
        let mut values = self.values(name);
        let first = values.next();
        if values.next().is_some() { Err(Fault::Repeated) } else { Ok(first) }
    }

    /// Returns the values of every field of this name, in order.
    pub(crate) fn values(self, name: &str) -> impl DoubleEndedIterator<Item = &'r [u8]> {
        self.0.get_all(name).iter().map(http::HeaderValue::as_bytes)
    }
}

impl Headers for Fields<'_> {
    fn each<'h>(&'h self, name: &str, each: &mut dyn FnMut(&'h [u8])) {
        self.values(name).for_each(each);
    }
}

#[cfg(test)]
pub(crate) fn map(fields: &[(&'static str, &'static str)]) -> HeaderMap {
    fields.iter().map(|(name, value)| (http::HeaderName::from_static(name), http::HeaderValue::from_static(value))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn required_field_is_there_once_and_not_empty() {
        let headers = map(&[("a", "1"), ("b", "1"), ("b", "1"), ("c", "")]);
        let fields = Fields(&headers);
        assert_eq!(fields.required("a"), Ok(b"1".as_slice()));
        assert_eq!(fields.required("b"), Err(Fault::Repeated));
        assert_eq!(fields.required("c"), Err(Fault::Empty));
        assert_eq!(fields.required("d"), Err(Fault::Missing));
    }

    #[test]
    fn engine_sees_every_field_of_a_name() {
        let headers = map(&[("cookie", "a=1"), ("cookie", "b=2"), ("x", "3")]);
        let (fields, mut seen) = (Fields(&headers), Vec::new());
        fields.each("cookie", &mut |value| seen.push(value));
        assert_eq!(seen, [b"a=1", b"b=2"]);
    }
}
