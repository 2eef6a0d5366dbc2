//! What is behind the gate: which programs, which files, and which headers say who is asking.

use super::folder::natural;
use super::plan::{Plan, Program};
use crate::lint::{Subject, is_public_path};
use crate::model::{LocationId, Matcher, Pass, ServerId, Target, names};
use crate::rig::fake::Role;
use crate::rig::ground::{Standing, USUAL};

/// The headers in which the gate says who is asking, and a few that gates use.
pub(super) fn identity(subject: &Subject<'_>) -> Vec<String> {
    let mut names: Vec<String> = subject.identity.keys().map(|name| String::from_utf8_lossy(name).into_owned()).collect();
    for name in USUAL {
        if !names.iter().any(|other| other.eq_ignore_ascii_case(name)) {
            names.push(name.to_owned());
        }
    }
    names
}

/// What else a yes has to say here. A gate that forbids to keep its answers would hide what a cache of them does, so that this one
/// only does where the configuration looks for it.
pub(super) fn lines(subject: &Subject<'_>) -> String {
    let scopes = subject.model.scopes.iter();
    let mut lines = scopes.flat_map(|(scope, _)| subject.model.scopes.all_own(scope));
    let looks = |name: &[u8]| name.eq_ignore_ascii_case(b"upstream_http_cache_control");
    let is_looked_for = lines.any(|line| line.arguments().iter().any(|word| names(word.value()).any(|name| looks(&name))));
    if is_looked_for { "Cache-Control: no-store\r\n".to_owned() } else { String::new() }
}

/// The headers and parameters by which the application is told who is asking.
pub(super) fn told(subject: &Subject<'_>) -> Vec<String> {
    let mut names: Vec<String> = subject.identity.keys().map(|name| String::from_utf8_lossy(name).into_owned()).collect();
    let model = &subject.model;
    for (scope, _) in model.scopes.iter() {
        for line in model.scopes.all_own(scope) {
            let name = match line.name() {
                b"proxy_set_header" | b"grpc_set_header" => line.argument(0),
                b"uwsgi_param" | b"fastcgi_param" | b"scgi_param" => line.argument(0),
                _ => None,
            };
            let Some(name) = name else { continue };
            let name = String::from_utf8_lossy(name).into_owned();
            let name = name.strip_prefix("HTTP_").map_or(name.clone(), |name| name.replace('_', "-"));
            let is_usual = USUAL.iter().any(|other| other.eq_ignore_ascii_case(&name)) || name == "REMOTE_USER";
            if is_usual && !names.iter().any(|other| other.eq_ignore_ascii_case(&name)) {
                names.push(name);
            }
        }
    }
    names
}

/// What it means that a request arrived at a program, with this path and from these servers.
pub(super) fn standing(subject: &Subject<'_>, plan: &Plan, program: &Program, path: &str, from: &[ServerId]) -> Standing {
    if program.role != Role::Application {
        return Standing::Free;
    }
    let model = &subject.model;
    let path = normal(path);
    let found = || from.iter().map(|server| model.find(*server, &path)).find(|id| leads_to(subject, *id, program));
    let Some(id) = program.location.or_else(found) else {
        return if plan.is_behind(subject, program) { Standing::Guarded } else { Standing::Free };
    };
    let location = model.location(id);
    // A page for people who have to log in, at a path of its own.
    let is_page = model.is_login(id) && location.is_exact() && location.pattern == path;
    if is_page {
        return Standing::Free;
    }
    if subject.is_meant_open(id) {
        return if plan.is_behind(subject, program) { Standing::Declared } else { Standing::Free };
    }
    // What runs scripts is no application: each script is one, wherever the program listens.
    let runs_scripts = || model.passes(id).any(|pass| pass.directive.is("fastcgi_pass"));
    if location.regex().is_some() && !model.is_protected(id) && runs_scripts() {
        let is_taken = !says_off(subject, id) && is_taken(subject, id, &path);
        return if is_taken { Standing::Guarded } else { Standing::Free };
    }
    if !plan.is_behind(subject, program) {
        return Standing::Free;
    }
    let is_here = |pass: &&Pass<'_>| pass.addresses.contains(&program.address);
    let is_meant = model.passes(id).find(is_here).is_some_and(|pass| is_meant(subject, id, pass));
    if is_meant && !refuses_some(subject, id) { Standing::Meant } else { Standing::Guarded }
}

/// Whether it looks as if somebody meant a location to be open: one path for which the gate is switched off; a login, or what
/// certificates are issued by; a tree that is one of the application's, or where every identity is taken away by hand.
fn is_meant(subject: &Subject<'_>, id: LocationId, pass: &Pass<'_>) -> bool {
    let model = &subject.model;
    let location = model.location(id);
    if model.is_protected(id) || model.is_internal(id) {
        return false;
    }
    let is_one = location.is_exact() || location.regex().is_some_and(|regex| regex.is_anchored() && regex.is_closed());
    let is_public = is_public_path(location.pattern);
    if is_one {
        return is_public || says_off(subject, id);
    }
    let is_tree = location.is_prefix() && location.pattern.ends_with(b"/") && location.pattern.len() > 1;
    let is_mapped = pass.path.as_ref().is_some_and(|path| path.len() > 1 && path.ends_with(b"/"));
    let setter = String::from_utf8_lossy(pass.directive.name()).replace("_pass", "_set_header");
    let is_away =
        |header: &Vec<u8>| subject.sent(location.scope, &setter, header).is_some_and(|line| line.argument(1) == Some(b""));
    is_tree && (is_public || is_mapped || (!subject.identity.is_empty() && subject.identity.keys().all(is_away)))
}

/// Whether a location refuses some requests by itself. Whoever got past that got past a guard, though not the gate.
fn refuses_some(subject: &Subject<'_>, id: LocationId) -> bool {
    let scopes = &subject.model.scopes;
    scopes.conditions(subject.model.location(id).scope).any(|(scope, _)| {
        scopes.own(scope, "return").iter().any(|line| matches!(line.argument(0), Some(b"401" | b"403" | b"404" | b"444")))
    })
}

/// A path as nginx compares it with locations: escapes resolved, slashes merged, dots gone.
fn normal(path: &str) -> Vec<u8> {
    let mut text = Vec::new();
    let mut rest = path.as_bytes();
    while let [first, behind @ ..] = rest {
        let escaped = match rest {
            [b'%', high, low, ..] => std::str::from_utf8(&[*high, *low]).ok().and_then(|hex| u8::from_str_radix(hex, 16).ok()),
            _ => None,
        };
        text.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() { rest.get(3..).unwrap_or_default() } else { behind };
    }
    let mut parts: Vec<&[u8]> = Vec::new();
    let ends_in_folder = text.ends_with(b"/") || text.ends_with(b"/.") || text.ends_with(b"/..");
    for part in text.split(|byte| *byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    let mut made: Vec<u8> = parts.iter().flat_map(|part| [b"/", *part].concat()).collect();
    if ends_in_folder || made.is_empty() {
        made.push(b'/');
    }
    made
}

/// Whether a location passes requests on to the group of a program.
fn leads_to(subject: &Subject<'_>, id: LocationId, program: &Program) -> bool {
    let Some(group) = &program.group else { return false };
    let group = [b"upstream ", group.as_slice()].concat();
    subject.model.passes(id).any(|pass| pass.addresses.contains(&group))
}

/// Whether a file is one that a location behind the gate is there for.
pub(super) fn is_file_guarded(subject: &Subject<'_>, plan: &Plan, file: &[u8]) -> bool {
    let model = &subject.model;
    // One that no folder of the configuration holds.
    if !plan.folders.iter().any(|folder| file.starts_with(folder)) {
        return true;
    }
    model.protected().any(|(id, _)| {
        let Some(path) = natural(subject, id, file) else { return false };
        let location = model.location(id);
        if location.is_exact() {
            let index = model.index_files(id);
            let is_index = location.pattern.ends_with(b"/") && index.iter().any(|name| path == [location.pattern, name].concat());
            return (is_index || path == location.pattern) && Plan::is_guarded(subject, id);
        }
        let found = model.find(location.server, &path);
        if subject.is_meant_open(found) || model.is_login(found) {
            return false;
        }
        if Plan::is_guarded(subject, found) {
            return true;
        }
        // An expression that takes files from a prefix behind the gate, without a word about the gate.
        let takes = model.location(found).regex().is_some() && !says_off(subject, found);
        let falls = model.try_files(found).and_then(|(_, last)| match model.target(location.server, last) {
            Target::Location(target) => Some(target),
            Target::Status(_) | Target::Elsewhere | Target::Unknown => None,
        });
        let falls_to_it = falls.is_some_and(|target| Plan::is_guarded(subject, target) && model.location(target).is_named());
        falls_to_it || (takes && is_taken(subject, found, &path) && natural(subject, found, file) == Some(path))
    })
}

/// Whether a path that an expression takes is one of a location behind the gate: a prefix, or another expression.
fn is_taken(subject: &Subject<'_>, id: LocationId, path: &[u8]) -> bool {
    let server = subject.model.location(id).server;
    let rest = subject.model.server(server).rest;
    // Those within another location are only asked for its paths.
    let mut others = subject.model.locations().filter(|(other, location)| *other != id && location.parent == Some(rest));
    let is_another = others.any(|(other, location)| {
        location.regex().is_some_and(|pattern| pattern.matches(path)) && Plan::is_guarded(subject, other)
    });
    is_another || Plan::is_guarded(subject, prefix(subject, server, path))
}

/// The location that would take a path if there were no expressions.
fn prefix(subject: &Subject<'_>, server: ServerId, path: &[u8]) -> LocationId {
    let model = &subject.model;
    let mut best = (model.server(server).rest, 0);
    for (other, location) in model.locations().filter(|(_, location)| location.server == server) {
        let fits = match location.matcher {
            Matcher::Exact => location.pattern == path,
            Matcher::Prefix | Matcher::Final => path.starts_with(location.pattern),
            Matcher::Rest | Matcher::Regex(_) | Matcher::Named => false,
        };
        if fits && location.pattern.len() > best.1 {
            best = (other, location.pattern.len());
        }
    }
    best.0
}

/// Whether a location itself says that the gate is not asked.
fn says_off(subject: &Subject<'_>, id: LocationId) -> bool {
    let scopes = &subject.model.scopes;
    scopes.own(subject.model.location(id).scope, "auth_request").iter().any(|line| line.argument(0) == Some(b"off"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_is_compared_as_nginx_compares_it() {
        let normal = |path: &str| String::from_utf8(normal(path)).unwrap();
        assert_eq!(["/a//b/./c/../d/", "/%61%2fb", "/a%2", "", "/x/.."].map(normal), ["/a/b/d/", "/a/b", "/a%2", "/", "/"]);
    }
}
