//! Words for what a configuration holds.

use crate::model::{Location, LocationId, Matcher, Model};
use crate::source::Span;

/// A location as it is written: `` `location ^~ /static/` ``.
pub(super) fn named(model: &Model<'_>, id: LocationId) -> String {
    let location = model.location(id);
    let pattern = String::from_utf8_lossy(location.pattern);
    let operator = match &location.matcher {
        Matcher::Rest => return "the server itself".to_owned(),
        Matcher::Exact => "= ",
        Matcher::Final => "^~ ",
        Matcher::Regex(_) => match location.directive.and_then(|directive| directive.argument(0)) {
            Some([b'~', b'*', ..]) => "~* ",
            _ => "~ ",
        },
        Matcher::Prefix | Matcher::Named => "",
    };
    format!("`location {operator}{pattern}`")
}

/// Where a location starts: its head, without its block.
pub(super) fn head(location: &Location<'_>) -> Option<Span> {
    let words = location.directive?.words();
    let (first, last) = (words.first()?.span(), words.last()?.span());
    if matches!(location.matcher, Matcher::Rest) { Some(first) } else { Some(Span { end: last.end, ..first }) }
}

/// Whether one path is one that people leave open on purpose: its last part says health check, login page, icon.
pub(crate) fn is_public_path(path: &[u8]) -> bool {
    let path = String::from_utf8_lossy(&path.to_ascii_lowercase()).into_owned();
    let last = path.trim_end_matches(['$', '/']).rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
    let stem = last.split('.').next().unwrap_or_default();
    PUBLIC.contains(&last.as_str()) || PUBLIC.contains(&stem) || is_public_tree(path.as_bytes())
}

/// Whether all paths that begin so are of that kind: the login's own, or what certificates are issued by.
pub(super) fn is_public_tree(path: &[u8]) -> bool {
    let path = String::from_utf8_lossy(&path.to_ascii_lowercase()).into_owned();
    path.split('/').any(|segment| TREES.contains(&segment))
}

/// Whether a tree of an application's is one that is for everybody by its name.
pub(super) fn is_public_folder(path: &[u8]) -> bool {
    let path = String::from_utf8_lossy(&path.to_ascii_lowercase()).into_owned();
    path.split('/').any(|segment| FOLDERS.contains(&segment))
}

const PUBLIC: &[&str] = &[
    "alive",
    "apple-touch-icon",
    "callback",
    "favicon",
    "health",
    "health-check",
    "healthcheck",
    "healthz",
    "live",
    "liveness",
    "livez",
    "manifest",
    "ping",
    "readiness",
    "ready",
    "readyz",
    "robots",
    "sso",
    "status",
    "up",
];

const TREES: &[&str] = &[
    ".well-known",
    "acme-challenge",
    "login",
    "logout",
    "oauth2",
    "saml",
    "sign-in",
    "sign_in",
    "sign_out",
    "signin",
    "signout",
];

const FOLDERS: &[&str] = &["assets", "css", "fonts", "images", "img", "js", "media", "pub", "public", "static"];
