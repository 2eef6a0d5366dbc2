//! Templates that look like the configurations they make. Every value they name is quoted as the proxy reads it.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior};
use serde::Serialize;

use super::{File, InitError};
use crate::site::Site;

/// A template of one proxy's language.
#[derive(Clone, Copy, Debug)]
pub(super) struct Template {
    /// The file that it makes.
    pub(super) name: &'static str,
    pub(super) text: &'static str,
    /// Writes a value as one word of the language, quotes included; the error says why it cannot be written.
    pub(super) quote: fn(&str) -> Result<String, String>,
}

/// What a template may name: `site`, and what the proxy's own file has prepared as `own`.
#[derive(Serialize)]
struct Context<'s, O> {
    site: &'s Site,
    own: O,
}

impl Template {
    /// Fills the template in. `{{ value }}` is quoted; `{{ value|safe }}` is written as it is, for values that were checked before.
    pub(super) fn fill(self, site: &Site, own: impl Serialize) -> Result<File, InitError> {
        let text = self.render(Context { site, own }).map_err(|error| {
            let why = error.detail().map_or_else(|| error.to_string(), str::to_owned);
            InitError(format!("{}: {why}", self.name))
        })?;
        let holds = |secret: &String| (self.quote)(secret).is_ok_and(|quoted| text.contains(&quoted)) || text.contains(secret);
        let secret = site.proxy_secret.as_ref().is_some_and(holds);
        Ok(File { name: self.name, text, secret })
    }

    fn render(self, context: impl Serialize) -> Result<String, Error> {
        let mut environment = Environment::new();
        environment
            .set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build()?);
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_formatter(move |out, _, value| {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let written = if value.is_safe() || value.is_number() { Ok(text) } else { (self.quote)(&text) };
            let written = written.map_err(|why| Error::new(ErrorKind::InvalidOperation, why))?;
            out.write_str(&written).map_err(Error::from)
        });
        environment.template_from_str(self.text)?.render(Serde(&context))
    }
}

/// Refuses what no configuration needs and every language reads in its own way.
pub(super) fn printable(value: &str) -> Result<&str, String> {
    match value.bytes().find(|byte| !matches!(byte, b' '..=b'~')) {
        None => Ok(value),
        Some(byte) => Err(format!("a value holds the byte 0x{byte:02x}, which has no place in a configuration")),
    }
}

/// Writes a value between double quotes, a backslash before a quote and before itself, as YAML, Lua, nginx and httpd read it.
pub(super) fn double_quoted(value: &str) -> Result<String, String> {
    Ok(format!("\"{}\"", printable(value)?.replace('\\', r"\\").replace('"', r#"\""#)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn double_quotes_hold_everything_that_is_printable() {
        assert_eq!(double_quoted(r#"a: "b" \c # d"#).unwrap(), r#""a: \"b\" \\c # d""#);
        for refused in ["a\nb", "\u{e9}", "\0"] {
            assert!(double_quoted(refused).unwrap_err().contains("no place in a configuration"));
        }
    }
}
