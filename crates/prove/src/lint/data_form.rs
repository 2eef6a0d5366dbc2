//! Configurations that are data: which proxy's they are, and what is wrong with them.

use super::{Finding, Intent, Lint, caddy, envoy, ingress, traefik};
use crate::data::{self, DataError, Language, Node};
use crate::source::{FileId, Source, Sources, Span};

/// Whether a file is data, or a Caddyfile, and not one of nginx: by its ending, or by what it starts with.
pub(super) fn is_data(name: &[u8], text: &[u8]) -> bool {
    let name = name.to_ascii_lowercase();
    let ends = |ending: &str| name.ends_with(ending.as_bytes());
    if [".json", ".yaml", ".yml", ".toml", "caddyfile"].iter().any(|ending| ends(ending)) {
        return true;
    }
    // What `nginx -T` prints, whatever nginx said before it.
    let names_a_file = |line: &[u8]| line.starts_with(b"# configuration file ") && line.trim_ascii_end().ends_with(b":");
    if text.split(|byte| *byte == b'\n').any(names_a_file) {
        return false;
    }
    let text = String::from_utf8_lossy(text.get(..LOOKED_AT).unwrap_or(text));
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let first = lines.next().unwrap_or_default();
    let is_key = first.split_once(':').is_some_and(|(key, rest)| {
        let is_name = key.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'"'));
        is_name && !key.is_empty() && (rest.is_empty() || rest.starts_with(' '))
    });
    let is_table = first.starts_with('[') && first.ends_with(']');
    first.starts_with('{') || first == "---" || is_table || is_key || is_caddyfile_text(&text)
}

/// Whose configuration a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Envoy,
    Caddy,
    Caddyfile,
    Traefik,
    Ingress,
}

/// Tells whose configuration a file is; `None` for one that is no data, or nobody's that is known.
pub(crate) fn form(name: &[u8], text: &[u8]) -> Result<Option<Form>, DataError> {
    if !is_data(name, text) {
        return Ok(None);
    }
    let mut sources = Sources::default();
    let file = sources.add(name, text);
    let Some(source) = sources.get(file) else { return Ok(None) };
    if is_caddyfile(source) {
        return Ok(Some(Form::Caddyfile));
    }
    let documents = data::read(&sources, file, Language::of(source))?;
    let forms: [(IsOne, Form); 4] = [
        (ingress::is_one, Form::Ingress),
        (envoy::is_one, Form::Envoy),
        (caddy::is_one, Form::Caddy),
        (traefik::is_one, Form::Traefik),
    ];
    Ok(forms.into_iter().find(|(is_one, _)| documents.iter().any(is_one)).map(|(_, form)| form))
}

/// Looks for mistakes in a configuration of Envoy, Traefik or Caddy (as JSON), or in resources of Kubernetes with annotations of
/// ingress-nginx. The error says where the file is wrong, or that it is none of these, and what to do instead.
pub(super) fn check(sources: &Sources, file: FileId, intent: &Intent<'_>) -> Result<Vec<Finding>, DataError> {
    let Some(source) = sources.get(file) else { return Ok(Vec::new()) };
    let start = Span { file, start: 0, end: 0 };
    if is_caddyfile(source) {
        return Err(DataError::at(sources, start, CADDYFILE));
    }
    let documents = data::read(sources, file, Language::of(source))?;
    if documents.iter().any(ingress::is_one) {
        return Ok(ingress::check(&documents, intent));
    }
    let known = |root: &Node| FORMS.iter().find(|(is_one, _)| is_one(root)).map(|(_, check)| check(root, intent));
    let found: Vec<Vec<Finding>> = documents.iter().filter_map(known).collect();
    if found.is_empty() {
        return Err(DataError::at(sources, start, UNKNOWN));
    }
    Ok(found.into_iter().flatten().collect())
}

/// Every rule about configurations that are data.
pub(super) fn lints() -> impl Iterator<Item = &'static Lint> {
    [envoy::LINTS, traefik::LINTS, caddy::LINTS, ingress::LINTS].into_iter().flatten().copied()
}

type IsOne = fn(&Node) -> bool;
type Check = fn(&Node, &Intent<'_>) -> Vec<Finding>;

const FORMS: &[(IsOne, Check)] =
    &[(envoy::is_one, envoy::check), (caddy::is_one, caddy::check), (traefik::is_one, traefik::check)];

/// Whether a file is written in Caddy's own language: by its name, or by a line that only opens a block.
fn is_caddyfile(source: &Source) -> bool {
    let name = String::from_utf8_lossy(source.name()).to_ascii_lowercase();
    let base = name.rsplit('/').next().unwrap_or_default();
    if base.ends_with(".json") || base.ends_with(".yaml") || base.ends_with(".yml") || base.ends_with(".toml") {
        return false;
    }
    base.starts_with("caddyfile") || base.ends_with(".caddyfile") || is_caddyfile_text(&String::from_utf8_lossy(source.text()))
}

fn is_caddyfile_text(text: &str) -> bool {
    if text.lines().any(|line| line.trim_end().ends_with(';')) {
        return false; // nginx
    }
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let first = lines.next().unwrap_or_default();
    let is_nginxs = ["http", "server", "events", "stream", "location", "upstream", "map", "types"];
    let is_nginxs = is_nginxs.iter().any(|name| first.split([' ', '{']).next() == Some(name));
    let opens = |line: &str| line.ends_with(" {") && !line.contains(['"', '=']) && !line.contains(": ") && !is_nginxs;
    let is_block = first == "{" && lines.next().is_some_and(|line| !line.starts_with(['"', '}']));
    opens(first) || is_block
}

/// How much of a file is looked at to tell what it is.
const LOOKED_AT: usize = 64 << 10;

const CADDYFILE: &str = "this is a Caddyfile; its order is not that of its lines, so let Caddy write it out: `caddy adapt --config Caddyfile | gatewright lint -`";
const UNKNOWN: &str = "this is no configuration that is known; there are Envoy (`static_resources` or `resources`), Traefik (`http` or `entryPoints`), Caddy as JSON (`apps`: `caddy adapt --config Caddyfile | gatewright lint -`) and resources of Kubernetes with an Ingress";

#[cfg(test)]
mod tests {
    use super::*;

    fn lint(name: &str, text: &str) -> Result<Vec<&'static str>, String> {
        let mut sources = Sources::default();
        let file = sources.add(name, text);
        let findings = check(&sources, file, &Intent::default()).map_err(|error| error.to_string())?;
        Ok(findings.into_iter().map(|finding| finding.lint.id).collect())
    }

    #[test]
    fn caddyfile_is_to_be_written_out() {
        for (name, text) in [("Caddyfile", ""), ("-", "app.test {\n\trespond 1\n}\n"), ("-", "{\n\tadmin off\n}\n")] {
            let error = lint(name, text).unwrap_err();
            assert!(
                error.contains("`caddy adapt --config Caddyfile | gatewright lint -`") && error.contains(":1:1: "),
                "{error}"
            );
        }
    }

    #[test]
    fn dump_of_nginx_is_no_data() {
        let said = "nginx: the configuration file /e/nginx.conf syntax is ok\n";
        assert!(!is_data(b"-", format!("{said}# configuration file /e/nginx.conf:\nevents {{}}\n").as_bytes()));
        assert!(!is_data(b"-", b"[warn] 1#1: x\n# configuration file /e/nginx.conf:\r\n"));
        assert!(is_data(b"-", b"# configuration file of the proxy\nhttp: {}\n"));
        assert!(is_data(b"a.yaml", b"# configuration file a:\nhttp: {}\n"));
    }

    #[test]
    fn what_is_not_known_is_said() {
        for text in ["a: 1\n", "", "events {\n}\nuser a;\n", "- a\n", "{}", "services: { web: { image: nginx } }\n"] {
            assert!(!lint("-", text).unwrap_err().contains("this is a Caddyfile"), "{text}");
        }
    }

    #[test]
    fn form_is_recognised() {
        assert_eq!(lint("-", "http: { routers: {} }\n"), Ok(vec![]));
        assert_eq!(lint("-", "[http.routers.a]\nrule = \"Host(`a`)\"\n"), Ok(vec![]));
        assert_eq!(lint("-", "{\"apps\": {\"http\": {\"servers\": {}}}}"), Ok(vec![]));
        assert_eq!(lint("-", "static_resources: {}\n"), Ok(vec![]));
        assert_eq!(lint("-", "kind: Ingress\napiVersion: networking.k8s.io/v1\nmetadata: { name: a }\n"), Ok(vec![]));
    }

    #[test]
    fn mistake_in_the_file_has_its_place() {
        assert!(lint("a.yaml", "http:\n  routers: [\n").unwrap_err().starts_with("a.yaml:"));
        assert!(lint("a.json", "{\"apps\": }").unwrap_err().starts_with("a.json:1:10: "));
    }
}
