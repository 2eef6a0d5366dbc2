use crate::lint::finding::{Finding, Lint, Severity};
use crate::lint::nginx::Subject;
use crate::lint::nginx::words::{head, named};
use crate::model::Content;

pub(crate) const LINT: Lint =
    Lint::new("index-around-gate", Severity::High, "the page behind a protected path can be asked for by its own name");

/// A protected location for one folder alone (`= /`) goes on to its index file, whose own path another location takes without asking.
pub(crate) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let model = &subject.model;
    for (id, _) in model.protected() {
        let location = model.location(id);
        let serves_files = matches!(model.contents(id), [Content::Files(_), ..]) && location.is_exact();
        if !serves_files || !location.pattern.ends_with(b"/") {
            continue;
        }
        for index in model.index_files(id) {
            let path = [location.pattern, index].concat();
            let target = model.find(location.server, &path);
            let is_open = model.way(target).is_some() && !subject.is_meant_open(target);
            let Some(head) = head(location).filter(|_| is_open && !index.contains(&b'$')) else { continue };
            findings.push(LINT.at(
                head,
                format!(
                    "`{}` is the same page, and {} serves it to anybody",
                    String::from_utf8_lossy(&path),
                    named(model, target)
                ),
                "protect the whole prefix instead of the one path",
            ));
        }
    }
}
