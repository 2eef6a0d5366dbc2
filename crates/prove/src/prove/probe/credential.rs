//! P04: credentials that are none. What looks only whether there is one takes them.

use crate::prove::prober::{Place, Prober, Variant};
use crate::prove::wire::Line;

pub(super) fn run(prober: &mut Prober<'_>, place: Place) {
    let path = prober.path(place.subject);
    let mut lines: Vec<Line> = GENERIC.iter().map(|line| Line::raw(*line)).collect();
    for name in cookies(prober) {
        lines.push(Line::raw(format!("Cookie: {name}=x")));
        lines.push(Line::raw(format!("Cookie: {name}=")));
    }
    for line in prober.options.allow.iter().flat_map(|credential| &credential.lines) {
        let name = String::from_utf8_lossy(line.name()).into_owned();
        if !line.is("cookie") && !line.is("authorization") {
            lines.push(Line::raw(format!("{name}: x")));
            lines.push(Line::raw(format!("{name}: ")));
        }
    }
    let variant = |line: Line| {
        let name = line.printable().map(|bytes| String::from_utf8_lossy(bytes).into_owned()).unwrap_or_default();
        Variant::new(name, prober.get(path.as_str()).with_lines(&[line]), LINT)
    };
    let mut variants: Vec<Variant> = lines.into_iter().map(variant).collect();
    variants.extend(changed(prober, &path));
    prober.expect_all_refused(place, &variants);
    match prober.options.expired.clone() {
        Some(expired) => {
            let request = prober.get(path).with_lines(&expired.lines);
            prober.expect_refused(place, &Variant::new("one that was good once", request, LINT));
        }
        None => prober.skip(place, "one that was good once", "none is named"),
    }
}

/// The credential with one character of each value changed: whoever takes it looks at no signature. Of each, since nobody but the
/// operator knows which of the cookies it is that counts.
pub(super) fn changed(prober: &Prober<'_>, path: &str) -> Option<Variant> {
    let lines = prober.options.allow.as_ref()?.lines.iter();
    let lines: Vec<Line> = lines.filter_map(Line::with_values_changed).collect();
    (!lines.is_empty())
        .then(|| Variant::new("the credential with one character changed", prober.get(path).with_lines(&lines), LINT))
}

/// The names of the cookies in the credential, which are no secret, unlike their values.
fn cookies(prober: &Prober<'_>) -> Vec<String> {
    let lines = prober.options.allow.iter().flat_map(|credential| &credential.lines);
    let mut names = Vec::new();
    for line in lines.filter(|line| line.is("cookie")) {
        for pair in line.value().split(|byte| *byte == b';') {
            let name = pair.split(|byte| *byte == b'=').next().unwrap_or_default();
            let name = String::from_utf8_lossy(name).trim().to_owned();
            // A cookie without `=` would be a value.
            if pair.contains(&b'=') && !name.is_empty() && !names.contains(&name) {
                names.push(name);
            }
        }
    }
    names
}

const LINT: &str = "presence-is-no-proof";

const GENERIC: [&str; 9] = [
    "Authorization: ",
    "Authorization: Bearer x",
    "Authorization: Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9.",
    "Authorization: Basic YWRtaW46YWRtaW4=",
    "Authorization: Basic Og==",
    "Cookie: session=x",
    "Cookie: token=x",
    "Cookie: auth=x; session=x; sid=x; sessionid=x; access_token=x",
    "X-Api-Key: x",
];
