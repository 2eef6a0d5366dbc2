//! What the configuration looks at in requests.

use crate::lint::Subject;
use crate::nginx::{Part, parts};
use crate::rig::probe::Looks;

pub(super) fn looks(subject: &Subject<'_>) -> Looks {
    let mut looks = Looks::default();
    let scopes = subject.model.scopes.iter();
    let lines = scopes.flat_map(|(scope, _)| subject.model.scopes.all_own(scope));
    let words = lines.flat_map(|line| line.words().iter().chain(line.entries().flat_map(|entry| entry.words())));
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
    looks
}
