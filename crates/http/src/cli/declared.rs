//! Arguments that say what is meant to be so: paths that are open, headers that carry the identity.

/// Reads a path, with `*` at the end all that begin so.
pub(crate) fn path(text: &str) -> Result<String, String> {
    if text.starts_with('/') { Ok(text.to_owned()) } else { Err("a path begins with `/`".to_owned()) }
}

/// Reads the name of a header.
pub(crate) fn header(text: &str) -> Result<String, String> {
    http::HeaderName::try_from(text).map(|_| text.to_owned()).map_err(|_| "this is no header's name".to_owned())
}
