//! Paths to prove, from a list, a description of an API, a map of a site, or a configuration of nginx.

use std::fmt;

use super::protected::protected;
use super::target::Target;
use crate::data::{self, Language, Node};
use crate::source::Sources;

/// Reads paths from a file: one in a line, `paths` of OpenAPI 2 or 3 in JSON or YAML, a sitemap, or what `nginx -T` prints, of which
/// those are taken that ask a gate. Which it is shows in the text.
///
/// Of OpenAPI those are taken that can be asked with GET; a parameter in a path becomes its example, or `1`. Addresses at another
/// host are left out.
///
/// # Errors
/// It is none of these, a line is no path, or there is no path in it.
///
/// # Example
/// ```
/// use gatewright_prove::prove::paths;
/// let target = "https://app.test/".parse()?;
/// assert_eq!(paths("list.txt", b"# pages\n/admin\nhttps://app.test/a?b=c\n", &target)?, ["/admin", "/a?b=c"]);
/// let api = b"openapi: 3.1.0\nservers: [{ url: /api }]\npaths: { '/users/{id}': { get: {} }, /jobs: { post: {} } }";
/// assert_eq!(paths("api.yaml", api, &target)?, ["/api/users/1"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn paths(name: &str, text: &[u8], target: &Target) -> Result<Vec<String>, PathsError> {
    let shown = String::from_utf8_lossy(text);
    let mut found = if let Some(found) = protected(text, target) {
        found
    } else if shown.contains("<urlset") || shown.contains("<sitemapindex") {
        sitemap(&shown, target)
    } else if ["openapi", "swagger"].iter().any(|word| shown.lines().take(HEAD_LINES).any(|line| begins_with_key(line, word))) {
        openapi(name, text)?
    } else {
        lines(name, &shown, target)?
    };
    let mut seen = Vec::new();
    found.retain(|path| {
        let is_new = !seen.contains(path);
        seen.push(path.clone());
        is_new
    });
    if found.is_empty() { Err(PathsError(format!("`{name}` names no path of {}", target.origin()))) } else { Ok(found) }
}

/// There are no paths in a file, or it is of no form that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathsError(String);

impl fmt::Display for PathsError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for PathsError {}

fn lines(name: &str, text: &str, target: &Target) -> Result<Vec<String>, PathsError> {
    let mut found = Vec::new();
    for (line, number) in text.lines().map(str::trim).zip(1_usize..) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let is_path = line.starts_with('/') && line.bytes().all(|byte| byte.is_ascii_graphic());
        match (is_path, line.contains("://")) {
            (true, _) => found.push(line.to_owned()),
            (false, true) => found.extend(here(line, target)),
            (false, false) => return Err(PathsError(format!("{name}:{number}: `{line}` is no path: one begins with `/`"))),
        }
    }
    Ok(found)
}

/// <https://www.sitemaps.org/protocol.html>: the text of every `loc`.
fn sitemap(text: &str, target: &Target) -> Vec<String> {
    let parts = text.split("<loc>").skip(1).filter_map(|part| part.split_once("</loc>"));
    let unescaped = |url: &str| {
        let url = url.trim().replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&apos;", "'");
        url.replace("&amp;", "&")
    };
    parts.filter_map(|(url, _)| here(&unescaped(url), target)).collect()
}

/// OpenAPI 3.1 §4.8.8, and 2.0.
fn openapi(name: &str, text: &[u8]) -> Result<Vec<String>, PathsError> {
    let mut sources = Sources::default();
    let file = sources.add(name, text);
    let language = match sources.get(file).map(Language::of) {
        Some(Language::Json) => Language::Json,
        _ => Language::Yaml,
    };
    let documents = data::read(&sources, file, language).map_err(|error| PathsError(error.to_string()))?;
    let mut found = Vec::new();
    for document in &documents {
        let base = base(document);
        for entry in document.get("paths").map(Node::entries).unwrap_or_default() {
            let Some(get) = entry.node.get("get") else { continue };
            let parameters = [&entry.node, get].map(|node| node.get("parameters").map(Node::items).unwrap_or_default()).concat();
            found.push(format!("{base}{}", filled(&entry.key, &parameters)));
        }
    }
    found.retain(|path| path.starts_with('/') && path.bytes().all(|byte| byte.is_ascii_graphic()));
    Ok(found)
}

/// What stands before every path, whatever the host: an API is often described for another than the one that is proved: that of the first server, or `basePath` of OpenAPI 2.
fn base(document: &Node) -> String {
    let server = document.get("servers").and_then(|servers| servers.items().first()?.get("url")?.text());
    let base = server.or_else(|| document.get("basePath").and_then(Node::text)).unwrap_or_default();
    let path = if base.contains("://") {
        base.parse::<Target>().map(|server| server.path().to_owned()).unwrap_or_default()
    } else {
        base.to_owned()
    };
    path.trim_end_matches('/').to_owned()
}

/// The path with a value for each `{name}`.
fn filled(path: &str, parameters: &[Node]) -> String {
    let mut filled = String::new();
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, after)) = after.split_once('}') else { break };
        let named = parameters.iter().find(|parameter| parameter.get("name").and_then(Node::text) == Some(name));
        let example = named.and_then(|parameter| parameter.get("example").or_else(|| parameter.get("schema")?.get("example")));
        let example =
            example.and_then(|node| node.text().map(str::to_owned).or_else(|| node.number().map(|number| number.to_string())));
        filled.push_str(before);
        filled.push_str(example.as_deref().unwrap_or("1"));
        rest = after;
    }
    filled.push_str(rest);
    filled
}

/// The path of an address of this host, whatever its scheme and port: a map is often written for another.
fn here(url: &str, target: &Target) -> Option<String> {
    let url = url.split('#').next().unwrap_or_default().parse::<Target>().ok()?;
    url.host().eq_ignore_ascii_case(target.host()).then(|| url.path().to_owned())
}

/// `openapi:` of YAML, or `"openapi":` of JSON, also behind the brace.
fn begins_with_key(line: &str, word: &str) -> bool {
    let line = line.trim_start_matches(['{', ' ', '\t', '"', '\'']);
    line.strip_prefix(word).is_some_and(|rest| rest.trim_start_matches(['"', '\'', ' ']).starts_with(':'))
}

/// The version stands at the top, behind comments at most.
const HEAD_LINES: usize = 50;

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<String>, String> {
        paths("file", text.as_bytes(), &"http://app.test:8000/".parse().unwrap()).map_err(|error| error.to_string())
    }

    #[test]
    fn lines_are_paths_or_addresses_of_this_host() {
        assert_eq!(read("/a\n\n# b\n/a\nhttps://app.test/c#d\nhttps://other.test/e\n").unwrap(), ["/a", "/c"]);
        assert_eq!(read("/a\nadmin").unwrap_err(), "file:2: `admin` is no path: one begins with `/`");
        assert!(read("# nothing\n").unwrap_err().contains("names no path"));
    }

    #[test]
    fn sitemaps_are_read() {
        let map = "<?xml version='1.0'?><urlset><url><loc> https://app.test/a?b=1&amp;c=2 </loc></url><url><loc>https://x.test/</loc></url></urlset>";
        assert_eq!(read(map).unwrap(), ["/a?b=1&c=2"]);
    }

    #[test]
    fn parameters_of_an_api_become_their_examples() {
        let api = r#"{"swagger": "2.0", "basePath": "/v1/", "paths": {"/u/{id}/{x}": {"parameters": [{"name": "id", "example": "me"}], "get": {}}}}"#;
        assert_eq!(read(api).unwrap(), ["/v1/u/me/1"]);
        assert!(read("openapi: 3.0.0\npaths: [").is_err());
    }
}
