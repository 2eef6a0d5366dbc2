use crate::lint::finding::{Finding, Lint, Severity};
use crate::lint::nginx::Subject;
use crate::lint::nginx::words::named;
use crate::model::{Content, LocationId, Model};

pub(crate) const LINT: Lint = Lint::new("status-page", Severity::Low, "anybody can read how the server is doing");

/// `stub_status`, `status` or `api` answers in a location without the gate, without a password, without rules about addresses, in a
/// server that listens on more than this machine.
pub(crate) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let model = &subject.model;
    let is_page = |content: &Content<'_>| matches!(content, Content::Built(line) if !line.is("empty_gif"));
    let pages = model.open().filter(|(id, _)| model.contents(*id).iter().any(is_page));
    for (id, _) in pages.filter(|(id, _)| !subject.is_meant_open(*id) && !is_closed(model, *id)) {
        let pages = model.contents(id).iter().filter_map(|content| match content {
            Content::Built(line) if !line.is("empty_gif") => Some(line),
            _ => None,
        });
        for line in pages {
            let also = if line.is("api") { ", and may let them change it" } else { "" };
            let why = format!("{} tells strangers how much the server has to do{also}", named(model, id));
            findings.push(LINT.at(line.span(), why, "write `allow 127.0.0.1; deny all;` into this location"));
        }
    }
}

fn is_closed(model: &Model<'_>, id: LocationId) -> bool {
    let location = model.location(id);
    let is_refusing = model.scopes.addresses(location.scope).iter().any(|line| line.is("deny"));
    let asks = |name| model.scopes.value(location.scope, name).is_some_and(|line| line.argument(0) != Some(b"off"));
    let listens = &model.server(location.server).listens;
    let is_here =
        |listen: &Vec<u8>| [&b"127."[..], b"localhost:", b"[::1]", b"unix:"].iter().any(|start| listen.starts_with(start));
    is_refusing || asks("auth_basic") || asks("auth_jwt") || (!listens.is_empty() && listens.iter().all(is_here))
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::worst;
    use crate::lint::Severity;

    fn with(listen: &str, inside: &str) -> Option<Severity> {
        worst("status-page", &format!("server {{ listen {listen}; location = /status {{ stub_status; {inside} }} }}"))
    }

    #[test]
    fn status_for_strangers_is_too_much() {
        assert_eq!(with("80", ""), Some(Severity::Low));
        assert_eq!(with("127.0.0.1:80; listen 80", ""), Some(Severity::Low));
    }

    #[test]
    fn status_for_this_machine_is_fine() {
        assert_eq!(with("127.0.0.1:80", ""), None);
        assert_eq!(with("80", "allow 127.0.0.1; deny all;"), None);
        assert_eq!(with("80", "auth_request /_auth;"), None);
    }
}
