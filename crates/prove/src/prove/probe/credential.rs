//! P04: credentials that are none. What looks only whether there is one takes them.

use std::rc::Rc;

use crate::prove::prober::{Place, Prober, Variant};
use crate::prove::traffic::Question;
use crate::prove::wire::{Line, Request, Value};

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
    variants.extend(forgeries(prober, &path));
    prober.expect_all_refused(place, &variants);
    match prober.options.expired.clone() {
        Some(expired) => {
            let request = prober.get(path).with_lines(&expired.lines);
            prober.expect_refused(place, &Variant::new("one that was good once", request, LINT));
        }
        None => prober.skip(place, "one that was good once", "none is named"),
    }
}

/// The credential with something of it changed: whoever takes it looks at no signature.
///
/// Everything at once first. Then each value alone, since others that are wrong too could be why it was refused; but not the values
/// that do not matter, such as a cookie with a colour.
fn forgeries(prober: &mut Prober<'_>, path: &str) -> Vec<Variant> {
    let mut variants: Vec<Variant> = changed(prober, path).into_iter().collect();
    let lines = prober.options.allow.clone().map(|credential| credential.lines).unwrap_or_default();
    let values: Vec<(usize, Value)> =
        lines.iter().enumerate().flat_map(|(index, line)| line.parts().into_iter().map(move |part| (index, part))).collect();
    let is_alone = values.len() == 1;
    for (index, value) in values.into_iter().take(MOST_VALUES) {
        let Some(line) = lines.get(index) else { continue };
        let with = |changed: Line| {
            let lines: Vec<Line> =
                lines.iter().enumerate().map(|(at, line)| if at == index { &changed } else { line }).cloned().collect();
            prober.get(path).with_lines(&lines)
        };
        let without = with(line.with_replaced(&value.pair, NOTHING, "without"));
        let mut ways = Vec::new();
        let token = line.stretch(&value.at);
        if let Some(dot) = token.iter().rposition(|byte| *byte == b'.') {
            let start = value.at.start.saturating_add(dot).saturating_add(1);
            let signature = start..value.at.end;
            ways.extend(
                line.with_changed(std::slice::from_ref(&signature)).map(|line| ("one character of its signature changed", line)),
            );
        }
        if let [header, claims, _] = token.split(|byte| *byte == b'.').collect::<Vec<_>>()[..]
            && header.starts_with(b"eyJ")
        {
            let unsigned = [NO_ALGORITHM.as_bytes(), b".", claims, b"."].concat();
            ways.push(("its claims, and no signature (`alg` is `none`)", line.with_replaced(&value.at, &unsigned, "unsigned")));
        }
        if !is_alone {
            ways.extend(line.with_changed(&[value.at]).map(|line| ("one character changed", line)));
        }
        let named: Vec<Variant> =
            ways.into_iter().map(|(how, line)| Variant::new(format!("`{}` with {how}", value.name), with(line), LINT)).collect();
        if is_alone || prober.traffic.is_over() || is_needed(prober, without) {
            variants.extend(named);
        }
    }
    variants
}

/// Whether the page does not come without it.
fn is_needed(prober: &mut Prober<'_>, without: Request) -> bool {
    let server = Rc::clone(&prober.server);
    let page = prober.traffic.ask(&server, &Question::new(without)).page();
    page.is_none_or(|page| prober.baseline.protected_in(&page).is_none())
}

/// The credential with one character of each value changed.
pub(super) fn changed(prober: &Prober<'_>, path: &str) -> Option<Variant> {
    let lines = prober.options.allow.as_ref()?.lines.iter();
    let change = |line: &Line| line.with_changed(&line.parts().into_iter().map(|part| part.at).collect::<Vec<_>>());
    let lines: Vec<Line> = lines.filter_map(change).collect();
    (!lines.is_empty())
        .then(|| Variant::new("the credential with one character changed", prober.get(path).with_lines(&lines), LINT))
}

/// The names of the cookies in the credential, which are no secret, unlike their values.
fn cookies(prober: &Prober<'_>) -> Vec<String> {
    let lines = prober.options.allow.iter().flat_map(|credential| &credential.lines);
    let mut names: Vec<String> = Vec::new();
    for value in lines.filter(|line| line.is("cookie")).flat_map(Line::parts) {
        if !names.contains(&value.name) {
            names.push(value.name);
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

/// In place of a cookie, or of the value of another line.
const NOTHING: &[u8] = b"x=x";
/// `{"alg":"none"}`
const NO_ALGORITHM: &str = "eyJhbGciOiJub25lIn0";
/// How many values of a credential are tried, each alone.
const MOST_VALUES: usize = 8;
