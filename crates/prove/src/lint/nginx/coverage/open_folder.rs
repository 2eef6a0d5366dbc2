use super::unasked;
use crate::lint::finding::{Finding, Lint, Severity};
use crate::lint::nginx::Subject;
use crate::lint::nginx::words::{head, named};
use crate::model::{Content, LocationId, Matcher};

pub(crate) const LINT: Lint =
    Lint::new("open-folder", Severity::High, "files behind the gate can be had by another path, or from another server");

/// A location that asks nobody serves a folder in which files lie that are behind the gate under another path.
pub(crate) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let model = &subject.model;
    for id in unasked(subject) {
        let location = model.location(id);
        if location.is_exact() || location.is_named() {
            continue;
        }
        for content in model.contents(id) {
            let Content::Files(files) = content else { continue };
            let Some(guarded) = behind(subject, id, &files.folder) else { continue };
            let Some(head) = head(location) else { continue };
            let finding = LINT.at(
                head,
                format!("the files that the gate keeps in {} lie in this folder as well", named(model, guarded)),
                "keep protected and public files in folders apart, or protect this location too",
            );
            findings.push(match files.directive {
                Some(directive) => finding.also(directive.span(), "the folder"),
                None => finding,
            });
        }
    }
}

/// A protected location whose files lie in a folder, and whose own path does not take them away from this location.
fn behind(subject: &Subject<'_>, id: LocationId, folder: &[u8]) -> Option<LocationId> {
    let model = &subject.model;
    let location = model.location(id);
    // A folder that nothing names is the same everywhere: nginx's own.
    let is_named = |content: &Content<'_>| matches!(content, Content::Files(files) if files.directive.is_some());
    let is_taken = |guarded: &[u8], other: LocationId| {
        let rest = guarded.strip_prefix(folder).unwrap_or_default();
        match &location.matcher {
            // What an expression makes of a path is not known; with `root` it is the path itself, for which `open-regex` is.
            Matcher::Regex(_) => model.scopes.own(location.scope, "alias").is_empty(),
            _ => {
                let path = [location.pattern, rest].concat();
                model.find(location.server, &path) != id || model.location(other).server == location.server && guarded == folder
            }
        }
    };
    let mut found = model
        .protected_folders_in(folder)
        .take(MOST)
        .filter(|(guarded, other)| !is_taken(guarded, *other) && model.contents(*other).iter().any(is_named));
    found.next().map(|(_, other)| other)
}

/// How many folders are compared: what lies in the root of a file system would be all of them.
const MOST: usize = 1000;
