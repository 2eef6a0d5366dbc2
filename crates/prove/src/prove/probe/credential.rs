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
    for line in lines {
        let name = line.printable().map(|bytes| String::from_utf8_lossy(bytes).into_owned()).unwrap_or_default();
        let request = prober.get(path.as_str()).with_lines(&[line]);
        prober.expect_refused(place, &Variant::new(name, request, LINT));
    }
    match prober.options.expired.clone() {
        Some(expired) => {
            let request = prober.get(path).with_lines(&expired.lines);
            prober.expect_refused(place, &Variant::new("one that was good once", request, LINT));
        }
        None => prober.skip(place, "one that was good once", "none is named"),
    }
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
