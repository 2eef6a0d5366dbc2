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

/// Whether a path is one that people leave open on purpose: health checks, login pages, icons, what certificates are issued by.
pub(super) fn is_public_path(path: &[u8]) -> bool {
    let path = path.to_ascii_lowercase();
    let path = String::from_utf8_lossy(&path);
    let mut segments = path.split('/').filter(|segment| !segment.is_empty());
    segments.any(|segment| {
        let stem = segment.split('.').next().unwrap_or(segment);
        PUBLIC.contains(&segment) || PUBLIC.contains(&stem)
    })
}

const PUBLIC: &[&str] = &[
    ".well-known",
    "acme-challenge",
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
    "login",
    "logout",
    "manifest",
    "oauth2",
    "ping",
    "readiness",
    "ready",
    "readyz",
    "robots",
    "saml",
    "sign-in",
    "sign_in",
    "sign_out",
    "signin",
    "signout",
    "sso",
    "status",
    "up",
];
