//! Text and bytes of a request, borrowed from the Python objects that hold them.

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::pybacked::{PyBackedBytes, PyBackedStr};
use pyo3::types::{PyBytes, PyString};

/// What arrived over the wire, kept alive without a copy.
///
/// A `str` stands for its ISO 8859-1 bytes, as in WSGI (PEP 3333) and every Python HTTP server: one character, one byte.
pub(crate) enum Text {
    /// ASCII only.
    Str(PyBackedStr),
    Bytes(PyBackedBytes),
}

impl Text {
    /// Takes a `str` or `bytes`; `what` names it in the error.
    pub(crate) fn take(value: &Bound<'_, PyAny>, what: &str) -> PyResult<Self> {
        if let Ok(bytes) = value.cast::<PyBytes>() {
            return Ok(Self::Bytes(bytes.clone().into()));
        }
        let Ok(text) = value.cast::<PyString>() else {
            let name = value.get_type().name()?;
            return Err(PyTypeError::new_err(format!("{what} must be str or bytes, not {name}")));
        };
        match PyBackedStr::try_from(text.clone()) {
            Ok(text) if text.is_ascii() => Ok(Self::Str(text)),
            // Beyond ASCII, or with lone surrogates, which have no UTF-8 at all.
            _ => Self::latin1(text, what),
        }
    }

    fn latin1(text: &Bound<'_, PyString>, what: &str) -> PyResult<Self> {
        let encoded = text.call_method1("encode", ("latin-1",)).map_err(|_| {
            PyValueError::new_err(format!(
                "{what} has a character beyond U+00FF, which no HTTP header or target can carry; pass bytes"
            ))
        })?;
        Ok(Self::Bytes(encoded.cast_into::<PyBytes>().map_err(PyErr::from)?.into()))
    }
}

impl AsRef<[u8]> for Text {
    fn as_ref(&self) -> &[u8] {
        match self {
            Self::Str(text) => text.as_bytes(),
            Self::Bytes(bytes) => bytes,
        }
    }
}
