//! The marked files in the temporary folder.

use std::fs;
use std::io;

use super::plan::Plan;
use crate::lint::Subject;
use crate::model::LocationId;
use crate::nginx::path;
use crate::rig::fake::words;
use crate::rig::folder::FILE;

/// Fills the folder: what nginx wants to be there, and in every folder that is served files that say their own names.
pub(crate) fn fill(subject: &Subject<'_>, plan: &Plan) -> io::Result<()> {
    for name in ["logs", "temporary", "files"] {
        fs::create_dir_all(plan.folder.join(name))?;
    }
    let names = names(subject);
    let has_ssi = subject.model.scopes.iter().any(|(scope, _)| subject.model.scopes.is_on(scope, "ssi"));
    let includes = if has_ssi { includes(subject) } else { String::new() };
    for served in &plan.folders {
        if served.ends_with(b"/") || !has_extension(served) {
            for name in &names {
                let served = served.strip_suffix(b"/").unwrap_or(served);
                write(plan, &[served, b"/", name.as_bytes()].concat(), &includes)?;
            }
            // What lies beside a folder is nobody's to hand out.
            let beside = served.strip_suffix(b"/").and_then(|served| served.rsplitn(2, |byte| *byte == b'/').nth(1));
            if let Some(beside) = beside {
                for name in ["private/report.txt", "admin/report.txt"] {
                    write(plan, &[beside, b"/", name.as_bytes()].concat(), "")?;
                }
            }
        } else {
            write(plan, served, &includes)?;
        }
    }
    for (scope, _) in subject.model.scopes.iter() {
        for line in subject.model.scopes.all_own(scope) {
            let Some(file) = line.argument(0) else { continue };
            if line.is("auth_basic_user_file") {
                let place = path(&plan.place(file));
                if let Some(folder) = place.parent() {
                    fs::create_dir_all(folder)?;
                }
                fs::write(place, "nobody:{PLAIN}gatewright-password\n")?;
            } else if line.name().ends_with(b"_cache_path") {
                fs::create_dir_all(path(&plan.place(file)))?;
            }
        }
    }
    Ok(())
}

/// What the files are called: the usual, and what the configuration names.
fn names(subject: &Subject<'_>) -> Vec<String> {
    let mut names: Vec<String> = USUAL.iter().map(|name| (*name).to_owned()).collect();
    let mut add = |path: &[u8]| {
        let path = String::from_utf8_lossy(path).into_owned();
        let path = path.trim_matches('/');
        let is_name = path.split('/').all(|part| !part.is_empty() && part != ".." && part != ".");
        if is_name && !path.contains(['$', '@', '=', ':', '\0']) && has_extension(path.as_bytes()) {
            names.push(path.to_owned());
        }
    };
    let model = &subject.model;
    for (id, location) in model.locations() {
        if location.regex().is_none() {
            add(location.pattern);
            let is_folder = !has_extension(location.pattern);
            for name in ["report.txt", "index.html", "x.css"].iter().filter(|_| is_folder) {
                add(&[location.pattern, b"/", name.as_bytes()].concat().iter().fold(Vec::new(), no_double_slash));
            }
        }
        let files = model.try_files(id).map(|(line, _)| line.arguments()).unwrap_or_default();
        files.iter().for_each(|file| add(file.value()));
        model.error_pages(location.scope).iter().for_each(|page| add(page.page));
        model.index_files(id).iter().for_each(|file| add(file));
    }
    names.sort();
    names.dedup();
    names.truncate(MOST_FILES);
    // A name cannot be a file and a folder.
    let all = names.clone();
    names.retain(|name| !all.iter().any(|other| other.strip_prefix(name.as_str()).is_some_and(|rest| rest.starts_with('/'))));
    names
}

fn no_double_slash(mut path: Vec<u8>, byte: &u8) -> Vec<u8> {
    if *byte != b'/' || path.last() != Some(&b'/') {
        path.push(*byte);
    }
    path
}

fn has_extension(path: &[u8]) -> bool {
    path.rsplit(|byte| *byte == b'/').next().is_some_and(|name| name.contains(&b'.'))
}

/// Lines that put what is behind the gate into a page (`ssi`).
fn includes(subject: &Subject<'_>) -> String {
    let behind = subject.model.protected().map(|(id, _)| subject.model.location(id).pattern);
    let behind = behind.filter(|pattern| pattern.starts_with(b"/")).take(20);
    let line = |pattern: &[u8]| format!("<!--# include virtual=\"{}report.txt\" -->\n", String::from_utf8_lossy(pattern));
    behind.map(line).collect()
}

fn write(plan: &Plan, name: &[u8], includes: &str) -> io::Result<()> {
    let place = path(&plan.place(name));
    let Some(folder) = place.parent() else { return Ok(()) };
    fs::create_dir_all(folder)?;
    if place.is_dir() {
        return Ok(());
    }
    let includes = if name.ends_with(b"report.txt") { "" } else { includes };
    let name = String::from_utf8_lossy(name);
    // No two files have a word in common but those of their names.
    fs::write(place, format!("{FILE}{name}\n{}\n{includes}", words(&[&name], 8)))
}

/// Which location's folder a file would be asked for in, by its path.
pub(crate) fn natural(subject: &Subject<'_>, id: LocationId, file: &[u8]) -> Option<Vec<u8>> {
    let model = &subject.model;
    let location = model.location(id);
    if let Some(alias) = model.scopes.own(location.scope, "alias").last() {
        let rest = file.strip_prefix(alias.argument(0)?)?;
        return location.regex().is_none().then(|| [location.pattern, rest].concat());
    }
    let root = model.scopes.value(location.scope, "root").and_then(|root| root.argument(0)).unwrap_or(b"html");
    let rest = file.strip_prefix(root.strip_suffix(b"/").unwrap_or(root))?;
    rest.starts_with(b"/").then(|| rest.to_vec())
}

/// Files that sites have.
const USUAL: [&str; 30] = [
    "index.html",
    "secret.txt",
    "app.js",
    "admin/report.txt",
    "admin/index.html",
    "admin/x.css",
    "admin/x.js",
    "admin/x.php",
    "admin/export.json",
    "admin/.env",
    "private/report.txt",
    "files/report.txt",
    "protected_files/report.txt",
    "docs/report.txt",
    "login.html",
    "50x.html",
    "maint.html",
    "errors/50x.html",
    "errors/401.html",
    "errors/403.html",
    "static/app.css",
    "static/app.js",
    "favicon.ico",
    "robots.txt",
    "public/index.html",
    "public/a.txt",
    "www/index.html",
    "assets/app.css",
    "assets/logo.png",
    ".well-known/acme-challenge/tok",
];

/// How many files a folder gets.
const MOST_FILES: usize = 500;
