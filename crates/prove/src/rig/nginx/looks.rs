//! What the configuration looks at in requests, and what it looks for there.

use std::collections::BTreeSet;

use super::sample;
use crate::lint::Subject;
use crate::nginx::{Directive, Part, parts};
use crate::rig::probe::{Given, Looks};

pub(super) fn looks(subject: &Subject<'_>) -> Looks {
    let mut looks = Looks::default();
    let scopes = || subject.model.scopes.iter().flat_map(|(scope, _)| subject.model.scopes.all_own(scope));
    let words = scopes().flat_map(|line| line.words().iter().chain(line.entries().flat_map(|entry| entry.words())));
    for word in words {
        for part in parts(word.value()) {
            let Part::Variable(name) = part else { continue };
            let name = String::from_utf8_lossy(name).into_owned();
            if let Some(cookie) = name.strip_prefix("cookie_") {
                looks.cookies.insert(cookie.to_owned());
            } else if let Some(argument) = name.strip_prefix("arg_") {
                looks.arguments.insert(argument.to_owned());
            } else if let Some(header) = name.strip_prefix("http_").filter(|header| !["host", "cookie"].contains(header)) {
                looks.headers.insert(header.replace('_', "-"));
            }
        }
    }
    let mut compared = BTreeSet::new();
    for line in scopes() {
        match line.name() {
            b"if" => compared.extend(condition(line)),
            b"map" => compared.extend(map(line)),
            _ => {}
        }
    }
    for (variable, text) in compared.into_iter().take(MOST) {
        let pair = |name: &str| format!("{name}={text}");
        if variable == "request_method" && text.bytes().all(|byte| byte.is_ascii_uppercase()) {
            looks.methods.insert(text);
        } else if let Some(name) = variable.strip_prefix("cookie_") {
            looks.values.insert(Given::Cookie(pair(name)));
        } else if let Some(name) = variable.strip_prefix("arg_") {
            looks.values.insert(Given::Argument(pair(name)));
        } else if let Some(name) = variable.strip_prefix("http_").filter(|name| !["host", "cookie"].contains(name)) {
            looks.values.insert(Given::Header(name.replace('_', "-"), text));
        }
    }
    looks
}

/// The variable of a condition with the texts for which it is true, or for which it is not.
fn condition(line: &Directive) -> Vec<(String, String)> {
    let words: Vec<String> = line.arguments().iter().map(|word| String::from_utf8_lossy(word.value()).into_owned()).collect();
    let text = words.join(" ");
    let inside = text.strip_prefix('(').and_then(|text| text.strip_suffix(')')).unwrap_or(&text).trim();
    let mut parts = inside.splitn(3, ' ');
    let (Some(variable), Some(operator), Some(with)) = (parts.next(), parts.next(), parts.next()) else { return Vec::new() };
    let Some(variable) = variable.strip_prefix('$') else { return Vec::new() };
    let texts = match operator {
        "=" | "!=" => vec![with.to_owned()],
        "~" | "~*" | "!~" | "!~*" => sample(with),
        _ => Vec::new(),
    };
    plain(variable, texts)
}

/// The variable that a map is made from with the texts that it lists.
fn map(line: &Directive) -> Vec<(String, String)> {
    let from = line.argument(0).map(String::from_utf8_lossy).unwrap_or_default().into_owned();
    let Some(variable) = from.strip_prefix('$') else { return Vec::new() };
    let texts = line.entries().flat_map(|entry| {
        let name = String::from_utf8_lossy(entry.name()).into_owned();
        match (name.strip_prefix("~*").or_else(|| name.strip_prefix('~')), name.as_str()) {
            (Some(expression), _) => sample(expression),
            (None, "default" | "hostnames" | "volatile" | "include") => Vec::new(),
            (None, name) => vec![name.strip_prefix('\\').unwrap_or(name).to_owned()],
        }
    });
    plain(variable, texts.collect())
}

/// Those that a request can hold.
fn plain(variable: &str, texts: Vec<String>) -> Vec<(String, String)> {
    let is_plain = |text: &String| !text.is_empty() && !text.contains('$') && text.bytes().all(|byte| byte.is_ascii_graphic());
    let variable = variable.trim_matches(['{', '}']).to_ascii_lowercase();
    texts.into_iter().filter(is_plain).map(|text| (variable.clone(), text)).collect()
}

/// How many values are tried.
const MOST: usize = 40;
