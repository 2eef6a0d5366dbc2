use crate::lint::finding::{Finding, Lint, Severity};
use crate::lint::nginx::Subject;
use crate::lint::nginx::words::named;
use crate::model::{Content, Matcher};

pub(crate) const LINT: Lint = Lint::new("merge-slashes", Severity::High, "a second slash leads around the protected locations");

/// `merge_slashes off` is in force in a server where an open location for a prefix passes requests on to what is behind the gate
/// elsewhere, or serves the folder in which it lies: `//admin/` is not `/admin/` to nginx, but it mostly is to the application, and
/// always to the file system.
pub(crate) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let model = &subject.model;
    for (server, _) in model.guarded() {
        let line = model.scopes.value(model.server(server).scope, "merge_slashes");
        let Some(line) = line.filter(|line| line.argument(0) == Some(b"off")) else { continue };
        let is_open = |id| {
            let location = model.location(id);
            let is_wide = matches!(location.matcher, Matcher::Rest | Matcher::Prefix | Matcher::Final);
            is_wide && location.server == server && model.passes(id).any(|pass| model.protected_at(&pass.addresses).is_some())
        };
        let has_the_files = |id| {
            let location = model.location(id);
            let is_wide =
                location.server == server && matches!(location.matcher, Matcher::Rest | Matcher::Prefix | Matcher::Final);
            is_wide
                && model.contents(id).iter().any(|content| match content {
                    Content::Files(files) => model.protected_folders_in(&files.folder).any(|(folder, _)| folder != files.folder),
                    _ => false,
                })
        };
        let files = model.open().find(|(id, _)| has_the_files(*id)).map(|(id, _)| (id, Severity::High));
        let application = || model.open().find(|(id, _)| is_open(*id)).map(|(id, _)| (id, Severity::Medium));
        let Some((open, severity)) = files.or_else(application) else { continue };
        let why = format!(
            "`//` in front of a protected path makes it one of {}, which asks nobody and serves it all the same",
            named(model, open)
        );
        findings.push(LINT.at(line.span(), why, "take the line out, or write `merge_slashes on;`").severity(severity));
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::worst;
    use crate::lint::Severity;

    fn with(server: &str, open: &str) -> Option<Severity> {
        let gate = "location = /_auth { internal; proxy_pass http://a/verify; }";
        let admin = "location /admin/ { auth_request /_auth; proxy_pass http://b; }";
        worst("merge-slashes", &format!("server {{ {server} {gate} {admin} location / {{ {open} }} }}"))
    }

    #[test]
    fn second_slash_leads_to_the_open_location() {
        assert_eq!(with("merge_slashes off;", "proxy_pass http://b;"), Some(Severity::Medium));
        assert_eq!(with("merge_slashes off;", "proxy_pass http://public;"), None);
        assert_eq!(with("", "proxy_pass http://b;"), None);
    }
}
