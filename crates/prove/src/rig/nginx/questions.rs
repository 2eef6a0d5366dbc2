//! For which paths a server is asked: those of every location and around it, and the usual.

use std::collections::BTreeSet;

use super::sample;
use crate::lint::Subject;
use crate::model::{LocationId, Matcher, ServerId};
use crate::rig::questions::{MOST_PATHS, Questions, USUAL};

pub(super) fn questions(subject: &Subject<'_>, server: ServerId) -> Questions {
    let model = &subject.model;
    let names = &model.server(server).names;
    let is_plain = |name: &&Vec<u8>| !name.is_empty() && *name != b"_" && !name.starts_with(b"~");
    let plain = names.iter().find(is_plain).map(|name| host_of(&String::from_utf8_lossy(name)));
    let host = plain.or_else(|| names.iter().find_map(|name| host_of_expression(name)));
    let host = host.unwrap_or_else(|| "app.test".to_owned());
    let mut paths: Vec<String> = USUAL.iter().map(|path| (*path).to_owned()).collect();
    let [mut main, mut beside] = [Vec::new(), Vec::new()];
    for (id, location) in model.locations().filter(|(_, location)| location.server == server) {
        let Some(base) = base(subject, id) else { continue };
        let stem = base.trim_end_matches('/');
        let ends = [
            "",
            "/",
            "x",
            "/x",
            "/x/y",
            "../admin/report.txt",
            "../private/report.txt",
            "/missing",
            "/x.php",
            "/report.txt",
            "/index.html",
            "/../nope/",
            "../nope/",
        ];
        paths.push(base.clone());
        paths.extend(ends.iter().map(|end| format!("{stem}{end}")));
        let is_main = model.is_protected(id) && !model.is_asking(id) && main.len() < MOST_MAIN;
        if !model.is_protected(id) && !model.is_asking(id) && model.passes(id).next().is_some() && beside.len() < MOST_MAIN {
            beside.push(if location.is_exact() { base.clone() } else { format!("{stem}/x") });
        }
        if is_main {
            main.push(if location.is_exact() { base } else { format!("{stem}/report.txt") });
        }
    }
    let samples = samples(subject, server);
    main.extend(["/admin/report.txt", "/admin/", "/api/v1/x"].map(str::to_owned));
    let one = |paths: Vec<String>| {
        let mut seen = BTreeSet::new();
        paths.into_iter().filter(|path| path.starts_with('/') && seen.insert(path.clone())).collect::<Vec<_>>()
    };
    let (mut paths, main) = (one(paths), one(main));
    paths.truncate(MOST_PATHS);
    let asks = |path: &&String| model.is_protected(model.find(server, path.as_bytes()));
    let mut guarded: Vec<String> = main.iter().filter(asks).cloned().collect();
    let is_behind = model.protected().any(|(id, _)| model.location(id).server == server);
    if guarded.is_empty() && is_behind {
        guarded.clone_from(&main);
    }
    Questions { host, paths, main, guarded, beside, samples, is_behind }
}

/// A path that leads to a location; none to one that no request can name.
fn base(subject: &Subject<'_>, id: LocationId) -> Option<String> {
    let location = subject.model.location(id);
    match &location.matcher {
        Matcher::Named | Matcher::Rest => None,
        Matcher::Regex(pattern) => {
            let start = pattern.starts().first().map(|start| String::from_utf8_lossy(start).into_owned());
            start.filter(|start| start.starts_with('/') && start.len() > 1)
        }
        Matcher::Exact | Matcher::Prefix | Matcher::Final => Some(String::from_utf8_lossy(location.pattern).into_owned()),
    }
}

/// Texts that the expressions of a server's locations are for.
fn samples(subject: &Subject<'_>, server: ServerId) -> Vec<String> {
    let locations = subject.model.locations().filter(|(_, location)| location.server == server);
    let expressions = locations.filter(|(_, location)| location.regex().is_some());
    let expressions = expressions.filter_map(|(_, location)| std::str::from_utf8(location.pattern).ok());
    expressions.flat_map(sample::of).take(MOST_SAMPLES).collect()
}

/// A host that an expression stands for.
fn host_of_expression(name: &[u8]) -> Option<String> {
    let expression = str::from_utf8(name.strip_prefix(b"~")?).ok()?;
    let is_host = |text: &String| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'));
    let found = sample::of(expression).into_iter().find(is_host)?;
    Some(if found.starts_with('.') { format!("w{found}") } else { found })
}

/// A host that a server name stands for.
fn host_of(name: &str) -> String {
    name.replace('*', "w").trim_start_matches('.').to_owned()
}

/// How many texts of expressions are tried.
const MOST_SAMPLES: usize = 40;

/// How many of them are asked for in every way.
const MOST_MAIN: usize = 3;
